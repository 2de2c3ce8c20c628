// J14: sees a receipt, the decision with number and check digit as the platform returned them, and the timeline.

import assert from 'node:assert/strict';
import { journey } from '../lib/journey.mjs';
import { atCashier, checksDone, confirmFirst, signIn, until } from '../lib/steps.mjs';

const { on } = journey('j14_papers');

on('receipt, decision and timeline of a payment', async ({ phone, world }) => {
  await signIn(phone, 'demo-pay-one');
  await checksDone(phone);
  await confirmFirst(phone);
  await atCashier(phone);
  await until(phone, '缴款和处理都完成了');
  const order = phone.page.url();

  await phone.tapLink('看收据');
  await phone.says('缴款收据', '单号', '交易号', '收款单位', '缴款时间', /\d+ 元/, '元整');
  await phone.screen('receipt');

  await phone.page.goto(order);
  await phone.tapLink('看进度');
  await until(phone, '办好了');
  await phone.tapLink('看决定书');
  const words = await phone.words();
  assert.match(words, /罚款 \d+ 元（[零壹贰叁肆伍陆柒捌玖拾佰]+元整）/);
  const found = /编号 (\d{15})（校验位 (\S+)）/.exec(words);
  assert.ok(found, words);
  const [, number, digit] = found;
  const asked = { method: 'POST', body: JSON.stringify({ what: 'decision', key: number, set: {} }) };
  const there = await fetch(`${world.sims}/control/state`, asked);
  assert.equal(there.status, 200, `the platform has no decision ${number}`);
  assert.equal((await there.json()).check_digit, digit, 'the check digit is the one that the platform gave');
  for (const part of ['当事人', '驾驶证号', '违法时间', '违法地点', '行为代码', '违反规定', '处罚依据', '记分', '履行方式和期限', '救济途径', '送达', '执法人员', '决定日期']) {
    assert.ok(words.includes(part), `the decision does not say ${part}`);
  }
  await phone.screen('decision');

  await phone.tapLink('办理进度');
  await phone.says('开始办理', '确认事实', '缴款成功', '作出决定');
  await phone.screen('timeline');
});
