// The schedule's form: fields that depend on each other, and the check whether the time is free.

import { correct } from "./corrections.js";
import { all, one, say, show } from "./dom.js";
import { searchSelect } from "./search-select.js";
import { start as startWhen, takeDue } from "./when.js";

function attendant(form, notifies) {
  const select = one("#attendant_id", form);
  if (!select) return;
  select.required = notifies;
  show(one("[data-attendant-req]", form), notifies);
  const none = one("[data-attendant-none]", select);
  none.textContent = notifies ? none.dataset.choose : none.dataset.queue;
}

function action(form) {
  const chosen = one('input[name="action"]:checked', form)?.value ?? "";
  const reminder = chosen === "notify";
  for (const part of all("[data-when-ticket]", form)) {
    show(part, !reminder);
    for (const field of all("textarea, input", part)) field.disabled = reminder;
  }
  one("[data-last-step]", form).textContent = reminder ? "5" : "6";
  one("#comment", form).required = !reminder;
  show(one("[data-comment-req]", form), !reminder);
  show(one("[data-comment-opt]", form), reminder);
  show(one("[data-comment-hint-ticket]", form), !reminder);
  show(one("[data-comment-hint-notify]", form), reminder);
  attendant(form, chosen !== "open_ticket" && chosen !== "");
}

/** Removes the errors of fields that the chosen action does not need. */
function noLongerAsked(form, chosen) {
  const fields =
    chosen === "notify" ? ["comment", "message", "files"] : chosen === "open_ticket" ? ["attendant_id"] : [];
  for (const id of fields) {
    const field = one(`#${id}`, form);
    if (field) correct(field);
  }
}

/**
 * Fetches with the department's field as the source, as if it had just been chosen, so that htmx keeps only the latest
 * answer.
 */
function fetchAttendants(form, attendant) {
  const source = one("#department_id", form);
  return window.htmx.ajax("GET", "/schedules/new/attendants", {
    source,
    target: "#attendant",
    swap: "outerHTML",
    values: { attendant_id: attendant },
  });
}

/** Fetches the warnings and connections of a contact that was restored. */
function fetchChannels(contact) {
  const values = { contact_id: contact.value };
  if (history.state?.channel !== undefined) values.channel_id = history.state.channel;
  window.htmx.ajax("GET", "/schedules/new/contact-warning", {
    source: contact,
    target: "#contact-warning",
    swap: "outerHTML",
    values,
  });
}

/**
 * Restores the form after the browser's "back". The browser restores most fields, but not attendants and
 * search results, which are not in the page that the server sent.
 */
function comeBack(form) {
  // The page is not cached, and a new copy has another form key and version. With another key, saving again
  // would make a second schedule; with another version, older texts would pass as edits of the newest.
  const own = ["form_key", "version", "original", "zone"].map((name) => form.elements[name]);
  if (performance.getEntriesByType("navigation")[0]?.type === "back_forward" && history.state?.own) {
    for (const field of own) field.value = history.state.own[field.name];
  } else keep({ own: Object.fromEntries(own.map((field) => [field.name, field.value])) });
  form.addEventListener("change", ({ target }) => {
    if (target.id === "attendant_id") keep({ attendant: target.value });
    if (target.id === "department_id") keep({ attendant: "" });
    if (target.id === "channel_id") keep({ channel: target.value });
    if (target.id === "contact_id") keep({ channel: undefined });
    if (target.tomselect) keepChoice(target);
  });
  // Browsers restore what was typed after this script has run, but before pageshow.
  addEventListener("pageshow", () => {
    const contact = one("#contact_id", form);
    const before = contact.value;
    for (const select of all("select[data-search]", form)) restore(select);
    if (contact.value !== before) fetchChannels(contact);
    if (one("#department_id", form).value && !one("#attendant_id", form))
      fetchAttendants(form, history.state?.attendant ?? "");
    // A refused form says itself what is wrong.
    if (history.state && !one("[data-error-summary]")) check(form);
  });
}

const keep = (part) => history.replaceState({ ...history.state, ...part }, "");

function keepChoice(select) {
  const { value, text, sub } = select.tomselect.options[select.value] ?? { value: "" };
  keep({ [select.id]: { value, text, sub } });
}

function restore(select) {
  const control = select.tomselect;
  const kept = history.state?.[select.id];
  if (!control || !kept || kept.value === control.getValue()) return;
  if (kept.value) control.addOption(kept);
  control.setValue(String(kept.value), true);
}

