// What transit-js writes, in both modes, goes through the transcoder and is read back equal by transit-js; and its projection is the
// JSON that doc/protocol.md promises, worked out here from the values alone.
//
// TRANSCODE names the program (default ./t/transit/transcode). transit-js is looked for in www/.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { test } from 'node:test'

const require = createRequire(new URL('../../www/package.json', import.meta.url))
const transit = require('transit-js')
const program = process.env.TRANSCODE ?? './t/transit/transcode'

// Lines [mode, message] in; [status, canonical or reason, projection] out.
function transcode(lines) {
  const input = lines.map(([mode, message]) => `${mode} ${message}\n`).join('')
  const run = spawnSync(program, { input, encoding: 'utf8', maxBuffer: 1 << 30 })
  assert.equal(run.error, undefined)
  assert.equal(run.status, 0, run.stderr)
  const answers = run.stdout.split('\n').slice(0, -1).map((line) => line.split('\t'))
  assert.equal(answers.length, lines.length)
  return answers
}

const isTagged = (x) => transit.isTaggedValue(x)
const isMapLike = (x) => transit.isMap(x) || Object.getPrototypeOf(x) === Object.prototype
const entriesOf = (map) => {
  const entries = []
  if (transit.isMap(map)) map.forEach((value, key) => entries.push([key, value]))
  else for (const key of Object.keys(map)) entries.push([key, map[key]])
  return entries
}
const membersOf = (set) => {
  const members = []
  set.forEach((member) => members.push(member))
  return members
}

// Equal in value and type. transit.equals does not know NaN, and calls a JavaScript object unlike a map.
function same(a, b) {
  if (a === null || typeof a !== 'object') return Object.is(a, b) || (a === 0 && b === 0)
  if (b === null || typeof b !== 'object') return false
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((x, i) => same(x, b[i]))
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0
  if (isTagged(a)) return isTagged(b) && a.tag === b.tag && same(a.rep, b.rep)
  if (transit.isSet(a)) return transit.isSet(b) && sameMembers(membersOf(a), membersOf(b))
  if (isMapLike(a)) return isMapLike(b) && sameMembers(entriesOf(a), entriesOf(b))
  return a.constructor === b.constructor && transit.equals(a, b)
}

function sameMembers(a, b) {
  if (a.length !== b.length) return false
  const left = [...b]
  return a.every((x) => {
    const found = left.findIndex((y) => same(x, y))
    if (found >= 0) left.splice(found, 1)
    return found >= 0
  })
}

// The nearest JSON of a value.
function project(x) {
  if (typeof x === 'number') return Number.isFinite(x) ? x : null
  if (x === null || typeof x !== 'object') return x
  if (Array.isArray(x)) return x.map(project)
  if (x instanceof Uint8Array) return Buffer.from(x).toString('base64')
  if (x instanceof Date) return x.toISOString()
  if (transit.isKeyword(x)) return x.toString().slice(1)
  if (transit.isSet(x)) return membersOf(x).map(project)
  if (isTagged(x)) return projectTagged(x)
  if (isMapLike(x)) return projectMap(entriesOf(x))
  return x.toString() // symbols, UUIDs, long integers
}

function projectTagged({ tag, rep }) {
  return ['r', 'n', 'f', 'c', 'list', 'link', 'ints'].includes(tag) ? project(rep) : { tag, rep: project(rep) }
}

const isComposite = (key) => key !== null && typeof key === 'object' && !(key instanceof Uint8Array) &&
  (Array.isArray(key) || transit.isSet(key) || (isTagged(key) ? key.tag.length > 1 : isMapLike(key)))
const projectKey = (key) => {
  if (isTagged(key) && key.tag.length === 1 && !'rnfc'.includes(key.tag)) return `~${key.tag}${key.rep}`
  return typeof key === 'number' ? String(key).replace('Infinity', 'INF') : String(project(key))
}
function projectMap(entries) {
  if (entries.some(([key]) => isComposite(key))) return entries.map(([key, value]) => [project(key), project(value)])
  // Not {}: __proto__ is a key like any other.
  return Object.assign(Object.create(null), Object.fromEntries(entries.map(([key, value]) => [projectKey(key), project(value)])))
}

