// Dialogues return the focus to the element that opened them.

import { one } from "./dom.js";

/** Shows `dialog`. Returns `false` if the script for dialogues is missing. */
export function openDialogue(dialog, opener) {
  const Modal = (window.bootstrap ?? window.tabler)?.Modal;
  if (!dialog || !Modal) return false;
  // While the dialogue is open, the opener may be replaced by a newer copy of itself.
  const href = opener?.getAttribute("href");
  const same = opener?.id ? `#${CSS.escape(opener.id)}` : href && `[href="${CSS.escape(href)}"]`;
  const comeBack = () => {
    const place = opener?.isConnected ? opener : same && one(same);
    (place && !place.disabled && place.checkVisibility() ? place : one("#conteudo")).focus({ preventScroll: true });
  };
  dialog.addEventListener("hidden.bs.modal", comeBack, { once: true });
  Modal.getOrCreateInstance(dialog).show();
  return true;
}
