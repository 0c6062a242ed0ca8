// The calendar: moving a pending schedule by mouse, by keyboard and without scripts.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { person, signIn, startChromium, startPontual } from "./harness.mjs";

let pontual;
let browser;

before(async () => {
  [pontual, browser] = await Promise.all([startPontual(), startChromium()]);
});

after(async () => {
  await browser?.close();
  await pontual?.stop();
});

/** Inserts a pending schedule; `local` is in the company's time zone. */
async function plan(local) {
  const [{ id }] = await pontual.sql(
    `WITH saved AS (
        INSERT INTO schedules (contact_id, department_id, action, due_at, due_local, due_zone, comment, created_by, min_gap)
        SELECT c.id, d.id, 'open_ticket', $1::timestamp AT TIME ZONE 'America/Sao_Paulo', $1::timestamp, 'America/Sao_Paulo', 'Mover', u.id, '4 minutes'
          FROM (SELECT id FROM contacts WHERE archived_at IS NULL ORDER BY id LIMIT 1) c,
               (SELECT id FROM departments WHERE deactivated_at IS NULL ORDER BY id LIMIT 1) d, (SELECT min(id) AS id FROM users) u
        RETURNING id),
     recorded AS (INSERT INTO schedule_history (schedule_id, kind) SELECT id, 'created' FROM saved),
     audited AS (INSERT INTO audit (action, subject_id) SELECT 'schedule.created', id FROM saved)
     SELECT id FROM saved`,
    [local],
  );
  return id;
}

const due = async (id) => (await pontual.sql("SELECT to_char(due_local, 'YYYY-MM-DD HH24:MI') AS due FROM schedules WHERE id = $1", [id]))[0].due;
const cell = (page, drop) => page.locator(`[data-drop="${drop}"]`);

test("a schedule is dragged to another hour and day", { timeout: 60_000 }, async () => {
  const id = await plan("2031-03-04 10:12");
  const { context, errors, page } = await person(browser, pontual, { viewport: { width: 1280, height: 1400 } });
  await signIn(page, "admin");
  await page.goto("/schedules/calendar?view=week&date=2031-03-04");
  await page.locator(`#entry-${id}`).dragTo(cell(page, "2031-03-06T15"));
  await cell(page, "2031-03-06T15").locator(`#entry-${id}`).waitFor();
  assert.equal(await due(id), "2031-03-06 15:12");
  await page.getByRole("link", { name: "Mês", exact: true }).click();
  await page.locator(`#entry-${id}`).dragTo(cell(page, "2031-03-20"));
  await cell(page, "2031-03-20").locator(`#entry-${id}`).waitFor();
  assert.equal(await due(id), "2031-03-20 15:12");
  assert.deepEqual(errors, []);
  await context.close();
});

test("a schedule is moved by the keyboard, or left where it was", { timeout: 60_000 }, async () => {
  const id = await plan("2031-04-02 10:00");
  const { context, errors, page } = await person(browser, pontual);
  await signIn(page, "admin");
  await page.goto("/schedules/calendar?view=week&date=2031-04-02");
  const said = page.locator("#live");
  await page.locator(`#entry-${id}`).focus();
  await page.keyboard.press("m");
  await page.waitForFunction(() => document.querySelector("#live").textContent.includes("Enter confirma"));
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowDown");
  assert.match(await said.textContent(), /quinta-feira, 03\/04\/2031.*10:15/);
  await page.keyboard.press("Escape");
  assert.equal(await due(id), "2031-04-02 10:00");
  for (const key of ["m", "ArrowRight", "ArrowUp", "Enter"]) await page.keyboard.press(key);
  await cell(page, "2031-04-03T09").locator(`#entry-${id}`).waitFor();
  await page.getByText("Agendamento movido para 03/04/2031 às 09:45.").waitFor();
  assert.equal(await due(id), "2031-04-03 09:45");
  assert.equal(await page.evaluate(() => document.activeElement.id), `entry-${id}`);
  assert.deepEqual(errors, []);
  await context.close();
});

