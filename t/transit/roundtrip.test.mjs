// Values written by transit-js in both modes must be equal after the transcoder, when
// read by transit-js. Their projection must be the JSON that doc/protocol.md specifies,
// computed here from the values.
//
// TRANSCODE is the program (default ./t/transit/transcode).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { transcode } from './transcode.mjs'
import { project, random, same, scalars, specials, text, transit, value } from './values.mjs'

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
    // Compared as JSON, which ignores -0 and the order of keys.
    const [got, expected] = [JSON.parse(projection), JSON.parse(JSON.stringify(project(values[i])))]
    assert.deepEqual(got, expected, `${told} and ${projection}`)
  })
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
