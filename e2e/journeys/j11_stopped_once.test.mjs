// J11: is stopped once, at the moment it matters, when about to pay what could be a free warning.

import assert from 'node:assert/strict';
import { journey } from '../lib/journey.mjs';
import { checksDone, signIn } from '../lib/steps.mjs';

const { on } = journey('j11_stopped_once');

on('asked once, and the answer is taken', async ({ phone }) => {
  await signIn(phone, 'demo-zhao-nudge');
  await checksDone(phone);
  for (const box of await phone.page.locator('input[name=violation]').all()) await phone.tap(box);
  await phone.tapButton(/去缴款/);
  await phone.says('这条可以不交钱', /免 \d+ 元罚款/, '用首违警告', '这次不用，继续缴款');
  await phone.screen('nudge');
  await phone.tapButton('这次不用，继续缴款');
  await phone.says('确认缴款', '合计 2 条');
  await phone.screen('not-asked-again');
});

on('taking the offer leads to the warning', async ({ phone }) => {
  await signIn(phone, 'demo-zhang-first');
  await checksDone(phone);
  await phone.tap(phone.page.locator('input[name=violation]').first());
  await phone.tapButton(/去缴款/);
  await phone.tapLink('用首违警告');
  await phone.says('用首违警告处理这条');
  assert.doesNotMatch(await phone.words(), /确认并支付/);
});
