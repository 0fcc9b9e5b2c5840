// table: a tab-separated file as rows, each knowing its place, so that every
// fault can be told with file and line.  The first line names the columns;
// lines that are empty or begin with # say nothing.

import { readFileSync } from 'node:fs'

export class TableError extends Error {}

export function fail(row, text) {
  throw new TableError(row ? `${row.file}:${row.line}: ${text}` : text)
}

// The rows of ${path}: { file, line, and a text for each column }.
export function readTable(path) {
  const file = path.split('/').slice(-2).join('/')
  const lines = readFileSync(path, 'utf8').split('\n')
  const columns = lines[0].split('\t')
  const rows = []
  lines.forEach((text, i) => {
    if (i === 0 || text === '' || text.startsWith('#')) return
    const row = { file, line: i + 1 }
    const cells = text.split('\t')
    if (cells.length > columns.length)
      fail(row, `${cells.length} cells under ${columns.length} columns`)
    columns.forEach((name, c) => { row[name] = (cells[c] ?? '').trim() })
    rows.push(row)
  })
  const twice = columns.find((name, i) => columns.indexOf(name) !== i)
  if (twice) fail({ file, line: 1 }, `column '${twice}' stands there twice`)
  return { file, columns, rows }
}

// Refuse a column that nobody reads: a misspelt one would be lost unseen.
export function checkColumns(table, known) {
  for (const column of table.columns)
    if (!known.some((k) => column === k || column.startsWith(`${k}::`)))
      fail({ file: table.file, line: 1 }, `there is no column '${column}'`)
}
