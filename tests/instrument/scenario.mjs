// scenario: the files of scenarios/, in the words of the form engine's own
// scenarios, and two more: steps that many begin with are written once.
//
//	load FILE           the form that the scenarios below it open
//	now DATETIME        what the clock says
//	part NAME           steps to be named by others, to the next part
//	= SENTENCE          a scenario: a new visit
//	do NAME             the steps of that part
//	set PATH [VALUE]    an answer; without a value: none
//	add PARENT NAME     one more of a repeat;  remove PATH[N]
//	expect PATH = [VALUE]
//	relevant, irrelevant, required, optional, broken, holds PATH
//	choices PATH CODE...
//	count PATH N        of a repeat
//	finish [FAULT PATH, ...]    all that is wrong: missing, broken
//
// A path is absolute; [N] counts from 1, and [1] may be left out; @ begins an
// attribute's name.

import { readFileSync } from 'node:fs'

const CHECKS = ['expect', 'relevant', 'irrelevant', 'required', 'optional',
  'broken', 'holds', 'choices', 'count']
const STEPS = [...CHECKS, 'set', 'add', 'remove', 'finish']

function fail(file, line, text) {
  throw new Error(`${file}:${line}: ${text}`)
}

function splitStep(file, line, verb, rest) {
  const text = `${verb} ${rest}`.trim()
  const [path] = rest.split(' ')
  let value = rest.slice(path.length).trim()
  if (verb === 'finish') return { file, line, text, verb, value: rest }
  if (verb === 'expect') {
    if (!/^=( |$)/.test(value)) fail(file, line, 'an = is missing')
    value = value.slice(2)
  }
  return { file, line, text, verb, path, value }
}

// { parts, scenarios: [{ file, line, load, now, name, steps }] }
export function readScenarios(path, shared = new Map()) {
  const file = path.split('/').pop()
  const parts = new Map(shared)
  const scenarios = []
  let load = null
  let now = null
  let steps = null
  readFileSync(path, 'utf8').split('\n').forEach((line_text, i) => {
    const line = i + 1
    const text = line_text.trim()
    if (!text || text.startsWith('#')) return
    const [verb] = text.split(' ')
    const rest = text.slice(verb.length).trim()
    if (verb === 'load') load = rest
    else if (verb === 'now') now = rest
    else if (verb === 'part') parts.set(rest, steps = [])
    else if (verb === '=')
      scenarios.push({ file, line, load, now, name: rest, steps: steps = [] })
    else if (verb === 'do' && steps)
      steps.push(...parts.get(rest) ?? fail(file, line, `no part '${rest}'`))
    else if (!STEPS.includes(verb) || !steps)
      fail(file, line, `no step '${verb}'`)
    else steps.push(splitStep(file, line, verb, rest))
  })
  return { parts, scenarios }
}

// The form a scenario is about: "rs22k" of "rs22k.shadow.xml".
export const formOf = (scenario) => scenario.load.split('.')[0]

export const isCheck = (step) => CHECKS.includes(step.verb)
export const bare = (path) => path.replace(/\[\d+\]/g, '')
