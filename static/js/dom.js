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

/** Puts `fresh` in the place of `old`; focus stays on the same thing, or goes to the page's content. */
export function replace(old, fresh) {
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  const href = focused?.getAttribute("href");
  old.replaceWith(fresh);
  if (!focused) return;
  const same = focused.id ? `#${CSS.escape(focused.id)}` : href && `[href="${CSS.escape(href)}"]`;
  const next = same && (fresh.matches(same) ? fresh : one(same, fresh));
  (next || one("#conteudo")).focus({ preventScroll: true });
}
