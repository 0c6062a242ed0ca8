// The files of a message that is being written: listed before they are sent, and given back if they are refused.

import { all, one, say } from "./dom.js";

const MOST = 5;
const LARGEST = 16 * 1024 * 1024;

/** Whether both are the same file. */
const isSame = (one, other) =>
  one.name === other.name && one.size === other.size && one.lastModified === other.lastModified;

const size = (bytes) => {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${Math.round(bytes / 1024)} KB`;
  return `${(bytes / (1024 * 1024)).toFixed(1).replace(".", ",")} MB`;
};

const lists = new WeakMap();

/** The chosen files of a form; `null` if it takes none. */
export function chosenFiles(form) {
  if (!lists.has(form)) lists.set(form, one("[data-attach]", form) && new ChosenFiles(form));
  return lists.get(form);
}

class ChosenFiles {
  constructor(form) {
    this.files = [];
    this.input = one("[data-attach]", form);
    this.list = one("[data-chosen]", form);
    this.model = one("[data-chosen-file]", form).content.firstElementChild;
    this.input.addEventListener("change", () => this.add([...this.input.files]));
    form.addEventListener("paste", (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (!files.length) return;
      event.preventDefault();
      this.add(files);
    });
    this.list.addEventListener("click", (event) => {
      const button = event.target.closest("[data-remove]");
      if (button) this.#remove(all("[data-remove]", this.list).indexOf(button));
    });
    // The browser's "back" may have kept a choice.
    this.add([...this.input.files]);
  }

  add(files) {
    const fresh = files.filter((file) => !this.files.some((other) => isSame(other, file)));
    this.#become([...this.files, ...fresh]);
    if (fresh.length)
      say(`${fresh.map(({ name }) => name).join(", ")}: ${fresh.length > 1 ? "escolhidos" : "escolhido"}.`);
  }

  /** Empties the list and returns what it held. */
  take() {
    const { files } = this;
    this.#become([]);
    return files;
  }

  /** Gives back files that were not accepted. */
  giveBack(files) {
    this.#become([...files, ...this.files.filter((file) => !files.some((other) => isSame(other, file)))]);
  }

  /** Why the server would refuse them; empty if nothing is known against them. */
  get complaint() {
    const large = this.files.filter((file) => file.size > LARGEST).map(({ name }) => `${name} passa de 16 MB.`);
    const empty = this.files.filter((file) => file.size === 0).map(({ name }) => `${name} está vazio.`);
    const many = this.files.length > MOST ? ["Envie até 5 arquivos por mensagem."] : [];
    return [...large, ...empty, ...many].join(" ");
  }

  #remove(place) {
    const [gone] = this.files.slice(place, place + 1);
    this.#become(this.files.filter((file) => file !== gone));
    const buttons = all("[data-remove]", this.list);
    (buttons[Math.min(place, buttons.length - 1)] ?? this.input).focus();
    say(`${gone.name} removido.`);
  }

  /** The field holds the same files, so that leaving the page asks first. */
  #become(files) {
    this.files = files;
    const transfer = new DataTransfer();
    for (const file of files) transfer.items.add(file);
    this.input.files = transfer.files;
    this.list.replaceChildren(...files.map((file) => this.#entry(file)));
    this.list.hidden = files.length === 0;
  }

  #entry(file) {
    const item = this.model.cloneNode(true);
    one(".name", item).textContent = file.name;
    one(".sub", item).textContent = size(file.size);
    one("[data-remove]", item).setAttribute("aria-label", `Remover ${file.name}`);
    return item;
  }
}
