// A small client that follows the documented field table of the non-tax family, with nothing but fetch.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startSims } from './lib/sims.mjs';

let sims;
let token;
before(async () => {
  sims = await startSims();
  const body = JSON.stringify({
    grant_type: 'client_credential',
    appid: sims.settings['wechat.appid'],
    secret: sims.settings['wechat.secret'],
  });
  const answer = await fetch(`${sims.url}/cgi-bin/stable_token`, { method: 'POST', body });
  token = (await answer.json()).access_token;
});
after(() => sims.stop());

const place = () => ({
  region_code: sims.settings['pay.nontax.region_code'],
  department_code: sims.settings['pay.nontax.department_code'],
});

/** One call. HTTP 200 says nothing: the errcode does. */
async function call(name, fields, access = token) {
  const answer = await fetch(`${sims.url}/nontax/${name}?access_token=${access}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ appid: sims.settings['wechat.appid'], ...fields }),
  });
  assert.equal(answer.status, 200);
  const value = await answer.json();
  assert.equal(typeof value.errcode, 'number');
  return value;
}

let count = 0;

/** The fields of an order, under a number of the merchant's or under a notice. */
function order(fee, changes = {}) {
  count += 1;
  return {
    ...place(),
    openid: 'demo-chen-merge',
    desc: '交通违法罚款',
    fee,
    return_url: 'http://127.0.0.1:9/violations',
    ip: '192.0.2.7',
    order_no: `JUDGE-${process.pid}-${count}`,
    department_name: sims.settings['pay.nontax.department_name'],
    payment_notice_type: 2,
    items: [{ no: 1, item_id: '103050109', item_name: '交通违法罚款', overdue: 0, penalty: 0, fee }],
    payment_notice_create_time: 1586052000,
    scene: 'biz',
    trade_type: 'JSAPI',
    ...changes,
  };
}

/** A decision that is not paid, made so for this test. */
async function notice() {
  const { number, fine_fen: fine } = sims.city.decisions.find(({ fine_fen: fen, penalty }) => fen > 0 && penalty === 'fine');
  const set = { paid: '0', paid_at: null, decided_at: new Date().toISOString() };
  await sims.control('state', { what: 'decision', key: number, set });
  return { number, fine };
}

test('a notice is asked for, ordered, paid and found paid', async () => {
  const { number, fine } = await notice();
  const fee = await call('queryfee', { ...place(), payment_notice_no: number, payment_notice_type: 2 });
  assert.deepEqual([fee.errcode, fee.fee, fee.payment_notice_no], [0, fine, number]);
  assert.equal(fee.items.reduce((sum, item) => sum + item.fee, 0), fine);
  const fields = order(fine, {
    order_no: undefined,
    payment_notice_no: number,
    items: fee.items,
    payment_notice_create_time: fee.payment_notice_create_time,
  });
  const first = await call('unifiedorder', fields);
  const second = await call('unifiedorder', fields);
  assert.deepEqual([first.errcode, second.errcode], [0, 0]);
  assert.notEqual(first.order_id, second.order_id, 'several orders can exist for one notice');
  assert.ok(first.pay_url.startsWith(sims.url));
  assert.equal((await call('getorder', { order_id: first.order_id })).status, 1);

  await sims.control('pay', { order: second.order_id, action: 'pay' });
  const list = await call('getorderlist', { ...place(), payment_notice_no: number });
  assert.deepEqual(list.order_id_list, [first.order_id, second.order_id]);
  assert.equal(list.paid_order_id, second.order_id);
  const paid = await call('getorder', { order_id: second.order_id });
  assert.ok(paid.status === 3 || paid.status === 4);
  assert.deepEqual([paid.fee, paid.fee_type, paid.payment_notice_no], [fine, 1, number]);
  assert.ok(paid.trans_id && paid.pay_finish_time > 0);
  const late = await sims.control('pay', { order: first.order_id, action: 'pay' });
  assert.equal(late.just_paid, false, 'at most one of them is paid');
  assert.equal((await call('queryfee', { ...place(), payment_notice_no: number })).errcode, 232);
});

test('a refund of a part leaves the state, the rest ends it', async () => {
  const asked = order(15000);
  const { order_id } = await call('unifiedorder', asked);
  assert.equal((await call('refund', { order_id, reason: '退款' })).errcode, 233, 'not paid');
  await sims.control('pay', { order: order_id, action: 'pay' });
  const part = { order_id, reason: '退款', refund_fee: 10000, refund_out_id: `${asked.order_no}-1` };
  const given = await call('refund', part);
  assert.equal(given.errcode, 0);
  assert.equal((await call('refund', part)).refund_order_id, given.refund_order_id, 'once for each number');
  assert.equal((await call('refund', { ...part, refund_fee: 9999 })).errcode, 235);
  const told = await call('getorder', { order_id });
  assert.ok(told.status === 3 || told.status === 4, 'a part does not show in the state');
  assert.deepEqual(
    told.partial_refund_info.map(({ refund_out_id: id, refund_fee: fee, refund_status: status }) => [id, fee, status]),
    [[part.refund_out_id, 10000, 5]],
  );
  assert.equal((await call('refund', { ...part, refund_out_id: 'MORE', refund_fee: 5001 })).errcode, 234);
  await call('refund', { ...part, refund_out_id: `${asked.order_no}-2`, refund_fee: 5000 });
  assert.equal((await call('getorder', { order_id })).status, 5);
});

test('what must be refused is refused, with HTTP 200 and an errcode', async () => {
  const wrong = async (changes) => (await call('unifiedorder', order(100, changes))).errcode;
  assert.equal(await wrong({ fee: 99 }), 210, 'items do not add up');
  assert.equal(await wrong({ fee: '100' }), 210);
  assert.equal(await wrong({ payment_notice_no: '420100000000001' }), 210, 'both numbers');
  assert.equal(await wrong({ order_no: undefined }), 210, 'neither number');
  assert.equal(await wrong({ scene: 'moon' }), 210);
  assert.equal(await wrong({ region_code: '420200' }), 230);
  assert.equal(await wrong({ openid: '' }), 210);
  assert.equal(await wrong({ appid: 'wxother' }), 40013);
  assert.equal((await call('queryfee', { ...place(), payment_notice_no: '999999999999999' })).errcode, 230);
  assert.equal((await call('getorder', { order_id: 'nobody' })).errcode, 230);
  assert.equal((await call('getorder', { order_id: 'nobody' }, 'stale')).errcode, 40001);
  assert.equal((await call('getorder', { order_id: 'nobody' }, '')).errcode, 41001);
});

test('an unpaid order is closed by time', async () => {
  await sims.control('pay', { nontax_unpaid_s: 0 });
  const { order_id } = await call('unifiedorder', order(100));
  assert.equal((await call('getorder', { order_id })).status, 12);
  await sims.control('pay', { nontax_unpaid_s: 900 });
});
