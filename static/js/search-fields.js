// Searchable selects on pages other than the schedule's form.

import { all } from "./dom.js";
import { searchSelect } from "./search-select.js";

export function start() {
  enhance(document);
  document.body.addEventListener("htmx:afterSwap", ({ detail }) =>
    enhance(document.getElementById(detail.target?.id) ?? document),
  );
}

function enhance(base) {
  if (!window.TomSelect) return;
  for (const select of all("form.filters select[data-search-url], form[data-searching] select[data-search-url]", base))
    if (!select.tomselect) searchSelect(select);
}
