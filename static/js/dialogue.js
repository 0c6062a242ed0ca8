// Dialogues give the focus back to what opened them.

import { one } from "./dom.js";

/** Shows `dialog`; `false` where there is no script for it. */
export function openDialogue(dialog, opener) {
  const Modal = (window.bootstrap ?? window.tabler)?.Modal;
  if (!dialog || !Modal) return false;
  // What opened it may be replaced meanwhile by a newer copy of itself.
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
