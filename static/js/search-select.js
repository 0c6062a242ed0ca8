// A select that searches on the server. The form still sends the real select.
//
// The list always matches the typed text. It is empty while an answer is awaited, so that Enter cannot
// choose a result of an earlier search. Answers to earlier searches are dropped.

import { all, one, say } from "./dom.js";
import { whose } from "./entry.js";

const PAUSE = 120;

export function searchSelect(select) {
  const { searchUrl: url, searchOwner: owner, search: placeholder } = select.dataset;
  const within = select.dataset.searchWith && one(select.dataset.searchWith);
  let awaited = 0;
  let waiting = false;
  let failed = false;
  let timer;

  const line = (data, escape) => {
    const sub = data.sub ? `<span class="sub">${escape(data.sub)}</span>` : "";
    return `<div class="choice-line"><span>${escape(data.text)}</span>${sub}</div>`;
  };
  const control = new window.TomSelect(select, {
    maxOptions: 50,
    refreshThrottle: 0,
    allowEmptyOption: false,
    closeAfterSelect: true,
    placeholder,
    plugins: plugins(select),
    searchField: [],
    sortField: [{ field: "$order" }],
    render: {
      option: line,
      item: line,
      no_results: () => `<div class="no-results">${nothing()}</div>`,
    },
  });

  function nothing() {
    if (waiting) return "Buscando…";
    return failed ? "Não foi possível buscar. Tente de novo." : "Nenhum resultado encontrado.";
  }

  async function ask(address) {
    const answer = await fetch(address, { headers: { accept: "application/json", "HX-Request": "true", ...whose() } });
    if (!answer.ok) throw new Error(`answered ${answer.status}`);
    return answer.json();
  }

  function find(query) {
    const parameters = new URLSearchParams({ q: query });
    if (within) parameters.set("person_id", within.value);
    return ask(`${url}?${parameters}`);
  }

  async function fill(query) {
    const mine = (awaited += 1);
    const found = await find(query).catch(() => null);
    if (mine !== awaited) return;
    waiting = false;
    failed = !found;
    control.clearOptions();
    control.addOptions(found ?? []);
    control.refreshOptions(control.isOpen);
  }

  /**
   * Whether the chosen contact belongs to another person. If the request fails, the server checks it when the form is
   * saved.
   */
  async function isOfAnother(chosen) {
    const { person } = await ask(`${owner}${chosen}`);
    return String(person?.value ?? "") !== within.value;
  }

  function forget() {
    awaited += 1;
    waiting = false;
    clearTimeout(timer);
  }

  control.on("type", (query) => {
    forget();
    waiting = true;
    control.clearOptions();
    control.refreshOptions(true);
    timer = setTimeout(fill, PAUSE, query);
  });
  control.on("item_add", () => {
    forget();
    if (!select.multiple) return;
    control.setTextboxValue("");
    fill("");
  });
  // When the list opens again, it starts without the last search.
  control.on("dropdown_close", () => {
    forget();
    fill("");
  });
  within?.addEventListener("change", async () => {
    const [chosen, person] = [control.getValue(), within.value];
    fill("");
    if (!person || !chosen || !(await isOfAnother(chosen).catch(() => false))) return;
    if (control.getValue() !== chosen || within.value !== person) return;
    control.clear();
    say("O contato escolhido não é desta pessoa. Escolha outro.");
  });
  // The person was filled in for the chosen contact, so the contact stays.
  within?.addEventListener("narrow", () => fill(""));
  describe(control, select);
}

/** Buttons that remove a choice: one per choice in a multiple select, one for the whole field otherwise. */
function plugins(select) {
  if (select.multiple) return { remove_button: { title: "Remover" } };
  return select.required ? {} : { clear_button: { title: "Limpar" } };
}

/** Copies the select's attributes for assistive technology to the visible field. */
function describe(control, select) {
  const input = control.control_input;
  select.setAttribute("aria-hidden", "true");
  for (const link of all(`a[href="#${select.id}"]`)) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      control.focus();
    });
  }
  if (select.getAttribute("aria-invalid")) input.setAttribute("aria-invalid", "true");
  if (select.required) input.setAttribute("aria-required", "true");
  input.setAttribute("aria-describedby", select.getAttribute("aria-describedby") ?? "");
  const label = one(`label[for="${select.id}-ts-control"]`) ?? one(`label[for="${select.id}"]`);
  if (label) {
    label.id ||= `${select.id}-label`;
    control.dropdown_content.setAttribute("aria-labelledby", label.id);
  }
}
