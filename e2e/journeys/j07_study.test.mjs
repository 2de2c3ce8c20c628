// J7: 学习减分: study, quiz, pay first, then handled with four points fewer; what is left of the credit is shown.

import assert from 'node:assert/strict';
import { journey } from '../lib/journey.mjs';
import { answerAll, atCashier, checksDone, confirmAndPay, signIn, study, until } from '../lib/steps.mjs';

const { both } = journey('j07_study');

both('from the list to the decision with fewer points', ['demo-li-study', 'demo-leap-day'], async ({ phone, world, time }, persona) => {
  await signIn(phone, persona);
  await checksDone(phone);
  phone.taps = 1;
  await phone.tapLink('用学习减分处理');
  await phone.says('用学习减分处理这条', '要缴');
  await phone.screen('start');
  await phone.tapButton('开始');
  await study(phone, world, time);
  assert.equal(await answerAll(phone), 3);
  await phone.says('先缴款', '未扣款', /记分 \d+ 分减到 \d+ 分/);
  await phone.screen('confirm');
  await confirmAndPay(phone);
  const taps = phone.taps;
  await atCashier(phone);
  await until(phone, /缴款和处理都完成了|办好了/);
  await phone.says('已扣款');
  assert.ok(taps <= 15, `${taps} taps, at most 15`);
  await phone.screen('paid');
  await phone.tapLink('看进度');
  await until(phone, '办好了');
  await phone.says(/少记 \d 分/);
  await phone.screen('done');
  await phone.go('/violations');
  await checksDone(phone);
  await phone.screen('afterwards');
});
