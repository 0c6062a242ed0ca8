// An entry of the bell as the server rendered it.

import { all } from "./dom.js";

/** The CSRF token of this page. */
export const csrf = () => JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRF-Token"];

/**
 * Names the page's account, so that the server does not answer with data of another account that has signed in since.
 */
export const whose = () => (document.body.dataset.user ? { "X-User": document.body.dataset.user } : {});

/**
 * An entry from the stream, as an element. The stream sends the same to all pages, so the page's own token is
 * inserted.
 */
export function entry({ html }) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const element = template.content.firstElementChild;
  for (const field of all("input[name=csrf]", element)) field.value = csrf();
  return element;
}
