// Notices that pop up on whatever page is open: polite, at most three, there until closed.
//
// Each tab remembers which entries it has shown and which notices are still up, so that a notice
// survives going to another page and one that came in between is not lost. A new tab begins with
// what any tab of the browser has seen; the very first one with what is there.

import { all, one } from "./dom.js";
import { entry } from "./entry.js";
import { tell } from "./live.js";
import { notice } from "./notices.js";

const MOST = 3;
const REMEMBERED = 200;

const key = () => `pontual-bell-${document.body.dataset.user}`;

function load(storage) {
  try {
    return JSON.parse(storage.getItem(key()));
  } catch {
    return null;
  }
}

function save(storage, value) {
  try {
    storage.setItem(key(), JSON.stringify(value));
  } catch {
    // Without storage, notices are only remembered on this page.
  }
}

let memory = null;

function recall() {
  memory ??= load(sessionStorage) ?? { seen: load(localStorage), up: [] };
  return memory;
}

function remember(ids) {
  const join = (known) => [...new Set([...(known ?? []), ...ids])].slice(-REMEMBERED);
  recall().seen = join(memory.seen);
  save(localStorage, join(load(localStorage)));
  save(sessionStorage, memory);
}

function forget(isDone) {
  recall().up = memory.up.filter((id) => !isDone(id));
  save(sessionStorage, memory);
}

/** Shows what came while this tab was not looking, and again what was up on the page before. */
export function catchUp(items) {
  const { seen, up } = recall();
  const isNew = ({ id }) => up.includes(id) || (seen !== null && !seen.includes(id));
  for (const item of items.filter(isNew).slice(-MOST)) raise(item);
  remember(items.map(({ id }) => id));
}

/** Shows a new entry once. */
export function pop(item) {
  if (recall().seen?.includes(item.id)) return;
  raise(item);
  remember([item.id]);
}

/** Takes down the notices of entries that were read or removed. */
export function dismiss(isDone) {
  for (const toast of all("[data-toast]")) if (isDone(Number(toast.dataset.toast))) toast.remove();
  forget(isDone);
}

function raise(item) {
  const region = one("[data-toasts]");
  if (one(`[data-toast="${item.id}"]`, region)) return;
  const source = entry(item);
  const content = document.createElement("div");
  content.className = source.className;
  content.dataset.notification = item.id;
  content.append(...source.childNodes);
  const toast = notice(content, () => tell("toast-closed", item.id));
  toast.dataset.toast = item.id;
  region.append(toast);
  htmx.process(toast);
  all("[data-toast]", region).slice(0, -MOST).forEach((oldest) => oldest.remove());
  memory.up = all("[data-toast]", region).map((shown) => Number(shown.dataset.toast));
}
