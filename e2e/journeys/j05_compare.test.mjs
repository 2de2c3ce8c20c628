// J5: compares the ways of one violation before choosing, and is warned of what cannot be taken back.

import assert from 'node:assert/strict';
import { journey } from '../lib/journey.mjs';
import { checksDone, signIn } from '../lib/steps.mjs';

const { on } = journey('j05_compare');

on('fine, points, time and what is left, side by side; study loses the warning, not the reverse', async ({ phone }) => {
  await signIn(phone, 'demo-wang-both');
  await checksDone(phone);
  await phone.tap(phone.page.locator('article.viol h3 a').first());
  await phone.says('3 种办法比一比', '首违警告', '学习减分', '直接缴款', '要缴', '记分', '用时', '之后');
  const choices = phone.page.locator('.choice');
  assert.equal(await choices.count(), 3);
  const words = await choices.allInnerTexts();
  const [first, study] = ['首违警告', '学习减分'].map((name) => words.find((text) => text.startsWith(name)) ?? '');
  assert.match(first ?? '', /0 元/);
  assert.match(first ?? '', /推荐/);
  assert.match(first ?? '', /之后还可以用学习减分/);
  assert.match(study ?? '', /不能再用首违警告/);
  assert.doesNotMatch(first ?? '', /不能再用学习减分/);
  await phone.says('顺序不能反');
  await phone.screen('compare');
});

on('the evidence has words for who cannot see it', async ({ phone }) => {
  await signIn(phone, 'demo-zhang-first');
  await checksDone(phone);
  await phone.tap(phone.page.locator('article.viol h3 a').first());
  await phone.tapLink('看证据照片');
  const pictures = phone.page.locator('img.shot');
  assert.ok((await pictures.count()) >= 1, 'there is evidence');
  assert.match((await pictures.first().getAttribute('alt')) ?? '', /证据照片第 1 张，共 \d 张/);
  await phone.screen('evidence');
});
