// Short campaigns: in one every guarantee must hold; in the others a mutant is active,
// and the checker must detect it.
//
// POCKETBOOK is a program built with --enable-faults.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bitRot } from './bit-rot.mjs'
import { campaign } from './campaign.mjs'
import { enterOwnMounts } from './mounts.mjs'
import { mutants } from './mutants.mjs'
import { failAll } from './memory.mjs'
import { acts, killedAt, points } from './nemesis.mjs'

enterOwnMounts()
const program = process.env.POCKETBOOK ?? './pocketbook'
const seed = Number(process.env.SEED ?? Date.now() % 1_000_000)

const seconds = Number(process.env.SECONDS ?? 10)
const all = Object.keys(acts)

/** One campaign with all acts; one without purges, so that ids are reused, and with the
 * database on a real disk. */
for (const names of [all, all.filter((name) => name !== 'purge' && name !== 'fillDisk')]) {
  test(`every promise holds during ${names.join(', ')} (SEED=${seed})`, async (t) => {
    const { counts, acts: done, violations } = await campaign({ program, seed, seconds, names, faultsBuilt: true })
    t.diagnostic(JSON.stringify({ ...counts, ...done }))
    assert.deepEqual(violations, [])
    for (const name of ['acknowledged', 'conflicts', 'pulls', 'events', 'hints', 'retries']) assert.ok(counts[name] > 0, name)
    assert.ok(Object.keys(done).length > 0)
  })
}

test(`every promise holds while processes are killed at each fault point (SEED=${seed})`, async (t) => {
  const left = (done) => points.filter((point) => !done[killedAt(point)])
  const { counts, acts: done, violations } = await campaign({
    program, seed, seconds: 300, names: ['killAt'], faultsBuilt: true, enough: (all) => left(all).length === 0,
  })
  t.diagnostic(JSON.stringify({ ...counts, ...done }))
  assert.deepEqual(violations, [])
  assert.deepEqual(left(done), [])
})

test(`every promise holds while allocations fail (SEED=${seed})`, async (t) => {
  const { counts, violations } = await failAll({ program, seed, seconds: 20 })
  t.diagnostic(JSON.stringify(counts))
  assert.deepEqual(violations, [])
  for (const [kind, { tried }] of Object.entries(counts)) assert.ok(tried > 0, kind)
})

test(`no damage of the files goes unnoticed (SEED=${seed})`, async (t) => {
  const { outcomes, violations } = await bitRot({ program, seed, seconds: 10 })
  t.diagnostic(JSON.stringify(outcomes))
  assert.deepEqual(violations, [])
})

for (const { faults, acts: names = [], kind } of mutants) {
  test(`it is noticed: ${faults}`, async () => {
    const { violations } = await campaign({ program, seed, seconds: 120, names, faults, patience: 4 })
    assert.ok(violations.some((violation) => kind.test(violation)), `${violations.length} violations, none of the kind: ${violations[0]}`)
  })
}
