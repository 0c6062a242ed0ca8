// The life of a schedule in real browsers: filling in the form, editing at the same time as somebody else,
// firing at once, rescheduling; the main steps without JavaScript too.

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

/** Chooses from a searchable select as a person does: types, waits for the answer, chooses it. */
async function choose(page, label, typed, text = typed) {
  await page.getByRole("combobox", { name: label }).click();
  const answer = page.waitForResponse((response) => new URL(response.url()).searchParams.get("q") === typed);
  await page.keyboard.type(typed);
  await answer;
  await page.getByRole("option", { name: text }).first().click();
}

/** Saves a new schedule and returns its id. */
async function schedule(page, { contact = "Caio Fontes", due, comment = "Combinar" }) {
  await page.goto("/schedules/new");
  await choose(page, "Contato", contact);
  await page.getByRole("combobox", { name: "Departamento" }).selectOption({ label: "Suporte" });
  await page.getByRole("combobox", { name: "Atendente" }).selectOption({ label: "Bruno Lima" });
  await page.getByLabel("Data e hora").fill(due);
  await page.getByLabel("Comentário").fill(comment);
  await page.getByRole("button", { name: "Salvar agendamento" }).click();
  await page.getByText("Aguardando o disparo").waitFor();
  return new URL(page.url()).pathname.split("/").pop();
}

/** Uses the keyboard: without scripts the driver cannot tell whether a button has stopped moving. */
async function press(target) {
  await target.focus();
  await target.press("Enter");
}

/** Errors without the refusals that the test wants, which the browser logs too. */
const faults = (errors) => errors.filter((error) => !/status of (409|422)/.test(error));

test("two people edit one schedule: the later sees the other's change and decides", { timeout: 120_000 }, async () => {
  const [mine, theirs] = [await administrator(), await administrator()];
  const id = await schedule(mine.page, { due: "2032-01-12T10:00" });
  for (const { page } of [mine, theirs]) await page.goto(`/schedules/${id}/edit`);
  assert.equal(await mine.page.getByLabel("Data e hora").inputValue(), "12/01/2032 10:00");
  await theirs.page.getByLabel("Data e hora").fill("2032-01-12T15:30");
  await theirs.page.getByRole("button", { name: "Salvar alterações" }).click();
  await theirs.page.getByText("Data e hora: de 12/01/2032 às 10:00 para 12/01/2032 às 15:30").waitFor();

  await theirs.page.goto(`/schedules/${id}/edit`);
  await theirs.page.locator("#message").fill("A mensagem da outra pessoa");
  await theirs.page.getByRole("button", { name: "Salvar alterações" }).click();
  await theirs.page.getByText("Mensagem alterada").waitFor();

  await mine.page.getByLabel("Comentário").fill("Meu comentário");
  await mine.page.locator("#message").fill("A minha mensagem");
  await mine.page.getByRole("button", { name: "Salvar alterações" }).click();
  const notice = mine.page.getByRole("alert");
  await notice.getByText("Este agendamento mudou enquanto você editava. Confira e salve de novo.").waitFor();
  assert.deepEqual(await notice.locator("tbody th").allTextContents(), ["Mensagem", "Data e hora"]);
  const [own, saved, before, now] = await notice.locator("tbody td").allTextContents();
  assert.deepEqual([own, before], ["A minha mensagem", "12/01/2032 às 10:00"]);
  assert.match(saved, /^A mensagem da outra pessoa Ana Prado, /);
  assert.match(now, /^12\/01\/2032 às 15:30 Ana Prado, /);
  assert.equal(await mine.page.getByLabel("Data e hora").inputValue(), "12/01/2032 15:30");
  assert.equal(await mine.page.locator("#message").inputValue(), "A minha mensagem");
  assert.deepEqual(await axe(mine.page), []);
  assert.equal(await mine.page.evaluate(() => document.activeElement.hasAttribute("data-error-summary")), true);
  await mine.page.getByRole("button", { name: "Usar o de Ana Prado em Mensagem" }).click();
  await mine.page.waitForFunction(() => document.querySelector("#message").value === "A mensagem da outra pessoa");
  assert.equal(await mine.page.getByLabel("Comentário").inputValue(), "Meu comentário");
  await mine.page.getByRole("button", { name: "Salvar alterações" }).click();
  await mine.page.getByText("Comentário alterado").waitFor();
  await mine.page.getByText("A mensagem da outra pessoa").waitFor();
  await theirs.page.getByText("Comentário alterado").waitFor();
  for (const { errors, context } of [mine, theirs]) {
    assert.deepEqual(faults(errors), []);
    await context.close();
  }
});

