// The schedule's form: fields that depend on each other, search in the selects, free times.

import { all, one, say, show } from "./dom.js";

/** A select that searches on the server. The real select stays, and is what the form sends. */
function searchable(select) {
  const url = select.dataset.searchUrl;
  const within = select.dataset.searchWith && one(select.dataset.searchWith);
  const line = (escape, data) => `<div><span>${escape(data.text)}</span>${data.sub ? `<span class="sub">${escape(data.sub)}</span>` : ""}</div>`;
  let newest = 0;
  const control = new window.TomSelect(select, {
    maxOptions: 50,
    allowEmptyOption: false,
    placeholder: select.dataset.search,
    plugins: select.required ? [] : ["clear_button"],
    searchField: [],
    sortField: [{ field: "$order" }],
    preload: "focus",
    shouldLoad: () => true,
    load(query, done) {
      const parameters = new URLSearchParams({ q: query });
      newest += 1;
      const mine = newest;
      if (within) parameters.set("person_id", within.value);
      fetch(`${url}?${parameters}`, { headers: { accept: "application/json" } })
        .then((answer) => (answer.ok ? answer.json() : []))
        .then((found) => {
          // An answer that was overtaken by a newer question would replace its choices.
          if (mine !== newest) return done();
          control.clearOptions();
          done(found);
        })
        .catch(() => done());
    },
    render: {
      option: (data, escape) => line(escape, data),
      item: (data, escape) => line(escape, data),
      no_results: () => '<div class="no-results">Nenhum resultado encontrado.</div>',
      loading: () => '<div class="no-results">Buscando…</div>',
    },
  });
  select.setAttribute("aria-hidden", "true");
  for (const link of all(`a[href="#${select.id}"]`)) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      control.focus();
    });
  }
  const input = control.control_input;
  if (select.getAttribute("aria-invalid")) input.setAttribute("aria-invalid", "true");
  if (select.required) input.setAttribute("aria-required", "true");
  input.setAttribute("aria-describedby", select.getAttribute("aria-describedby") ?? "");
  const label = one(`label[for="${select.id}-ts-control"]`) ?? one(`label[for="${select.id}"]`);
  if (label) {
    label.id ||= `${select.id}-label`;
    control.dropdown_content.setAttribute("aria-labelledby", label.id);
  }
  within?.addEventListener("change", () => {
    control.clear();
    control.clearOptions();
    control.load("");
  });
}

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
    count.textContent = [...message.value].length;
  };
  message.addEventListener("input", update);
  update();
}

export function start() {
  const form = one("[data-schedule-form]");
  if (!form) return;
  if (window.TomSelect) for (const select of all("select[data-search]", form)) searchable(select);
  for (const radio of all('input[name="action"]', form)) radio.addEventListener("change", () => action(form));
  form.addEventListener("htmx:afterSwap", (event) => {
    action(form);
    if (event.target.id === "attendant" || one("#attendant_id", form)?.contains(event.target)) say("Campo Atendente disponível.");
  });
  action(form);
  freeTimes(form);
  counter(form);
}
