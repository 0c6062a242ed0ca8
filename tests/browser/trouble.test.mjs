// What people see when something fails: refused requests, lost connections, the end of a session; and
// what must not be lost then.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { person, signIn, startChromium, startPontual } from "./harness.mjs";

let pontual;
let browser;

before(async () => {
  [pontual, browser] = await Promise.all([startPontual(), startChromium()]);
  // Some of the demonstration's schedules fall due within a minute and would disturb the tests.
  await pontual.sql("UPDATE schedules SET due_at = due_at + interval '30 days' WHERE status = 'scheduled'");
});

after(async () => {
  await browser?.close();
  await pontual?.stop();
});

async function administrator() {
  const admin = await person(browser, pontual);
  await signIn(admin.page, "admin");
  return admin;
}

/** Somebody else cancels the schedule. */
async function cancel(context, id) {
  const page = await context.newPage();
  await page.goto(`/schedules/${id}/cancellation`);
  await page.getByLabel("Motivo").fill("Cancelado em outra aba");
  await page.getByRole("button", { name: "Cancelar agendamento" }).click();
  await page.getByText("Motivo: Cancelado em outra aba").waitFor();
  await page.close();
}

/** Ends the server's listening connection, so that each stream starts again. */
const loseAnnouncements = () => pontual.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ILIKE 'LISTEN%' AND pid <> pg_backend_pid()");

const pending = async () => (await pontual.sql("SELECT id, contact_id FROM schedules WHERE status = 'scheduled' ORDER BY id LIMIT 1"))[0];

test("a notice reports a request that failed or was refused", { timeout: 60_000 }, async () => {
  const { page, context } = await administrator();
  await page.goto("/notifications");
  const readAll = page.locator("main").getByRole("button", { name: "Marcar todas como lidas" });
  await page.evaluate(() => document.querySelectorAll("[data-read-all]").forEach((form) => (form.hidden = false)));
  await page.route("**/notifications/reading", (route) => route.abort());
  await readAll.click();
  const warning = page.locator("[data-toasts] [data-warning]");
  await warning.getByText("Sem conexão. Tente de novo.").waitFor();
  await page.unroute("**/notifications/reading");
  assert.equal(await warning.count(), 1);
  await warning.getByRole("button", { name: "Fechar aviso" }).click();
  assert.equal(await warning.count(), 0);
  // A token older than the browser's cookie is renewed, and the click still takes effect.
  await page.evaluate(() => {
    document.body.setAttribute("hx-headers", '{"X-CSRF-Token":"00"}');
    for (const field of document.querySelectorAll("input[name=csrf]")) field.value = "00";
  });
  const read = page.waitForResponse((answer) => answer.url().endsWith("/notifications/reading") && answer.status() < 400);
  await readAll.click();
  await read;
  await page.route("**/notifications/reading", (route) => route.fulfill({ status: 403, contentType: "text/html", body: "<h1 data-error-title>Você não tem acesso</h1><p data-error-text>Peça ao administrador.</p>" }));
  await page.evaluate(() => document.querySelectorAll("[data-read-all]").forEach((form) => (form.hidden = false)));
  await readAll.click();
  await warning.getByText("Você não tem acesso. Peça ao administrador.").waitFor();
  await context.close();
});

test("the side of a conversation follows the contact's schedules, and focus stays", { timeout: 60_000 }, async () => {
  const { page, context, errors } = await administrator();
  const { id, contact_id: contact } = await pending();
  await page.goto(`/contacts/${contact}/conversation`);
  const line = page.locator(`#dados a[href="/schedules/${id}"]`);
  await line.focus();
  await cancel(context, id);
  await page.bringToFront();
  await line.getByText("Cancelado").waitFor();
  assert.equal(await line.evaluate((link) => link === document.activeElement), true);
  assert.deepEqual(errors, []);
  await context.close();
});

