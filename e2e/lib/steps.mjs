// Steps that several journeys share.

import assert from 'node:assert/strict';
import { rightOptions } from './bank.mjs';

/** @import { Phone } from './phone.mjs' */
/** @import { World } from './world.mjs' */

/**
 * Enters from the menu entry 我的违法 and signs in as a persona on the pretend WeChat's own page; a first
 * visit reads the notice. Ends on 我的违法, or where the persona is led instead.
 * @param {Phone} phone @param {string} persona openid
 */
export async function signIn(phone, persona) {
  await phone.go('/violations');
  if (new URL(phone.page.url()).pathname === '/sign-in') await phone.tapLink('微信登录');
  await phone.page.locator('a.card', { hasText: persona }).first().click();
  await phone.page.waitForLoadState('domcontentloaded');
  if (new URL(phone.page.url()).pathname === '/welcome') await phone.tapButton('知道了，进入');
  phone.taps = 0;
}

/**
 * Waits until the background checks have ended; without scripts the page refreshes itself.
 * @param {Phone} phone
 */
export async function checksDone(phone) {
  const panel = phone.page.locator('#panel');
  assert.equal(await panel.count(), 1, `${phone.page.url()} is not 我的违法 but:\n${await phone.words()}`);
  const checking = panel.locator('progress, .tile.checking');
  for (let tries = 0; tries < 60 && (await checking.count()) > 0; tries += 1) {
    await phone.page.waitForTimeout(500);
    if (!phone.scripts) await phone.page.reload({ waitUntil: 'domcontentloaded' });
  }
  assert.equal(await checking.count(), 0, 'the checks did not end within half a minute');
}

/**
 * Studies until the questions are open, and opens them. The demo clock is moved instead of waiting: the
 * server alone counts. With scripts the page reports in between; without, the button itself earns the time.
 * @param {Phone} phone @param {World} world @param {DemoTime} time
 */
export async function study(phone, world, time) {
  const next = phone.page.locator('[data-next]');
  if (phone.scripts) {
    const open = phone.page.locator('[data-next]:not([aria-disabled="true"])');
    for (let tries = 0; tries < 20 && (await open.count()) === 0; tries += 1) {
      await time.pass(world, 5);
      const heard = phone.page.waitForResponse((answer) => answer.url().endsWith('/study/beat'));
      // The page reports at once when it comes to the front again.
      await phone.page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
      await heard;
      await phone.page.waitForTimeout(50);
    }
    assert.notEqual(await open.count(), 0, 'the study clock did not become ready');
  } else {
    await time.pass(world, 40);
  }
  await phone.tap(next);
}

/**
 * Answers the questions of a sitting, rightly or (for one of them) wrongly.
 * @param {Phone} phone @param {{ wrongAt?: number, look?: boolean }} [how]
 * @returns {Promise<number>} questions answered
 */
export async function answerAll(phone, how = {}) {
  let answered = 0;
  while ((await phone.page.locator('input[name=chosen]').count()) > 0) {
    const heading = await phone.page.locator('h1').innerText();
    assert.match(await phone.page.title(), new RegExp(`^${heading} · .`), 'the title names the question, and the service');
    const right = await rightOptions(await phone.words());
    const options = phone.page.locator('label.pick');
    const texts = (await options.allInnerTexts()).map((text) => text.trim());
    answered += 1;
    const wrong = answered === how.wrongAt;
    const wanted = wrong ? [texts.find((text) => !right.includes(text))] : right;
    for (const text of wanted) {
      const at = texts.indexOf(/** @type {string} */ (text));
      assert.ok(at >= 0, `“${text}” is not among ${texts.join(' / ')}`);
      await phone.tap(options.nth(at));
    }
    if (how.look && answered === 1) await phone.screen('question');
    await phone.page.locator('html').evaluate((html) => html.setAttribute('data-here', ''));
    await phone.tapButton('提交答案');
    // With scripts feedback comes in place; without them it is a page of its own.
    assert.equal((await phone.page.locator('html[data-here]').count()) > 0, phone.scripts);
    await phone.says(wrong ? '这题不对' : '答对了', '为什么');
    if (how.look && answered === 1) await phone.screen('feedback');
    await phone.tapLink(/下一题|看结果/);
  }
  assert.ok(answered > 0, `there was no question on ${phone.page.url()}:\n${await phone.words()}`);
  return answered;
}

/**
 * Pays on the pretend cashier, which stands for the messenger's own sheet, and comes back.
 * @param {Phone} phone @param {'支付' | '取消' | '付款后不回来' | '银行拒绝'} [what]
 */
export async function atCashier(phone, what = '支付') {
  const taps = phone.taps;
  await phone.page.waitForURL(/\/cashier/);
  await phone.page.getByRole('button', { name: what }).click();
  await phone.page.waitForLoadState('domcontentloaded');
  // Taps on the messenger's sheet are not ours.
  phone.taps = taps;
}

/**
 * Waits until the page says `words`; without scripts it is opened again and again.
 * @param {Phone} phone @param {string | RegExp} words
 */
export async function until(phone, words) {
  const says = async () => {
    const text = await phone.words();
    return typeof words === 'string' ? text.includes(words) : words.test(text);
  };
  for (let tries = 0; tries < 40; tries += 1) {
    if (await says()) return;
    await phone.page.waitForTimeout(500);
    if (!phone.scripts) await phone.page.reload({ waitUntil: 'domcontentloaded' });
  }
  assert.fail(`${phone.page.url()} never said “${words}” but:\n${await phone.words()}`);
}

/** The simulated time of a world, moved forward by journeys. */
export class DemoTime {
  /** @param {string} start ISO 8601 */
  constructor(start) {
    this.at = new Date(start).getTime();
    this.since = Date.now();
  }

  /** The simulated now. */
  now() {
    return new Date(this.at + (Date.now() - this.since));
  }

  /** Lets `seconds` pass. @param {World} world @param {number} seconds */
  async pass(world, seconds) {
    await this.set(world, new Date(this.now().getTime() + seconds * 1000).toISOString());
  }

  /** Goes to an instant. @param {World} world @param {string} instant */
  async set(world, instant) {
    this.at = new Date(instant).getTime();
    this.since = Date.now();
    await world.setClock(instant);
  }
}

/** Where the demo starts: the upgrade of the city's programmes is in force. */
export const START = '2020-04-05T10:00:00+08:00';

/**
 * Waives the statement, which is an act of its own, and confirms: outside the messenger the cashier follows.
 * @param {Phone} phone
 */
export async function confirmAndPay(phone) {
  await phone.tap(phone.page.getByRole('checkbox', { name: /这次放弃/ }));
  await phone.tapButton(/确认并支付|先付第 1 笔/);
}

/** Ticks the first violation that can be paid, and confirms its payment. @param {Phone} phone */
export async function confirmFirst(phone) {
  await phone.tap(phone.page.locator('input[name=violation]').first());
  await phone.tapButton(/去缴款/);
  await confirmAndPay(phone);
}

/**
 * Has the counterparts misbehave: `{ fault, match, times }`, as docs/reference/pretend-city.md says.
 * @param {World} world @param {object} fault
 */
export async function misbehave(world, fault) {
  const headers = { 'content-type': 'application/json' };
  await fetch(`${world.sims}/control/faults`, { method: 'POST', headers, body: JSON.stringify(fault) });
}
