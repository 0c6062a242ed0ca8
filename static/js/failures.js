// What htmx asked for somebody and did not get is said; without this, a press of a button does nothing.

import { one } from "./dom.js";
import { warn } from "./notices.js";
import { end, renewToken } from "./session.js";

/** Who goes on to another page leaves the answers of this one behind. */
let isLeaving = false;

export function start() {
  addEventListener("pagehide", () => (isLeaving = true));
  addEventListener("pageshow", () => (isLeaving = false));
  document.body.addEventListener("htmx:responseError", ({ detail }) => {
    if (detail.xhr.status === 401) return end();
    if (isAskedFor(detail)) refused(detail);
  });
  for (const type of ["htmx:sendError", "htmx:timeout"]) {
    document.body.addEventListener(type, ({ detail }) => !isLeaving && isAskedFor(detail) && warn("request", "Sem conexão. Tente de novo."));
  }
}

/** What the page fetches by itself has no event that began it, and catches up by itself. */
const isAskedFor = ({ requestConfig }) => Boolean(requestConfig?.triggeringEvent);

/** Says what the error's page says, unless a form can do better with a newer token. */
async function refused({ elt, xhr: { status, responseText }, requestConfig: { triggeringEvent } }) {
  if (status === 403 && elt.matches("form") && (await renewToken())) return elt.requestSubmit(triggeringEvent.submitter);
  const page = new DOMParser().parseFromString(responseText, "text/html");
  const [title, text] = ["title", "text"].map((part) => one(`[data-error-${part}]`, page)?.textContent.trim());
  if (!title) return warn("request", "Algo deu errado. Tente de novo.");
  const strong = document.createElement("b");
  strong.textContent = `${title}.`;
  warn("request", strong, ` ${text ?? ""}`);
}
