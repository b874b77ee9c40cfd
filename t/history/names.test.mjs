// The fault points and mutants are the same ones everywhere: in the table of base/fault.h, in the code, in the document, in the tests.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { mutants } from './mutants.mjs'
import { points } from './nemesis.mjs'

const root = fileURLToPath(new URL('../../', import.meta.url))
const folders = ['base', 'shm', 'store', 'auth', 'worker', 'writer', 'master', 'cli']
const read = (path) => readFileSync(root + path, 'utf8')
const code = folders.flatMap((folder) => readdirSync(root + folder).filter((name) => name.endsWith('.c')).map((name) => read(`${folder}/${name}`))).join('\n')

/** [name, what]… of a table in base/fault.h */
function table(macro) {
  const body = new RegExp(`#define ${macro}\\(X\\)(.*?)\\n\\n`, 's').exec(read('base/fault.h'))[1]
  return [...body.matchAll(/X\((\w+), "([^"]*)"\)/g)].map(([, name, what]) => [name, what])
}

const visited = (macro) => [...new Set([...code.matchAll(new RegExp(`\\b${macro}\\("(\\w+)"\\)`, 'g'))].map(([, name]) => name))].sort()
const names = (rows) => rows.map(([name]) => name).sort()

for (const [rows, macro] of [['FAULT_POINTS', 'FAULT'], ['FAULT_MUTANTS', 'FAULT_MUTANT']]) {
  test(`${rows}: what is in the table is in the code, and in the document`, () => {
    assert.ok(table(rows).length > 10)
    assert.deepEqual(visited(macro), names(table(rows)))
    for (const [name, what] of table(rows)) assert.ok(read('doc/reliability.md').includes(`\n| \`${name}\` | ${what} |\n`), `${name} in doc/reliability.md`)
  })
}

test('a campaign comes by every point but those of commands, and every mutant is tried', () => {
  const commands = ['backup_copied', 'restore_made', 'restore_retired', 'import_batch']
  assert.deepEqual([...points, ...commands].sort(), names(table('FAULT_POINTS')))
  assert.deepEqual(mutants.map(({ faults }) => faults.split('=')[0]).sort(), names(table('FAULT_MUTANTS')))
  for (const name of commands) assert.ok(readdirSync(root + 't').some((file) => file.endsWith('.sh') && read(`t/${file}`).includes(name)), `${name} in a script`)
})
