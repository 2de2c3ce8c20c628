// J6: 首违警告: study, quiz, explicit confirmation of facts and rights; a warning, no fine, no points.

import assert from 'node:assert/strict';
import { journey } from '../lib/journey.mjs';
import { answerAll, checksDone, signIn, study, until } from '../lib/steps.mjs';

const { on, both } = journey('j06_first_warning');

both('from the list to the warning', ['demo-zhang-first', 'demo-first-last-year'], async ({ phone, world, time }, persona) => {
  await signIn(phone, persona);
  await checksDone(phone);
  phone.taps = 1; // the menu entry
  await phone.tapLink('用首违警告处理');
  await phone.says('用首违警告处理这条', /约 \d+ 分钟/, '随时可以退出');
  await phone.screen('start');
  await phone.tapButton('开始');
  await phone.says('学习：', '要学满');
  await phone.screen('study');
  await study(phone, world, time);
  assert.equal(await answerAll(phone, { look: true }), 3);
  await phone.says('请核对后确认', '警告。不罚款，不记分。', '您的权利');
  await phone.screen('confirm');

  // Not confirming the waiver sends nothing: it is an act of its own.
  const waive = phone.page.getByRole('checkbox', { name: /这次放弃/ });
  assert.equal(await waive.isChecked(), false, 'nothing is ticked beforehand');
  await phone.tapButton('确认事实，作出警告');
  assert.equal(new URL(phone.page.url()).pathname.endsWith('/confirm'), true);
  phone.taps -= 1;

  await phone.tap(waive);
  await phone.tapButton('确认事实，作出警告');
  await until(phone, '办好了');
  await phone.says('这次只警告', '免 100 元罚款');
  assert.ok(phone.taps <= 15, `${phone.taps} taps, at most 15`);
  await phone.screen('done');

  await phone.tapLink('看决定书');
  await phone.says('处罚决定书', '警告', /编号 \d{15}/, '在线确认事实无异议', '单独表示放弃');
  await phone.screen('decision');
});

on('a wrong answer is explained, and the sitting can be repeated', async ({ phone, world, time }) => {
  await signIn(phone, 'demo-first-annulled');
  await checksDone(phone);
  await phone.tapLink('用首违警告处理');
  await phone.tapButton('开始');
  await study(phone, world, time);
  await answerAll(phone, { wrongAt: 2 });
  await phone.says('没通过', '再答一次');
  await phone.screen('failed');
});
