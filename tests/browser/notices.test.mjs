// Notifications: filters and forms on their page; the browser's system notice, the sound, the number in
// the title and icon; and that other tabs show what one tab did.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { person, signIn, startChromium, startPontual } from "./harness.mjs";

let pontual;
let browser;

before(async () => {
  [pontual, browser] = await Promise.all([startPontual(), startChromium()]);
  await pontual.sql("UPDATE notifications SET removed_at = now()");
});

after(async () => {
  await browser?.close();
  await pontual?.stop();
});

/** Makes a reminder that is due now, for the user `name`. Its comment identifies it. */
async function remind(name, comment, { fails = false } = {}) {
  await pontual.sql(
    `WITH made AS (
       INSERT INTO schedules (contact_id, department_id, attendant_id, action, due_at, due_local, due_zone, comment, created_by, spacing_exempt)
       SELECT c.id, d.id, u.id, 'notify', now() - $3::interval, now(), 'UTC', $2,
              (SELECT min(a.id) FROM users a JOIN roles r ON r.id = a.role_id WHERE r.is_administrator), true
         FROM users u, contacts c, departments d WHERE u.email = $1 || '@pontual.example' AND c.name = 'Caio Fontes' AND d.name = 'Suporte'
       RETURNING id, created_by),
     history AS (INSERT INTO schedule_history (schedule_id, kind, actor_id) SELECT id, 'created', created_by FROM made)
     INSERT INTO audit (action, subject_id, actor_id) SELECT 'schedule.created', id, created_by FROM made`,
    [name, comment, fails ? "3 hours" : "0"],
  );
}

/** A page that can be hidden. Its browser notices and tones are counted. */
async function watched(visitor) {
  await visitor.context.addInitScript(() => {
    let hidden = false;
    Object.defineProperty(Document.prototype, "hidden", { get: () => hidden });
    globalThis.hide = (value) => (hidden = value);
    globalThis.notices = [];
    globalThis.tones = 0;
    globalThis.Notification = class extends EventTarget {
      static permission = "default";
      static async requestPermission() {
        return (this.permission = "granted");
      }
      constructor(title, options) {
        super();
        Object.assign(this, { title, ...options });
        globalThis.notices.push(this);
      }
      close() {
        this.isClosed = true;
        this.dispatchEvent(new Event("close"));
      }
    };
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (...when) {
      globalThis.tones += 1;
      return start.apply(this, when);
    };
  });
  return visitor.context.newPage();
}

const hide = (pages, value) => Promise.all(pages.map((page) => page.evaluate((to) => globalThis.hide(to), value)));
const total = async (pages, read) => (await Promise.all(pages.map((page) => page.evaluate(read)))).reduce((a, b) => a + b);
const notices = (pages) => total(pages, () => globalThis.notices.length);
const tones = (pages) => total(pages, () => globalThis.tones);

async function until(what, condition) {
  for (let tries = 0; tries < 100; tries += 1) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`in vain: ${what}`);
}

const bell = (page) => page.locator("[data-bell-count]");

test("the filters stand in the address, and actions show at once", { timeout: 120_000 }, async () => {
  const visitor = await person(browser, pontual);
  const { page } = visitor;
  await signIn(page, "igor");
  await page.goto("/notifications");
  await page.getByText("Tudo em dia").waitFor();
  for (const [comment, how] of [["um", {}], ["dois", { fails: true }], ["três", {}]]) {
    await remind("igor", comment, how);
    await page.locator("main").getByText(comment === "dois" ? "não foi disparado" : `: ${comment}.`).waitFor();
  }
  const rows = page.locator("main .notif");
  await page.getByRole("link", { name: "Erros 1" }).click();
  await page.waitForURL(/filter=errors/);
  await until("one error", async () => (await rows.count()) === 1);
  assert.equal(await page.getByRole("link", { name: "Erros 1" }).getAttribute("aria-current"), "page");
  await page.getByRole("link", { name: "Não lidas 3" }).click();
  await until("three unread", async () => (await rows.count()) === 3);
  assert.equal(await page.evaluate(() => document.activeElement.id), "tab-unread");
  await rows.filter({ hasText: ": um." }).getByRole("button", { name: /^Marcar como lida/ }).click();
  await until("two unread", async () => (await rows.count()) === 2);
  await page.getByRole("link", { name: "Não lidas 2" }).waitFor();
  await rows.filter({ hasText: ": três." }).getByRole("button", { name: /^Remover/ }).click();
  await page.getByRole("link", { name: "Todas 2" }).waitFor();
  await page.goBack();
  await page.waitForURL(/filter=errors/);
  await page.getByRole("button", { name: /^Notificações:/ }).waitFor();
  await until("the errors again", async () => (await rows.count()) === 1);
  await page.getByRole("button", { name: "Marcar todas como lidas" }).click();
  await page.getByRole("link", { name: "Não lidas 0" }).waitFor();
  assert.equal(await page.getByRole("button", { name: "Marcar todas como lidas" }).isVisible(), false);
  assert.deepEqual(visitor.errors, []);
  await visitor.context.close();
});

