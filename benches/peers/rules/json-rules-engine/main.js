// `node main.js check DIR` compares the answers with ours; `node main.js time DIR MILLIS` prints CPU nanoseconds for
// each fact set.
import { readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { Policy } from './policy.js'

const [what, folder, millis] = process.argv.slice(2)
const read = (name) => JSON.parse(readFileSync(`${folder}/${name}`, 'utf8'))
const policy = new Policy(read('policy.json').conditions)
const sets = read('facts.json')

async function check () {
  const ours = read('answers.json')
  for (let at = 0; at < sets.length; at++) {
    const answer = await policy.judge(sets[at])
    if (!isDeepStrictEqual(answer, ours[at])) {
      console.error(`fact set ${at}\ntheirs: ${JSON.stringify(answer)}\nours:   ${JSON.stringify(ours[at])}`)
      process.exit(1)
    }
  }
  console.log(`${sets.length} fact sets answered alike`)
}

async function over (micros) {
  const start = process.cpuUsage()
  for (let judged = 0; ;) {
    for (const facts of sets) await policy.judge(facts)
    judged += sets.length
    const { user, system } = process.cpuUsage(start)
    if (user + system >= micros) return (user + system) * 1000 / judged
  }
}

if (what === 'check') {
  await check()
} else {
  // The compiler of the engine warms up first; that is not what is measured.
  await over(Number(millis) * 1000)
  console.log((await over(Number(millis) * 1000)).toFixed(1))
}
