// fields: the field list, and whether the forms write only what it names.

import { readFileSync } from 'node:fs'

import { fail } from './table.mjs'

const TYPES = ['text', 'digits', 'int', 'decimal', 'date', 'code', 'codes',
  'record', 'village']
const RECORDS = ['household', 'person']
const FIRST_ID = 16 // below: the registers that every instrument has

function checkField(list, field, choices) {
  const bad = (text) => fail(null, `fields.json: ${field.name}: ${text}`)
  if (!/^[a-z][a-z0-9_]*$/.test(field.name)) bad('no field name')
  if (!Number.isInteger(field.id) || field.id < FIRST_ID || field.id > 65535)
    bad(`id ${field.id} is outside ${FIRST_ID} to 65535`)
  if (list.retired.includes(field.id)) bad(`id ${field.id} is retired`)
  if (!RECORDS.includes(field.record)) bad(`no record '${field.record}'`)
  if (!TYPES.includes(field.type)) bad(`no type '${field.type}'`)
  const coded = ['code', 'codes'].includes(field.type)
  if (coded !== (field.list !== undefined)) bad('a list is for codes')
  if (coded && !choices.has(field.list)) bad(`no list '${field.list}'`)
  if (['int', 'digits', 'decimal'].includes(field.type) &&
    !(field.min <= field.max)) bad('min and max')
  if (field.type === 'text' && !(field.max > 0)) bad('max is missing')
  if (!field.label || !field.label_en) bad('a label is missing')
  if (!list.privacy_classes[field.privacy])
    bad(`no privacy class '${field.privacy}'`)
  if (!list.policies[field.policy]) bad(`no policy '${field.policy}'`)
  if ((list.policies[field.policy].write === 'desk') !==
    (field.desk ?? false)) bad('desk and its policy disagree')
}

function unique(what, values) {
  const twice = values.find((v, i) => values.indexOf(v) !== i)
  if (twice !== undefined) fail(null, `fields.json: ${what} '${twice}' twice`)
}

export function readFields(path, choices) {
  const list = JSON.parse(readFileSync(path, 'utf8'))
  for (const field of list.fields) checkField(list, field, choices)
  unique('name', list.fields.map((f) => f.name))
  unique('id', [...list.fields.map((f) => f.id),
    ...list.registers.filter((r) => r.id >= FIRST_ID).map((r) => r.id)])
  for (const { name, record, register } of list.fields)
    if (register !== undefined && !list.registers.some((r) =>
      r.id === register && r.record === record))
      fail(null, `fields.json: ${name}: no register ${register}`)
  return list
}

const CONTROLS = {
  text: ['text', 'select_one', 'calculate', 'hidden'],
  digits: ['text', 'calculate'],
  int: ['integer', 'calculate'],
  decimal: ['calculate'],
  date: ['date'],
  code: ['select_one', 'calculate'],
  codes: ['select_multiple'],
  record: ['calculate'],
  village: ['select_one_from_file', 'calculate'],
}

function checkNode(node, fields) {
  const [record, name] = node.row.save_to.split('#')
  const field = fields.fields.find((f) => f.name === name)
  if (!field || field.record !== record)
    fail(node.row, `there is no field '${name}' of a ${record}`)
  if (field.desk) fail(node.row, `'${name}' is for the desk to write`)
  if (!CONTROLS[field.type].includes(node.type))
    fail(node.row, `a ${node.type} cannot fill a field of type ${field.type}`)
  if (node.list && !node.list.endsWith('.csv') && field.list !== node.list)
    fail(node.row, `list '${node.list}' is not the field's '${field.list}'`)
}

// Every save_to names a field of that record and of a type that fits, once,
// and every name of the manifest is there.
export function checkSaved(form, fields) {
  const saved = form.survey.nodes.filter((n) => n.row.save_to)
  for (const node of saved) checkNode(node, fields)
  const twice = saved.find((n) =>
    saved.some((o) => o !== n && o.row.save_to === n.row.save_to))
  if (twice) fail(twice.row, `'${twice.row.save_to}' is saved twice`)
  const paths = form.survey.nodes.map((n) => '/' + n.path.join('/'))
  const has = (list, name) => list.some((one) => name.endsWith('*') ?
    one.startsWith(name.slice(0, -1)) : one === name)
  const names = fields.fields.map((f) => f.name)
  for (const node of [...Object.values(form.open),
    ...form.prefill.map((p) => p.node)])
    if (!has(paths, node))
      fail(null, `instrument.json: ${form.id}: no question ${node}`)
  for (const name of [...form.blank,
    ...form.prefill.flatMap((p) => p.fields ?? [p.field])])
    if (!has(names, name))
      fail(null, `instrument.json: ${form.id}: no field ${name}`)
}

// The list with its code lists, in the shape of the built-in instrument's.
export function printFields(list, choices) {
  const used = [...new Set(list.fields.filter((f) => f.list)
    .map((f) => f.list))]
  const languages = ['label::Bahasa Indonesia (id)', 'label::English (en)']
  const lists = Object.fromEntries(used.map((name) => {
    const rows = choices.get(name)
    const gone = rows.filter((r) => r.gone === '1').map((r) => r.name)
    return [name, { ...(gone.length > 0 ? { gone } : {}),
      codes: rows.map((r) => [r.name, ...languages.map((l) => r[l]),
        ...r.aliases.split(' ').filter((a) => a)]) }]
  }))
  return JSON.stringify({ ...list, lists }, null, 1) + '\n'
}
