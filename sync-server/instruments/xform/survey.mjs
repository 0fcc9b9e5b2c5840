// survey: the rows of survey.tsv as a tree of nodes, and what ${name} means
// at each of them.
//
//	row -> { name, kind, path, row, parent, repeat, children }
//
// kind: root, group, repeat, question.  repeat: the innermost repeat around
// the node, itself not counted.

import { checkColumns, fail, readTable } from './table.mjs'

const COLUMNS = ['type', 'name', 'label', 'hint', 'required',
  'required_message', 'relevant', 'constraint', 'constraint_message',
  'calculation', 'default', 'choice_filter', 'appearance', 'readonly',
  'repeat_count', 'save_to']

// XLSForm's types, as far as they are used: the bind's type and the control.
export const TYPES = {
  text: { bind: 'string', control: 'input' },
  integer: { bind: 'int', control: 'input' },
  decimal: { bind: 'decimal', control: 'input' },
  date: { bind: 'date', control: 'input' },
  geopoint: { bind: 'geopoint', control: 'input' },
  image: { bind: 'binary', control: 'upload' },
  note: { bind: 'string', control: 'input', readonly: true },
  select_one: { bind: 'string', control: 'select1' },
  select_one_from_file: { bind: 'string', control: 'select1' },
  select_multiple: { bind: 'string', control: 'select' },
  calculate: { bind: 'string' },
  hidden: { bind: 'string' },
  start: { bind: 'dateTime', preload: ['timestamp', 'start'] },
  end: { bind: 'dateTime', preload: ['timestamp', 'end'] },
  username: { bind: 'string', preload: ['property', 'username'] },
  deviceid: { bind: 'string', preload: ['property', 'deviceid'] },
}

function addNode(parent, kind, row) {
  if (!/^[a-z][a-z0-9_]*$/.test(row.name))
    fail(row, `'${row.name}' is no name: small letters, digits and _`)
  const node = { name: row.name, kind, row, parent, children: [],
    path: [...parent.path, row.name],
    repeat: parent.kind === 'repeat' ? parent : parent.repeat }
  parent.children.push(node)
  return node
}

function addQuestion(parent, row) {
  const [type, list, ...rest] = row.type.split(' ')
  if (!TYPES[type] || rest.length > 0) fail(row, `no such type '${row.type}'`)
  if (type.startsWith('select_') !== (list !== undefined))
    fail(row, `'${row.type}': a list is for choices, and choices need one`)
  const node = addNode(parent, 'question', row)
  return Object.assign(node, { type, list, ...TYPES[type] })
}

// { root, nodes: in the order of the form, byName }
export function readSurvey(path) {
  const table = readTable(path)
  checkColumns(table, COLUMNS)
  const root = { name: 'data', kind: 'root', path: ['data'], children: [],
    repeat: null, row: { file: table.file, line: 1 } }
  const survey = { root, nodes: [], byName: new Map() }
  let at = root
  for (const row of table.rows) {
    const end = /^end_(group|repeat)$/.exec(row.type)
    if (end) {
      if (at.kind !== end[1] || (row.name && row.name !== at.name))
        fail(row, `${row.type} ${row.name} ends nothing that is open`)
      at = at.parent
      continue
    }
    const begin = /^begin_(group|repeat)$/.exec(row.type)
    const node = begin ? addNode(at, begin[1], row) : addQuestion(at, row)
    if (survey.byName.has(node.name))
      fail(row, `'${node.name}' stands there twice`)
    survey.byName.set(node.name, node)
    survey.nodes.push(node)
    if (begin) at = node
  }
  if (at !== root) fail(at.row, `${at.kind} '${at.name}' has no end`)
  return survey
}

export const pathOf = (node) => '/' + node.path.join('/')

// The path of ${target} as seen from ${context}: relative where a repeat
// holds both, so that it is this member's own answer; else absolute.
function seenFrom(target, context) {
  const around = target.repeat
  const same = around && (around === context ||
    context.path.slice(0, around.path.length).join('/') ===
      around.path.join('/'))
  if (!same) return { path: pathOf(target), relative: false }
  let common = around.path.length
  while (common < target.path.length && common < context.path.length &&
    target.path[common] === context.path[common]) common++
  if (common === target.path.length) common-- // never '.': ../name is plain
  const up = Array(context.path.length - common).fill('..')
  return { path: [...up, ...target.path.slice(common)].join('/'),
    relative: true }
}

// ${expression} with each ${name} replaced.  Within [ ], and in the filter
// of a choice list, a relative path would begin at another node: there it is
// made to begin at the question itself.
export function resolve(survey, expression, context, inFilter = false) {
  let depth = 0
  return expression.replace(/'[^']*'|"[^"]*"|\[|\]|\$\{([^}]*)\}/g,
    (match, name) => {
      if (match === '[') depth++
      if (match === ']') depth--
      if (name === undefined) return match
      const target = survey.byName.get(name) ??
        fail(context.row, `there is no question '${name}'`)
      const { path, relative } = seenFrom(target, context)
      return relative && (inFilter || depth > 0) ? `current()/${path}` : path
    })
}
