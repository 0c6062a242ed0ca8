// Low screens, forced colours and print: everything stays reachable, current items are distinguishable, and
// a conversation is printed completely.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { person, signIn, startChromium, startPontual } from "./harness.mjs";

let pontual;
let browser;

before(async () => {
  [pontual, browser] = await Promise.all([startPontual(), startChromium()]);
});

after(async () => {
  await browser?.close();
  await pontual?.stop();
});

/** A page at 200 % zoom, a telephone in landscape, and the smallest screen that WCAG requires. */
const LOW = [{ width: 640, height: 360 }, { width: 844, height: 390 }, { width: 320, height: 256 }];

test("on a low screen the bell and every field are within reach", { timeout: 180_000 }, async () => {
  const { page, context } = await person(browser, pontual, { reducedMotion: "reduce" });
  await signIn(page, "helena");
  for (const viewport of LOW) {
    await page.setViewportSize(viewport);
    await page.goto("/tickets");
    await page.locator("[data-bell]").click();
    await page.locator("[data-bell-panel] .notif").first().waitFor();
    await page.getByRole("link", { name: "Ver todas as notificações" }).click();
    await page.waitForURL("**/notifications");
    await page.getByRole("button", { name: /^Menu do usuário/ }).click();
    await page.locator(".menu").getByRole("button", { name: "Sair" }).click({ trial: true });
  }
  await page.goto("about:blank");
  await context.clearCookies();
  await signIn(page, "admin");
  for (const viewport of LOW) {
    await page.setViewportSize(viewport);
    for (const path of ["/schedules/new", "/contacts/new", "/settings"]) {
      await page.goto(path);
      assert.deepEqual(await page.evaluate(coveredFields), [], `${path} at ${viewport.width} × ${viewport.height}`);
    }
  }
  await context.close();
});

/** Fields that are covered by another element while they have the focus. */
function coveredFields() {
  const kinds = "input:not([type=hidden], [type=radio], [type=file]), select, textarea, button";
  const shown = [...document.querySelectorAll(`main :is(${kinds}):not(.tomselected, .visually-hidden, [tabindex="-1"])`)]
    .filter((field) => field.checkVisibility({ visibilityProperty: true, opacityProperty: true }));
  return shown.filter((field) => {
    field.focus();
    const { left, top, width, height } = field.getBoundingClientRect();
    const above = document.elementFromPoint(left + width / 2, top + Math.min(height / 2, 20));
    return !above || !(field.contains(above) || above.contains(field) || field.closest(".ts-wrapper, label, .form-check")?.contains(above));
  }).map((field) => field.id || field.name || field.textContent.trim());
}

test("with forced colours the current item and each swatch are distinguishable", { timeout: 120_000 }, async () => {
  const { page, context } = await person(browser, pontual, { forcedColors: "active" });
  await signIn(page, "admin");
  const colours = (elements) => elements.map((element) => getComputedStyle(element).backgroundColor);
  const look = async (selector) => (await page.locator(selector).evaluateAll(colours))[0];
  await page.goto("/schedules");
  for (const place of [".tabs a", ".seg a", ".side-link"]) {
    const other = await look(`${place}:not([aria-current])`);
    assert.notEqual(await look(`${place}[aria-current]`), other, place);
  }
  await page.goto("/channels/new?kind=web_chat");
  const swatches = await page.locator(".swatch input + span").evaluateAll(colours);
  assert.ok(swatches.length > 4);
  assert.equal(new Set(swatches).size, swatches.length, swatches.join(", "));
  await context.close();
});

test("a conversation is printed completely and without its controls", { timeout: 120_000 }, async () => {
  const [{ id, contact }] = await pontual.sql(
    "SELECT id, contact_id AS contact FROM tickets WHERE status = 'open' ORDER BY id LIMIT 1",
  );
  await pontual.sql(`
    INSERT INTO messages (ticket_id, contact_id, kind, body)
    SELECT $1, $2, 'customer', 'Mensagem ' || n || repeat(' e mais palavras', 8) FROM generate_series(1, 120) n`,
    [id, contact]);
  const { page, context } = await person(browser, pontual, { colorScheme: "dark" });
  await signIn(page, "admin");
  await page.goto(`/tickets/${id}`);
  const link = await page.getByLabel("Link do cliente", { exact: true }).inputValue();
  for (const address of [`/tickets/${id}`, link]) {
    await page.goto(address);
    await page.getByRole("link", { name: "Conversa inteira, para imprimir" }).click();
    await page.waitForURL(/whole=1/);
    await page.emulateMedia({ media: "print" });
    const printed = await page.evaluate(() => {
      const thread = document.querySelector(".thread");
      const messages = [...document.querySelectorAll(".thread .msg")].filter((one) => /Mensagem \d/.test(one.innerText));
      const isShown = (element) => element.checkVisibility();
      return {
        count: messages.filter(isShown).length,
        isClipped: thread.scrollHeight > thread.clientHeight + 1 && getComputedStyle(thread).overflowY !== "visible",
        reaches: messages.at(-1).getBoundingClientRect().bottom <= document.documentElement.scrollHeight,
        pressed: [...document.querySelectorAll("button, textarea, nav")].filter(isShown).length,
        paper: getComputedStyle(document.body).colorScheme,
      };
    });
    assert.deepEqual(printed, { count: 120, isClipped: false, reaches: true, pressed: 0, paper: "light" }, address);
    await page.emulateMedia({ media: null });
  }
  await context.close();
});
