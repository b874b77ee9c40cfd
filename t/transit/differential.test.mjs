// Compares the transcoder with transit-js and JSON.parse on valid and mutated messages.
// An accepted message must have the same meaning for both, and its canonical form must
// be a fixed point; a rejected message must be rejected by the others too, or for a
// reason listed in transit/transit.h. The cases in which transit-js is wrong are listed
// below.
//
// TRANSCODE is the program (default ./t/transit/transcode), CASES the number of
// messages of each kind (default 4000), SEED their seed (default 1). The same seed and
// number yield the same messages everywhere.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mutateText, mutateTree } from './mutate.mjs'
import { transcode } from './transcode.mjs'
import { random, same, transit, value } from './values.mjs'

const cases = Number(process.env.CASES ?? 4000)
const seed = Number(process.env.SEED ?? 1)
const BATCH = 4000

// ---- Valid JSON that may be rejected ----

const isInt64 = (digits) => /^-?(0|[1-9]\d*)$/.test(digits) && BigInt.asIntN(64, BigInt(digits)) === BigInt(digits)
const isNumber = (text) => /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(text)
// The grammar of RFC 3339, section 5.6, without second 60 (transit/date.h).
const isInstant = (text) => {
  const parts = /^(\d{4}-\d\d-\d\d)[Tt]([01]\d|2[0-3]):[0-5]\d:([0-5]\d)(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$/.exec(text)
  const day = parts && new Date(`${parts[1]}T00:00:00Z`)
  return Boolean(day) && !Number.isNaN(day.getTime()) && day.toISOString().startsWith(parts[1])
}

// For each reason, whether the text of a scalar is valid nevertheless, which would be
// an error of the transcoder.
const scalars = {
  '~_ stands alone': (text) => text === '',
  '~? needs t or f': (text) => text === 't' || text === 'f',
  '~i needs a 64-bit integer': isInt64,
  '~m needs a 64-bit integer': isInt64,
  '~n needs an integer': (text) => /^-?(0|[1-9]\d*)$/.test(text),
  '~d needs a number': isNumber,
  '~f needs a decimal number': isNumber,
  '~z needs NaN, INF or -INF': (text) => ['NaN', 'INF', '-INF'].includes(text),
  '~b needs padded base64': (text) => /^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text.replace(/[\r\n]/g, '')),
  '~c needs one character': (text) => [...text].length === 1,
  '~u needs a UUID': (text) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text),
  '~t needs an RFC 3339 date and time': isInstant,
}

// Errors in the structure of a message; transit-js accepts most of them.
const forms = new Set([
  '~ without a type', 'quote without its tag', 'tag out of place', 'tag without a name', 'tag without a value', 'tagged value with more than one value',
  'map mark "^ " out of place', 'map key without a value', 'unknown cache code', 'composite map key outside of a cmap', 'expected an array',
  'expected a string', 'expected a plain string', 'expected a string or a number', 'expected an integer', 'a UUID needs two 64-bit integers',
])
// Limits on JSON that RFC 8259 permits (sections 8.2 and 9).
const beyond = new Set(['lone surrogate', 'nested deeper than 100'])

// Returns the string literal that begins at this byte of the message.
function literalAt(message, byte) {
  const literal = /^"(?:[^"\\]|\\.)*"/.exec(Buffer.from(message).subarray(byte).toString())
  return literal && JSON.parse(literal[0])
}

function checkRefusal(mode, message, told) {
  const [, reason, byte] = /^(.*) at byte (\d+)$/.exec(told) ?? assert.fail(`${message}: refused without a place: ${told}`)
  assert.ok(Number(byte) <= Buffer.byteLength(message), `${message}: ${told}, which is behind its end`)
  if (!isJSON(message)) return reason
  const saying = `${message}: is JSON, but ${told}`
  if (beyond.has(reason)) return reason
  assert.equal(mode, 'transit', saying)
  if (forms.has(reason)) return reason
  const good = scalars[reason] ?? assert.fail(saying)
  const text = literalAt(message, Number(byte))
  if (text?.startsWith(reason.slice(0, 2))) assert.ok(!good(text.slice(2)), saying)
  else assert.ok(text === null || text[0] === '^' || !good(text), saying) // a cache code for it, or a rep after its tag
  return reason
}

// ---- Errors of transit-js ----

function parts(x) {
  if (Array.isArray(x)) return x
  if (transit.isTaggedValue(x)) return [x.rep]
  const found = []
  if (transit.isMap(x)) x.forEach((value, key) => found.push(key, value))
  else if (transit.isSet(x)) x.forEach((member) => found.push(member))
  return found
}
const within = (x, is) => x !== null && typeof x === 'object' && (is(x) || parts(x).some((part) => within(part, is)))
const isBareTag = (x) => typeof x.str === 'string' && Object.keys(x).length === 1
const isNoDate = (x) => x instanceof Date && Number.isNaN(x.getTime())
const hasLoneKey = (x) => x !== null && typeof x === 'object' &&
  ((!Array.isArray(x) && Object.keys(x).length === 1 && Object.keys(x)[0].length > 3) || Object.values(x).some(hasLoneKey))
