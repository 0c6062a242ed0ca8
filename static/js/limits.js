// A field with a limit accepts longer text and cuts nothing. A counter says by how much the text is too long.

import { all, say } from "./dom.js";
import { warn } from "./notices.js";

/** The counter is shown from this fraction of the limit on. */
const NEAR = 0.8;

/** Maximum characters that are sent at all: the server refuses longer bodies before it can name the wrong field. */
const MOST = 300_000;

/** Length as the server counts it: an emoji is one character, and so is a line break. */
const length = (field) => [...field.value].length;
const words = (number) => number.toLocaleString("pt-BR");

function place(field) {
  const known = document.getElementById(`${field.id}-count`);
  if (known) return known;
  const count = document.createElement("span");
  count.className = "limit";
  count.id = `${field.id}-count`;
  (field.closest(".bar") ?? field).after(count);
  field.setAttribute("aria-describedby", `${field.getAttribute("aria-describedby") ?? ""} ${count.id}`.trim());
  return count;
}

export function count(field) {
  const limit = Number(field.dataset.limit);
  const used = length(field);
  const isOver = used > limit;
  const known = document.getElementById(`${field.id}-count`);
  if (used < limit * NEAR && !("counts" in field.dataset)) return void known?.remove();
  const shown = place(field);
  const wasOver = shown.classList.contains("over");
  shown.textContent = `${words(used)} de ${words(limit)} caracteres${isOver ? `: tire ${words(used - limit)}` : ""}`;
  shown.classList.toggle("over", isOver);
  if (isOver !== wasOver) say(isOver ? shown.textContent : "O texto cabe.");
}

export function start() {
  document.addEventListener("input", ({ target }) => target.dataset?.limit && count(target));
  // No event tells when a script sets a field or the browser restores it.
  addEventListener("pageshow", () => all("[data-limit]").forEach(count));
  document.addEventListener("focusin", ({ target }) => target.dataset?.limit && count(target));
  document.addEventListener("submit", keepBack, { capture: true });
  all("[data-limit]").forEach(count);
}

function keepBack(event) {
  const field = all("[data-limit]", event.target).find(({ value }) => value.length > MOST);
  if (!field) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  count(field);
  const [used, limit] = [words(length(field)), words(Number(field.dataset.limit))];
  warn("limit", `O texto é grande demais para ser enviado: ${used} de ${limit} caracteres.`);
  field.focus();
}
