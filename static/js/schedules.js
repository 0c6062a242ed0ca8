// Keeps pages that show schedules up to date. "Cancelar agendamento" asks in a dialogue.

import { openDialogue } from "./dialogue.js";
import { all, one, replace } from "./dom.js";
import { on } from "./live.js";
import { load } from "./messages.js";

export function start() {
  document.addEventListener("click", openDialog);
  if (one("[data-refresh-on=schedules]")) follow();
}

/** Opens the dialogue of a link. Without the dialogue, the link leads to a page that asks. */
function openDialog(event) {
  const link = event.target.closest("[data-dialog]");
  const dialog = link && one(link.dataset.dialog);
  if (dialog && openDialogue(dialog, link)) event.preventDefault();
}

/** The HTML of each part as the server sent it, before anything was ticked in it. */
const shown = new WeakMap();

const SOON = 250;
const SPACED = 2_000;

/**
 * Fetches changed parts again. Waits while a dialogue is open or the page is hidden. A burst of changes is
 * fetched once every two seconds, not once per change.
 */
function follow() {
  for (const part of all("[data-refresh-on=schedules]")) shown.set(part, part.innerHTML);
  let timer = null;
  let isDue = false;
  let last = -SPACED;
  const soon = () => {
    isDue = true;
    const wait = Math.max(SOON, last + SPACED - performance.now());
    timer ??= setTimeout(() => refresh().finally(() => ((timer = null), isDue && !isHeld() && soon())), wait);
  };
  const refresh = async () => {
    if (!isDue || isHeld()) return;
    isDue = false;
    await fetchParts().catch(() => {}); // the next sync fetches again
    last = performance.now();
  };
  const goOn = () => isDue && soon();
  onChange((ids) => {
    const isShown = ({ dataset: { refreshId } }) => !ids || !refreshId || ids.includes(Number(refreshId));
    if (all("[data-refresh-on=schedules]").some(isShown)) soon();
  });
  document.addEventListener("hidden.bs.modal", goOn);
  document.addEventListener("visibilitychange", goOn);
  document.addEventListener("pontual:free", goOn);
}

/** Whether refreshing must wait: the page is hidden, a dialogue is open, or a schedule is being moved. */
const isHeld = () => document.hidden || Boolean(one(".modal.show, [data-moving]"));

/**
 * Calls `changed(ids)` when schedules changed. Calls it without ids if unknown schedules may have changed: while
 * the stream was lost, or between the rendering of the page and the start of the stream.
 */
export function onChange(changed) {
  on("sync", () => changed());
  on("schedules", ({ ids }) => changed(ids));
}

/** Fetches the parts that show schedules, without waiting for a change. */
export const refreshNow = () => fetchParts();

async function fetchParts() {
  const address = location.href;
  // This header tells the server not to run a search again for each change that an open tab hears of.
  const page = await load(location.pathname + location.search, { headers: { "Pontual-Refresh": "1" } });
  // If the filters have changed since the request, this answer is outdated.
  if (isHeld() || address !== location.href) return;
  const { scrollX: left, scrollY: top } = window;
  for (const part of all("[data-refresh-on=schedules]")) {
    const fresh = document.getElementById(part.id) && page.getElementById(part.id);
    if (!fresh || fresh.innerHTML === shown.get(part)) continue;
    const text = fresh.innerHTML;
    keepTicks(part, fresh);
    replace(part, fresh);
    shown.set(fresh, text);
    window.htmx?.process(fresh);
    document.dispatchEvent(new Event("parts-replaced"));
  }
  scrollTo({ left, top, behavior: "instant" });
}

/** Keeps the ticks of boxes that still exist. */
function keepTicks(part, fresh) {
  const ticked = new Set(all("input[type=checkbox][name]:checked", part).map(({ id }) => id));
  for (const box of all("input[type=checkbox][name]", fresh)) box.checked = ticked.has(box.id);
}
