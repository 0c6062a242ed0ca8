// Contacts and people: the forms with their selects, import of a CSV file with bad lines, and anonymising;
// the main steps without JavaScript too.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";

import { axe, person, signIn, startChromium, startPontual } from "./harness.mjs";

let pontual;
let browser;

before(async () => {
  [pontual, browser] = await Promise.all([startPontual(), startChromium()]);
});

after(async () => {
  await browser?.close();
  await pontual?.stop();
});

async function administrator(options) {
  const visitor = await person(browser, pontual, options);
  await signIn(visitor.page, "admin");
  return visitor;
}

/** The browser logs the refusals that the test wants; these are left out. */
const unexpected = (errors) => errors.filter((error) => !/status of (409|422)/.test(error));

/** Uses the keyboard: without scripts the driver cannot tell whether a button has stopped moving. */
async function press(target) {
  await target.focus();
  await target.press("Enter");
}

/** Presses `target` and waits until the next page has loaded. Use it where that page's content varies. */
const follow = (page, target) => Promise.all([page.waitForEvent("load"), press(target)]);

const file = (text) => ({ name: "lista.csv", mimeType: "text/csv", buffer: Buffer.from(text) });

test("a contact is created with a searched person, and a known number is asked about", { timeout: 90_000 }, async () => {
  const { page, context, errors } = await administrator();
  await page.goto("/contacts/new");
  await page.getByLabel("Nome").fill("Sílvia Bela Vista");
  await page.getByLabel("Telefone").fill("11 90000 0142");
  await page.getByRole("combobox", { name: "Pessoa" }).click();
  await page.keyboard.type("bela");
  await page.getByRole("option", { name: "Grupo Bela Vista" }).click();
  await page.getByRole("combobox", { name: "Departamento padrão" }).selectOption({ label: "Suporte" });
  await page.getByRole("combobox", { name: "Atendente padrão" }).selectOption({ label: "Bruno Lima" });
  await page.getByRole("button", { name: "Salvar contato" }).click();
  const warning = page.getByRole("alert");
  await warning.getByRole("link", { name: "Marina Duarte" }).waitFor();
  assert.equal(await page.getByLabel("Nome").inputValue(), "Sílvia Bela Vista");
  assert.deepEqual(await axe(page), []);
  await warning.getByRole("button", { name: "Salvar mesmo assim" }).click();
  await page.getByText("Contato salvo.").waitFor();
  await page.getByText("Suporte, Bruno Lima").waitFor();
  await page.getByRole("link", { name: "Grupo Bela Vista" }).click();
  await page.getByText("3 contatos").waitFor();

  await page.goto("/contacts");
  await page.getByRole("searchbox", { name: "Buscar" }).fill("silvia");
  await page.locator("#contact-rows").getByText("1 contato nesta página").waitFor();
  assert.match(page.url(), /q=silvia/);
  assert.deepEqual(unexpected(errors), []);
  await context.close();
});

test("contacts are added to a person by searching, and others are removed", { timeout: 90_000 }, async () => {
  const { page, context, errors } = await administrator();
  await page.goto("/people/new");
  await page.getByLabel("Nome").fill("Vizinhos");
  const add = page.getByRole("combobox", { name: /Adicionar contatos/ });
  await add.click();
  for (const name of ["Tereza Campos", "Caio Fontes"]) {
    await page.keyboard.type(name.split(" ")[0]);
    await page.getByRole("option", { name }).click();
    await page.locator(".ts-control .item").getByText(name).waitFor();
  }
  await page.getByRole("button", { name: "Salvar pessoa" }).click();
  await page.getByText("Pessoa salva.").waitFor();
  await page.getByText("2 contatos").waitFor();
  await page.getByRole("link", { name: "Editar" }).click();
  await page.getByRole("checkbox", { name: "Remover Caio Fontes" }).check();
  await page.getByRole("button", { name: "Salvar pessoa" }).click();
  await page.getByText("1 contato", { exact: true }).waitFor();
  assert.deepEqual(unexpected(errors), []);
  await context.close();
});

test("a list with bad lines is previewed, imported with progress, and its errors are corrected", { timeout: 120_000 }, async () => {
  const { page, context, errors } = await administrator();
  await page.goto("/contacts");
  await page.getByRole("link", { name: "Importar" }).click();
  await page.getByRole("button", { name: "Enviar e conferir" }).click();
  await page.getByRole("alert").getByText("Escolha o arquivo.").waitFor();
  const good = Array.from({ length: 3_000 }, (_, n) => `Cliente ${n};(31) 9${String(n).padStart(4, "0")}-1111;\n`).join("");
  await page.getByLabel("Arquivo", { exact: false }).first().setInputFiles(file(`nome;telefone;e-mail\nSem DDD;90000-0142;\n=1+1;;x\n${good}`));
  await page.getByRole("button", { name: "Enviar e conferir" }).click();
  await page.getByRole("heading", { name: "Conferir colunas" }).waitFor();
  assert.equal(await page.locator("#column-1").inputValue(), "phone");
  assert.deepEqual(await axe(page), []);
  await page.getByRole("button", { name: "Continuar" }).click();
  await page.getByText("2 linhas com erro").waitFor();
  await page.getByText("Sem DDD: Inclua o DDD").waitFor();
  assert.deepEqual(await axe(page), []);
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "Baixar erros" }).click();
  const refused = await readFile(await (await download).path(), "utf8");
  assert.match(refused, /2;Sem DDD;90000-0142;.*Inclua o DDD/);
  assert.match(refused, /3;'=1\+1;/);

  await page.getByRole("button", { name: "Importar 3.000 linhas" }).click();
  await page.getByText("Concluída").waitFor({ timeout: 60_000 });
  await page.locator(".figures").getByText("3.000").waitFor();
  assert.equal((await pontual.sql("SELECT count(*)::int AS n FROM contacts WHERE name LIKE 'Cliente %'"))[0].n, 3_000);

  await page.goto("/contacts/import");
  await page.getByLabel("Arquivo", { exact: false }).first().setInputFiles(file(refused.replace("90000-0142", "(11) 98888-0001").replace(";x;", ";x@y.example;")));
  await page.getByRole("button", { name: "Enviar e conferir" }).click();
  await page.getByRole("button", { name: "Continuar" }).click();
  await page.getByRole("button", { name: "Importar 2 linhas" }).click();
  await page.getByText("Concluída").waitFor({ timeout: 30_000 });
  assert.deepEqual(unexpected(errors), []);
  await context.close();
});

