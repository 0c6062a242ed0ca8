// The main story in Firefox. Playwright cannot drive an unmodified Firefox, so puppeteer does, through
// WebDriver BiDi. An administrator schedules, the schedule falls due, the attendant is notified, and the
// customer reads and answers. The other kinds of page open without an error in the console.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import puppeteer from "puppeteer-core";

import { PASSWORD, startPontual } from "./harness.mjs";

const program = process.env.FIREFOX;

/** Keeps Firefox from fetching settings from the internet: tests only talk to this machine. */
const quiet = { "services.settings.server": "data:,#remote-settings-dummy/v1", "app.normandy.enabled": false };

let pontual;
let browser;

before(async () => {
  if (!program) return;
  [pontual, browser] = await Promise.all([
    startPontual(),
    puppeteer.launch({ browser: "firefox", executablePath: program, headless: true, extraPrefsFirefox: quiet }),
  ]);
  // Some of the demonstration's schedules fall due within a minute and would disturb the tests.
  await pontual.sql("UPDATE schedules SET due_at = due_at + interval '30 days' WHERE status = 'scheduled'");
});

after(async () => {
  await browser?.close();
  await pontual?.stop();
});

/**
 * A person's browser. Its errors are collected. It has its own window, because a tab in the background draws nothing.
 */
async function visitor() {
  const context = await browser.createBrowserContext();
  const page = await context.newPage({ type: "window" });
  page.setDefaultTimeout(30_000);
  await page.setViewport({ width: 1280, height: 800 });
  const errors = [];
  page.on("console", (message) => message.type() === "error" && errors.push(`${page.url()}: ${message.text()}`));
  page.on("pageerror", (error) => errors.push(`${page.url()}: ${error.message}`));
  return { page, errors };
}

const open = (page, path) => page.goto(new URL(path, pontual.url).href);

/** The first visible element with this accessible role and name. */
const named = (page, role, name) => page.locator(`::-p-aria([name="${name}"][role="${role}"])`);

const says = (page, text) => page.waitForFunction((wanted) => document.body.innerText.includes(wanted), {}, text);

async function press(page, role, name) {
  await Promise.all([page.waitForNavigation(), named(page, role, name).click()]);
}

async function signIn(page, name) {
  await open(page, "/login");
  await page.locator("#email").fill(`${name}@pontual.example`);
  await page.locator("#password").fill(PASSWORD);
  await press(page, "button", "Entrar");
}

test("the main story, in Firefox", { skip: !program && "Firefox is missing", timeout: 240_000 }, async () => {
  const [admin, attendant, customer] = await Promise.all([visitor(), visitor(), visitor()]);
  await signIn(admin.page, "admin");
  await signIn(attendant.page, "bruno");
  const contact = "Letícia Prado";
  const [{ id: contactId }] = await pontual.sql("SELECT id FROM contacts WHERE name = $1", [contact]);

  await open(admin.page, `/contacts/${contactId}/conversation`);
  const link = await admin.page.$eval("#customer-link", (input) => input.value);
  await customer.page.goto(link);
  await open(attendant.page, "/notifications");

  await open(admin.page, "/schedules/new");
  await admin.page.locator("#contact_id-ts-control").fill(contact);
  await admin.page.locator(`.ts-dropdown .option ::-p-text(${contact})`).click();
  await admin.page.select("#department_id", await valueOf(admin.page, "#department_id", "Suporte"));
  await admin.page.waitForSelector("#attendant_id");
  await admin.page.select("#attendant_id", await valueOf(admin.page, "#attendant_id", "Bruno Lima"));
  await admin.page.locator("[name=action][value=open_ticket_and_notify]").click();
  await admin.page.$eval("#due_at", (input) => (input.value = "2031-05-05T09:00"));
  await admin.page.locator("#message").fill("Olá! Sua visita está confirmada?");
  await admin.page.locator("#comment").fill("Confirmar a visita");
  await press(admin.page, "button", "Salvar agendamento");
  await says(admin.page, "Agendamento salvo.");

  const id = new URL(admin.page.url()).pathname.split("/").pop();
  await pontual.sql("UPDATE schedules SET due_at = now() WHERE id = $1", [id]);
  await says(customer.page, "Sua visita está confirmada?");
  await says(attendant.page, `Chamado aberto para ${contact}.`);
  await says(admin.page, "Concluído");
  await press(attendant.page, "button", `Ir para conversa com ${contact}`);
  await says(attendant.page, "Confirmar a visita");

  await customer.page.locator("textarea").fill("Está sim, obrigada!");
  await named(customer.page, "button", "Enviar mensagem").click();
  await says(attendant.page, "Está sim, obrigada!");

  for (const path of [
    "/schedules", "/schedules/calendar", `/schedules/${id}`, "/tickets", "/contacts", `/contacts/${contactId}`,
    "/people", "/users", "/departments", "/roles", "/channels", "/settings", "/audit", "/notifications", "/profile", "/help",
  ]) {
    const answer = await open(admin.page, path);
    assert.equal(answer.status(), 200, path);
    const over = await admin.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(over <= 0, `${path} is ${over} px too wide`);
  }
  assert.deepEqual([...admin.errors, ...attendant.errors, ...customer.errors], []);
});

/** The value of the option with this text. */
async function valueOf(page, select, text) {
  await page.waitForFunction(
    (chosen, label) => [...document.querySelectorAll(`${chosen} option`)].some((option) => option.text === label),
    {}, select, text,
  );
  return page.$eval(select, (element, label) => [...element.options].find((option) => option.text === label).value, text);
}
