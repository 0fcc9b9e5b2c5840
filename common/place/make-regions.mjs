// make-regions: both editions of the national region table in, Padu's one
// table out.  Build time only; the programs read what it writes.
//
//   node make-regions.mjs MODULES SOURCES OUT
//
// MODULES  the node_modules folder with both editions
// SOURCES  the folder with bps-codes.csv and successors.csv
// OUT      the folder for regions.csv, regions-unresolved.csv and
//          regions.LICENSE.md
//
// regions.csv, sorted by code, one row for each code of either edition:
//   code         64.02.05.2001, as the Ministry of Home Affairs writes it
//   name         in the last edition that has the code
//   name_before  in the edition before, where it was spelt differently
//   valid_from   the day of the first edition here that has the code
//   valid_to     the day of the first edition that no longer has it, or empty
//   successor    the code that took over from a code that ended, if known
//   bps_code     the code of Statistics Indonesia, where bps-codes.csv has it
//
// A village that ended is taken to live on in the new code that bears the same
// name in the same regency, where there is exactly one such pair.  The others
// are listed in regions-unresolved.csv, beside the new codes of their regency
// that come from no old one; a person who knows enters them in
// successors.csv.

import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'

// The decrees that the two editions reproduce, and their days:
// Kepmendagri 100.1.1-6117/2022 and Kepmendagri 300.2.2-2138/2025.
const BEFORE = { folder: 'idn-area-data-before', day: '2022-11-09' }
const NOW = { folder: 'idn-area-data', day: '2025-04-25' }

const LEVELS = ['provinces', 'regencies', 'districts', 'villages']
const CODE = /^[1-9]\d(\.\d{2}(\.\d{2}(\.[123]\d{3})?)?)?$/
const COLUMNS = ['code', 'name', 'name_before', 'valid_from', 'valid_to',
  'successor', 'bps_code']

const [modules, sources, out] = process.argv.slice(2).map((p) => resolve(p))
const papa = createRequire(join(modules, 'x.js'))('papaparse')

function fail(text) {
  console.error(`make-regions: ${text}`)
  process.exit(1)
}

function readCsv(path) {
  const { data, errors } = papa.parse(readFileSync(path, 'utf8'),
    { header: true, skipEmptyLines: true })
  if (errors.length > 0) fail(`${path}: ${errors[0].message}`)
  return data
}

function readEdition({ folder }) {
  const names = new Map()
  LEVELS.forEach((level, depth) => {
    for (const { code, name } of readCsv(join(modules, folder, 'data',
      `${level}.csv`))) {
      if (!CODE.test(code) || code.split('.').length !== depth + 1)
        fail(`${folder}: ${level}: '${code}' is no code of that level`)
      if (names.has(code)) fail(`${folder}: ${code} stands there twice`)
      if (depth > 0 && !names.has(code.slice(0, code.lastIndexOf('.'))))
        fail(`${folder}: ${code} has no parent`)
      if (name !== name.trim() || name === '' || /[\n\r\t]/.test(name))
        fail(`${folder}: ${code} has an odd name`)
      names.set(code, name)
    }
  })
  return names
}

const regency = (code) => code.slice(0, 5)
const nameKey = (code, name) => `${regency(code)} ${name.toLowerCase()}`

// Group codes by regency and name, so that a pair is only made where both
// sides have exactly one.
function byName(codes, names) {
  const groups = new Map()
  for (const code of codes) {
    const key = nameKey(code, names.get(code))
    groups.set(key, [...(groups.get(key) ?? []), code])
  }
  return groups
}

function readSuccessors(before, now) {
  const known = new Map()
  for (const { code, successor } of readCsv(join(sources, 'successors.csv'))) {
    if (!before.has(code) || now.has(code))
      fail(`successors.csv: ${code} has not ended`)
    if (!now.has(successor))
      fail(`successors.csv: ${code}: there is no ${successor}`)
    known.set(code, successor)
  }
  return known
}

function findSuccessors(before, now) {
  const found = readSuccessors(before, now)
  const isVillage = (code) => code.length === 13
  const ended = [...before.keys()].filter((c) => isVillage(c) && !now.has(c))
  const begun = [...now.keys()].filter((c) => isVillage(c) && !before.has(c))
  const endedByName = byName(ended, before)
  const begunByName = byName(begun, now)

  for (const code of ended) {
    const key = nameKey(code, before.get(code))
    const to = begunByName.get(key) ?? []
    if (!found.has(code) && endedByName.get(key).length === 1 &&
        to.length === 1)
      found.set(code, to[0])
  }
  const taken = new Set(found.values())
  const unresolved = ended.filter((c) => !found.has(c)).map((code) => ({
    code,
    name: before.get(code),
    valid_to: NOW.day,
    new_codes: begun.filter((c) => regency(c) === regency(code) &&
      !taken.has(c)).map((c) => `${c} ${now.get(c)}`).join('; '),
  }))
  return { found, unresolved }
}

// The edition before writes provinces and regencies in capitals: a change of
// letter case alone is no other name there.
function nameBefore(code, before, now) {
  const old = before.get(code)
  const name = now.get(code)
  if (old === undefined || name === undefined || old === name) return ''
  return old === name.toUpperCase() ? '' : old
}

function makeRows(before, now, successors) {
  const bps = new Map(readCsv(join(sources, 'bps-codes.csv'))
    .map((row) => [row.code, row.bps_code]))
  for (const code of bps.keys())
    if (!now.has(code)) fail(`bps-codes.csv: there is no ${code}`)
  return [...new Set([...before.keys(), ...now.keys()])].sort().map((code) => ({
    code,
    name: now.get(code) ?? before.get(code),
    name_before: nameBefore(code, before, now),
    valid_from: before.has(code) ? BEFORE.day : NOW.day,
    valid_to: now.has(code) ? '' : NOW.day,
    successor: successors.get(code) ?? '',
    bps_code: bps.get(code) ?? '',
  }))
}

// The licence asks that its notice stay whole and travel with the data.
function makeLicence() {
  const notice = (edition) => readFileSync(join(modules, edition.folder,
    'data', 'LICENSE.md'), 'utf8')
  if (notice(BEFORE) !== notice(NOW))
    fail('the two editions come under different notices: read them')
  return `# Where regions.csv comes from

\`regions.csv\` and \`regions-unresolved.csv\` are derivative databases: both
editions of the data of [idn-area-data](https://github.com/fityannugroho/idn-area-data)
(3.1.2 and 4.0.1), put together by Padu with periods of validity, successor
codes and codes of Statistics Indonesia added. Like the data they come from,
they are made available under the
[Open Database License 1.0](https://opendatacommons.org/licenses/odbl/1-0/),
whose notice, as it came with the data, follows. Padu's programs are under a
licence of their own.

---

${notice(NOW)}`
}

function writeCsv(file, rows, columns) {
  writeFileSync(join(out, file),
    papa.unparse({ fields: columns, data: rows }, { newline: '\n' }) + '\n')
}

const before = readEdition(BEFORE)
const now = readEdition(NOW)
const { found, unresolved } = findSuccessors(before, now)

writeCsv('regions.csv', makeRows(before, now, found), COLUMNS)
writeCsv('regions-unresolved.csv', unresolved,
  ['code', 'name', 'valid_to', 'new_codes'])
writeFileSync(join(out, 'regions.LICENSE.md'), makeLicence())
