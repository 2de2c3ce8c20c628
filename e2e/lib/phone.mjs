// A phone in a driver's hand: Chromium at 360×780, with taps counted, each screen looked at by axe and
// photographed.

import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';
import { fromRoot } from './world.mjs';

/** @import { Browser, BrowserContext, Locator, Page } from 'playwright-core' */

const SHOTS = fromRoot('target', 'screens');
const AXE = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa', 'best-practice'];
const IN_WECHAT = 'Mozilla/5.0 (Linux; Android 10; Mobile) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 ' +
  'Chrome/116.0.0.0 Mobile Safari/537.36 MicroMessenger/8.0.42.2460(0x28002A35) Process/appbrand0 NetType/WIFI Language/zh_CN';

/** Starts the browser; close it when the test file ends. @returns {Promise<Browser>} */
export function openBrowser() {
  return chromium.launch({
    executablePath: process.env.CLEARWAY_CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync',
    ],
  });
}

/** What one driver does on one phone. */
export class Phone {
  /**
   * @param {BrowserContext} context @param {Page} page @param {string} journey @param {boolean} scripts
   * @param {string} url
   */
  constructor(context, page, journey, scripts, url) {
    this.context = context;
    this.page = page;
    this.journey = journey;
    this.scripts = scripts;
    this.url = url;
    this.taps = 0;
    this.shots = 0;
    /** @type {string[]} */
    this.complaints = [];
    page.on('pageerror', (error) => this.complaints.push(`script error: ${error.message}`));
    page.on('console', (message) => {
      // What the pretend counterparts' own pages lack is not ours.
      const at = message.location().url;
      // A page that answers with a problem is told apart by what it says; here only its parts count.
      const ours = at.startsWith(url) && !(at === page.url() && message.text().startsWith('Failed to load'));
      if (message.type() === 'error' && ours) this.complaints.push(`console: ${message.text()} (${at})`);
    });
  }

  /**
   * Takes a phone out of the box.
   * @param {Browser} browser @param {string} journey name for the screenshots
   * @param {{ url: string, scripts?: boolean, wechat?: boolean, dark?: boolean, locale?: string }} how
   */
  static async open(browser, journey, how) {
    const { url, scripts = true, wechat = false, dark = false, locale = 'zh-CN' } = how;
    const context = await browser.newContext({
      viewport: { width: 360, height: 780 },
      deviceScaleFactor: 2,
      isMobile: true,
      hasTouch: true,
      locale,
      timezoneId: 'Asia/Shanghai',
      colorScheme: dark ? 'dark' : 'light',
      javaScriptEnabled: scripts,
      ...(wechat ? { userAgent: IN_WECHAT } : {}),
    });
    context.setDefaultTimeout(10_000);
    return new Phone(context, await context.newPage(), journey, scripts, url);
  }

  /** Opens a page of the product. @param {string} path */
  async go(path) {
    return this.page.goto(this.url + path, { waitUntil: 'domcontentloaded' });
  }

  /** Taps, and counts it. @param {Locator} what */
  async tap(what) {
    this.taps += 1;
    await what.click();
    await this.page.waitForLoadState('domcontentloaded');
    // What a script exchanges in place is marked as long as it is on its way.
    await this.page.locator('main[aria-busy]').waitFor({ state: 'detached' });
  }

  /** Taps a button by its words. @param {string | RegExp} name */
  async tapButton(name) {
    await this.tap(this.page.getByRole('button', { name }).first());
  }

  /** Taps a link by its words. @param {string | RegExp} name */
  async tapLink(name) {
    await this.tap(this.page.getByRole('link', { name }).first());
  }

  /** All words of the page as a reader sees them. */
  async words() {
    return this.page.locator('body').innerText();
  }

  /** Fails unless the page says all of `phrases`. @param {...(string | RegExp)} phrases */
  async says(...phrases) {
    const words = await this.words();
    for (const phrase of phrases) {
      const found = typeof phrase === 'string' ? words.includes(phrase) : phrase.test(words);
      assert.ok(found, `${this.page.url()} does not say “${phrase}” but:\n${words}`);
    }
  }

