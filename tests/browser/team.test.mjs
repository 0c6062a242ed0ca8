// Roles, attendants, departments and profiles in real browsers: granting a permission as the help page says,
// an invitation up to the first page, a departure with open work, and a theme kept across browsers.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { PASSWORD, axe, person, signIn, startChromium, startPontual } from "./harness.mjs";

const NEW_PASSWORD = "quatro palavras quaisquer";

let pontual;
let browser;

before(async () => {
  [pontual, browser] = await Promise.all([startPontual(), startChromium()]);
  // Schedules that fall due within a minute would leave the lists of pending work.
  await pontual.sql("UPDATE schedules SET due_at = due_at + interval '30 days' WHERE status = 'scheduled'");
});

after(async () => {
  await browser?.close();
  await pontual?.stop();
});

async function visitor(name, options) {
  const someone = await person(browser, pontual, options);
  if (name) await signIn(someone.page, name);
  return someone;
}

/** Closes the contexts and checks that only wanted errors were logged. */
async function leave(...people) {
  for (const { context, errors } of people) {
    assert.deepEqual(errors.filter((error) => !/status of (401|404|409|422)/.test(error)), []);
    await context.close();
  }
}

/** Uses the keyboard: without scripts the driver cannot tell whether a button has stopped moving. */
async function press(target) {
  await target.focus();
  await target.press("Enter");
}

test("following the help page lets a role schedule, and the role's page says who allowed it", { timeout: 60_000 }, async () => {
  const [gil, bruno] = [await visitor("gestor"), await visitor("bruno")];
  const { page } = gil;
  assert.equal(await bruno.page.getByRole("link", { name: "Agendamentos" }).count(), 0);
  const choose = async () => {
    await page.getByRole("navigation", { name: "Painel de navegação" }).getByRole("link", { name: "Cargos" }).click();
    await page.getByRole("link", { name: "Editar cargo Atendente" }).click();
  };
  await choose();
  await page.getByRole("switch", { name: "Habilitar agendamento" }).check();
  await page.getByRole("button", { name: "Salvar" }).click();
  await page.getByText("Cargo salvo.").waitFor();
  await bruno.page.goto("/schedules");
  await bruno.page.getByRole("link", { name: "Novo agendamento" }).waitFor();
  await choose();
  await page.getByText(/^Gil Torres habilitou agendamento, \d\d\/\d\d\/\d{4} às \d\d:\d\d$/).waitFor();
  await page.getByRole("switch", { name: "Habilitar agendamento" }).uncheck();
  await page.getByRole("button", { name: "Salvar" }).click();
  await page.getByText("Cargo salvo.").waitFor();
  await bruno.page.goto("/tickets");
  assert.equal(await bruno.page.getByRole("link", { name: "Agendamentos" }).count(), 0);
  await leave(gil, bruno);
});

test("an invitation is copied, accepted in another browser, and works once", { timeout: 60_000 }, async () => {
  const admin = await visitor("admin", { permissions: ["clipboard-read", "clipboard-write"] });
  const { page } = admin;
  await page.goto("/users");
  await page.getByRole("link", { name: "Novo atendente" }).click();
  await page.getByLabel("Nome").fill("Íris Sá");
  await page.getByLabel("E-mail").fill("iris@pontual.example");
  await page.getByLabel("Cargo").selectOption({ label: "Atendente" });
  await page.getByLabel("Comercial").check();
  await page.getByRole("button", { name: "Criar convite" }).click();
  const link = await page.getByLabel("Link do convite").inputValue();
  await page.getByRole("button", { name: "Copiar link" }).click();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), link);

  const iris = await visitor();
  await iris.page.goto(link);
  assert.deepEqual(await axe(iris.page), []);
  await iris.page.getByLabel("Senha nova").fill("12345678");
  await iris.page.getByRole("button", { name: "Criar senha e entrar" }).click();
  await iris.page.getByText("Esta senha é muito comum.").first().waitFor();
  assert.deepEqual(await axe(iris.page), []);
  await iris.page.getByLabel("Senha nova").fill(NEW_PASSWORD);
  await iris.page.getByRole("button", { name: "Criar senha e entrar" }).click();
  await iris.page.getByRole("heading", { level: 1 }).waitFor();
  assert.equal(new URL(iris.page.url()).pathname, "/tickets");

  const late = await visitor();
  await late.page.goto(link);
  await late.page.getByRole("heading", { name: "Este link não vale mais" }).waitFor();
  await page.goto("/users?q=iris");
  await page.getByRole("row", { name: /Íris Sá/ }).getByText("Ativo").waitFor();
  await leave(admin, iris, late);
});

