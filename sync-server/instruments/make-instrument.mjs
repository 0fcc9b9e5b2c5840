// make-instrument: the tables of an instrument -> the files of its package.
//
//   node make-instrument.mjs FOLDER OUT [--shadow]
//
// --shadow: also a form that works out the rules, for tests.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { printInstrument, readInstrument } from './xform/instrument.mjs'
import { TableError } from './xform/table.mjs'

const [folder, out, ...options] = process.argv.slice(2)
if (!out || options.some((o) => o !== '--shadow')) {
  console.error('make-instrument.mjs FOLDER OUT [--shadow]')
  process.exit(2)
}
try {
  const files = printInstrument(readInstrument(folder),
    { shadow: options.includes('--shadow') })
  mkdirSync(out, { recursive: true })
  for (const [name, text] of Object.entries(files))
    writeFileSync(join(out, name), text)
} catch (error) {
  if (!(error instanceof TableError)) throw error
  console.error(error.message)
  process.exit(1)
}
