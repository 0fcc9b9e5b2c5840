// shadow: a form for tests.  It also works out its rules, as calculated
// questions that nobody sees, so that any engine for forms can be asked what
// they come to; and what is hidden, which a visit takes from the record, is
// asked for.
//
//	rule C05   -> r_c05 within each member: '1' or '0'
//	262.a      -> r_262_a: '1', '0' or ''
//	S.air      -> r_s_air: points, r_s_air_known: '1' or '0'
//
// and what a question is prefilled with, where that is worked out of the field:
//
//	jamkes_pilih -> p_jamkes_pilih, out of what the same form saves

import { EXPRESSIONS } from './rules.mjs'
import { fail } from './table.mjs'

export const shadowName = (id) =>
  'r_' + id.toLowerCase().replace(/[^a-z0-9]/g, '_')

function calculationsOf(rule) {
  const name = shadowName(rule.id)
  const own = Object.fromEntries(EXPRESSIONS.map((key) => [key,
    rule[key].replace(/\$\{rule:([^}]*)\}/g, (_, id) =>
      `\${${shadowName(id)}}`)]))
  if (own.value)
    return [[name, own.value], ...(own.known ?
      [[`${name}_known`, `if(${own.known}, '1', '0')`]] : [])]
  const otherwise = own.false ? `if(${own.false}, '0', '')` : `'0'`
  return [[name, `if(${own.true}, '1', ${otherwise})`]]
}

function addCalculation(survey, parent, name, calculation, row) {
  if (survey.byName.has(name)) fail(row, `'${name}' stands there twice`)
  const node = { name, kind: 'question', type: 'calculate', bind: 'string',
    parent, children: [], path: [...parent.path, name],
    repeat: parent.kind === 'repeat' ? parent : parent.repeat ?? null,
    row: { file: row.file, line: row.line, calculation } }
  parent.children.push(node)
  survey.nodes.push(node)
  survey.byName.set(name, node)
}

// ${asRecord}: with no skips and nothing required, as rules see a record that
// was put together from several visits.
export function addRules(survey, rules, prefill, { asRecord = false } = {}) {
  const added = structuredClone(survey)
  for (const node of added.nodes) {
    if (asRecord) {
      node.row.relevant = node.row.required = ''
      delete node.preload
    }
    if (node.type !== 'hidden' && !(asRecord && /^(start|end|username)$/.test(node.type)))
      continue
    node.control = 'input'
    for (const key of Object.keys(node.row))
      if (key.startsWith('label::')) node.row[key] = node.name
  }
  const { root } = added
  for (const rule of rules) {
    const parent = rule.for ? added.byName.get(rule.for) : root
    for (const [name, calculation] of calculationsOf(rule))
      addCalculation(added, parent, name, calculation, rule)
  }
  for (const { node, field, as } of prefill) {
    if (!as) continue
    const target = added.byName.get(node.split('/').at(-1))
    addCalculation(added, target.parent, `p_${target.name}`,
      as.replace(/(?<![\w.\]])\.(?![\w.])/g, `\${${field}}`), target.row)
  }
  return added
}
