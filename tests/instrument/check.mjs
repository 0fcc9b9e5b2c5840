// check: the instruments' tables, without a form engine.
//
//	node check.mjs
//
// Prints "ok WHAT" or "not ok WHAT" a line; exit status 1 if one was not.
// Whether the forms behave is for the scenarios to say: see README.md.

import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync,
  writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { printInstrument, readInstrument } from
  '../../sync-server/instruments/xform/instrument.mjs'
import { missingIn, missingRules } from './coverage.mjs'
import { differences } from './items.mjs'
import { readScenarios } from './scenario.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const root = join(here, '../..')
const folder = join(root, 'sync-server/instruments/rs22k')
let failed = 0

function report(what, faults) {
  console.log(`${faults.length > 0 ? 'not ok' : 'ok'} ${what}`)
  for (const fault of faults) console.log(`  ${fault}`)
  if (faults.length > 0) failed++
}

function readAll() {
  const at = join(here, 'scenarios')
  const { parts } = readScenarios(join(at, 'parts.txt'))
  return readdirSync(at).sort()
    .filter((file) => file.endsWith('.txt') && file !== 'parts.txt')
    .flatMap((file) => readScenarios(join(at, file), parts).scenarios)
}

const instrument = readInstrument(folder)
const scenarios = readAll()
// The practice form is the visit's own survey.
const forms = instrument.forms.filter((form) => form.counts)

function sameTwice() {
  const one = printInstrument(instrument, { shadow: true })
  const two = printInstrument(readInstrument(folder), { shadow: true })
  return Object.keys(one).filter((name) => one[name] !== two[name])
}

// What is kept of a field of the built-in list is kept as it was.
function builtinKept() {
  const builtin = JSON.parse(readFileSync(
    join(root, 'common/instrument/verval.json'), 'utf8'))
  const wrong = []
  for (const field of builtin.fields) {
    const now = instrument.fields.fields.find((f) => f.id === field.id)
    for (const key of ['name', 'record', 'register', 'type', 'list', 'min',
      'max', 'scale', 'identity', 'desk'])
      if (now?.[key] !== field[key])
        wrong.push(`${field.name}: ${key} is not as in the built-in list`)
  }
  for (const register of builtin.registers)
    if (!instrument.fields.registers.some((r) => r.id === register.id &&
      r.name === register.name && r.record === register.record))
      wrong.push(`register ${register.name} is not as in the built-in list`)
  for (const [name, list] of Object.entries(builtin.lists))
    for (const [code] of list.codes)
      if (!instrument.choices.get(name)?.some((c) => c.name === code &&
        (c.gone === '1') === (list.gone ?? []).includes(code)))
        wrong.push(`list ${name}: ${code} is not as in the built-in list`)
  return wrong
}

function practiceSavesNothing() {
  const text = printInstrument(instrument)['rs22k_latihan.xml']
  return ['entities:', '<entity'].filter((word) => text.includes(word))
}

function personalKeptOut() {
  const bad = []
  for (const form of instrument.forms) {
    const text = printInstrument(instrument)[`${form.id}.xml`]
    for (const name of ['instanceName', 'entity/label']) {
      const bind = text.split('\n').find((line) =>
        line.includes(`meta/${name}"`))
      if (bind && /nama|nik|alamat|no_kk/.test(bind)) bad.push(bind)
    }
  }
  return bad
}

// A fault planted in a copy of the tables must stop the making of the forms.
function mustRefuse(what, file, change) {
  const copy = mkdtempSync(join(tmpdir(), 'padu-instrument.'))
  try {
    cpSync(folder, copy, { recursive: true })
    const path = join(copy, file)
    const before = readFileSync(path, 'utf8')
    const after = change(before)
    if (after === before) return report(what, ['the fault was not planted'])
    writeFileSync(path, after)
    let said = null
    try {
      printInstrument(readInstrument(copy), { shadow: true })
    } catch (error) {
      said = error
    }
    report(what, said?.constructor.name === 'TableError' ? [] :
      [said ? `it said: ${said.stack}` : 'nobody noticed'])
  } finally {
    rmSync(copy, { recursive: true })
  }
}

const survey = 'kunjungan/survey.tsv'
const withCell = (line, text) => (table) =>
  table.replace(new RegExp(`^${line}`, 'm'), (m) => text(m))

report('the same tables give the same bytes', sameTwice())
report('fields of the built-in list keep their meaning', builtinKept())
report('ITEMS.tsv and the forms say the same', differences(
  join(folder, 'ITEMS.tsv'), forms, scenarios))
