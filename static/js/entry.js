// An entry of the bell as the server rendered it.

import { all } from "./dom.js";

/** The token of this page's forms. */
export const csrf = () => JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRF-Token"];

/** The page is of one account: what another one may see, which signed in since, does not belong on it. */
export const whose = () => (document.body.dataset.user ? { "X-User": document.body.dataset.user } : {});

/** An entry that came live, as an element. It is the same for all pages: each puts in its own token. */
export function entry({ html }) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const element = template.content.firstElementChild;
  for (const field of all("input[name=csrf]", element)) field.value = csrf();
  return element;
}
