// The forms of contacts and people: selects that search on the server.

import { all, one } from "./dom.js";
import { searchSelect } from "./search-select.js";

export function start() {
  const form = one("[data-searching]");
  if (form && window.TomSelect) for (const select of all("select[data-search]", form)) searchSelect(select);
}
