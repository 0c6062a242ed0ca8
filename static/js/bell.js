// The bell: its count, its panel, and its pop-up notices.

import { all, one, say, show } from "./dom.js";
import { csrf, entry, whose } from "./entry.js";
import { on } from "./live.js";
import * as mark from "./mark.js";
import * as toasts from "./toasts.js";

export function start() {
  const bell = one("[data-bell]");
  if (!bell) return;
  bell.setAttribute("role", "button");
  bell.setAttribute("aria-expanded", "false");
  bell.addEventListener("show.bs.dropdown", loadPanel);
  let isFresh = true;
  on("sync", ({ unread, items }) => {
    toasts.catchUp(items);
    agree(
      unread,
      items.map(({ id }) => id),
    );
    items.forEach(insert);
    if (!isFresh) reload();
    else if (items.some(isMissing)) reloadRows(); // came since the page was rendered
    isFresh = false;
  });
  on("notification", (item) => {
    count(item.unread);
    insert(item);
    toasts.pop(item);
    if (isMissing(item)) reloadRows();
  });
  on("toast-closed", (id) => toasts.dismiss((other) => other === id));
  on("bell", ({ unread, ids }) => {
    agree(unread, ids);
    reload();
  });
  document.body.addEventListener("bell", ({ detail }) => agree(detail.unread, detail.ids));
  document.body.addEventListener("click", readOnOpening);
  document.body.addEventListener("htmx:afterRequest", afterRequest);
  setInterval(() => all("time[data-clock]").forEach(keepTime), 30_000);
}

/** The page may be newer than the event, and show the entry already. */
const isMissing = ({ id }) => !one(`main [data-notification="${id}"]`);

const panel = () => one("[data-bell-panel]");
const isOpen = () => panel().classList.contains("show");

async function loadPanel() {
  await fetchInto(panel(), "/notifications/panel", { swap: "innerHTML" });
  const waiting = one("[data-bell-loading]");
  if (waiting) waiting.textContent = "Não foi possível carregar. Tente de novo em instantes.";
}

/**
 * If the fetch fails, the old content stays. The stream reports the lost connection, and the next sync fetches again.
 */
function fetchInto(target, url, how) {
  return htmx.ajax("GET", url, { target, ...how }).catch(() => {});
}

/** Shows changes from another tab. An open panel is reloaded only if it does not have the focus. */
function reload() {
  if (isOpen() && !panel().contains(document.activeElement)) loadPanel();
  reloadRows();
}

let waiting = null;

/** Fetches the list of the page again, once for several events in a row. */
function reloadRows() {
  waiting ??= setTimeout(() => {
    waiting = null;
    fetchRows().catch(() => {}); // the next sync of the stream fetches again
  }, 100);
}

