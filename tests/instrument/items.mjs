// items: ITEMS.tsv, the questionnaire item by item, held against the forms.
//
//	section, item   of the specification and of the paper questionnaire
//	form, node      where it is
//	values          the code list with its codes, or the type
//	skip, check     when it is asked, and what is refused; "none"
//	required        when it has to be answered; "none"
//	saved           the record's field it writes; "none"
//	test            scenario files that hold it; "every": opened by all

import { bare, formOf } from './scenario.mjs'
import { pathOf } from '../../sync-server/instruments/xform/survey.mjs'
import { readTable } from '../../sync-server/instruments/xform/table.mjs'

export const COLUMNS = ['section', 'item', 'form', 'node', 'values', 'skip',
  'check', 'required', 'saved', 'test']

const plain = (expression) =>
  (expression || 'none').replace(/\$\{([^}]*)\}/g, '$1')

function valuesOf(form, node) {
  if (node.kind !== 'question') return node.kind
  if (!node.list) return node.type
  if (node.type === 'select_one_from_file') return node.list
  const codes = form.choices.get(node.list).map((row) => row.name)
  return `${node.list}: ${codes.join(' ')}`
}

// What the form says of ${node}: form, node, values ... saved.
export function itemOf(form, node) {
  return [form.id, pathOf(node), valuesOf(form, node),
    plain(node.row.relevant), plain(node.row.constraint),
    plain(node.row.required), node.row.save_to || 'none']
}

// Sentences about where the table and the forms differ.
export function differences(path, forms, scenarios) {
  const { columns, rows } = readTable(path)
  const wrong = []
  if (columns.join() !== COLUMNS.join()) return ['ITEMS.tsv: other columns']
  const rowOf = new Map()
  for (const row of rows) {
    const at = `${row.file}:${row.line}`
    for (const column of COLUMNS)
      if (!row[column]) wrong.push(`${at}: ${column} is blank`)
    const key = `${row.form} ${row.node}`
    if (rowOf.has(key)) wrong.push(`${at}: ${key} stands there twice`)
    rowOf.set(key, row)
  }
  for (const form of forms)
    for (const node of form.survey.nodes) {
      const item = itemOf(form, node)
      const row = rowOf.get(`${item[0]} ${item[1]}`)
      rowOf.delete(`${item[0]} ${item[1]}`)
      if (!row) wrong.push(`${item[0]} ${item[1]} is not in ITEMS.tsv`)
      else if (COLUMNS.slice(2, -1).some((c, i) => row[c] !== item[i]))
        wrong.push(`${row.file}:${row.line}: the form says ` +
          item.slice(2).join(' | '))
      else wrong.push(...testFaults(row, scenarios))
    }
  for (const [key, row] of rowOf)
    wrong.push(`${row.file}:${row.line}: ${key} is in no form`)
  return wrong
}

// Is every file that the row names there, and does it speak of the node?
function testFaults(row, scenarios) {
  if (row.test === 'every') return []
  return row.test.split(' ').filter((file) => !scenarios.some((s) =>
    s.file === file && formOf(s) === row.form &&
    s.steps.some((step) => step.path && bare(step.path) === row.node)))
    .map((file) => `${row.file}:${row.line}: ${file} says nothing of it`)
}
