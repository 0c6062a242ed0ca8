// Files that a customer sends on the chat page: chosen, pasted, refused and given back; without JavaScript too.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";

import { axe, person, signIn, startChromium, startPontual } from "./harness.mjs";

let pontual;
let browser;

const pdf = Buffer.concat([Buffer.from("%PDF-1.7\n"), randomBytes(300_000)]);
const csv = Buffer.from("nome;valor\nAção;1,50\n");
const program = Buffer.from("MZ\x90\0");
const file = (name, buffer) => ({ name, mimeType: "", buffer });

before(async () => {
  [pontual, browser] = await Promise.all([startPontual(), startChromium()]);
});

after(async () => {
  await browser?.close();
  await pontual?.stop();
});

/** The team's conversation with a contact, and the contact's link. */
async function conversation(contact) {
  const admin = await person(browser, pontual);
  await signIn(admin.page, "admin");
  const [{ id }] = await pontual.sql("SELECT id FROM contacts WHERE name = $1", [contact]);
  await admin.page.goto(`/contacts/${id}/conversation`);
  const link = await admin.page.getByLabel("Link do cliente", { exact: true }).inputValue();
  return { admin, link };
}

test("chosen files are listed, sent and shown live to the team, byte for byte", { timeout: 120_000 }, async () => {
  const { admin, link } = await conversation("Caio Fontes");
  const { page, context, errors } = await person(browser, pontual);
  await page.goto(link);
  const chosen = page.locator("[data-chosen] .file");
  const field = page.locator("[data-attach]");
  await field.setInputFiles([file("contrato.pdf", pdf)]);
  await field.setInputFiles([file("valores.csv", csv), file("engano.csv", csv)]);
  assert.deepEqual(await chosen.locator(".name").allTextContents(), ["contrato.pdf", "valores.csv", "engano.csv"]);
  await page.getByRole("button", { name: "Remover engano.csv" }).click();
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-label")), "Remover valores.csv");
  assert.deepEqual(await axe(page), []);
  await page.getByLabel("Sua mensagem").fill("Segue o contrato");
  await page.getByRole("button", { name: "Enviar mensagem" }).click();
  await page.locator(".msg.out:not(.pending)").getByText("contrato.pdf").waitFor();
  assert.equal(await chosen.count(), 0);
  await admin.page.locator("[data-from-customer]").getByText("contrato.pdf").waitFor();
  for (const [name, bytes] of [["contrato.pdf", pdf], ["valores.csv", csv]]) {
    const [download] = await Promise.all([
      admin.page.waitForEvent("download"),
      admin.page.getByRole("link", { name: `Baixar ${name}` }).click(),
    ]);
    assert.ok(bytes.equals(await readFile(await download.path())), name);
  }
  assert.deepEqual(await axe(page), []);
  assert.deepEqual(await axe(admin.page), []);
  assert.deepEqual([...errors, ...admin.errors], []);
  await context.close();
  await admin.context.close();
});

test("a refusal gives back the text and the files, and what is surely wrong is not sent", { timeout: 120_000 }, async () => {
  const { admin, link } = await conversation("Tereza Campos");
  const { page, context } = await person(browser, pontual);
  await page.goto(link);
  const names = page.locator("[data-chosen] .file .name");
  const error = page.locator("[data-composer-error]");
  const send = page.getByRole("button", { name: "Enviar mensagem" });
  await page.locator("[data-attach]").setInputFiles([file("programa.exe", program), file("valores.csv", csv)]);
  await page.getByLabel("Sua mensagem").fill("Veja");
  await send.click();
  await error.getByText("programa.exe não é um tipo de arquivo aceito.").waitFor();
  assert.equal(await page.getByLabel("Sua mensagem").inputValue(), "Veja");
  assert.deepEqual(await names.allTextContents(), ["programa.exe", "valores.csv"]);
  assert.deepEqual(await axe(page), []);
  await page.getByRole("button", { name: "Remover programa.exe" }).click();
  await page.locator("[data-attach]").setInputFiles(["a", "b", "c", "d", "e"].map((name) => file(`${name}.csv`, csv)));
  await send.click();
  await error.getByText("Envie até 5 arquivos por mensagem.").waitFor();
  await page.getByRole("button", { name: "Remover e.csv" }).click();
  await page.route("**/messages", (route) => route.abort());
  await send.click();
  await page.getByText("Não enviada.").waitFor();
  await page.unroute("**/messages");
  await page.getByRole("button", { name: "Tentar de novo" }).click();
  await page.locator(".msg.out:not(.pending)").getByText("d.csv").waitFor();
  const [{ count }] = await pontual.sql("SELECT count(*)::int FROM attachments WHERE file_name = ANY($1)", [["valores.csv", "a.csv", "d.csv"]]);
  assert.equal(count >= 3, true);
  await context.close();
  await admin.context.close();
});

test("without JavaScript a customer sends files, and is told which to choose again", { timeout: 120_000 }, async () => {
  const { admin, link } = await conversation("Letícia Prado");
  const { page, context } = await person(browser, pontual, { javaScriptEnabled: false });
  const send = async () => {
    const button = page.getByRole("button", { name: "Enviar mensagem" });
    await button.focus();
    await button.press("Enter");
  };
  await page.goto(link);
  await page.locator("[data-attach]").setInputFiles([file("programa.exe", program), file("valores.csv", csv)]);
  await page.getByLabel("Sua mensagem").fill("Veja");
  await send();
  await page.getByText("programa.exe não é um tipo de arquivo aceito.").waitFor();
  await page.getByText("Eles não foram enviados: programa.exe, valores.csv.").waitFor();
  assert.equal(await page.getByLabel("Sua mensagem").inputValue(), "Veja");
  await page.locator("[data-attach]").setInputFiles([file("valores.csv", csv)]);
  await send();
  await page.locator(".msg.out").getByText("valores.csv").waitFor();
  await context.close();
  await admin.context.close();
});
