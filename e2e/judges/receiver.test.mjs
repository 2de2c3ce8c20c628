// A notice built and signed with the vendor's own primitives meets the product's receiver: an honest one is money, one that
// was tampered with changes nothing. A whole pretend world is started for it: city, counterparts and server.

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Aes, Formatter, Rsa } from 'wechatpay-axios-plugin';
import { startWorld } from '../lib/world.mjs';

let world;
let material;
before(async () => {
  world = await startWorld('judge-receiver');
  material = JSON.parse(readFileSync(join(world.dir, 'counterparts', 'sims-keys.json'), 'utf8'));
});
after(() => world.stop());

/** A person's program: keeps the session, speaks JSON. */
async function signedIn(persona) {
  const jar = new Map();
  const go = async (url, body) => {
    const answer = await fetch(url, {
      method: body ? 'POST' : 'GET',
      redirect: 'manual',
      headers: {
        accept: 'application/json',
        cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '),
        ...(body && { 'content-type': 'application/json', origin: world.url }),
      },
      body: body && JSON.stringify(body),
    });
    for (const line of answer.headers.getSetCookie()) {
      const [name, ...value] = line.split(';')[0].split('=');
      jar.set(name, value.join('='));
    }
    const to = answer.headers.get('location');
    return to ? go(new URL(to, url).href) : answer;
  };
  const enter = await fetch(`${world.url}/wechat/enter`, { redirect: 'manual' });
  for (const line of enter.headers.getSetCookie()) {
    const [name, ...value] = line.split(';')[0].split('=');
    jar.set(name, value.join('='));
  }
  await go(`${enter.headers.get('location').split('#')[0]}&persona=${persona}`);
  const ask = async (path, body) => {
    const answer = await go(`${world.url}${path}`, body);
    const text = await answer.text();
    assert.ok(answer.ok, `${path}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : null;
  };
  await ask('/welcome', {});
  return ask;
}

const sims = async (path, body) => {
  const answer = await fetch(`${world.sims}/control/${path}`, { method: body ? 'POST' : 'GET', body: body && JSON.stringify(body) });
  return answer.json();
};

/** An order of three legs that waits for its money. */
async function waiting() {
  const ask = await signedIn('demo-chen-merge');
  for (let tries = 0; tries < 100; tries += 1) {
    if ((await ask('/violations')).checks.finished) break;
    await new Promise((done) => setTimeout(done, 100));
  }
  const quote = await ask('/quotes', { all: true });
  const order = await ask('/orders', { quote: quote.id, total_fen: quote.total_fen, facts: true, waiver: true });
  await ask(`/orders/${order.id}/pay`, {});
  const { calls } = await sims('calls?call=prepay');
  const placed = calls.at(-1).fields;
  return { placed, order: () => ask(`/orders/${order.id}`) };
}

/** The notice of a payment, sealed and signed by the independent library; `how` says what is wrong with it. */
async function notice(placed, how = {}) {
  const trade = {
    appid: placed.appid,
    mchid: placed.mchid,
    out_trade_no: placed.out_trade_no,
    transaction_id: '4200009999202004050000000001',
    trade_type: 'JSAPI',
    trade_state: 'SUCCESS',
    trade_state_desc: '支付成功',
    bank_type: 'OTHERS',
    success_time: '2020-04-05T10:00:30+08:00',
    payer: placed.payer,
    amount: { total: placed.amount.total, payer_total: placed.amount.total, currency: 'CNY', payer_currency: 'CNY' },
    ...how.trade,
  };
  const nonce = Formatter.nonce(12);
  const body = JSON.stringify({
    id: how.id ?? `judge-${Formatter.nonce(16)}`,
    create_time: '2020-04-05T10:00:31+08:00',
    resource_type: 'encrypt-resource',
    event_type: 'TRANSACTION.SUCCESS',
    summary: '支付成功',
    resource: {
      original_type: 'transaction',
      algorithm: 'AEAD_AES_256_GCM',
      ciphertext: Aes.AesGcm.encrypt(JSON.stringify(trade), material.api_v3_key, nonce, 'transaction'),
      associated_data: how.associated ?? 'transaction',
      nonce,
    },
  });
  const { now } = await sims('clock');
  const timestamp = String(Math.floor(Date.parse(now) / 1000) + (how.shift ?? 0));
  const salt = Formatter.nonce(32);
  const byKey = how.mode === 'public key';
  const key = how.key ?? (byKey ? material.public_mode_key : material.platform_key);
  const signature = (how.probe ? 'WECHATPAY/SIGNTEST/' : '') + Rsa.sign(Formatter.response(timestamp, salt, body), key);
  const headers = {
    'content-type': 'application/json',
    'wechatpay-timestamp': timestamp,
    'wechatpay-nonce': salt,
    'wechatpay-signature': signature,
    'wechatpay-serial': how.serial ?? (byKey ? material.public_key_id : material.platform_serial),
    'wechatpay-signature-type': 'WECHATPAY2-SHA256-RSA2048',
  };
  (how.without ?? []).forEach((name) => delete headers[name]);
  const sent = how.tampered ? body.replace('支付成功', '支付失败') : body;
  const answer = await fetch(`${world.url}/callbacks/wechat-pay`, { method: 'POST', headers, body: sent });
  return answer.status;
}

test('tampered notices change nothing, an honest one is money, and only once', async () => {
  const { placed, order } = await waiting();
  const foreign = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  }).privateKey;
  const refused = {
    'a tampered body': { tampered: true },
    'a foreign key': { key: foreign },
    'probing traffic': { probe: true },
    'a stale timestamp': { shift: -400 },
    'a timestamp ahead': { shift: 400 },
    'an unknown serial': { serial: '0123456789ABCDEF' },
    'the other mode under this serial': { key: material.public_mode_key },
    'no signature': { without: ['wechatpay-signature'] },
    'no serial': { without: ['wechatpay-serial'] },
    'other associated data': { associated: 'other' },
    'another merchant': { trade: { mchid: '1900000001' } },
    'another account': { trade: { appid: 'wxother' } },
    'a sum in text': { trade: { amount: { total: String(placed.amount.total), currency: 'CNY' } } },
    'another currency': { trade: { amount: { total: placed.amount.total, currency: 'USD' } } },
  };
  for (const [name, how] of Object.entries(refused)) {
    const status = await notice(placed, how);
    assert.ok(status >= 400 && status < 500, `${name}: ${status}`);
    assert.notEqual((await order()).money, 'charged', name);
  }
  for (const mode of ['certificate', 'public key']) {
    const status = await notice(placed, { mode, id: 'judge-honest' });
    assert.ok(status === 200 || status === 204, `${mode}: ${status}`);
    assert.equal((await order()).money, 'charged', mode);
  }
});
