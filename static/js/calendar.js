// The calendar: a pending schedule is moved by dragging it, or by M and the arrow keys.
//
// A refused move opens a dialogue that shows the conflict and free times nearby. A completed move can be
// undone, under the same rules.

import { openDialogue } from "./dialogue.js";
import { all, one, say } from "./dom.js";
import { csrf } from "./entry.js";
import { post } from "./messages.js";
import { confirm as announce, unsay, warn } from "./notices.js";
import { refreshNow } from "./schedules.js";

const MINUTE = 60_000;
const STEPS = { ArrowLeft: -1440, ArrowRight: 1440, ArrowUp: -15, ArrowDown: 15 };

let dragged = null;
let moving = null;

export function start() {
  document.addEventListener("dragstart", pickUp);
  document.addEventListener("dragover", over);
  document.addEventListener("drop", drop);
  document.addEventListener("dragend", letGo);
  document.addEventListener("keydown", key);
  document.addEventListener("focusout", ({ target }) => moving?.entry === target && giveUp());
}

// A wall-clock time in milliseconds, calculated in UTC so that clock changes do not matter.
const read = (local) => Date.parse(`${local}:00Z`);
const write = (at) => new Date(at).toISOString().slice(0, 16);
const words = new Intl.DateTimeFormat("pt-BR", {
  weekday: "long",
  day: "2-digit",
  month: "2-digit",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  timeZone: "UTC",
});
const spoken = (at) => words.format(at);
/** `06/03/2031 às 15:12`. */
const written = (local) => `${local.slice(8, 10)}/${local.slice(5, 7)}/${local.slice(0, 4)} às ${local.slice(11)}`;

const contactOf = (entry) => one(".x", entry).textContent;

/** While an entry is being moved, the page is not refreshed. */
const hold = (entry) => (entry.dataset.moving = "");

function free(entry) {
  delete entry.dataset.moving;
  document.dispatchEvent(new Event("pontual:free"));
}

function pickUp(event) {
  const entry = event.target.closest?.("[data-move]");
  if (!entry) return;
  dragged = entry;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", entry.href);
  hold(entry);
}

function over(event) {
  const cell = dragged && event.target.closest("[data-drop], [data-refuses]");
  all(".drop-here").forEach((other) => other !== cell && other.classList.remove("drop-here"));
  if (!cell) return;
  // A cell that accepts no schedule explains that on the drop.
  event.preventDefault();
  event.dataTransfer.dropEffect = "move";
  if (cell.dataset.drop) cell.classList.add("drop-here");
}

function drop(event) {
  const cell = dragged && event.target.closest("[data-drop], [data-refuses]");
  if (!cell) return;
  event.preventDefault();
  if (!cell.dataset.drop)
    return warn(
      "move",
      `${cell.dataset.refuses} O agendamento de ${contactOf(dragged)} continua em ${written(dragged.dataset.due)}.`,
    );
  const [, time] = dragged.dataset.due.split("T");
  const [day, hour] = cell.dataset.drop.split("T");
  // Dropping on a day keeps the time; dropping on an hour keeps the minutes.
  const due = hour ? `${day}T${hour}${time.slice(2)}` : `${day}T${time}`;
  const entry = dragged;
  letGo();
  move(entry, due);
}

function letGo() {
  all(".drop-here").forEach((cell) => cell.classList.remove("drop-here"));
  if (dragged) free(dragged);
  dragged = null;
}

function key(event) {
  const entry = event.target.closest?.("[data-move]");
  if (!entry || event.ctrlKey || event.metaKey || event.altKey) return;
  if (!moving) {
    if (event.key.toLowerCase() !== "m") return;
    event.preventDefault();
    begin(entry);
  } else if (event.key === "Escape") {
    event.preventDefault();
    giveUp();
    say("Mudança desfeita.");
  } else if (event.key === "Enter") {
    event.preventDefault();
    confirm();
  } else if (STEPS[event.key]) {
    event.preventDefault();
    moving.at += STEPS[event.key] * MINUTE;
    tell(`${spoken(moving.at)}.`);
  }
}

