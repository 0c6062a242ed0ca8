// In a refused form, a field's error disappears, beside the field and in the summary, when the field is
// changed. Only the next submission checks the new value.

import { all, one } from "./dom.js";

/** Removes the errors of a field. */
export function correct(field) {
  const input = field.tomselect?.control_input;
  for (const element of [field, input, field.tomselect?.wrapper, ...alike(field)]) unmark(element);
  const group = field.closest("fieldset");
  const ids = [field.id, isChoice(field) && group?.id].filter(Boolean);
  for (const id of described(field))
    document.getElementById(id)?.matches(".field-error") && document.getElementById(id).remove();
  if (isChoice(field) && group) for (const error of all(":scope > .field-error", group)) error.remove();
  for (const id of [...ids, field.name]) forget(id);
}

/** Removes a field from the summary. */
export function forget(id) {
  for (const summary of all("[data-error-summary]")) {
    const said = all(`a[href="#${CSS.escape(id)}"]`, summary)
      .map((link) => link.closest("li"))
      .filter(Boolean);
    if (!said.length) continue;
    for (const line of said) line.remove();
    count(summary);
  }
}

const isChoice = (field) => ["radio", "checkbox"].includes(field.type);

/** All choices of a group: an error concerns all of them. */
const alike = (field) => (isChoice(field) && field.form ? all(`[name="${CSS.escape(field.name)}"]`, field.form) : []);

const described = (field) => (field.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean);

function unmark(element) {
  if (!element) return;
  element.classList.remove("is-invalid");
  element.removeAttribute("aria-invalid");
}

/** Updates the number of wrong fields. Without any, removes the summary. */
function count(summary) {
  const left = new Set(all("li a", summary).map((link) => link.hash)).size;
  if (!left) return summary.remove();
  const fields = left === 1 ? "1 campo" : `${left} campos`;
  one("strong", summary).textContent = `Não foi possível salvar. Corrija ${fields}:`;
}

/** A part that the server has rendered again shows its own errors. Fields without one leave the summary. */
function refreshed(part) {
  for (const link of all("[data-error-summary] li a")) {
    const field = link.hash && document.getElementById(link.hash.slice(1));
    if (field && part.contains(field) && !one(".field-error, .is-invalid", part)) forget(field.id);
  }
}

export function start() {
  for (const type of ["input", "change"]) {
    document.addEventListener(type, ({ target }) => {
      // The composer sends without leaving the page and shows its own errors.
      if (target.name && target.form?.method === "post" && !target.form.matches("[data-composer]")) correct(target);
    });
  }
  document.addEventListener("htmx:afterSwap", ({ target }) => target.isConnected && refreshed(target));
}
