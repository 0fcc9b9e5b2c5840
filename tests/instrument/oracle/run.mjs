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
import { isCheck, readScenarios } from '../scenario.mjs'

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

async function formIn(file) {
  if (!opened.has(file))
    opened.set(file, await openForm(join(forms, file), media))
  return opened.get(file)
}

// Null, or how it is.
function check(session, { verb, path, value }) {
  if (verb === 'count') {
    const count = session.count(path)
    return String(count) === value ? null : `there are ${count}`
  }
  const s = session.state(path)
  const said = { relevant: s.relevant, irrelevant: !s.relevant,
    required: s.required, optional: !s.required, expect: s.value === value,
    broken: s.error === 'constraint', holds: s.error !== 'constraint',
    choices: (s.choices ?? []).join(' ') === value }[verb]
  return said ? null : `it is ${JSON.stringify(s)}`
}

function play(session, step) {
  const { verb, path, value } = step
  if (isCheck(step)) return check(session, step)
  if (verb === 'set') session.set(path, value)
  if (verb === 'add') session.add(`${path === '/' ? '' : path}/${value}`)
  if (verb === 'remove') {
    const [, repeat, index] = /^(.*)\[(\d+)\]$/.exec(path)
    session.remove(repeat, Number(index))
  }
  if (verb === 'finish') {
    const faults = session.faults().join(', ')
    return faults === value ? null : `wrong is: ${faults}`
  }
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
      return `${step.file}:${step.line}: ${step.text}: ${fault}`
  }
  return null
}

let failed = 0
const { parts } = readScenarios(join(folder, 'parts.txt'))
for (const file of readdirSync(folder).sort()) {
  if (file === 'parts.txt' || !file.endsWith('.txt')) continue
  if (named.length > 0 && !named.includes(file)) continue
  for (const scenario of readScenarios(join(folder, file), parts).scenarios) {
    const fault = run(new Session(await formIn(scenario.load), scenario.now), scenario)
    if (fault) failed++
    console.log(`${fault ? 'not ok' : 'ok'} ${scenario.name}`)
    if (fault) console.log(`  ${fault}`)
  }
}
process.exit(failed > 0 ? 1 : 0)
