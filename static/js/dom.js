// Short functions that all modules use.

export const all = (selector, base = document) => [...base.querySelectorAll(selector)];
export const one = (selector, base = document) => base.querySelector(selector);

/** Shows or hides an element, if there is one. */
export function show(element, visible) {
  if (element) element.hidden = !visible;
}

/** Announces a sentence to screen readers, politely. */
export function say(text) {
  const live = one("#live");
  if (live) live.textContent = text;
}

/** Replaces `old` by `fresh`. The focus stays on the same element, or else moves to the page's content. */
export function replace(old, fresh) {
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  const href = focused?.getAttribute("href");
  old.replaceWith(fresh);
  if (!focused) return;
  const same = focused.id ? `#${CSS.escape(focused.id)}` : href && `[href="${CSS.escape(href)}"]`;
  const next = same && (fresh.matches(same) ? fresh : one(same, fresh));
  (next || one("#conteudo")).focus({ preventScroll: true });
}
