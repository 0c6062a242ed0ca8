// The main job in real browsers: an administrator schedules, the schedule falls due, the ticket opens, the
// customer reads the message, the attendant's bell shows it, and "Ir para conversa" opens the conversation.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { person, signIn, startChromium, startPontual } from "./harness.mjs";

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

/** `2026-12-05T10:00` in São Paulo. */
function local(date) {
  const parts = new Intl.DateTimeFormat("sv-SE", { timeZone: "America/Sao_Paulo", dateStyle: "short", timeStyle: "short" });
  return parts.format(date).replace(" ", "T");
}

/** Chooses from a searchable select as a person does: types, waits for the answer, chooses it. */
async function choose(page, label, text) {
  await page.getByRole("combobox", { name: label }).click();
  const answer = page.waitForResponse((response) => new URL(response.url()).searchParams.get("q") === text);
  await page.keyboard.type(text);
  await answer;
  await page.getByRole("option", { name: text }).first().click();
}

const actions = {
  "Abrir chamado": "open_ticket",
  "Abrir chamado e notificar atendente": "open_ticket_and_notify",
  "Notificar atendente": "notify",
};

async function schedule(page, { contact, department = "Suporte", attendant, action, due, message, comment }) {
  await page.goto("/schedules/new");
  await choose(page, "Contato", contact);
  await page.getByRole("combobox", { name: "Departamento" }).selectOption({ label: department });
  if (attendant) await page.getByRole("combobox", { name: "Atendente" }).selectOption({ label: attendant });
  await page.locator(`[name=action][value=${actions[action]}]`).check({ force: true });
  await page.getByLabel("Data e hora").fill(due);
  if (message) await page.getByRole("textbox", { name: "Mensagem" }).fill(message);
  if (comment) await page.getByLabel("Comentário").fill(comment);
  await page.getByRole("button", { name: "Salvar agendamento" }).click();
}

/** Makes the newest schedule due now and waits until the dispatcher has decided. */
async function fire(id) {
  await pontual.sql("UPDATE schedules SET due_at = now() WHERE id = $1", [id]);
  for (let tries = 0; tries < 100; tries += 1) {
    const [row] = await pontual.sql("SELECT status FROM schedules WHERE id = $1", [id]);
    if (row.status !== "scheduled") return row.status;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`schedule ${id} was not decided`);
}

const idOf = (page) => new URL(page.url()).pathname.split("/").pop();

async function customerLink(page, contact) {
  const [{ id }] = await pontual.sql("SELECT id FROM contacts WHERE name = $1", [contact]);
  await page.goto(`/contacts/${id}/conversation`);
  return page.getByLabel("Link do cliente", { exact: true }).inputValue();
}