test("anonymising says what it deletes, and ends open work", { timeout: 90_000 }, async () => {
  const { page, context, errors } = await administrator();
  const [{ id }] = await pontual.sql("SELECT contact_id AS id FROM schedules WHERE status = 'scheduled' ORDER BY due_at DESC LIMIT 1");
  const [{ name }] = await pontual.sql("SELECT name FROM contacts WHERE id = $1", [id]);
  await page.goto(`/contacts/${id}`);
  await page.getByRole("link", { name: "Anonimizar contato" }).click();
  await page.getByText("O que ainda está pendente será encerrado.").waitFor();
  await page.getByRole("button", { name: "Anonimizar contato" }).click();
  await page.getByRole("checkbox").and(page.locator("[aria-invalid=true]")).waitFor();
  assert.deepEqual(await axe(page), []);
  await page.getByRole("checkbox").check();
  await page.getByRole("button", { name: "Anonimizar contato" }).click();
  await page.getByText("Este contato foi anonimizado.").waitFor();
  assert.equal(await page.getByText(name).count(), 0);
  await page.getByText("Cancelado").first().waitFor();
  assert.deepEqual(unexpected(errors), []);
  await context.close();
});

test("archiving and revoking ask in a dialogue", { timeout: 90_000 }, async () => {
  const { page, context, errors } = await administrator();
  const [{ id }] = await pontual.sql("SELECT id FROM contacts WHERE name = 'Mercado Pão de Minas'");
  await page.goto(`/contacts/${id}`);
  const link = await page.getByLabel("Link do cliente", { exact: true }).inputValue();
  await page.getByRole("link", { name: "Revogar link" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Revogar link" }).click();
  await page.getByText("Link revogado.").waitFor();
  assert.notEqual(await page.getByLabel("Link do cliente", { exact: true }).inputValue(), link);
  await page.getByRole("link", { name: "Arquivar contato" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Arquivar contato" }).click();
  await page.getByText("Contato arquivado.").waitFor();
  await page.getByRole("button", { name: "Restaurar contato" }).click();
  await page.getByText("Contato restaurado.").waitFor();
  assert.deepEqual(unexpected(errors), []);
  await context.close();
});

test("without JavaScript: create, find, import, anonymise", { timeout: 120_000 }, async () => {
  const { page, context } = await administrator({ javaScriptEnabled: false });
  await page.goto("/contacts/new");
  await page.getByLabel("Nome").fill("Sem Scripts");
  await page.getByLabel("Departamento padrão").selectOption({ label: "Financeiro" });
  await press(page.getByRole("button", { name: "Mostrar atendentes" }));
  await page.getByLabel("Atendente padrão").selectOption({ label: "Helena Costa" });
  await press(page.getByRole("button", { name: "Salvar contato" }));
  await page.getByText("Financeiro, Helena Costa").waitFor();
  await page.goto("/contacts");
  await page.getByRole("searchbox", { name: "Buscar" }).fill("sem scripts");
  await press(page.getByRole("button", { name: "Filtrar" }));
  await press(page.getByRole("link", { name: "Sem Scripts", exact: true }));
  await press(page.getByRole("link", { name: "Anonimizar contato" }));
  await page.getByRole("checkbox").focus();
  await page.keyboard.press("Space");
  await press(page.getByRole("button", { name: "Anonimizar contato" }));
  await page.getByText("Este contato foi anonimizado.").waitFor();

  await page.goto("/contacts/import");
  await page.getByLabel("Arquivo", { exact: false }).first().setInputFiles(file("nome,pessoa\nLista Um,Casa\nLista Dois,Casa\n"));
  await follow(page, page.getByRole("button", { name: "Enviar e conferir" }));
  await page.getByLabel("Cabeçalho").selectOption("1");
  await follow(page, page.getByRole("button", { name: "Ler de novo" }));
  await follow(page, page.getByRole("button", { name: "Continuar" }));
  await follow(page, page.getByRole("button", { name: "Importar 2 linhas" }));
  for (let tries = 0; tries < 50 && (await page.getByText("Concluída").count()) === 0; tries += 1) {
    await follow(page, page.getByRole("link", { name: "Atualizar" }));
  }
  await page.getByText("Concluída").waitFor();
  assert.equal((await pontual.sql("SELECT count(*)::int AS n FROM contacts WHERE name LIKE 'Lista %'"))[0].n, 2);
  await context.close();
});
