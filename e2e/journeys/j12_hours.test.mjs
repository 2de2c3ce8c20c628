// J12: outside 06:00–22:00 one can look, study and place an intent that runs at opening; what was confirmed before 22:00
// is finished.

import assert from 'node:assert/strict';
import { journey } from '../lib/journey.mjs';
import { answerAll, atCashier, checksDone, confirmAndPay, signIn, study, until } from '../lib/steps.mjs';

const { on } = journey('j12_hours', { at: '2020-04-05T21:50:00+08:00' });

on('a payment confirmed before 22:00 is taken and handled after it', async ({ phone, world, time }) => {
  await signIn(phone, 'demo-pay-one');
  await checksDone(phone);
  await phone.tap(phone.page.locator('input[name=violation]').first());
  await phone.tapButton(/去缴款/);
  await time.set(world, '2020-04-05T21:58:00+08:00');
  await confirmAndPay(phone);
  await time.set(world, '2020-04-05T22:03:00+08:00');
  await atCashier(phone);
  await until(phone, '缴款和处理都完成了');
  await phone.says('已扣款');
});

on('closed: look, study and confirm; it runs at opening, and the page says when', async ({ phone, world, time }) => {
  await time.set(world, '2020-04-05T23:30:00+08:00');
  await signIn(phone, 'demo-zhang-first');
  await checksDone(phone);
  await phone.says('我的违法', /现在不办理|6:00|06:00/);
  await phone.screen('closed-home');
  const start = phone.page.getByRole('link', { name: /用首违警告处理|接着办|看原因/ }).first();
  await phone.tap(start);
  await phone.screen('closed-start');
  const words = await phone.words();
  assert.match(words, /6:00/, 'says when it opens');

  await time.set(world, '2020-04-06T06:00:30+08:00');
  await phone.go('/violations');
  await checksDone(phone);
  await phone.tapLink('用首违警告处理');
  await phone.tapButton('开始');
  await study(phone, world, time);
  await answerAll(phone);
  await time.set(world, '2020-04-06T22:10:00+08:00');
  await phone.tap(phone.page.getByRole('checkbox', { name: /这次放弃/ }));
  await phone.tapButton('确认事实，作出警告');
  await phone.says(/已收下/, '6:00');
  await phone.screen('closed-confirm');
});
