// J3: 我的违法 is there at once, the programmes are verified in the background, and "could not check" is
// never shown as a refusal.

import assert from 'node:assert/strict';
import { journey } from '../lib/journey.mjs';
import { checksDone, signIn, until } from '../lib/steps.mjs';
import { weigh } from '../lib/phone.mjs';

const { on } = journey('j03_list_at_once');

/** What the first useful list may weigh, compressed, everything that it loads included. */
const MOST_BYTES = 30 * 1024;

on('grey with real counts while a source is slow, coloured when it is done; paying does not wait', async ({ phone }) => {
  await signIn(phone, 'demo-slow');
  const page = phone.page;
  await phone.says('我的违法', /\d+ 项里核对完 \d+ 项/);
  assert.ok((await page.locator('.tile.checking').count()) >= 1, 'an icon is grey');
  assert.ok((await page.locator('article.viol').count()) >= 1, 'the list is there at once');
  await phone.screen('checking');
  await checksDone(phone);
  assert.equal(await page.locator('.tile.checking').count(), 0, 'nothing is grey for ever');
  await phone.screen('checked');
});

on('usable, not usable and used have a shape and a word each', async ({ phone }) => {
  await signIn(phone, 'demo-li-study');
  await checksDone(phone);
  assert.equal(await phone.page.locator('.tile.study.usable').count(), 1);
  assert.equal(await phone.page.locator('.tile.first.blocked').count(), 1);
  await phone.says('可用', '暂不可用 · 看原因');
  await phone.screen('usable-and-not');
});

on('used already says so', async ({ phone }) => {
  await signIn(phone, 'demo-first-used');
  await checksDone(phone);
  assert.equal(await phone.page.locator('.tile.first.used').count(), 1);
  await phone.says('已用过');
  await phone.screen('used');
});

on('a source that is down is "could not check", and paying goes on', async ({ phone }) => {
  await signIn(phone, 'demo-upstream-down');
  await until(phone, '没核对成');
  assert.equal(await phone.page.locator('.tile.blocked').count(), 0, 'never shown as a refusal');
  await phone.says('不代表不符合');
  await phone.screen('could-not-check');
});

on('the first useful list is light', async ({ phone }) => {
  await signIn(phone, 'demo-zhang-first');
  await checksDone(phone);
  const { bytes, parts } = await weigh(phone, () => phone.page.reload({ waitUntil: 'load' }));
  for (const part of parts) console.log(`    ${String(part.bytes).padStart(6)}  ${new URL(part.url).pathname}`);
  console.log(`    ${String(bytes).padStart(6)}  bytes, compressed, of the first useful list with everything it loads`);
  const [page] = parts;
  assert.ok(page);
  assert.ok(bytes <= MOST_BYTES, `${bytes} bytes, at most ${MOST_BYTES}`);
});

on('dark looks as carefully made as light', async ({ phone }) => {
  await signIn(phone, 'demo-many');
  await checksDone(phone);
  await phone.screen('many');
}, { dark: true });