test("a schedule fires at its minute, end to end", { timeout: 240_000 }, async () => {
  const admin = await person(browser, pontual);
  const attendant = await person(browser, pontual);
  const customer = await person(browser, pontual, { viewport: { width: 390, height: 844 }, hasTouch: true });
  await signIn(admin.page, "admin");
  await signIn(attendant.page, "bruno");

  await admin.page.goto("/tickets");
  await admin.page.getByText("Mais opções").click();
  await admin.page.getByRole("link", { name: "Agendamentos", exact: true }).click();
  await admin.page.getByRole("link", { name: "Novo agendamento" }).first().waitFor();
  const contact = "Letícia Prado";
  // The administrator sees the customer's link even before a ticket is open.
  const [{ id: contactId }] = await pontual.sql("SELECT id FROM contacts WHERE name = $1", [contact]);
  const link = await customerLink(admin.page, contact);
  await customer.page.goto(link);

  const second = await attendant.context.newPage();
  await second.goto("/tickets");
  await attendant.page.goto("/notifications");

  const now = Date.now();
  const due = new Date(Math.ceil((now + 15_000) / 60_000) * 60_000);
  await schedule(admin.page, {
    contact, attendant: "Bruno Lima", action: "Abrir chamado e notificar atendente", due: local(due),
    message: "Olá, Letícia! Sua visita está confirmada?", comment: "Confirmar a visita",
  });
  await admin.page.getByText("Agendamento salvo.").waitFor();
  await admin.page.getByText("Aguardando o disparo").waitFor();

  await customer.page.getByText("Sua visita está confirmada?").waitFor({ timeout: 120_000 });
  assert.ok(Date.now() >= due.getTime(), "the schedule does not fire before its time");
  for (const page of [attendant.page, second]) {
    const notice = page.locator(".toasts").getByText("Chamado aberto para Letícia Prado.");
    await notice.waitFor();
  }
  const notice = attendant.page.locator(".toasts .toast").filter({ hasText: contact });
  await notice.getByRole("button", { name: `Ir para conversa com ${contact}` }).click();
  await attendant.page.getByRole("heading", { name: contact }).first().waitFor();
  await attendant.page.getByRole("log").getByText("Sua visita está confirmada?").waitFor();
  await attendant.page.getByRole("log").getByText("Confirmar a visita").waitFor();
  await admin.page.getByText("Concluído").first().waitFor();

  await customer.page.getByLabel("Sua mensagem").fill("Está sim, obrigada!");
  await customer.page.getByRole("button", { name: "Enviar mensagem" }).click();
  await attendant.page.getByRole("log").getByText("Está sim, obrigada!").waitFor();
  await attendant.page.getByLabel(`Texto para ${contact}`).fill("Combinado, até amanhã.");
  await attendant.page.keyboard.press("Enter");
  await customer.page.getByText("Combinado, até amanhã.").waitFor();
  assert.equal(await customer.page.getByText("Confirmar a visita").count(), 0, "a comment is internal");

  await attendant.page.getByRole("button", { name: "Fechar chamado" }).click();
  await attendant.page.getByText("Este chamado está fechado.").waitFor();
  await customer.page.getByLabel("Sua mensagem").fill("Só mais uma coisa.");
  await customer.page.getByRole("button", { name: "Enviar mensagem" }).click();
  await customer.page.getByText("Só mais uma coisa.").waitFor();
  await second.reload();
  await second.getByText("Só mais uma coisa.").first().waitFor();
  const tickets = await pontual.sql("SELECT status FROM tickets WHERE contact_id = $1 ORDER BY id", [contactId]);
  assert.deepEqual(tickets.map((ticket) => ticket.status), ["closed", "open"]);

  const [{ late }] = await pontual.sql("SELECT extract(epoch FROM finished_at - due_at) * 1000 AS late FROM schedules WHERE due_at = $1", [due]);
  console.log(`late by ${Number(late).toFixed(1)} ms`);
  for (const { errors, context } of [admin, attendant, customer]) {
    assert.deepEqual(errors, []);
    await context.close();
  }
});

test("each action does what it says, and with an open ticket it fails with a reason", { timeout: 120_000 }, async () => {
  const admin = await person(browser, pontual);
  const attendant = await person(browser, pontual);
  await signIn(admin.page, "admin");
  await signIn(attendant.page, "bruno");
  await attendant.page.goto("/notifications");
  const toasts = attendant.page.locator(".toasts");

  await schedule(admin.page, { contact: "Caio Fontes", attendant: "Bruno Lima", action: "Abrir chamado", due: "2031-03-10T10:00", message: "Bom dia, Caio!", comment: "Primeiro contato" });
  await admin.page.getByText("Aguardando o disparo").waitFor();
  assert.equal(await fire(idOf(admin.page)), "completed");
  await admin.page.getByText("Concluído").first().waitFor();
  assert.equal(await toasts.locator(".toast").count(), 0, "Abrir chamado notifies nobody");

  await schedule(admin.page, { contact: "Caio Fontes", attendant: "Bruno Lima", action: "Abrir chamado e notificar atendente", due: "2031-03-10T11:00", message: "De novo", comment: "Segundo contato" });
  await admin.page.getByText("Aguardando o disparo").waitFor();
  assert.equal(await fire(idOf(admin.page)), "failed");
  await admin.page.getByText("A mensagem não foi enviada.").waitFor();
  await toasts.getByText("Erro no agendamento").waitFor();
  await toasts.getByText("A mensagem para Caio Fontes não foi enviada: o chamado já está aberto. Comentário: “Segundo contato”.").waitFor();

  await schedule(admin.page, { contact: "Caio Fontes", attendant: "Bruno Lima", action: "Notificar atendente", due: "2031-03-10T12:00", comment: "ligar às 14h" });
  await admin.page.getByText("Aguardando o disparo").waitFor();
  assert.equal(await fire(idOf(admin.page)), "completed");
  await toasts.getByText("Lembrete para Caio Fontes: ligar às 14h.").waitFor();
  for (const { errors, context } of [admin, attendant]) {
    assert.deepEqual(errors, []);
    await context.close();
  }
});

