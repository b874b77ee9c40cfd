// Tests each rule of the checker: a small history that violates it must be detected,
// and the corrected history must not.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DAMAGED, DELETED, History, Replica } from './history.mjs'
import { Invitation, Joins } from './joins.mjs'
import { Key, Keyring } from './tokens.mjs'

const edit = (id, base, tag, more = {}) => ({ id, base, tag, op: tag, deleted: false, ...more })
const deletion = (id, base) => edit(id, base, DELETED, { deleted: true })
const database = (...docs) => new Map(docs.map(([id, version, tag]) => [id, { version, tag }]))
const page = (...docs) => ({ docs: docs.map(([id, version, tag]) => (tag === DELETED ? { id, version, deleted: true } : { id, version, value: { tag } })), more: false })

/** A request with a token that may write `a` and read `b`. `before` is done before it
 * begins, `during` before it is answered. */
function request(history, status, { before, during, names = ['a'], write = false } = {}) {
  const clock = { wall: 1000, wallSteps: 0 }
  const keyring = new Keyring(history, clock)
  const key = keyring.add(Key.mint('a token', [{ group: 'a', write: true }, { group: 'b', write: false }]))
  keyring.begin(key)
  before?.(keyring, key, clock)
  const ticket = keyring.ask(key, { write, names })
  during?.(keyring, key, clock)
  keyring.judge(ticket, status)
}
const tryEnd = (keyring, key) => keyring.tryEnd(key)
const expire = (at) => (keyring, key, clock) => {
  keyring.tryEnd(key, 1010)
  keyring.end(key, 1010)
  clock.wall = at
}
function end(keyring, key) {
  keyring.tryEnd(key)
  keyring.end(key)
}

/** An invitation by which `count` people have joined; `more(joins, invitation)` goes
 * on. */
function joined(history, { uses = 2, count = 1 }, more) {
  const joins = new Joins(history)
  const invitation = joins.add(new Invitation('pbi_1_secret', ['a'], uses))
  for (let n = 1; n <= count; n++) {
    joins.begin(invitation)
    joins.answer(invitation, `member ${n}`, `pbk_t${n}_secret`)
  }
  more(joins, invitation)
}
/** The same, compared with what is listed. */
const listed = (history, { used, tokens, ended = [], ...had }, before = () => undefined) => joined(history, had, (joins, invitation) => {
  before(joins, invitation)
  joins.judge([{ id: '1', used }], tokens.map((id) => ({ id })), (token) => ended.includes(token))
})

