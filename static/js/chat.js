// The customer's page: updates live, sends without leaving the page, and sends receipts for messages that arrived
// and were read.

import { all, one } from "./dom.js";
import { start as countLimits } from "./limits.js";
import { connect, on } from "./live.js";
import { Thread, post, sendFrom } from "./messages.js";

const element = one("[data-thread]");
const path = element.dataset.chat;
countLimits();
if ("live" in element.dataset) follow();
else element.scrollTop = element.scrollHeight;

function follow() {
  const acknowledge = receipts();
  const thread = new Thread(element, `${path}/messages`, acknowledge);
  const catchUp = () => thread.catchUp().catch(({ status }) => status === 429 && setTimeout(catchUp, 10_000));
  on("sync", catchUp);
  on("conversation", catchUp);
  document.addEventListener("visibilitychange", () => document.hidden || catchUp());
  sendFrom(thread);
  acknowledge();
  connect(`${path}/live`, `pontual-chat-${path}`);
}

/** Returns a function that looks for messages without a receipt. */
function receipts() {
  const inView = new Set();
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (isIntersecting) inView.add(target);
        else inView.delete(target);
      }
      soon();
    },
    { root: element },
  );
  let timer = null;
  const soon = () => {
    timer ??= setTimeout(() => {
      timer = null;
      tell(inView).catch(() => {}); // sent again with the next message or scroll
    }, 150);
  };
  document.addEventListener("visibilitychange", soon);
  return () => {
    for (const message of all("[data-receipt]:not([data-receipt=read])", element)) observer.observe(message);
    soon();
  };
}

async function tell(inView) {
  const isSeen = document.visibilityState === "visible";
  const read = isSeen ? [...inView].filter(({ dataset }) => dataset.receipt !== "read") : [];
  const arrived = all("[data-receipt=none]", element).filter((message) => !read.includes(message));
  if (!read.length && !arrived.length) return;
  const named = (name, messages) => messages.slice(0, 200).map(({ dataset }) => [name, dataset.message]);
  const csrf = one("[data-composer]").elements.csrf.value;
  await post(`${path}/receipts`, [["csrf", csrf], ...named("delivered", arrived), ...named("read", read)]);
  for (const message of arrived.slice(0, 200)) message.dataset.receipt = "delivered";
  for (const message of read.slice(0, 200)) message.dataset.receipt = "read";
}
