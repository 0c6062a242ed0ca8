// Every page with the longest values that its forms accept, without spaces, at the widths of a small
// telephone, a telephone, a tablet and a desktop: nothing is wider than the screen.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { administratorPages } from "./addresses.mjs";
import { person, signIn, startChromium, startPontual } from "./harness.mjs";

const WIDTHS = [320, 390, 1024, 1280];

let pontual;
let browser;
let pages;

before(async () => {
  [pontual, browser] = await Promise.all([startPontual(), startChromium()]);
  pages = await administratorPages(pontual);
  await lengthen();
});

after(async () => {
  await browser?.close();
  await pontual?.stop();
});

/**
 * Gives every record the longest words that its form accepts. The first letters stay, so that lists keep their order.
 */
async function lengthen() {
  const long = (column, length) => `${column} = rpad(translate(${column}, ' ', ''), ${length}, 'WM')`;
  for (const sql of [
    `UPDATE settings SET ${long("company_name", 80)}`,
    `UPDATE users SET ${long("name", 100)}, email = rpad(split_part(email, '@', 1), 64, 'w') || '@pontual.example' WHERE email !~ '^(admin|helena|bruno)@'`,
    `UPDATE users SET ${long("name", 100)} WHERE email ~ '^(admin|helena|bruno)@'`,
    `UPDATE departments SET ${long("name", 60)}`,
    `UPDATE roles SET ${long("name", 60)}, ${long("description", 200)}`,
    `UPDATE channels SET ${long("name", 60)}, ${long("public_name", 60)}, ${long("greeting", 1000)}`,
    `UPDATE people SET ${long("name", 120)}`,
    `UPDATE contacts SET ${long("name", 120)}, email = rpad('a', 64, 'w') || id || '@' || rpad('b', 60, 'w') || '.example'`,
    `UPDATE schedules SET ${long("comment", 1000)}, cancel_reason = CASE WHEN cancel_reason IS NOT NULL THEN rpad('m', 500, 'WM') END`,
    `UPDATE schedules SET ${long("message", 4096)} WHERE action <> 'notify'`,
    `UPDATE messages SET ${long("body", 4096)} WHERE body <> ''`,
    `UPDATE attachments SET file_name = rpad('a', 116, 'WM') || '.pdf'`,
  ]) {
    await pontual.sql(sql);
  }
}

test("no page with the longest words is wider than the screen", { timeout: 290_000 }, async () => {
  const visitor = await person(browser, pontual, { reducedMotion: "reduce" });
  const { page } = visitor;
  const found = [];
  const measure = async (name) => {
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 844 });
      const wide = await page.evaluate(widest);
      if (wide) found.push(`${name} at ${width}: ${wide}`);
    }
  };
  const look = async (path) => {
    await page.goto(path);
    await measure(path);
  };
  await look("/login");
  await signIn(page, "admin");
  for (const path of pages) await look(path);
  const conversation = pages.find((path) => path.endsWith("/conversation"));
  await page.goto(conversation);
  await look(await page.getByLabel("Link do cliente", { exact: true }).inputValue());
  await look(conversation.replace(/.contacts.(\d+).conversation/, "/c/$1/accesses"));
  await page.goto("/contacts/import");
  const buffer = Buffer.from(`nome;telefone\n${"departamento.contas".repeat(6)};(11) 90002-0122\n${"W".repeat(110)};1\n`);
  await page.locator("input[type=file]").setInputFiles({ name: `${"lista".repeat(20)}.csv`, mimeType: "text/csv", buffer });
  await page.locator("main form[enctype]").getByRole("button", { name: /^Enviar/ }).click();
  await page.waitForURL((url) => url.pathname !== "/contacts/import");
  await measure("columns of an import");
  await page.getByRole("button", { name: "Continuar" }).click();
  await page.locator("#confirm").waitFor();
  await measure("import");
  await page.setViewportSize({ width: 390, height: 844 });
  for (const radio of await page.locator("#confirm input[type=radio]").all()) {
    assert.ok(await radio.evaluate(isUncovered), "a choice at the lower edge of the screen is not covered");
  }
  await look("/contacts/import");
  await page.goto("about:blank");
  await page.context().clearCookies();
  await signIn(page, "helena");
  for (const path of ["/notifications", "/tickets"]) await look(path);
  await page.locator("[data-bell]").click();
  await page.locator("[data-bell-panel] .notif").first().waitFor();
  await measure("bell");
  await pontual.sql(`
    WITH made AS (
      INSERT INTO schedules (contact_id, department_id, attendant_id, action, due_at, due_local, due_zone, comment, created_by, spacing_exempt)
      SELECT c.id, d.id, u.id, 'notify', now(), now(), 'UTC', repeat('WM', 500), u.id, true
        FROM users u, (SELECT min(id) AS id FROM contacts) c, (SELECT min(id) AS id FROM departments) d WHERE u.email LIKE 'helena@%'
      RETURNING id, created_by),
    told AS (INSERT INTO schedule_history (schedule_id, kind, actor_id) SELECT id, 'created', created_by FROM made)
    INSERT INTO audit (action, subject_id, actor_id) SELECT 'schedule.created', id, created_by FROM made`);
  await page.locator(".toasts .toast").first().waitFor();
  await measure("toast");
  assert.deepEqual(found, []);
  await visitor.context.close();
});

/** Whether the element, scrolled to the lower edge of the screen, is not covered by another. */
function isUncovered(element) {
  scrollBy({ top: element.getBoundingClientRect().bottom - innerHeight, behavior: "instant" });
  const { x, y, width, height } = element.getBoundingClientRect();
  return document.elementFromPoint(x + width / 2, y + height / 2) === element;
}

/** By how much the page is wider than the screen, and the elements that cause it. */
function widest() {
  const over = document.documentElement.scrollWidth - innerWidth;
  const line = (element) => `${element.localName}.${element.className} ${Math.round(element.getBoundingClientRect().right)}`;
  const beyond = [...document.querySelectorAll("main *, header *, .toasts *")].filter((element) => element.getBoundingClientRect().right > innerWidth + 1);
  const torn = [...document.querySelectorAll("time, .st")].filter((element) => element.getClientRects().length > 1 || element.offsetHeight > 40);
  if (torn.length > 0) return `broken into lines: ${torn.slice(0, 3).map(line).join(", ")}`;
  return over > 0 ? `${over} px: ${beyond.slice(0, 3).map(line).join(", ")}` : "";
}
