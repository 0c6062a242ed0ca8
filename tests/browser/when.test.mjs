// The time of a schedule in words: the echo while one types, by keyboard, on a phone, and without JavaScript.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { axe, person, signIn, startChromium, startPontual } from "./harness.mjs";

let pontual;
let browser;

before(async () => {
  [pontual, browser] = await Promise.all([startPontual(), startChromium()]);
  // Some of the demonstration's schedules fall due within a minute and would disturb the test's own times.
  await pontual.sql("UPDATE schedules SET due_at = due_at + interval '30 days' WHERE status = 'scheduled'");
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

/** Opens the form for a contact of the demonstration, with the department chosen. */
async function open(page, contact) {
  const [{ id }] = await pontual.sql("SELECT id FROM contacts WHERE name = $1", [contact]);
  await page.goto(`/schedules/new?contact_id=${id}`);
  await page.getByRole("combobox", { name: "Departamento" }).selectOption({ label: "Suporte" });
}

const when = (page) => page.getByRole("textbox", { name: "Quando" });
const figures = (page) => page.getByLabel("Data e hora");
const echo = (page) => page.locator("[data-echo]");

/** A day from today in the company's zone, as `05/12/2026`. */
async function inDays(days) {
  const [{ day }] = await pontual.sql("SELECT to_char((now() AT TIME ZONE 'America/Sao_Paulo')::date + $1::int, 'DD/MM/YYYY') AS day", [days]);
  return day;
}

/** Errors without the refusals that the test wants, which the browser logs too. */
const faults = (errors) => errors.filter((error) => !/status of (409|422)/.test(error));

test("words are echoed, fill in the figures, and are saved by keyboard alone", { timeout: 90_000 }, async () => {
  const { page, errors, context } = await administrator();
  await open(page, "Caio Fontes");
  await page.getByLabel("Comentário").fill("Combinar");
  await when(page).focus();
  await page.keyboard.type("amanhã 9h");
  await echo(page).waitFor();
  assert.match(await echo(page).textContent(), /09:00 \(amanhã\)/);
  assert.equal(await figures(page).inputValue(), `${await inDays(1)} 09:00`);
  await page.locator("[data-slot-free]").waitFor();
  assert.match(await page.locator("[data-day-load]").textContent(), /^Em \d\d\/\d\d: /);
  assert.deepEqual(await axe(page), []);
  await page.keyboard.press("Enter");
  await page.getByText("Aguardando o disparo").waitFor();
  const [{ due }] = await pontual.sql("SELECT to_char(due_local, 'DD/MM/YYYY HH24:MI') AS due FROM schedules ORDER BY id DESC LIMIT 1");
  assert.equal(due, `${await inDays(1)} 09:00`);
  assert.deepEqual(faults(errors), []);
  await context.close();
});

test("words that are saved before the echo has come count", { timeout: 60_000 }, async () => {
  const { page, context } = await administrator();
  await open(page, "Tereza Campos");
  await page.getByLabel("Comentário").fill("Combinar");
  await when(page).fill("em 3 dias às 10h");
  await page.keyboard.press("Enter");
  await page.getByText("Aguardando o disparo").waitFor();
  const [{ due }] = await pontual.sql("SELECT to_char(due_local, 'DD/MM/YYYY HH24:MI') AS due FROM schedules ORDER BY id DESC LIMIT 1");
  assert.equal(due, `${await inDays(3)} 10:00`);
  await context.close();
});

test("open words offer buttons, unknown words are marked, and figures by hand replace the words", { timeout: 90_000 }, async () => {
  const { page, errors, context } = await administrator();
  await open(page, "Caio Fontes");
  await when(page).pressSequentially("amanhã");
  await page.getByText("A que horas?").waitFor();
  assert.equal(await figures(page).inputValue(), "");
  assert.deepEqual(await axe(page), []);
  await page.locator("#slot [data-slot]").nth(1).click();
  await echo(page).getByText("14:00 (amanhã)").waitFor();
  assert.equal(await when(page).inputValue(), "");
  assert.equal(await figures(page).inputValue(), `${await inDays(1)} 14:00`);

  await when(page).pressSequentially("amanhã lua 9h");
  await page.locator("#slot mark").getByText("lua").waitFor();
  assert.equal(await figures(page).inputValue(), "");
  assert.deepEqual(await axe(page), []);
  await when(page).fill("");
  await echo(page).getByText("14:00 (amanhã)").waitFor();
  assert.equal(await figures(page).inputValue(), `${await inDays(1)} 14:00`, "without words, the figures are back");

  await when(page).fill("depois de amanhã 9h");
  await echo(page).getByText("09:00 (daqui a 2 dias)").waitFor();
  await figures(page).fill("");
  await figures(page).pressSequentially("031220311530");
  assert.equal(await figures(page).inputValue(), "03/12/2031 15:30", "the separators write themselves");
  assert.equal(await when(page).inputValue(), "");
  await echo(page).getByText("qua, 3 dez 2031, 15:30").waitFor();
  await figures(page).fill("");
  await figures(page).pressSequentially("04/12/2031 16:00");
  assert.equal(await figures(page).inputValue(), "04/12/2031 16:00", "also if one types them");
  assert.deepEqual(faults(errors), []);
  await context.close();
});

test("a suggested time is one click, and the browser's calendar fills in figures as in Brazil", { timeout: 90_000 }, async () => {
  const { page, context } = await administrator({ locale: "en-US" });
  await open(page, "Caio Fontes");
  await page.locator("[data-suggestion]").filter({ hasText: /^\s*amanhã/ }).click();
  await echo(page).getByText("(amanhã)").waitFor();
  await page.locator("[data-suggestion]").filter({ hasText: "+1 semana" }).click();
  await echo(page).getByText("(daqui a 8 dias)").waitFor();
  assert.match(await figures(page).inputValue(), /^\d\d\/\d\d\/\d{4} \d\d:\d\d$/);
  await page.locator("[data-slot-free]").waitFor();
  await page.locator("[data-due-native]").evaluate((native) => {
    native.value = "2031-05-06T15:45";
    native.dispatchEvent(new Event("change", { bubbles: true }));
  });
  assert.equal(await figures(page).inputValue(), "06/05/2031 15:45");
  await echo(page).getByText("ter, 6 mai 2031, 15:45").waitFor();
  await context.close();
});

test("without scripts the echo comes with the answer", { timeout: 90_000 }, async () => {
  const { page, context } = await administrator({ javaScriptEnabled: false });
  const [{ id }] = await pontual.sql("SELECT id FROM contacts WHERE name = 'Caio Fontes'");
  const [{ department }] = await pontual.sql("SELECT id AS department FROM departments WHERE name = 'Suporte'");
  await page.goto(`/schedules/new?contact_id=${id}`);
  await page.locator("#department_id").selectOption(String(department));
  await when(page).fill("amanhã às 3");
  await page.locator("#comment").fill("Combinar");
  await page.locator("#comment").press("Tab");
  const save = page.getByRole("button", { name: "Salvar agendamento" });
  await save.focus();
  await save.press("Enter");
  await page.locator("#slot").getByText("Qual destes horários?").waitFor();
  assert.equal(await when(page).inputValue(), "amanhã às 3");
  assert.equal(await page.locator("#comment").inputValue(), "Combinar");
  const afternoon = page.locator("#slot [data-slot]").first();
  await afternoon.focus();
  await afternoon.press("Enter");
  await echo(page).getByText("15:00 (amanhã)").waitFor();
  assert.equal(await figures(page).inputValue(), `${await inDays(1)} 15:00`);
  await save.focus();
  await save.press("Enter");
  await page.getByText("Aguardando o disparo").waitFor();
  await context.close();
});

test("the form fits a phone in both themes", { timeout: 90_000 }, async () => {
  for (const colorScheme of ["light", "dark"]) {
    const { page, context } = await administrator({ colorScheme, viewport: { width: 390, height: 844 } });
    await open(page, "Caio Fontes");
    await when(page).fill("amanhã");
    await page.getByText("A que horas?").waitFor();
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    assert.deepEqual(await axe(page), []);
    await context.close();
  }
});
