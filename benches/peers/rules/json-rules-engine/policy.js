// The exported policy in json-rules-engine: one rule for each condition, which holds when the condition is sure to
// hold. Only of those that do not hold it is asked, by a rule of its own, whether they are sure to fail: so a condition
// that holds costs one rule, not two.
import { Engine } from 'json-rules-engine'

const OPERATORS = {
  eq: 'equal', ne: 'known not equal', lt: 'lessThan', le: 'lessThanInclusive', gt: 'greaterThan',
  ge: 'greaterThanInclusive', in: 'in', out: 'known not in',
}
export const BOTH = ['first', 'study']

function tree (node) {
  if (node === true) return { all: [] }
  if (node.all) return { all: node.all.map(tree) }
  if (node.any) return { any: node.any.map(tree) }
  const operator = OPERATORS[node.op]
  if (node.other === undefined) return { fact: node.fact, operator, value: node.value }
  // The engine looks only at the left side before it compares, and null would count as nought on the right.
  const known = { fact: node.other, operator: 'known', value: true }
  return { all: [known, { fact: node.fact, operator, value: { fact: node.other } }] }
}

function root (node) {
  const top = tree(node)
  return top.all || top.any ? top : { all: [top] }
}

function engine () {
  const made = new Engine([], { allowUndefinedFacts: true })
  made.addOperator('known', (fact) => fact !== null)
  made.addOperator('known not equal', (fact, value) => fact !== null && fact !== value)
  made.addOperator('known not in', (fact, values) => fact !== null && !values.includes(fact))
  return made
}

export class Policy {
  constructor (conditions) {
    this.conditions = conditions
    this.holds = engine()
    conditions.forEach((one, place) => {
      this.holds.addRule({ name: one.id, conditions: root(one.holds), event: { type: 'holds', params: { place } } })
    })
    this.fails = conditions.map((one) => {
      if (typeof one.fails === 'boolean') return one.fails
      const own = engine()
      own.addRule({ conditions: root(one.fails), event: { type: 'fails' } })
      return own
    })
    this.told = conditions.map((one) => [one.id, one.refusal, one.article, one.confidence])
  }

  // The places of the conditions that do not hold, in order, each with whether it is sure to fail.
  async found (facts) {
    const { failureEvents } = await this.holds.run(facts)
    const places = failureEvents.map((event) => event.params.place).sort((one, other) => one - other)
    const found = []
    for (const place of places) {
      const fails = this.fails[place]
      found.push([place, typeof fails === 'boolean' ? fails : (await fails.run(facts)).events.length > 0])
    }
    return found
  }

  async judge (facts) {
    const answer = { first: { outcome: 'allowed', reasons: [], notes: [] }, study: { outcome: 'allowed', reasons: [], notes: [] } }
    for (const [place, refused] of await this.found(facts)) {
      const condition = this.conditions[place]
      const [id, refusal, article, confidence] = this.told[place]
      for (const question of BOTH) {
        if (!condition.questions.includes(question)) continue
        const one = answer[question]
        if (condition.note) {
          if (refused) one.notes.push([id, refusal, 'allowed', article, confidence])
          continue
        }
        const outcome = refused ? 'refused' : 'unknown'
        if (one.outcome !== 'refused') one.outcome = outcome
        one.reasons.push([id, refusal, outcome, article, confidence])
      }
    }
    return answer
  }
}
