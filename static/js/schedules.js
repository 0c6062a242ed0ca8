// Pages that show schedules follow their changes; "Cancelar agendamento" asks in a dialogue.

import { all, one, replace } from "./dom.js";
import { on } from "./live.js";
import { load } from "./messages.js";

export function start() {
  document.addEventListener("click", openDialog);
  if (one("[data-refresh-on=schedules]")) follow();
}

/** Without it, the link leads to a page that asks. */
function openDialog(event) {
  const link = event.target.closest("[data-dialog]");
  const Modal = (window.bootstrap ?? window.tabler)?.Modal;
  const dialog = link && one(link.dataset.dialog);
  if (!dialog || !Modal) return;
  event.preventDefault();
  Modal.getOrCreateInstance(dialog).show();
}

/** Fetches anew what has changed; while a dialogue asks, the page behind it stands still. */
function follow() {
  let timer = null;
  let isDue = false;
  const soon = () => {
    isDue = true;
    timer ??= setTimeout(() => {
      timer = null;
      refresh();
    }, 250);
  };
  const refresh = () => {
    if (!isDue || one(".modal.show")) return;
    isDue = false;
    fetchParts().catch(() => {}); // the next sync asks again
  };
  onChange((ids) => {
    const isShown = ({ dataset: { refreshId } }) => !ids || !refreshId || ids.includes(Number(refreshId));
    if (all("[data-refresh-on=schedules]").some(isShown)) soon();
  });
  document.addEventListener("hidden.bs.modal", refresh);
}

/**
 * Calls `changed(ids)` when schedules changed, and without ids when some may have: while the stream was
 * lost, and between the page's making and the stream's beginning.
 */
export function onChange(changed) {
  on("sync", () => changed());
  on("schedules", ({ ids }) => changed(ids));
}

async function fetchParts() {
  const page = await load(location.pathname + location.search);
  if (one(".modal.show")) return;
  for (const part of all("[data-refresh-on=schedules]")) {
    const fresh = document.getElementById(part.id) && page.getElementById(part.id);
    if (fresh && fresh.outerHTML !== part.outerHTML) replace(part, fresh);
  }
}
