// Short campaigns on two hosts that share a PostgreSQL database: one with all acts, in
// which every guarantee must hold, and one for each mutant, which must be detected.
//
// POCKETBOOK is a program built with --enable-faults. The long form is ./dev soak.
import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { campaign } from './campaign.mjs'
import { Cluster, findPrograms } from './cluster.mjs'
import { hostActs, hostMutants } from './host-acts.mjs'

const program = process.env.POCKETBOOK ?? './pocketbook'
const seed = Number(process.env.SEED ?? Date.now() % 1_000_000)
const seconds = Number(process.env.SECONDS ?? 20)
const skip = findPrograms() ? false : 'PostgreSQL is not installed'

test(`every promise holds on two hosts during ${Object.keys(hostActs).join(', ')} (SEED=${seed})`, { skip }, async (t) => {
  const { counts, acts: done, violations } = await campaign({ hosts: true, program, seed, seconds })
  t.diagnostic(JSON.stringify({ ...counts, ...done }))
  assert.deepEqual(violations, [])
  for (const name of ['acknowledged', 'conflicts', 'pulls', 'events', 'hints']) assert.ok(counts[name] > 0, name)
})

test(`an asynchronous failover resets what is beyond it (SEED=${seed})`, { skip }, async (t) => {
  const { counts, acts: done, violations } = await campaign({ hosts: true, program, seed, seconds: 30, names: ['promoteAsync'], enough: (all) => all.promoteAsync >= 1 })
  t.diagnostic(JSON.stringify({ ...counts, ...done }))
  assert.deepEqual(violations, [])
  assert.ok(done['losses that readers saw'] > 0)
})

test('commits on a server that takes over wait for a standby from its start', { skip }, async () => {
  const cluster = new Cluster(findPrograms())
  const namesOf = (server) => server.sql('SHOW synchronous_standby_names', 'postgres').out
  try {
    await cluster.open()
    assert.deepEqual([cluster.primary, cluster.standby].map(namesOf), ['*', '*'])
    await cluster.waitForNoStandby()
    assert.deepEqual([cluster.primary, cluster.standby].map(namesOf), ['', '*'])
    await cluster.promote()
    assert.deepEqual([cluster.primary, cluster.standby].map(namesOf), ['*', '*'])
  } finally {
    await cluster.close()
  }
})

test('an error at the start is told, and nothing is left behind', { skip }, async () => {
  const before = process.env.TMPDIR
  const folder = (process.env.TMPDIR = mkdtempSync(join(tmpdir(), 'pocketbook-start-')))
  chmodSync(folder, 0o755)
  try {
    await assert.rejects(campaign({ hosts: true, program: '/bin/false', seed }), /init ended with 1/)
    await assert.rejects(campaign({ hosts: true, program, seed, faults: 'commit=nonsense' }), /the server ended at its start/)
    assert.deepEqual(readdirSync(folder).filter((name) => !name.endsWith('.log')), [])
  } finally {
    if (before === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = before
    rmSync(folder, { recursive: true })
  }
})

for (const [mutant, { acts, kind }] of Object.entries(hostMutants)) {
  test(`it is noticed: ${mutant}`, { skip }, async () => {
    const { violations } = await campaign({ hosts: true, program, seed, seconds: 120, names: acts, mutant, patience: 6 })
    assert.ok(violations.some((violation) => kind.test(violation)), `${violations.length} violations, none of the kind: ${violations[0]}`)
  })
}
