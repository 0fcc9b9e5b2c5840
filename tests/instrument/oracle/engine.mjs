// engine: @getodk/xforms-engine, which wants a browser around it, as the few
// calls that scenarios need.

import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { JSDOM } from 'jsdom'

const { window } = new JSDOM('', { url: 'http://localhost/' })
for (const name of ['document', 'DOMParser', 'XMLSerializer', 'Node',
  'Element', 'Document', 'XPathResult', 'Text', 'Attr', 'localStorage'])
  globalThis[name] = window[name]
globalThis.window = window
globalThis.__dirname = '/'
globalThis.exports = {}

const { loadForm } = await import('@getodk/xforms-engine')

// The clock is the scenario's, whenever it is run.
const RealDate = Date
let shift = 0
globalThis.Date = class extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(RealDate.now() + shift)
    else super(...args)
  }

  static now() {
    return RealDate.now() + shift
  }
}

// The form in ${path}, its tables taken from the first of ${folders} that has
// them.
export async function openForm(path, folders) {
  const find = (name) => folders.map((folder) => join(folder, name))
    .find((file) => existsSync(file))
  const form = await loadForm(readFileSync(path, 'utf8'), {
    fetchFormAttachment: async (url) =>
      new Response(readFileSync(find(basename(url.pathname ?? url)), 'utf8'),
        { headers: { 'content-type': 'text/csv' } }),
  })
  if (form.status === 'failure') throw form.error
  return form
}

export class Session {
  constructor(form, now) {
    shift = new RealDate(now).getTime() - RealDate.now()
    this.root = form.createInstance().root
  }

  // The node at ${path}: each step's name, and which of a repeat.
  find(path) {
    let node = this.root
    let at = '/data'
    for (const step of path.split('/').slice(2)) {
      if (step.startsWith('@')) return this.attribute(node, step)
      const [, name, index] = /^([^[]+)(?:\[(\d+)\])?$/.exec(step)
      at += `/${name}`
      const next = node.currentState.children?.find((child) =>
        child.currentState.reference.replace(/\[\d+\]/g, '') === at)
      if (!next) throw new Error(`there is no ${path}`)
      node = next
      if (this.isRepeat(node) && (index || step !== path.split('/').at(-1)))
        node = node.currentState.children[Number(index ?? 1) - 1] ??
          (() => { throw new Error(`there is no ${path}`) })()
    }
    return node
  }

  attribute(node, step) {
    return node.currentState.attributes.find((a) =>
      a.currentState.reference.endsWith(`/${step}`)) ??
      (() => { throw new Error(`there is no ${step}`) })()
  }

  isRepeat(node) {
    return node.nodeType.startsWith('repeat-range')
  }

  set(path, value) {
    const node = this.find(path)
    if (node.nodeType === 'select' && node.selectType === 'select')
      node.selectValues(value === '' ? [] : value.split(' '))
    else if (node.nodeType === 'select')
      node.selectValue(value === '' ? null : value)
    else if (node.nodeType === 'input') node.setValue(value)
    else throw new Error(`${path} takes no answer: ${node.nodeType}`)
  }

  add(path) {
    this.find(path).addInstances()
  }

  remove(path, index) {
    this.find(path).removeInstances(index - 1, 1)
  }

  count(path) {
    return this.find(path).currentState.children.length
  }

  state(path) {
    const node = this.find(path)
    const { relevant, required, instanceValue, valueOptions } =
      node.currentState
    const violation = node.validationState?.violation ?? null
    return { relevant, required, value: instanceValue ?? '',
      error: relevant ? violation?.condition ?? null : null,
      choices: valueOptions?.map((option) => option.value) }
  }

  // All that is wrong, in the order of the form.
  faults() {
    return this.root.validationState.violations.map((v) =>
      `${v.violation.condition === 'required' ? 'missing' : 'broken'} ` +
      v.reference)
  }
}
