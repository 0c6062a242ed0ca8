// Shows a notice when an htmx request fails. Without it, pressing the button would seem to do nothing.

import { one } from "./dom.js";
import { warn } from "./notices.js";
import { end, renewToken } from "./session.js";

/** Leaving the page aborts its requests; that is no failure to report. */
let isLeaving = false;

export function start() {
  addEventListener("pagehide", () => (isLeaving = true));
  addEventListener("pageshow", () => (isLeaving = false));
  document.body.addEventListener("htmx:responseError", ({ detail }) => {
    if (detail.xhr.status === 401) return end();
    if (isAskedFor(detail)) refused(detail);
  });
  for (const type of ["htmx:sendError", "htmx:timeout"]) {
    document.body.addEventListener(
      type,
      ({ detail }) => !isLeaving && isAskedFor(detail) && warn("request", "Sem conexão. Tente de novo."),
    );
  }
}

/** Whether a person triggered the request. The page's own requests have no event, and are repeated later anyway. */
const isAskedFor = ({ requestConfig }) => Boolean(requestConfig?.triggeringEvent);

/**
 * Shows the text of the error page. A form refused with 403 is first sent again with a newer token, if there is one.
 */
async function refused({ elt, xhr: { status, responseText }, requestConfig: { triggeringEvent } }) {
  if (status === 403 && elt.matches("form") && (await renewToken()))
    return elt.requestSubmit(triggeringEvent.submitter);
  const page = new DOMParser().parseFromString(responseText, "text/html");
  const [title, text] = ["title", "text"].map((part) => one(`[data-error-${part}]`, page)?.textContent.trim());
  if (!title) return warn("request", "Algo deu errado. Tente de novo.");
  const strong = document.createElement("b");
  strong.textContent = `${title}.`;
  warn("request", strong, ` ${text ?? ""}`);
}
