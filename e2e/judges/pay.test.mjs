// wechatpay-axios-plugin drives orders, queries and closing, in certificate mode and in public-key mode. It verifies
// the signature of every 2xx answer, the empty 204 included, and refuses answers that do not fit.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { Aes, Formatter, Rsa } from 'wechatpay-axios-plugin';
import { startSims } from './lib/sims.mjs';
import { client as clientOf, modes, refusal } from './lib/wechatpay.mjs';

let sims;
before(async () => { sims = await startSims(); });
after(() => sims.stop());

const client = (mode, changes) => clientOf(sims, mode, changes);
let count = 0;

function order(changes = {}) {
  count += 1;
  return {
    appid: sims.settings['pay.wechat.appid'],
    mchid: sims.settings['pay.wechat.mchid'],
    description: '交通违法罚款 2 起',
    out_trade_no: `JUDGE-${process.pid}-${count}`,
    notify_url: 'http://127.0.0.1:9/callbacks/pay',
    amount: { total: 30000, currency: 'CNY' },
    payer: { openid: 'demo-chen-merge' },
    ...changes,
  };
}

const query = (wxpay, asked, headers) =>
  wxpay.v3.pay.transactions.outTradeNo.$out_trade_no$.get({
    params: { mchid: asked.mchid },
    out_trade_no: asked.out_trade_no,
    headers,
  });

const close = (wxpay, asked, headers) =>
  wxpay.v3.pay.transactions.outTradeNo.$out_trade_no$.close.post(
    { mchid: asked.mchid },
    { out_trade_no: asked.out_trade_no, headers },
  );

