// The independent client of WeChat Pay v3, set up against the pretend counterparts.

import assert from 'node:assert/strict';
import { Wechatpay } from 'wechatpay-axios-plugin';

export const modes = ['certificate', 'public key'];

/** The independent client and what each request carries besides. */
export function client(sims, mode, changes = {}) {
  const s = sims.settings;
  const publicMode = mode === 'public key';
  const certs = publicMode
    ? { [s['pay.wechat.public_key_id']]: sims.read('pay_public_key.pem') }
    : { [s['pay.wechat.platform_serial']]: sims.read('platform_certificate.pem') };
  const wxpay = new Wechatpay({
    mchid: s['pay.wechat.mchid'],
    serial: s['pay.wechat.merchant_serial'],
    privateKey: sims.read('merchant_key.pem'),
    certs,
    baseURL: sims.url,
    ...changes,
  });
  return { wxpay, headers: publicMode ? { 'Wechatpay-Serial': s['pay.wechat.public_key_id'] } : {} };
}

/** The error answer of a call that must fail. */
export async function refusal(promise) {
  const error = await promise.then(() => assert.fail('this must be refused'), (reason) => reason);
  assert.ok(error.response, error.message);
  return { status: error.response.status, code: error.response.data?.code };
}
