// The codec of the client beside transit-js: what one writes the other reads, and both
// read what the server sends.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { random, same, scalars, specials, transit as theirs, value } from './values.mjs'

const www = fileURLToPath(new URL('../../www/', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'pocketbook-transit-client-'))
after(() => rmSync(folder, { recursive: true, force: true }))
await createRequire(www)('esbuild').build({
  entryPoints: [join(www, 'client/transit.ts')], outfile: join(folder, 'transit.mjs'), bundle: true, format: 'esm', target: 'es2022', logLevel: 'error',
})
const { t, transit } = await import(pathToFileURL(join(folder, 'transit.mjs')))

const MODES = ['json', 'json-verbose']
const reader = t.reader('json')

/** Through our reader and writer, back to transit-js. */
function there(value, mode) {
  const text = theirs.writer(mode).write(value)
  return [text, reader.read(text), MODES.map((ours) => t.writer(ours).write(reader.read(text)))]
}

function check(values) {
  for (const mode of MODES)
    values.forEach((value, i) => {
      const [text, , written] = there(value, mode)
      for (const back of written) assert.ok(same(value, theirs.reader('json').read(back)), `case ${i}: ${text} became ${back}`)
    })
}

test('every scalar comes back equal, alone, in a container and as a key', () => {
  const r = random(21)
  const alone = [...scalars.flatMap((make) => Array.from({ length: 20 }, () => make(r))), ...specials]
  check([...alone, ...alone.map((x) => [x]), ...alone.map((x) => theirs.set([x])), ...alone.map((x) => theirs.map(['a key', x]))])
  check(scalars.flatMap((make) => Array.from({ length: 20 }, () => theirs.map([make(r), 1]))))
})

test('random values of every type come back equal', () => {
  const r = random(22)
  check(Array.from({ length: 1500 }, () => value(r, 5)))
})

test('the cache begins anew after 1936 entries', () => {
  const r = random(23)
  const pool = Array.from({ length: 3000 }, (_, i) => theirs.keyword(`keyword${i}`))
  check([2000, 5000].map((length) => Array.from({ length }, () => r.of(pool))))
  const keys = Array.from({ length: 1937 }, (_, k) => `key ${k}`)
  check([[...keys, ...keys.reverse()].map((k) => theirs.map([k, theirs.symbol('symbol')]))])
})

test('values are equal where those of transit-js are, in maps and sets of any size too', () => {
  const r = random(24)
  for (let n = 0; n < 300; n++) {
    const one = value(r, 4)
    const text = theirs.writer('json').write(one)
    const [a, b] = [reader.read(text), reader.read(theirs.writer('json-verbose').write(one))]
    if (!/NaN/.test(text)) assert.ok(t.equals(a, b), text)
    assert.ok(transit.same(a, b), text)
    const large = t.map(Array.from({ length: 60 }, (_, i) => [i % 2 ? a : i, i]).map(([key, i]) => [[key, i], i]).flat())
    assert.equal(large.size, 60)
    if (!/NaN/.test(text)) assert.equal(large.get([b, 31]), 31, text)
    assert.equal(large.get([b, -1]), undefined)
  }
})

test('methods and functions have the names and results of transit-js', () => {
  const missing = Object.keys(theirs).filter((name) => !(name in t))
  assert.deepEqual(missing.sort(), ['decoder', 'hash', 'hashArrayLike', 'hashMapLike', 'readCache', 'stringableKeys', 'writeCache'])
  for (const lib of [t, theirs]) {
    const map = lib.map([lib.keyword('a/b'), 1, 'x', [lib.symbol('c')]])
    assert.deepEqual([map.size, map.get(lib.keyword('a/b')), map.get('y', 2), map.has('x'), map.has('y')], [2, 1, 2, true, false])
    assert.deepEqual([...map].map(([key, item]) => `${key} ${item}`), [':a/b 1', 'x c'])
    assert.deepEqual([...map.keys()].map(String), [':a/b', 'x'])
    assert.deepEqual([lib.keyword('a/b').name(), lib.keyword('a/b').namespace(), lib.keyword('b').namespace()], ['b', 'a', null])
    const set = lib.set([1, [2], [2], 1])
    assert.deepEqual([set.size, set.has([2]), [...set].length], [2, true, 2])
    map.delete('x')
    set.add(3)
    assert.deepEqual([map.size, set.size, map.clone().size], [1, 3, 1])
    assert.equal(`${lib.uuid('F81D4FAE-7dec-11d0-a765-00a0c91e6bf6')}`, 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6')
    assert.equal(lib.integer('12'), 12)
    assert.equal(`${lib.integer('9007199254740993')}`, '9007199254740993')
    assert.ok(lib.isInteger(lib.integer('9007199254740993')) && lib.isInteger(1) && !lib.isInteger(1.5))
    assert.ok(lib.equals(lib.map(['a', 1]), { a: 1 }) && lib.equals({ a: 1 }, lib.map(['a', 1])) && !lib.equals([1], lib.list([1])))
    assert.deepEqual(lib.mapToObject(lib.objectToMap({ a: 1 })), { a: 1 })
  }
})

test('types of an app are written and read by its handlers', () => {
  class Point {
    constructor(x, y) { Object.assign(this, { x, y }) }
  }
  for (const lib of [t, theirs]) {
    const handlers = lib.map([Point, lib.makeWriteHandler({ tag: () => 'point', rep: (...all) => [all.length && all[0].x, all[0].y, ...all.slice(1)], stringRep: () => null })])
    const text = lib.writer('json', { handlers }).write([new Point(1, 2), new Point(3, 4)])
    assert.equal(text, '[["~#point",[1,2]],["^0",[3,4]]]')
    const back = lib.reader('json', { handlers: { point: ([x, y]) => new Point(x, y) } }).read(text)
    assert.deepEqual(back, [new Point(1, 2), new Point(3, 4)])
    const built = lib.reader('json', {
      arrayBuilder: { init: () => [], add: (all, item) => [item, ...all], finalize: (all) => all },
      mapBuilder: { init: () => [], add: (all, key, item) => [...all, key, item], finalize: (all) => all.join() },
    })
    assert.deepEqual(built.read('[1,["^ ","a",2],3]'), [3, 'a,2', 1])
  }
})

test('a date is what the language reads from its text, however it is written', () => {
  const read = (text) => Number(reader.read(JSON.stringify(['~t' + text]))[0])
  const is = (text) => assert.ok(Object.is(read(text), Number(new Date(text))), `${text} is ${read(text)}`)
  const two = (n) => String(n).padStart(2, '0')
  for (const year of [1500, 1599, 1600, 1700, 1899, 1900, 1904, 1969, 1970, 1972, 2000, 2023, 2024, 2100, 2400, 9999])
    for (let month = 0; month <= 13; month++) for (const day of [0, 1, 28, 29, 30, 31, 32]) is(`${year}-${two(month)}-${two(day)}T23:59:58.765Z`)
  const r = random(29)
  for (let i = 0; i < 20_000; i++) {
    const text = [...new Date(r.below(4e12) - 1e12).toISOString()]
    text[r.below(24)] = r.of([...'0123456789-:T.Z +x/'])
    is(text.join(''))
  }
  for (const text of ['0050-01-02T03:04:05.678Z', '2030-01-31T12:00:00Z', '2030-01-31', '+012030-01-31T12:00:00.000Z', '2030-01-31T24:00:00.000Z', '2030-01-31T12:00:00.000+', '']) is(text)
})
