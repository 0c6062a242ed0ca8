// Working with the list of schedules: filters and the browser's "back", ticking and cancelling, changes
// that arrive meanwhile; without scripts too.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { person, signIn, startChromium, startPontual } from "./harness.mjs";

let pontual;
let browser;

before(async () => {
  [pontual, browser] = await Promise.all([startPontual(), startChromium()]);
  await pontual.sql("UPDATE settings SET spacing_minutes = 0");
});

after(async () => {
  await browser?.close();
  await pontual?.stop();
});

/** Inserts pending schedules with this comment, one minute apart, from 10:00 of a day on. */
async function plan(comment, count, day = "2030-12-05") {
  const rows = await pontual.sql(
    `WITH saved AS (
        INSERT INTO schedules (contact_id, department_id, action, due_at, due_local, due_zone, comment, created_by)
        SELECT c.id, d.id, 'open_ticket', t, t AT TIME ZONE 'America/Sao_Paulo', 'America/Sao_Paulo', $1, u.id
          FROM (SELECT ($3 || ' 13:00Z')::timestamptz + n * interval '1 minute' AS t FROM generate_series(0, $2 - 1) n) t,
               (SELECT min(id) AS id FROM contacts) c, (SELECT min(id) AS id FROM departments) d, (SELECT min(id) AS id FROM users) u
        RETURNING id),
     recorded AS (INSERT INTO schedule_history (schedule_id, kind) SELECT id, 'created' FROM saved),
     audited AS (INSERT INTO audit (action, subject_id) SELECT 'schedule.created', id FROM saved)
     SELECT id FROM saved ORDER BY id`,
    [comment, count, day],
  );
  return rows.map(({ id }) => id);
}

const tell = (ids) => pontual.sql("SELECT pg_notify('pontual_live', $1)", [JSON.stringify({ schedules_changed: ids.map(Number) })]);
const rows = (page) => page.locator("#schedule-rows tbody tr");

test("filters stay in the address, after \"back\" and after a reload", { timeout: 60_000 }, async () => {
  await plan("Filtrar girassol", 2);
  const { context, errors, page } = await person(browser, pontual);
  await signIn(page, "admin");
  await page.goto("/schedules");
  const all = await rows(page).count();
  await page.getByLabel("Buscar").fill("girassol");
  await page.getByLabel("Buscar").press("Enter");
  await page.waitForURL((url) => url.search === "?q=girassol");
  await page.locator(".chip", { hasText: "Busca: girassol" }).waitFor();
  assert.equal(await rows(page).count(), 2);
  assert.equal(await page.evaluate(() => document.activeElement.id), "q", "the search keeps the focus");
  await page.getByLabel("Ação", { exact: true }).selectOption("notify");
  await page.getByRole("heading", { name: "Nenhum agendamento encontrado" }).waitFor();
  assert.equal(new URL(page.url()).search, "?q=girassol&action=notify");
  await page.goBack();
  await page.waitForURL((url) => url.search === "?q=girassol");
  await page.waitForFunction(() => document.querySelectorAll("#schedule-rows tbody tr").length === 2);
  assert.equal(await page.locator("main").count(), 1, "the frame is not nested");
  await page.goBack();
  await page.waitForURL((url) => url.search === "");
  await page.waitForFunction((count) => document.querySelectorAll("#schedule-rows tbody tr").length === count, all);
  assert.equal(await page.getByLabel("Buscar").inputValue(), "");
  await page.goForward();
  await page.waitForFunction(() => document.querySelectorAll("#schedule-rows tbody tr").length === 2);
  await page.reload();
  assert.equal(await page.getByLabel("Buscar").inputValue(), "girassol");
  await page.getByRole("link", { name: "Semana" }).click();
  await page.waitForURL((url) => url.pathname === "/schedules/calendar" && url.searchParams.get("q") === "girassol");
  assert.deepEqual(errors, []);
  await context.close();
});