/** Choosing a contact fills in its person, department and attendant if they are not chosen yet. */
function proposals(form) {
  const contact = one("#contact_id", form);
  contact.addEventListener("change", async () => {
    const asked = contact.value;
    if (!asked) return;
    const answer = await fetch(`/schedules/new/proposal?contact_id=${asked}`).catch(() => null);
    const proposal = answer?.ok ? await answer.json() : {};
    if (contact.value !== asked) return;
    const person = one("#person_id", form);
    if (proposal.person && !person.value) {
      person.tomselect?.addOption(proposal.person);
      person.tomselect?.setValue(String(proposal.person.value), true);
      person.dispatchEvent(new Event("narrow"));
      if (person.tomselect) keepChoice(person);
    }
    const department = one("#department_id", form);
    if (proposal.department_id && !department.value) {
      department.value = proposal.department_id;
      correct(department);
      const attendant = String(proposal.attendant_id ?? "");
      keep({ attendant });
      await fetchAttendants(form, attendant);
    }
    check(form);
    preview(form);
  });
}

const PAUSE = 250;
let pause;

/** Asks whether the time is free, after a short time without changes. */
function check(form, after = PAUSE) {
  clearTimeout(pause);
  pause = setTimeout(() => window.htmx.trigger("#slot", "check"), after);
}

function slot(form) {
  startWhen(form, () => check(form));
  const judged = "#due_at, #contact_id, #department_id, #attendant_id, [name=due_fold]";
  for (const type of ["input", "change"])
    form.addEventListener(type, ({ target }) => target.matches(judged) && check(form));
  form.addEventListener("htmx:afterSwap", ({ target }) => {
    if (target.id !== "slot") return;
    mark(form);
    preview(form);
  });
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-slot], [data-suggestion]");
    if (!button) return;
    event.preventDefault();
    const input = one("#due_at", form);
    const [at, fold] = button.value.split(" ");
    takeDue(form, at);
    if (fold) choose(fold);
    input.focus();
    say(`Data e hora alteradas para ${button.textContent.trim()}.`);
    check(form, 0);
    preview(form);
  });
}

/** If the clocks repeat the time, chooses the suggested one of the two. The check then shows both. */
function choose(fold) {
  const known = one(`#due_fold_${fold}`);
  if (known) known.checked = true;
  else
    one("#slot").append(
      Object.assign(document.createElement("input"), { type: "hidden", name: "due_fold", value: fold }),
    );
}

/** Shows the result of the latest check at the fields, and removes earlier errors. */
function mark(form) {
  const taken = Boolean(one("[data-slot-taken]", form));
  for (const id of ["due-err", "when-err"]) document.getElementById(id)?.remove();
  flag(one("#due_at", form), taken, "due-hint");
  flag(one("#when", form), false, "when-hint");
}

function flag(input, isWrong, hint) {
  input.classList.toggle("is-invalid", isWrong);
  if (isWrong) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
  input.setAttribute("aria-describedby", isWrong || input.value ? `${hint} slot` : hint);
}

/** Inserts a variable where the caret is, in a way that "undo" takes back. */
function insert(field, text) {
  field.focus();
  if (document.execCommand("insertText", false, text)) return;
  field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

let previewPause;

/** Shows how a message with variables will read, after a short time without changes. */
function preview(form) {
  clearTimeout(previewPause);
  const isNeeded = one("#message", form).value.includes("{{") || one("#message-preview", form).childElementCount > 0;
  if (isNeeded) previewPause = setTimeout(() => window.htmx.trigger("#message-preview", "preview"), PAUSE);
}

function variables(form) {
  const filled = "#message, #contact_id, #department_id, #attendant_id, #due_at, [name=action]";
  for (const type of ["input", "change"])
    form.addEventListener(type, ({ target }) => target.matches(filled) && preview(form));
  form.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-insert]");
    if (!button) return;
    insert(one("#message", form), button.dataset.insert);
    say(`${button.dataset.insert} inserido na mensagem.`);
  });
  addEventListener("pageshow", () => preview(form));
}

export function start() {
  const form = one("[data-schedule-form]");
  if (!form) return;
  if (window.TomSelect) for (const select of all("select[data-search]", form)) searchSelect(select);
  for (const radio of all('input[name="action"]', form)) {
    radio.addEventListener("change", () => {
      action(form);
      noLongerAsked(form, radio.value);
    });
  }
  comeBack(form);
  form.addEventListener("htmx:afterSwap", (event) => {
    action(form);
    if (event.target.id === "attendant" || one("#attendant_id", form)?.contains(event.target))
      say("Campo Atendente disponível.");
  });
  action(form);
  proposals(form);
  slot(form);
  variables(form);
}
