// J2: becomes a real-name V user; other people's vehicles within their limits.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { journey } from '../lib/journey.mjs';
import { checksDone, signIn } from '../lib/steps.mjs';

const { on } = journey('j02_identity');

/** @import { World } from '../lib/world.mjs' */

/** The account and the licence behind a persona. @param {World} world @param {string} openid */
async function person(world, openid) {
  const city = JSON.parse(await readFile(`${world.dir}/city.json`, 'utf8'));
  const account = city.accounts.find((/** @type {any} */ one) => one.openid === openid);
  const driver = city.drivers.find((/** @type {any} */ one) => one.id_number === account.id_number);
  return { account, driver, city };
}

/** The last code that was sent to a phone. @param {World} world @param {string} number */
async function code(world, number) {
  const answer = await fetch(`${world.sims}/sms/inbox?phone=${number}&format=json`);
  const found = /\b(\d{6})\b/g;
  const codes = [...(await answer.text()).matchAll(found)].map((match) => match[1]);
  assert.ok(codes.length > 0, `no code was sent to ${number}`);
  return /** @type {string[]} */ (codes);
}

on('says what is read and why, checks the code, binds licence and own vehicles', async ({ phone, world }) => {
  const { driver } = await person(world, 'demo-fresh');
  await signIn(phone, 'demo-fresh');
  await phone.says('确认是您本人', '我们会向公安平台核对', '名下车辆');
  await phone.screen('identity');
  const page = phone.page;

  await page.getByLabel('身份证号').fill('420104198809170028');
  await page.getByLabel('姓名').fill(driver.name);
  await phone.tapButton('核对并发验证码');
  assert.doesNotMatch(await phone.words(), /验证码已发到/, 'a number that fails its check sends no code');

  await phone.go('/identity');
  await page.getByLabel('身份证号').fill(driver.id_number);
  await page.getByLabel('姓名').fill(driver.name);
  await phone.tapButton('核对并发验证码');
  await phone.says(`尾号 ${driver.phone.slice(-4)}`);
  assert.doesNotMatch(await phone.words(), new RegExp(driver.phone), 'the phone is shown by its tail only');
  await phone.screen('code');

  const codes = await code(world, driver.phone);
  await page.getByLabel('验证码').fill(codes.includes('000000') ? '111111' : '000000');
  await phone.tapButton('确认');
  assert.notEqual(new URL(page.url()).pathname, '/violations', 'a wrong code does not verify');
  await phone.says('“验证码”不对');
  await phone.screen('wrong-code');

  await phone.tapLink('返回修改');
  await page.getByLabel('验证码').fill(/** @type {string} */ (codes.at(-1)));
  await phone.tapButton('确认');
  await phone.go('/violations');
  await phone.says('我的违法');
  await checksDone(phone);
  assert.ok((await page.locator('article.viol').count()) >= 1, 'the own vehicle is bound and its violation is there');
  await phone.screen('verified');
});

on('a fourth vehicle of others is refused with its limit', async ({ phone }) => {
  await signIn(phone, 'demo-bind-three');
  await phone.go('/vehicles');
  await phone.says('同时最多 3 辆', '累计最多 5 辆', '已经绑满了');
  await phone.screen('bound-full');
});

on('a licence that another account holds cannot be bound', async ({ phone, world }) => {
  const { driver } = await person(world, 'demo-bound-elsewhere');
  await signIn(phone, 'demo-bound-elsewhere');
  await phone.page.getByLabel('身份证号').fill(driver.id_number);
  await phone.page.getByLabel('姓名').fill(driver.name);
  await phone.tapButton('核对并发验证码');
  if ((await phone.page.getByLabel('验证码').count()) > 0) {
    await phone.page.getByLabel('验证码').fill(/** @type {string} */ ((await code(world, driver.phone)).at(-1)));
    await phone.tapButton('确认');
  }
  await phone.says(/已经绑定过|已被/);
  await phone.screen('bound-elsewhere');
});
