// J4: chooses a vehicle; each violation has its marks, its due date and one button for the best lawful way.

import assert from 'node:assert/strict';
import { journey } from '../lib/journey.mjs';
import { checksDone, signIn } from '../lib/steps.mjs';

const { on, both } = journey('j04_vehicle');

both('several vehicles: choose one, see its violations', ['demo-many', 'demo-many'], async ({ phone }) => {
  await signIn(phone, 'demo-many');
  await checksDone(phone);
  await phone.says('选择车辆');
  await phone.screen('vehicles');
  const rows = phone.page.locator('a[href^="/vehicles/"]');
  assert.equal(await rows.count(), 3);
  await phone.tap(rows.first());
  await phone.says('的违法', '缴款处理', /罚款/, /记 \d+ 分/);
  const cards = phone.page.locator('article.viol');
  assert.ok((await cards.count()) >= 1);
  for (const card of await cards.all()) {
    assert.equal(await card.locator('.btn').count(), 1, 'one button for the best way');
  }
  await phone.screen('vehicle');
});

both('one vehicle: its list is on the first screen, marks say what qualifies', ['demo-wang-both', 'demo-wang-both'], async ({ phone }) => {
  await signIn(phone, 'demo-wang-both');
  await checksDone(phone);
  await phone.says('可用首违警告', '可用学习减分', '用首违警告处理');
  await phone.screen('marks');
});

on('a decision that is overdue shows its due date and the surcharge so far', async ({ phone }) => {
  await signIn(phone, 'demo-surcharge');
  await checksDone(phone);
  await phone.says(/已过缴款期 \d+ 天，加处罚款 [\d.]+ 元/);
  await phone.screen('surcharge');
});