test("text typed for a schedule that somebody else cancelled becomes a new schedule", { timeout: 120_000 }, async () => {
  const [mine, theirs] = [await administrator(), await administrator()];
  const id = await schedule(mine.page, { due: "2032-01-13T10:00" });
  await mine.page.goto(`/schedules/${id}/edit`);
  await theirs.page.goto(`/schedules/${id}`);
  await theirs.page.getByRole("link", { name: "Cancelar agendamento" }).click();
  await theirs.page.getByRole("dialog").getByLabel("Motivo").fill("Desistiu");
  await theirs.page.getByRole("dialog").getByRole("button", { name: "Cancelar agendamento" }).click();
  await theirs.page.getByText("Motivo: Desistiu").waitFor();

  await mine.page.getByLabel("Comentário").fill("Não se perde");
  await mine.page.getByRole("button", { name: "Salvar alterações" }).click();
  await mine.page.getByText("Este agendamento foi cancelado enquanto você editava.").waitFor();
  await mine.page.getByLabel("Data e hora").fill("2032-01-13T16:00");
  await mine.page.getByRole("button", { name: "Reagendar" }).click();
  await mine.page.getByRole("link", { name: `Reagendamento do nº ${id}` }).waitFor();
  await mine.page.getByText("Não se perde").waitFor();
  await theirs.page.getByRole("link", { name: /^Reagendado como nº/ }).waitFor();
  for (const { errors, context } of [mine, theirs]) {
    assert.deepEqual(faults(errors), []);
    await context.close();
  }
});

test("a field's error disappears when the field is corrected, beside it and in the summary", { timeout: 120_000 }, async () => {
  const { page, context, errors } = await administrator();
  await page.goto("/schedules/new");
  await page.locator('[value="open_ticket_and_notify"]').press("Space");
  await page.getByRole("button", { name: "Salvar agendamento" }).click();
  const summary = page.locator("[data-error-summary]");
  await summary.getByText("Corrija 5 campos:").waitFor();
  await page.getByLabel("Comentário").fill("Combinar");
  await summary.getByText("Corrija 4 campos:").waitFor();
  assert.equal(await page.locator("#comment-err").count(), 0);
  assert.equal(await page.locator("#comment").getAttribute("aria-invalid"), null);
  await choose(page, "Contato", "Caio Fontes");
  await summary.locator('[href="#contact_id"]').waitFor({ state: "detached" });
  assert.equal(await page.locator("#contact_id-err").count(), 0);
  assert.equal(await page.locator(".ts-wrapper.is-invalid").count(), 0);
  assert.deepEqual(await axe(page), []);
  await page.getByRole("combobox", { name: "Departamento" }).selectOption({ label: "Suporte" });
  await page.getByLabel("Data e hora").fill("2032-03-12T10:00");
  await summary.waitFor({ state: "detached" });
  assert.equal(await page.locator(".field-error, .is-invalid, [aria-invalid=true]").count(), 0);

  await page.goto("/contacts/new");
  await page.getByRole("button", { name: "Salvar" }).last().click();
  await summary.getByText("Corrija").waitFor();
  const before = await summary.locator("li").count();
  await page.getByLabel("Nome").fill("Alguém");
  await page.waitForFunction((before) => document.querySelectorAll("[data-error-summary] li").length === before - 1, before);
  assert.equal(await page.locator("#name.is-invalid").count(), 0);
  assert.deepEqual(faults(errors), []);
  await context.close();
});