test("of filters chosen quickly the last one counts, and \"back\" goes through them without an error", { timeout: 60_000 }, async () => {
  await plan("Depressa lilás", 1);
  const { context, errors, page } = await person(browser, pontual);
  await signIn(page, "admin");
  await page.goto("/schedules");
  const search = page.getByLabel("Buscar");
  for (const word of ["lil", "lilá", "lilás"]) {
    await search.fill(word);
    await search.press("Enter");
  }
  await page.waitForURL((url) => url.searchParams.get("q") === "lilás");
  await page.locator(".chip", { hasText: "Busca: lilás" }).waitFor();
  await page.locator("#tab-failed").click();
  await page.waitForURL((url) => url.searchParams.get("status") === "failed");
  await page.goBack();
  await page.locator("#tab-all[aria-current=page]").waitFor();
  assert.equal(await page.getByLabel("Buscar").inputValue(), "lilás");
  assert.equal(await rows(page).count(), 1);
  await page.goBack();
  await page.waitForURL((url) => url.searchParams.get("q") !== "lilás");
  await page.waitForFunction(() => document.querySelector("#q").value === (new URL(location).searchParams.get("q") ?? ""));
  assert.ok(["BODY", "MAIN"].includes(await page.evaluate(() => document.activeElement.tagName)));
  assert.equal(await page.locator(".toast").count(), 0);
  assert.deepEqual(errors, []);
  await context.close();
});

test("a slow answer does not replace a later one", { timeout: 60_000 }, async () => {
  await plan("Vagaroso ipê", 1);
  const { context, errors, page } = await person(browser, pontual);
  await signIn(page, "admin");
  await page.goto("/schedules");
  await page.route("**/schedules?*q=vagaroso*", async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await route.continue();
  });
  await page.getByLabel("Buscar").fill("vagaroso");
  await page.getByLabel("Buscar").press("Enter");
  const late = page.waitForResponse((answer) => answer.url().includes("vagaroso"));
  await page.locator("#tab-failed").click();
  await page.locator("#tab-failed[aria-current=page]").waitFor();
  await (await late).finished();
  await page.waitForTimeout(200);
  assert.equal(new URL(page.url()).search, "?status=failed");
  assert.equal(await page.locator("#tab-failed[aria-current=page]").count(), 1);
  assert.equal(await page.locator(".chip").count(), 0);
  assert.deepEqual(errors, []);
  await context.close();
});

test("nothing is cancelled before something is ticked", { timeout: 60_000 }, async () => {
  const [id] = await plan("Marcar antes", 1);
  const { context, errors, page } = await person(browser, pontual);
  await signIn(page, "admin");
  await page.goto("/schedules?q=Marcar+antes");
  const button = page.locator("#bulk-cancel");
  assert.equal(await button.isDisabled(), true);
  await page.locator(`#select-${id}`).check();
  assert.equal(await button.isDisabled(), false);
  assert.equal(await button.textContent(), "Cancelar selecionados (1)");
  await page.locator(`#select-${id}`).uncheck();
  assert.equal(await button.isDisabled(), true);
  assert.deepEqual(errors, []);
  await context.close();
});

test("ticked schedules are cancelled after one question", { timeout: 60_000 }, async () => {
  const ids = await plan("Cancelar tulipa", 3);
  const { context, errors, page } = await person(browser, pontual);
  await signIn(page, "admin");
  await page.goto("/schedules?q=tulipa");
  await page.getByLabel("Selecionar todos desta página").check();
  await page.getByRole("button", { name: "Cancelar selecionados (3)" }).waitFor();
  await page.locator(`#select-${ids[0]}`).uncheck();
  await page.getByRole("button", { name: "Cancelar selecionados (2)" }).click();
  const dialog = page.getByRole("dialog", { name: "Cancelar 2 agendamentos?" });
  await dialog.getByLabel("Motivo").fill("Fim da campanha");
  await dialog.getByRole("button", { name: "Cancelar agendamentos" }).click();
  await page.getByText("Agendamentos selecionados cancelados.").waitFor();
  assert.equal(new URL(page.url()).search, "?q=tulipa");
  const left = await pontual.sql("SELECT id FROM schedules WHERE comment = 'Cancelar tulipa' AND status = 'scheduled'");
  assert.deepEqual(left, [{ id: ids[0] }]);
  assert.deepEqual(errors, []);
  await context.close();
});

