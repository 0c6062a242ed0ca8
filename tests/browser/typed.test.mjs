// Typed text is never lost: when sessions end, texts are pasted, or searches fail; and on phones.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { PASSWORD, axe, person, signIn, startChromium, startPontual } from "./harness.mjs";

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

async function administrator(options = {}) {
  const admin = await person(browser, pontual, options);
  await signIn(admin.page, "admin");
  return admin;
}

/** Signs out in another tab. */
async function signOut(context) {
  const other = await context.newPage();
  await other.goto("/notifications");
  await other.getByRole("button", { name: /Menu do usuário/ }).click();
  await other.getByRole("button", { name: "Sair" }).click();
  await other.waitForURL(/login/);
  await other.close();
}

async function fillSignIn(page, name = "admin") {
  await page.getByLabel("E-mail").fill(`${name}@pontual.example`);
  await page.getByLabel("Senha", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Entrar" }).click();
}

const count = async (name) => Number((await pontual.sql("SELECT count(*) FROM contacts WHERE name = $1", [name]))[0].count);
const openTicket = async () => (await pontual.sql("SELECT t.id, t.contact_id FROM tickets t JOIN contacts c ON c.id = t.contact_id WHERE t.status = 'open' ORDER BY t.id LIMIT 1"))[0];

test("a form stays when its session ends, and is saved after a sign-in in another tab", { timeout: 90_000 }, async () => {
  const { page, context } = await administrator();
  await page.goto("/contacts/new");
  await page.getByLabel("Nome").fill("Aba Aberta");
  await page.getByLabel("Telefone").fill("(11) 90000-7701");
  await signOut(context);
  const warning = page.locator("[data-warning=ended]");
  await warning.getByText("O que você digitou continua aqui.").waitFor();
  assert.equal(await page.getByLabel("Nome").inputValue(), "Aba Aberta");
  const opened = context.waitForEvent("page");
  await warning.getByRole("link", { name: "Entre de novo em outra aba" }).click();
  const other = await opened;
  await other.waitForURL("**/login");
  await fillSignIn(other);
  await other.waitForURL((url) => url.pathname !== "/login");
  await other.close();
  await page.bringToFront();
  await warning.waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Salvar contato" }).last().click();
  await page.getByText("Contato salvo.").waitFor();
  assert.equal(await count("Aba Aberta"), 1);
  await context.close();
});

test("a form with only choices stays too, and an untouched form leads to the sign-in", { timeout: 60_000 }, async () => {
  const { page, context } = await administrator();
  await page.goto("/roles");
  await page.locator('main a[href^="/roles/"]:not([href$=new])').last().click();
  await page.waitForURL(/roles\/\d+$/);
  const switches = page.locator("main form input[type=checkbox]:enabled");
  await switches.first().evaluate((box) => box.click());
  const idle = await context.newPage();
  await idle.goto("/people/new");
  await signOut(context);
  await idle.waitForURL(/login\?next=.*people/);
  await page.locator("[data-warning=ended]").waitFor();
  await context.close();
});

for (const javaScriptEnabled of [true, false]) {
  test(`a form sent without a session is there again after the sign-in, ${javaScriptEnabled ? "with" : "without"} scripts`, { timeout: 60_000 }, async () => {
    const [name, phone] = javaScriptEnabled ? ["Com Script", "(11) 90000-7702"] : ["Sem Script", "(11) 90000-7703"];
    const { page, context } = await administrator({ javaScriptEnabled });
    await page.goto("/contacts/new");
    await page.getByLabel("Nome").fill(name);
    await page.getByLabel("Telefone").fill(phone);
    await context.clearCookies({ name: "pontual" });
    await page.getByRole("button", { name: "Salvar contato" }).last().click();
    await page.getByText("Sua sessão terminou, e o formulário não foi enviado.").waitFor();
    if (javaScriptEnabled) assert.deepEqual(await axe(page), []);
    await fillSignIn(page);
    await page.getByRole("heading", { name: "Confira e envie de novo" }).waitFor();
    assert.equal(await page.getByText(name).count(), 1);
    assert.equal(await page.getByText(phone).count(), 1);
    if (javaScriptEnabled) assert.deepEqual(await axe(page), []);
    assert.equal(await count(name), 0);
    await page.getByRole("button", { name: "Enviar de novo" }).click();
    await page.waitForURL(/contacts\/\d+$/);
    assert.equal(await count(name), 1);
    await context.close();
  });
}

test("a reply and an htmx button work with the browser's old token", { timeout: 60_000 }, async () => {
  const { page, context } = await administrator();
  const { id } = await openTicket();
  await page.goto(`/tickets/${id}`);
  await page.evaluate(() => {
    for (const field of document.querySelectorAll("input[name=csrf]")) field.value = "00";
    document.body.setAttribute("hx-headers", '{"X-CSRF-Token":"00"}');
  });
  await page.locator("[data-composer] textarea").fill("Com uma chave velha");
  await page.keyboard.press("Enter");
  await page.locator(".msg.out:not(.pending)", { hasText: "Com uma chave velha" }).waitFor();
  await context.close();
});

test("pasted text is kept whole, counted, and refused with a reason", { timeout: 60_000 }, async () => {
  const { page, context } = await administrator();
  const text = "a".repeat(6_712);
  const { id } = await openTicket();
  await page.goto(`/tickets/${id}`);
  const reply = page.locator("[data-composer] textarea");
  await reply.focus();
  await page.evaluate((pasted) => document.execCommand("insertText", false, pasted), text);
  assert.equal((await reply.inputValue()).length, 6_712);
  await page.locator("#reply-count", { hasText: "6.712 de 4.096 caracteres" }).waitFor();
  await page.keyboard.press("Enter");
  await page.locator("[data-composer-error]", { hasText: "Use até 4.096 caracteres. O texto tem 6.712." }).waitFor();
  assert.equal((await reply.inputValue()).length, 6_712);

  await page.goto("/schedules/new");
  const message = page.locator("#message");
  await message.focus();
  await page.evaluate((pasted) => document.execCommand("insertText", false, pasted), text);
  assert.equal((await message.inputValue()).length, 6_712);
  await page.locator("#message-count", { hasText: "6.712 de 4.096 caracteres: tire 2.616" }).waitFor();
  await page.getByRole("button", { name: "Salvar agendamento" }).last().click();
  await page.getByText("Use até 4.096 caracteres. O texto tem 6.712.").first().waitFor();
  assert.equal((await message.inputValue()).length, 6_712);
  await context.close();
});

test("a colleague's identical text does not remove my pending one", { timeout: 60_000 }, async () => {
  const { page, context } = await administrator();
  const { id, contact_id: contact } = await openTicket();
  await page.goto(`/tickets/${id}`);
  let send = () => {};
  const held = new Promise((resolve) => (send = resolve));
  await page.route(`**/tickets/${id}/messages`, async (route) => {
    await held;
    await route.continue();
  });
  await page.locator("[data-composer] textarea").fill("Bom dia!");
  await page.keyboard.press("Enter");
  const pending = page.locator(".msg.pending", { hasText: "Bom dia!" });
  await pending.waitFor();
  await pontual.sql(
    `INSERT INTO messages (contact_id, ticket_id, kind, author_id, body, client_key)
     SELECT $1, $2, 'attendant', u.id, 'Bom dia!', gen_random_uuid() FROM users u WHERE u.name = 'Bruno Lima'`, [contact, id]);
  await pontual.sql("SELECT pg_notify('pontual_live', $1)", [JSON.stringify({ conversations_changed: [Number(contact)] })]);
  const arrived = page.locator(".msg.out:not(.pending)", { hasText: "Bom dia!" });
  await arrived.waitFor();
  assert.equal(await pending.count(), 1, "the user's own message is still being sent");
  send();
  await page.waitForFunction(() => document.querySelectorAll(".msg.out:not(.pending)[data-key]").length && !document.querySelector(".msg.pending"));
  assert.equal(await arrived.count(), 2);
  await context.close();
});

test("a failed search and a person with many contacts keep the chosen contact", { timeout: 60_000 }, async () => {
  const [{ id: family }] = await pontual.sql("INSERT INTO people (name) VALUES ('Casa das Cem') RETURNING id");
  await pontual.sql(
    `INSERT INTO contacts (channel_id, name, person_id)
     SELECT min(c.id), 'Cem ' || lpad(n::text, 3, '0'), $1 FROM channels c, generate_series(1, 100) n GROUP BY n`, [family]);
  const [{ id: last }] = await pontual.sql("SELECT id FROM contacts WHERE name = 'Cem 100'");
  const [{ id: other }] = await pontual.sql("SELECT id FROM contacts WHERE name = 'Tereza Campos'");
  const { page, context } = await administrator();
  await page.goto(`/schedules/new?contact_id=${last}`);
  const choose = async (value) => {
    await page.evaluate(([id, text]) => {
      const { tomselect } = document.querySelector("#person_id");
      tomselect.addOption({ value: id, text });
      tomselect.setValue(id);
    }, [value, "Casa das Cem"]);
  };
  const asked = (answer) => answer.url().includes("/schedules/new/proposal");
  // The person came with the contact. Clear it, so that choosing it again triggers a request.
  await page.evaluate(() => document.querySelector("#person_id").tomselect.clear());
  let answered = page.waitForResponse(asked);
  await choose(String(family));
  await answered;
  await page.waitForTimeout(0);
  assert.equal(await page.locator("#contact_id").inputValue(), String(last));

  await page.route("**/schedules/new/**", (route) => route.abort());
  await page.evaluate(() => document.querySelector("#person_id").tomselect.clear());
  const failed = page.waitForEvent("requestfailed", (request) => request.url().includes("/schedules/new/proposal"));
  await choose(String(family));
  await failed;
  assert.equal(await page.locator("#contact_id").inputValue(), String(last));
  await page.unroute("**/schedules/new/**");

  // A contact of another person is still cleared.
  await page.goto(`/schedules/new?contact_id=${other}`);
  await choose(String(family));
  await page.waitForFunction(() => document.querySelector("#contact_id").value === "");
  await context.close();
});

test("a button writes a variable at the caret, and the preview fills it", { timeout: 60_000 }, async () => {
  const { page, context, errors } = await administrator();
  const [{ id, name }] = await pontual.sql("SELECT id, name FROM contacts WHERE archived_at IS NULL ORDER BY id LIMIT 1");
  await page.goto(`/schedules/new?contact_id=${id}`);
  const message = page.locator("#message");
  await message.fill("Olá, !");
  await message.press("End");
  await message.press("ArrowLeft");
  await page.getByRole("button", { name: "Inserir {{nome}}" }).focus();
  await page.keyboard.press("Enter");
  assert.equal(await message.inputValue(), "Olá, {{nome}}!");
  await page.locator("[data-preview]", { hasText: `Olá, ${name}!` }).waitFor();
  // The focus is back in the message, after the variable.
  await page.keyboard.type("!");
  assert.equal(await message.inputValue(), "Olá, {{nome}}!!");
  await message.fill("Olá, {{nomee}}");
  await page.locator("[data-preview-refusal]", { hasText: "Você quis dizer {{nome}}?" }).waitFor();
  await message.fill("Olá");
  await page.locator("#message-preview > *").first().waitFor({ state: "detached" });
  assert.deepEqual(errors, []);
  await context.close();
});

test("on a phone Enter breaks the line, and the button sends", { timeout: 60_000 }, async () => {
  const { page: team, context: office } = await administrator();
  const { id } = await openTicket();
  await team.goto(`/tickets/${id}`);
  const link = new URL(await team.locator("#customer-link").inputValue());
  const phone = await person(browser, pontual, { hasTouch: true, isMobile: true, viewport: { width: 390, height: 800 } });
  await phone.page.goto(link.pathname);
  const text = phone.page.getByLabel("Sua mensagem");
  await text.fill("Primeira linha");
  await text.press("Enter");
  await phone.page.keyboard.type("Segunda linha");
  assert.equal(await text.inputValue(), "Primeira linha\nSegunda linha");
  await phone.page.getByRole("button", { name: "Enviar mensagem" }).click();
  await phone.page.locator(".msg.out:not(.pending)", { hasText: "Segunda linha" }).waitFor();
  assert.deepEqual(phone.errors, []);
  await phone.context.close();
  await office.close();
});

test("a date filters the list once its year is complete", { timeout: 60_000 }, async () => {
  const { page, context, errors } = await administrator();
  await page.goto("/schedules");
  // Requests of the filter have the header hx-target; the page's own refresh has not.
  const asked = [];
  page.on("request", (request) => {
    const from = new URL(request.url()).searchParams.get("from");
    if (from !== null && request.headers()["hx-target"]) asked.push(from);
  });
  const from = page.getByLabel("De", { exact: true });
  await from.focus();
  const followed = page.waitForURL((url) => url.searchParams.get("from") === "2031-12-05");
  // The browser decides the order of the parts: month, day, year or day, month, year.
  await page.keyboard.type("05122031");
  const isMonthFirst = (await from.inputValue()) === "2031-05-12";
  if (isMonthFirst) {
    await page.waitForURL((url) => url.searchParams.get("from") === "2031-05-12");
    followed.catch(() => {});
  } else await followed;
  assert.equal(asked.length, 1, asked.join(", "));
  assert.equal(await page.getByText("A data do filtro").count(), 0);
  assert.equal(await from.evaluate((field) => field === document.activeElement), true);
  assert.deepEqual(errors, []);
  await context.close();
});

test("a dialogue returns the focus to the element that opened it", { timeout: 60_000 }, async () => {
  const { page, context, errors } = await administrator();
  const [{ id }] = await pontual.sql("SELECT id FROM schedules WHERE status = 'scheduled' ORDER BY id LIMIT 1");
  await page.goto(`/schedules/${id}`);
  const opener = page.getByRole("link", { name: "Cancelar agendamento" });
  const isFocused = (locator) => locator.evaluate((element) => element === document.activeElement);
  for (const leave of [() => page.keyboard.press("Escape"), () => page.getByRole("dialog").getByRole("button", { name: "Voltar" }).click()]) {
    await opener.focus();
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").getByLabel("Motivo").waitFor();
    await page.waitForFunction(() => document.querySelector(".modal.show")?.contains(document.activeElement));
    await leave();
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    await page.waitForFunction(() => document.activeElement !== document.body);
    assert.equal(await isFocused(opener), true);
  }

  await page.goto("/schedules");
  await page.locator("#schedule-rows input[name=id]").first().check();
  const cancel = page.locator("#bulk-cancel");
  await cancel.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").getByLabel("Motivo").waitFor();
  await page.waitForFunction(() => document.querySelector(".modal.show")?.contains(document.activeElement));
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  await page.waitForFunction(() => document.activeElement?.id === "bulk-cancel");
  assert.deepEqual(errors, []);
  await context.close();
});