test("the time is checked while it is typed, and a suggestion can be accepted", { timeout: 120_000 }, async () => {
  const { page, context, errors } = await administrator();
  await schedule(page, { due: "2032-01-14T10:00" });
  await page.goto("/schedules/new");
  const due = page.getByLabel("Data e hora");
  await due.fill("2032-01-14T10:02");
  await page.getByText("Já existe um agendamento em 14/01/2032 às 10:00.").waitFor();
  assert.equal(await due.getAttribute("aria-invalid"), "true");
  await page.getByRole("button", { name: "qua., 14/01/2032 às 10:04" }).click();
  await page.getByText("Horário livre.").waitFor();
  assert.equal(await due.inputValue(), "14/01/2032 10:04");
  assert.equal(await due.getAttribute("aria-invalid"), null);
  assert.equal(await due.evaluate((input) => input === document.activeElement), true);
  await due.fill("2001-01-01T10:00");
  await page.getByText("Escolha uma data e hora futuras.").waitFor();

  await pontual.sql("UPDATE settings SET time_zone = 'Europe/Lisbon'");
  await due.fill("2032-10-31T01:30");
  await page.getByText("Em 31/10/2032 o relógio é atrasado e 01:30 acontece duas vezes. Qual delas?").waitFor();
  await page.getByLabel("A segunda: 01:30 (UTC+00:00)").check();
  await page.getByText("Horário livre.").waitFor();
  assert.equal(await page.getByLabel("A segunda: 01:30 (UTC+00:00)").isChecked(), true);
  assert.deepEqual(await axe(page), []);
  await due.fill("2032-03-28T01:30");
  await page.getByRole("button", { name: "dom., 28/03/2032 às 02:00" }).click();
  await page.getByText("Horário livre.").waitFor();
  await pontual.sql("UPDATE settings SET time_zone = 'America/Sao_Paulo'");
  assert.deepEqual(errors, []);
  await context.close();
});

test("a contact fills in its person and attendant, and a person narrows the contacts", { timeout: 120_000 }, async () => {
  const { page, context, errors } = await administrator();
  await pontual.sql(`UPDATE contacts SET person_id = (SELECT min(id) FROM people),
      default_department_id = (SELECT id FROM departments WHERE name = 'Suporte'),
      default_attendant_id = (SELECT id FROM users WHERE name = 'Bruno Lima') WHERE name = 'Letícia Prado'`);
  const [{ person: name }] = await pontual.sql("SELECT name AS person FROM people ORDER BY id LIMIT 1");
  await page.goto("/schedules/new");
  await choose(page, "Contato", "leticia", "Letícia Prado");
  await page.locator("#person_id + .ts-wrapper .item").getByText(name).waitFor();
  const attendant = page.getByRole("combobox", { name: "Atendente" });
  await attendant.waitFor();
  assert.equal(await attendant.evaluate((select) => select.selectedOptions[0].textContent), "Bruno Lima");
  assert.equal(await page.getByRole("combobox", { name: "Departamento" }).evaluate((select) => select.selectedOptions[0].textContent), "Suporte");
  await page.getByRole("combobox", { name: "Contato" }).click();
  await page.getByRole("option", { name: "Letícia Prado" }).waitFor();
  assert.equal(await page.getByRole("option", { name: "Tereza Campos" }).count(), 0);
  assert.deepEqual(errors, []);
  await context.close();
});

test("after the browser's \"back\" contact and attendant come back with the form", { timeout: 120_000 }, async () => {
  const { page, context, errors } = await administrator();
  // Enough contacts that the contact must be searched for.
  await pontual.sql(`INSERT INTO contacts (channel_id, name)
      SELECT min(id), 'Aa ' || n FROM channels, generate_series(1, 60) n GROUP BY n`);
  await schedule(page, { due: "2032-01-15T10:00" });
  await page.goBack();
  await page.getByRole("heading", { name: "Novo agendamento" }).waitFor();
  const attendant = page.getByRole("combobox", { name: "Atendente" });
  await attendant.waitFor();
  assert.equal(await attendant.evaluate((select) => select.selectedOptions[0].textContent), "Bruno Lima");
  assert.equal(await page.getByLabel("Comentário").inputValue(), "Combinar");
  const [{ id }] = await pontual.sql("SELECT id FROM contacts WHERE name = 'Caio Fontes'");
  assert.equal(await page.locator("#contact_id").inputValue(), id);
  await page.locator("#contact_id + .ts-wrapper .item").getByText("Caio Fontes").waitFor();
  await page.getByLabel("Data e hora").fill("2032-01-15T11:00");
  await page.getByRole("button", { name: "Salvar agendamento" }).click();
  await page.getByText("Quinta-feira, 15/01/2032 às 11:00").waitFor();
  await page.getByText("Bruno Lima").first().waitFor();
  assert.deepEqual(faults(errors), []);
  await context.close();
});

