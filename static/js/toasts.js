// Pop-up notices on every page: announced politely, at most three, each stays until it is closed.
//
// Each tab remembers which entries it has shown and which notices are still open. So a notice survives
// the change to another page, and one that arrives in between is not lost. A new tab starts with the
// entries that any tab of the browser has shown; the first tab of a browser treats existing entries as
// shown.

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
    // Without storage, notices are remembered on this page only.
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

/** Shows entries that this tab has missed, and notices that were open on the page before. */
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

/** Removes the notices of entries that were read or removed. */
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
  all("[data-toast]", region)
    .slice(0, -MOST)
    .forEach((oldest) => oldest.remove());
  memory.up = all("[data-toast]", region).map((shown) => Number(shown.dataset.toast));
}
