// Date filters. While a year is typed, browsers report a change after each digit: 0002, 0020, 0202. The list
// is filtered only when the date is complete or the field loses the focus.

import { all } from "./dom.js";

const EARLIEST = 1900;
const waiting = new Set();

const isBeingTyped = (field) =>
  field.matches(":focus") &&
  (field.validity.badInput || (field.value !== "" && Number(field.value.split("-")[0]) < EARLIEST));

export function start() {
  const isFilter = (target) => target.matches?.("form.filters input[type=date]");
  document.addEventListener("change", hold, { capture: true });
  document.addEventListener("focusout", ({ target }) => isFilter(target) && release(target));
  document.addEventListener(
    "submit",
    ({ target }) => all("input[type=date]", target).forEach((field) => waiting.delete(field)),
    { capture: true },
  );

  function hold(event) {
    if (!isFilter(event.target)) return;
    if (!isBeingTyped(event.target)) return void waiting.delete(event.target);
    event.stopImmediatePropagation();
    waiting.add(event.target);
  }
}

function release(field) {
  if (waiting.delete(field)) field.dispatchEvent(new Event("change", { bubbles: true }));
}
