// The answer of 我的违法 from the rows of one driver and what the rules found for each violation.
const HOUR = 3_600_000
const DAY = 24 * HOUR
const QUESTIONS = ['handle', 'pay', 'first', 'study']
const USED = new Set(['F_USED', 'S_CREDIT_USED', 'S_CAP'])

const iso = (day) => new Date(day * DAY).toISOString().slice(0, 10)
const dayOf = (text) => Date.parse(text) / DAY

// The facts of the moment: the day in China and whether the service is open.
export function moment (rules, nowMs) {
  const local = nowMs + 8 * HOUR
  const today = Math.floor(local / DAY)
  const minute = Math.floor((local - today * DAY) / 60_000)
  const open = minute >= rules.opens_minute && minute < rules.closes_minute
  return {
    ...rules.moment, today, service_open: open ? 1 : 0, service_opens_on: minute < rules.closes_minute ? today : today + 1,
  }
}

// The last of the days on which a condition turns; none when one of them is not known.
function turning (condition, facts) {
  let last = null
  for (const name of condition.turns_on) {
    const day = facts[name] ?? null
    if (day === null) return null
    if (last === null || day > last) last = day
  }
  return last
}

// Two conditions may give the same reason: the driver reads it once.
function add (reasons, reason) {
  const at = reasons.findIndex((one) => one.refusal === reason.refusal)
  if (at < 0) {
    reasons.push(reason)
    return
  }
  const there = reasons[at]
  if (!there.refused && reason.refused) reasons[at] = reason
  if (there.refused !== reason.refused) return
  const dated = there.cure === 'date' && there.turnsOn !== null
  there.turnsOn = there.turnsOn === null || reason.turnsOn === null ? null : Math.max(there.turnsOn, reason.turnsOn)
  if (dated) Object.assign(there, { cure: reason.cure, waits: reason.waits })
}

// The four verdicts of a violation.
export function verdicts (rules, facts, found) {
  const all = {}
  for (const question of QUESTIONS) all[question] = { outcome: 'allowed', reasons: [] }
  for (const [place, refused] of found) {
    const condition = rules.conditions[place]
    const { refusal, rank, title, service, cure } = condition
    const reason = () => ({
      refusal, rank, title, service, cure, refused, waits: !refused || condition.waits,
      turnsOn: refused ? turning(condition, facts) : null,
    })
    for (const question of condition.questions) {
      const verdict = all[question]
      if (verdict.outcome !== 'refused') verdict.outcome = refused ? 'refused' : 'unknown'
      add(verdict.reasons, reason())
    }
  }
  for (const verdict of Object.values(all)) {
    if (verdict.outcome !== 'unknown') continue
    verdict.reasons.push({ ...rules.cannot_determine, service: true, refused: false, waits: true, turnsOn: null })
    verdict.reasons.sort((one, other) => one.rank - other.rank)
  }
  return all
}

// Whether a verdict allows, but for the service being closed at this moment.
function allowed (verdict) {
  return verdict.outcome === 'allowed' ||
    (verdict.outcome === 'refused' && verdict.reasons.every((one) => one.refused && one.refusal === 'SVC_CLOSED'))
}

function best (judged, credit) {
  if (!allowed(judged.handle)) return 'why'
  if (allowed(judged.first)) return 'first'
  if (credit > 0 && allowed(judged.study)) return 'study'
  return allowed(judged.pay) ? 'pay' : 'why'
}

function title (rules, reason) {
  return reason.refused || reason.service ? reason.title : rules.unknown_title.replace('{title}', reason.title)
}

const startOf = (id, programme) => `/violations/${id}/start?programme=${programme}`

function card (rules, row, vehicle, judged, today) {
  const route = best(judged, rules.credit)
  const handle = allowed(judged.handle)
  const free = handle && allowed(judged.first)
  const due = dayOf(row.noticed_on) + 30
  const marks = []
  if (row.violation_dispute_pending === 1) marks.push('disputed')
  if (row.violation_audited === 0) marks.push('evidence')
  if (free) marks.push('first')
  if (handle && allowed(judged.study)) marks.push('study')
  const [reason] = judged.handle.reasons
  const waits = judged.handle.reasons.every((one) => one.waits)
  const hrefs = {
    first: () => startOf(row.id, 'first'), study: () => startOf(row.id, 'study'), pay: () => '/quotes',
    why: () => `/violations/${row.id}/reasons`,
  }
  return {
    id: row.id, act: row.act, code: row.code, at: row.occurred_at, place: row.place, plate: vehicle.number,
    fine_fen: row.fine_fen, points: row.points,
    due: { due_for: 'handle', date: iso(due), days_left: due - today, surcharge_fen: 0 },
    marks, route, href: hrefs[route](), payable: handle && allowed(judged.pay), free, total_fen: row.fine_fen,
    segment: route !== 'why' ? 'now' : waits ? 'wait' : 'not_here',
    why: route === 'why' && reason ? title(rules, reason) : null,
  }
}

