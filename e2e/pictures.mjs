// Takes the pictures of the readme anew: `node e2e/pictures.mjs` after building clearway, clearway-sims and
// xtask. Each is one screen of a phone, as the driver sees it without scrolling.

import { mkdir } from 'node:fs/promises';
import { openBrowser, Phone } from './lib/phone.mjs';
import { answerAll, checksDone, DemoTime, signIn, START, study, until } from './lib/steps.mjs';
import { fromRoot, startWorld } from './lib/world.mjs';

const world = await startWorld('pictures');
const browser = await openBrowser();
const time = new DemoTime(START);
await time.set(world, START);

/** @param {Phone} phone @param {string} name */
async function picture(phone, name) {
  await mkdir(fromRoot('docs', 'screens'), { recursive: true });
  await phone.page.screenshot({ path: fromRoot('docs', 'screens', `${name}.png`) });
}

try {
  const home = await Phone.open(browser, 'pictures', { url: world.url });
  await signIn(home, 'demo-wang-both');
  await checksDone(home);
  await picture(home, 'home');
  await home.tapLink(/3 种办法比一比|不按导向车道走/);
  await picture(home, 'compare');

  const grey = await Phone.open(browser, 'pictures', { url: world.url });
  await signIn(grey, 'demo-suspension');
  await checksDone(grey);
  await grey.tapLink('看原因和办法');
  await picture(grey, 'reasons');

  const done = await Phone.open(browser, 'pictures', { url: world.url });
  await signIn(done, 'demo-zhang-first');
  await checksDone(done);
  await done.tapLink('用首违警告处理');
  await done.tapButton('开始');
  await study(done, world, time);
  await answerAll(done);
  await done.tap(done.page.getByRole('checkbox', { name: /这次放弃/ }));
  await done.tapButton('确认事实，作出警告');
  await until(done, '办好了');
  await done.tapLink('看决定书');
  await picture(done, 'decision');
} finally {
  await browser.close();
  await world.stop();
}
