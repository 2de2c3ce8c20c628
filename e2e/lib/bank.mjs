// The answer key, read from the question bank of the repository: the key never leaves the server, so a
// journey that answers rightly has to have studied.

import { readdir, readFile } from 'node:fs/promises';
import { fromRoot } from './world.mjs';

/** @typedef {{ stem: string, kind: string, right: string[] }} Question */

/** @returns {Promise<Map<string, Question>>} by Chinese stem */
async function read() {
  const folder = fromRoot('packs', 'bank');
  /** @type {Map<string, Question>} */
  const found = new Map();
  for (const name of (await readdir(folder)).filter((file) => file.endsWith('.toml'))) {
    const text = await readFile(`${folder}/${name}`, 'utf8');
    for (const part of text.split('[[question]]').slice(1)) {
      /** @param {string} key */
      const value = (key) => {
        const line = new RegExp(`^${key} = (.+)$`, 'm').exec(part);
        return line ? JSON.parse(/** @type {string} */ (line[1])) : undefined;
      };
      const [stem, kind, options, answer] = [value('stem'), value('kind'), value('options'), value('answer')];
      const right = kind === 'true_false'
        ? [answer]
        : answer.split('').map((/** @type {string} */ letter) => options[letter.charCodeAt(0) - 'A'.charCodeAt(0)]);
      found.set(stem, { stem, kind, right });
    }
  }
  return found;
}

const bank = read();

/**
 * The right options of the question whose stem stands somewhere in `words`.
 * @param {string} words @returns {Promise<string[]>}
 */
export async function rightOptions(words) {
  for (const question of (await bank).values()) {
    if (words.includes(question.stem)) return question.right;
  }
  throw new Error(`no question of the bank is in:\n${words}`);
}
