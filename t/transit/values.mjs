// Random Transit values of every type, their equality, and their projection to JSON as
// specified in doc/protocol.md, computed from the values.
//
// transit-js is loaded from www/.
import { createRequire } from 'node:module'

export const transit = createRequire(new URL('../../www/package.json', import.meta.url))('transit-js')

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

// Equality of value and type. transit.equals does not handle NaN and distinguishes
// objects from maps.
export function same(a, b) {
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

// The projection of a value to JSON.
export function project(x) {
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
  // Not {}: __proto__ must be an ordinary key.
  return Object.assign(Object.create(null), Object.fromEntries(entries.map(([key, value]) => [projectKey(key), project(value)])))
}

// mulberry32: small and portable.
export function random(seed) {
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
export const text = (r, most = 4) => Array.from({ length: r.below(most + 1) }, () => r.of(pieces)).join('')
const words = ['a', 'ab', 'abc', 'abcd', 'ns/name', 'completed', 'title', 'é€', '\ud83d\ude00', 'a"b']
const digits = (r, n) => Array.from({ length: n }, () => r.below(10)).join('').replace(/^0+(?=.)/, '')
const hex = (r, n) => Array.from({ length: n }, () => r.below(16).toString(16)).join('')
const sign = (r) => r.of(['', '-'])

export const scalars = [
  () => null,
  (r) => r.next() < 0.5,
  (r) => r.below(2000) - 1000,
  (r) => r.of([Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 0, -0, 2 ** 31, -(2 ** 31)]),
  // transit-js itself reads a key between 2^53 and 2^63 back as a long integer.
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
export const specials = [NaN, Infinity, -Infinity]

function scalar(r) {
  return r.next() < 0.03 ? r.of(specials) : r.of(scalars)(r)
}

// Keys with equal projections make the expected JSON ambiguous; another test covers
// them.
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

// transit-js fails on members with equal hashes, and on one whose hash is the name of a
// method of objects: of such members only the first is used, or none.
function setOf(members) {
  for (const some of [members, members.slice(0, 1)]) {
    try {
      return transit.set(some)
    } catch {}
  }
  return transit.set()
}

const list = (r, depth) => Array.from({ length: r.below(5) }, () => value(r, depth - 1))
const composites = [
  (r, depth) => list(r, depth),
  (r, depth) => map(r, depth),
  (r, depth) => Object.fromEntries(Array.from({ length: r.below(5) }, (_, i) => [`${r.of(words)}${i}`, value(r, depth - 1)])),
  (r, depth) => setOf(list(r, depth)),
  (r, depth) => transit.list(list(r, depth)),
  (r, depth) => transit.tagged(r.of(['point', 'ab', 'é~', 'my/tag']), value(r, depth - 1)),
  (r, depth) => transit.tagged('ints', list(r, depth)),
  (r) => transit.link({ href: transit.uri('http://example.org/'), rel: text(r), render: r.of(['image', 'link']) }),
]

export function value(r, depth) {
  return depth > 0 && r.next() < 0.5 ? r.of(composites)(r, depth) : scalar(r)
}
