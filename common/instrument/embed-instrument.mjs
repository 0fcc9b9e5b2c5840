// embed-instrument: an instrument as JSON in, a C table out, so that nothing
// is parsed at run time.  What would make the table wrong stops the build.
//
//   node embed-instrument.mjs verval.json NAME > verval.c

import { readFileSync } from 'node:fs'

const [path, symbol] = process.argv.slice(2)
const instrument = JSON.parse(readFileSync(path, 'utf8'))

const RECORDS = { household: 'RECORD_HOUSEHOLD', person: 'RECORD_PERSON' }
const TYPES = ['text', 'digits', 'int', 'decimal', 'date', 'code', 'record',
  'village']
const FIRST_ID = 16 // below: the registers that every instrument has
const LAST_ID = 65535

function fail(text) {
  console.error(`${path}: ${text}`)
  process.exit(1)
}

const text = (s) => JSON.stringify(s) // names and labels are plain enough
const keyOf = (name) => name.toLowerCase().replace(/[^a-z0-9]/g, '')

function checkUnique(what, values) {
  const seen = new Set()
  for (const value of values) {
    if (seen.has(value)) fail(`${what} '${value}' stands there twice`)
    seen.add(value)
  }
}

function listOf(name) {
  const list = instrument.lists[name] ?? fail(`there is no list '${name}'`)
  const codes = [...(list.extends ? listOf(list.extends) : []),
    ...list.codes.map(([code, label, label_en, ...aliases]) => ({ code, label,
      label_en, aliases, gone: (list.gone ?? []).includes(code) }))]
  if (new Set(codes.map((c) => c.code)).size !== codes.length)
    fail(`list '${name}' has a code twice`)
  checkUnique(`word of list '${name}'`, codes.flatMap((c) =>
    [keyOf(c.label), ...c.aliases]))
  return codes
}

// Record ids are ours and never in an office's file.
function columnsOf(field) {
  if (field.type === 'record') return []
  return [...new Set([keyOf(field.name), ...(field.columns ?? [])])]
}

function checkField(field) {
  const { id, name, record, type } = field
  if (!Number.isInteger(id) || id < FIRST_ID || id > LAST_ID)
    fail(`${name}: id ${id} is outside ${FIRST_ID} to ${LAST_ID}`)
  if (instrument.retired.includes(id)) fail(`${name}: id ${id} is retired`)
  if (!/^[a-z][a-z0-9_]*$/.test(name)) fail(`'${name}' is no field name`)
  if (!RECORDS[record]) fail(`${name}: no such record '${record}'`)
  if (!TYPES.includes(type)) fail(`${name}: no such type '${type}'`)
  if (!field.label || !field.label_en) fail(`${name}: a label is missing`)
  if ((type === 'code') !== (field.list !== undefined))
    fail(`${name}: a list is for codes, and codes need one`)
  if (['digits', 'int', 'decimal'].includes(type) && !(field.min <= field.max))
    fail(`${name}: min and max are missing or the wrong way round`)
  if (type === 'text' && !(field.max > 0)) fail(`${name}: max is missing`)
  for (const column of field.columns ?? [])
    if (column !== keyOf(column)) fail(`${name}: column '${column}'`)
}

// Registers in the order of record and id, each with its fields in theirs.
function makeRegisters() {
  const registers = instrument.registers.map((r) => ({ ...r, fields: [] }))
  for (const field of instrument.fields) {
    if (field.register === undefined)
      registers.push({ id: field.id, name: field.name, record: field.record,
        fields: [] })
    const register = registers.find((r) => r.record === field.record &&
      r.id === (field.register ?? field.id)) ??
      fail(`${field.name}: there is no register ${field.register}`)
    register.fields.push(field)
  }
  for (const { name, id, fields } of registers)
    if (fields.length === 0) fail(`register ${id} ${name} has no field`)
  return registers.sort((a, b) =>
    Object.keys(RECORDS).indexOf(a.record) -
    Object.keys(RECORDS).indexOf(b.record) || a.id - b.id)
}

const structOf = (members) => `\t{ ${Object.entries(members)
  .map(([key, value]) => `.${key} = ${value}`).join(',\n\t  ')} },`

function printLists(used) {
  return used.map((name) => `static const struct instrument_code ` +
    `list_${name}[] = {\n` + listOf(name).map((c) =>
      `\t{ ${text(c.code)}, ${text(c.label)}, ${text(c.label_en)}, ` +
      `${text(c.aliases.join(' '))}, ${c.gone} },`).join('\n') + '\n};\n').join('\n')
}

function printField(field, register) {
  const members = {
    id: field.id,
    reg: register.id,
    kind: RECORDS[field.record],
    type: `INSTRUMENT_${field.type.toUpperCase()}`,
    name: text(field.name),
    label: text(field.label),
    label_en: text(field.label_en),
    columns: text(columnsOf(field).join(' ')),
    min: field.min ?? 0,
    max: field.max ?? 0,
    scale: field.scale ?? 0,
    identity: field.identity ?? false,
    desk: field.desk ?? false,
  }
  if (field.list) {
    members.codes = `list_${field.list}`
    members.ncodes = listOf(field.list).length
  }
  return structOf(members)
}

function print(registers) {
  const fields = registers.flatMap((r) => r.fields.map((f) => [f, r]))
  let first = 0
  const rows = registers.map((r) => {
    const row = structOf({ id: r.id, kind: RECORDS[r.record],
      name: text(r.name), nfields: r.fields.length,
      fields: `${symbol}_fields + ${first}` })
    first += r.fields.length
    return row
  })
  const used = [...new Set(instrument.fields.filter((f) => f.list)
    .map((f) => f.list))]
  return `/* Made from ${path.split('/').pop()} by embed-instrument.mjs. */
#include "common/instrument/instrument_internal.h"

${printLists(used)}
static const struct instrument_field ${symbol}_fields[] = {
${fields.map(([f, r]) => printField(f, r)).join('\n')}
};

static const struct instrument_register ${symbol}_registers[] = {
${rows.join('\n')}
};

const struct instrument ${symbol} = {
\t.name = ${text(instrument.name)},
\t.version = ${instrument.version},
\t.fields_version = ${instrument.fields_version},
\t.fields = ${symbol}_fields,
\t.nfields = ${fields.length},
\t.registers = ${symbol}_registers,
\t.nregisters = ${registers.length},
};
`
}

instrument.fields.forEach(checkField)
checkUnique('field id', [...instrument.fields.map((f) => f.id),
  ...instrument.registers.filter((r) => r.id >= FIRST_ID).map((r) => r.id)])
checkUnique('field name', instrument.fields.map((f) => f.name))
checkUnique('column', instrument.fields.flatMap(columnsOf))
process.stdout.write(print(makeRegisters()))
