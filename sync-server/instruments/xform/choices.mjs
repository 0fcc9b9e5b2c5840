// choices: the code lists, shared by all forms of one instrument.

import { checkColumns, fail, readTable } from './table.mjs'

const COLUMNS = ['list_name', 'name', 'label', 'aliases', 'gone']

// Map of list name -> rows, in their order.
export function readChoices(path) {
  const table = readTable(path)
  checkColumns(table, COLUMNS)
  const lists = new Map()
  for (const row of table.rows) {
    if (!/^[a-z][a-z0-9_]*$/.test(row.list_name))
      fail(row, `'${row.list_name}' is no name of a list`)
    if (!/^[A-Za-z0-9_]+$/.test(row.name))
      fail(row, `'${row.name}' is no code`)
    const list = lists.get(row.list_name) ?? []
    if (list.some((c) => c.name === row.name))
      fail(row, `list '${row.list_name}' has code '${row.name}' twice`)
    lists.set(row.list_name, [...list, row])
  }
  return lists
}
