// The end of a session, and its return: what is being written stays, and can be sent afterwards.

import { all, one } from "./dom.js";
import { csrf, whose } from "./entry.js";
import { unsay, warn } from "./notices.js";
import { isWriting } from "./writing.js";

/** Signed out, or the link revoked: the page anew says so, unless it would throw something away. */
export function end() {
  if (!isWriting()) return location.reload();
  if (one("[data-warning=ended]")) return;
  if (!document.body.dataset.user) return warn("ended", "Esta conversa não está mais disponível. Copie o que escreveu.");
  const link = document.createElement("a");
  link.className = "link";
  link.href = "/login";
  link.target = "_blank";
  link.textContent = "Entre de novo em outra aba";
  warn("ended", "Sua sessão terminou. O que você digitou continua aqui. ", link, " e depois salve.");
}

/** Somebody signed in again: what is told must be true. */
export const goOn = () => unsay("ended");

/**
 * Gives the page's forms the token of the browser's present cookie; `false` if there was nothing to renew, or
 * another account is signed in.
 */
export async function renewToken() {
  const { user } = document.body.dataset;
  // Any page that everybody may see; a customer has only their own.
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
