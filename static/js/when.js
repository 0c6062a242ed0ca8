// "Quando" and "Data e hora" of the schedule's form. The server reads the words; "Data e hora" shows what they mean.
// Whoever changes "Data e hora" by hand empties "Quando", so that the two never say different times.

import { correct } from "./corrections.js";
import { one } from "./dom.js";

const BREAKS = /^(\d{2}|\d{2}\/\d{2}|\d{2}\/\d{2}\/\d{4}|\d{2}\/\d{2}\/\d{4} \d{2})$/;
const SEPARATORS = { 2: "/", 5: "/", 10: " ", 13: ":" };

/** `05/12/2026 10:00` for `2026-12-05T10:00`. */
export const typed = (local) => local.replace(/^(\d{4})-(\d{2})-(\d{2})T(\d{2}:\d{2}).*$/, "$3/$2/$1 $4");
/** The other way round; an empty text if it is no complete date and time. */
const local = (text) =>
  /^(\d{2})\/(\d{2})\/(\d{4}) (\d{2}:\d{2})$/.test(text)
    ? text.replace(/^(\d{2})\/(\d{2})\/(\d{4}) (.*)$/, "$3-$2-$1T$4")
    : "";

/** Writes the separators while digits are typed, so that a keypad of digits is enough. */
function separate(input, { inputType }) {
  if (inputType !== "insertText" || input.selectionStart !== input.value.length) return;
  // A separator typed behind the one just written is one too many.
  input.value = input.value.replace(/([/ :])[/ :]$/, "$1");
  if (BREAKS.test(input.value)) input.value += SEPARATORS[input.value.length];
}

/** Shows a time in "Data e hora". The form remembers that these words say it. */
export function showDue(form, due, words) {
  const input = one("#due_at", form);
  input.value = due;
  one("#due_shown", form).value = due;
  one("#when_read", form).value = words;
  correct(input);
}

/** Takes a time that a button or the calendar gives, in place of the words. */
export function takeDue(form, at) {
  forgetWords(form);
  showDue(form, typed(at), "");
}

function forgetWords(form) {
  const when = one("#when", form);
  if (when.value) correct(when);
  when.value = "";
  one("#when_read", form).value = "";
  delete when.dataset.before;
}

/** `check` asks the server what the fields mean now. */
export function start(form, check) {
  const [when, due] = [one("#when", form), one("#due_at", form)];
  when.addEventListener("input", () => {
    // What "Data e hora" showed before words replaced it comes back when they are deleted.
    when.dataset.before ??= due.value;
    if (!when.value.trim()) {
      showDue(form, when.dataset.before, "");
      delete when.dataset.before;
    }
    check();
  });
  due.addEventListener("input", (event) => {
    separate(due, event);
    forgetWords(form);
  });
  form.addEventListener("htmx:afterSwap", ({ target }) => {
    if (target.id !== "slot" || !when.value.trim()) return;
    const echo = one("[data-echo]", target);
    if (echo?.dataset.words === when.value.trim()) showDue(form, echo.dataset.echo, when.value);
    else if (when.value.trim() !== one("#when_read", form).value.trim()) showDue(form, "", "");
  });
  pick(form, due);
  // After the browser's "back", both fields are as they were, and say the same.
  addEventListener("pageshow", () => {
    if (when.value.trim() && due.value) showDue(form, due.value, when.value);
  });
}

/** The button that opens the browser's own calendar. */
function pick(form, due) {
  const native = one("[data-due-native]", form);
  const button = one("[data-due-pick]", form);
  if (!native.showPicker) return void button.remove();
  button.addEventListener("click", () => {
    native.value = local(due.value);
    try {
      native.showPicker();
    } catch {
      due.focus();
    }
  });
  native.addEventListener("change", (event) => {
    event.stopPropagation();
    if (!native.value) return;
    takeDue(form, native.value);
    due.dispatchEvent(new Event("input", { bubbles: true }));
  });
}
