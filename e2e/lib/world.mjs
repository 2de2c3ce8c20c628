// One whole pretend world per test file: city, counterparts and server on free ports, in a folder of its
// own. It is started by the same program that starts the demo, so journeys meet what a stranger meets.

import { spawn } from 'node:child_process';
import { rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/**
 * @typedef {object} World
 * @property {string} url address of the server, without a slash at the end
 * @property {string} sims address of the pretend counterparts
 * @property {string} dir folder of this run
 * @property {(instant: string) => Promise<void>} setClock moves the demo clock of server and counterparts
 * @property {() => Promise<void>} stop ends both programs
 */

/** A path from the repository's top. @param {...string} parts */
export function fromRoot(...parts) {
  return join(ROOT, ...parts);
}

/**
 * Starts a world.
 * @param {string} name of the run's folder, under .run/e2e
 * @param {{ at?: string, db?: string, rail?: string }} [how]
 * @returns {Promise<World>}
 */
export async function startWorld(name, how = {}) {
  const xtask = process.env.CLEARWAY_XTASK ?? fromRoot('target', 'debug', 'xtask');
  const dir = fromRoot('.run', 'e2e', name);
  const words = ['demo', '--json', '--no-build', '--port', '0', '--dir', dir, '--drivers', '60', '--violations', '150'];
  if (how.at) words.push('--at', how.at);
  if (how.db) words.push('--db', how.db);
  if (how.rail) words.push('--rail', how.rail);
  const child = spawn(xtask, words, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (text) => { said += text; });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const first = await Promise.race([
    new Promise((resolve) => createInterface({ input: child.stdout }).once('line', resolve)),
    ended.then(() => null),
  ]);
  if (first === null) throw new Error(`the world ${name} did not start:\n${said}`);
  const { url, sims } = JSON.parse(/** @type {string} */ (first));
  process.once('exit', () => child.kill('SIGKILL'));
  return {
    url,
    sims,
    dir,
    setClock: (instant) => setClock(dir, instant),
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/**
 * Writes the clock file: simulated time runs on from `instant`. Both programs read it within 200 ms.
 * @param {string} dir @param {string} instant ISO 8601 with offset
 */
async function setClock(dir, instant) {
  const beside = join(dir, 'clock.next');
  await writeFile(beside, `${new Date(instant).toISOString()} ${Date.now()}\n`);
  await rename(beside, join(dir, 'clock'));
  await new Promise((resolve) => setTimeout(resolve, 300));
}