/** name → [the kind of violation, a history with it, the same history without it] */
const rules = {
  'an acknowledged write that is not in the database': ['a write was lost', (h, wrong) => {
    h.acknowledge(edit('a:1', 0, 'x'), 1)
    h.conclude(wrong ? database() : database(['a:1', 1, 'x']))
  }],
  'one that an older one replaces': ['a write was lost', (h, wrong) => {
    h.acknowledge(edit('a:1', 0, 'x'), 1)
    h.acknowledge(edit('a:1', 1, 'y'), 2)
    h.conclude(database(wrong ? ['a:1', 1, 'x'] : ['a:1', 2, 'y']))
  }],
  'another one in its place': ['two writes in one version', (h, wrong) => {
    h.acknowledge(edit('a:1', 0, 'x'), 1)
    h.conclude(database(['a:1', 1, wrong ? 'y' : 'x']))
  }],
  'a former version that is missing': ['a version is missing in a history', (h, wrong) => {
    h.acknowledge(edit('a:1', 0, 'x'), 1)
    h.acknowledge(edit('a:1', 1, 'y'), 2)
    h.judgeVersions('a:1', 2, [{ version: 2, value: { tag: 'y' } }, ...(wrong ? [] : [{ version: 1, value: { tag: 'x' } }])])
  }],
  'a former version of another write': ['two writes in one version', (h, wrong) => {
    h.acknowledge(edit('a:1', 0, 'x'), 1)
    h.acknowledge(edit('a:1', 1, 'y'), 2)
    h.judgeVersions('a:1', 2, [{ version: 2, value: { tag: 'y' } }, { version: 1, value: { tag: wrong ? 'z' : 'x' } }])
  }],
  'one write twice': ['one write in two versions', (h, wrong) => {
    h.acknowledge(edit('a:1', 0, 'x'), 1)
    h.conclude(database(['a:1', 2, wrong ? 'x' : 'y']))
    h.violations = h.violations.filter((violation) => !violation.startsWith('versions that nobody wrote'))
  }],
  'one write twice, the first one damaged': ['one write in two versions', (h, wrong) => {
    h.acknowledge(edit('a:1', 0, 'x'), 1)
    h.lose(edit('a:1', 1, 'y'))
    h.see('a:1', 2, 'y', 'a pull')
    if (!wrong) h.damage('a:1', 2)
    h.resend([edit('a:1', 1, 'y')])
    h.see('a:1', 3, 'y', 'a pull')
    h.conclude(database(['a:1', 3, 'y']))
  }],
  'a write on a damaged one': ['a stale write was applied', (h, wrong) => {
    h.damage('a:1', wrong ? 2 : 3)
    h.acknowledge(edit('a:1', 2, 'x'), 4)
  }],
  'a version that nobody wrote': ['versions that nobody wrote', (h, wrong) => {
    h.acknowledge(edit('a:1', 0, 'x'), 1)
    if (!wrong) h.lose(edit('a:1', 1, 'y'))
    h.see('a:1', 3, 'z', 'a pull')
    h.conclude(database(['a:1', 3, 'z']))
  }],
  'a skipped write that was there': ['a skipped write is there', (h, wrong) => {
    h.acknowledge(edit('a:1', 2, 'x'), 3)
    if (wrong) h.skip(edit('a:1', 2, 'x'))
    h.conclude(database(['a:1', 3, 'x']))
    h.violations = h.violations.filter((violation) => !violation.startsWith('versions that nobody wrote'))
  }],
  'a skipped write that is in the database': ['a skipped write is there', (h, wrong) => {
    h.skip(edit('a:1', 0, 'x'))
    h.acknowledge(edit('a:1', 0, 'y'), 1)
    if (wrong) h.lose(edit('a:1', 1, 'x'))
    h.conclude(wrong ? database(['a:1', 2, 'x']) : database(['a:1', 1, 'y']))
  }],
  'a stale write': ['a stale write was applied', (h, wrong) => h.acknowledge(edit('a:1', 2, 'x'), wrong ? 5 : 3)],
  'a version that falls': ['a version fell', (h, wrong) => {
    const replica = new Replica(h, 'a', 'a reader')
    replica.take(page(['a:1', 2, 'y']))
    replica.take(wrong ? page(['a:1', 1, 'x']) : { ...page(['a:1', 1, 'x']), reset: true })
  }],
  'a pull that leaves a write out': ['a pull missed a write', (h, wrong) => {
    const replica = new Replica(h, 'a', 'a reader')
    replica.take(page(['a:1', 1, 'x']))
    h.acknowledge(edit('a:1', 1, 'y'), 2)
    const expected = h.expected('a')
    replica.take(wrong ? page() : page(['a:1', 2, 'y']))
    replica.require(expected)
  }],
  'a first pull that leaves a document out': ['a pull missed a write', (h, wrong) => {
    h.acknowledge(edit('a:1', 0, 'x'), 1)
    new Replica(h, 'a', 'a reader').require(h.expected('a'))
    if (!wrong) h.acknowledge(deletion('a:1', 1), 2)
    h.conclude(database(['a:1', wrong ? 1 : 2, wrong ? 'x' : DELETED]))
  }],
  'a first pull that leaves out what may have been deleted and made anew': ['a pull missed a write', (h, wrong) => {
    h.acknowledge(edit('a:1', 0, 'x'), 1)
    new Replica(h, 'a', 'a reader').require(h.expected('a'))
    h.lose(wrong ? edit('a:1', 1, 'y') : deletion('a:1', 1))
    h.see('a:1', 3, 'z', 'a pull')
    h.conclude(database(['a:1', 3, 'z']))
  }],
  'a document of another group': ['a document of another group', (h, wrong) => new Replica(h, 'a', 'a reader').take(page([wrong ? 'b:1' : 'a:1', 1, 'x']))],
  'a backup that lacks a write': ['a backup misses a write', (h, wrong) => {
    h.acknowledge(edit('a:1', 0, 'x'), 1)
    h.checkBackup([...h.acked], wrong ? database() : database(['a:1', 1, 'x']))
  }],
  'a backup of an older state': ['a backup misses a write', (h, wrong) => {
    h.acknowledge(edit('a:1', 0, 'x'), 1)
    h.acknowledge(edit('a:1', 1, 'y'), 2)
    h.checkBackup([...h.acked], wrong ? database(['a:1', 1, 'x']) : database(['a:1', 2, 'y']))
  }],
  'a purge of a living document': ['a write was lost', (h, wrong) => {
    h.purges++
    h.acknowledge(edit('a:1', 0, 'x'), 1)
    if (!wrong) {
      h.tryDeletion('a:1')
      h.acknowledge(deletion('a:1', 1), 2)
    }
    h.conclude(database())
  }],
  'a document that is gone, and nobody purged': ['a write was lost', (h, wrong) => {
    h.purges = wrong ? 0 : 1
    h.tryDeletion('a:1')
    h.acknowledge(edit('a:1', 0, 'x'), 1)
    h.acknowledge(deletion('a:1', 1), 2)
    h.conclude(database())
  }],
  'one that is gone after a deletion that was refused': ['a write was lost', (h, wrong) => {
    h.purges++
    h.tryDeletion('a:1')
    h.acknowledge(edit('a:1', 0, 'x'), 1)
    if (wrong) h.refuseDeletion('a:1')
    else h.lose(deletion('a:1', 1))
    h.conclude(database())
  }],
  'a former version that changed by itself': ['the file', (h, wrong) => {
    h.damage('a:1', 2)
    h.judgeCheck('the file', { status: 1, out: `a:1: its former version ${wrong ? 1 : 2} has changed since it was written\npocketbook: x: 1 fault found\n`, err: '' })
  }],
  'a damaged document that is not': ['a healthy document is reported as damaged', (h, wrong) => {
    h.damage('a:1', 2)
    h.see('a:1', wrong ? 1 : 2, DAMAGED, 'a pull')
  }],
  'a damaged one that is left out': ['a pull missed a write', (h, wrong) => {
    const replica = new Replica(h, 'a', 'a reader')
    replica.take(page(['a:1', 1, 'x']))
    h.acknowledge(edit('a:1', 1, 'y'), 2)
    h.damage('a:1', 2)
    replica.take(wrong ? page() : { docs: [{ id: 'a:1', version: 2, damaged: true }], more: false })
    replica.require(h.expected('a'))
  }],
  'a request that begins after the revocation of its token': ['a token is accepted after its end', (h, wrong) => request(h, wrong ? 200 : 401, { before: end })],
  'one that begins after it and is forbidden': ['a token is accepted after its end', (h, wrong) => request(h, 403, { ...(wrong ? { before: end } : { during: end }), names: ['c'] })],
  'one that begins after the time of its token': ['a token is accepted after its end', (h, wrong) => request(h, 200, { before: expire(wrong ? 1011 : 1010) })],
  'a valid token that is refused': ['a valid token is refused', (h, wrong) => request(h, 401, { during: wrong ? undefined : tryEnd })],
  'one that is refused before its time': ['a valid token is refused', (h, wrong) => request(h, 401, { before: expire(wrong ? 1008 : 1009) })],
  'one that is not examined': ['a valid token is refused', (h, wrong) => request(h, wrong ? 429 : 503)],
  'a group that the token does not have': ['a token goes beyond its groups', (h, wrong) => request(h, 200, { names: [wrong ? 'ab' : 'a:b'] })],
  'a write in a group that it may read': ['a token goes beyond its groups', (h, wrong) => request(h, 200, { names: ['b:1'], write: wrong })],
  'a group that the token has': ['a token lacks one of its groups', (h, wrong) => request(h, 403, { names: [wrong ? 'b' : 'c'] })],
  'a count that is not kept': ['a tally is wrong', (h, wrong) => h.judgeTally(wrong ? 1 : 2, 2, 2)],
  'more documents than allowed': ['a quota is exceeded', (h, wrong) => h.judgeTally(3, wrong ? 2 : 3, 3)],
  'a join whose token is not listed': ['a join was lost', (h, wrong) => listed(h, { used: 1, tokens: wrong ? [] : ['t1'] })],
  'one that nobody revoked': ['a join was lost', (h, wrong) => listed(h, { used: 1, tokens: [], ended: wrong ? [] : ['pbk_t1_secret'] })],
  'a join that is not counted': ['a join is not counted once', (h, wrong) => listed(h, { used: wrong ? 0 : 1, tokens: ['t1'] })],
  'one that is counted twice': ['a join is not counted once', (h, wrong) => listed(h, { used: wrong ? 2 : 1, tokens: ['t1'] })],
  'more than those that may have joined': ['a join is not counted once', (h, wrong) => listed(h, { used: wrong ? 3 : 2, uses: 3, tokens: ['t1'] }, (joins, invitation) => {
    joins.begin(invitation)
    joins.lose(invitation)
  })],
  'more joins than uses': ['an invitation is used too often', (h, wrong) => joined(h, { count: wrong ? 3 : 2 }, () => undefined)],
  'another token for the same join': ['a repeated join gets another token', (h, wrong) => joined(h, {}, (joins, invitation) => joins.answer(invitation, 'member 1', wrong ? 'pbk_other_secret' : 'pbk_t1_secret'))],
  'a use that is refused': ['an invitation refuses a use that is left', (h, wrong) => joined(h, { count: wrong ? 1 : 2 }, (joins, invitation) => {
    joins.begin(invitation)
    joins.refuse(invitation, 'member 3')
  })],
  'one that another join may have taken': ['an invitation refuses a use that is left', (h, wrong) => joined(h, {}, (joins, invitation) => {
    joins.begin(invitation)
    if (!wrong) joins.begin(invitation)
    joins.refuse(invitation, 'member 2')
  })],
  'a join that is refused when it is sent again': ['a join was lost', (h, wrong) => joined(h, { uses: 1 }, (joins, invitation) => {
    joins.begin(invitation)
    joins.refuse(invitation, wrong ? 'member 1' : 'member 2')
  })],
  'a conflict that knows of nothing': ['a write was lost', (h, wrong) => {
    if (wrong) h.acknowledge(edit('a:1', 0, 'x'), 1)
    h.miss('a:1', 'a conflict')
  }],
}