test("deactivating a user shows the open work, hands it over, and ends open pages at once", { timeout: 60_000 }, async () => {
  const [admin, bruno] = [await visitor("admin"), await visitor("bruno")];
  const { page } = admin;
  const [{ id }] = await pontual.sql("SELECT id FROM users WHERE email = 'bruno@pontual.example'");
  const [{ count }] = await pontual.sql("SELECT count(*) FROM schedules WHERE attendant_id = $1 AND status = 'scheduled'", [id]);
  await bruno.page.goto("/notifications");
  await page.goto(`/users/${id}`);
  await page.getByRole("link", { name: "Desativar" }).click();
  await page.getByRole("heading", { name: `Agendamentos pendentes: ${count}` }).waitFor();
  await page.getByRole("link", { name: /Marina Duarte/ }).waitFor();
  await page.getByLabel(/^Suporte:/).selectOption({ label: "Camila Reis" });
  await page.getByRole("button", { name: "Desativar" }).click();
  await page.getByText("Atendente desativado.").waitFor();
  await bruno.page.waitForURL((url) => url.pathname === "/login", { timeout: 5_000 });
  const left = await pontual.sql("SELECT id FROM schedules WHERE attendant_id = $1 AND status = 'scheduled'", [id]);
  assert.deepEqual(left, []);

  await page.getByRole("link", { name: "Reativar" }).click();
  await page.getByRole("button", { name: "Reativar" }).click();
  await page.getByText("Atendente reativado.").waitFor();
  await signIn(bruno.page, "bruno");
  await leave(admin, bruno);
});

test("a session that is ended elsewhere ends in its open page", { timeout: 60_000 }, async () => {
  const [here, there] = [await visitor("helena"), await visitor("helena")];
  await here.page.goto("/profile");
  await here.page.getByRole("button", { name: "Encerrar as outras sessões" }).click();
  await here.page.locator("[data-error-summary]").getByText("Digite a senha atual.").waitFor();
  assert.deepEqual(await axe(here.page), []);
  await here.page.getByLabel("Sua senha, para encerrar sessões").fill(PASSWORD);
  await here.page.getByRole("button", { name: "Encerrar as outras sessões" }).click();
  await here.page.getByText("Sessões encerradas.").waitFor();
  await there.page.waitForURL((url) => url.pathname === "/login", { timeout: 5_000 });
  await here.page.reload();
  await here.page.getByRole("heading", { name: "Meu perfil" }).waitFor();
  await leave(here, there);
});

test("the chosen theme applies in the next browser too", { timeout: 60_000 }, async () => {
  const theme = (page) => page.locator("html").getAttribute("data-bs-theme");
  const [here, there] = [await visitor("igor"), await visitor("igor")];
  const kept = here.page.waitForResponse((response) => response.url().endsWith("/profile/theme"));
  await here.page.getByRole("button", { name: "Usar tema escuro" }).click();
  assert.equal((await kept).status(), 204);
  await there.page.reload();
  assert.equal(await theme(there.page), "dark");

  await there.page.getByRole("button", { name: /Menu do usuário/ }).click();
  await there.page.getByRole("link", { name: "Meu perfil" }).click();
  assert.ok(await there.page.getByLabel("Escuro", { exact: true }).isChecked());
  await there.page.getByLabel("Do sistema").check();
  await there.page.getByRole("button", { name: "Salvar perfil" }).click();
  await there.page.getByText("Perfil salvo.").waitFor();
  await here.page.reload();
  assert.equal(await theme(here.page), "light", "the system's theme");
  assert.deepEqual((await here.context.cookies()).filter(({ name }) => name === "theme"), []);
  await leave(here, there);
});

