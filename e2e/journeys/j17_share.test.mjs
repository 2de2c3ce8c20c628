// J17: shares the service as a card that holds nothing personal; failing to sign loses only sharing.

import assert from 'node:assert/strict';
import { journey } from '../lib/journey.mjs';
import { misbehave, signIn } from '../lib/steps.mjs';

const { on } = journey('j17_share');

on('the card says nothing about the person who sends it', async ({ phone }) => {
  await signIn(phone, 'demo-zhang-first');
  await phone.go('/share');
  const card = phone.page.locator('[data-share]');
  const data = JSON.stringify(await card.evaluate((node) => ({ .../** @type {HTMLElement} */ (node).dataset })));
  for (const secret of ['张首安', '鄂A', '420104198809170027', 'demo-zhang']) {
    assert.ok(!data.includes(secret) && !(await card.innerText()).includes(secret), `the card holds ${secret}`);
  }
  assert.ok((await card.getAttribute('data-sign')) ?? '', 'the card is signed for the messenger');
  await phone.screen('card');
});

on('without a ticket from WeChat the page still shows the code', async ({ phone, world }) => {
  await signIn(phone, 'demo-clean');
  await fetch(`${world.sims}/control/wechat/forget_tokens`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });
  await misbehave(world, { match: { call: 'ticket' }, fault: 'http500', times: 50 });
  await phone.go('/share');
  assert.equal(await phone.page.locator('.qr').count(), 1);
  await phone.screen('unsigned');
});
