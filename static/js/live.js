// Live events: one connection per browser, whatever the number of tabs.
//
// One tab leads: it holds the stream and repeats each event to the others over a BroadcastChannel.
// Web Locks choose the leader, and another one when it closes. If they are missing (plain HTTP on a
// host other than localhost), the tabs agree through shared storage. A new tab asks the leader for the
// current state and gets the same "sync" with which each stream begins. If tabs can share nothing, each
// visible tab holds its own stream.

import { one, say } from "./dom.js";
import { whose } from "./entry.js";
import { lease } from "./lease.js";
import { end, goOn } from "./session.js";

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

/** A random UUID, also where `crypto.randomUUID` is missing: on plain HTTP. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

let channel = null;
let leads = false;

/** Whether this tab holds the stream. It does what the browser must do only once. */
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
  on("sync", goOn);
  on("back", () => returned());
  document.addEventListener("visibilitychange", () => document.hidden || tell("back"));
  channel = "BroadcastChannel" in window ? new BroadcastChannel(name) : null;
  if (!channel || !share(url, name)) whileSeen(url);
}

/** Returns whether the tabs can agree on a leader. */
function share(url, name) {
  const self = newKey();
  let state = null;
  let stop = null;
  channel.addEventListener("message", ({ data: { type, data, to } }) => {
    if (type === "hello") {
      state?.now().forEach((event) => channel.postMessage({ ...event, to: data }));
      returned();
    } else if (!to || to === self) dispatch(type, data);
  });
  channel.postMessage({ type: "hello", data: self });
  const lead = () => {
    leads = true;
    state = recorder();
    stop = follow(url, (type, data) => {
      state?.note(type, data);
      tell(type, data);
    });
  };
  const stepDown = () => {
    leads = false;
    state = null;
    stop();
  };
  if (!navigator.locks) return lease(name, self, lead, stepDown);
  navigator.locks.request(name, () => {
    lead();
    return new Promise(() => {}); // holds the lock until the tab closes
  });
  return true;
}

/** Records the state that the stream has reported, for tabs that open later. */
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

function whileSeen(url) {
  let stop = null;
  const look = () => {
    leads = !document.hidden;
    if (document.hidden === !stop) return;
    if (document.hidden) stop = stop();
    else stop = follow(url, dispatch);
  };
  document.addEventListener("visibilitychange", look);
  look();
}

const SILENT_FOR = 60_000; // the server sends a ping every 25 s
const LOST_AFTER = 3_000;
const LONGEST_PAUSE = 15_000;

/**
 * Reads the stream and reconnects when it ends. After a refusal it waits until the user returns to a tab. Returns a
 * function that stops it.
 */
function follow(url, tell) {
  const stopped = new AbortController();
  let base = 1_000;
  let failures = 0;
  let lost = null;
  const answered = () => {
    failures = 0;
    if (lost !== null) tell("connection", { lost: false });
    clearTimeout(lost);
    lost = null;
  };
  const heard = (type, data) => {
    if (type === "retry") base = data;
    else {
      answered();
      tell(type, data);
    }
  };
  (async () => {
    while (!stopped.signal.aborted) {
      const status = await read(url, stopped.signal, heard).catch(() => 0);
      if ([401, 404].includes(status)) {
        // The server has answered, so the connection is not lost. Do not retry automatically.
        answered();
        tell("ended", { status });
        await comeBack(stopped.signal);
        continue;
      }
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

/** Waits until a tab is shown again or a new one opens: the user may have signed in. */
const comeBack = (signal) =>
  new Promise((resolve) => {
    returned = resolve;
    signal.addEventListener("abort", resolve, { once: true });
  });

let returned = () => {};

/** Waits, but ends early when the network is back. */
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

/** Reads one answer to its end and returns its status. Aborts a stream that is silent for too long. */
async function read(url, signal, heard) {
  const over = new AbortController();
  const stop = () => over.abort();
  signal.addEventListener("abort", stop, { signal: over.signal });
  let watch = setTimeout(stop, SILENT_FOR);
  try {
    const answer = await fetch(url, {
      headers: { Accept: "text/event-stream", "HX-Request": "true", ...whose() },
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
  const fields = new Map(
    block.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]),
  );
  if (fields.has("retry")) heard("retry", Number(fields.get("retry")));
  if (fields.has("event")) heard(fields.get("event"), JSON.parse(fields.get("data")));
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
