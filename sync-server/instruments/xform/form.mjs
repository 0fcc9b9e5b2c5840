// form: survey, choices, settings and entities -> an ODK XForm.
//
//	head   title
//	       model: itext, primary instance, secondary instances, binds,
//	              setvalues
//	body   the controls
//
// The same tables always give the same bytes.

import { checkColumns, fail, readTable } from './table.mjs'
import { pathOf, resolve } from './survey.mjs'
import { Writer, escape } from './xml.mjs'

const NAMESPACES = {
  xmlns: 'http://www.w3.org/2002/xforms',
  'xmlns:h': 'http://www.w3.org/1999/xhtml',
  'xmlns:ev': 'http://www.w3.org/2001/xml-events',
  'xmlns:xsd': 'http://www.w3.org/2001/XMLSchema',
  'xmlns:jr': 'http://openrosa.org/javarosa',
  'xmlns:orx': 'http://openrosa.org/xforms',
  'xmlns:odk': 'http://www.opendatakit.org/xforms',
}
const ENTITIES = {
  'xmlns:entities': 'http://www.opendatakit.org/xforms/entities',
}

const SETTINGS = ['form_id', 'version', 'form_title', 'default_language',
  'instance_name']

export function readSettings(path) {
  const table = readTable(path)
  checkColumns(table, SETTINGS)
  const [row] = table.rows
  for (const key of ['form_id', 'version', 'form_title', 'default_language'])
    if (!row?.[key]) fail({ file: table.file, line: 2 }, `${key} is missing`)
  return row
}

// Each with the repeat that holds all of its save_to, or the root.
export function readEntities(path, survey) {
  const table = readTable(path)
  checkColumns(table, ['list_name', 'label', 'entity_id', 'create_if',
    'update_if'])
  const entities = table.rows.map((row) => ({ row, name: row.list_name }))
  for (const node of survey.nodes) {
    if (!node.row.save_to) continue
    const [list, property, ...rest] = node.row.save_to.split('#')
    const entity = entities.find((e) => e.name === list)
    if (!entity || !property || rest.length > 0)
      fail(node.row, `save_to '${node.row.save_to}': no such entity list`)
    const container = node.repeat ?? survey.root
    if (entity.container && entity.container !== container)
      fail(node.row, `'${list}' is saved from two repeats`)
    entity.container = container
    node.saveto = property
  }
  for (const { row, name, container } of entities)
    if (!container) fail(row, `nothing is saved to '${name}'`)
  const twice = entities.find((e) =>
    entities.some((o) => o !== e && o.container === e.container))
  if (twice) fail(twice.row, 'two entities of one container')
  return entities
}

class Form {
  constructor(parts) {
    Object.assign(this, parts)
    this.out = new Writer()
    this.texts = new Map() // id -> { language -> escaped text }
    this.languages = this.findLanguages()
  }

  findLanguages() {
    const found = new Set()
    for (const node of this.survey.nodes)
      for (const key of Object.keys(node.row))
        if (key.startsWith('label::')) found.add(key.slice('label::'.length))
    const languages = [...found]
    if (!languages.includes(this.settings.default_language))
      fail(this.settings, 'the default language has no labels')
    return languages
  }

