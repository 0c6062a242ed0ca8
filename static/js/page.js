// Runs on every page, with or without the application's frame.

import { start as corrections } from "./corrections.js";
import { all, one } from "./dom.js";
import { csrf } from "./entry.js";
import { start as limits } from "./limits.js";

function themeButtons() {
  const root = document.documentElement;
  for (const button of all("[data-theme-toggle]")) {
    const paint = () => {
      const dark = root.getAttribute("data-bs-theme") === "dark";
      button.setAttribute("aria-label", dark ? "Usar tema claro" : "Usar tema escuro");
      one(".ti", button).className = dark ? "ti ti-sun" : "ti ti-moon";
    };
    button.addEventListener("click", () => {
      const next = root.getAttribute("data-bs-theme") === "dark" ? "light" : "dark";
      root.setAttribute("data-bs-theme", next);
      const secure = location.protocol === "https:" ? "; secure" : "";
      document.cookie = `theme=${next}; path=/; max-age=31536000; samesite=lax${secure}`;
      keepTheme(next);
      paint();
    });
    paint();
  }
}

/** Saves a signed-in user's theme in the profile, for all their browsers. */
function keepTheme(theme) {
  if (!document.body.dataset.user) return;
  const body = new URLSearchParams({ theme });
  const request = { method: "POST", headers: { "X-CSRF-Token": csrf() }, body, keepalive: true };
  // If it fails, this browser still keeps the theme in the cookie.
  fetch("/profile/theme", request).catch(() => {});
}

function passwordButtons() {
  for (const button of all("[data-toggle-password]")) {
    button.addEventListener("click", () => {
      const input = document.getElementById(button.getAttribute("aria-controls"));
      const open = input.type === "password";
      input.type = open ? "text" : "password";
      button.setAttribute("aria-pressed", String(open));
      one(".ti", button).className = open ? "ti ti-eye-off" : "ti ti-eye";
    });
  }
}

/** Moves the focus of a refused form to the summary of its errors. */
export function focusErrors(base = document) {
  one("[data-error-summary]", base)?.focus();
}

export function start() {
  themeButtons();
  passwordButtons();
  corrections();
  limits();
  focusErrors();
}
