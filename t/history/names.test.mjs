// The names of fault points and mutants agree in the code, in the tables of
// doc/reliability.md, and in the tests that use them.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { hostMutants } from './host-acts.mjs'
import { mutants } from './mutants.mjs'
import { points } from './nemesis.mjs'

const root = fileURLToPath(new URL('../../', import.meta.url))
const folders = ['base', 'shm', 'store', 'auth', 'worker', 'writer', 'master', 'cli']
const read = (path) => readFileSync(root + path, 'utf8')
const sources = folders.flatMap((folder) => readdirSync(root + folder, { recursive: true }).map((name) => `${folder}/${name}`))
const code = sources.filter((path) => path.endsWith('.c')).map(read).join('\n')
const reliability = read('doc/reliability.md')

/** The names in the table below this heading of doc/reliability.md. */
function documented(heading) {
  const section = reliability.split(`\n### ${heading}\n`)[1].split(/\n##/)[0]
  return [...section.matchAll(/^\| `(\w+)` \| \S.* \|$/gm)].map(([, name]) => name).sort()
}

const visited = (macro) => [...new Set([...code.matchAll(new RegExp(`\\b${macro}\\("(\\w+)"\\)`, 'g'))].map(([, name]) => name))].sort()

for (const [heading, macro] of [['Fault points', 'FAULT'], ['Mutants', 'FAULT_MUTANT']]) {
  test(`${heading}: the code and doc/reliability.md have the same names`, () => {
    assert.ok(visited(macro).length > 10)
    assert.deepEqual(documented(heading), visited(macro))
  })
}

test('a campaign visits every point except those of commands, and tries every mutant', () => {
  const commands = ['backup_copied', 'restore_verified', 'restore_made', 'restore_retired', 'import_batch', 'copy_made', 'tail_renamed', 'tail_put']
  assert.deepEqual([...points, ...commands].sort(), visited('FAULT'))
  const tried = [...mutants, ...Object.values(hostMutants)].flatMap(({ faults }) => (faults ? [faults.split('=')[0]] : []))
  assert.deepEqual(tried.sort(), visited('FAULT_MUTANT'))
  for (const name of commands) assert.ok(readdirSync(root + 't').some((file) => file.endsWith('.sh') && read(`t/${file}`).includes(name)), `${name} in a script`)
})