test("the form hides the message for a reminder, and offers the nearest free times", { timeout: 120_000 }, async () => {
  const admin = await person(browser, pontual);
  const { page } = admin;
  await signIn(page, "admin");
  const at = (time) => ({ contact: "Tereza Campos", attendant: "Camila Reis", action: "Abrir chamado", due: `2031-04-10T${time}`, message: "Olá!", comment: "Visita" });
  await schedule(page, at("10:00"));
  await page.getByText("Aguardando o disparo").waitFor();

  await schedule(page, at("10:03"));
  await page.getByText("Já existe um agendamento em 10/04/2031 às 10:00.").first().waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.hasAttribute("data-error-summary")), true);
  assert.equal(await page.getByRole("textbox", { name: "Mensagem" }).inputValue(), "Olá!");
  await page.getByRole("button", { name: "qui., 10/04/2031 às 09:56" }).click();
  assert.equal(await page.getByLabel("Data e hora").inputValue(), "10/04/2031 09:56");
  await page.getByRole("button", { name: "Salvar agendamento" }).click();
  await page.getByText("Aguardando o disparo").waitFor();
  await schedule(page, at("10:04"));
  await page.getByText("Aguardando o disparo").waitFor();

  await page.goto("/schedules/new");
  await page.getByRole("textbox", { name: "Mensagem" }).fill("fica guardada");
  await page.locator('[value="notify"]').check({ force: true });
  assert.equal(await page.getByRole("textbox", { name: "Mensagem" }).isVisible(), false);
  await page.locator('[value="open_ticket"]').check({ force: true });
  assert.equal(await page.getByRole("textbox", { name: "Mensagem" }).inputValue(), "fica guardada");
  // The browser logs the wanted refusal of the form (422).
  assert.deepEqual(admin.errors.filter((error) => !error.includes("422")), []);
  await admin.context.close();
});

test("a role may schedule once it is enabled", { timeout: 120_000 }, async () => {
  const manager = await person(browser, pontual);
  const attendant = await person(browser, pontual);
  await signIn(manager.page, "gestor");
  await signIn(attendant.page, "helena");
  assert.equal(await attendant.page.getByText("Agendamentos", { exact: true }).count(), 0);
  const refused = await attendant.page.goto("/schedules");
  assert.equal(refused.status(), 403);

  await manager.page.getByRole("link", { name: "Cargos", exact: true }).click();
  await manager.page.getByRole("link", { name: "Editar cargo Atendente" }).click();
  await manager.page.getByLabel("Habilitar agendamento").check();
  await manager.page.getByRole("button", { name: "Salvar" }).click();
  await manager.page.getByText("Cargo salvo.").waitFor();

  await attendant.page.goto("/tickets");
  await attendant.page.getByText("Mais opções").click();
  await attendant.page.getByRole("link", { name: "Agendamentos" }).click();
  await attendant.page.getByRole("link", { name: "Novo agendamento" }).first().click();
  await attendant.page.getByRole("heading", { name: "Novo agendamento" }).waitFor();
  assert.deepEqual(attendant.errors.filter((error) => !error.includes("403")), []);
  for (const { context } of [manager, attendant]) await context.close();
});