test("after a lost connection schedules are refreshed, but not behind an open dialogue", { timeout: 60_000 }, async () => {
  const { page, context, errors } = await administrator();
  const { id } = await pending();
  await page.goto(`/schedules/${id}`);
  const write = (comment) => pontual.sql("UPDATE schedules SET comment = $2 WHERE id = $1", [id, comment]);
  // The bell stores its entries as soon as the stream has started.
  await page.waitForFunction(() => sessionStorage.getItem(`pontual-bell-${document.body.dataset.user}`));
  await write("Mudado sem aviso");
  await loseAnnouncements();
  await page.getByText("Mudado sem aviso").waitFor();

  await page.getByRole("link", { name: "Cancelar agendamento" }).click();
  const dialogue = page.getByRole("dialog");
  await dialogue.getByLabel("Motivo").fill("Ainda não");
  await write("Mudado de novo");
  const synced = page.evaluate(() => new Promise((resolve) => new BroadcastChannel(`pontual-live-${document.body.dataset.user}`).addEventListener("message", ({ data }) => data.type === "sync" && resolve())));
  await loseAnnouncements();
  await synced;
  assert.equal(await dialogue.getByLabel("Motivo").inputValue(), "Ainda não");
  assert.equal(await page.getByText("Mudado de novo").count(), 0);
  await page.keyboard.press("Escape");
  await page.getByText("Mudado de novo").waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

test("the end of a session does not lose text that is being written", { timeout: 60_000 }, async () => {
  const { page, context } = await administrator();
  const [{ id }] = await pontual.sql("SELECT id FROM tickets WHERE status = 'open' LIMIT 1");
  const idle = await context.newPage();
  await idle.goto("/schedules");
  await page.goto(`/tickets/${id}`);
  await page.getByLabel(/^Mensagem para|^Texto para/).fill("Metade de uma frase");
  const other = await context.newPage();
  await other.goto("/notifications");
  await other.getByRole("button", { name: /Menu do usuário/ }).click();
  await other.getByRole("button", { name: "Sair" }).click();
  await other.waitForURL(/login/);
  await idle.waitForURL(/login/);
  const warning = page.locator("[data-warning=ended]");
  await warning.getByText("Sua sessão terminou.").waitFor();
  assert.equal(await page.locator("[data-composer] textarea").inputValue(), "Metade de uma frase");
  const opened = context.waitForEvent("page");
  await warning.getByRole("link", { name: "Entre de novo em outra aba" }).click();
  await (await opened).waitForURL("**/login");
  await context.close();
});

test("the end of a session is not reported as a lost connection", { timeout: 60_000 }, async () => {
  const { page, context } = await administrator();
  const [{ id }] = await pontual.sql("SELECT id FROM tickets WHERE status = 'open' LIMIT 1");
  await page.goto(`/tickets/${id}`);
  await page.getByLabel(/^Mensagem para|^Texto para/).fill("Metade de uma frase");
  // This tab holds the stream, and the other one ends the session.
  const other = await context.newPage();
  await other.goto("/notifications");
  await other.getByRole("button", { name: /Menu do usuário/ }).click();
  await other.getByRole("button", { name: "Sair" }).click();
  await other.waitForURL(/login/);
  await page.locator("[data-warning=ended]").getByText("Sua sessão terminou.").waitFor();
  // A lost connection is reported 3 s after the stream broke.
  await page.waitForTimeout(4_000);
  assert.equal(await page.locator("[data-connection-lost]").count(), 0);
  await context.close();
});

test("Enter never chooses a contact that does not match the typed text", { timeout: 60_000 }, async () => {
  const { page, context } = await administrator();
  let answer = () => {};
  await page.route("**/schedules/new/contacts?q=Tereza*", async (route) => {
    await new Promise((resolve) => (answer = resolve));
    await route.continue();
  });
  await page.goto("/schedules/new");
  const contact = page.getByRole("combobox", { name: "Contato" });
  await contact.click();
  const asked = page.waitForRequest((request) => new URL(request.url()).searchParams.get("q") === "Tereza");
  await page.keyboard.type("Tereza");
  await page.keyboard.press("Enter");
  assert.equal(await page.locator("#contact_id").inputValue(), "");
  await asked;
  await page.getByText("Buscando…").waitFor();
  await page.keyboard.press("Enter");
  assert.equal(await page.locator("#contact_id").inputValue(), "");
  answer();
  await page.getByRole("option", { name: "Tereza Campos" }).waitFor();
  await page.keyboard.press("Enter");
  const [{ id }] = await pontual.sql("SELECT id FROM contacts WHERE name = 'Tereza Campos'");
  assert.equal(await page.locator("#contact_id").inputValue(), id);
  await context.close();
});

test("a late answer never replaces the list of attendants that was chosen from", { timeout: 60_000 }, async () => {
  const { page, context } = await administrator();
  const [{ id }] = await pontual.sql("SELECT id FROM departments WHERE name = 'Suporte'");
  let late = () => {};
  const held = new Promise((resolve) => (late = resolve));
  const asked = [];
  await page.route("**/schedules/new/attendants*", async (route) => {
    asked.push(route.request().url());
    if (asked.length === 1) await held;
    await route.continue().catch(() => {});
  });
  await page.goto("/schedules/new");
  const department = page.getByRole("combobox", { name: "Departamento" });
  await department.selectOption({ label: "Financeiro" });
  await department.selectOption({ label: "Suporte" });
  await page.getByRole("combobox", { name: "Atendente" }).selectOption({ label: "Bruno Lima" });
  late();
  await page.getByLabel("Data e hora").fill("2031-05-12T10:00");
  await page.getByText("Horário livre.").waitFor();
  assert.equal(asked.length, 2);
  assert.equal(await department.inputValue(), id);
  assert.equal(await page.locator("#attendant_id option:checked").textContent(), "Bruno Lima");
  await context.close();
});

test("a message that arrives at the moment of the click keeps the ticket open and the draft", { timeout: 60_000 }, async () => {
  const { page, context, errors } = await administrator();
  const [{ id: ticket, contact_id: contact }] = await pontual.sql(
    "SELECT t.id, t.contact_id FROM tickets t JOIN contacts c ON c.id = t.contact_id WHERE t.status = 'open' ORDER BY t.id LIMIT 1",
  );
  await page.goto(`/contacts/${contact}/conversation`);
  const link = await page.locator("#dados input[readonly]").first().inputValue();
  const customer = await person(browser, pontual);
  await customer.page.goto(new URL(link).pathname);
  await page.goto(`/tickets/${ticket}`);
  await page.locator("[data-composer] textarea").fill("Um rascunho");
  await page.evaluate(() => {
    const thread = document.querySelector("[data-thread]");
    const close = () => thread.textContent.includes("Esperem, por favor") && document.querySelector("[data-close-ticket]").click();
    new MutationObserver(close).observe(thread, { childList: true });
  });
  const write = async (text) => {
    await customer.page.getByLabel("Sua mensagem").fill(text);
    await customer.page.getByRole("button", { name: "Enviar mensagem" }).click();
  };
  await write("Esperem, por favor");
  await page.getByText("O chamado não foi fechado.").waitFor();
  assert.equal(await page.locator("[data-composer] textarea").inputValue(), "Um rascunho");
  assert.equal((await pontual.sql("SELECT status FROM tickets WHERE id = $1", [ticket]))[0].status, "open");

  await page.locator("[data-composer] textarea").fill("");
  await write("Agora sim, obrigada");
  await page.getByRole("log").getByText("Agora sim, obrigada").waitFor();
  const last = Number(await page.locator("[data-message]").last().getAttribute("data-message"));
  await page.waitForFunction((last) => Number(document.querySelector("[name=up_to]").value) >= last, last);
  await page.getByRole("button", { name: "Fechar chamado" }).click();
  await page.getByText("Este chamado está fechado.").waitFor();
  const refused = (text) => !text.includes("409");
  assert.deepEqual(errors.filter(refused), []);
  await context.close();
  await customer.context.close();
});