test("a move is announced and can be undone, also by the keyboard", { timeout: 60_000 }, async () => {
  const id = await plan("2031-03-11 10:12");
  const { context, errors, page } = await person(browser, pontual, { viewport: { width: 1280, height: 1400 } });
  await signIn(page, "admin");
  await page.goto("/schedules/calendar?view=week&date=2031-03-11");
  await page.locator(`#entry-${id}`).dragTo(cell(page, "2031-03-13T15"));
  await page.getByText("Agendamento movido para 13/03/2031 às 15:12.").waitFor();
  const undo = page.getByRole("button", { name: /^Desfazer/ });
  await undo.focus();
  await page.keyboard.press("Enter");
  await page.getByText("O agendamento voltou para 11/03/2031 às 10:12.").waitFor();
  await cell(page, "2031-03-11T10").locator(`#entry-${id}`).waitFor();
  assert.equal(await due(id), "2031-03-11 10:12");
  assert.equal(await undo.count(), 0, "a move can be undone only once");
  assert.equal(await page.evaluate(() => document.activeElement.id), `entry-${id}`);
  assert.deepEqual(errors, []);
  await context.close();
});

test("a move is not undone if somebody else has taken the old time", { timeout: 60_000 }, async () => {
  const id = await plan("2031-03-18 10:00");
  const { context, errors, page } = await person(browser, pontual, { viewport: { width: 1280, height: 1400 } });
  await signIn(page, "admin");
  await page.goto("/schedules/calendar?view=week&date=2031-03-18");
  await page.locator(`#entry-${id}`).dragTo(cell(page, "2031-03-20T15"));
  await page.getByText("Agendamento movido para 20/03/2031 às 15:00.").waitFor();
  await plan("2031-03-18 10:00");
  await page.getByRole("button", { name: /^Desfazer/ }).click();
  await page.getByRole("dialog").getByText("Já existe um agendamento em 18/03/2031 às 10:00.").waitFor();
  assert.equal(await due(id), "2031-03-20 15:00");
  await page.waitForFunction(() => document.querySelector(".modal.show")?.contains(document.activeElement));
  await page.keyboard.press("Escape");
  await page.waitForFunction((entry) => document.activeElement?.id === entry, `entry-${id}`);
  assert.deepEqual(errors.filter((error) => !/status of 422/.test(error)), []);
  await context.close();
});

test("a past day accepts no schedule and says so", { timeout: 60_000 }, async () => {
  const { context, errors, page } = await person(browser, pontual, { viewport: { width: 1280, height: 1400 } });
  const [{ local }] = await pontual.sql("SELECT to_char((now() AT TIME ZONE 'America/Sao_Paulo')::date + 1, 'YYYY-MM-DD') || ' 10:36' AS local");
  const id = await plan(local);
  await signIn(page, "admin");
  // Tomorrow's month shows past days, unless tomorrow is the 1st and a Sunday: then there is nothing to test.
  const entry = page.locator(`#entry-${id}`);
  await page.goto(`/schedules/calendar?date=${local.slice(0, 10)}`);
  if (!(await page.locator("[data-refuses]").count())) {
    await context.close();
    return;
  }
  await entry.dragTo(page.locator("[data-refuses]").first());
  await page.getByText(/Este dia já passou\. O agendamento de .* continua em .* às 10:36\./).waitFor();
  assert.equal(await due(id), local);
  assert.equal(await page.locator(`[data-drop="${local.slice(0, 10)}"] #entry-${id}`).count(), 1);
  assert.deepEqual(errors, []);
  await context.close();
});

test("a move onto another schedule offers the free times beside it", { timeout: 60_000 }, async () => {
  await plan("2031-05-06 14:00");
  const id = await plan("2031-05-06 10:00");
  const { context, errors, page } = await person(browser, pontual, { viewport: { width: 1280, height: 1400 } });
  await signIn(page, "admin");
  await page.goto("/schedules/calendar?view=week&date=2031-05-06");
  await page.locator(`#entry-${id}`).dragTo(cell(page, "2031-05-06T14"));
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Já existe um agendamento em 06/05/2031 às 14:00.").waitFor();
  assert.equal(await due(id), "2031-05-06 10:00");
  await dialog.getByRole("button", { name: /às 14:04/ }).click();
  await page.getByText("Agendamento movido.").waitFor();
  assert.equal(await due(id), "2031-05-06 14:04");
  assert.equal(new URL(page.url()).search, "?view=week&date=2031-05-06");
  // The browser logs the refusals that the test wants.
  assert.deepEqual(errors.filter((error) => !/status of 422/.test(error)), []);
  await context.close();
});

