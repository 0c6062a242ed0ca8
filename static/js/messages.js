// Shared by the team's thread and the customer's chat: appending new messages, loading older ones, and
// sending without losing or doubling a text.

import { chosenFiles } from "./chosen-files.js";
import { all, one, say } from "./dom.js";
import { whose } from "./entry.js";
import { count } from "./limits.js";
import { newKey } from "./live.js";
import { end, renewToken } from "./session.js";

const PATIENCE = 15_000; // milliseconds for an answer
const PATIENCE_WITH_FILES = 15 * 60_000; // as long as the server waits for files
const END = 48; // pixels; a thread scrolled this near to its end follows new messages

/** An unsuccessful answer; `page` is its document. */
export class Refused extends Error {
  constructor(status, page) {
    super(`answered ${status}`);
    this.status = status;
    this.page = page;
  }
}

/** Fetches a page or a part of one. Throws `Refused`, or the network's error. */
export async function load(url, options = {}) {
  const answer = await fetch(url, {
    ...options,
    headers: { "HX-Request": "true", ...whose(), ...options.headers },
    cache: "no-store",
    signal: options.signal ?? AbortSignal.timeout(PATIENCE),
  });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (!answer.ok) throw new Refused(answer.status, page);
  return page;
}

const hasFiles = (fields) => Array.isArray(fields) && fields.some(([, value]) => value instanceof File);

/**
 * Posts form fields, some of which may be files. If the page's token is older than the browser's cookie, posts again
 * with a new one.
 */
export async function post(url, fields) {
  const withFiles = hasFiles(fields);
  const patience = withFiles ? PATIENCE_WITH_FILES : PATIENCE;
  const send = (body) => load(url, { method: "POST", body, signal: AbortSignal.timeout(patience) });
  const body = withFiles ? new FormData() : new URLSearchParams(fields);
  if (withFiles) for (const [name, value] of fields) body.append(name, value);
  try {
    return await send(body);
  } catch (error) {
    if (error.status !== 403 || !(await renewToken())) throw error;
    body.set("csrf", one("input[name=csrf]").value);
    return send(body);
  }
}

export class Thread {
  #again = false;
  #running = null;

  /** `url` answers `?after=` and `?before=`; `changed(page)` is called after each answer. */
  constructor(element, url, changed) {
    this.element = element;
    this.url = url;
    this.changed = changed;
    this.last = Number(element.dataset.last);
    element.addEventListener("click", (event) => {
      const link = event.target.closest("[data-older]");
      if (link) this.#older(event, link);
    });
    this.#keepFollowing();
  }

  get isAtEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.element;
    return scrollHeight - scrollTop - clientHeight < END;
  }

  toEnd() {
    this.element.scrollTop = this.element.scrollHeight;
  }

  /** Keeps a thread at its end if it was there, when the thread or the parts below it grow. */
  #keepFollowing() {
    let follows = true;
    const follow = () => follows && this.toEnd();
    this.element.addEventListener("scroll", () => (follows = this.isAtEnd), { passive: true });
    new ResizeObserver(follow).observe(this.element);
    new MutationObserver(follow).observe(this.element, { childList: true, subtree: true });
    this.toEnd();
  }

  /** Fetches messages after the last one shown. Overlapping calls are merged. */
  catchUp() {
    this.#again = true;
    this.#running ??= this.#drain().finally(() => (this.#running = null));
    return this.#running;
  }

  async #drain() {
    while (this.#again) {
      this.#again = false;
      const page = await load(`${this.url}?after=${this.last}`);
      this.#append(page);
      if (one("[data-more]", page)) this.#again = true;
      await this.changed(page);
    }
  }

  #append(page) {
    if (one("[data-message]", page)) one("[data-nothing-yet]", this.element)?.remove();
    for (const item of all("[data-update] > :not([data-older])", page)) {
      const id = Number(item.dataset.message ?? 0);
      if (id && id <= this.last) continue;
      this.last = Math.max(this.last, id);
      this.#drop(item);
      this.element.insertBefore(item, one(".pending", this.element));
    }
    for (const receipt of all("[data-receipt-of]", page)) {
      const [shown, current] = [
        one(`#message-${receipt.dataset.receiptOf} .foot`, this.element),
        one(".foot", receipt),
      ];
      // Replaced only if it changed, so that a button keeps its focus.
      if (shown && shown.textContent !== current.textContent) {
        shown.replaceWith(current);
        window.htmx?.process(current);
      }
    }
    this.#oneSeparatorADay();
  }

  /** Removes the pending bubble of a message that has arrived: the server's version replaces it. */
  #drop({ dataset: { key } }) {
    if (key)
      all(".pending", this.element)
        .find((bubble) => bubble.dataset.key === key)
        ?.remove();
  }

  async #older(event, link) {
    event.preventDefault();
    const { element } = this;
    const before = new URL(link.href).searchParams.get("before");
    const page = await load(`${this.url}?before=${before}`).catch(() => null);
    if (!page) return location.assign(link.href);
    const fromEnd = element.scrollHeight - element.scrollTop;
    element.setAttribute("aria-live", "off"); // old messages are not announced
    link.replaceWith(...one("[data-update]", page).children);
    this.#oneSeparatorADay();
    element.scrollTop = element.scrollHeight - fromEnd;
    (one("[data-older]", element) ?? element).focus({ preventScroll: true });
    setTimeout(() => element.removeAttribute("aria-live"), 1_000);
    await this.changed(page);
  }

  #oneSeparatorADay() {
    let day = null;
    for (const separator of all("[data-day]", this.element)) {
      if (separator.dataset.day === day) separator.remove();
      day = separator.dataset.day;
    }
  }

  /** Adds a bubble for a message that is being sent. */
  pending(text, isComment, key, files = []) {
    const bubble = document.createElement("div");
    bubble.dataset.key = key;
    bubble.className = isComment ? "msg out note-msg pending" : "msg out pending";
    const box = document.createElement("div");
    box.className = "b";
    const said = document.createElement("span");
    said.className = "said";
    said.dir = "auto";
    said.textContent = text;
    const meta = document.createElement("span");
    meta.className = "meta";
    const names = files.map(({ name }) => {
      const line = document.createElement("span");
      line.className = "sent-file";
      line.textContent = name;
      return line;
    });
    box.append(said, ...names);
    bubble.append(box, meta);
    this.element.append(bubble);
    this.toEnd();
    return bubble;
  }
}

