// scenario: the plain text files of scenarios/, one step a line.
//
//	form ID                     the form that all scenarios of the file open:
//	                            its shadow; ID.record: as rules see a record
//	part NAME                   steps to be named by others, to the next part
//	scenario WHAT IS TRUE       or scenario
//	do NAME                     the steps of that part
//	set PATH [VALUE]            an answer; without a value: emptied
//	add PATH                    one more of a repeat
//	remove PATH N               the Nth of a repeat
//	expect PATH relevant | irrelevant | required | optional | empty
//	expect PATH value VALUE
//	expect PATH error [constraint | required] | valid
//	expect PATH choices CODE...
//	expect PATH count N         of a repeat
//	finish ok | refused
//
// A path is absolute; [N] counts from 1, and [1] may be left out; @ begins an
// attribute's name.

import { readFileSync } from 'node:fs'

const STEPS = ['do', 'set', 'add', 'remove', 'expect', 'finish']

function fail(file, line, text) {
  throw new Error(`${file}:${line}: ${text}`)
}

export function readScenarios(path, shared = new Map()) {
  const file = path.split('/').pop()
  const parts = new Map(shared)
  const scenarios = []
  let form = null
  let steps = null
  readFileSync(path, 'utf8').split('\n').forEach((text, i) => {
    const line = i + 1
    const words = text.trim().split(/\s+/)
    const [verb] = words
    if (!verb || verb.startsWith('#')) return
    const rest = text.trim().slice(verb.length).trim()
    if (verb === 'form') form = rest
    else if (verb === 'part') parts.set(rest, steps = [])
    else if (verb === 'scenario')
      scenarios.push({ file, line, form, name: rest, steps: steps = [] })
    else if (!STEPS.includes(verb) || !steps)
      fail(file, line, `no step '${verb}'`)
    else if (verb === 'do')
      steps.push(...parts.get(rest) ?? fail(file, line, `no part '${rest}'`))
    else {
      const value = rest.slice((words[1] ?? '').length).trim()
      steps.push({ file, line, verb, path: words[1], value })
    }
  })
  return { parts, scenarios }
}