const saved = (rules, row, which) =>
  which === 'first' ? [row.fine_fen, row.points] : [0, row.points - Math.max(row.points - rules.credit, 0)]

// One programme over all violations: on which it saves most, else what is in the way where it is closest.
function programme (rules, lines, which) {
  let [usable, saves] = [null, [0, 0]]
  for (const line of lines) {
    if (!allowed(line.judged.handle) || !allowed(line.judged[which])) continue
    const [fine, points] = saved(rules, line.row, which)
    if (usable === null || fine > saves[0] || (fine === saves[0] && points > saves[1])) [usable, saves] = [line, [fine, points]]
  }
  let closest = null
  for (const { judged } of lines) {
    if (closest === null || judged[which].reasons.length < closest.reasons.length) closest = judged[which]
  }
  const refused = closest.reasons.filter((one) => one.refused)
  let state = 'blocked'
  if (usable) state = 'usable'
  else if (refused.some((one) => USED.has(one.refusal))) state = 'used'
  else if (!refused.some((one) => !one.service) && !allowed(closest)) state = 'unknown'
  return { which, state, usable, saves, reasons: closest.reasons }
}

function tile ({ which, state, usable, saves, reasons }) {
  const again = state === 'used' ? reasons.find((one) => one.turnsOn !== null) : undefined
  return {
    programme: which, state,
    saving: usable && {
      violation: usable.row.id, act: usable.row.act, at: usable.row.occurred_at, fine_fen: saves[0], points: saves[1],
    },
    again_from: again ? iso(again.turnsOn) : null, credit: null,
    href: usable ? startOf(usable.row.id, which) : `/programmes/${which}/reasons`,
  }
}

function total (first, study) {
  if (first.usable && first.usable === study.usable) {
    const [one, other] = [first.saves, study.saves]
    return one[0] > other[0] || (one[0] === other[0] && one[1] >= other[1]) ? one : other
  }
  return [first.saves[0] + study.saves[0], first.saves[1] + study.saves[1]]
}

function bar (cards) {
  const bar = { payable: 0, sum_fen: 0, free: 0 }
  for (const card of cards) {
    if (!card.payable) continue
    if (card.free) {
      bar.free += 1
    } else {
      bar.payable += 1
      bar.sum_fen += card.total_fen
    }
  }
  return bar.payable + bar.free > 0 ? bar : null
}

// The whole answer; `lines` are the violations, oldest first, each with its row and its four verdicts.
export function page (rules, driver, vehicles, lines, today) {
  const [first, study] = [programme(rules, lines, 'first'), programme(rules, lines, 'study')]
  const groups = []
  for (const { row, judged } of lines) {
    const vehicle = vehicles.find((one) => one.plate === row.plate)
    let group = groups.find((one) => one.plate_key === row.plate)
    if (!group) {
      group = { plate_key: row.plate, plate: vehicle.number, cards: [] }
      groups.push(group)
    }
    group.cards.push(card(rules, row, vehicle, judged, today))
  }
  const [fine, points] = total(first, study)
  const usable = first.usable !== null || study.usable !== null
  const done = ['licence', 'history', 'file', 'vehicles'].filter((topic) => driver[`${topic}_checked_at`] !== null).length
  return {
    resume: [], open_order: null,
    checks: { total: 4, done, failed: 0, finished: done === 4, slow: false, again_ms: 0, events: false, version: `${done}.0.${lines.length}.0.0` },
    tiles: [tile(first), tile(study)],
    total: usable && (fine > 0 || points > 0) ? { fine_fen: fine, points } : null,
    warning_first: first.usable !== null && study.usable !== null,
    vehicles: vehicles.map((vehicle) => {
      const cards = groups.find((one) => one.plate_key === vehicle.plate)?.cards ?? []
      return {
        href: `/vehicles/${vehicle.plate}`, plate: vehicle.number, kind: vehicle.kind, foreign: vehicle.own === 0,
        open: cards.length, now: cards.filter((one) => one.segment === 'now').length,
      }
    }),
    groups, bar: bar(groups.flatMap((group) => group.cards)),
    as_of: lines.reduce((least, { row }) => row.fetched_at < least ? row.fetched_at : least, lines[0].row.fetched_at),
    stale: false, appears_after_days: 3,
  }
}