/** A phone has no Shift+Enter for a line break, so Enter breaks the line and the button sends. */
const breaksLines = ({ ctrlKey, metaKey }) => matchMedia("(pointer: coarse)").matches && !ctrlKey && !metaKey;

/** Sends the composer's text. `refused(error, text)` returns whether it has handled a refusal. */
export function sendFrom(thread, refused = () => false) {
  let queue = Promise.resolve();
  for (const form of all("[data-composer]")) chosenFiles(form);
  document.addEventListener("keydown", (event) => {
    const form = event.target.closest?.("[data-composer]");
    if (!form || event.target.localName !== "textarea") return;
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || breaksLines(event)) return;
    event.preventDefault();
    form.requestSubmit();
  });
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("[data-composer]");
    if (!form || event.submitter?.hasAttribute("formaction")) return;
    event.preventDefault();
    const text = form.elements.body.value.trim();
    const chosen = chosenFiles(form);
    if (!text && !chosen?.files.length) return form.elements.body.focus();
    if (chosen?.complaint) return complain(form, chosen.complaint);
    const files = chosen?.take() ?? [];
    const typed = [...new FormData(form)].filter(([, value]) => typeof value === "string");
    const fields = [
      ...typed.map(([name, value]) => [name, name === "body" ? text : value]),
      ...files.map((file) => ["files", file]),
    ];
    const isComment = form.elements.kind?.value === "comment";
    const bubble = thread.pending(text, isComment, form.elements.client_key.value, files);
    form.elements.body.value = "";
    form.elements.client_key.value = newKey();
    count(form.elements.body);
    complain(form, "");
    queue = queue.then(() => send(thread, bubble, form.action, fields, refused));
  });
}

async function send(thread, bubble, url, fields, refused) {
  const meta = one(".meta", bubble);
  meta.textContent = hasFiles(fields) ? "Enviando arquivos…" : "Enviando…";
  try {
    await post(url, fields);
  } catch (error) {
    const isFinal = error instanceof Refused && error.status < 500;
    return isFinal ? giveBack(bubble, fields, error, refused) : offerAgain(thread, bubble, url, fields, refused);
  }
  meta.textContent = "Enviada";
  await thread
    .catchUp()
    .then(() => bubble.remove())
    .catch(() => {});
}

function offerAgain(thread, bubble, url, fields, refused) {
  const again = document.createElement("button");
  again.type = "button";
  again.className = "btn btn-sm btn-quiet";
  again.textContent = "Tentar de novo";
  again.addEventListener("click", () => send(thread, bubble, url, fields, refused));
  one(".meta", bubble).replaceChildren("Não enviada. ", again);
  say("A mensagem não foi enviada.");
}

function giveBack(bubble, fields, error, refused) {
  const text = one(".said", bubble).textContent;
  bubble.remove();
  if (refused(error, text)) return;
  const form = one("[data-composer]");
  if (!form) return;
  const field = form.elements.body;
  field.value = [text, field.value].filter(Boolean).join("\n");
  chosenFiles(form)?.giveBack(fields.map(([, value]) => value).filter((value) => value instanceof File));
  form.elements.client_key.value = new Map(fields).get("client_key");
  count(field);
  if (error.status === 401) end();
  complain(form, one("[data-composer-error]", error.page)?.textContent || sentence(error.status));
  field.focus();
}

function sentence(status) {
  if (status === 401) return "Sua sessão terminou. O texto continua aqui: entre de novo em outra aba e envie.";
  if (status === 404) return "Esta conversa não está mais disponível. Copie o texto antes de sair da página.";
  return "Não foi possível enviar. O texto continua aqui: tente de novo.";
}

function complain(form, sentence) {
  const place = one("[data-composer-error]", form);
  place.textContent = sentence;
  place.hidden = !sentence;
  form.elements.body.toggleAttribute("aria-invalid", Boolean(sentence));
}
