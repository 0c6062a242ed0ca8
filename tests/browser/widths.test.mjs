// Every page with the longest values that its forms accept, without spaces, at the widths of a small
// telephone, a telephone, a tablet and a desktop: nothing is wider than the screen, cut off, or broken within a word.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { administratorPages, pagesLeftOut } from "./addresses.mjs";
import { person, signIn, startChromium, startPontual } from "./harness.mjs";

const WIDTHS = [320, 390, 1024, 1280];

let pontual;
let browser;
let pages;

before(async () => {
  [pontual, browser] = await Promise.all([startPontual(), startChromium()]);
  await pontual.sql("UPDATE users SET deactivated_at = clock_timestamp() WHERE id = (SELECT max(id) FROM users WHERE email !~ '^(admin|helena|bruno)@')");
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
    `UPDATE channel_states SET last_error = rpad('e', 500, 'WM'), receiving_error = rpad('e', 500, 'WM') WHERE failing_since IS NOT NULL`,
    `UPDATE inbox SET problem = rpad('p', 500, 'WM') WHERE problem IS NOT NULL`,
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

/** A visitor who measures pages at each width. */
async function measurer() {
  const visitor = await person(browser, pontual, { reducedMotion: "reduce" });
  const { page, context } = visitor;
  const found = [];
  const seen = [];
  const measure = async (name, heights = [844]) => {
    for (const height of heights) {
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height });
        for (const fault of await page.evaluate(faults)) found.push(`${name} at ${width}: ${fault}`);
      }
    }
  };
  const note = () => seen.push(new URL(page.url()).pathname);
  const look = async (path) => {
    await page.goto(path);
    note();
    await measure(path);
  };
  const become = async (name) => {
    await page.goto("about:blank");
    await context.clearCookies();
    await signIn(page, name);
  };
  const end = async () => {
    await context.close();
    assert.equal([...new Set(found)].join("\n"), "");
  };
  return { ...visitor, measure, look, note, become, seen, end };
}

/** Paths of the pages that the tests measured. */
const seenElsewhere = [];

test("no page with the longest words is wider than the screen", { timeout: 290_000 }, async () => {
  const { page, measure, look, note, become, seen, end } = await measurer();
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
  note();
  await measure("columns of an import");
  await page.getByRole("button", { name: "Continuar" }).click();
  await page.locator("#confirm").waitFor();
  note();
  await measure("import");
  await page.setViewportSize({ width: 390, height: 844 });
  for (const radio of await page.locator("#confirm input[type=radio]").all()) {
    assert.ok(await radio.evaluate(isUncovered), "a choice at the lower edge of the screen is not covered");
  }
  await look("/contacts/import");
  await become("helena");
  for (const path of ["/notifications", "/tickets"]) await look(path);
  await page.locator("[data-bell]").click();
  await page.locator("[data-bell-panel] .notif").first().waitFor();
  await measure("bell", [844, 256]);
  await pontual.sql(`
    WITH made AS (
      INSERT INTO schedules (contact_id, department_id, attendant_id, action, due_at, due_local, due_zone, comment, created_by, spacing_exempt)
      SELECT c.id, d.id, u.id, 'notify', now(), now(), 'UTC', repeat('WM', 500), u.id, true
        FROM users u, (SELECT min(id) AS id FROM contacts) c, (SELECT min(id) AS id FROM departments) d WHERE u.email LIKE 'helena@%'
      RETURNING id, created_by),
    history AS (INSERT INTO schedule_history (schedule_id, kind, actor_id) SELECT id, 'created', created_by FROM made)
    INSERT INTO audit (action, subject_id, actor_id) SELECT 'schedule.created', id, created_by FROM made`);
  await page.locator(".toasts .toast").first().waitFor();
  await measure("toast");
  seenElsewhere.push(...seen);
  await end();
});

