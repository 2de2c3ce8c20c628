// Starts the pretend counterparts for one test file and stops them afterwards.

import { spawn, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const binary = process.env.CLEARWAY_SIMS_BIN ?? join(root, 'target/debug/clearway-sims');

/** The values of counterparts.toml as `table.key`; it holds nothing but quoted strings and one list. */
function readCounterparts(text) {
  const values = {};
  let table = '';
  for (const line of text.split('\n')) {
    const head = line.match(/^\[(.+)\]$/);
    const pair = line.match(/^"?([\w]+)"? = "(.*)"$/);
    if (head) table = head[1];
    if (pair) values[`${table}.${pair[1]}`] = pair[2];
  }
  return values;
}

/** A small city on a free port. `stop` ends the process and removes its folder. */
export async function startSims() {
  const folder = mkdtempSync(join(tmpdir(), 'clearway-judge-'));
  const city = join(folder, 'city.json');
  const environment = { ...process.env };
  delete environment.CLEARWAY_CLOCK_FILE;
  execFileSync(binary, ['city', '--drivers', '20', '--violations', '50', '--out', city], { env: environment });
  const child = spawn(binary, ['serve', '--city', city, '--out', folder, '--port', '0'], {
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await new Promise((ready, failed) => {
    let said = '';
    child.stdout.on('data', (piece) => {
      said += piece;
      const found = said.match(/listening on (http:\/\/\S+)/);
      if (found) ready(found[1]);
    });
    child.on('exit', (code) => failed(new Error(`the counterparts ended with ${code}`)));
  });
  return {
    url,
    city: JSON.parse(readFileSync(city, 'utf8')),
    settings: readCounterparts(readFileSync(join(folder, 'counterparts.toml'), 'utf8')),
    read: (name) => readFileSync(join(folder, name), 'utf8'),
    control: async (path, body, method = 'POST') => {
      const answer = await fetch(`${url}/control/${path}`, { method, body: body && JSON.stringify(body) });
      const value = await answer.json();
      if (!answer.ok) throw new Error(JSON.stringify(value));
      return value;
    },
    stop: async () => {
      child.removeAllListeners('exit');
      const ended = new Promise((done) => child.once('exit', done));
      child.kill();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