  /**
   * Looks hard at the screen: one h1, a title, no sideways scrolling, no script error, not one axe
   * violation; then takes its picture into target/screens.
   * @param {string} name
   */
  async screen(name) {
    this.shots += 1;
    await mkdir(SHOTS, { recursive: true });
    const number = String(this.shots).padStart(2, '0');
    // The whole page at once, with what sticks to the bottom at the bottom.
    const height = await this.page.locator('html').evaluate((html) => html.scrollHeight);
    await this.page.setViewportSize({ width: 360, height: Math.max(780, height) });
    await this.page.screenshot({ path: `${SHOTS}/${this.journey}-${number}-${name}.png` });
    await this.page.setViewportSize({ width: 360, height: 780 });
    const here = `${this.journey} “${name}” at ${this.page.url()}`;
    assert.equal(await this.page.locator('h1').count(), 1, `${here}: exactly one h1`);
    assert.notEqual((await this.page.title()).trim(), '', `${here}: a title`);
    const wide = await this.page.locator('html').evaluate((html) => html.scrollWidth - html.clientWidth);
    assert.ok(wide <= 0, `${here}: scrolls sideways by ${wide} px`);
    assert.deepEqual(this.complaints, [], `${here}: script errors`);
    assert.deepEqual(await this.axe(), [], `${here}: axe violations`);
  }

  /** The axe violations of the page, each with the elements concerned. */
  async axe() {
    // With scripts off nothing can run inside the page itself, so its finished HTML is judged on a
    // second page of the same size, where they are on.
    const judge = this.scripts ? this.page : await this.copy();
    try {
      // Evaluated, not added as a script element: the pages' own policy forbids inline scripts.
      await judge.evaluate(AXE);
      const results = await judge.evaluate(async (tags) => {
        // @ts-expect-error axe puts itself on the window
        const { violations } = await window.axe.run(document, { runOnly: { type: 'tag', values: tags } });
        return violations.map((/** @type {any} */ v) => ({
          rule: v.id,
          help: v.help,
          where: v.nodes.map((/** @type {any} */ node) => `${node.target.join(' ')}: ${node.failureSummary}`),
        }));
      }, TAGS);
      return results;
    } finally {
      if (judge !== this.page) await judge.context().close();
    }
  }

  /** The page's HTML as it stands, at its own address, in a browser whose scripts run; without its own scripts. */
  async copy() {
    const browser = this.context.browser();
    assert.ok(browser);
    const html = (await this.page.content()).replaceAll(/<script[\s\S]*?<\/script>/g, '');
    const context = await browser.newContext({ viewport: { width: 360, height: 780 }, bypassCSP: true });
    const page = await context.newPage();
    const here = this.page.url();
    await page.route(here, (route) => route.fulfill({ contentType: 'text/html; charset=utf-8', body: html }));
    await page.goto(here, { waitUntil: 'load' });
    return page;
  }

  async close() {
    await this.context.close();
  }
}

/**
 * Compressed bytes that a cold phone receives while `visit` runs: headers and bodies of all answers.
 * @param {Phone} phone @param {() => Promise<unknown>} visit
 */
export async function weigh(phone, visit) {
  const session = await phone.context.newCDPSession(phone.page);
  await session.send('Network.enable');
  await session.send('Network.setCacheDisabled', { cacheDisabled: true });
  /** @type {Map<string, string>} */
  const urls = new Map();
  /** @type {Array<{ url: string, bytes: number }>} */
  const parts = [];
  session.on('Network.responseReceived', (event) => urls.set(event.requestId, event.response.url));
  session.on('Network.loadingFinished', (event) => {
    parts.push({ url: urls.get(event.requestId) ?? '?', bytes: event.encodedDataLength });
  });
  await visit();
  await phone.page.waitForTimeout(500);
  await session.detach();
  return { bytes: parts.reduce((sum, part) => sum + part.bytes, 0), parts };
}
