// Files of a form. Each is uploaded as soon as it is picked, dropped or pasted; the form sends only their ids.

import { forget } from "./corrections.js";
import { all, one, say } from "./dom.js";
import { renewToken } from "./session.js";

const MOST = 5;
const LARGEST = 16 * 1024 * 1024;
const TOO_MANY = "Envie até 5 arquivos.";

export function start() {
  const area = one("[data-uploads]");
  if (area) new Uploads(area);
}

class Uploads {
  constructor(area) {
    this.area = area;
    this.form = area.closest("form");
    this.input = one("input[type=file]", area);
    this.list = one("[data-files]", area);
    this.input.removeAttribute("name"); // its files are uploaded before the form is sent
    this.input.addEventListener("change", () => {
      const files = [...this.input.files];
      this.input.value = "";
      this.add(files);
    });
    this.#dragAndDrop(one("[data-drop]", area));
    this.form.addEventListener("paste", (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (!files.length || this.input.disabled) return;
      event.preventDefault();
      this.add(files);
    });
    this.list.addEventListener("click", (event) => {
      const button = event.target.closest("[data-remove]");
      if (!button) return;
      event.preventDefault();
      this.#remove(button.closest(".file"));
    });
    this.#comeBack();
    this.form.addEventListener("submit", (event) => this.#wait(event), { capture: true });
  }

  /** Restores the uploaded files after the browser's "back", which shows the page as the server sent it. */
  #comeBack() {
    const files = history.state?.files;
    const [visit] = performance.getEntriesByType("navigation");
    if (files !== undefined && visit?.type === "back_forward") this.list.innerHTML = files;
    this.form.addEventListener("uploads-changed", () => {
      const kept = all("[data-upload]", this.list).map((item) => item.outerHTML);
      history.replaceState({ ...history.state, files: kept.join("") }, "");
    });
  }