test("after the browser's \"back\" an edit does not overwrite what a colleague saved meanwhile", { timeout: 120_000 }, async () => {
  const [mine, theirs] = [await administrator(), await administrator()];
  const id = await schedule(mine.page, { due: "2032-01-20T10:00" });
  const save = ({ page }) => page.getByRole("button", { name: "Salvar alterações" }).click();
  const comment = ({ page }) => page.getByLabel("Comentário");
  await mine.page.goto(`/schedules/${id}/edit`);
  await comment(mine).fill("O meu comentário");
  await mine.page.goto("/schedules");
  await theirs.page.goto(`/schedules/${id}/edit`);
  await comment(theirs).fill("O da outra pessoa");
  await save(theirs);
  await theirs.page.getByText("Comentário alterado").waitFor();

  await mine.page.goBack();
  assert.equal(await comment(mine).inputValue(), "O meu comentário");
  await save(mine);
  await mine.page.getByText("Este agendamento mudou enquanto você editava. Confira e salve de novo.").waitFor();
  assert.deepEqual(await mine.page.locator("[data-both] tbody th").allTextContents(), ["Comentário"]);
  await save(mine);
  await mine.page.getByText("Comentário alterado").first().waitFor();

  // The user's own earlier change is not shown as a conflict.
  await mine.page.goto(`/schedules/${id}/edit`);
  await comment(mine).fill("Com um erro");
  await save(mine);
  await mine.page.getByText("Agendamento salvo.").waitFor();
  await mine.page.goBack();
  await comment(mine).fill("Sem o erro");
  await save(mine);
  await mine.page.getByText("Agendamento salvo.").waitFor();
  await mine.page.getByText("Sem o erro").first().waitFor();
  for (const { context, errors } of [mine, theirs]) {
    assert.deepEqual(faults(errors), []);
    await context.close();
  }
});

test("a schedule is fired at once after a question, but not while a ticket is open", { timeout: 120_000 }, async () => {
  const { page, context, errors } = await administrator();
  const [first, second] = [await schedule(page, { contact: "Tereza Campos", due: "2032-01-16T10:00" }), await schedule(page, { contact: "Tereza Campos", due: "2032-01-16T11:00" })];
  await page.goto(`/schedules/${first}`);
  await page.getByRole("link", { name: "Disparar agora" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Disparar este agendamento agora?").waitFor();
  await dialog.getByRole("button", { name: "Disparar agora" }).click();
  await page.getByText("Agendamento disparado.").waitFor();
  await page.getByText(/^Disparado agora por /).waitFor();
  await page.getByText("estava previsto para 16/01/2032 às 10:00").waitFor();

  await page.goto(`/schedules/${second}`);
  await page.getByRole("link", { name: "Disparar agora" }).click();
  await dialog.getByRole("button", { name: "Disparar agora" }).click();
  await page.getByText("Nada foi disparado. O agendamento continua pendente.").waitFor();
  await page.getByRole("link", { name: "Ir para o chamado" }).click();
  await page.getByRole("button", { name: "Fechar chamado" }).click();
  await page.getByText("Este chamado está fechado.").waitFor();
  await page.goto(`/schedules/${second}`);
  await page.getByText("Aguardando o disparo").waitFor();
  assert.deepEqual(faults(errors), []);
  await context.close();
});

test("without JavaScript: edit, conflict, fire, reschedule", { timeout: 120_000 }, async () => {
  const scripted = await administrator();
  const id = await schedule(scripted.page, { contact: "Rafael Nogueira", due: "2032-01-17T10:00" });
  const { page, context } = await administrator({ javaScriptEnabled: false });
  await page.goto(`/schedules/${id}`);
  await press(page.getByRole("link", { name: "Editar" }));
  await scripted.page.goto(`/schedules/${id}/edit`);
  await scripted.page.getByLabel("Comentário").fill("De outra pessoa");
  await scripted.page.getByRole("button", { name: "Salvar alterações" }).click();
  await scripted.page.getByText("Comentário alterado").waitFor();

  await page.getByLabel("Data e hora").fill("2032-01-17T10:30");
  await press(page.getByRole("button", { name: "Salvar alterações" }));
  await page.getByText("Confira e salve de novo.").waitFor();
  assert.equal(await page.getByLabel("Data e hora").inputValue(), "17/01/2032 10:30");
  await press(page.getByRole("button", { name: "Salvar alterações" }));
  await page.getByText("Data e hora: de 17/01/2032 às 10:00 para 17/01/2032 às 10:30").waitFor();

  await press(page.getByRole("link", { name: "Disparar agora" }));
  await press(page.getByRole("button", { name: "Disparar agora" }));
  await page.getByText("Agendamento disparado.").waitFor();
  await press(page.getByRole("link", { name: "Reagendar" }));
  await page.getByLabel("Data e hora").fill("2032-01-18T10:00");
  await press(page.getByRole("button", { name: "Reagendar" }));
  await page.getByRole("link", { name: `Reagendamento do nº ${id}` }).waitFor();
  for (const visitor of [context, scripted.context]) await visitor.close();
});
