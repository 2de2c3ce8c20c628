// J20: on the treasury's rail there is no sheet: inside WeChat and outside the page leads to the rail's own page, and back.

import { journey } from '../lib/journey.mjs';
import { Messenger } from '../lib/messenger.mjs';
import { atCashier, checksDone, confirmFirst, signIn, until } from '../lib/steps.mjs';

/** @import { Phone } from '../lib/phone.mjs' */

const { on } = journey('j20_nontax', { rail: 'wechat-nontax' });

/** Pays the first violation on the rail's own page. @param {Phone} phone @param {string} persona */
async function payOne(phone, persona) {
  await signIn(phone, persona);
  await checksDone(phone);
  await confirmFirst(phone);
  await atCashier(phone);
  await until(phone, '缴款和处理都完成了');
  await phone.says('已扣款');
}

on('inside WeChat', async ({ phone, world }) => {
  await Messenger.on(phone, world);
  await payOne(phone, 'demo-pay-one');
  await phone.screen('paid');
}, { wechat: true });

on('in a browser', async ({ phone }) => payOne(phone, 'demo-points-batch'));

on('without scripts', async ({ phone }) => payOne(phone, 'demo-chen-merge'), { scripts: false });
