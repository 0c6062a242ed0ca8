// The number of unread notifications in the tab's title and icon.

import { one } from "./dom.js";

let unread = null;

/** Shows the number, also after the page's title changes. */
export function count(number) {
  if (number === unread) return;
  const isFirst = unread === null;
  unread = number;
  if (isFirst) new MutationObserver(entitle).observe(one("title"), { childList: true });
  entitle();
  paint();
}

const text = () => (unread > 99 ? "99+" : String(unread));

function entitle() {
  const plain = document.title.replace(/^\(\d+\+?\) /, "");
  const title = unread > 0 ? `(${text()}) ${plain}` : plain;
  if (title !== document.title) document.title = title;
}

const SIZE = 64;
let original = null;
let image = null;

/** Draws the number on the icon. With none unread, restores the original icon. */
async function paint() {
  const link = one("link[rel=icon]");
  original ??= link.href;
  if (unread === 0) return use(link, original, "image/svg+xml");
  image ??= load(original);
  const loaded = await image;
  if (unread === 0) return;
  const canvas = document.createElement("canvas");
  canvas.width = SIZE;
  canvas.height = SIZE;
  const context = canvas.getContext("2d");
  if (loaded) context.drawImage(loaded, 0, 0, SIZE, SIZE);
  badge(context);
  use(link, canvas.toDataURL("image/png"), "image/png");
}

function badge(context) {
  const [x, y, radius] = [42, 22, 21];
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fillStyle = "#c92a2a";
  context.fill();
  context.lineWidth = 3;
  context.strokeStyle = "#fff";
  context.stroke();
  context.fillStyle = "#fff";
  context.font = `bold ${unread > 9 ? 24 : 32}px sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(unread > 99 ? "99+" : text(), x, y + 2, 2 * radius - 6);
}

function load(source) {
  return new Promise((resolve) => {
    const image = new Image(SIZE, SIZE);
    image.addEventListener("load", () => resolve(image));
    image.addEventListener("error", () => resolve(null));
    image.src = source;
  });
}

function use(link, href, type) {
  link.type = type;
  link.href = href;
}