test("a live refresh keeps the scroll position", { timeout: 120_000 }, async () => {
  const visitor = await person(browser, pontual, { viewport: { width: 1280, height: 500 } });
  const { page } = visitor;
  await signIn(page, "camila");
  for (let n = 1; n <= 8; n += 1) await remind("camila", `lembrete ${n}`);
  const written = "SELECT FROM notifications n JOIN users u ON u.id = n.user_id WHERE u.email LIKE 'camila@%' AND n.removed_at IS NULL";
  await until("eight notifications", async () => (await pontual.sql(written)).length === 8);
  await page.goto("/notifications");
  assert.equal(await page.locator("main .notif").count(), 8);
  // Each look is one synchronous step in the page, because the list may be replaced at any moment.
  const look = (begins) => page.evaluate((begins) => {
    const entry = [...document.querySelectorAll("main .notif")].find(({ textContent }) => textContent.includes("lembrete 2."));
    const button = entry.querySelector("form[action$=opening] button");
    if (begins) button.scrollIntoView({ block: "center", behavior: "instant" });
    if (begins) button.focus({ preventScroll: true });
    return { top: button.getBoundingClientRect().top, hasFocus: button === document.activeElement };
  }, begins);
  const before = await look(true);
  assert.equal(before.hasFocus, true);
  await remind("camila", "mais um");
  await page.locator("main").getByText("mais um").waitFor({ state: "attached" });
  await page.getByRole("link", { name: "Todas 9" }).waitFor({ state: "attached" });
  const after = await look(false);
  assert.ok(Math.abs(after.top - before.top) <= 2, `${before.top} → ${after.top}`);
  assert.equal(after.hasFocus, true);
  assert.deepEqual(visitor.errors, []);
  await visitor.context.close();
});

test("every tab shows the number of unread notifications in its title and icon", { timeout: 120_000 }, async () => {
  const visitor = await person(browser, pontual);
  const { page } = visitor;
  await signIn(page, "bruno");
  await page.goto("/notifications");
  const other = await visitor.context.newPage();
  await other.goto("/tickets");
  const icon = (tab) => tab.evaluate(() => document.querySelector("link[rel=icon]").href);
  assert.match(await page.title(), /^Notificações · /);
  await remind("bruno", "contar");
  for (const tab of [page, other]) {
    await until("(1) in the title", async () => /^\(1\) /.test(await tab.title()));
    await until("an icon with the number", async () => (await icon(tab)).startsWith("data:image/png"));
  }
  await other.locator(".toast").getByRole("button", { name: "Fechar aviso" }).click();
  await page.locator(".toast").waitFor({ state: "detached" });
  await page.locator("main .notif").filter({ hasText: "contar" }).getByRole("button", { name: /^Remover/ }).click();
  for (const tab of [page, other]) {
    await until("no number in the title", async () => !(await tab.title()).startsWith("("));
    await until("the original icon", async () => (await icon(tab)).endsWith("favicon.svg"));
    assert.equal(await bell(tab).isVisible(), false);
  }
  assert.deepEqual(visitor.errors, []);
  await visitor.context.close();
});

