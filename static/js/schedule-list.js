// The list of schedules: ticking rows, and cancelling the ticked schedules in one dialogue.

import { openDialogue } from "./dialogue.js";
import { all, one, say } from "./dom.js";
import { load } from "./messages.js";

export function start() {
  document.addEventListener("change", ({ target }) => {
    const form = target.closest("[data-bulk]");
    if (!form) return;
    if (target.matches("[data-select-all]")) for (const box of boxes(form)) box.checked = target.checked;
    paint(form);
  });
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("[data-bulk]");
    if (form) ask(event, form);
  });
  document.addEventListener("parts-replaced", repaint);
  document.body.addEventListener("htmx:afterSettle", ({ detail }) => {
    repaint();
    const results = one("#schedule-results");
    if (!results || !detail.elt?.closest?.("#schedules")) return;
    // If the activated element was replaced, the focus moves to the results.
    if (document.activeElement === document.body) results.focus({ preventScroll: true });
    say(one(".pager > span, .blank h2", results)?.textContent ?? "");
  });
  followLatest();
  // The browser restores ticks after this script has run.
  addEventListener("pageshow", repaint);
  repaint();
}

/**
 * Shows only the answer to the latest request in the list or calendar; an earlier answer that comes late is
 * ignored. An address that is already shown adds no entry to the browser's history.
 */
function followLatest() {
  let latest = null;
  const isWithin = (elt) => Boolean(elt.closest?.("#schedules"));
  const leave = ({ detail }) => {
    if (detail.xhr !== latest && isWithin(detail.requestConfig.elt)) detail.shouldSwap = false;
  };
  // If the requesting element has been replaced, its event no longer reaches the body, only #schedules.
  const listen = () => one("#schedules")?.addEventListener("htmx:beforeSwap", leave);
  document.body.addEventListener("htmx:beforeRequest", ({ detail }) => {
    if (isWithin(detail.elt)) latest = detail.xhr;
  });
  document.body.addEventListener("htmx:afterSwap", listen);
  document.body.addEventListener("htmx:beforeHistoryUpdate", ({ detail: { history } }) => {
    if (history.path === location.pathname + location.search) history.type = "replace";
  });
  listen();
}

const boxes = (form) => all("input[name=id]", form);

const repaint = () => all("[data-bulk]").forEach(paint);

function paint(form) {
  const every = one("[data-select-all]", form);
  if (!every) return;
  const chosen = boxes(form).filter(({ checked }) => checked).length;
  every.checked = chosen > 0 && chosen === boxes(form).length;
  every.indeterminate = chosen > 0 && !every.checked;
  one("[data-selected]", form).textContent = chosen ? ` (${chosen})` : "";
  one("#bulk-cancel", form).disabled = chosen === 0;
}

/** Asks in a dialogue. Without the dialogue, the form leads to a page that asks. */
async function ask(event, form) {
  const dialog = one("#bulk-dialog");
  const Modal = (window.bootstrap ?? window.tabler)?.Modal;
  if (!dialog || !Modal) return;
  event.preventDefault();
  const query = new URLSearchParams(new FormData(form));
  const question = await load(`${form.action}?${query}`)
    .then((page) => one("form", page))
    .catch(() => null);
  if (!question) return form.submit();
  one(".modal-dialog", dialog).replaceChildren(question);
  openDialogue(dialog, event.submitter);
}
