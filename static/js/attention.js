// When a notification arrives while no tab is visible, the browser shows a system notice and plays a
// sound, each once and only if the user switched it on. The tab that holds the stream asks the others
// whether one of them is visible. It shows the notice; any tab that is allowed to play plays the sound.

import { one } from "./dom.js";
import { entry } from "./entry.js";
import { isLeading, on, tell } from "./live.js";
import { warn } from "./notices.js";
import { isWriting } from "./writing.js";

const ANSWER_WITHIN = 300;
const chosen = { sound: false, notices: false };
const shown = new Map();

export function start() {
  const { user, playsSound, browserNotices } = document.body.dataset;
  if (!user) return;
  on("chosen", (latest) => Object.assign(chosen, latest));
  // The server has just rendered this page, so its settings are the newest.
  tell("chosen", { sound: playsSound !== undefined, notices: browserNotices !== undefined });
  on("seen?", () => document.hidden || tell("seen"));
  on("sync", ({ items }) => catchUp(items));
  on("notification", (item) => arrive([item]));
  on("unseen", ({ id }) => chosen.sound && sound(id));
  on("bell", ({ ids }) => closeNotices((id) => !ids.includes(id)));
  document.body.addEventListener("change", ask);
  for (const type of ["pointerdown", "keydown"]) addEventListener(type, prepare, { once: true, capture: true });
  explain();
}

let newest = null;

/** Entries that came while the stream was broken count as new; entries in the first sync do not. */
function catchUp(items) {
  if (newest === null) newest = Math.max(0, ...items.map(({ id }) => id));
  else arrive(items);
}

async function arrive(items) {
  const fresh = items.filter(({ id }) => id > (newest ?? 0));
  newest = Math.max(newest ?? 0, ...items.map(({ id }) => id));
  if (fresh.length === 0 || !isLeading() || (!chosen.sound && !chosen.notices) || (await isSeen())) return;
  fresh.slice(-3).forEach(show);
  tell("unseen", { id: fresh.at(-1).id });
}

let seen = false;
on("seen", () => (seen = true));

async function isSeen() {
  seen = false;
  tell("seen?");
  if (!seen) await new Promise((resolve) => setTimeout(resolve, ANSWER_WITHIN));
  return seen;
}

function show(item) {
  if (!chosen.notices || !("Notification" in window) || Notification.permission !== "granted") return;
  const element = entry(item);
  const text = (selector) => one(selector, element).textContent.trim();
  const notice = new Notification(text(".line a"), {
    body: text("p"),
    tag: `pontual-${item.id}`,
    lang: "pt-BR",
    silent: true,
    icon: one("link[rel=icon]").href,
  });
  shown.set(item.id, notice);
  notice.addEventListener("close", () => shown.delete(item.id));
  notice.addEventListener("click", () => {
    window.focus();
    notice.close();
    open(element);
  });
}

/** Does what the button "Ir para conversa" does. Opens a new tab if the user is writing in this one. */
function open(element) {
  const form = one("form[action$=opening]", element);
  form.hidden = true;
  if (isWriting()) form.target = "_blank";
  document.body.append(form);
  form.requestSubmit();
  form.remove();
}

function closeNotices(isDone) {
  for (const [id, notice] of shown) if (isDone(id)) notice.close();
}

let player = null;

/** Browsers only let a page play sounds after the user has interacted with it. */
function prepare() {
  if (chosen.sound) player ??= new AudioContext();
}

/** Two short tones, played by one of the tabs that are allowed to play. */
async function sound(id) {
  if (!navigator.userActivation?.hasBeenActive && player?.state !== "running") return;
  const play = async () => {
    player ??= new AudioContext();
    await Promise.race([player.resume(), wait(500)]);
    if (player.state === "running")
      [660, 880].forEach((pitch, place) => tone(pitch, player.currentTime + place * 0.16));
    await wait(2_000); // holds the lock until all other tabs have tried
  };
  // On plain HTTP there are no locks, so only the leading tab plays.
  if (!navigator.locks) return void (isLeading() && play());
  navigator.locks.request(`pontual-sound-${id}`, { ifAvailable: true }, (lock) => lock && play());
}

const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

function tone(pitch, begin) {
  const [source, volume] = [player.createOscillator(), player.createGain()];
  source.frequency.value = pitch;
  volume.gain.setValueAtTime(0.0001, begin);
  volume.gain.exponentialRampToValueAtTime(0.2, begin + 0.02);
  volume.gain.exponentialRampToValueAtTime(0.0001, begin + 0.15);
  source.connect(volume).connect(player.destination);
  source.start(begin);
  source.stop(begin + 0.16);
}

/** Asks the browser for permission when the switch is turned on: that needs a click. */
async function ask({ target }) {
  if (!target.matches("input[name=shows_browser_notices]") || !target.checked) return;
  const answer = "Notification" in window ? await Notification.requestPermission() : "missing";
  if (answer === "granted") return;
  target.checked = false;
  warn("permission", refusal(answer));
}

const refusal = (answer) =>
  answer === "missing"
    ? "Este navegador não mostra avisos."
    : "O navegador não permite avisos desta página. Mude isso nas configurações do site, no navegador.";

/** Explains beside a switch that is on if the browser blocks notices. */
function explain() {
  const text = one("[data-browser-notices-text]");
  if (!text || !one("input[name=shows_browser_notices]").checked) return;
  const permission = "Notification" in window ? Notification.permission : "missing";
  if (permission === "default")
    text.textContent = "Falta a permissão deste navegador: desligue, ligue de novo e salve.";
  else if (permission !== "granted") text.textContent = refusal(permission);
}
