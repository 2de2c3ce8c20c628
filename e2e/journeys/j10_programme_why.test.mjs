// J10: taps a grey programme icon and learns the same for the programme.

import assert from 'node:assert/strict';
import { journey } from '../lib/journey.mjs';
import { checksDone, signIn, until } from '../lib/steps.mjs';

const { both, on } = journey('j10_programme_why');

both('the warning is not usable: what was found, which rule, when it returns', ['demo-first-serious', 'demo-first-serious'], async ({ phone }) => {
  await signIn(phone, 'demo-first-serious');
  await checksDone(phone);
  await phone.tap(phone.page.locator('a.tile.first'));
  await phone.says('首违警告：为什么现在不能用', '我们看到的', '依据', '怎么办', 'F_SERIOUS_2Y');
  await phone.screen('first');
});

both('study is not usable', ['demo-study-limit', 'demo-study-limit'], async ({ phone }) => {
  await signIn(phone, 'demo-study-limit');
  await checksDone(phone);
  await phone.tap(phone.page.locator('a.tile.study'));
  await phone.says('学习减分：为什么现在不能用', 'S_LEGACY_LIMIT');
  await phone.screen('study');
});

on('could not check offers to try again and never says "not eligible"', async ({ phone }) => {
  await signIn(phone, 'demo-unknown-fact');
  await until(phone, '没核对成');
  await phone.tap(phone.page.locator('a.tile.first'));
  await phone.says('没核对成', '不代表不符合');
  assert.doesNotMatch(await phone.words(), /为什么不符合/);
  await phone.screen('unknown');
});
