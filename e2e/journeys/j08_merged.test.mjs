// J8: several violations, also of several vehicles, in one payment; nothing changed is paid silently.

import assert from 'node:assert/strict';
import { journey } from '../lib/journey.mjs';
import { atCashier, checksDone, confirmAndPay, confirmFirst, misbehave, signIn, until } from '../lib/steps.mjs';

const { on } = journey('j08_merged');

on('three of two vehicles in one payment', async ({ phone }) => {
  await signIn(phone, 'demo-chen-merge');
  await checksDone(phone);
  phone.taps = 1;
  assert.ok((await phone.page.locator('h2.seg.num').count()) >= 2, 'both vehicles stand on the first screen');
  await phone.screen('all');
  await phone.tap(phone.page.getByText('全选可缴的 3 条'));
  await until(phone, /已选 3 条，合计 \d+ 元/);
  await phone.screen('ticked');
  await phone.tapButton(/去缴款 \d+ 元/);
  await phone.says('确认缴款', '未扣款', '合计 3 条');
  await phone.screen('quote');
  await confirmAndPay(phone);
  assert.ok(phone.taps <= 5, `${phone.taps} taps before the payment sheet, at most 5`);
  await atCashier(phone);
  await until(phone, '缴款和处理都完成了');
  await phone.says('已扣款');
  await phone.screen('paid');
  await phone.tapLink('看收据');
  await phone.says('缴款收据', '交易号', '元整');
  await phone.screen('receipt');
});

on('without scripts one button takes all; cancelling says 未扣款', async ({ phone }) => {
  await signIn(phone, 'demo-points-batch');
  await checksDone(phone);
  await phone.tap(phone.page.locator('input[name=violation]').first());
  await phone.tapButton('去缴款');
  await phone.says('确认缴款', '未扣款', '合计 1 条');
  await confirmAndPay(phone);
  await atCashier(phone, '取消');
  await phone.says('未扣款');
  await phone.screen('cancelled');
}, { scripts: false });

on('two payees: both sums are shown and paid one after the other', async ({ phone }) => {
  await signIn(phone, 'demo-liu-payees');
  await checksDone(phone);
  await phone.tap(phone.page.getByText(/全选可缴的 2 条/));
  await phone.tapButton(/去缴款/);
  await phone.says('要分 2 笔付', '武汉', '长沙');
  await phone.screen('two-payees');
  const button = await phone.page.getByRole('button', { name: /先付第 1 笔/ }).innerText();
  const first = /(\d+(?:\.\d+)? 元)/.exec(button)?.[1];
  await confirmAndPay(phone);
  await atCashier(phone);
  await until(phone, '缴下一笔');
  await phone.screen('first-paid');
  assert.equal(await phone.page.locator('.sum').first().innerText(), first, 'what the button named was paid');
  await phone.tapLink('缴下一笔');
  await phone.tapButton(/去支付/);
  await atCashier(phone);
  await until(phone, '缴款和处理都完成了');
});

on('what could be free is left out of "select all" and said aloud', async ({ phone }) => {
  await signIn(phone, 'demo-zhao-nudge');
  await checksDone(phone);
  await phone.says('另有 1 条可以免罚，没有算进来');
  await phone.tap(phone.page.getByText(/全选可缴的 1 条/));
  await until(phone, '已选 1 条');
  await phone.screen('free-left-out');
});

on('a quote that is over is never paid', async ({ phone, world, time }) => {
  await signIn(phone, 'demo-pay-one');
  await checksDone(phone);
  await phone.tap(phone.page.locator('input[name=violation]').first());
  await phone.tapButton(/去缴款/);
  await time.pass(world, 11 * 60);
  await confirmAndPay(phone);
  await phone.says('这份金额过期了', '没有扣款');
  await phone.screen('quote-over');
});

on('a rail that takes a moment: the button comes by itself, and nothing is loaded for it', async ({ phone, world }) => {
  await signIn(phone, 'demo-pay-one');
  await checksDone(phone);
  await misbehave(world, { fault: 'late:3000', match: { call: 'prepay' }, times: 1 });
  await confirmFirst(phone);
  await phone.says('未扣款', '正在准备付款');
  await phone.screen('preparing');
  const pay = phone.page.getByRole('button', { name: /去支付/ });
  assert.equal(await pay.count(), 0, 'nothing can be paid yet');
  await phone.page.locator('html').evaluate((html) => html.setAttribute('data-here', ''));
  await until(phone, '还差一步：完成支付');
  assert.equal(await phone.page.locator('html[data-here]').count(), 1, 'it is the same page');
  await phone.screen('prepared');
  await phone.tapButton(/去支付/);
  await atCashier(phone);
  await until(phone, '缴款和处理都完成了');
});
