// The schedule's form: fields that depend on each other, free times.

import { all, one, say, show } from "./dom.js";
import { searchSelect } from "./search-select.js";

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

/** After the browser's "back" the department is filled in, but its attendants must be fetched again. */
function comeBack(form) {
  form.addEventListener("change", ({ target }) => {
    if (target.id === "attendant_id") history.replaceState({ attendant: target.value }, "");
    if (target.id === "department_id") history.replaceState(null, "");
  });
  // Browsers fill in what was typed before they show the page, but after this script has run.
  addEventListener("pageshow", () => {
    const department = one("#department_id", form).value;
    if (!department || one("#attendant_id", form)) return;
    const action = one('input[name="action"]:checked', form)?.value ?? "";
    const wanted = new URLSearchParams({ department_id: department, attendant_id: history.state?.attendant ?? "", action });
    window.htmx.ajax("GET", `/schedules/new/attendants?${wanted}`, { target: "#attendant", swap: "outerHTML" });
  });
}

function freeTimes(form) {
  for (const button of all("[data-slot]", form)) {
    button.addEventListener("click", (event) => {
      event.preventDefault();
      const input = one("#due_at", form);
      input.value = button.value;
      input.classList.remove("is-invalid");
      input.removeAttribute("aria-invalid");
      input.setAttribute("aria-describedby", "when-hint");
      one("#conflict", form)?.remove();
      input.focus();
      say(`Data e hora alteradas para ${button.textContent.trim()}.`);
    });
  }
}

function counter(form) {
  const message = one("#message", form);
  const count = one("[data-count]", form);
  const update = () => {
    // Characters as the server counts them: an emoji is one.
    count.textContent = [...message.value].length.toLocaleString("pt-BR");
  };
  message.addEventListener("input", update);
  update();
}

export function start() {
  const form = one("[data-schedule-form]");
  if (!form) return;
  if (window.TomSelect) for (const select of all("select[data-search]", form)) searchSelect(select);
  for (const radio of all('input[name="action"]', form)) radio.addEventListener("change", () => action(form));
  comeBack(form);
  form.addEventListener("htmx:afterSwap", (event) => {
    action(form);
    if (event.target.id === "attendant" || one("#attendant_id", form)?.contains(event.target)) say("Campo Atendente disponível.");
  });
  action(form);
  freeTimes(form);
  counter(form);
}
