// A new company: the set-up through its link, then settings, audit and help, also without JavaScript.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { axe, person, signIn, startChromium, startPontual } from "./harness.mjs";

let browser;
let pontual;

before(async () => {
  [pontual, browser] = await Promise.all([startPontual(), startChromium()]);
});

after(async () => {
  await browser?.close();
  await pontual?.stop();
});

async function administrator(options) {
  const admin = await person(browser, pontual, options);
  await signIn(admin.page, "admin");
  return admin;
}

/** Uses the keyboard: without scripts the driver cannot tell whether a button has stopped moving. */
async function press(target) {
  await target.focus();
  await target.press("Enter");
}

for (const javaScriptEnabled of [true, false]) {
  test(`an empty installation is set up by its link, scripts ${javaScriptEnabled ? "on" : "off"}`, { timeout: 120_000 }, async () => {
    const empty = await startPontual("empty");
    try {
      await setUp(empty, javaScriptEnabled);
    } finally {
      await empty.stop();
    }
  });
}

async function setUp(empty, javaScriptEnabled) {
  const [, link] = /set up at (\S+)/.exec(empty.said());
  const { page, errors } = await person(browser, empty, { javaScriptEnabled });
  await page.goto(link);
  if (javaScriptEnabled) assert.deepEqual(await axe(page), []);
  await page.getByLabel("Nome da empresa").fill("Loja Bela");
  await page.getByLabel("Fuso horário da empresa").selectOption("America/Manaus");
  await page.getByLabel("Seu nome").fill("Ana Prado");
  await page.getByLabel("Seu e-mail").fill("ana@loja.example");
  await page.locator("#password").fill("curta");
  await press(page.getByRole("button", { name: "Concluir" }));
  await page.getByRole("alert").getByText("Use de 8 a 128 caracteres.").waitFor();
  if (javaScriptEnabled) assert.deepEqual(await axe(page), []);
  assert.equal(await page.getByLabel("Seu nome").inputValue(), "Ana Prado");
  await page.locator("#password").fill("uma senha boa");
  await press(page.getByRole("button", { name: "Concluir" }));
  await page.waitForURL("**/schedules");
  await page.getByText("Tudo pronto. Próximos passos:").waitFor();
  await page.getByRole("link", { name: "Criar um contato" }).waitFor();
  await page.goto(link);
  await page.getByRole("heading", { name: "A plataforma já está configurada" }).waitFor();
  const [made] = await empty.sql("SELECT company_name, time_zone FROM settings");
  assert.deepEqual(made, { company_name: "Loja Bela", time_zone: "America/Manaus" });
  assert.deepEqual(errors.filter((error) => !/status of (410|422)/.test(error)), []);
}

test("the sentence follows the spacing as it is typed, and saving asks first", { timeout: 60_000 }, async () => {
  const { page, errors } = await administrator();
  await pontual.sql(`
    INSERT INTO schedules (contact_id, department_id, action, due_at, due_local, due_zone, comment, min_gap)
    SELECT c.id, d.id, 'open_ticket', at, at AT TIME ZONE 'America/Sao_Paulo', 'America/Sao_Paulo', 'Perto', '4 minutes'
      FROM (SELECT id FROM contacts ORDER BY id LIMIT 1) c, (SELECT id FROM departments ORDER BY id LIMIT 1) d,
           unnest(ARRAY['2031-03-04 13:00Z', '2031-03-04 13:10Z']::timestamptz[]) at`);
  await page.goto("/settings");
  await page.getByLabel("Intervalo, em minutos").fill("60");
  await page.getByText("os horários livres mais próximos são 09:29 e 10:31.").waitFor();
  await page.getByRole("radio", { name: /Mesmo contato/ }).check({ force: true });
  await page.getByText("são 09:29 e 10:31, entre agendamentos do mesmo contato.").waitFor();
  await page.getByRole("button", { name: "Salvar" }).click();
  await page.getByText("1 agendamento pendente deixará de caber").waitFor();
  assert.deepEqual(await axe(page), []);
  await page.getByRole("button", { name: "Voltar e corrigir" }).click();
  assert.equal(await page.getByLabel("Intervalo, em minutos").inputValue(), "60");
  await page.getByRole("button", { name: "Salvar" }).click();
  await page.getByRole("button", { name: "Salvar mesmo assim" }).click();
  await page.getByText("Configurações salvas.").waitFor();
  await page.getByRole("link", { name: "Ver agendamentos" }).click();
  await page.getByText("04/03/2031 às 10:10").waitFor();
  assert.deepEqual(await axe(page), []);
  assert.deepEqual(errors, []);
  await pontual.sql("UPDATE schedules SET status = 'cancelled', finished_at = now() WHERE comment = 'Perto'");
});

