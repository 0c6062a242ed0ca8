// The few lines that every other module needs.

export const all = (selector, base = document) => [...base.querySelectorAll(selector)];
export const one = (selector, base = document) => base.querySelector(selector);

/** Shows or hides an element, if there is one. */
export function show(element, visible) {
  if (element) element.hidden = !visible;
}

/** Says a sentence to screen readers, politely. */
export function say(text) {
  const live = one("#live");
  if (live) live.textContent = text;
}
