// Files in a real browser: uploaded by picker, drag and drop and paste, kept while a form is corrected, and
// received by the customer byte for byte; without JavaScript too.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";

import { axe, person, signIn, startChromium, startPontual } from "./harness.mjs";

let pontual;
let browser;

const picture = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAYAAACNMs+9AAAAFUlEQVR42mNk+M9Qz0AEYBxVSF+FABJADveWkH6oAAAAAElFTkSuQmCC", "base64");
const pdf = Buffer.concat([Buffer.from("%PDF-1.7\n"), randomBytes(300_000)]);
const csv = Buffer.from("nome;valor\nAção;1,50\n");
const sum = (bytes) => createHash("sha256").update(bytes).digest("hex");

before(async () => {
  [pontual, browser] = await Promise.all([startPontual(), startChromium()]);
});

after(async () => {
  await browser?.close();
  await pontual?.stop();
});

async function fill(page, { contact, due, comment }) {
  const [{ id }] = await pontual.sql("SELECT id FROM contacts WHERE name = $1", [contact]);
  await page.goto(`/schedules/new?contact_id=${id}`);
  await page.getByRole("combobox", { name: "Departamento" }).selectOption({ label: "Suporte" });
  if (comment) await page.getByLabel("Comentário").fill(comment);
  await page.getByLabel("Data e hora").fill(due);
}

/** Gives files to the page as a drop or a paste does. */
async function hand(page, kind, name, bytes) {
  await page.locator(kind === "drop" ? "[data-drop]" : "#comment").evaluate(
    (target, { kind, name, bytes }) => {
      const held = new DataTransfer();
      held.items.add(new File([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))], name));
      const options = { bubbles: true, cancelable: true };
      if (kind === "paste") return target.dispatchEvent(new ClipboardEvent("paste", { ...options, clipboardData: held }));
      for (const step of ["dragenter", "dragover", "drop"]) target.dispatchEvent(new DragEvent(step, { ...options, dataTransfer: held }));
    },
    { kind, name, bytes: bytes.toString("base64") },
  );
}

async function chatOf(contact) {
  const admin = await person(browser, pontual);
  await signIn(admin.page, "admin");
  const [{ id }] = await pontual.sql("SELECT id FROM contacts WHERE name = $1", [contact]);
  await admin.page.goto(`/contacts/${id}/conversation`);
  const link = await admin.page.getByLabel("Link do cliente", { exact: true }).inputValue();
  await admin.context.close();
  return link;
}