function begin(entry) {
  const bar = document.createElement("div");
  bar.className = "move-bar";
  bar.dataset.moveBar = "";
  bar.setAttribute("aria-hidden", "true"); // the live region says the same
  document.body.append(bar);
  moving = { entry, at: read(entry.dataset.due), bar };
  hold(entry);
  tell(
    `Mover ${contactOf(entry)}: ${spoken(moving.at)}. ` +
      "Setas para os lados mudam o dia, para cima e para baixo 15 minutos. Enter confirma, Esc desiste.",
  );
}

function tell(sentence) {
  const { entry, at, bar } = moving;
  bar.textContent = `${contactOf(entry)} · ${spoken(at)} · Enter confirma, Esc desiste`;
  all(".drop-here").forEach((cell) => cell.classList.remove("drop-here"));
  const due = write(at);
  (one(`[data-drop="${due.slice(0, 13)}"]`) ?? one(`[data-drop="${due.slice(0, 10)}"]`))?.classList.add("drop-here");
  say(sentence);
}

function giveUp() {
  const { entry, bar } = moving;
  moving = null;
  bar.remove();
  all(".drop-here").forEach((cell) => cell.classList.remove("drop-here"));
  free(entry);
}

function confirm() {
  const { entry, at } = moving;
  giveUp();
  move(entry, write(at));
}

async function move(entry, due) {
  // If clocks repeat the hour, the schedule stays in the same one of the two.
  const { move: id, version, due: before, fold = "" } = entry.dataset;
  // The page shows times in the zone that the company had when the page was rendered.
  const zone = one("[data-calendar]")?.dataset.zone ?? "";
  if (due === before) return;
  const hadFocus = document.activeElement === entry;
  if (!(await save(id, version, { due, fold, zone }, entry))) return;
  if (hadFocus) document.getElementById(`entry-${id}`)?.focus();
  // Each change raises the version by one. If somebody else changes the schedule, the undo is refused.
  const undo = button(contactOf(entry), () => takeBack(id, Number(version) + 1, { due: before, fold, zone }));
  announce("move", `Agendamento movido para ${written(due)}. `, undo);
}

async function takeBack(id, version, before) {
  unsay("move");
  if (!(await save(id, version, before))) return;
  announce("move", `Mudança desfeita. O agendamento voltou para ${written(before.due)}.`);
  (document.getElementById(`entry-${id}`) ?? one("#conteudo")).focus({ preventScroll: true });
}

/** Saves the move and refreshes the calendar. Returns whether it was saved. */
async function save(id, version, { due, fold, zone }, entry = null) {
  const list = one("[data-calendar]")?.dataset.calendar ?? "";
  unsay("move");
  try {
    await post(`/schedules/${id}/time`, { csrf: csrf(), version, zone, due_at: due, due_fold: fold, list });
  } catch (error) {
    const question = error.page && one("form", error.page);
    if (question) ask(question, entry ?? document.getElementById(`entry-${id}`));
    else warn("move", "Não foi possível mover o agendamento. Tente de novo.");
    return false;
  }
  await refreshNow().catch(() => {});
  return true;
}

function button(contact, pressed) {
  const element = document.createElement("button");
  element.type = "button";
  element.className = "btn btn-sm btn-line";
  element.textContent = "Desfazer";
  element.setAttribute("aria-label", `Desfazer: mover de volta o agendamento de ${contact}`);
  element.addEventListener("click", pressed);
  return element;
}

function ask(question, entry) {
  const dialog = one("#move-dialog");
  one(".modal-dialog", dialog).replaceChildren(question);
  openDialogue(dialog, entry);
  dialog.addEventListener("shown.bs.modal", () => one("[data-error-summary]", dialog)?.focus(), { once: true });
}
