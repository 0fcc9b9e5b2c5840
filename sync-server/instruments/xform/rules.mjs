// rules: rules.tsv -> rules.json, expressions of the same language as the
// forms', each beginning at the form's root or at one member.
//
//	check      true: it fires.  severity E stops finishing, W needs a note
//	criterion  true, false, and neither: not known
//	flag       as criterion, for a person to review; severity: the reason
//	status     true: it holds of the record
//	move       of a record's state; severity: the role; true: it may
//	score      value: points; known: everything it asks is answered
//	result     value, out of other rules: ${rule:ID} is '1', '0' or ''
//	order      value: how equal scores are put in order

import { pathOf, resolve } from './survey.mjs'
import { checkColumns, fail, readTable } from './table.mjs'

const COLUMNS = ['id', 'kind', 'severity', 'for', 'true', 'false', 'value',
  'known', 'needs', 'label', 'source']
const WANTS = {
  check: ['true'], criterion: ['true', 'false'], flag: ['true', 'false'],
  status: ['true'], move: ['true'], score: ['value', 'known'],
  result: ['value'], order: ['value'],
}
export const EXPRESSIONS = ['true', 'false', 'value', 'known']

export function readRules(path) {
  const table = readTable(path)
  checkColumns(table, COLUMNS)
  const ids = new Set()
  for (const row of table.rows) {
    if (ids.has(row.id)) fail(row, `'${row.id}' stands there twice`)
    ids.add(row.id)
    const wants = WANTS[row.kind] ?? fail(row, `no kind '${row.kind}'`)
    for (const key of EXPRESSIONS)
      if (wants.includes(key) !== (row[key] !== ''))
        fail(row, `a ${row.kind} has ${wants.join(' and ')}`)
    if (row.kind === 'check' && !['E', 'W'].includes(row.severity))
      fail(row, `severity '${row.severity}' is neither E nor W`)
    if (!row.source) fail(row, 'the source is missing')
    for (const key of Object.keys(row))
      if (key.startsWith('label::') && !row[key]) fail(row, `${key} is empty`)
  }
  for (const row of table.rows)
    for (const key of EXPRESSIONS)
      for (const [, id] of row[key].matchAll(/\$\{rule:([^}]*)\}/g))
        if (!ids.has(id)) fail(row, `there is no rule '${id}'`)
  return table.rows
}

function contextOf(rule, survey) {
  if (!rule.for) return survey.root
  const node = survey.byName.get(rule.for)
  if (node?.kind !== 'repeat') fail(rule, `'${rule.for}' is no repeat`)
  return { ...node, row: rule }
}

// What other rules came to is an instance beside the form, 'hasil'.
const RESULT = (id) => `instance('hasil')/root/item[name = '${id}']/value`

export function compileRules(rules, survey, manifest) {
  const compiled = rules.map((rule) => {
    const context = { ...contextOf(rule, survey), row: rule }
    const expressions = Object.fromEntries(EXPRESSIONS
      .filter((key) => rule[key])
      .map((key) => [key, resolve(survey, rule[key].replace(
        /\$\{rule:([^}]*)\}/g, (_, id) => RESULT(id)), context)]))
    const labels = Object.keys(rule).filter((k) => k.startsWith('label::'))
    return { id: rule.id, kind: rule.kind, severity: rule.severity,
      context: pathOf(context), ...expressions,
      needs: rule.needs ? rule.needs.split(' ') : [],
      label: rule[labels[0]], label_en: rule[labels[1]],
      source: rule.source }
  })
  return '{\n' + `"name": ${JSON.stringify(manifest.name)},\n` +
    `"version": ${manifest.version},\n"rules": [\n` +
    compiled.map((rule) => JSON.stringify(rule)).join(',\n') + '\n]\n}\n'
}
