// Pushes values of every type to a server in both write modes, many per message so that
// cache codes span documents, and reads them back: by a pull, by a stream, and as JSON.
//
// POCKETBOOK is the program (default ./pocketbook).
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { project, random, same, scalars, specials, transit, value } from './values.mjs'

const program = process.env.POCKETBOOK ?? './pocketbook'
const type = 'application/transit+json'
const k = (name) => transit.keyword(name)
const reader = transit.reader('json')
const folder = mkdtempSync(join(tmpdir(), 'pocketbook-transit-'))
let server, url

before(async () => {
  const words = ['serve', '--db', join(folder, 'test.db'), '--listen', '127.0.0.1:0', '--auth', 'off', '--workers', '2']
  server = spawn(program, words, { stdio: ['ignore', 'ignore', 'pipe'] })
  url = await new Promise((resolve, reject) => {
    let said = ''
    server.on('exit', () => reject(new Error(said)))
    server.stderr.on('data', (bytes) => {
      said += bytes
      const found = /serving (http:\/\/[^ ]+)/.exec(said)
      if (found) resolve(found[1])
    })
  })
})

after(async () => {
  const gone = new Promise((resolve) => server.on('exit', resolve))
  server.kill('SIGTERM')
  await gone
  rmSync(folder, { recursive: true })
})

const entry = (id, value) => transit.map([k('id'), id, k('value'), value])

async function push(group, values, mode) {
  const docs = values.map((value, i) => entry(`${group}:${i}`, value))
  const body = transit.writer(mode).write(transit.map([k('docs'), docs]))
  const answer = await fetch(`${url}/sync`, { method: 'POST', body, headers: { 'Content-Type': type } })
  const text = await answer.text()
  assert.equal(answer.status, 200, text)
  assert.equal(answer.headers.get('content-type'), type)
  const results = reader.read(text).get(k('results'))
  assert.equal(results.length, values.length)
  for (const result of results) assert.equal(result.get(k('status')), 'ok')
}

async function pull(group, accept) {
  const answer = await fetch(`${url}/sync?group=${group}&limit=10000`, { headers: { Accept: accept } })
  assert.equal(answer.status, 200)
  return answer.text()
}

// Returns the first `count` documents of a stream.
async function stream(group, count) {
  const ended = new AbortController()
  const answer = await fetch(`${url}/events?group=${group}&docs=1&encoding=transit&since=0`, { signal: ended.signal })
  const docs = []
  let rest = ''
  for await (const bytes of answer.body.pipeThrough(new TextDecoderStream())) {
    const events = (rest + bytes).split('\n\n')
    rest = events.pop()
    for (const event of events) {
      const data = /^event: change\n.*?data: (.*)$/ms.exec(event)
      if (data) docs.push(...reader.read(data[1]).get(k('docs')))
    }
    if (docs.length >= count) break
  }
  ended.abort()
  return docs
}

const valuesOf = (docs) => new Map(docs.map((doc) => [doc.get(k('id')), doc.get(k('value'))]))

async function check(group, values, mode) {
  await push(group, values, mode)
  const pulled = valuesOf(reader.read(await pull(group, type)).get(k('docs')))
  const streamed = valuesOf(await stream(group, values.length))
  const plain = new Map(JSON.parse(await pull(group, 'application/json')).docs.map((doc) => [doc.id, doc.value]))
  assert.equal(pulled.size, values.length)
  assert.equal(streamed.size, values.length)
  values.forEach((value, i) => {
    const id = `${group}:${i}`
    assert.ok(same(value, pulled.get(id)), `pulled ${id}`)
    assert.ok(same(value, streamed.get(id)), `streamed ${id}`)
    assert.deepEqual(plain.get(id), JSON.parse(JSON.stringify(project(value))), `plain ${id}`)
  })
}

for (const mode of ['json', 'json-verbose']) {
  test(`every scalar survives the server (${mode})`, async () => {
    const r = random(11)
    await check(`scalars-${mode}`, [...scalars.flatMap((make) => Array.from({ length: 10 }, () => make(r))), ...specials], mode)
  })

  test(`random values of every type survive the server (${mode})`, async () => {
    const r = random(12)
    for (let n = 0; n < 5; n++) await check(`values-${mode}-${n}`, Array.from({ length: 200 }, () => value(r, 5)), mode)
  })

  test(`codes reach across documents, and no answer depends on them (${mode})`, async () => {
    const keyword = transit.keyword('a-keyword-that-is-worth-a-code')
    const values = Array.from({ length: 50 }, (_, i) => transit.map([keyword, [keyword, i], 'a key with a code', transit.symbol('symbolic')]))
    await check(`codes-${mode}`, values, mode)
    const one = await fetch(`${url}/sync?group=codes-${mode}&limit=1`, { headers: { Accept: type } })
    assert.doesNotMatch(await one.text(), /"\^/)
  })
}

test('what was written as JSON is read as Transit, and comes back as the same JSON', async () => {
  const text = '{"~x":"~y","^0":["^ ","~#set"],"n":1.10,"big":1E400,"i":12345678901234567890,"u":"\\u00e9"}'
  const body = `{"docs":[{"id":"plain:1","value":${text}}]}`
  const answer = await fetch(`${url}/sync`, { method: 'POST', body, headers: { 'Content-Type': 'application/json' } })
  assert.equal(answer.status, 200)
  assert.ok((await pull('plain', 'application/json')).includes(text.replace('\\u00e9', 'é')))
  const value = reader.read(await pull('plain', type)).get(k('docs'))[0].get(k('value'))
  assert.equal(value.get('~x'), '~y')
  assert.deepEqual(value.get('^0'), ['^ ', '~#set'])
})
