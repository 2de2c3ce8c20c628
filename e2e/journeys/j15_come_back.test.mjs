// J15: comes back after closing the page at any step and goes on where it stopped; Back never re-enters an
// answered question or a paid order.

import assert from 'node:assert/strict';
import { journey } from '../lib/journey.mjs';
import { rightOptions } from '../lib/bank.mjs';
import { answerAll, atCashier, checksDone, confirmAndPay, signIn, study, until } from '../lib/steps.mjs';

const { on } = journey('j15_come_back');

on('from any step 我的违法 leads back into the case', async ({ phone, world, time }) => {
  await signIn(phone, 'demo-zhang-first');
  await checksDone(phone);
  await phone.tapLink('用首违警告处理');
  await phone.tapButton('开始');

  await phone.go('/violations');
  await phone.says('上次做到“学习”，接着办');
  await phone.screen('resume');
  await phone.tapLink(/上次做到/);
  await study(phone, world, time);

  const [right] = await rightOptions(await phone.words());
  await phone.tap(phone.page.locator('label.pick', { hasText: /** @type {string} */ (right) }).first());
  await phone.tapButton('提交答案');
  await phone.tapLink('下一题');
  await phone.says('第 2 题，共 3 题');
  await phone.go('/violations');
  await phone.says('上次做到“答题”，接着办');
  await phone.tapLink(/上次做到/);
  await phone.says('第 2 题，共 3 题');

  await phone.page.goBack();
  await phone.page.goBack();
  const words = await phone.words();
  assert.doesNotMatch(words, /第 1 题，共 3 题[\s\S]*确定/, 'Back shows no answered question to be answered again');
  await phone.go('/violations');
  await phone.tapLink(/上次做到/);
  assert.equal(await answerAll(phone), 2);

  await phone.go('/violations');
  await phone.says('上次做到“确认”，接着办');
  await phone.tapLink(/上次做到/);
  await phone.says('请核对后确认');
});

on('Back never re-enters a paid order', async ({ phone }) => {
  await signIn(phone, 'demo-pay-one');
  await checksDone(phone);
  await phone.tap(phone.page.locator('input[name=violation]').first());
  await phone.tapButton(/去缴款/);
  const quote = phone.page.url();
  await confirmAndPay(phone);
  const order = new URL(phone.page.url()).searchParams.get('return') ?? '';
  await atCashier(phone, '付款后不回来');

  await phone.page.goto(order);
  await until(phone, '已扣款');
  assert.equal(await phone.page.getByRole('button', { name: /去支付/ }).count(), 0, 'a paid order has no button to pay');
  await phone.page.goto(quote);
  assert.equal(await phone.page.getByRole('button', { name: /确认并支付/ }).count(), 0, 'a used quote cannot be paid again');
});