test("a department is created, ordered, given members, and hands over its channel", { timeout: 60_000 }, async () => {
  const admin = await visitor("admin");
  const { page } = admin;
  const names = () => page.locator("tbody .name").allTextContents();
  await page.goto("/departments/new");
  await page.getByLabel("Nome").fill("Pós-venda");
  await page.getByRole("button", { name: "Salvar" }).click();
  await page.getByText("Departamento criado.").waitFor();
  await page.getByLabel("Buscar").fill("camila");
  await page.getByRole("button", { name: "Buscar" }).click();
  await page.getByRole("button", { name: "Incluir Camila Reis" }).click();
  await page.getByText("Atendente incluído no departamento.").waitFor();
  await page.goto("/departments");
  await page.getByRole("button", { name: "Subir Pós-venda" }).click();
  await page.waitForURL(/#department-/);
  assert.deepEqual(await names(), ["Suporte", "Financeiro", "Pós-venda", "Comercial"]);

  await page.getByRole("link", { name: "Editar Suporte" }).click();
  await page.getByRole("link", { name: "Desativar" }).click();
  await page.getByRole("button", { name: "Desativar" }).click();
  await page.getByRole("alert").getByText("Escolha o departamento que recebe as primeiras mensagens.").waitFor();
  await page.getByLabel(/Elas passam a chegar em/).selectOption({ label: "Comercial" });
  await page.getByLabel("Mover agendamentos pendentes e chamados abertos").selectOption({ label: "Para Comercial" });
  await page.getByRole("button", { name: "Desativar" }).click();
  await page.getByText("Departamento desativado.").waitFor();
  const left = await pontual.sql("SELECT s.id FROM schedules s JOIN departments d ON d.id = s.department_id WHERE d.name = 'Suporte' AND s.status = 'scheduled'");
  assert.deepEqual(left, []);
  await page.getByRole("link", { name: "Editar Suporte" }).click();
  await page.getByRole("button", { name: "Reativar" }).click();
  await page.getByText("Departamento reativado.").waitFor();
  await leave(admin);
});

test("of two who edit one attendant, the second sees what the first changed and may still save", { timeout: 60_000 }, async () => {
  const [ana, eva] = [await visitor("admin"), await visitor("admin", { viewport: { width: 390, height: 844 } })];
  const [{ id }] = await pontual.sql("SELECT id FROM users WHERE name = 'Igor Matos'");
  await Promise.all([ana.page.goto(`/users/${id}`), eva.page.goto(`/users/${id}`)]);
  await ana.page.getByLabel("Nome").fill("Igor de Matos");
  await ana.page.getByRole("button", { name: "Salvar" }).click();
  await ana.page.getByText("Atendente salvo.").waitFor();
  await eva.page.getByLabel("Nome").fill("I. Matos");
  await eva.page.getByRole("button", { name: "Salvar" }).click();
  const notice = eva.page.locator("[data-stale]");
  await notice.getByText("Igor de Matos").waitFor();
  await notice.getByText("A última mudança foi feita por Ana Prado").waitFor();
  assert.equal(await eva.page.getByLabel("Nome").inputValue(), "I. Matos");
  assert.deepEqual(await axe(eva.page), []);
  await eva.page.getByRole("button", { name: "Salvar" }).click();
  await eva.page.getByText("Atendente salvo.").waitFor();
  assert.equal(await eva.page.getByLabel("Nome").inputValue(), "I. Matos");
  await eva.page.getByText("Ana Prado editou o atendente (nome)").first().waitFor();
  await leave(ana, eva);
});

test("without JavaScript: invite, accept, change the password, deactivate", { timeout: 90_000 }, async () => {
  const noScript = { javaScriptEnabled: false };
  const [admin, tom] = [await visitor("admin", noScript), await visitor(null, noScript)];
  const { page } = admin;
  await page.goto("/users/new");
  await page.getByLabel("Nome").fill("Tom Alves");
  await page.getByLabel("E-mail").fill("tom@pontual.example");
  await page.getByLabel("Cargo").selectOption({ label: "Atendente" });
  await press(page.getByRole("button", { name: "Criar convite" }));
  await tom.page.goto(await page.getByLabel("Link do convite").inputValue());
  await tom.page.getByLabel("Senha nova").fill(NEW_PASSWORD);
  await press(tom.page.getByRole("button", { name: "Criar senha e entrar" }));
  await press(tom.page.getByRole("link", { name: "Meu perfil" }));
  await tom.page.getByLabel("Senha atual", { exact: true }).fill(NEW_PASSWORD);
  await tom.page.getByLabel("Senha nova", { exact: true }).fill("outras palavras que combinam menos");
  await press(tom.page.getByRole("button", { name: "Trocar senha" }));
  await tom.page.getByText("Senha trocada.").waitFor();

  await page.goto("/users?q=tom");
  await press(page.getByRole("link", { name: "Editar Tom Alves" }));
  await press(page.getByRole("link", { name: "Desativar" }));
  await press(page.getByRole("button", { name: "Desativar" }));
  await page.getByText("Atendente desativado.").waitFor();
  await tom.page.reload();
  await tom.page.getByRole("heading", { name: "Entrar" }).waitFor();

  await page.goto("/roles/new");
  await page.getByLabel("Nome do cargo").fill("Recepção");
  await page.getByRole("switch", { name: "Habilitar agendamento" }).check();
  await press(page.getByRole("button", { name: "Salvar" }));
  await page.getByText("Cargo criado.").waitFor();
  await press(page.getByRole("link", { name: "Editar cargo Recepção" }));
  await press(page.getByRole("link", { name: "Excluir" }));
  await press(page.getByRole("button", { name: "Excluir cargo" }));
  await page.getByText("Cargo excluído.").waitFor();
  await leave(admin, tom);
});
