// The number beside "Conversas": conversations with unseen messages. One tab asks the server for all tabs.

import { all, one, show } from "./dom.js";
import { whose } from "./entry.js";
import { isLeading, on, tell } from "./live.js";

const PAUSE = 500; // a busy platform reports changes often

export function start() {
  if (!one("[data-unseen]")) return;
  on("unseen-conversations", paint);
  on("conversation", soon);
  let isFresh = true;
  on("sync", () => {
    if (!isFresh) soon();
    isFresh = false;
  });
}

let waiting = null;

function soon() {
  if (!isLeading()) return;
  waiting ??= setTimeout(ask, PAUSE);
}

async function ask() {
  waiting = null;
  const answer = await fetch("/tickets/unseen", { headers: { "HX-Request": "true", ...whose() } }).catch(() => null);
  if (answer?.ok) tell("unseen-conversations", (await answer.json()).unseen);
}

function paint(unseen) {
  for (const pill of all("[data-unseen]")) {
    one("[data-unseen-count]", pill).textContent = unseen > 99 ? "99+" : unseen;
    one(".visually-hidden", pill).textContent = unseen === 1 ? " não lida" : " não lidas";
    show(pill, unseen > 0);
  }
}
