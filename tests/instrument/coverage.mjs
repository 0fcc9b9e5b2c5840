// coverage: what of a form's skips and checks, and of its rules, the
// scenarios hold to, and what they do not.

import { shadowName } from '../../sync-server/instruments/xform/shadow.mjs'
import { bare, formOf, isCheck } from './scenario.mjs'
import { pathOf } from '../../sync-server/instruments/xform/survey.mjs'

// path without [N] -> set of what is expected of it
export function expectationsOf(scenarios, form) {
  const found = new Map()
  for (const scenario of scenarios.filter((s) => formOf(s) === form))
    for (const step of scenario.steps.filter(isCheck)) {
      const all = found.get(bare(step.path)) ?? new Set()
      all.add(step.verb)
      if (step.verb === 'expect')
        all.add(step.value === '' ? 'empty' : `= ${step.value}`)
      found.set(bare(step.path), all)
    }
  return found
}

function wantsOfNode({ row, kind }) {
  const wants = []
  if (row.relevant) wants.push('relevant', 'irrelevant')
  if (row.constraint) wants.push('broken', 'holds')
  if (row.required) wants.push('required')
  if (row.required && row.required !== 'true()') wants.push('optional')
  if (row.choice_filter) wants.push('choices')
  if (row.calculation) wants.push('expect')
  return kind === 'group' ? wants.slice(0, 2) : wants
}

function wantsOfRule(rule) {
  return { check: ['= 1', '= 0'], status: ['= 1', '= 0'],
    criterion: ['= 1', '= 0', 'empty'], flag: ['= 1', '= 0', 'empty'],
    score: ['expect'], result: ['expect'], order: ['expect'],
    move: ['expect'] }[rule.kind]
}

// Sentences about what is missing.
export function missingIn(form, scenarios) {
  const found = expectationsOf(scenarios, form.id)
  return form.survey.nodes.flatMap((node) => wantsOfNode(node)
    .filter((want) => !found.get(pathOf(node))?.has(want))
    .map((want) => `${form.id}: ${pathOf(node)} is never ${want}`))
}

export function missingRules(form, rules, scenarios) {
  const found = expectationsOf(scenarios, form.id)
  const missing = []
  for (const rule of rules) {
    const at = rule.for ? pathOf(form.survey.byName.get(rule.for)) : '/data'
    const path = `${at}/${shadowName(rule.id)}`
    for (const want of wantsOfRule(rule))
      if (!found.get(path)?.has(want))
        missing.push(`rule ${rule.id} is never ${want}`)
    if (rule.kind !== 'score') continue
    for (const want of ['= 1', '= 0'])
      if (!found.get(`${path}_known`)?.has(want))
        missing.push(`rule ${rule.id} is never known ${want}`)
    if (![...found.get(path) ?? []].some((said) => /^= [1-9]/.test(said)))
      missing.push(`rule ${rule.id} never gives points`)
  }
  return missing
}
