// Every page, in both themes, at 1280 and 390 pixels: axe-core finds nothing, nothing overflows, and
// the console stays empty. And the pages that matter most without JavaScript.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { axe, person, signIn, startChromium, startPontual } from "./harness.mjs";

let pontual;
let browser;
let pages;
let chat;

before(async () => {
  [pontual, browser] = await Promise.all([startPontual(), startChromium()]);
  const one = async (sql) => (await pontual.sql(sql))[0].id;
  const open = await one("SELECT id FROM tickets WHERE status = 'open' LIMIT 1");
  const closed = await one("SELECT id FROM tickets WHERE status = 'closed' LIMIT 1");
  const role = await one("SELECT id FROM roles WHERE name = 'Atendente'");
  const administrators = await one("SELECT id FROM roles WHERE is_administrator");
  const contact = await one("SELECT contact_id AS id FROM tickets WHERE status = 'open' LIMIT 1");
  const schedules = await pontual.sql("SELECT min(id) AS id FROM schedules GROUP BY status");
  pages = [
    "/schedules", "/schedules?status=scheduled", "/schedules/new", `/schedules/new?contact_id=${contact}`,
    ...schedules.map(({ id }) => `/schedules/${id}`), `/schedules/${schedules[0].id}/cancellation`,
    "/tickets", `/tickets/${open}`, `/tickets/${closed}`, `/contacts/${contact}/conversation`,
    "/notifications", "/roles", `/roles/${role}`, `/roles/${administrators}`, "/nowhere",
  ];
  const admin = await person(browser, pontual);
  await signIn(admin.page, "admin");
  await admin.page.goto(`/contacts/${contact}/conversation`);
  chat = await admin.page.getByLabel("Link do cliente", { exact: true }).inputValue();
  await admin.context.close();
});

after(async () => {
  await browser?.close();
  await pontual?.stop();
});

for (const colorScheme of ["light", "dark"]) {
  for (const width of [1280, 390]) {
    test(`every page is accessible, ${colorScheme}, ${width} px`, { timeout: 180_000 }, async () => {
      const visitor = await person(browser, pontual, { colorScheme, viewport: { width, height: 844 } });
      const { page, errors } = visitor;
      const found = [];
      const look = async (path) => {
        await page.goto(path);
        found.push(...(await axe(page)).map((problem) => `${path}: ${problem}`));
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        if (overflow > 0) found.push(`${path}: ${overflow} px too wide`);
      };
      await look("/login");
      await look(chat);
      await signIn(page, "admin");
      for (const path of pages) await look(path);
      // A refused form, and the open bell.
      await page.goto("/schedules/new");
      await page.getByRole("button", { name: "Salvar agendamento" }).click();
      await page.getByRole("alert").waitFor();
      found.push(...(await axe(page)).map((problem) => `refused form: ${problem}`));
      await signInAgain(page, "helena");
      await page.getByRole("link", { name: /^Notificações:/ }).or(page.getByRole("button", { name: /^Notificações:/ })).first().click();
      await page.getByText("Erro no agendamento").first().waitFor();
      found.push(...(await axe(page)).map((problem) => `bell: ${problem}`));
      assert.deepEqual(found, []);
      // The browser reports answers that are errors on purpose.
      assert.deepEqual(errors.filter((error) => !/status of (404|422)/.test(error)), []);
      await visitor.context.close();
    });
  }
}

async function signInAgain(page, name) {
  await page.context().clearCookies();
  await signIn(page, name);
}

/** By keyboard: without scripts the driver cannot tell when a button stands still. */
async function press(target) {
  await target.focus();
  await target.press("Enter");
}

test("without JavaScript: schedule, read, cancel, converse", { timeout: 120_000 }, async () => {
  const visitor = await person(browser, pontual, { javaScriptEnabled: false });
  const { page } = visitor;
  await signIn(page, "admin");
  await page.goto("/schedules/new");
  await page.getByRole("combobox", { name: "Contato" }).selectOption({ label: "Caio Fontes" });
  await page.getByRole("combobox", { name: "Departamento" }).selectOption({ label: "Comercial" });
  await page.getByLabel("Comentário").fill("Sem scripts");
  await press(page.getByRole("button", { name: "Mostrar atendentes" }));
  await page.getByRole("combobox", { name: "Atendente" }).selectOption({ label: "Igor Matos" });
  await page.getByLabel("Data e hora").fill("2031-05-05T09:00");
  await press(page.getByRole("button", { name: "Salvar agendamento" }));
  await page.getByText("Agendamento salvo.").waitFor();
  await press(page.getByRole("link", { name: "Cancelar agendamento" }));
  await page.getByLabel("Motivo").fill("Mudança de planos");
  await press(page.getByRole("button", { name: "Cancelar agendamento" }));
  await page.getByText("Motivo: Mudança de planos").waitFor();

  const [{ id }] = await pontual.sql("SELECT id FROM tickets WHERE status = 'open' LIMIT 1");
  await page.goto(`/tickets/${id}`);
  await page.getByLabel(/^Texto para/).fill("Respondido sem scripts");
  await press(page.getByRole("button", { name: "Enviar", exact: true }));
  await page.getByRole("log").getByText("Respondido sem scripts").waitFor();
  await page.goto(chat);
  await page.getByText("Respondido sem scripts").waitFor();
  await page.getByLabel("Sua mensagem").fill("Recebido sem scripts");
  await press(page.getByRole("button", { name: "Enviar mensagem" }));
  await page.getByText("Recebido sem scripts").waitFor();
  await page.goto("/notifications");
  await page.getByRole("heading", { name: "Notificações" }).first().waitFor();
  await visitor.context.close();
});
