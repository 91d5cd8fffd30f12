// Opens reports in Chromium and holds them to what they promise.
// usage: node report.mjs BROWSER PAGE... [--images DIR]
import assert from 'node:assert/strict';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { contrast, injected, overflow, structure } from './checks.mjs';

const [browserPath, ...rest] = process.argv.slice(2);
const at = rest.indexOf('--images');
const images = at < 0 ? null : rest.splice(at, 2)[1];
const browser = await chromium.launch({
  executablePath: browserPath,
  // The sandbox takes rights that root in a container has not.
  chromiumSandbox: process.getuid() !== 0,
});

/** Opens a page, and notes all that it says and asks for. */
async function open(file, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1100, height: 1200 }, ...options });
  const page = await context.newPage();
  const noted = [];
  const url = pathToFileURL(path.resolve(file)).href;
  page.on('console', (message) => noted.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => noted.push(`error: ${error.message}`));
  page.on('dialog', (dialog) => { noted.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on('popup', (popup) => noted.push(`popup: ${popup.url()}`));
  page.on('request', (request) => {
    if (request.url() !== url && request.url() !== 'data:,') noted.push(`request: ${request.url()}`);
  });
  await page.addInitScript(() => {
    window.violations = [];
    document.addEventListener('securitypolicyviolation', (event) => window.violations.push(event.violatedDirective));
  });
  await page.goto(url, { waitUntil: 'load' });
  return { page, noted, context };
}

async function quiet(file, { page, noted }) {
  assert.deepEqual(noted, [], `${file} is not quiet`);
  assert.deepEqual(await page.evaluate(() => window.violations), [], `${file} breaks its own policy`);
  assert.equal(await page.evaluate(() => window.broken), undefined, `a value of ${file} ran`);
}

/** Goes through a page with the Tab key; gives what had the focus, in order. */
async function tabbed(page) {
  const met = [];
  for (;;) {
    await page.keyboard.press('Tab');
    const focus = await page.evaluate(() => {
      const element = document.activeElement;
      if (!element || element === document.body) return null;
      const style = getComputedStyle(element);
      return {
        shown: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
        section: element.closest('section.alert')?.getAttribute('aria-labelledby') ?? null,
        what: `${element.tagName} ${element.getAttribute('href') ?? element.getAttribute('aria-label') ?? element.textContent}`,
      };
    });
    if (!focus) return met;
    met.push(focus);
    assert.ok(met.length < 20000, 'the Tab key does not come to an end');
  }
}

async function check(file) {
  const opened = await open(file, { colorScheme: 'light' });
  const { page, context } = opened;
  await quiet(file, opened);
  assert.deepEqual(await page.evaluate(structure), [], file);
  const alerts = await page.locator('section.alert').evaluateAll((all) => all.map((one) => one.getAttribute('aria-labelledby')));
  assert.ok(alerts.length > 0, `${file} has no alerts`);

  const met = await tabbed(page);
  assert.equal(met[0].what, 'A #alerts', 'the first stop is not the skip link');
  assert.deepEqual(met.filter((focus) => !focus.shown), [], 'focus that cannot be seen');
  for (const alert of alerts) {
    assert.ok(met.some((focus) => focus.what === `A #${alert}`), `no link to ${alert}`);
    assert.ok(met.some((focus) => focus.section === alert), `${alert} has no stop`);
  }
  const buttons = await page.locator('button').count();
  assert.equal(met.filter((focus) => focus.what.startsWith('BUTTON')).length, buttons);

  // A link of the list leads to its alert, and the keyboard goes on from there.
  await page.locator(`a[href="#${alerts.at(-1)}"]`).first().focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  const inside = await page.evaluate(() => document.activeElement.closest('section.alert')?.getAttribute('aria-labelledby'));
  assert.equal(inside, alerts.at(-1));

  if (buttons > 0) {
    const button = page.locator('button').first();
    const wanted = await page.locator(`#${await button.getAttribute('data-copy')}`).textContent();
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await button.focus();
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.getElementById('said').textContent !== '');
    const said = await page.locator('#said').textContent();
    const given = said === 'Copied.'
      ? await page.evaluate(() => navigator.clipboard.readText())
      : await page.evaluate(() => getSelection().toString());
    assert.equal(given, wanted, said);
  }

  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    const { seen, wrong } = await page.evaluate(contrast);
    assert.ok(seen > 50, `only ${seen} texts were looked at`);
    assert.deepEqual(wrong, [], `${file}, ${colorScheme}`);
  }
  await page.emulateMedia({ colorScheme: 'dark', media: 'print' });
  const paper = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  assert.equal(paper, 'rgb(255, 255, 255)', 'prints on dark paper');
  const closed = page.locator('details:not([open]) table').first();
  if (await closed.count()) assert.ok((await closed.boundingBox())?.height > 10, 'closed parts are not printed');
  await page.emulateMedia({ media: null, colorScheme: 'light' });
  const pdf = await page.pdf();
  assert.ok(pdf.subarray(0, 5).toString() === '%PDF-' && pdf.length > 20000, 'no PDF');
  await quiet(file, opened);

  const { ran, violations } = await page.evaluate(injected);
  assert.equal(ran, 0, 'the policy lets a strange script run');
  assert.ok(violations >= 2, 'the policy is not in force');
  await context.close();

  const narrow = await open(file, { viewport: { width: 320, height: 800 } });
  assert.deepEqual(await narrow.page.evaluate(overflow), [], `${file} at 320 px`);
  await quiet(file, narrow);
  await narrow.context.close();

  const still = await open(file, { javaScriptEnabled: false });
  assert.equal(await still.page.locator('button:visible').count(), 0, 'buttons that do nothing');
  assert.ok(await still.page.locator('section.alert pre').first().isVisible());
  await still.context.close();
  console.log(`web: ${path.basename(file)}: ${alerts.length} alerts, ${met.length} stops of the Tab key: ok`);
}

/** Pictures for the documentation, of the first page. */
async function picture(file) {
  for (const colorScheme of ['light', 'dark']) {
    const { page, context } = await open(file, { colorScheme });
    await page.screenshot({ path: path.join(images, `report-${colorScheme}.png`) });
    if (colorScheme === 'light') {
      const heading = page.locator('section.alert h3').first();
      await heading.evaluate((element) => element.scrollIntoView());
      await page.screenshot({ path: path.join(images, 'report-alert.png') });
      await page.locator('section.alert h4', { hasText: 'Responses' }).first().evaluate((element) => element.scrollIntoView());
      await page.screenshot({ path: path.join(images, 'report-responses.png'), clip: { x: 0, y: 0, width: 1100, height: 700 } });
    }
    await context.close();
  }
}

try {
  for (const file of rest) await check(file);
  if (images) await picture(rest[0]);
} finally {
  await browser.close();
}