for (const [name, [kind, act]] of Object.entries(rules)) {
  test(name, () => {
    for (const wrong of [true, false]) {
      const history = new History()
      act(history, wrong)
      assert.deepEqual([...new Set(history.violations.map((violation) => violation.split(':')[0]))], wrong ? [kind] : [])
    }
  })
}

test('a stream outlives its token until it is closed', () => {
  const keyring = new Keyring(new History(), { wall: 1000, wallSteps: 0 })
  const key = keyring.add(Key.mint('a token', []))
  const closed = keyring.opened(key, { names: ['a'] })
  assert.equal(keyring.outlived().length, 0)
  end(keyring, key)
  assert.equal(keyring.outlived().length, 1)
  closed()
  assert.equal(keyring.outlived().length, 0)
})

test('a reader that holds what is gone, or is behind, differs from the database; one that holds a tombstone of it does not', () => {
  const replica = new Replica(new History(), 'a', 'a reader')
  replica.take(page(['a:1', 1, 'x'], ['a:2', 2, DELETED], ['a:3', 1, 'z']))
  assert.deepEqual(replica.differences(database(['a:1', 1, 'x'], ['a:3', 1, 'z'])), [])
  assert.deepEqual(replica.differences(database(['a:1', 2, 'y'])), ['a:1: 1, not 2', 'a:3: 1, which is gone'])
  assert.deepEqual(replica.differences(database(['a:1', 1, 'x'], ['a:3', 1, 'z'], ['a:4', 1, 'new'], ['a:5', 2, DELETED])), ['a:4: nothing, not 1'])
})

test('a new document may be made twice where its push was sent again and a deletion came between', () => {
  for (const again of [true, false]) {
    const history = new History()
    if (again) history.resend([edit('a:1', 0, 'x')])
    history.see('a:1', 1, 'x', 'a pull')
    history.see('a:1', 2, DELETED, 'a pull')
    history.see('a:1', 3, 'x', 'a pull')
    assert.equal(history.violations.length, again ? 0 : 1)
  }
})

test('what is seen again and again hides no other violation', () => {
  const history = new History()
  for (let n = 0; n < 1000; n++) history.violate('a kind', `${n}`)
  history.violate('another one', 'once')
  assert.equal(history.violations.filter((violation) => violation.startsWith('a kind: ')).length, 5)
  assert.deepEqual(history.violations.slice(5), ['another one: once'])
})
