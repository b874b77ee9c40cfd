// A short campaign in which every promise must hold; and the same with the server made to do one wrong thing, which must be noticed.
//
// POCKETBOOK names a program built with --enable-faults.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { campaign } from './campaign.mjs'

const program = process.env.POCKETBOOK ?? './pocketbook'
const seed = Number(process.env.SEED ?? Date.now() % 1_000_000)

test(`every promise holds while processes are killed and frozen (SEED=${seed})`, async (t) => {
  const { counts, acts, violations } = await campaign({ program, seed, seconds: 12, faultsBuilt: true })
  t.diagnostic(JSON.stringify({ ...counts, ...acts }))
  assert.deepEqual(violations, [])
  for (const name of ['acknowledged', 'conflicts', 'pulls', 'events', 'hints', 'retries']) assert.ok(counts[name] > 0, name)
  assert.ok(Object.keys(acts).length > 0)
})

for (const [faults, kind] of Object.entries({
  'commit_left_out=wrong@50': /was lost|missed|two writes/,
  'stale_applied=wrong@50': /stale write was applied/,
  'op_forgotten=wrong@2': /conflicts with itself|one write in two versions|stale/,
  'version_skipped=wrong@50': /nobody wrote|stale/,
  'atomic_ignored=wrong@5': /half of an atomic push/,
  'cursor_ahead=wrong@5': /missed/,
  'hints_dropped=wrong@2': /a stream missed a change/,
  'page_dropped=wrong@10': /a stream missed a change/,
  'resume_forgotten=wrong': /a stream missed a change/,
})) {
  test(`it is noticed: ${faults}`, async () => {
    const { violations } = await campaign({ program, seed, seconds: 30, names: [], faults, patience: 4 })
    assert.ok(violations.some((violation) => kind.test(violation)), `${violations.length} violations, none of the kind: ${violations[0]}`)
  })
}
