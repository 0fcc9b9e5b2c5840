// expand: the scenarios with every part written out, as the form engine's
// test_scenarios takes them.
//
//	node expand.mjs OUT

import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { readScenarios } from './scenario.mjs'

const [out] = process.argv.slice(2)
if (!out) {
  console.error('expand.mjs OUT')
  process.exit(2)
}
const folder = join(dirname(fileURLToPath(import.meta.url)), 'scenarios')
const { parts } = readScenarios(join(folder, 'parts.txt'))
mkdirSync(out, { recursive: true })
for (const file of readdirSync(folder).sort()) {
  if (!file.endsWith('.txt') || file === 'parts.txt') continue
  const { scenarios } = readScenarios(join(folder, file), parts)
  const lines = []
  let loaded = null
  for (const { load, now, name, steps } of scenarios) {
    if (load !== loaded) lines.push('', `load ${load}`, `now ${now}`)
    loaded = load
    lines.push('', `= ${name}`, ...steps.map((step) => step.text))
  }
  writeFileSync(join(out, file), lines.join('\n') + '\n')
}