test("a wide logo stays within the panel, beside the company's name", { timeout: 60_000 }, async () => {
  const { page, errors } = await administrator();
  await page.goto("/settings");
  const drawn = await page.evaluate(() => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 800, height: 100 });
    canvas.getContext("2d").fillRect(0, 0, 800, 100);
    return canvas.toDataURL("image/png").split(",")[1];
  });
  await page.locator("#logo").setInputFiles({ name: "largo.png", mimeType: "image/png", buffer: Buffer.from(drawn, "base64") });
  await page.getByRole("button", { name: "Enviar imagem" }).click();
  await page.getByText("Logotipo salvo.").waitFor();
  const right = (selector) => page.locator(selector).evaluate((element) => element.getBoundingClientRect().right);
  assert.ok(await right(".side-head .brand") <= await right(".sidebar"));
  const logo = await page.locator(".side-head .brand-logo").boundingBox();
  assert.ok(logo.width > 2 * logo.height, "the logo is not squeezed into a square");
  await page.getByRole("button", { name: "Remover logotipo" }).click();
  await page.getByText("Logotipo removido.").waitFor();
  assert.deepEqual(errors, []);
});

test("the spacing is set without JavaScript", { timeout: 60_000 }, async () => {
  const { page } = await administrator({ javaScriptEnabled: false });
  await page.goto("/settings");
  await page.getByLabel("Intervalo, em minutos").fill("10");
  await press(page.getByRole("button", { name: "Salvar" }));
  await page.getByText("Configurações salvas.").waitFor();
  await page.getByText(/09:54 e 10:06/).waitFor();
});

test("a customer sees the greeting and the colour that were chosen", { timeout: 60_000 }, async () => {
  const { page, errors } = await administrator();
  await page.goto("/channels");
  await page.getByRole("link", { name: "Editar conexão Chat do site" }).click();
  await page.getByLabel("Nome para os clientes").fill("Loja Bela");
  await page.getByText("Verde", { exact: true }).locator("..").locator("input").check({ force: true });
  await page.getByLabel("Saudação").fill("Olá! Como podemos ajudar?");
  await page.getByRole("button", { name: "Salvar" }).click();
  await page.getByText("Conexão salva.").waitFor();
  const [{ id }] = await pontual.sql("SELECT c.id FROM contacts c WHERE NOT EXISTS (SELECT FROM messages m WHERE m.contact_id = c.id) LIMIT 1");
  await page.goto(`/contacts/${id}/conversation`);
  const link = await page.getByLabel("Link do cliente", { exact: true }).inputValue();
  const customer = await person(browser, pontual);
  await customer.page.goto(link);
  await customer.page.getByRole("heading", { name: "Loja Bela" }).waitFor();
  await customer.page.getByText("Olá! Como podemos ajudar?").waitFor();
  const colour = await customer.page.locator(".webchat > header").evaluate((header) => getComputedStyle(header).backgroundColor);
  assert.equal(colour, "rgb(11, 110, 79)");
  assert.deepEqual(await axe(customer.page), []);
  assert.deepEqual([...errors, ...customer.errors], []);
});

test("the audit is filtered, with scripts and without", { timeout: 60_000 }, async () => {
  const { page, errors } = await administrator();
  await page.goto("/audit");
  await page.getByLabel("Assunto").selectOption({ label: "Chamados" });
  await page.getByRole("button", { name: "Filtrar" }).click();
  await page.waitForURL(/group=tickets/);
  await page.getByRole("row", { name: /fechou o chamado/ }).first().waitFor();
  assert.equal(await page.getByRole("row", { name: /agendamento/ }).count(), 0);
  assert.deepEqual(await axe(page), []);
  assert.deepEqual(errors, []);
  const plain = await administrator({ javaScriptEnabled: false });
  await plain.page.goto("/audit");
  await plain.page.getByLabel("Quem fez").selectOption({ label: "Bruno Lima" });
  await press(plain.page.getByRole("button", { name: "Filtrar" }));
  await plain.page.getByRole("row", { name: /Bruno Lima fechou o chamado/ }).first().waitFor();
  assert.equal(await plain.page.getByRole("row", { name: /Ana Prado/ }).count(), 0);
});

test("the help is a click away and its contents lead to each part", { timeout: 60_000 }, async () => {
  const { page, errors } = await administrator();
  await page.getByRole("link", { name: "Ajuda" }).first().click();
  await page.getByRole("navigation", { name: "Nesta página" }).getByRole("link", { name: "Quem pode agendar" }).click();
  await page.waitForURL("**/help#permissoes");
  await page.getByRole("heading", { name: "Quem pode agendar" }).waitFor();
  assert.deepEqual(await axe(page), []);
  assert.deepEqual(errors, []);
});
