// J9: taps 无法处理 and learns every reason: what was found, which rule, what to do, the code to quote.

import assert from 'node:assert/strict';
import { journey } from '../lib/journey.mjs';
import { checksDone, signIn } from '../lib/steps.mjs';

const { both, on } = journey('j09_why_not');

both('seven violations, each blocked for another reason', ['demo-wu-grey', 'demo-wu-grey'], async ({ phone }) => {
  await signIn(phone, 'demo-wu-grey');
  await checksDone(phone);
  const why = phone.page.getByRole('link', { name: '看原因和办法' });
  const count = await why.count();
  assert.ok(count >= 6, `${count} are blocked`);
  await phone.screen('grey');
  /** @type {Set<string>} */
  const codes = new Set();
  for (let at = 0; at < count; at += 1) {
    await phone.tap(phone.page.getByRole('link', { name: '看原因和办法' }).nth(at));
    await phone.says('我们看到的', '依据', '怎么办', '编号', '打电话时报给工作人员');
    for (const code of (await phone.words()).matchAll(/\b(V_[A-Z0-9_]+|D_[A-Z0-9_]+|VEH_[A-Z0-9_]+)/g)) codes.add(/** @type {string} */ (code[1]));
    if (at < 2) await phone.screen(`reason-${at + 1}`);
    await phone.page.goBack({ waitUntil: 'domcontentloaded' });
  }
  for (const code of ['V_TWELVE', 'V_FINE_OVER_200', 'V_NO_EVIDENCE_YET', 'V_NOT_AUDITED', 'V_DISPUTE_PENDING', 'V_IN_OTHER_CHANNEL']) {
    assert.ok(codes.has(code), `${code} was not told; told were ${[...codes].join(' ')}`);
  }
});

on('all reasons are told, the weightiest first, not only one', async ({ phone }) => {
  await signIn(phone, 'demo-suspension');
  await checksDone(phone);
  await phone.tapLink('看原因和办法');
  const words = await phone.words();
  const [suspension, twelve] = ['V_NEEDS_SUSPENSION', 'V_TWELVE'].map((code) => words.indexOf(code));
  assert.ok(suspension !== undefined && twelve !== undefined && suspension >= 0 && twelve >= 0, words);
  await phone.says(/一共 \d+ 个原因/);
  await phone.screen('several');
});
