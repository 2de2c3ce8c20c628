// wechatpay-axios-plugin drives refunds and combined orders, in certificate mode and in public-key mode, and opens the
// notices of both with the vendor's own primitives.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { X509Certificate } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { Aes, Formatter, Rsa } from 'wechatpay-axios-plugin';
import { startSims } from './lib/sims.mjs';
import { client, modes, refusal } from './lib/wechatpay.mjs';

let sims;
before(async () => { sims = await startSims(); });
after(() => sims.stop());

let count = 0;
const number = (what) => `${what}-${process.pid}-${count += 1}`;
const nowhere = 'http://127.0.0.1:9/callbacks/pay';

function single(total, notify_url = nowhere) {
  return {
    appid: sims.settings['pay.wechat.appid'],
    mchid: sims.settings['pay.wechat.mchid'],
    description: '交通违法罚款',
    out_trade_no: number('ORDER'),
    notify_url,
    amount: { total, currency: 'CNY' },
    payer: { openid: 'demo-chen-merge' },
  };
}

function combined(sums, notify_url = nowhere) {
  const mchid = sims.settings['pay.wechat.mchid'];
  return {
    combine_appid: sims.settings['pay.wechat.appid'],
    combine_mchid: mchid,
    combine_out_trade_no: number('WHOLE'),
    combine_payer_info: { openid: 'demo-chen-merge' },
    scene_info: { payer_client_ip: '192.0.2.7' },
    sub_orders: sums.map((total_amount) => ({
      mchid,
      attach: '案件',
      amount: { total_amount, currency: 'CNY' },
      out_trade_no: number('PART'),
      description: '交通违法罚款',
    })),
    notify_url,
  };
}

const back = (out_trade_no, refund, total, changes = {}) => ({
  out_trade_no,
  out_refund_no: number('BACK'),
  reason: '违法未能处理',
  amount: { refund, total, currency: 'CNY' },
  ...changes,
});

async function paid(wxpay, headers, total, notify_url) {
  const asked = single(total, notify_url);
  await wxpay.v3.pay.transactions.jsapi.post(asked, { headers });
  await sims.control('pay', { order: asked.out_trade_no, action: 'pay' });
  return asked.out_trade_no;
}

const refund = (wxpay, asked, headers) => wxpay.v3.refund.domestic.refunds.post(asked, { headers });

const refunded = (wxpay, out_refund_no, headers) =>
  wxpay.v3.refund.domestic.refunds.$out_refund_no$.get({ out_refund_no, headers });

const query = (wxpay, asked, headers) =>
  wxpay.v3.combineTransactions.outTradeNo.$combine_out_trade_no$.get({
    combine_out_trade_no: asked.combine_out_trade_no,
    headers,
  });

const close = (wxpay, asked, headers, changes = {}) =>
  wxpay.v3.combineTransactions.outTradeNo.$combine_out_trade_no$.close.post(
    {
      combine_appid: asked.combine_appid,
      sub_orders: asked.sub_orders.map(({ mchid, out_trade_no }) => ({ mchid, out_trade_no })),
      ...changes,
    },
    { combine_out_trade_no: asked.combine_out_trade_no, headers },
  );