test("no refused form, recovered form or question is wider than the screen", { timeout: 290_000 }, async () => {
  const { page, context, measure, note, become, seen, end } = await measurer();
  await page.goto("/login");
  await page.getByLabel("E-mail").fill(`${"w".repeat(60)}@${"b".repeat(60)}.example`);
  await page.getByLabel("Senha", { exact: true }).fill("x");
  await page.getByRole("button", { name: "Entrar" }).click();
  await page.getByRole("alert").waitFor();
  await measure("refused sign-in");
  await signIn(page, "admin");
  const forms = pages.filter((path) => /(\/new|\/edit|\/(settings|retention|profile|roles\/\d+|users\/\d+|channels\/\d+|departments\/\d+))(\?.*)?$/.test(path));
  assert.ok(forms.length > 15, `${forms}`);
  for (const path of forms) {
    await page.goto(path);
    const form = page.locator("main form[method=post]:has([data-limit])").first();
    // The role of administrators, say, has a form that cannot be sent.
    if ((await form.count()) === 0) continue;
    for (const field of await form.locator("[data-limit]:visible:enabled").all()) {
      await field.fill("W".repeat(Number(await field.getAttribute("data-limit")) + 1));
    }
    await measure(`${path}, too long`);
    await form.evaluate((element) => element.requestSubmit(element.querySelector("button[type=submit]:not([name=step])")));
    await page.locator(".field-error").first().waitFor();
    await measure(`${path}, refused`);
  }
  await page.goto("/people/new");
  await page.getByLabel("Nome").fill("W".repeat(120));
  await context.addCookies([{ name: "pontual_csrf", value: "0".repeat(32), url: pontual.url }]);
  await page.locator("main form[method=post]").evaluate((element) => element.requestSubmit());
  await page.getByText("Confira e envie de novo").first().waitFor();
  await measure("kept form");
  await become("admin");
  await page.goto("/users/new");
  await page.getByLabel("Nome").fill("W".repeat(100));
  await page.getByLabel("E-mail").fill(`${"w".repeat(60)}@${"b".repeat(60)}.example`);
  await page.locator("[name=role_id]").selectOption({ index: 1 });
  await page.locator("[name=departments]").first().check({ force: true });
  await page.locator("main form[method=post]").first().evaluate((element) => element.requestSubmit());
  const link = await page.locator("#access-link").inputValue();
  await measure("access link");
  await context.clearCookies();
  await page.goto(link);
  note();
  await measure("welcome by an access link");
  await page.locator("#password").fill("curta");
  await page.locator("main form[method=post], form[method=post]").last().evaluate((element) => element.requestSubmit());
  await page.locator(".field-error").first().waitFor();
  await measure("refused welcome");
  seenElsewhere.push(...seen);
  await end();
});

test("no dialogue is wider than the screen", { timeout: 290_000 }, async () => {
  const { page, measure, become, end } = await measurer();
  await become("admin");
  let count = 0;
  const [pending] = await pontual.sql("SELECT id FROM schedules WHERE status = 'scheduled' ORDER BY due_at DESC LIMIT 1");
  for (const path of [...new Set([`/schedules/${pending.id}`, ...pages.filter((path) => /^\/contacts\/\d+$/.test(path))])]) {
    await page.goto(path);
    for (const name of await page.locator("[data-dialog]").evaluateAll((all) => all.map((one) => one.dataset.dialog))) {
      await page.setViewportSize({ width: 1280, height: 844 });
      await page.goto(path);
      await page.locator(`[data-dialog="${name}"]`).first().click();
      await page.locator(".modal.show form").waitFor();
      await measure(`${path}, ${name}`, [844, 256]);
      count += 1;
    }
  }
  assert.ok(count >= 4, `${count} dialogues`);
  await page.setViewportSize({ width: 1280, height: 844 });
  await page.goto("/schedules?status=scheduled");
  await page.getByLabel("Selecionar todos desta página").check();
  await page.locator("#bulk-cancel").click();
  await page.locator(".modal.show form").waitFor();
  await measure("cancelling many", [844, 256]);
  await page.locator(".modal.show textarea").fill("W".repeat(501));
  await page.locator(".modal.show form").evaluate((element) => element.requestSubmit());
  await page.locator(".modal.show .field-error, main .field-error").first().waitFor();
  await measure("refused cancelling of many");
  await end();
});

test("neither the set-up nor its used link is wider than the screen", { timeout: 120_000 }, async () => {
  const empty = await startPontual("empty");
  try {
    const [, link] = /set up at (\S+)/.exec(empty.said());
    const { context, page } = await person(browser, empty, { reducedMotion: "reduce" });
    const found = [];
    const measure = async (name) => {
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 844 });
        for (const fault of await page.evaluate(faults)) found.push(`${name} at ${width}: ${fault}`);
      }
    };
    await page.goto(link);
    seenElsewhere.push(new URL(page.url()).pathname);
    await measure("set-up");
    for (const field of await page.locator("main input[type=text], main input:not([type])").all()) await field.fill("W".repeat(200));
    await page.locator("form[method=post]").evaluate((element) => element.requestSubmit());
    await page.locator(".field-error").first().waitFor();
    await measure("refused set-up");
    await context.close();
    assert.equal([...new Set(found)].join("\n"), "");
  } finally {
    await empty.stop();
  }
});