function check(values, mode, docs = false) {
  const writer = transit.writer(mode)
  const messages = values.map((value) => writer.write(value))
  const answers = transcode(messages.map((message) => [docs ? 'docs' : 'transit', message]))
  const reader = transit.reader('json')
  answers.forEach(([status, canonical, projection], i) => {
    const told = `case ${i}: ${messages[i]} became ${canonical}`
    assert.equal(status, 'ok', told)
    assert.doesNotMatch(canonical, /(?<!\\)"\^/, told)
    assert.ok(same(values[i], reader.read(canonical)), told)
    // By way of JSON once more: -0 and the order of keys are nothing to it.
    const [got, expected] = [JSON.parse(projection), JSON.parse(JSON.stringify(project(values[i])))]
    assert.deepEqual(got, expected, `${told} and ${projection}`)
  })
}

// mulberry32: small, and the same everywhere.
function random(seed) {
  const next = () => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (n) => Math.floor(next() * n)
  return { below, of: (list) => list[below(list.length)], next }
}

const pieces = ['a', 'name', 'title', ' ', '~', '^', '`', '#', '^ ', '~#set', '^0', '"', '\\', '/', '\n', '\t', '\u0000', '\u001f', '\u007f',
  'é', '€', '\ud83d\ude00', '\u2028', 'x'.repeat(40), '__proto__', '1', ':', '$']
const text = (r, most = 4) => Array.from({ length: r.below(most + 1) }, () => r.of(pieces)).join('')
const words = ['a', 'ab', 'abc', 'abcd', 'ns/name', 'completed', 'title', 'é€', '\ud83d\ude00', 'a"b']
const digits = (r, n) => Array.from({ length: n }, () => r.below(10)).join('').replace(/^0+(?=.)/, '')
const hex = (r, n) => Array.from({ length: n }, () => r.below(16).toString(16)).join('')
const sign = (r) => r.of(['', '-'])

const scalars = [
  () => null,
  (r) => r.next() < 0.5,
  (r) => r.below(2000) - 1000,
  (r) => r.of([Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 0, -0, 2 ** 31, -(2 ** 31)]),
  // As a key transit-js itself reads a number between 2^53 and 2^63 back as a long integer.
  (r) => (r.next() - 0.5) * 10 ** (r.below(35) - 20),
  (r) => r.of([1e21, 1e-7, 1.5, Number.MAX_VALUE, Number.MIN_VALUE]),
  (r) => text(r),
  (r) => r.of(words),
  (r) => transit.keyword(r.of(words)),
  (r) => transit.symbol(r.of(words)),
  (r) => transit.integer(`${sign(r)}9${digits(r, 17).padStart(17, '1')}`),
  (r) => transit.integer(r.of(['9223372036854775807', '-9223372036854775808', '9007199254740993', '-9007199254740993'])),
  (r) => transit.bigInt(sign(r) + digits(r, 1 + r.below(40))),
  (r) => transit.bigDec(`${sign(r)}${digits(r, 1 + r.below(20))}.${digits(r, 3)}1${r.of(['', 'E10', 'E-7'])}`),
  (r) => new Date(Math.floor((r.next() - 0.2) * 1e13)),
  (r) => transit.uuid(`${hex(r, 8)}-${hex(r, 4)}-${hex(r, 4)}-${hex(r, 4)}-${hex(r, 12)}`),
  (r) => transit.uri(`http://example.org/${text(r)}`),
  (r) => Buffer.from(Array.from({ length: r.below(20) }, () => r.below(256))),
  (r) => transit.tagged(r.of(['X', 'Q', '%', 'é', '"']), text(r)),
]
const specials = [NaN, Infinity, -Infinity]

function scalar(r) {
  return r.next() < 0.03 ? r.of(specials) : r.of(scalars)(r)
}

// Keys whose projections could be equal make the expected JSON ambiguous; they have a test of their own.
function key(r, i, depth) {
  const plain = [
    () => `${text(r)}${i}`, () => transit.keyword(`${r.of(words)}${i}`), () => transit.symbol(`${r.of(words)}.${i}`), () => i * 1000 + 7,
    () => i + 0.25, () => new Date(i * 86400000), () => transit.uuid(`${hex(r, 8)}-0000-4000-8000-00000000000${i % 10}`),
    () => transit.tagged('X', `${text(r)}${i}`), () => transit.uri(`urn:x:${i}`), () => transit.bigInt(`9${i}000000000000000000000`),
    () => transit.integer(`90071992547409${i % 10}${r.below(9)}000`), () => Buffer.from([1, 2, 3, i]),
    () => (i === 0 ? null : i === 1 ? true : i === 2 ? false : `k${i}`),
  ]
  return r.next() < 0.08 ? value(r, Math.min(depth, 2)) : r.of(plain)()
}

function map(r, depth) {
  const made = transit.map()
  for (let i = r.below(6); i > 0; i--) made.set(key(r, i - 1, depth - 1), value(r, depth - 1))
  return made
}

const list = (r, depth) => Array.from({ length: r.below(5) }, () => value(r, depth - 1))
const composites = [
  (r, depth) => list(r, depth),
  (r, depth) => map(r, depth),
  (r, depth) => Object.fromEntries(Array.from({ length: r.below(5) }, (_, i) => [`${r.of(words)}${i}`, value(r, depth - 1)])),
  (r, depth) => transit.set(list(r, depth)),
  (r, depth) => transit.list(list(r, depth)),
  (r, depth) => transit.tagged(r.of(['point', 'ab', 'é~', 'my/tag']), value(r, depth - 1)),
  (r, depth) => transit.tagged('ints', list(r, depth)),
  (r) => transit.link({ href: transit.uri('http://example.org/'), rel: text(r), render: r.of(['image', 'link']) }),
]

function value(r, depth) {
  return depth > 0 && r.next() < 0.5 ? r.of(composites)(r, depth) : scalar(r)
}

for (const mode of ['json', 'json-verbose']) {
  test(`every scalar comes back equal, alone and in a container (${mode})`, () => {
    const r = random(1)
    const alone = [...scalars.flatMap((make) => Array.from({ length: 20 }, () => make(r))), ...specials]
    check(alone, mode)
    check(alone.map((x) => [x]), mode)
    check(alone.map((x) => transit.map(['a key', x])), mode)
    check(alone.map((x) => transit.set([x])), mode)
  })

  test(`every scalar comes back equal as a key (${mode})`, () => {
    const r = random(2)
    check(scalars.flatMap((make) => Array.from({ length: 20 }, () => transit.map([make(r), 1, [2], 3]))), mode)
  })

  test(`random values of every type come back equal (${mode})`, () => {
    const r = random(3)
    check(Array.from({ length: 6000 }, () => value(r, 6)), mode)
  })

  test(`codes reach across documents that are taken one by one (${mode})`, () => {
    const r = random(4)
    check(Array.from({ length: 200 }, () => Array.from({ length: 2 + r.below(30) }, () => value(r, 3))), mode, true)
  })

  test(`the cache begins anew after 1936 entries (${mode})`, () => {
    const r = random(5)
    const pool = Array.from({ length: 3000 }, (_, i) => transit.keyword(`keyword${i}`))
    check(Array.from({ length: 20 }, (_, n) => Array.from({ length: 300 * n }, () => r.of(pool))), mode)
    check(Array.from({ length: 4 }, (_, i) => {
      const keys = Array.from({ length: 1934 + i }, (_, k) => `key ${k}`)
      return [...keys, ...keys.reverse()].map((k) => transit.map([k, transit.symbol('symbol')]))
    }), mode)
  })
}

test('keys whose projections are equal stay apart in Transit', () => {
  const value = transit.map(['a', 1, transit.keyword('a'), 2, transit.symbol('a'), 3, '1', 4, 1, 5, transit.bigInt('1'), 6])
  for (const mode of ['json', 'json-verbose']) {
    const [[, canonical]] = transcode([['transit', transit.writer(mode).write(value)]])
    assert.ok(same(value, transit.reader('json').read(canonical)), canonical)
  }
})

test('tags instead of strings are read too', () => {
  const values = [new Date(1234567890123), transit.map([new Date(5), [new Date(-5)]])]
  const writer = transit.writer('json', { preferStrings: false })
  for (const value of values) {
    const [[status, canonical]] = transcode([['transit', writer.write(value)]])
    assert.equal(status, 'ok', canonical)
    assert.ok(same(value, transit.reader('json').read(canonical)), canonical)
  }
})

test('plain JSON comes back to a Transit reader as itself, and to a JSON reader byte for byte', () => {
  const r = random(6)
  const json = (depth) => {
    const what = r.below(depth > 0 ? 7 : 5)
    if (what === 0) return r.of([null, true, false])
    if (what < 3) return r.of([r.below(100), r.next(), 1e300, -5])
    if (what < 5) return text(r)
    if (what === 5) return Array.from({ length: r.below(5) }, () => json(depth - 1))
    return Object.fromEntries(Array.from({ length: r.below(5) }, (_, i) => [text(r) + r.of(['', `k${i}`]), json(depth - 1)]))
  }
  const values = Array.from({ length: 3000 }, () => json(5))
  const answers = transcode(values.map((x) => ['json', JSON.stringify(x)]))
  answers.forEach(([status, canonical, projection], i) => {
    assert.equal(status, 'ok', canonical)
    assert.equal(projection, JSON.stringify(values[i]))
    assert.ok(same(values[i], transit.reader('json').read(canonical)), canonical)
  })
})
