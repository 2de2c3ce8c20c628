// What the messenger itself does with a payment: it opens its sheet only for a rightly signed request, takes the money at the
// rail, and tells the page how it ended (WeChat Pay, JSAPI: getBrandWCPayRequest).

import assert from 'node:assert/strict';
import { createVerify } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** @import { Phone } from './phone.mjs' */
/** @import { World } from './world.mjs' */
/** @typedef {Record<'appId' | 'timeStamp' | 'nonceStr' | 'package' | 'signType' | 'paySign', string>} Sheet */

/** What the payer does on the sheet. */
const ENDS = /** @type {const} */ ({ pay: 'ok', cancel: 'cancel', fail: 'fail' });

export class Messenger {
  /**
   * Puts the bridge on every page that this phone opens.
   * @param {Phone} phone @param {World} world
   */
  static async on(phone, world) {
    const messenger = new Messenger(world);
    phone.page.on('load', () => { messenger.shown = messenger.ended; });
    await phone.page.exposeFunction('sheetIsWanted', (/** @type {string} */ name, /** @type {Sheet} */ sheet) => messenger.sheet(name, sheet));
    await phone.page.addInitScript(() => {
      const { sheetIsWanted } = /** @type {any} */ (window);
      const bridge = {
        /** @param {string} name @param {object} sheet @param {(answer: object) => void} done */
        invoke: (name, sheet, done) => sheetIsWanted(name, sheet).then(done),
      };
      Object.assign(window, { WeixinJSBridge: bridge });
    });
    return messenger;
  }

  /** @param {World} world */
  constructor(world) {
    this.world = world;
    /** How often the sheet was opened. */
    this.opened = 0;
    /** How often the page was told how it ended. */
    this.ended = 0;
    /** After how many of them a page was loaded. */
    this.shown = 0;
    /** What the payer does on the next sheets. @type {keyof typeof ENDS} */
    this.does = 'pay';
  }

  /** @param {string} name @param {Sheet} sheet */
  async sheet(name, sheet) {
    assert.equal(name, 'getBrandWCPayRequest');
    await this.verify(sheet);
    this.opened += 1;
    const form = new URLSearchParams({ prepay_id: sheet.package.replace(/^prepay_id=/, ''), action: this.does });
    const answer = await fetch(`${this.world.sims}/cashier`, { method: 'POST', body: form });
    assert.ok(answer.ok && !(await answer.text()).includes('没有这笔订单'), 'the rail knows the order');
    this.ended += 1;
    return { err_msg: `get_brand_wcpay_request:${ENDS[this.does]}` };
  }

  /**
   * The messenger opens nothing that the merchant has not signed: app, time, nonce and package, a line each.
   * @param {Sheet} sheet
   */
  async verify(sheet) {
    const signed = [sheet.appId, sheet.timeStamp, sheet.nonceStr, sheet.package, ''].join('\n');
    const certificate = await readFile(join(this.world.dir, 'counterparts', 'merchant_certificate.pem'), 'utf8');
    assert.equal(sheet.signType, 'RSA');
    assert.match(sheet.package, /^prepay_id=./);
    assert.ok(createVerify('RSA-SHA256').update(signed).verify(certificate, sheet.paySign, 'base64'), 'paySign is the merchant’s');
  }
}
