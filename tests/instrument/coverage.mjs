// coverage: what of a form's skips and checks, and of its rules, the
// scenarios hold to, and what they do not.

import { shadowName } from '../../sync-server/instruments/xform/shadow.mjs'
import { pathOf } from '../../sync-server/instruments/xform/survey.mjs'

const OFFICE = ['kunjungan_petugas', 'padanan'] // see shadow.mjs

// path without [N] -> set of what is expected of it
export function expectationsOf(scenarios, forms) {
  const found = new Map()
  for (const scenario of scenarios.filter((s) => forms.includes(s.form)))
    for (const { verb, path, value } of scenario.steps) {
      if (verb !== 'expect') continue
      const bare = path.replace(/\[\d+\]/g, '')
      const all = found.get(bare) ?? new Set()
      all.add(value)
      const [what] = value.split(' ')
      all.add(what)
      if (what === 'value' && !['value 0', 'value 1'].includes(value))
        all.add('value other')
      found.set(bare, all)
    }
  return found
}

function wantsOfNode({ row, kind }) {
  const wants = []
  if (row.relevant) wants.push('relevant', 'irrelevant')
  if (row.constraint) wants.push('error', 'valid')
  if (row.required) wants.push('required')
  if (row.required && row.required !== 'true()') wants.push('optional')
  if (row.choice_filter) wants.push('choices')
  if (row.calculation) wants.push('value')
  return kind === 'group' ? wants.slice(0, 2) : wants
}

function wantsOfRule(rule) {
  if (rule.needs.split(' ').some((n) => OFFICE.includes(n))) return []
  return { check: ['value 1', 'value 0'], status: ['value 1', 'value 0'],
    criterion: ['value 1', 'value 0', 'empty'],
    flag: ['value 1', 'value 0', 'empty'],
    score: ['value'], result: ['value'], order: ['value'], move: [] }[rule.kind]
}

// Sentences about what is missing.
export function missingIn(form, scenarios) {
  const found = expectationsOf(scenarios, [form.id])
  const has = (path, want) => found.get(path)?.has(want) ||
    (want === 'value' && found.get(path)?.has('empty'))
  return form.survey.nodes.flatMap((node) => wantsOfNode(node)
    .filter((want) => !has(pathOf(node), want))
    .map((want) => `${form.id}: ${pathOf(node)} is never ${want}`))
}

export function missingRules(form, rules, scenarios) {
  const found = expectationsOf(scenarios,
    [form.id, `${form.id}.record`])
  const missing = []
  for (const rule of rules) {
    const at = rule.for ? pathOf(form.survey.byName.get(rule.for)) : '/data'
    const path = `${at}/${shadowName(rule.id)}`
    for (const want of wantsOfRule(rule))
      if (!found.get(path)?.has(want))
        missing.push(`rule ${rule.id} is never ${want}`)
    if (rule.kind === 'score')
      for (const want of ['value 1', 'value 0'])
        if (!found.get(`${path}_known`)?.has(want))
          missing.push(`rule ${rule.id} is never known ${want}`)
    if (rule.kind === 'score' && !(found.get(path)?.has('value other') ||
      found.get(path)?.has('value 1')))
      missing.push(`rule ${rule.id} never gives points`)
  }
  return missing
}