/** Replaces the list in one step, so that focus and scroll position can be kept. */
async function fetchRows() {
  if (!one("#notification-rows")) return;
  const address = location.href;
  const answer = await fetch(address, { headers: { "HX-Request": "true", ...whose() } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const [old, fresh] = [one("#notification-rows"), one("#notification-rows", page)];
  if (!old || !fresh || location.href !== address) return;
  const keep = place(old);
  old.replaceWith(fresh);
  htmx.process(fresh);
  keep();
}

/** Remembers the focus and the position of the first visible entry. Returns a function that restores both. */
function place(rows) {
  const sight = all("[data-notification]", rows).find((entry) => entry.getBoundingClientRect().bottom > 0);
  const [id, top] = [sight?.dataset.notification, sight?.getBoundingClientRect().top];
  const focused = rows.contains(document.activeElement) ? document.activeElement : null;
  const selector = focused && addressOf(focused);
  return () => {
    const fresh = one("#notification-rows");
    const now = id && one(`[data-notification="${id}"]`, fresh);
    if (now) scrollBy({ top: now.getBoundingClientRect().top - top, behavior: "instant" });
    if (!focused || document.activeElement !== document.body) return;
    (
      one(selector, fresh) ??
      one(`[data-notification="${focused.closest("[data-notification]")?.dataset.notification}"] a`, fresh) ??
      one("#conteudo")
    ).focus({ preventScroll: true });
  };
}

/** A selector that finds the same link or button in a new copy of the list. */
function addressOf(element) {
  const form = element.closest("form");
  return form
    ? `form[action="${form.getAttribute("action")}"] button`
    : `a[href="${CSS.escape(element.getAttribute("href") ?? "")}"]`;
}

function count(unread) {
  const badge = one("[data-bell-count]");
  const wasAny = !badge.hidden;
  badge.textContent = unread > 99 ? "99+" : unread;
  show(badge, unread > 0);
  const many = unread > 99 ? "mais de 99" : unread;
  const words = unread === 0 ? "nenhuma não lida" : unread === 1 ? "1 não lida" : `${many} não lidas`;
  one("[data-bell]").setAttribute("aria-label", `Notificações: ${words}`);
  mark.count(unread);
  if (wasAny !== unread > 0) showReadAll();
}

/** Shows the page's button "mark all as read" while there are unread entries. */
function showReadAll() {
  show(one("main [data-read-all]"), !one("[data-bell-count]").hidden);
}

/**
 * Marks entries as read that are not among the newest unread `ids`. Entries older than all of `ids` stay as they are
 * if there are more unread.
 */
function agree(unread, ids) {
  count(unread);
  const reach = unread > ids.length ? Math.min(...ids) : 0;
  const isRead = (id) => id >= reach && !ids.includes(id);
  for (const element of all("[data-notification].unread")) {
    if (!isRead(Number(element.dataset.notification))) continue;
    element.classList.remove("unread");
    one(".dot", element)?.remove();
    one("[data-mark-read]", element)?.remove();
  }
  toasts.dismiss(isRead);
}

const SHOWN = 20; // maximum entries in the panel; the page has more

/** Inserts a new entry into the panel in order. The list of the page is fetched instead. */
function insert(item) {
  for (const list of all("[data-notifications]", panel())) {
    if (one(`[data-notification="${item.id}"]`, list)) continue;
    const older = [...list.children].find((other) => Number(other.dataset.notification) < item.id);
    if (!older && list.children.length >= SHOWN) continue;
    const element = entry(item);
    list.insertBefore(element, older ?? null);
    htmx.process(element);
    fill(list);
  }
}

/** Shows the list, or the message that it is empty. */
function fill(list) {
  const place = list.closest("[data-bell-panel],main");
  const isEmpty = list.children.length === 0;
  show(list, !isEmpty);
  show(one("[data-notifications-blank]", place), isEmpty);
  if (place === panel()) show(one("[data-read-all]", place), !isEmpty);
}

/** Marks an entry as read when its title, a link to the schedule, is opened. */
function readOnOpening({ target }) {
  const id = target.closest("[data-read-notification]")?.closest("[data-notification]").dataset.notification;
  if (!id) return;
  const headers = { "X-CSRF-Token": csrf(), "HX-Request": "true" };
  fetch(`/notifications/${id}/reading`, { method: "POST", headers, keepalive: true });
}

function afterRequest({ detail: { elt, successful } }) {
  if (!successful) return;
  if (elt.matches("[data-remove-notification]")) remove(elt.closest("[data-notification]"));
  if (elt.matches("[data-mark-read]")) say("Notificação marcada como lida.");
  if (elt.matches("[data-read-all]")) say("Todas as notificações foram marcadas como lidas.");
}

/** Removes an entry everywhere on this page. The focus moves to the next entry. */
function remove(element) {
  const row = element.closest("[data-toast]") ?? element;
  const place = row.closest("[data-bell-panel],main");
  const hadFocus = element.contains(document.activeElement);
  const next = row.nextElementSibling ?? row.previousElementSibling;
  const id = Number(element.dataset.notification);
  all(`[data-notifications] [data-notification="${id}"]`).forEach((copy) => {
    const home = copy.parentElement;
    copy.remove();
    fill(home);
  });
  toasts.dismiss((other) => other === id);
  say("Notificação removida.");
  if (!hadFocus) return;
  const after = next && one("[data-remove-notification] button", next);
  (after ?? (place && one(".bell-foot a, footer a", place)) ?? one("#conteudo")).focus();
}

function keepTime(time) {
  const minutes = Math.floor((Date.now() - Date.parse(time.dateTime)) / 60_000);
  const isRecent = /^(agora|há )/.test(time.textContent);
  if (isRecent) time.textContent = minutes < 1 ? "agora" : minutes < 60 ? `há ${minutes} min` : time.dataset.clock;
}
