// Whether leaving the page would throw away what somebody typed or chose and has not sent.

import { all, one } from "./dom.js";

/** What was changed since the server wrote the page; forms that look something up are no loss. */
const changed = (field) => {
  if (["hidden", "submit", "button", "search"].includes(field.type)) return false;
  if (["radio", "checkbox"].includes(field.type)) return field.checked !== field.defaultChecked;
  if (field.type === "file") return field.files.length > 0;
  return "defaultValue" in field && field.value !== field.defaultValue;
};

const forms = () => all("form[method=post]");

/** Selects that search lay over the real ones and change them by themselves, so what one does is noted. */
function note({ target }) {
  const form = target.closest?.("form[method=post]");
  // What is written to a customer is sent without leaving the page, and its field is emptied.
  if (form && !form.matches("[data-composer]")) form.dataset.typed = "";
}

export function start() {
  for (const type of ["change", "input", "uploads-changed"]) document.addEventListener(type, note);
}

/** A form that was refused holds what was typed as if the server had written it. */
export const isWriting = () =>
  Boolean(one("form[data-typed], main [data-error-summary], [data-thread] .pending")) ||
  forms().some((form) => [...form.elements].some(changed));
