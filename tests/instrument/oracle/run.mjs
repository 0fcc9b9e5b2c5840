// run: every scenario, played to an independent engine.
//
//   node run.mjs FORMS [FILE...]
//
// FORMS: where make-instrument.mjs --shadow wrote the forms.  Prints
// "ok WHAT" or "not ok WHAT" a line; exit status 1 if one was not.

import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { Session, openForm } from './engine.mjs'
import { readScenarios } from '../scenario.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const folder = join(here, '../scenarios')
const media = [join(here, '../media'),
  join(here, '../../../sync-server/instruments/rs22k')]
const [forms, ...named] = process.argv.slice(2)
if (!forms) {
  console.error('run.mjs FORMS [FILE...]')
  process.exit(2)
}
const opened = new Map()

async function formOf(id) {
  if (!opened.has(id))
    opened.set(id, await openForm(join(forms, id.includes('.') ?
      `${id}.xml` : `${id}.shadow.xml`), media))
  return opened.get(id)
}

function checkState(session, path, value) {
  const [what, ...rest] = value.split(' ')
  const wanted = rest.join(' ')
  if (what === 'count') {
    const count = session.count(path)
    return String(count) === wanted ? null : `there are ${count}`
  }
  const s = session.state(path)
  const said = { relevant: s.relevant, irrelevant: !s.relevant,
    required: s.required, optional: !s.required, empty: s.value === '',
    value: s.value === wanted, valid: s.error === null,
    error: s.error !== null && (!wanted || s.error === wanted),
    choices: (s.choices ?? []).join(' ') === wanted }[what]
  if (said === undefined) return `no such expectation: ${what}`
  return said ? null : `it is ${JSON.stringify(s)}`
}

function checkFinish(session, value) {
  const errors = session.errors()
  if (value === 'refused') return errors.length > 0 ? null : 'it was not'
  return errors.length === 0 ? null : `refused for ${errors.join(', ')}`
}

function play(session, step) {
  const { verb, path, value } = step
  if (verb === 'set') session.set(path, value)
  if (verb === 'add') session.add(path)
  if (verb === 'remove') session.remove(path, Number(value))
  if (verb === 'expect') return checkState(session, path, value)
  if (verb === 'finish') return checkFinish(session, path)
  return null
}

// Null, or what was not as it should be.
function run(session, scenario) {
  for (const step of scenario.steps) {
    let fault
    try {
      fault = play(session, step)
    } catch (error) {
      fault = error.message
    }
    if (fault)
      return `${step.file}:${step.line}: ${step.verb} ${step.path ?? ''} ` +
        `${step.value}: ${fault}`
  }
  return null
}

let failed = 0
const { parts } = readScenarios(join(folder, 'parts.txt'))
for (const file of readdirSync(folder).sort()) {
  if (file === 'parts.txt' || !file.endsWith('.txt')) continue
  if (named.length > 0 && !named.includes(file)) continue
  for (const scenario of readScenarios(join(folder, file), parts).scenarios) {
    const fault = run(new Session(await formOf(scenario.form)), scenario)
    if (fault) failed++
    console.log(`${fault ? 'not ok' : 'ok'} ${scenario.name}`)
    if (fault) console.log(`  ${fault}`)
  }
}
process.exit(failed > 0 ? 1 : 0)
