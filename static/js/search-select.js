// A select that searches on the server. The real select stays, and is what the form sends.
//
// The list always belongs to what is typed: while an answer is awaited it is empty, so that Enter
// cannot take a choice of an earlier search, and an answer that was overtaken is dropped.

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

  const line = (data, escape) => `<div class="choice-line"><span>${escape(data.text)}</span>${data.sub ? `<span class="sub">${escape(data.sub)}</span>` : ""}</div>`;
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

  /** Whether what is chosen is known to be somebody else's; what cannot be asked is left to the server. */
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
  // The next look at the list begins without the last search.
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
  // Filled in for the contact that was chosen: nothing is to be cleared.
  within?.addEventListener("narrow", () => fill(""));
  describe(control, select);
}

/** What was chosen can be taken back: each of several on its own, one as a whole. */
function plugins(select) {
  if (select.multiple) return { remove_button: { title: "Remover" } };
  return select.required ? {} : { clear_button: { title: "Limpar" } };
}

/** Hands on to the visible field what assistive technology must know of the select. */
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