test("a live change keeps focus, ticks, scroll position and typed text", { timeout: 60_000 }, async () => {
  const ids = await plan("Vivo jasmim", 25);
  // With reduced motion the page jumps to the focused element instead of scrolling smoothly.
  const screen = { viewport: { width: 1280, height: 500 }, reducedMotion: "reduce" };
  const { context, errors, page } = await person(browser, pontual, screen);
  await signIn(page, "admin");
  await page.goto("/schedules?q=jasmim&sort=due");
  await page.locator(`#select-${ids[20]}`).check();
  await page.getByLabel("Buscar").fill("ainda não enviado");
  await page.locator(`#act-${ids[22]}`).focus();
  const scroll = await page.evaluate(() => scrollY);
  assert.ok(scroll > 0);
  await pontual.sql("UPDATE schedules SET status = 'cancelled', finished_at = now() WHERE id = $1", [ids[21]]);
  await tell([ids[21]]);
  await page.locator(`#schedule-${ids[21]}`).getByText("Cancelado").waitFor();
  assert.equal(await page.locator(`#select-${ids[20]}`).isChecked(), true);
  assert.equal(await page.getByLabel("Buscar").inputValue(), "ainda não enviado");
  assert.equal(await page.evaluate(() => document.activeElement.id), `act-${ids[22]}`);
  assert.equal(await page.evaluate(() => scrollY), scroll);
  await page.getByRole("button", { name: "Cancelar selecionados (1)" }).waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

test("a burst of changes is fetched a few times, not once for each", { timeout: 60_000 }, async () => {
  const ids = await plan("Rajada de lírio", 5);
  const { context, errors, page } = await person(browser, pontual);
  await signIn(page, "admin");
  await page.goto("/schedules?q=l%C3%ADrio");
  let fetched = 0;
  page.on("request", (request) => new URL(request.url()).pathname === "/schedules" && (fetched += 1));
  for (let n = 0; n < 100; n += 1) await tell(ids);
  await pontual.sql("UPDATE schedules SET status = 'cancelled', finished_at = now() WHERE id = ANY ($1)", [ids]);
  await tell(ids);
  await page.waitForFunction(() => document.querySelectorAll("#schedule-rows tbody .st-cancelled").length === 5);
  assert.ok(fetched <= 5, `${fetched} times`);
  assert.deepEqual(errors, []);
  await context.close();
});

test("without scripts the list filters, sorts, pages and cancels", { timeout: 60_000 }, async () => {
  await plan("Sem roteiro orquídea", 30);
  const { context, errors, page } = await person(browser, pontual, { javaScriptEnabled: false });
  await signIn(page, "admin");
  await page.goto("/schedules");
  await page.getByLabel("Buscar").fill("orquidea");
  await page.getByRole("button", { name: "Filtrar" }).click();
  await page.getByLabel("Ordenar por").selectOption("due");
  await page.getByRole("button", { name: "Ordenar" }).click();
  assert.equal(await rows(page).count(), 25);
  await page.getByRole("link", { name: "Próximos", exact: true }).click();
  assert.equal(await rows(page).count(), 5);
  await rows(page).first().getByRole("checkbox").check();
  await rows(page).nth(1).getByRole("checkbox").check();
  await page.getByRole("button", { name: "Cancelar selecionados" }).click();
  await page.getByRole("heading", { name: "Cancelar 2 agendamentos?" }).waitFor();
  await page.getByRole("button", { name: "Cancelar agendamentos" }).click();
  await page.getByText("Agendamentos selecionados cancelados.").waitFor();
  assert.equal(await page.locator("#tab-cancelled .n").textContent(), "2");
  assert.deepEqual(errors, []);
  await context.close();
});

test("on a narrow screen the filters are folded away until they are opened", { timeout: 60_000 }, async () => {
  const { context, errors, page } = await person(browser, pontual, { viewport: { width: 390, height: 844 } });
  await signIn(page, "admin");
  await page.goto("/schedules");
  await page.getByLabel("Departamento", { exact: true }).waitFor({ state: "hidden" });
  await page.getByText("Mais filtros").click();
  await page.getByLabel("Departamento", { exact: true }).selectOption({ index: 1 });
  await page.locator(".chip", { hasText: "Departamento:" }).waitFor();
  await page.getByRole("link", { name: "Limpar filtros" }).click();
  await page.locator(".chip").first().waitFor({ state: "detached" });
  assert.equal(new URL(page.url()).search, "");
  assert.deepEqual(errors, []);
  await context.close();
});
