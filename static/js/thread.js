// The team's conversation and the list beside it: updates live and sends without leaving the page.

import { all, one, replace, say } from "./dom.js";
import { on } from "./live.js";
import { Refused, Thread, load, post, sendFrom } from "./messages.js";
import { onChange } from "./schedules.js";

/** The address of the conversation, also on a page that answers a refused reply or a refused closing. */
const address = () => location.pathname.replace(/\/(messages|closure)$/, "");

export function start() {
  document.addEventListener("click", copy);
  if (one("[data-talks]")) keepListFresh();
  const page = one("[data-conversation]");
  if (page) converse(page);
}

function converse(page) {
  const contact = Number(page.dataset.conversation);
  const element = one("[data-thread]", page);
  kindOfText();
  keepSideFresh(page);
  if (!("live" in element.dataset)) return void (element.scrollTop = element.scrollHeight);
  const thread = new Thread(element, `/contacts/${contact}/conversation/messages`, async (update) => {
    const { state } = one("[data-update]", update).dataset;
    if (state && state !== page.dataset.state) refresh(page, await load(address()));
    look();
  });
  const catchUp = () => thread.catchUp().catch(() => {});
  on("sync", catchUp);
  on("conversation", ({ contacts }) => contacts.includes(contact) && catchUp());
  sendFrom(thread, (error, text) => {
    if (!(error instanceof Refused) || error.status !== 409) return false;
    refresh(page, error.page, text);
    return true;
  });
  const look = () => {
    markSeen(thread);
    noteRead(thread);
  };
  noteRead(thread, 0);
  // Sending a reply counts as having read the thread.
  document.addEventListener("submit", (event) => {
    if (event.target.matches("[data-composer]") && !event.submitter?.hasAttribute("formaction")) noteRead(thread, 0);
  });
  element.addEventListener("scroll", look, { passive: true });
  document.addEventListener("visibilitychange", look);
  look();
}

/** Replaces head, composer and side by those of a newer page. Keeps the text being written. */
function refresh(page, newer, unsent = "") {
  const content = one("[data-conversation]", newer);
  if (!content) return;
  page.dataset.state = content.dataset.state;
  const draft = one("[data-composer] textarea", page)?.value ?? "";
  for (const name of ["head", "side", "composer"]) {
    const [old, fresh] = [page, content].map((base) => one(`[data-part="${name}"]`, base));
    const action = (part) => one("[data-composer]", part)?.getAttribute("action");
    if (name === "composer" && action(old) && action(old) === action(fresh)) continue;
    replace(old, fresh);
  }
  const text = [unsent, draft].filter(Boolean).join("\n");
  const place = one("[data-unsent]", page);
  if (place && text) {
    one("[data-unsent-text]", place).textContent = text;
    place.hidden = false;
  }
}

/** Updates the side, which shows the contact's schedules. */
function keepSideFresh(page) {
  const refreshSide = async () => {
    const [old, fresh] = [page, await load(address())].map((base) => one("[data-part=side]", base));
    if (old && fresh && old.innerHTML !== fresh.innerHTML) replace(old, fresh);
  };
  let timer = null;
  onChange(() => {
    timer ??= setTimeout(() => {
      timer = null;
      refreshSide().catch(() => {});
    }, 250);
  });
}

let seen = 0;

/** Tells the server the last message that the team has read, if the end of the thread is in view. */
function markSeen(thread) {
  const form = one("[data-reading]");
  const message = Number(all("[data-from-customer]", thread.element).pop()?.dataset.message ?? 0);
  if (!form || document.visibilityState !== "visible" || !thread.isAtEnd || message <= seen) return;
  const before = seen;
  seen = message;
  post(form.dataset.reading, { csrf: form.elements.csrf.value, message_id: message }).catch(() => (seen = before));
}

/** Milliseconds that a message must be in view before it counts as read when the ticket is closed. */
const READING = 1_000;

/** Records the last message read in the form, so that nobody closes the ticket over an unseen message. */
function noteRead(thread, after = READING) {
  if (document.visibilityState !== "visible" || !thread.isAtEnd) return;
  const { last } = thread;
  setTimeout(() => {
    const field = one("[data-composer]")?.elements.up_to;
    if (field && last > Number(field.value)) field.value = last;
  }, after);
}

/** The placeholder says who will read the text. */
function kindOfText() {
  document.addEventListener("change", (event) => {
    const form = event.target.name === "kind" && event.target.closest("[data-composer]");
    if (!form) return;
    const field = form.elements.body;
    field.dataset.forMessage ??= field.placeholder;
    field.placeholder = event.target.value === "comment" ? field.dataset.forComment : field.dataset.forMessage;
    field.focus();
  });
}

function keepListFresh() {
  let timer = null;
  const soon = () => {
    timer ??= setTimeout(() => {
      timer = null;
      refreshList().catch(() => {});
    }, 200);
  };
  on("sync", soon);
  on("conversation", soon);
}

async function refreshList() {
  const section = one("[data-list]");
  const shown = one("[data-talks]", section ?? undefined);
  if (!section || !shown.checkVisibility()) return;
  const fresh = one("[data-talks]", await load(section.dataset.list));
  const contact = one("[data-conversation]")?.dataset.conversation;
  if (contact) one(`[data-contact="${contact}"]`, fresh)?.setAttribute("aria-current", "true");
  const focused = shown.contains(document.activeElement) ? document.activeElement.id : "";
  shown.replaceChildren(...fresh.childNodes);
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

async function copy(event) {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    document.execCommand("copy"); // plain HTTP has no clipboard
  }
  say(button.dataset.copied ?? "Link copiado.");
  const icon = one(".ti", button);
  icon.className = "ti ti-circle-check";
  setTimeout(() => (icon.className = "ti ti-copy"), 2_000);
}