test("a click on a free time starts a new schedule there", { timeout: 60_000 }, async () => {
  const { context, errors, page } = await person(browser, pontual, { viewport: { width: 1280, height: 1400 } });
  await signIn(page, "admin");
  await page.goto("/schedules/calendar?view=week&date=2031-06-04");
  await cell(page, "2031-06-05T11").click();
  await page.waitForURL("**/schedules/new?due_at=2031-06-05T11:00");
  assert.equal(await page.getByLabel("Data e hora").inputValue(), "05/06/2031 11:00");
  assert.deepEqual(errors, []);
  await context.close();
});

test("the calendar shows a change live, and \"back\" returns to the previous month", { timeout: 60_000 }, async () => {
  const { context, errors, page } = await person(browser, pontual);
  await signIn(page, "admin");
  await page.goto("/schedules/calendar?date=2031-07-10");
  const id = await plan("2031-07-10 10:00");
  await pontual.sql("SELECT pg_notify('pontual_live', $1)", [JSON.stringify({ schedules_changed: [Number(id)] })]);
  await page.locator(`#entry-${id}`).waitFor();
  await page.getByRole("link", { name: "Próximo mês" }).click();
  await page.getByRole("heading", { name: "Agosto de 2031" }).waitFor();
  await page.goBack();
  await page.getByRole("heading", { name: "Julho de 2031" }).waitFor();
  await page.locator(`#entry-${id}`).waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

test("on a narrow screen a day of the month is chosen and listed below", { timeout: 60_000 }, async () => {
  const id = await plan("2031-08-14 10:00");
  const { context, errors, page } = await person(browser, pontual, { viewport: { width: 390, height: 844 } });
  await signIn(page, "admin");
  await page.goto("/schedules/calendar?date=2031-08-01");
  await page.getByRole("link", { name: "14 de agosto, 1 agendamento" }).click();
  await page.getByRole("heading", { name: "Quinta-feira, 14 de agosto" }).waitFor();
  await page.locator(`.agenda a[href="/schedules/${id}"]`).waitFor();
  await page.goto("/schedules/calendar?view=week&date=2031-08-14");
  await page.locator(`.agenda a[href="/schedules/${id}"]`).waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

test("without scripts a page moves the schedule", { timeout: 60_000 }, async () => {
  const id = await plan("2031-09-03 10:00");
  const { context, errors, page } = await person(browser, pontual, { javaScriptEnabled: false });
  await signIn(page, "admin");
  await page.goto("/schedules/calendar?view=week&date=2031-09-03");
  await page.getByRole("link", { name: /^Mover agendamento/ }).first().click();
  await page.getByLabel("Nova data e hora").fill("2031-09-04T11:00");
  await page.getByRole("button", { name: "Mover", exact: true }).click();
  await page.getByText("Agendamento movido.").waitFor();
  await cell(page, "2031-09-04T11").locator(`#entry-${id}`).waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

test("undoing a move returns the schedule to the second of two repeated hours", { timeout: 60_000 }, async () => {
  const id = await plan("2030-10-31 01:30");
  await pontual.sql("UPDATE schedules SET due_at = '2027-10-31 01:30Z' WHERE id = $1", [id]);
  await pontual.sql("UPDATE settings SET time_zone = 'Europe/Lisbon'");
  const { context, errors, page } = await person(browser, pontual, { viewport: { width: 1280, height: 1400 } });
  await signIn(page, "admin");
  await page.goto("/schedules/calendar?view=week&date=2027-10-31");
  await page.locator(`#entry-${id}`).dragTo(cell(page, "2027-11-02T15"));
  await page.getByText("Agendamento movido para 02/11/2027 às 15:30.").waitFor();
  await page.getByRole("button", { name: /^Desfazer/ }).click();
  await page.getByText("O agendamento voltou para 31/10/2027 às 01:30.").waitFor();
  const [{ at }] = await pontual.sql("SELECT due_at AT TIME ZONE 'UTC' || '' AS at FROM schedules WHERE id = $1", [id]);
  assert.equal(at, "2027-10-31 01:30:00");
  await pontual.sql("UPDATE settings SET time_zone = 'America/Sao_Paulo'");
  assert.deepEqual(errors, []);
  await context.close();
});
