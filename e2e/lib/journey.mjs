// One journey file: a world of its own, one browser, tests with and without scripts.

import { after, before, test } from 'node:test';
import { openBrowser, Phone } from './phone.mjs';
import { DemoTime, START } from './steps.mjs';
import { startWorld } from './world.mjs';

/** @import { Browser } from 'playwright-core' */
/** @import { World } from './world.mjs' */

/**
 * @typedef {object} Scene
 * @property {Phone} phone
 * @property {World} world
 * @property {DemoTime} time
 */

/**
 * @param {string} name of the journey, such as `j06_first_warning`
 * @param {{ at?: string, rail?: string }} [how]
 */
export function journey(name, how = {}) {
  const start = how.at ?? START;
  /** @type {World} */
  let world;
  /** @type {Browser} */
  let browser;
  const time = new DemoTime(start);
  before(async () => {
    world = await startWorld(name, { ...how, at: start });
    browser = await openBrowser();
    // The world took its time to start; both clocks begin together now.
    await time.set(world, start);
  });
  after(async () => {
    await browser?.close();
    await world?.stop();
  });

  /**
   * One test on a fresh phone.
   * @param {string} title @param {(scene: Scene) => Promise<void>} body
   * @param {{ scripts?: boolean, wechat?: boolean, dark?: boolean, locale?: string }} [phoneIs]
   */
  function on(title, body, phoneIs = {}) {
    test(title, { timeout: 120_000 }, async () => {
      const mark = phoneIs.scripts === false ? '-noscript' : phoneIs.dark ? '-dark' : '';
      const phone = await Phone.open(browser, name + mark, { url: world.url, ...phoneIs });
      try {
        await body({ phone, world, time });
      } finally {
        await phone.close();
      }
    });
  }

  return {
    on,
    /**
     * The same test twice: with scripts, and with scripts switched off (by another persona, since the first
     * has used up what was there).
     * @param {string} title @param {[string, string]} personas
     * @param {(scene: Scene, persona: string) => Promise<void>} body
     */
    both(title, personas, body) {
      on(title, (scene) => body(scene, personas[0]));
      on(`${title}, without scripts`, (scene) => body(scene, personas[1]), { scripts: false });
    },
  };
}
