// When a session ends, text being written stays on the page and can be sent after signing in again.

import { all, one } from "./dom.js";
import { csrf, whose } from "./entry.js";
import { unsay, warn } from "./notices.js";
import { isWriting } from "./writing.js";

/**
 * The user is signed out, or the link is revoked. Reloads the page, which says so; if text would be lost, shows a
 * notice instead.
 */
export function end() {
  if (!isWriting()) return location.reload();
  if (one("[data-warning=ended]")) return;
  if (!document.body.dataset.user)
    return warn("ended", "Esta conversa não está mais disponível. Copie o que escreveu.");
  const link = document.createElement("a");
  link.className = "link";
  link.href = "/login";
  link.target = "_blank";
  link.textContent = "Entre de novo em outra aba";
  warn("ended", "Sua sessão terminou. O que você digitou continua aqui. ", link, " e depois salve.");
}

/** The user has signed in again: removes the notice. */
export const goOn = () => unsay("ended");

/**
 * Gives the page's forms the CSRF token of the browser's current cookie. Returns `false` if the token was already
 * current, or if another account is signed in.
 */
export async function renewToken() {
  const { user } = document.body.dataset;
  // A page that every user may see. A customer may only see their own chat.
  const address = user ? "/help" : location.pathname.replace(/\/messages$/, "");
  const answer = await fetch(address, { cache: "no-store", signal: AbortSignal.timeout(15_000) }).catch(() => null);
  if (!answer?.ok) return false;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const token = one("input[name=csrf]", page)?.value;
  if (page.body.dataset.user !== user || !token) return false;
  const fields = all("input[name=csrf]");
  const isNew = fields.some(({ value }) => value !== token) || (user && csrf() !== token);
  for (const field of fields) field.value = token;
  if (user) document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRF-Token": token, ...whose() }));
  return Boolean(isNew);
}
