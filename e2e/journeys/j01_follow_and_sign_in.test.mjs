// J1: follows the official account, enters from the menu, signs in; what is forged or virtual is refused.

import assert from 'node:assert/strict';
import { journey } from '../lib/journey.mjs';
import { signIn, until } from '../lib/steps.mjs';

const { on } = journey('j01_follow_and_sign_in');

/** @param {string} address @param {object} body */
async function control(address, body) {
  const answer = await fetch(address, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  assert.equal(answer.status, 200, await answer.clone().text());
  return answer.json();
}

on('following is answered with a welcome that leads to 我的违法', async ({ world }) => {
  const reply = await control(`${world.sims}/control/wechat/event`, {
    openid: 'demo-visitor-j01', event: 'subscribe', event_key: 'qrscene_office', mode: 'safe',
  });
  assert.equal(reply.status, 200);
  assert.equal(reply.fault, '');
  assert.match(reply.message, /我的违法/);
  assert.ok(reply.message.includes(`${world.url}/`), `the welcome leads to us: ${reply.message}`);

  const forged = await control(`${world.sims}/control/wechat/event`, {
    openid: 'demo-visitor-j01', event: 'subscribe', mode: 'safe', forged: true,
  });
  assert.ok(forged.status >= 400 && forged.message === '', `a forged push must be refused: ${JSON.stringify(forged)}`);
});

on('the server verification answers the right signature and no other', async ({ world }) => {
  assert.equal((await control(`${world.sims}/control/wechat/verify`, {})).right, true);
  assert.equal((await control(`${world.sims}/control/wechat/verify`, { forged: true })).right, false);
});

on('the menu has V用户 with 我的违法 in it', async ({ world }) => {
  const { menu } = await control(`${world.sims}/control/wechat/read`, {});
  const text = JSON.stringify(menu);
  assert.match(text, /V用户/);
  assert.match(text, /我的违法/);
  assert.ok(text.includes(world.url), `the menu leads to us: ${text}`);
});

on('inside WeChat the menu entry leads to 我的违法 after picking who one is', async ({ phone }) => {
  await signIn(phone, 'demo-zhang-first');
  await phone.says('我的违法');
  await phone.screen('home');
}, { wechat: true });

on('a browser outside WeChat gets a page with a code to scan, and can go on in the demo', async ({ phone }) => {
  await phone.go('/violations');
  await phone.says('登录后处理交通违法', '用手机微信扫一扫');
  await phone.screen('sign-in');
  await signIn(phone, 'demo-clean');
  await until(phone, '没有未处理的违法');
  await phone.screen('nothing-open');
}, { wechat: false });

on('a forged sign-in state is refused', async ({ phone }) => {
  const answer = await phone.go('/wechat/return?code=0123456789abcdef&state=forged');
  assert.equal(answer?.status(), 409);
  await phone.says('登录没有完成');
});

on('the same return address cannot be used twice', async ({ phone, world }) => {
  /** @type {string[]} */
  const returns = [];
  phone.page.on('request', (request) => {
    if (request.url().startsWith(`${world.url}/wechat/return`)) returns.push(request.url());
  });
  await signIn(phone, 'demo-clean');
  assert.equal(returns.length, 1);
  const again = await phone.page.goto(/** @type {string} */ (returns[0]));
  assert.equal(again?.status(), 409, 'a state works once');
});

on("WeChat's virtual visitor is refused and told what to do", async ({ phone }) => {
  await phone.go('/violations');
  if (new URL(phone.page.url()).pathname === '/sign-in') await phone.tapLink('微信登录');
  await phone.page.locator('a.card', { hasText: 'demo-snapshot' }).click();
  await phone.says('请打开完整页面再登录', '使用完整服务');
});