for (const mode of modes) {
  describe(`in ${mode} mode`, () => {
    test('an order is placed, asked for, paid and asked for again', async () => {
      const { wxpay, headers } = client(mode);
      const asked = order();
      const placed = await wxpay.v3.pay.transactions.jsapi.post(asked, { headers });
      assert.match(placed.data.prepay_id, /^wx/);
      const again = await wxpay.v3.pay.transactions.jsapi.post(asked, { headers });
      assert.equal(again.data.prepay_id, placed.data.prepay_id, 'the same request gives the same order');
      assert.equal((await query(wxpay, asked, headers)).data.trade_state, 'NOTPAY');

      await sims.control('pay', { order: asked.out_trade_no, action: 'pay' });
      const paid = (await query(wxpay, asked, headers)).data;
      assert.equal(paid.trade_state, 'SUCCESS');
      assert.equal(paid.amount.total, 30000);
      assert.equal(paid.payer.openid, 'demo-chen-merge');
      const byTransaction = await wxpay.v3.pay.transactions.id.$transaction_id$.get({
        params: { mchid: asked.mchid },
        transaction_id: paid.transaction_id,
        headers,
      });
      assert.equal(byTransaction.data.out_trade_no, asked.out_trade_no);
      assert.equal((await refusal(close(wxpay, asked, headers))).code, 'ORDERPAID');
    });

    test('an unpaid order is closed with a signed empty 204, and stays closed', async () => {
      const { wxpay, headers } = client(mode);
      const asked = order();
      await wxpay.v3.pay.transactions.jsapi.post(asked, { headers });
      const closed = await close(wxpay, asked, headers);
      assert.equal(closed.status, 204);
      assert.equal((await query(wxpay, asked, headers)).data.trade_state, 'CLOSED');
      const reused = await refusal(wxpay.v3.pay.transactions.jsapi.post(asked, { headers }));
      assert.deepEqual(reused, { status: 400, code: 'ORDER_CLOSED' });
    });

    test('what must be refused is refused', async () => {
      const { wxpay, headers } = client(mode);
      const asked = order();
      await wxpay.v3.pay.transactions.jsapi.post(asked, { headers });
      const place = (changes) => refusal(wxpay.v3.pay.transactions.jsapi.post({ ...asked, ...changes }, { headers }));
      assert.equal((await place({ amount: { total: 1, currency: 'CNY' } })).code, 'INVALID_REQUEST');
      assert.equal((await place({ out_trade_no: 'short' })).code, 'PARAM_ERROR');
      assert.equal((await place({ amount: { total: '30000' } })).code, 'PARAM_ERROR');
      assert.equal((await place({ mchid: '1900000001' })).code, 'APPID_MCHID_NOT_MATCH');
      assert.deepEqual(await refusal(query(wxpay, order(), headers)), { status: 404, code: 'ORDER_NOT_EXIST' });
    });

    test('a request signed with a foreign key is refused', async () => {
      const { privateKey } = generateKeyPairSync('rsa', {
        modulusLength: 2048,
        privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
        publicKeyEncoding: { type: 'spki', format: 'pem' },
      });
      const { wxpay, headers } = client(mode, { privateKey });
      const answer = await refusal(wxpay.v3.pay.transactions.jsapi.post(order(), { headers }));
      assert.deepEqual(answer, { status: 401, code: 'SIGN_ERROR' });
      const { wxpay: other } = client(mode, { serial: 'ABCDEF' });
      assert.equal((await refusal(query(other, order(), headers))).code, 'SIGN_ERROR');
    });

    test('the client itself refuses a garbled answer', async () => {
      const { wxpay, headers } = client(mode);
      const asked = order();
      await wxpay.v3.pay.transactions.jsapi.post(asked, { headers });
      await sims.control('faults', { match: { call: 'query', key: asked.out_trade_no }, fault: 'garbled', times: 1 });
      await assert.rejects(query(wxpay, asked, headers), /EV3_RES|verif|sign/i);
      assert.equal((await query(wxpay, asked, headers)).data.trade_state, 'NOTPAY');
    });

    test('the notice of a payment opens with the vendor’s own primitives', async () => {
      const { wxpay, headers } = client(mode);
      const received = [];
      const receiver = createServer((request, response) => {
        const pieces = [];
        request.on('data', (piece) => pieces.push(piece));
        request.on('end', () => {
          received.push({ headers: request.headers, body: Buffer.concat(pieces).toString() });
          response.writeHead(received.length === 1 ? 500 : 204).end();
        });
      });
      await new Promise((done) => receiver.listen(0, '127.0.0.1', done));
      try {
        const asked = order({ notify_url: `http://127.0.0.1:${receiver.address().port}/callbacks/pay`, attach: '案件' });
        await wxpay.v3.pay.transactions.jsapi.post(asked, { headers });
        await sims.control('pay', { order: asked.out_trade_no, action: 'pay' });
        for (let waited = 0; received.length < 2 && waited < 100; waited += 1) {
          await new Promise((done) => setTimeout(done, 50));
        }
        assert.equal(received.length, 2, 'a refused notice comes again, an accepted one does not');
        for (const { headers: h, body } of received) {
          const key = mode === 'certificate'
            ? new X509Certificate(sims.read('platform_certificate.pem')).publicKey.export({ type: 'spki', format: 'pem' })
            : sims.read('pay_public_key.pem');
          const text = Formatter.response(h['wechatpay-timestamp'], h['wechatpay-nonce'], body);
          assert.ok(Rsa.verify(text, h['wechatpay-signature'], key));
          assert.ok(!Rsa.verify(text.replace('3', '4'), h['wechatpay-signature'], key));
          const { event_type: event, resource } = JSON.parse(body);
          assert.equal(event, 'TRANSACTION.SUCCESS');
          const trade = JSON.parse(Aes.AesGcm.decrypt(
            resource.ciphertext, sims.settings['pay.wechat.api_v3_key'], resource.nonce, resource.associated_data,
          ));
          assert.equal(trade.out_trade_no, asked.out_trade_no);
          assert.deepEqual([trade.trade_state, trade.amount.total, trade.attach], ['SUCCESS', 30000, '案件']);
        }
      } finally {
        receiver.close();
      }
    });
  });
}

test('platform certificates download and decrypt, and can be refused', async () => {
  const { wxpay } = client('certificate');
  const { data } = await wxpay.v3.certificates.get();
  const [{ serial_no: serial, encrypt_certificate: sealed }] = data.data;
  const pem = Aes.AesGcm.decrypt(sealed.ciphertext, sims.settings['pay.wechat.api_v3_key'], sealed.nonce, sealed.associated_data);
  assert.equal(new X509Certificate(pem).serialNumber.toUpperCase(), serial.toUpperCase());
  assert.equal(serial, sims.settings['pay.wechat.platform_serial']);
  await sims.control('pay', { certificates_refused: true });
  const answer = await refusal(wxpay.v3.certificates.get());
  assert.deepEqual(answer, { status: 404, code: 'RESOURCE_NOT_EXISTS' });
});
