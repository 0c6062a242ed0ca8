// Live events: one connection per browser, whatever the number of tabs.
//
// One tab leads: it holds the stream and repeats each event to the others over a BroadcastChannel.
// Web Locks choose it, and choose anew when it closes. A new tab asks the leader how things are and
// gets the same "sync" that each stream begins with. Where Web Locks are missing (plain HTTP on
// another host than localhost), only tabs that are seen hold a stream, each its own.

import { all, one, say } from "./dom.js";
import { warn } from "./notices.js";

const handlers = new Map();

/** Calls `handler(data)` for every event of that type: "notification", "bell", "conversation", "schedules", "sync". */
export function on(type, handler) {
  handlers.set(type, [...(handlers.get(type) ?? []), handler]);
}

function dispatch(type, data) {
  for (const handler of handlers.get(type) ?? []) handler(data);
}

/** The application's own stream; pages without a signed-in user have none. */
export function start() {
  const user = document.body.dataset.user;
  if (user) connect("/live", `pontual-live-${user}`);
}

let channel = null;
let leads = false;

/** Whether this tab holds the stream: what the browser shall do once, this one does. */
export const isLeading = () => leads;

/** Dispatches an event in this tab and in all others. */
export function tell(type, data) {
  channel?.postMessage({ type, data });
  dispatch(type, data);
}

/** Shares the stream at `url` between all tabs that use the same `name`. */
export function connect(url, name) {
  on("connection", ({ lost }) => announceLoss(lost));
  on("ended", end);
  channel = new BroadcastChannel(name);
  if (navigator.locks) share(url, name);
  else whileSeen(url, dispatch);
}

function share(url, name) {
  const self = crypto.randomUUID();
  let state = null;
  channel.addEventListener("message", ({ data: { type, data, to } }) => {
    if (type === "hello") state?.now().forEach((event) => channel.postMessage({ ...event, to: data }));
    else if (!to || to === self) dispatch(type, data);
  });
  channel.postMessage({ type: "hello", data: self });
  const lead = () => {
    leads = true;
    state = recorder();
    follow(url, (type, data) => {
      state.note(type, data);
      tell(type, data);
    });
    return new Promise(() => {}); // held until the tab is gone
  };
  navigator.locks.request(name, lead);
}

/** What the stream has told so far, for tabs that come later. */
function recorder() {
  let unread = 0;
  let items = null;
  let lost = false;
  return {
    note(type, data) {
      unread = data.unread ?? unread;
      lost = data.lost ?? lost;
      if (type === "sync") items = data.items ?? [];
      if (type === "notification") items = [...(items ?? []), data].slice(-20);
      if (type === "bell") items = (items ?? []).filter(({ id }) => data.ids.includes(id));
    },
    now: () => [
      ...(items ? [{ type: "sync", data: { unread, items } }] : []),
      ...(lost ? [{ type: "connection", data: { lost } }] : []),
    ],
  };
}

function whileSeen(url, tell) {
  let stop = null;
  const look = () => {
    if (document.hidden === !stop) return;
    if (document.hidden) stop = stop();
    else stop = follow(url, tell);
  };
  document.addEventListener("visibilitychange", look);
  look();
}

const SILENT_FOR = 60_000; // the server says something every 25 s
const LOST_AFTER = 3_000;
const LONGEST_PAUSE = 15_000;

/** Reads the stream, again and again, until it is refused; returns what stops it. */
function follow(url, tell) {
  const stopped = new AbortController();
  let base = 1_000;
  let failures = 0;
  let lost = null;
  const heard = (type, data) => {
    if (type === "retry") base = data;
    else {
      failures = 0;
      if (lost !== null) tell("connection", { lost: false });
      clearTimeout(lost);
      lost = null;
      tell(type, data);
    }
  };
  (async () => {
    while (!stopped.signal.aborted) {
      const status = await read(url, stopped.signal, heard).catch(() => 0);
      if ([401, 404].includes(status)) return tell("ended", { status });
      lost ??= setTimeout(() => tell("connection", { lost: true }), LOST_AFTER);
      await pause(Math.min(LONGEST_PAUSE, base * 2 ** failures) * (0.75 + Math.random() / 2), stopped.signal);
      failures += 1;
    }
  })();
  return () => {
    clearTimeout(lost);
    stopped.abort();
    return null;
  };
}

/** Waits, but not after the network is back. */
function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    const over = new AbortController();
    const go = () => {
      over.abort();
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(go, milliseconds);
    window.addEventListener("online", go, { signal: over.signal });
    signal.addEventListener("abort", go, { signal: over.signal });
  });
}

/** Reads one answer to its end; its status is returned. A stream that is silent for too long is dead. */
async function read(url, signal, heard) {
  const over = new AbortController();
  const stop = () => over.abort();
  signal.addEventListener("abort", stop, { signal: over.signal });
  let watch = setTimeout(stop, SILENT_FOR);
  try {
    const answer = await fetch(url, {
      headers: { Accept: "text/event-stream", "HX-Request": "true" },
      cache: "no-store",
      signal: over.signal,
    });
    if (!answer.ok) return answer.status;
    let text = "";
    const decoder = new TextDecoder();
    const reader = answer.body.getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      clearTimeout(watch);
      watch = setTimeout(stop, SILENT_FOR);
      const blocks = (text + decoder.decode(part.value, { stream: true })).split("\n\n");
      text = blocks.pop();
      for (const block of blocks) parse(block, heard);
    }
    return answer.status;
  } finally {
    clearTimeout(watch);
    stop();
  }
}

function parse(block, heard) {
  const fields = new Map(block.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]));
  if (fields.has("retry")) heard("retry", Number(fields.get("retry")));
  if (fields.has("event")) heard(fields.get("event"), JSON.parse(fields.get("data")));
}

/** Whether leaving the page would throw away what is being written. */
export function isWriting() {
  const fields = all("[data-composer] textarea, [data-schedule-form] textarea");
  return fields.some(({ value }) => value.trim()) || Boolean(one("[data-thread] .pending"));
}

/** Signed out, or the link revoked: the page anew says so, but would throw away what is being written. */
function end() {
  if (!isWriting()) return location.reload();
  if (!document.body.dataset.user) return warn("ended", "Esta conversa não está mais disponível. Copie o que escreveu.");
  const link = document.createElement("a");
  link.className = "link";
  link.href = "/login";
  link.target = "_blank";
  link.textContent = "Entre de novo";
  warn("ended", "Sua sessão terminou. ", link);
}

function announceLoss(lost) {
  one("[data-connection-lost]")?.remove();
  if (!lost) return;
  const notice = document.createElement("div");
  notice.className = "connection-lost";
  notice.dataset.connectionLost = "";
  const sentence = "Sem conexão. Tentando de novo…";
  notice.textContent = sentence;
  (one("[data-toasts]") ?? one("main") ?? document.body).prepend(notice);
  say(sentence);
}
