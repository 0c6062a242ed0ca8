// Pages that show schedules follow their changes; "Cancelar agendamento" asks in a dialogue.

import { openDialogue } from "./dialogue.js";
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
  const dialog = link && one(link.dataset.dialog);
  if (dialog && openDialogue(dialog, link)) event.preventDefault();
}

/** What the server said of each part, before anything was ticked in it. */
const shown = new WeakMap();

const SOON = 250;
const SPACED = 2_000;

/**
 * Fetches anew what has changed; while a dialogue asks, the page behind it stands still, and while nobody
 * looks, it waits. A burst of changes is fetched once every two seconds, not once for each.
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
    await fetchParts().catch(() => {}); // the next sync asks again
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

/** Nobody looks, a dialogue asks, or something is being dragged or moved. */
const isHeld = () => document.hidden || Boolean(one(".modal.show, [data-moving]"));

/**
 * Calls `changed(ids)` when schedules changed, and without ids when some may have: while the stream was
 * lost, and between the page's making and the stream's beginning.
 */
export function onChange(changed) {
  on("sync", () => changed());
  on("schedules", ({ ids }) => changed(ids));
}

/** Fetches what the page shows of schedules, whatever has been told of changes. */
export const refreshNow = () => fetchParts();

async function fetchParts() {
  const address = location.href;
  // What a search found is not looked up anew for each change that an open tab hears of.
  const page = await load(location.pathname + location.search, { headers: { "Pontual-Refresh": "1" } });
  // Meanwhile somebody may have gone on to other filters: then this answer is of the past.
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

/** What was ticked stays so, as far as it can still be ticked. */
function keepTicks(part, fresh) {
  const ticked = new Set(all("input[type=checkbox][name]:checked", part).map(({ id }) => id));
  for (const box of all("input[type=checkbox][name]", fresh)) box.checked = ticked.has(box.id);
}