  #dragAndDrop(drop) {
    for (const name of ["dragenter", "dragover"]) {
      drop.addEventListener(name, (event) => {
        if (!event.dataTransfer.types.includes("Files")) return;
        event.preventDefault();
        drop.classList.add("over");
      });
    }
    for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("over"));
    drop.addEventListener("drop", (event) => {
      event.preventDefault();
      this.add([...event.dataTransfer.files]);
    });
  }

  add(files) {
    const sentences = [];
    const leftOut = [];
    for (const file of files) {
      const held = all(".file", this.list);
      if (held.some((item) => isSame(item.file, file))) sentences.push(`${file.name} já está anexado.`);
      else if (file.size > LARGEST) sentences.push(`${file.name} passa de 16 MB.`);
      else if (held.length >= MOST) leftOut.push(file.name);
      else this.#send(file);
    }
    if (leftOut.length)
      sentences.push(`${TOO_MANY} ${leftOut.length > 1 ? "Ficaram" : "Ficou"} de fora: ${leftOut.join(", ")}.`);
    this.#complain(sentences);
  }

  #send(file) {
    const item = entry(file.name);
    this.list.append(item);
    const request = new XMLHttpRequest();
    item.request = request;
    item.file = file;
    const bar = one("progress", item);
    const text = one(".sub", item);
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      bar.value = loaded / total;
      text.textContent = loaded < total ? `Enviando… ${Math.floor((100 * loaded) / total)}%` : "Conferindo…";
    });
    request.addEventListener("loadend", () => {
      if (!item.isConnected) return;
      this.#arrived(request, file, item);
      this.form.dispatchEvent(new Event("uploads-changed"));
    });
    const body = new FormData();
    for (const { value } of all("[name=files]", this.list)) body.append("files", value);
    body.append("files", file, file.name);
    request.open("POST", "/uploads");
    request.setRequestHeader("HX-Request", "true");
    request.setRequestHeader("X-CSRF-Token", this.form.elements.csrf.value);
    request.send(body);
  }

  #arrived(request, file, item) {
    const answer = () => new DOMParser().parseFromString(request.responseText, "text/html").body;
    if (request.status === 200) {
      const fresh = one(".file", answer());
      fresh.file = file;
      const hadFocus = item.contains(document.activeElement);
      item.replaceWith(fresh);
      if (hadFocus) one("[data-remove]", fresh).focus();
      return say(`${file.name} anexado.`);
    }
    if (request.status === 422 || request.status === 413) {
      item.remove();
      const sentence = request.status === 413 ? `${file.name} passa de 16 MB.` : answer().textContent.trim();
      return this.#complain([sentence], true);
    }
    this.#offerAgain(request.status, file, item);
  }

  #offerAgain(status, file, item) {
    item.classList.add("bad");
    delete item.request;
    one("progress", item).remove();
    const why =
      status === 401 || status === 403
        ? "Sua sessão terminou. Entre de novo em outra aba. "
        : status === 0
          ? "Sem conexão: não enviado. "
          : "Não enviado. ";
    const again = document.createElement("button");
    again.type = "button";
    again.className = "btn btn-sm btn-quiet";
    again.textContent = "Tentar de novo";
    again.addEventListener("click", async () => {
      item.remove();
      if (status === 401 || status === 403) await renewToken();
      this.#send(file);
    });
    one(".sub", item).replaceChildren(why, again);
    say(`${file.name} não foi enviado.`);
  }

  #remove(item) {
    const name = one(".name", item).textContent;
    const next = item.nextElementSibling ?? item.previousElementSibling;
    item.remove();
    item.request?.abort();
    const id = item.dataset.upload;
    if (id) {
      // The server deletes a file only if no schedule has it. If this request fails, the sweeper deletes the file
      // later.
      const headers = { "X-CSRF-Token": this.form.elements.csrf.value };
      fetch(`/uploads/${id}/removal`, { method: "POST", headers, body: new URLSearchParams() }).catch(() => {});
    }
    this.#complain([]);
    (next ? one("[data-remove]", next) : this.input).focus();
    say(`${name} removido.`);
    this.form.dispatchEvent(new Event("uploads-changed"));
  }

  /** Holds the form back until its files are uploaded. It is not sent while an upload has failed. */
  #wait(event) {
    if (this.input.disabled) return;
    const failed = one(".file.bad button", this.list);
    const isSending = all(".file", this.list).some((item) => item.request);
    if (!failed && !isSending) return;
    event.preventDefault();
    event.stopPropagation();
    if (failed) {
      this.#complain(["Envie de novo ou remova os arquivos que não foram enviados."]);
      return failed.focus();
    }
    say("Salvando assim que os arquivos chegarem.");
    const { submitter } = event;
    if (this.waiting) this.form.removeEventListener("uploads-changed", this.waiting);
    this.waiting = () => {
      if (all(".file", this.list).some((item) => item.request)) return;
      this.form.removeEventListener("uploads-changed", this.waiting);
      this.waiting = null;
      this.form.requestSubmit(submitter);
    };
    this.form.addEventListener("uploads-changed", this.waiting);
  }

  #complain(sentences, adds = false) {
    const place = one("[data-upload-errors]", this.area);
    const model = one("[data-upload-error]", this.area).content.firstElementChild;
    const lines = sentences.map((sentence) => {
      const line = model.cloneNode(true);
      line.lastElementChild.textContent = sentence;
      return line;
    });
    if (adds) place.append(...lines);
    else place.replaceChildren(...lines);
    forget("files");
    if (place.childElementCount) this.input.setAttribute("aria-invalid", "true");
    else this.input.removeAttribute("aria-invalid");
  }
}

/** Whether both are the same file. */
const isSame = (one, other) =>
  one && one.name === other.name && one.size === other.size && one.lastModified === other.lastModified;

/** The list's entry for a file that is being uploaded. */
function entry(name) {
  const item = one("[data-uploading]").content.firstElementChild.cloneNode(true);
  one(".name", item).textContent = name;
  one("[data-remove]", item).setAttribute("aria-label", `Remover ${name}`);
  one("progress", item).setAttribute("aria-label", `Envio de ${name}`);
  return item;
}