  // Remember column ${what} of ${node}; true if it says something.
  addText(node, what, id) {
    const texts = {}
    for (const language of this.languages) {
      const text = node.row[`${what}::${language}`] ?? ''
      texts[language] = escape(text).replace(/\$\{[^}]*\}/g, (reference) =>
        `<output value="${escape(resolve(this.survey, reference, node))}"/>`)
    }
    const said = this.languages.filter((language) => texts[language])
    if (said.length === 0) return false
    if (said.length < this.languages.length)
      fail(node.row, `${what} is missing in a language`)
    this.texts.set(id, texts)
    return true
  }

  // The lists that a question of this form draws on, and each one's texts.
  findLists() {
    const used = [...new Set(this.survey.nodes.filter((n) => n.list &&
      n.type !== 'select_one_from_file').map((n) => n.list))]
    return used.map((name) => {
      const rows = this.choices.get(name) ??
        fail(null, `there is no list '${name}'`)
      rows.forEach((row, i) => {
        const texts = {}
        for (const language of this.languages)
          texts[language] = escape(row[`label::${language}`] ||
            fail(row, 'a label is missing'))
        this.texts.set(`${name}-${i}`, texts)
      })
      return { name, rows }
    })
  }

  addTexts() {
    for (const node of this.survey.nodes) {
      const id = pathOf(node)
      node.labelled = this.addText(node, 'label', `${id}:label`)
      node.hinted = this.addText(node, 'hint', `${id}:hint`)
      node.constraintMsg = this.addText(node, 'constraint_message',
        `${id}:jr:constraintMsg`)
      node.requiredMsg = this.addText(node, 'required_message',
        `${id}:jr:requiredMsg`)
      if (node.control && !node.labelled) fail(node.row, 'a label is missing')
      if (node.row.constraint && !node.constraintMsg)
        fail(node.row, 'a constraint without its message')
    }
  }

  writeTexts() {
    this.out.inside('itext', {}, () => {
      for (const language of this.languages) {
        const preferred = language === this.settings.default_language
        this.out.inside('translation', { lang: language,
          default: preferred ? 'true()' : undefined }, () => {
          for (const [id, texts] of this.texts)
            this.out.inside('text', { id }, () =>
              this.out.text('value', {}, texts[language]))
        })
      }
    })
  }

  entityOf(container) {
    return this.entities.find((e) =>
      pathOf(e.container) === pathOf(container))
  }

  writeEntity(entity) {
    const names = ['id', 'create', 'update', 'baseVersion', 'trunkVersion',
      'branchId']
    this.out.inside('entity', { dataset: entity.name,
      ...Object.fromEntries(names.map((name) => [name, ''])) },
    () => this.out.empty('label'), names)
  }

  writeNode(node, template) {
    if (node.kind === 'question') {
      const value = this.isDynamic(node) ? '' : node.row.default
      if (value) this.out.text(node.name, {}, escape(value))
      else this.out.empty(node.name)
      return
    }
    const repeat = node.kind === 'repeat'
    const copies = repeat && !template ? ['template', ''] : ['']
    for (const copy of copies)
      this.out.inside(node.name, copy ? { 'jr:template': '' } : {}, () => {
        for (const child of node.children)
          this.writeNode(child, template || copy !== '')
        const entity = this.entityOf(node)
        if (entity)
          this.out.inside('meta', {}, () => this.writeEntity(entity))
      }, ['jr:template'])
  }

  writePrimary() {
    this.out.inside('instance', {}, () => {
      this.out.inside('data', { id: this.settings.form_id,
        version: this.settings.version }, () => {
        for (const node of this.survey.root.children)
          this.writeNode(node, false)
        this.out.inside('meta', {}, () => {
          this.out.empty('instanceID')
          if (this.settings.instance_name) this.out.empty('instanceName')
          const entity = this.entityOf(this.survey.root)
          if (entity) this.writeEntity(entity)
        })
      })
    })
  }

  writeSecondary(lists) {
    for (const { name, rows } of lists)
      this.out.inside('instance', { id: name }, () =>
        this.out.inside('root', {}, () => rows.forEach((row, i) =>
          this.out.inside('item', {}, () => {
            this.out.text('itextId', {}, `${name}-${i}`)
            this.out.text('name', {}, escape(row.name))
          }))))
    for (const file of this.files())
      this.out.empty('instance', { id: file.replace(/\.csv$/, ''),
        src: `jr://file-csv/${file}` })
  }

  // External tables: those chosen from, those the expressions look into.
  files() {
    const files = new Set(this.survey.nodes
      .filter((n) => n.type === 'select_one_from_file').map((n) => n.list))
    for (const node of this.survey.nodes)
      for (const text of [node.row.calculation, node.row.constraint,
        node.row.relevant])
        for (const [, id] of (text ?? '').matchAll(
          /(?:instance|pulldata)\('([a-z_]+)'/g))
          if (!this.choices.has(id)) files.add(`${id}.csv`)
    return [...files].sort()
  }

  isDynamic(node) {
    return /\$\{|\(/.test(node.row.default ?? '')
  }

  writeBind(node) {
    const say = (key) => node.row[key] &&
      resolve(this.survey, node.row[key], node)
    const message = (key) => node[key] &&
      `jr:itext('${pathOf(node)}:jr:${key}')` || undefined
    const relevant = say('relevant')
    if (node.kind !== 'question') {
      if (relevant)
        this.out.empty('bind', { nodeset: pathOf(node), relevant })
      return
    }
    const [preload, params] = node.preload ?? []
    this.out.empty('bind', { nodeset: pathOf(node), type: node.bind,
      readonly: node.readonly ? 'true()' : say('readonly'),
      required: say('required'), 'jr:requiredMsg': message('requiredMsg'),
      relevant, constraint: say('constraint'),
      'jr:constraintMsg': message('constraintMsg'),
      calculate: say('calculation'), 'jr:preload': preload,
      'jr:preloadParams': params, 'entities:saveto': node.saveto })
  }

  writeSetvalue(node) {
    if (!this.isDynamic(node)) return
    this.out.empty('setvalue', {
      event: 'odk-instance-first-load' + (node.repeat ?
        ' odk-new-repeat' : ''),
      ref: pathOf(node),
      value: resolve(this.survey, node.row.default, node) })
  }

  writeEntityBinds(entity) {
    const meta = [...entity.container.path, 'meta', 'entity']
    const bind = (last, key) => {
      const at = { path: [...meta, last], row: entity.row }
      this.out.empty('bind', { nodeset: '/' + at.path.join('/'),
        type: 'string', readonly: 'true()',
        calculate: resolve(this.survey, entity.row[key], at) })
    }
    bind('@id', 'entity_id')
    bind('@create', 'create_if')
    bind('@update', 'update_if')
    bind('label', 'label')
  }

  writeBinds() {
    for (const node of this.survey.nodes) this.writeBind(node)
    this.out.empty('bind', { nodeset: '/data/meta/instanceID',
      type: 'string', readonly: 'true()', 'jr:preload': 'uid' })
    const name = this.settings.instance_name
    if (name)
      this.out.empty('bind', { nodeset: '/data/meta/instanceName',
        type: 'string', calculate: resolve(this.survey, name,
          { path: ['data', 'meta', 'instanceName'], row: this.settings }) })
    for (const entity of this.entities) this.writeEntityBinds(entity)
    for (const node of this.survey.nodes)
      if (!node.repeat) this.writeSetvalue(node)
  }

  writeWords(node) {
    const reference = (what) => ({ ref: `jr:itext('${pathOf(node)}:${what}')` })
    if (node.labelled) this.out.empty('label', reference('label'))
    if (node.hinted) this.out.empty('hint', reference('hint'))
  }

  writeItemset(node) {
    const external = node.type === 'select_one_from_file'
    const list = node.list.replace(/\.csv$/, '')
    const filter = node.row.choice_filter
    const where = filter ?
      `[${resolve(this.survey, filter, node, true)}]` : ''
    this.out.inside('itemset', {
      nodeset: `instance('${list}')/root/item${where}` }, () => {
      this.out.empty('value', { ref: 'name' })
      this.out.empty('label', { ref: external ? 'label' :
        'jr:itext(itextId)' })
    })
  }

  writeControl(node) {
    const { appearance } = node.row
    const body = () => {
      this.writeWords(node)
      if (node.list) this.writeItemset(node)
    }
    if (node.kind === 'question') {
      if (node.control)
        this.out.inside(node.control, { ref: pathOf(node), appearance,
          mediatype: node.control === 'upload' ? 'image/*' : undefined }, body)
      return
    }
    if (!this.hasControl(node)) return
    this.out.inside('group', { ref: pathOf(node), appearance }, () => {
      this.writeWords(node)
      const children = () => node.children.forEach((c) => this.writeControl(c))
      if (node.kind === 'repeat')
        this.writeRepeat(node, children)
      else children()
    })
  }

  // What is set when a repeat is added stands within it.
  writeRepeat(node, children) {
    this.out.inside('repeat', { nodeset: pathOf(node),
      'jr:count': node.row.repeat_count &&
        resolve(this.survey, node.row.repeat_count, node.parent) }, () => {
      children()
      for (const inner of this.survey.nodes)
        if (inner.repeat === node) this.writeSetvalue(inner)
    })
  }

  hasControl(node) {
    return node.kind === 'question' ? Boolean(node.control) :
      node.children.some((child) => this.hasControl(child))
  }

  print() {
    this.addTexts()
    const lists = this.findLists()
    const counted = this.entities.length > 0
    this.out.line('<?xml version="1.0" encoding="UTF-8"?>')
    this.out.inside('h:html', { ...NAMESPACES, ...(counted ? ENTITIES : {}) },
      () => {
        this.out.inside('h:head', {}, () => {
          this.out.text('h:title', {}, escape(this.settings.form_title))
          this.out.inside('model', { 'odk:xforms-version': '1.0.0',
            'entities:entities-version': counted ? '2025.1.0' : undefined },
          () => {
            this.writeTexts()
            this.writePrimary()
            this.writeSecondary(lists)
            this.writeBinds()
          })
        })
        this.out.inside('h:body', {}, () => {
          for (const node of this.survey.root.children)
            this.writeControl(node)
        })
      })
    return this.out.toString()
  }
}

// parts: { survey, choices, settings, entities }
export function printForm(parts) {
  return new Form(parts).print()
}
