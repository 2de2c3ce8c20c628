// J18: when the officers let nobody through, the driver reads so, keeps the place, and has nothing to do when it goes on.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { journey } from '../lib/journey.mjs';
import { atCashier, checksDone, confirmFirst, signIn, until } from '../lib/steps.mjs';
import { fromRoot } from '../lib/world.mjs';

/** @import { World } from '../lib/world.mjs' */
/** @import { Phone } from '../lib/phone.mjs' */

const { on } = journey('j18_queue');
/** What the demo's site agreed with its platform, calls a second. */
const AGREED = 50;

/**
 * What an officer does at the console of the service: calls a second that all nodes together make at most.
 * @param {World} world @param {number} ceiling
 */
async function letThrough(world, ceiling) {
  const clearway = join(dirname(process.env.CLEARWAY_XTASK ?? fromRoot('target', 'debug', 'xtask')), 'clearway');
  const words = ['admission', '--config', join(world.dir, 'site.toml'), '--ceiling', String(ceiling)];
  await promisify(execFile)(clearway, [...words, '--by', 'officer zhou', '--reason', 'the journey of the queue']);
  // Every node follows within seconds.
  await new Promise((resolve) => setTimeout(resolve, 2500));
}

/** Half a minute on the phone; what the page asks then is answered. @param {Phone} phone */
async function timePasses(phone) {
  await phone.page.clock.fastForward(30_000);
  await phone.page.waitForTimeout(300);
}

/** Pays while nobody is let through, and ends on the page of the queue. @param {Phone} phone */
async function paidAndWaiting(phone) {
  await confirmFirst(phone);
  await atCashier(phone);
  await until(phone, '看看排到哪里');
  await phone.says('已扣款', '公安平台暂停办理，位置已留好');
  await phone.screen('paid');
  await phone.tapLink('看看排到哪里');
  await phone.says('公安平台暂停办理', '位置已留好');
}

on('nobody is let through: the place is kept, and the page goes on by itself', async ({ phone, world }) => {
  await phone.page.clock.install();
  await signIn(phone, 'demo-pay-one');
  await checksDone(phone);
  await letThrough(world, 0);
  await paidAndWaiting(phone);
  await phone.screen('halted');
  const number = await phone.page.locator('[data-turn]').getAttribute('data-number');
  await phone.page.reload({ waitUntil: 'domcontentloaded' });
  assert.equal(await phone.page.locator('[data-turn]').getAttribute('data-number'), number, 'the place is kept');
  await letThrough(world, AGREED);
  // The page looks again by itself; nobody touches it.
  for (let tries = 0; tries < 20 && (await phone.page.locator('[data-turn]').count()) > 0; tries += 1) await timePasses(phone);
  await until(phone, '不用再排了，请看结果');
  await phone.screen('over');
  await phone.tapLink('看结果');
  await until(phone, '缴款和处理都完成了');
});

on('without scripts the page says the same and opens itself again', async ({ phone, world }) => {
  await letThrough(world, AGREED);
  await signIn(phone, 'demo-points-batch');
  await checksDone(phone);
  await letThrough(world, 0);
  await paidAndWaiting(phone);
  await letThrough(world, AGREED);
  await until(phone, '不用再排了，请看结果');
}, { scripts: false });

on('what was told and is over is corrected in words', async ({ phone, world }) => {
  await phone.page.clock.install();
  await letThrough(world, AGREED);
  await signIn(phone, 'demo-chen-merge');
  await checksDone(phone);
  await letThrough(world, 0);
  await paidAndWaiting(phone);
  const mine = Number(await phone.page.locator('[data-turn]').getAttribute('data-number'));
  // The number that is called as a busy day would tell it: sixty ahead, thirty to sixty a minute.
  await phone.page.route('**/turn/number', (route) => route.fulfill({
    contentType: 'application/json',
    body: JSON.stringify({ called: mine - 60, slow: 30, fast: 60, beside: 0, more: 0, at: 0 }),
  }));
  const foretold = () => phone.words().then((words) => words.includes('前面约 60 人'));
  for (let tries = 0; tries < 10 && !(await foretold()); tries += 1) await timePasses(phone);
  await until(phone, '前面约 60 人，大约 1–2 分钟');
  await phone.says('来办理的人很多');
  assert.ok(!(await phone.words()).includes('比开始说的要久'), 'what was told is not over yet');
  await phone.screen('foretold');
  for (let minutes = 0; minutes < 3; minutes += 0.5) await timePasses(phone);
  await until(phone, '比开始说的要久');
  await phone.screen('late');
  await phone.page.unroute('**/turn/number');
  await letThrough(world, AGREED);
});
