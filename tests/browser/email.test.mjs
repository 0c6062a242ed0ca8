// E-mail in a real browser, with real mail servers: a connection is made and tested on its pages; a scheduled PDF lies
// in the customer's account byte for byte; the customer answers by mail and the answer appears in the open ticket; the
// attendant's reply arrives in the same thread.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";

import { axe, person, signIn, startChromium, startPontual } from "./harness.mjs";
import { MAIL_PASSWORD, NO_SERVERS, header, startMail } from "./mail.mjs";

let mail;
let pontual;
let browser;

before(async () => {
  if (NO_SERVERS) return;
  [mail, browser] = await Promise.all([startMail(), startChromium()]);
  // As an operator sets it up who has mail servers of their own, with a certificate of their own authority.
  pontual = await startPontual({ PONTUAL_ALLOW_PRIVATE_ADDRESSES: "yes", SSL_CERT_FILE: mail.ca });
  await pontual.sql("UPDATE schedules SET due_at = due_at + interval '30 days' WHERE status = 'scheduled'");
});

after(async () => {
  await browser?.close();
  await pontual?.stop();
  await mail?.stop();
});

const sum = (bytes) => createHash("sha256").update(bytes).digest("hex");

async function until(is) {
  for (let tries = 0; tries < 600; tries += 1) {
    if (await is()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`never: ${is}`);
}

/** Fills the form of a new e-mail connection and saves it. */
async function connect(page, name, address) {
  await page.goto("/channels");
  await page.getByRole("link", { name: "Nova conexão" }).click();
  await page.getByRole("link", { name: "E-mail" }).click();
  await page.locator("#name").fill(name);
  await page.locator("#department_id").selectOption({ label: "Suporte" });
  await page.locator("#address").fill(address);
  await page.locator("#smtp_host").fill("localhost");
  await page.locator("#smtp_security").selectOption("STARTTLS");
  await page.locator("#smtp_port").fill(String(mail.submission));
  await page.locator("#user").fill(address);
  await page.locator("#password").fill(MAIL_PASSWORD);
  await page.locator("#imap_host").fill("localhost");
  await page.locator("#imap_port").fill(String(mail.imaps));
  await page.getByRole("button", { name: "Salvar" }).click();
  await page.getByText("Conexão salva.").waitFor();
}

test("a connection is made, tested, paused and resumed, and never shows its password", { timeout: 120_000, skip: NO_SERVERS }, async () => {
  const { page, context, errors } = await person(browser, pontual);
  await signIn(page, "admin");
  await connect(page, "E-mail da loja", "loja@mail.example");
  const row = page.getByRole("row").filter({ hasText: "E-mail da loja" });
  await row.getByText("Sem envio ainda").waitFor();
  assert.deepEqual(await axe(page), []);
  await row.getByRole("link", { name: "E-mail da loja", exact: true }).click();
  assert.equal(await page.locator("#password").inputValue(), "");
  const answer = await page.goto(page.url());
  assert.ok(!(await answer.text()).includes(MAIL_PASSWORD));

  await page.getByRole("button", { name: "Testar conexão" }).click();
  const tested = page.locator("#channel-test").getByRole("status");
  await tested.getByText("com conexão segura; o usuário loja@mail.example entrou. Recebimento: caixa de entrada com 0 e-mails, o servidor avisa quando chega um.").waitFor();
  for (const colorScheme of ["light", "dark"]) {
    for (const width of [1280, 390]) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 844 });
      assert.deepEqual(await axe(page), [], `${colorScheme}, ${width} px`);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${width} px`);
    }
  }

  await page.getByRole("button", { name: "Pausar envio" }).click();
  await page.getByText("Envio pausado. A fila fica guardada.").waitFor();
  await page.getByText("Pausada", { exact: true }).waitFor();
  assert.deepEqual(await axe(page), []);
  await page.getByRole("button", { name: "Retomar envio" }).click();
  await page.getByText("Envio retomado.").waitFor();

  // Another certificate's name, and then a wrong password.
  await page.locator("#smtp_host").fill("127.0.0.1");
  await page.locator("#password").fill(MAIL_PASSWORD);
  await page.getByRole("button", { name: "Salvar" }).click();
  await page.getByRole("link", { name: "E-mail da loja", exact: true }).click();
  await page.getByRole("button", { name: "Testar conexão" }).click();
  await tested.getByText("127.0.0.1 não oferece uma conexão segura válida: o certificado é de um servidor com outro nome").waitFor();
  assert.deepEqual(await axe(page), []);
  await page.locator("#smtp_host").fill("localhost");
  await page.locator("#password").fill("errada");
  await page.getByRole("button", { name: "Salvar" }).click();
  await page.getByRole("link", { name: "E-mail da loja", exact: true }).click();
  await page.getByRole("button", { name: "Testar conexão" }).click();
  await tested.getByText("Envio: 535").waitFor();
  // The mailbox is opened with the new password a few seconds later.
  await until(async () => {
    await page.reload();
    return page.getByText("Não busca mensagens desde").isVisible();
  });
  await page.locator("#password").fill(MAIL_PASSWORD);
  await page.getByRole("button", { name: "Salvar" }).click();
  await page.getByText("Conexão salva.").waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

test("a scheduled PDF arrives byte for byte, the answer appears by itself, and the reply joins the thread", { timeout: 180_000, skip: NO_SERVERS }, async () => {
  const admin = await person(browser, pontual);
  const attendant = await person(browser, pontual);
  await signIn(admin.page, "admin");
  await signIn(attendant.page, "bruno");
  const { page } = admin;

  await connect(page, "E-mail da oficina", "oficina@mail.example");
  await page.goto("/contacts/new");
  await page.locator("#name").fill("Raul Braga");
  await page.locator("#email").fill("raul@mail.example");
  await page.getByRole("combobox", { name: "Conexão" }).selectOption({ label: "E-mail da oficina" });
  await page.getByRole("button", { name: "Salvar contato" }).click();
  await page.getByText("Contato salvo.").waitFor();
  const [{ id: contact }] = await pontual.sql("SELECT id FROM contacts WHERE name = 'Raul Braga'");
  await until(async () => (await pontual.sql("SELECT FROM channel_states st JOIN channels ch ON ch.id = channel_id WHERE name = 'E-mail da oficina' AND receiving ? 'uid'")).length === 1);

  // The browser itself makes the PDF.
  const pdf = await page.pdf();
  assert.equal(pdf.subarray(0, 5).toString(), "%PDF-");
  await page.goto(`/schedules/new?contact_id=${contact}`);
  await page.getByRole("combobox", { name: "Departamento" }).selectOption({ label: "Suporte" });
  await page.getByRole("combobox", { name: "Atendente" }).selectOption({ label: "Bruno Lima" });
  await page.locator("[name=action][value=open_ticket_and_notify]").check({ force: true });
  await page.getByLabel("Data e hora").fill("2031-03-10T10:00");
  await page.getByRole("textbox", { name: "Mensagem" }).fill("Olá, {{primeiro_nome}}! Segue a proposta.");
  await page.getByLabel("Comentário").fill("Enviar a proposta");
  await page.locator("#files").setInputFiles([{ name: "Proposta de São João.pdf", mimeType: "application/pdf", buffer: pdf }]);
  await page.locator("[data-files] .file").getByText("Proposta de São João.pdf").waitFor();
  await page.getByRole("button", { name: "Salvar agendamento" }).click();
  await page.getByText("Agendamento salvo.").waitFor();
  await attendant.page.goto("/notifications");
  await pontual.sql("UPDATE schedules SET due_at = now() WHERE contact_id = $1", [contact]);
  await attendant.page.locator(".toasts").getByText("Chamado aberto para Raul Braga.").waitFor();
  await page.getByText("Concluído").first().waitFor();

  await until(() => mail.newest("raul").length > 0);
  const sent = mail.newest("raul");
  const [, encoded] = sent.match(/Content-Type: application\/pdf[^]*?\r\n\r\n([^]*?)\r\n--/);
  assert.equal(sum(Buffer.from(encoded, "base64")), sum(pdf));
  assert.match(header(sent, "From"), /<oficina@mail\.example>$/);
  assert.equal(header(sent, "Auto-Submitted"), "auto-generated");
  const first = header(sent, "Message-ID");
  await page.reload();
  await page.getByText("Enviada").first().waitFor();

  const toast = attendant.page.locator(".toasts .toast").filter({ hasText: "Raul Braga" });
  await toast.getByRole("button", { name: "Ir para conversa com Raul Braga" }).click();
  const log = attendant.page.getByRole("log");
  await log.getByText("Olá, Raul! Segue a proposta.").waitFor();
  let loads = 0;
  attendant.page.on("load", () => (loads += 1));
  mail.send("raul@mail.example", "oficina@mail.example", [
    "From: Raul Braga <raul@mail.example>", "To: oficina@mail.example", "Subject: Re: proposta", "Message-ID: <raul-1@mail.example>",
    `In-Reply-To: ${first}`, `References: ${first}`, "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit", "",
    "Gostei, pode fazer.", "", "Em seg., 10 de mar. de 2031 às 10:00, Oficina escreveu:", "> Segue a proposta.", "",
  ].join("\n"));
  await log.getByText("Gostei, pode fazer.").waitFor();
  assert.equal(loads, 0, "the page was not loaded again");
  assert.deepEqual(await axe(attendant.page), []);

  await attendant.page.getByLabel("Texto para Raul Braga").fill("Combinado, começamos amanhã.");
  await attendant.page.keyboard.press("Enter");
  await log.getByText("Combinado, começamos amanhã.").waitFor();
  await until(() => mail.newest("raul") !== sent);
  const reply = mail.newest("raul");
  assert.equal(header(reply, "In-Reply-To"), "<raul-1@mail.example>");
  assert.equal(header(reply, "References"), `${first} <raul-1@mail.example>`);
  assert.equal(header(reply, "Subject"), header(sent, "Subject"));
  assert.equal(header(reply, "Auto-Submitted"), "", "a person wrote it");
  await log.locator("*").filter({ hasText: "Enviada" }).first().waitFor();
  const tickets = await pontual.sql("SELECT status FROM tickets WHERE contact_id = $1", [contact]);
  assert.deepEqual(tickets, [{ status: "open" }]);

  await page.goto("/channels");
  await page.getByRole("row").filter({ hasText: "E-mail da oficina" }).getByText("Funcionando").waitFor();
  for (const { errors, context } of [admin, attendant]) {
    assert.deepEqual(errors, []);
    await context.close();
  }
});
