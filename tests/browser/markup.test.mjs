// The Nu HTML checker finds no error in any kind of page that the server sends. It is a Java program;
// without Java the test is skipped.

import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { request } from "playwright-core";

import { administratorPages } from "./addresses.mjs";
import { PASSWORD, startPontual } from "./harness.mjs";

const jar = createRequire(import.meta.url).resolve("vnu-jar/build/dist/vnu.jar");
const hasJava = spawnSync("java", ["-version"]).status === 0;

let pontual;
let empty;
let folder;

before(async () => {
  if (!hasJava) return;
  folder = await mkdtemp(join(tmpdir(), "pontual-markup-"));
  [pontual, empty] = await Promise.all([startPontual(), startPontual("empty")]);
});

after(async () => {
  await Promise.all([pontual?.stop(), empty?.stop()]);
  if (folder) await rm(folder, { recursive: true, force: true });
});

/** Pages saved as files for the checker, with a name for each. */
class Kept {
  names = [];

  constructor(visitor) {
    this.visitor = visitor;
  }

  async keep(name, answer) {
    const text = await answer.text();
    const head = '<!doctype html><html lang="pt-BR"><head><title>Parte</title></head><body>';
    const isWhole = text.startsWith("<!doctype");
    await writeFile(join(folder, `${this.names.length}.html`), isWhole ? text : `${head}${text}</body></html>`);
    this.names.push(`${name} (${answer.status()})`);
    return text;
  }

  async look(path) {
    return this.keep(path, await this.visitor.get(path));
  }

  /** Fills in the form at `path` and sends it to `action`. */
  async send(path, form, action = path.replace(/\/(new|edit)$/, ""), kind = "form") {
    const csrf = valueIn(await (await this.visitor.get(path)).text(), 'name="csrf"');
    return this.visitor.post(action, { [kind]: { csrf, ...form } });
  }

  async signIn(name) {
    await this.send("/login", { email: `${name}@pontual.example`, password: PASSWORD });
  }
}

const valueIn = (text, mark) => new RegExp(`${mark}[^>]*value="([^"]+)"`).exec(text)[1];

test("every kind of page is valid HTML", { skip: !hasJava && "Java is missing", timeout: 240_000 }, async () => {
  const visitor = await request.newContext({ baseURL: pontual.url });
  const kept = new Kept(visitor);
  for (const path of ["/login", "/c/desconhecido", "/access/desconhecido"]) await kept.look(path);
  await kept.keep("refused sign-in", await kept.send("/login", { email: "ninguem@pontual.example", password: "errada" }));
  await kept.signIn("admin");
  const pages = await administratorPages(pontual);
  for (const path of pages) await kept.look(path);
  const link = await makeForms(kept, pages);
  await kept.send("/profile", {}, "/logout");
  await kept.look(link);
  for (const name of ["helena", "bruno"]) {
    await kept.signIn(name);
    for (const path of ["/notifications", "/notifications/panel", "/tickets", "/schedules"]) await kept.look(path);
    await kept.send("/profile", {}, "/logout");
  }
  const [, setUp] = /set up at (\S+)/.exec(empty.said());
  await kept.look(setUp);
  await kept.look(`${empty.url}/setup/desconhecido`);
  await visitor.dispose();

  const found = await check(kept.names.map((_, place) => join(folder, `${place}.html`)));
  const problems = found.map(({ url, lastLine, message, extract }) => {
    const [, place] = /(\d+)\.html$/.exec(url);
    return `${kept.names[place]}, line ${lastLine}: ${message} ${extract ?? ""}`;
  });
  assert.deepEqual(problems, []);
});

/** Saves refused forms, an import, the customer's page and an invitation. Returns the invitation's link. */
async function makeForms(kept, pages) {
  const edited = (kind) => pages.find((path) => new RegExp(`^/${kind}/\\d+/edit$`).test(path));
  const contact = edited("contacts");
  const news = ["schedules", "contacts", "people", "users", "departments", "roles", "channels"].map((kind) => [`/${kind}/new`, {}]);
  for (const [path, form] of [
    ...news,
    [contact, { version: "0", name: "Outro nome" }],
    [edited("schedules"), { version: "0", comment: "Outro" }],
    [contact.replace("edit", "anonymisation"), {}],
    ["/settings", { company_name: "" }],
    ["/settings/retention", { audit_months: "1" }],
  ]) {
    await kept.keep(`refused ${path}`, await kept.send(path, form));
  }
  const lines = Buffer.from("nome;telefone\nAna;90000-0142\nBia;(11) 90000-0142\n");
  const file = { name: "lista.csv", mimeType: "text/csv", buffer: lines };
  await kept.keep("import", await kept.send("/contacts/import", { channel_id: "1", file }, "/contacts/import", "multipart"));
  const conversation = await (await kept.visitor.get(contact.replace("edit", "conversation"))).text();
  await kept.look(new URL(valueIn(conversation, 'id="customer-link"')).pathname);
  await kept.look(contact.replace(/.contacts.(\d+).edit/, "/c/$1/accesses"));
  const [{ id }] = await pontual.sql("SELECT id FROM roles WHERE name = 'Atendente'");
  const invited = await kept.send("/users/new", { name: "Eva Nunes", email: "eva@pontual.example", role_id: String(id) });
  return new URL(valueIn(await kept.keep("invitation", invited), 'id="access-link"')).pathname;
}

/** The errors in `files`, found by one run of the checker. htmx's attributes, which are not standard, are ignored. */
function check(files) {
  return new Promise((resolve, reject) => {
    const options = ["--errors-only", "--exit-zero-always", "--filterpattern", ".*Attribute “hx-.*", "--format", "json"];
    execFile("java", ["-jar", jar, ...options, ...files], { maxBuffer: 64 * 1024 * 1024 }, (failure, _, report) => {
      if (failure) reject(failure);
      else resolve(JSON.parse(report).messages);
    });
  });
}