test("dropped, picked and pasted files are kept and reach the customer byte for byte", { timeout: 120_000 }, async () => {
  const chat = await chatOf("Caio Fontes");
  const { page, context, errors } = await person(browser, pontual);
  await signIn(page, "admin");
  await fill(page, { contact: "Caio Fontes", due: "2031-03-10T10:00" });
  const list = page.locator("[data-files] .file");
  await hand(page, "drop", "proposta.pdf", pdf);
  await list.getByText("PDF · 293 KB").waitFor();
  await page.locator("#files").setInputFiles([
    { name: "foto.png", mimeType: "image/png", buffer: picture },
    { name: "programa.exe", mimeType: "application/pdf", buffer: Buffer.from("MZ\x90\0") },
  ]);
  await page.getByText("programa.exe não é um tipo de arquivo aceito.").waitFor();
  await page.locator("[data-drop]").evaluate((target) => {
    const held = new DataTransfer();
    held.items.add(new File([new Uint8Array(16 * 1024 * 1024 + 1)], "video.mp4"));
    target.dispatchEvent(new DragEvent("drop", { dataTransfer: held, bubbles: true, cancelable: true }));
  });
  await page.getByText("video.mp4 passa de 16 MB.").waitFor();
  await list.getByText("foto.png").waitFor();
  await hand(page, "paste", "valores.csv", csv);
  await list.getByText("valores.csv").waitFor();
  await hand(page, "paste", "errado.csv", csv);
  await page.getByRole("button", { name: "Remover errado.csv" }).click();
  assert.equal(await list.count(), 3);
  assert.deepEqual(await axe(page), []);
  assert.match(await page.evaluate(() => document.activeElement.getAttribute("aria-label")), /^Remover/);

  // The form is refused for another reason: files need not be uploaded again.
  await page.getByRole("button", { name: "Salvar agendamento" }).click();
  await page.getByRole("alert").waitFor();
  assert.deepEqual(await list.locator(".name").allTextContents(), ["proposta.pdf", "foto.png", "valores.csv"]);
  await page.getByLabel("Comentário").fill("Enviar a proposta");
  // A reminder has no files: they are hidden, but kept.
  await page.locator('[value="notify"]').press("Space");
  assert.equal(await list.first().isVisible(), false);
  await page.locator('[value="open_ticket"]').press("Space");
  await page.getByRole("button", { name: "Salvar agendamento" }).click();
  await page.getByText("Agendamento salvo.").waitFor();
  await page.getByText("proposta.pdf").waitFor();

  const customer = await person(browser, pontual);
  await customer.page.goto(chat);
  await pontual.sql("UPDATE schedules SET due_at = now(), spacing_exempt = true WHERE due_local = '2031-03-10 10:00'");
  await customer.page.getByText("proposta.pdf").waitFor();
  assert.deepEqual(await axe(customer.page), []);
  const shown = customer.page.locator(".preview img");
  await shown.scrollIntoViewIfNeeded();
  await customer.page.waitForFunction(() => document.querySelector(".preview img").naturalWidth === 10);
  for (const [name, bytes] of [["proposta.pdf", pdf], ["foto.png", picture], ["valores.csv", csv]]) {
    const [download] = await Promise.all([
      customer.page.waitForEvent("download"),
      customer.page.getByRole("link", { name: `Baixar ${name}` }).click(),
    ]);
    assert.equal(download.suggestedFilename(), name);
    assert.equal(sum(await readFile(await download.path())), sum(bytes), name);
  }
  assert.deepEqual(errors.filter((error) => !error.includes("422")), []);
  assert.deepEqual(customer.errors, []);
  await context.close();
  await customer.context.close();
});

test("a repeated file and one too many are refused by name, and the others stay", { timeout: 120_000 }, async () => {
  const { page, context, errors } = await person(browser, pontual);
  await signIn(page, "admin");
  await fill(page, { contact: "Caio Fontes", due: "2031-06-10T10:00", comment: "Enviar" });
  const list = page.locator("[data-files] [data-upload]");
  const file = (name) => ({ name, mimeType: "text/csv", buffer: csv });
  await page.locator("#files").setInputFiles([file("a.csv"), file("b.csv")]);
  await list.nth(1).waitFor();
  await page.locator("#files").setInputFiles([file("a.csv")]);
  await page.getByText("a.csv já está anexado.").waitFor();
  assert.equal(await list.count(), 2);
  await page.locator("#files").setInputFiles(["c.csv", "d.csv", "e.csv", "f.csv", "g.csv"].map(file));
  await page.getByText("Envie até 5 arquivos. Ficaram de fora: f.csv, g.csv.").waitFor();
  await list.nth(4).waitFor();
  assert.deepEqual(await list.locator(".name").allTextContents(), ["a.csv", "b.csv", "c.csv", "d.csv", "e.csv"]);
  await page.getByText("Formatos aceitos").click();
  await page.getByText("Word (DOC, DOCX, RTF)").waitFor();
  assert.deepEqual(await axe(page), []);
  await page.getByRole("button", { name: "Salvar agendamento" }).click();
  await page.getByText("Agendamento salvo.").waitFor();
  const saved = page.url();
  await page.goBack();
  await list.nth(4).waitFor();
  await page.getByRole("button", { name: "Salvar agendamento" }).click();
  await page.waitForURL(saved);
  assert.deepEqual(errors.filter((error) => !error.includes("422")), []);
  await context.close();
});

