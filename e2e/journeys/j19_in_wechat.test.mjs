// J19: inside WeChat the messenger's own sheet is the cashier: it opens by itself once, and whatever it says, only our server knows.

import assert from 'node:assert/strict';
import { journey } from '../lib/journey.mjs';
import { Messenger } from '../lib/messenger.mjs';
import { checksDone, confirmFirst, misbehave, signIn, until } from '../lib/steps.mjs';

/** @import { Phone } from '../lib/phone.mjs' */

const { on } = journey('j19_in_wechat');

/**
 * The page that comes after the sheet: our server has asked the rail by then, and the payment is still open.
 * @param {Phone} phone @param {Messenger} messenger @param {number} sheets opened until then
 */
async function sheetEnds(phone, messenger, sheets) {
  for (let tries = 0; tries < 40 && messenger.shown < sheets; tries += 1) await phone.page.waitForTimeout(250);
  assert.equal(messenger.shown, sheets, 'the page hears how the sheet ended, and another one comes');
  await phone.page.getByRole('button', { name: /去支付/ }).waitFor();
  await phone.page.waitForTimeout(1500);
  assert.equal(messenger.opened, sheets, 'it does not open again by itself');
}

on('confirmed, the sheet opens by itself; paid, the page knows it from the rail', async ({ phone, world }) => {
  const messenger = await Messenger.on(phone, world);
  await signIn(phone, 'demo-pay-one');
  await checksDone(phone);
  await confirmFirst(phone);
  await until(phone, '缴款和处理都完成了');
  await phone.says('已扣款');
  await phone.screen('paid');
  assert.equal(messenger.opened, 1, 'one sheet');
}, { wechat: true });

on('cancelled or refused by the bank nothing is charged, and the button opens the sheet again', async ({ phone, world }) => {
  const messenger = await Messenger.on(phone, world);
  await signIn(phone, 'demo-chen-merge');
  await checksDone(phone);
  messenger.does = 'cancel';
  await confirmFirst(phone);
  await sheetEnds(phone, messenger, 1);
  await phone.says('未扣款');
  await phone.screen('cancelled');
  messenger.does = 'fail';
  await phone.tapButton(/去支付/);
  await sheetEnds(phone, messenger, 2);
  await phone.says('未扣款');
  messenger.does = 'pay';
  await phone.tapButton(/去支付/);
  await until(phone, '缴款和处理都完成了');
  assert.equal(messenger.opened, 3);
}, { wechat: true });

on('a rail that takes a moment: the sheet opens as soon as the rail has the order', async ({ phone, world }) => {
  const messenger = await Messenger.on(phone, world);
  await signIn(phone, 'demo-points-batch');
  await checksDone(phone);
  await misbehave(world, { fault: 'late:3000', match: { call: 'prepay' }, times: 1 });
  await confirmFirst(phone);
  await phone.says('未扣款', '正在准备付款');
  assert.equal(messenger.opened, 0, 'nothing can be paid yet');
  await until(phone, '缴款和处理都完成了');
  assert.equal(messenger.opened, 1);
}, { wechat: true });

on('a refusal of the moment is said in words, and not asked again without end', async ({ phone, world }) => {
  const messenger = await Messenger.on(phone, world);
  await signIn(phone, 'demo-points-batch');
  await checksDone(phone);
  let asked = 0;
  const full = { title: '现在人太多', detail: '没有扣款。', fix: '请一分钟后再试。' };
  await phone.page.route('**/orders/*/pay', async (route) => {
    asked += 1;
    await route.fulfill({ status: 503, contentType: 'application/problem+json', body: JSON.stringify(full) });
  });
  await confirmFirst(phone);
  await until(phone, full.fix);
  await phone.says('未扣款', full.title, full.detail);
  await phone.page.waitForTimeout(1500);
  assert.equal(asked, 1, 'asked once by itself');
  await phone.page.reload({ waitUntil: 'domcontentloaded' });
  await phone.page.waitForTimeout(500);
  assert.equal(asked, 1, 'a page that is loaded again asks nothing by itself');
  await phone.tapButton(/去支付/);
  await until(phone, full.fix);
  assert.equal(asked, 2, 'a tap asks again');
  await phone.page.unroute('**/orders/*/pay');
  await phone.tapButton(/去支付/);
  await until(phone, '缴款和处理都完成了');
  assert.equal(messenger.opened, 1);
}, { wechat: true });