test("every page of the table of routes was measured", async () => {
  assert.deepEqual(await pagesLeftOut(seenElsewhere), []);
});

/** Whether the element, scrolled to the lower edge of the screen, is not covered by another. */
function isUncovered(element) {
  scrollBy({ top: element.getBoundingClientRect().bottom - innerHeight, behavior: "instant" });
  const { x, y, width, height } = element.getBoundingClientRect();
  return document.elementFromPoint(x + width / 2, y + height / 2) === element;
}

/** Elements that are wider than the screen, cut off without an ellipsis, or broken within a short word. */
async function faults() {
  // The layout follows a change of the width within a frame or two.
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const found = [];
  const name = (element) => `${element.localName}.${element.className} ${Math.round(element.getBoundingClientRect().right)}`;
  const first = (all) => all.slice(0, 3).join(", ");
  const over = document.documentElement.scrollWidth - innerWidth;
  if (over > 0) found.push(`the page is ${over} px too wide`);
  const elements = [...document.querySelectorAll("body, body *")].filter((element) => element.checkVisibility({ visibilityProperty: true }));
  const styles = new Map(elements.map((element) => [element, getComputedStyle(element)]));
  const isClipping = (element) => styles.has(element) && styles.get(element).overflowX !== "visible";
  const outer = (element, is) => {
    for (let one = element.parentElement; one && one !== document.body; one = one.parentElement) if (is(one)) return true;
    return false;
  };
  // Texts for screen readers are one pixel wide, or outside of the screen until they have the focus.
  // The picture beside the sign-in is decoration, whose cards stand beside each other.
  const unread = "[aria-hidden=true], .visually-hidden, .visually-hidden-focusable, .skip-link, aside nav, .login .art";
  const isHidden = (element) => element.matches(unread) || (element.offsetWidth === 1 && isClipping(element));
  const isSeen = (element) => element.getBoundingClientRect().width > 1 && !isHidden(element) && !outer(element, isHidden);
  const beyond = elements.filter((element) => element.getBoundingClientRect().right > innerWidth + 1 && isSeen(element) && !outer(element, isClipping));
  if (beyond.length > 0) found.push(`beyond the edge: ${first(beyond.map(name))}`);
  const cut = elements.filter((element) => {
    const style = styles.get(element);
    if (element.matches("html, body, input, textarea, select, option, svg, svg *, img, audio, iframe") || style.display.startsWith("inline")) return false;
    // Borders and outlines of a few pixels are no texts.
    if (element.scrollWidth <= element.clientWidth + 4 || !isSeen(element)) return false;
    return !/auto|scroll/.test(style.overflowX) && style.textOverflow !== "ellipsis" && !outer(element, (one) => styles.get(one)?.textOverflow === "ellipsis");
  });
  if (cut.length > 0) found.push(`wider than their box: ${first(cut.map((element) => `${name(element)} by ${element.scrollWidth - element.clientWidth}`))}`);
  const torn = [...document.querySelectorAll("time, .st")].filter((element) => element.getClientRects().length > 1 || element.offsetHeight > 40);
  if (torn.length > 0) found.push(`broken into lines: ${first(torn.map(name))}`);
  const words = brokenWords();
  if (words.length > 0) found.push(`broken words: ${first(words)}`);
  return found;

  function brokenWords() {
    const broken = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const range = document.createRange();
    for (let text = texts.nextNode(); text; text = texts.nextNode()) {
      const element = text.parentElement;
      if (!styles.has(element) || !isSeen(element) || element.closest("script, style, option, textarea")) continue;
      for (const { 0: word, index } of text.data.matchAll(/(?<![^\s])[\p{L}]{2,18}(?![^\s.,:;!?])/gu)) {
        range.setStart(text, index);
        range.setEnd(text, index + word.length);
        const lines = new Set([...range.getClientRects()].map(({ top }) => Math.round(top)));
        if (lines.size > 1) broken.push(`${word} in ${element.localName}.${element.className}`);
      }
    }
    return broken;
  }
}
