// J13: is told on the first screen what is usable now and what it saves, in yuan and points.

import assert from 'node:assert/strict';
import { journey } from '../lib/journey.mjs';
import { checksDone, signIn } from '../lib/steps.mjs';

const { on } = journey('j13_what_it_saves');

on('yuan and points, and which to use first', async ({ phone }) => {
  await signIn(phone, 'demo-wang-both');
  await checksDone(phone);
  await phone.says('您现在可用', /合计最多省 100 元、少记 \d 分，以办理结果为准/, '建议先用首违警告');
  const panel = await phone.page.locator('#panel').innerText();
  assert.match(panel, /免 100 元/);
  const list = await phone.page.locator('#list').boundingBox();
  const box = await phone.page.locator('#panel').boundingBox();
  assert.ok(box && list && box.y < list.y, 'the panel stands above the list');
  assert.ok(box.y + box.height <= 780, 'the whole panel is on the first screen');
  await phone.screen('panel');
});

on('nothing usable is said too', async ({ phone }) => {
  await signIn(phone, 'demo-chen-merge');
  await checksDone(phone);
  await phone.screen('panel-merge');
});

on('the same in English', async ({ phone }) => {
  await signIn(phone, 'demo-wang-both');
  await phone.go('/violations?lang=en');
  await checksDone(phone);
  assert.equal(await phone.page.locator('html').getAttribute('lang'), 'en');
  await phone.says('My violations', 'What you can use now');
  await phone.screen('english');
}, { locale: 'en-GB' });

on('large print loses nothing', async ({ phone }) => {
  await signIn(phone, 'demo-wang-both');
  await phone.go('/violations?size=large');
  await checksDone(phone);
  assert.equal(await phone.page.locator('html').getAttribute('data-size'), 'large');
  await phone.screen('large');
});
