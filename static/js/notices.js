// Notices at the edge of the page, announced politely.

import { all, one } from "./dom.js";

/** A notice with `content` that stays until it is closed. */
export function notice(content, closed = () => {}) {
  const box = document.createElement("div");
  box.className = "toast show";
  box.setAttribute("role", "status");
  box.setAttribute("aria-atomic", "true");
  box.append(content, closeButton(box, closed));
  return box;
}

/** Shows a warning, replacing one of the same `kind`. */
export const warn = (kind, ...words) => show(kind, "ev-error", "alert-triangle", words);

/** Shows a confirmation, replacing a notice of the same `kind`. */
export const confirm = (kind, ...words) => show(kind, "ev-done", "circle-check", words);

/** Removes notices of a kind. */
export const unsay = (kind) => all(`[data-warning="${kind}"]`).forEach((earlier) => earlier.remove());

function show(kind, style, name, words) {
  unsay(kind);
  const region = one("[data-toasts]") ?? one("main");
  const content = document.createElement("div");
  content.className = "notif";
  const badge = document.createElement("span");
  badge.className = `badge-ico ${style}`;
  badge.setAttribute("aria-hidden", "true");
  badge.append(icon(name));
  const text = document.createElement("p");
  text.className = "flex-fill align-self-center mb-0 pe-4";
  text.append(...words);
  content.append(badge, text);
  const box = notice(content);
  box.dataset.warning = kind;
  region.prepend(box);
}

function icon(name) {
  const element = document.createElement("span");
  element.className = `ti ti-${name}`;
  element.setAttribute("aria-hidden", "true");
  return element;
}

function closeButton(box, closed) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "icon-btn";
  button.setAttribute("aria-label", "Fechar aviso");
  button.append(icon("x"));
  button.addEventListener("click", () => {
    box.remove();
    closed();
  });
  return button;
}
