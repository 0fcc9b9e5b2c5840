// instrument: a folder of tables -> the forms, the field list with its code
// lists, the rules compiled.  What is wrong anywhere stops it, with the place.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { readChoices } from './choices.mjs'
import { printForm, readEntities, readSettings } from './form.mjs'
import { readFields, checkSaved, printFields } from './fields.mjs'
import { compileRules, readRules } from './rules.mjs'
import { addRules } from './shadow.mjs'
import { readSurvey } from './survey.mjs'
import { fail } from './table.mjs'

function readForm(folder, form, choices) {
  const survey = readSurvey(join(folder, form.survey ?? form.folder,
    'survey.tsv'))
  const entities = form.counts ?
    readEntities(join(folder, form.folder, 'entities.tsv'), survey) : []
  const settings = readSettings(join(folder, form.folder, 'settings.tsv'))
  if (settings.form_id !== form.id)
    fail(settings, `form_id is not '${form.id}'`)
  return { ...form, survey, entities, settings, choices }
}

// { manifest, choices, fields, rules, forms }
export function readInstrument(folder) {
  const manifest = JSON.parse(readFileSync(join(folder, 'instrument.json'),
    'utf8'))
  const choices = readChoices(join(folder, manifest.choices))
  const fields = readFields(join(folder, manifest.fields), choices)
  const forms = manifest.forms.map((form) => readForm(folder, form, choices))
  for (const form of forms) checkSaved(form, fields)
  const rules = readRules(join(folder, manifest.rules))
  return { manifest, choices, fields, rules, forms }
}

// The files of the package, as { name: text }.  ${shadow}: the forms also
// work out every rule, for engines that know nothing of rules.
export function printInstrument(instrument, { shadow = false } = {}) {
  const { manifest, choices, fields, rules, forms } = instrument
  const files = {}
  for (const form of forms) files[`${form.id}.xml`] = printForm(form)
  const [main] = forms
  files['rules.json'] = compileRules(rules, main.survey, manifest)
  files['fields.json'] = printFields(fields, choices)
  if (shadow) {
    for (const form of forms)
      files[`${form.id}.shadow.xml`] = printForm({ ...form,
        survey: addRules(form.survey, form === main ? rules : [],
          form.prefill) })
    files[`${main.id}.record.xml`] = printForm({ ...main,
      survey: addRules(main.survey, rules, main.prefill, { asRecord: true }) })
  }
  return files
}