const keysIn = (text) => [...text.matchAll(/"(?:[^"\\]|\\.)*"(:?)/g)].filter(([, colon]) => colon).length
const keysOf = (x) => (x === null || typeof x !== 'object' ? 0 : Object.values(x).reduce((sum, one) => sum + keysOf(one), Array.isArray(x) ? 0 : Object.keys(x).length))
const hasCode = (message) => /"\^[0-[]/.test(message)
const wrong = {
  'it leaves a tag in the rep of a tag as it came': (message, read) => within(read, isBareTag),
  'it keeps keys that are equal, of which an object has but one': (message, read, canonical) => keysIn(canonical) > keysOf(JSON.parse(canonical)),
  'it has no dates beyond 8.64e15 ms': (message, read) => within(read, isNoDate),
  'it takes the only key of an object for two that codes may stand for': (message) => hasCode(message) && hasLoneKey(JSON.parse(message)),
  'it reads a number beyond 2^53 as one, but ~i of that as a long integer': (message) => /[[,:]-?\d{16,}/.test(message),
  'it reads 1.5 in ~i, which it writes in keys, as 1': (message, read, canonical) => /"~d/.test(canonical) && /~#?i|\^/.test(message),
}
const throws = {
  'it makes no set of members whose hashes are the same': (error, canonical) => /push is not a function/.test(error) && canonical.includes('"~#set"'),
  'it looks a tag up in an object, which has a __proto__ of its own': (error, canonical) => /is not a function/.test(error) && canonical.includes('"~#__proto__"'),
  'it takes a digit or a bracket behind ~ for something of its own': (error, canonical) => /is not a function/.test(error) && /"~#?[0-9[]/.test(canonical),
  'it takes the halves of a UUID only as long integers': (error, canonical) => /replace is not a function/.test(error) && canonical.includes('"~u'),
}

// ~i1.5 is a number, and ~d1.5 in canonical form, which transit-js reads too.
const sayNumbers = (message) =>
  message.replace(/(?<!\\)"~i([^"\\]+)"/g, (all, digits) => (isNumber(digits) && !isInt64(digits) ? `"~d${digits}"` : all))

function read(message) {
  try {
    return { read: transit.reader('json').read(message) }
  } catch (error) {
    return { error: String(error?.message ?? error) }
  }
}

function isJSON(message) {
  try {
    JSON.parse(message)
    return true
  } catch {
    return false
  }
}

// ---- Tests ----

// Classifies the outcome of a message for counting.
function checkTransit(message, [status, canonical, projection]) {
  if (status !== 'ok') return `refused: ${checkRefusal('transit', message, canonical)}`
  const saying = `${message} became ${canonical}`
  assert.ok(isJSON(message), `${saying}, but is not JSON`)
  assert.ok(isJSON(projection), `${saying} with the projection ${projection}`)
  const theirs = read(sayNumbers(message)), ours = read(canonical)
  const error = theirs.error ?? ours.error
  if (error !== undefined) {
    const known = Object.keys(throws).find((name) => throws[name](error, canonical))
    return known ?? assert.fail(`${saying}, of which transit-js says: ${error}`)
  }
  if (same(theirs.read, ours.read)) return 'the same'
  return Object.keys(wrong).find((name) => wrong[name](message, theirs.read, canonical, ours.read)) ?? assert.fail(`${saying}, which transit-js reads otherwise`)
}

function checkJSON(message, [status, canonical, projection]) {
  if (status !== 'ok') return `refused: ${checkRefusal('json', message, canonical)}`
  const saying = `${message} became ${canonical}, in JSON ${projection}`
  assert.ok(isJSON(message), saying)
  assert.deepEqual(JSON.parse(projection), JSON.parse(message), saying)
  return 'the same'
}

// A canonical form is a fixed point, and its projection is unchanged.
function checkFixed(answers) {
  const taken = answers.filter(([status]) => status === 'ok')
  const again = transcode(taken.map(([, canonical]) => ['transit', canonical]))
  taken.forEach((answer, i) => assert.deepEqual(again[i], answer))
}

function compare(t, mode, check, make) {
  const r = random(seed)
  const counts = {}
  for (let left = cases; left > 0; left -= BATCH) {
    const messages = Array.from({ length: Math.min(left, BATCH) }, () => Buffer.from(make(r)).toString())
    const answers = transcode(messages.map((message) => [mode, message]))
    messages.forEach((message, i) => {
      const came = check(message, answers[i])
      counts[came] = (counts[came] ?? 0) + 1
    })
    checkFixed(answers)
  }
  for (const [came, count] of Object.entries(counts).sort((a, b) => b[1] - a[1])) t.diagnostic(`${count} ${came}`)
  return counts
}

const message = (r, depth = 4) => transit.writer(r.of(['json', 'json-verbose'])).write(value(r, depth))

// Most messages must be accepted, and most reasons occur; otherwise the comparison
// would be meaningless.
function checkWorth(counts) {
  assert.ok(counts['the same'] > cases / 5, JSON.stringify(counts))
  assert.ok(Object.keys(counts).filter((came) => came.startsWith('refused')).length > 15, JSON.stringify(counts))
}

test('Transit with changes in its tree', (t) => checkWorth(compare(t, 'transit', checkTransit, (r) => mutateTree(r, message(r)))))
test('Transit with changes in its text', (t) => checkWorth(compare(t, 'transit', checkTransit, (r) => mutateText(r, message(r)))))
test('JSON with changes in its text', (t) => { compare(t, 'json', checkJSON, (r) => mutateText(r, message(r))) })