test("a slow upload shows its progress, can be cancelled, and saving waits for it", { timeout: 120_000 }, async () => {
  const { page, context } = await person(browser, pontual);
  await signIn(page, "admin");
  await fill(page, { contact: "Tereza Campos", due: "2031-04-10T10:00", comment: "Enviar" });
  const session = await context.newCDPSession(page);
  await session.send("Network.enable");
  const network = (upload) => session.send("Network.emulateNetworkConditions", { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: upload });
  await network(100_000);
  const large = Buffer.concat([Buffer.from("%PDF-1.7\n"), randomBytes(3_000_000)]);
  await page.locator("#files").setInputFiles([{ name: "grande.pdf", mimeType: "", buffer: large }]);
  await page.getByText(/Enviando… \d+%/).waitFor();
  await page.getByRole("progressbar", { name: "Envio de grande.pdf" }).waitFor();
  await page.getByRole("button", { name: "Remover grande.pdf" }).click();
  assert.equal(await page.locator("[data-files] .file").count(), 0);
  await page.locator("#files").setInputFiles([{ name: "maior.pdf", mimeType: "", buffer: large }]);
  await page.getByText(/Enviando… \d+%/).waitFor();
  await page.getByRole("button", { name: "Salvar agendamento" }).click();
  assert.match(page.url(), /\/schedules\/new/);
  await network(-1);
  await page.getByText("Agendamento salvo.").waitFor();
  await page.getByText("maior.pdf").waitFor();

  await fill(page, { contact: "Tereza Campos", due: "2031-04-11T10:00", comment: "Enviar" });
  await page.route("**/uploads", (route) => route.abort());
  await page.locator("#files").setInputFiles([{ name: "perdido.csv", mimeType: "", buffer: csv }]);
  await page.getByRole("button", { name: "Tentar de novo" }).waitFor();
  await page.getByText("Sem conexão: não enviado.").waitFor();
  await page.getByRole("button", { name: "Salvar agendamento" }).click();
  await page.getByText("Envie de novo ou remova os arquivos que não foram enviados.").waitFor();
  await page.unroute("**/uploads");
  await page.getByRole("button", { name: "Tentar de novo" }).click();
  await page.locator("[data-upload]").getByText("perdido.csv").waitFor();
  await page.getByRole("button", { name: "Salvar agendamento" }).click();
  await page.getByText("Agendamento salvo.").waitFor();
  await context.close();
});

test("without JavaScript files are sent with the form and kept while it is corrected", { timeout: 120_000 }, async () => {
  const { page, context } = await person(browser, pontual, { javaScriptEnabled: false });
  const press = async (target) => {
    await target.focus();
    await target.press("Enter");
  };
  await signIn(page, "admin");
  await fill(page, { contact: "Letícia Prado", due: "2031-05-10T10:00" });
  await page.locator("#files").setInputFiles([
    { name: "proposta.pdf", mimeType: "application/pdf", buffer: pdf },
    { name: "foto.png", mimeType: "image/png", buffer: picture },
  ]);
  await press(page.getByRole("button", { name: "Salvar agendamento" }));
  await page.getByText("Informe o comentário. Ele é obrigatório").waitFor();
  await press(page.getByRole("button", { name: "Remover foto.png" }));
  await page.getByLabel("Comentário").fill("Sem scripts");
  assert.deepEqual(await page.locator("[data-files] .name").allTextContents(), ["proposta.pdf"]);
  await press(page.getByRole("button", { name: "Salvar agendamento" }));
  await page.getByText("Agendamento salvo.").waitFor();
  const address = await page.getByRole("link", { name: "Baixar proposta.pdf" }).getAttribute("href");
  const answer = await context.request.get(new URL(address, pontual.url).href);
  assert.equal(sum(await answer.body()), sum(pdf));
  await context.close();
});