test("each browser shows one notice and plays one sound, only while no tab is visible", { timeout: 180_000 }, async () => {
  const visitor = await person(browser, pontual);
  const page = await watched(visitor);
  await visitor.page.close();
  await signIn(page, "helena");
  await page.goto("/notifications");
  assert.equal(await page.evaluate(() => Notification.permission), "default", "the browser is not asked without a click");
  await page.getByLabel("Mostrar avisos do navegador").check();
  assert.equal(await page.evaluate(() => Notification.permission), "granted");
  await page.getByLabel("Tocar um som").check();
  await page.getByRole("button", { name: "Salvar" }).click();
  await page.getByText("Avisos atualizados.").waitFor();
  const tabs = [page, await visitor.context.newPage(), await visitor.context.newPage()];
  for (const tab of tabs) {
    if (tab !== page) await tab.goto("/tickets");
    await tab.evaluate(() => (Notification.permission = "granted"));
    await tab.locator("h1").first().click();
  }
  await remind("helena", "à vista");
  await page.locator(".toast").getByText("à vista").waitFor();
  await hide([tabs[0], tabs[1]], true);
  await remind("helena", "uma aba à vista");
  await tabs[2].locator(".toast").getByText("uma aba à vista").waitFor();
  await new Promise((resolve) => setTimeout(resolve, 800));
  assert.deepEqual([await notices(tabs), await tones(tabs)], [0, 0]);

  await hide(tabs, true);
  await remind("helena", "sem ninguém");
  await until("a notice and a sound", async () => (await notices(tabs)) === 1 && (await tones(tabs)) === 2);
  await new Promise((resolve) => setTimeout(resolve, 800));
  assert.deepEqual([await notices(tabs), await tones(tabs)], [1, 2]);
  const leader = (await Promise.all(tabs.map((tab) => tab.evaluate(() => globalThis.notices.length)))).indexOf(1);
  const shown = await tabs[leader].evaluate(() => ({ title: globalThis.notices[0].title, body: globalThis.notices[0].body }));
  assert.deepEqual(shown, { title: "Agendamento", body: "Lembrete para Caio Fontes: sem ninguém." });
  await tabs[leader].evaluate(() => globalThis.notices[0].dispatchEvent(new Event("click")));
  await tabs[leader].waitForURL(/\/contacts\/\d+\/conversation/);
  const [{ read_at: read }] = await pontual.sql("SELECT n.read_at FROM notifications n JOIN schedules s ON s.id = n.schedule_id WHERE s.comment = 'sem ninguém'");
  assert.ok(read);

  await hide(tabs, true);
  await tabs[leader].evaluate(() => (Notification.permission = "granted"));
  await remind("helena", "lida em outra aba");
  await until("another notice", async () => (await notices(tabs)) > 0 && (await total(tabs, () => globalThis.notices.filter((one) => !one.isClosed).length)) === 1);
  const second = tabs.find((_, place) => place !== leader);
  await second.goto("/notifications");
  await second.getByRole("button", { name: "Marcar todas como lidas" }).click();
  await until("the notice closed", async () => (await total(tabs, () => globalThis.notices.filter((one) => !one.isClosed).length)) === 0);
  assert.deepEqual(visitor.errors, []);
  await visitor.context.close();
});

test("a refused permission is reported, and the switch turns off", { timeout: 60_000 }, async () => {
  const visitor = await person(browser, pontual);
  const page = await watched(visitor);
  await signIn(page, "igor");
  await page.goto("/notifications");
  await page.evaluate(() => {
    Notification.requestPermission = async () => (Notification.permission = "denied");
  });
  await page.getByLabel("Mostrar avisos do navegador").click();
  await page.getByText("O navegador não permite avisos desta página.").waitFor();
  assert.equal(await page.getByLabel("Mostrar avisos do navegador").isChecked(), false);
  await visitor.context.close();
});

test("the page works without JavaScript", { timeout: 60_000 }, async () => {
  const visitor = await person(browser, pontual, { javaScriptEnabled: false });
  const { page } = visitor;
  const press = async (target) => {
    await target.focus();
    await target.press("Enter");
  };
  await signIn(page, "gestor");
  await remind("gestor", "sem scripts");
  await until("the notification", async () => (await pontual.sql("SELECT FROM notifications n JOIN schedules s ON s.id = n.schedule_id WHERE s.comment = 'sem scripts'")).length === 1);
  await page.goto("/notifications?filter=unread");
  assert.match(await page.title(), /^\(1\) Notificações/);
  await press(page.locator("main .notif").getByRole("button", { name: /^Marcar como lida/ }));
  await page.getByText("Tudo lido").waitFor();
  assert.equal(new URL(page.url()).search, "?filter=unread");
  await press(page.getByRole("link", { name: "Todas 1" }));
  await press(page.locator("main .notif").getByRole("button", { name: /^Remover/ }));
  await page.getByText("Notificação removida.").waitFor();
  await page.getByText("Tudo em dia").waitFor();
  await visitor.context.close();
});
