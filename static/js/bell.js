// The bell: its count, its panel, and the notices that pop up.

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
    agree(unread, items.map(({ id }) => id));
    items.forEach(insert);
    if (!isFresh) reload();
    else if (items.some(isMissing)) reloadRows(); // came meanwhile
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

/** The page may be younger than what is told. */
const isMissing = ({ id }) => !one(`main [data-notification="${id}"]`);

const panel = () => one("[data-bell-panel]");
const isOpen = () => panel().classList.contains("show");

async function loadPanel() {
  await fetchInto(panel(), "/notifications/panel", { swap: "innerHTML" });
  const waiting = one("[data-bell-loading]");
  if (waiting) waiting.textContent = "Não foi possível carregar. Tente de novo em instantes.";
}

/** What cannot be fetched stays as it is: the stream tells of the loss, and its next sync asks again. */
function fetchInto(target, url, how) {
  return htmx.ajax("GET", url, { target, ...how }).catch(() => {});
}

/** Shows what another tab did; the open panel only if nobody is just acting there. */
function reload() {
  if (isOpen() && !panel().contains(document.activeElement)) loadPanel();
  reloadRows();
}

let waiting = null;

/** Fetches the page's own list anew, once for all that happens at a time. */
function reloadRows() {
  waiting ??= setTimeout(() => {
    waiting = null;
    fetchRows().catch(() => {}); // the stream's next sync asks again
  }, 100);
}

/** Exchanges the list in one go, so that nobody is without their place in between. */
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

/** Remembers what has the focus and where the first entry in sight stands; returns what restores them. */
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
    (one(selector, fresh) ?? one(`[data-notification="${focused.closest("[data-notification]")?.dataset.notification}"] a`, fresh) ?? one("#conteudo")).focus({ preventScroll: true });
  };
}

/** A selector of the same link or button in another copy of the list. */
function addressOf(element) {
  const form = element.closest("form");
  return form ? `form[action="${form.getAttribute("action")}"] button` : `a[href="${CSS.escape(element.getAttribute("href") ?? "")}"]`;
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

/** The page offers to mark all as read while there is something unread. */
function showReadAll() {
  show(one("main [data-read-all]"), !one("[data-bell-count]").hidden);
}

/** Shows as read what is not among the newest unread `ids`, as far as they reach. */
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

const SHOWN = 20; // entries of the panel; the page has more

/** Puts a new entry in its place in the panel; the page fetches its own. */
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

/** Shows the list, or that it is empty. */
function fill(list) {
  const place = list.closest("[data-bell-panel],main");
  const isEmpty = list.children.length === 0;
  show(list, !isEmpty);
  show(one("[data-notifications-blank]", place), isEmpty);
  if (place === panel()) show(one("[data-read-all]", place), !isEmpty);
}

/** The title leads to the schedule; that counts as read. */
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

/** Takes an entry out of all places of this page; focus goes on to the next one. */
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
