// Every page, in both themes, at 1280 and 390 pixels: axe-core finds no violation, nothing overflows, and
// the console stays empty. The most important pages without JavaScript too.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { administratorPages } from "./addresses.mjs";
import { axe, person, signIn, startChromium, startPontual } from "./harness.mjs";

let pontual;
let browser;
let pages;
let chat;
let attendantPages;
let pendingSchedule;
let openTicket;
let conflict;

before(async () => {
  [pontual, browser] = await Promise.all([startPontual(), startChromium()]);
  const one = async (sql) => (await pontual.sql(sql))[0].id;
  const open = await one("SELECT id FROM tickets WHERE status = 'open' ORDER BY id LIMIT 1");
  const contact = await one("SELECT contact_id AS id FROM tickets WHERE status = 'open' ORDER BY id LIMIT 1");
  [pendingSchedule] = await pontual.sql("SELECT id, contact_id FROM schedules WHERE status = 'scheduled' ORDER BY due_at DESC LIMIT 1");
  pages = await administratorPages(pontual);
  attendantPages = ["/tickets", `/tickets/${open}`, "/notifications", "/schedules"];
  openTicket = open;
  [conflict] = await pontual.sql(`
    SELECT s.contact_id AS contact, d.name AS department, u.name AS attendant, to_char(s.due_local, 'YYYY-MM-DD"T"HH24:MI') AS due
      FROM schedules s JOIN departments d ON d.id = s.department_id JOIN users u ON u.id = s.attendant_id
     WHERE s.status = 'scheduled' AND s.due_at > now() + interval '1 hour' AND NOT s.spacing_exempt ORDER BY s.due_at DESC LIMIT 1`);
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
      const check = async (name) => {
        found.push(...(await axe(page)).map((problem) => `${name}: ${problem}`));
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        if (overflow > 0) found.push(`${name}: ${overflow} px too wide`);
      };
      const look = async (path) => {
        await page.goto(path);
        await check(path);
      };
      await look("/login");
      await refuseSignIn(page);
      await check("refused sign-in");
      await look(chat);
      await page.getByRole("link", { name: "Acessos à conversa" }).click();
      await page.getByRole("heading", { name: "Acessos à conversa" }).waitFor();
      await check("accesses of the customer");
      await look("/c/desconhecido");
      await look("/c/0");
      await look("/access/desconhecido");
      await signIn(page, "admin");
      for (const path of pages) await look(path);
      await page.goto("/schedules/new");
      await page.getByRole("button", { name: "Salvar agendamento" }).click();
      await page.getByRole("alert").waitFor();
      await check("refused form");
      await refuseForSpacing(page);
      await check("form with a conflict");
      await page.locator("[name=action][value=notify]").check({ force: true });
      await page.getByRole("textbox", { name: "Mensagem" }).waitFor({ state: "hidden" });
      await check("form of a reminder");
      await page.goto(`/schedules/${pendingSchedule.id}`);
      await page.getByRole("link", { name: "Cancelar agendamento" }).click();
      await page.getByRole("dialog").getByLabel("Motivo").waitFor();
      await settled(page.getByRole("dialog"));
      await check("open dialogue");
      await refuseEdit(page);
      await check("overtaken edit");
      await refuseReply(page);
      await check("refused reply");
      await signInAgain(page, "bruno");
      for (const path of attendantPages) await look(path);
      await signInAgain(page, "helena");
      await page.getByRole("link", { name: /^Notificações:/ }).or(page.getByRole("button", { name: /^Notificações:/ })).first().click();
      await page.getByText("Erro no agendamento").first().waitFor();
      await check("bell");
      assert.deepEqual(found, []);
      // The browser logs the refusals that the test wants.
      assert.deepEqual(errors.filter((error) => !/status of (403|404|409|422)/.test(error)), []);
      await visitor.context.close();
    });
  }
}

async function refuseSignIn(page) {
  await page.getByLabel("E-mail").fill("ninguem@pontual.example");
  await page.getByLabel("Senha", { exact: true }).fill("errada");
  await page.getByRole("button", { name: "Entrar" }).click();
  await page.getByText("E-mail ou senha incorretos.").waitFor();
}

/** Requests the same minute as an existing schedule. */
async function refuseForSpacing(page) {
  const { contact, department, attendant, due } = conflict;
  await page.goto(`/schedules/new?contact_id=${contact}`);
  await page.getByRole("combobox", { name: "Departamento" }).selectOption({ label: department });
  await page.getByRole("combobox", { name: "Atendente" }).selectOption({ label: attendant });
  await page.getByLabel("Data e hora").fill(due);
  await page.getByLabel("Comentário").fill("Ao mesmo tempo");
  await page.getByRole("button", { name: "Salvar agendamento" }).click();
  await page.locator("#conflict").waitFor();
}

/** Saves an edit of a schedule that somebody else has just changed. */
async function refuseEdit(page) {
  const path = `/schedules/${pendingSchedule.id}`;
  await page.goto(`${path}/edit`);
  const other = await page.context().newPage();
  await other.goto(`${path}/edit`);
  await other.getByLabel("Comentário").fill(`Outro às ${Date.now()}`);
  await other.getByRole("button", { name: "Salvar alterações" }).click();
  await other.getByText("Agendamento salvo.").waitFor();
  await other.close();
  await page.getByRole("button", { name: "Salvar alterações" }).click();
  await page.locator("[data-stale]").waitFor();
}

/** Sends a reply that is too long, with the browser's own form submission. */
async function refuseReply(page) {
  await page.goto(`/tickets/${openTicket}`);
  await page.getByLabel(/^Texto para|^Mensagem para/).fill("x".repeat(10_000));
  await page.locator("[data-composer]").evaluate((form) => form.submit());
  await page.locator("[data-composer-error]").waitFor();
}

/** Waits until all animations have finished. */
const settled = (target) => target.evaluate((element) => Promise.all(element.getAnimations({ subtree: true }).map((one) => one.finished)));

async function signInAgain(page, name) {
  // An open page would be notified that its session has ended.
  await page.goto("about:blank");
  await page.context().clearCookies();
  await signIn(page, name);
}

/** Uses the keyboard: without scripts the driver cannot tell whether a button has stopped moving. */
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

  const [{ id }] = await pontual.sql("SELECT id FROM tickets WHERE status = 'open' ORDER BY id LIMIT 1");
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