for (const form of forms)
  report(`${form.id}: every skip and check has a scenario for each side`,
    missingIn(form, scenarios))
report('every rule has a scenario for each thing it can say',
  missingRules(forms[0], instrument.rules, scenarios))
report('the practice form saves nothing', practiceSavesNothing())
report('no name of a visit or record holds personal data', personalKeptOut())

const table = readFileSync(join(folder, 'ITEMS.tsv'), 'utf8')

// A fault planted in ITEMS.tsv must be told.
function mustDiffer(what, text) {
  const copy = mkdtempSync(join(tmpdir(), 'padu-instrument.'))
  writeFileSync(join(copy, 'ITEMS.tsv'), text)
  const faults = differences(join(copy, 'ITEMS.tsv'), forms, scenarios)
  rmSync(copy, { recursive: true })
  report(what, faults.length === 1 && text !== table ? [] :
    [`${faults.length} faults told`])
}

mustDiffer('a planted question that is not in ITEMS.tsv is reported',
  table.replace(/^.*perumahan\/lantai\t.*\n/m, ''))
mustDiffer('a planted item that is in no form is reported',
  table + '4.3\t399\trs22k\t/data/x\ttext\tnone\tnone\tnone\tnone\tevery\n')
mustDiffer('a planted blank in ITEMS.tsv is reported',
  table.replace(/^4\.3(\t303\t)/m, '$1'))
mustDiffer('a planted skip that is not the form\'s is reported',
  table.replace("\tstat_bangunan = '1'\t", "\tstat_bangunan = '2'\t"))
report('a planted skip that no scenario opens is reported',
  missingIn(forms[0], scenarios.filter((s) => s.file !== 'dwelling.txt'))
    .length > 0 ? [] : ['nobody noticed'])

mustRefuse('a planted misspelt column is reported', survey,
  (t) => t.replace('\trelevant\t', '\trelevent\t'))
mustRefuse('a planted name of no question is reported', survey,
  (t) => t.replace('${stat_bangunan} = ', '${stat_bangunn} = '))
mustRefuse('a planted field that is not in the list is reported', survey,
  (t) => t.replace('household#lantai', 'household#lantay'))
mustRefuse('a planted answer for a field of the desk is reported', survey,
  (t) => t.replace('household#lantai', 'household#desil'))
mustRefuse('a planted list that is not the field\'s is reported', survey,
  (t) => t.replace('select_one lantai\t', 'select_one atap\t'))
mustRefuse('a planted group without an end is reported', survey,
  (t) => t.replace(/^end_group\tlokasi.*$/m, '# gone'))
mustRefuse('a planted constraint without its message is reported', survey,
  (t) => t.replace(/Nama 1 sampai 100 huruf\.\t[^\t]*/, '\t'))
mustRefuse('a planted label in one language only is reported', survey,
  (t) => t.replace('\t302. Floor area (m2)', '\t'))
mustRefuse('a planted question twice is reported', survey,
  withCell('text\talamat\t.*\n', (line) => line + line))
mustRefuse('a planted type that is not known is reported', survey,
  (t) => t.replace('integer\tluas_lantai', 'number\tluas_lantai'))
mustRefuse('a planted code twice is reported', 'choices.tsv',
  withCell('lantai\t1\t.*\n', (line) => line + line))
mustRefuse('a planted list that is not there is reported', 'choices.tsv',
  (t) => t.replace(/^kondisi\t.*\n/gm, ''))
mustRefuse('a planted field id twice is reported', 'fields.json',
  (t) => t.replace('"id": 62,', '"id": 63,'))
mustRefuse('a planted privacy class of no list is reported', 'fields.json',
  (t) => t.replace('"privacy": "health"', '"privacy": "helth"'))
mustRefuse('a planted rule over no question is reported', 'rules.tsv',
  (t) => t.replace('${luas_lantai}', '${luas_lantay}'))
mustRefuse('a planted rule of no severity is reported', 'rules.tsv',
  (t) => t.replace('C03\tcheck\tW', 'C03\tcheck\tX'))
mustRefuse('a planted rule over no rule is reported', 'rules.tsv',
  (t) => t.replaceAll('${rule:262.a}', '${rule:262.z}'))
mustRefuse('a planted prefill of no question is reported', 'instrument.json',
  (t) => t.replace('anggota/nik_awal', 'anggota/nik_awl'))
mustRefuse('a planted entity that nothing is saved to is reported',
  'kunjungan/entities.tsv', (t) => t + 'village\t\'x\'\t1\t1\t1\n')
process.exit(failed > 0 ? 1 : 0)
