// Whether leaving the page would lose typed text or choices that were not sent.

import { all, one } from "./dom.js";

/** Whether a field was changed since the server rendered the page. Search fields do not count. */
const changed = (field) => {
  if (["hidden", "submit", "button", "search"].includes(field.type)) return false;
  if (["radio", "checkbox"].includes(field.type)) return field.checked !== field.defaultChecked;
  if (field.type === "file") return field.files.length > 0;
  return "defaultValue" in field && field.value !== field.defaultValue;
};

const forms = () => all("form[method=post]");

/**
 * Notes the user's changes: searchable selects also change the real select by themselves, so its value says nothing.
 */
function note({ target }) {
  const form = target.closest?.("form[method=post]");
  // The composer sends without leaving the page, and then empties its field.
  if (form && !form.matches("[data-composer]")) form.dataset.typed = "";
}

export function start() {
  for (const type of ["change", "input", "uploads-changed"]) document.addEventListener(type, note);
}

/** Whether something would be lost. A refused form counts: its typed values look as if the server had set them. */
export const isWriting = () =>
  Boolean(one("form[data-typed], main [data-error-summary], [data-thread] .pending")) ||
  forms().some((form) => [...form.elements].some(changed));
