// `node main.js DB RULES PORT SECRET_HEX AT`: 我的违法 on fastify, better-sqlite3 and json-rules-engine. The clock starts at AT.
import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import Database from 'better-sqlite3'
import fastify from 'fastify'
import { Policy } from '../../rules/json-rules-engine/policy.js'
import { moment, page, verdicts } from './page.js'

const [file, rulesFile, port, secret, at] = process.argv.slice(2)
const rules = JSON.parse(readFileSync(rulesFile, 'utf8'))
const policy = new Policy(rules.conditions)
const db = new Database(file, { readonly: true })
db.pragma('mmap_size = 17179869184')
const find = {
  driver: db.prepare(`select s.expires_at_ms, d.* from session s join driver d on d.driver = s.driver
                      where s.driver = ? and s.token_hash = ?`),
  vehicles: db.prepare(`select v.plate, v.number, k.name as kind, b.own from binding b join vehicle v on v.plate = b.plate
                        join plate_kind k on k.code = v.kind where b.driver = ? order by v.plate`),
  violations: db.prepare(`select v.*, o.act from violation v join offence o on o.code = v.code
                          where v.driver = ? order by v.occurred_at, v.id`),
}
const key = Buffer.from(secret, 'hex')
const begun = { at: Date.parse(at), real: Date.now() }
const now = () => begun.at + Date.now() - begun.real

function signedIn (cookies, nowMs) {
  const cookie = /(?:^|;\s*)cw_session=([0-9a-f]{32})\.([^;]+)/.exec(cookies ?? '')
  if (!cookie) return undefined
  const hash = createHmac('sha256', key).update(`session\0${cookie[2]}`).digest('hex')
  const driver = find.driver.get(cookie[1], hash)
  return driver && driver.expires_at_ms > nowMs ? driver : undefined
}

const app = fastify()
app.get('/healthz', () => 'ok')
app.get('/violations', async (request, reply) => {
  const nowMs = now()
  const driver = signedIn(request.headers.cookie, nowMs)
  if (!driver) return reply.code(401).send({ status: 401 })
  const common = { ...moment(rules, nowMs), ...driver }
  const lines = []
  for (const row of find.violations.all(driver.driver)) {
    const facts = { ...common, ...row }
    lines.push({ row, judged: verdicts(rules, facts, await policy.found(facts)) })
  }
  reply.header('cache-control', 'private, no-store')
  return page(rules, driver, find.vehicles.all(driver.driver), lines, common.today)
})
await app.listen({ host: '127.0.0.1', port: Number(port) })