/** A receiver of notices that keeps what it hears and accepts all of it. */
async function receiver() {
  const heard = [];
  const server = createServer((request, response) => {
    const pieces = [];
    request.on('data', (piece) => pieces.push(piece));
    request.on('end', () => {
      heard.push({ headers: request.headers, body: Buffer.concat(pieces).toString() });
      response.writeHead(204).end();
    });
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const wait = async (event) => {
    for (let waited = 0; waited < 100; waited += 1) {
      const found = heard.find(({ body }) => JSON.parse(body).event_type === event);
      if (found) return found;
      await new Promise((done) => setTimeout(done, 50));
    }
    return assert.fail(`no ${event} came`);
  };
  return { url: `http://127.0.0.1:${server.address().port}/callbacks/pay`, wait, stop: () => server.close() };
}

/** Verifies a notice and decrypts what is in it. */
function open(mode, { headers: h, body }) {
  const key = mode === 'certificate'
    ? new X509Certificate(sims.read('platform_certificate.pem')).publicKey.export({ type: 'spki', format: 'pem' })
    : sims.read('pay_public_key.pem');
  const text = Formatter.response(h['wechatpay-timestamp'], h['wechatpay-nonce'], body);
  assert.ok(Rsa.verify(text, h['wechatpay-signature'], key));
  const { resource } = JSON.parse(body);
  const secret = sims.settings['pay.wechat.api_v3_key'];
  const opened = Aes.AesGcm.decrypt(resource.ciphertext, secret, resource.nonce, resource.associated_data);
  return { kind: resource.original_type, ...JSON.parse(opened) };
}

for (const mode of modes) {
  describe(`refunds in ${mode} mode`, () => {
    test('in parts, never above what was paid, once for each number', async () => {
      const { wxpay, headers } = client(sims, mode);
      const order = await paid(wxpay, headers, 30000);
      const first = back(order, 20000, 30000);
      const given = (await refund(wxpay, first, headers)).data;
      assert.deepEqual([given.status, given.amount.refund, given.amount.total], ['SUCCESS', 20000, 30000]);
      assert.equal((await refund(wxpay, first, headers)).data.refund_id, given.refund_id);
      assert.equal((await refunded(wxpay, first.out_refund_no, headers)).data.refund_id, given.refund_id);
      const other = { ...first, amount: { ...first.amount, refund: 1 } };
      assert.equal((await refusal(refund(wxpay, other, headers))).code, 'INVALID_REQUEST');
      assert.equal((await refusal(refund(wxpay, back(order, 10001, 30000), headers))).code, 'INVALID_REQUEST');
      assert.equal((await refund(wxpay, back(order, 10000, 30000), headers)).data.status, 'SUCCESS');
      const told = await wxpay.v3.pay.transactions.outTradeNo.$out_trade_no$.get({
        params: { mchid: sims.settings['pay.wechat.mchid'] },
        out_trade_no: order,
        headers,
      });
      assert.equal(told.data.trade_state, 'REFUND');
    });

    test('what must be refused is refused', async () => {
      const { wxpay, headers } = client(sims, mode);
      const order = await paid(wxpay, headers, 30000);
      assert.equal((await refusal(refund(wxpay, back('NOBODY-PAID-1', 1, 1), headers))).status, 404);
      assert.equal((await refusal(refunded(wxpay, 'NOBODY-ASKED', headers))).code, 'RESOURCE_NOT_EXISTS');
      assert.equal((await refusal(refund(wxpay, back(order, 1, 29999), headers))).code, 'PARAM_ERROR');
      const bad = back(order, 1, 30000, { out_refund_no: 'R/1' });
      assert.equal((await refusal(refund(wxpay, bad, headers))).code, 'PARAM_ERROR');
    });

    test('an abnormal refund finds another way', async () => {
      const { wxpay, headers } = client(sims, mode);
      const order = await paid(wxpay, headers, 30000);
      await sims.control('pay', { refunds_end: 'ABNORMAL' });
      const asked = back(order, 30000, 30000);
      const stuck = (await refund(wxpay, asked, headers)).data;
      await sims.control('pay', { refunds_end: 'SUCCESS' });
      assert.equal(stuck.status, 'ABNORMAL');
      const apply = () => wxpay.v3.refund.domestic.refunds.$refund_id$.applyAbnormalRefund.post(
        { out_refund_no: asked.out_refund_no, type: 'MERCHANT_BANK_CARD' },
        { refund_id: stuck.refund_id, headers },
      );
      assert.equal((await apply()).data.status, 'SUCCESS');
      assert.equal((await refunded(wxpay, asked.out_refund_no, headers)).data.status, 'SUCCESS');
      assert.equal((await refusal(apply())).code, 'INVALID_REQUEST', 'only while it is abnormal');
    });

    test('the notice of a refund opens with the vendor’s own primitives', async () => {
      const { wxpay, headers } = client(sims, mode);
      const ear = await receiver();
      try {
        const order = await paid(wxpay, headers, 30000, ear.url);
        const asked = back(order, 20000, 30000, { notify_url: ear.url });
        await refund(wxpay, asked, headers);
        const told = open(mode, await ear.wait('REFUND.SUCCESS'));
        assert.deepEqual([told.kind, told.out_trade_no, told.out_refund_no], ['refund', order, asked.out_refund_no]);
        assert.deepEqual([told.refund_status, told.amount.refund, told.amount.total], ['SUCCESS', 20000, 30000]);
      } finally {
        ear.stop();
      }
    });
  });

  describe(`combined orders in ${mode} mode`, () => {
    test('placed, paid together, told in parts, refunded one by one', async () => {
      const { wxpay, headers } = client(sims, mode);
      const ear = await receiver();
      try {
        const asked = combined([10000, 20000], ear.url);
        const placed = await wxpay.v3.combineTransactions.jsapi.post(asked, { headers });
        assert.match(placed.data.prepay_id, /^wx/);
        const again = await wxpay.v3.combineTransactions.jsapi.post(asked, { headers });
        assert.equal(again.data.prepay_id, placed.data.prepay_id);
        const states = async () =>
          (await query(wxpay, asked, headers)).data.sub_orders.map(({ trade_state: state }) => state);
        assert.deepEqual(await states(), ['NOTPAY', 'NOTPAY']);
        await sims.control('pay', { order: asked.combine_out_trade_no, action: 'pay' });
        assert.deepEqual(await states(), ['SUCCESS', 'SUCCESS']);
        const told = open(mode, await ear.wait('TRANSACTION.SUCCESS'));
        assert.equal(told.combine_out_trade_no, asked.combine_out_trade_no);
        assert.deepEqual(told.sub_orders.map(({ amount }) => amount.total_amount), [10000, 20000]);
        assert.ok(told.sub_orders.every(({ amount }) => !('total' in amount)));
        const [first] = asked.sub_orders;
        await refund(wxpay, back(first.out_trade_no, 10000, 10000), headers);
        assert.deepEqual(await states(), ['REFUND', 'SUCCESS']);
        assert.equal((await refusal(close(wxpay, asked, headers))).code, 'ORDERPAID');
      } finally {
        ear.stop();
      }
    });

    test('closed together with a signed empty 204', async () => {
      const { wxpay, headers } = client(sims, mode);
      const asked = combined([10000, 20000]);
      await wxpay.v3.combineTransactions.jsapi.post(asked, { headers });
      const part = { sub_orders: [{ mchid: asked.combine_mchid, out_trade_no: asked.sub_orders[0].out_trade_no }] };
      assert.equal((await refusal(close(wxpay, asked, headers, part))).code, 'PARAM_ERROR');
      assert.equal((await close(wxpay, asked, headers)).status, 204);
      const told = (await query(wxpay, asked, headers)).data;
      assert.ok(told.sub_orders.every(({ trade_state: state }) => state === 'CLOSED'));
      const reused = wxpay.v3.combineTransactions.jsapi.post(asked, { headers });
      assert.equal((await refusal(reused)).code, 'ORDER_CLOSED');
    });

    test('what must be refused is refused', async () => {
      const { wxpay, headers } = client(sims, mode);
      const place = (asked) => refusal(wxpay.v3.combineTransactions.jsapi.post(asked, { headers }));
      const changed = (change) => {
        const asked = combined([10000, 20000]);
        change(asked);
        return place(asked);
      };
      assert.equal((await changed((asked) => { delete asked.sub_orders[0].attach; })).code, 'PARAM_ERROR');
      assert.equal((await changed((asked) => {
        asked.sub_orders[0].amount = { total: 10000, currency: 'CNY' };
      })).code, 'PARAM_ERROR');
      assert.equal((await changed((asked) => {
        asked.sub_orders[1].out_trade_no = asked.sub_orders[0].out_trade_no;
      })).code, 'PARAM_ERROR');
      assert.equal((await changed((asked) => {
        asked.sub_orders[1].mchid = '1900000001';
      })).code, 'APPID_MCHID_NOT_MATCH');
      assert.equal((await place(combined(Array(51).fill(1)))).code, 'PARAM_ERROR');
      assert.equal((await refusal(query(wxpay, combined([1]), headers))).code, 'ORDER_NOT_EXIST');
    });
  });
}
