#!/usr/bin/env node
// Damages the files of a database at random places, between two runs of a server: bits,
// whole pages, pages in the place of others, a file that ends too early, the frames of
// a log that a killed server has left. Then a server may refuse to start, with a
// message, or to answer, but must not crash; and what it returns must be what was
// written, or `pocketbook check` must find a fault. After damage of a log its rest is
// not there: SQLite takes it for the end of what was synced. Prints what happened how
// often; the exit status is 1 if a guarantee was violated.
//
//   node t/history/bit-rot.mjs [--seconds N] [--seed N] [--json]
//
// POCKETBOOK is the program.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { DAMAGED, DELETED, tagOf } from './history.mjs'
import { Connection } from './http.mjs'
import { random as seeded } from './random.mjs'
import { Server } from './server.mjs'

const PAGE = 4096
const WAL_HEAD = 32, FRAME = 24 + PAGE
const GROUPS = ['m', 'm:n', 'p']
const LARGE = 'x'.repeat(1500)

/* ---- A database and its content ---- */

/** Fills a database; returns its files with a log and without, each with the content:
 * id → version → tag. */
async function prepare(program) {
  const server = new Server(program, { workers: 1 })
  const content = new Map(), versions = new Map()
  const push = async (connection, ids) => {
    const docs = ids.map((id, i) => {
      const base = versions.get(id) ?? 0, deleted = base > 0 && i % 7 === 0
      const tag = deleted ? DELETED : `${id} ${base + 1}`
      versions.set(id, base + 1)
      content.set(id, new Map(content.get(id)).set(base + 1, tag))
      return { id, base, ...(deleted ? { deleted } : { value: { tag, text: i % 5 ? undefined : LARGE } }) }
    })
    const answer = await connection.ask('/sync', { docs })
    if (answer?.status !== 200) throw new Error(`a push got ${JSON.stringify(answer)}`)
  }
  const all = GROUPS.flatMap((group) => Array.from({ length: 60 }, (_, i) => `${group}:${i}`))
  const take = (name) => {
    const files = new Map([['', readFileSync(server.db)]])
    if (name === 'log') files.set('-wal', readFileSync(server.db + '-wal'))
    return { name, files, content: new Map(content) }
  }
  await server.start()
  let connection = new Connection(server.port)
  for (let i = 0; i < all.length; i += 30) await push(connection, all.slice(i, i + 30))
  await push(connection, all.filter((_, i) => i % 3 === 0))
  connection.close()
  await server.stop()
  const states = [take('no log')]
  await server.start()
  connection = new Connection(server.port)
  for (let i = 1; i < all.length; i += 20) await push(connection, all.slice(i, i + 9))
  connection.close()
  await server.kill()
  states.push(take('log'))
  server.remove()
  return states
}

/* ---- Damage ---- */

const pageOf = (data, random) => 1 + random.below(data.length / PAGE - 1)

/** name → changes the content of a file; `log`: of the log. */
const damages = {
  bit: (data, random) => (data[PAGE + random.below(data.length - PAGE)] ^= 1 << random.below(8)),
  byteOfHead: (data, random) => (data[random.below(100)] = random.below(256)),
  firstPage: (data, random) => (data[100 + random.below(PAGE - 100)] ^= 1 << random.below(8)),
  zeroPage: (data, random) => {
    const at = pageOf(data, random) * PAGE
    data.fill(0, at, at + PAGE)
  },
  randomPage: (data, random) => {
    const at = pageOf(data, random) * PAGE
    for (let i = 0; i < PAGE; i++) data[at + i] = random.below(256)
  },
  pageHead: (data, random) => (data[pageOf(data, random) * PAGE + random.below(24)] ^= 1 << random.below(8)),
  otherPage: (data, random) => {
    const from = pageOf(data, random) * PAGE
    data.copyWithin(pageOf(data, random) * PAGE, from, from + PAGE)
  },
  shorter: (data, random) => data.subarray(0, random.below(data.length)),
}
const frameOf = (data, random) => WAL_HEAD + random.below((data.length - WAL_HEAD) / FRAME) * FRAME
const logDamages = {
  bit: (data, random) => (data[random.below(data.length)] ^= 1 << random.below(8)),
  zeroFrame: (data, random) => {
    const at = frameOf(data, random)
    data.fill(0, at, at + FRAME)
  },
  shorter: (data, random) => data.subarray(0, random.below(data.length)),
}

/* ---- One trial ---- */

/** What a group's pages contain, id → {version, tag}; undefined if one is refused. */
async function pullAll(port, group, limit) {
  const connection = new Connection(port), docs = new Map()
  try {
    for (let since = '0', more = true; more;) {
      const answer = await connection.ask(`/sync?group=${group}&since=${since}&limit=${limit}`)
      if (answer?.status !== 200) return undefined
      for (const doc of answer.body.docs) docs.set(doc.id, { version: doc.version, tag: tagOf(doc) })
      ;({ cursor: since, more } = answer.body)
    }
    return docs
  } finally {
    connection.close()
  }
}

/** What is wrong with the documents of a group: values that nobody wrote, documents
 * that are missing or old. */
function compare(docs, content, group) {
  const wrong = []
  for (const [id, { version, tag }] of docs)
    if (tag !== DAMAGED && content.get(id)?.get(version) !== tag) wrong.push(`${id}@${version} is ${tag}`)
  for (const [id, versions] of content) {
    const newest = Math.max(...versions.keys())
    if (!id.startsWith(group + ':') || versions.get(newest) === DELETED) continue
    if (docs.get(id)?.version !== newest) wrong.push(`${id}@${newest} is ${docs.get(id)?.version ?? 'missing'}`)
  }
  return wrong
}

class Trials {
  outcomes = {}
  violations = []

  constructor(program, states) {
    Object.assign(this, { program, states })
  }

  #count(kind, outcome) {
    const of = (this.outcomes[kind] ??= {})
    of[outcome] = (of[outcome] ?? 0) + 1
  }

  async run(seed) {
    const random = seeded(seed)
    const state = random.pick(this.states)
    const inLog = state.name === 'log' && random.chance(0.7)
    const table = inLog ? logDamages : damages
    const name = random.pick(Object.keys(table)), kind = `${inLog ? 'log' : 'database'}, ${name}`
    const server = new Server(this.program, { workers: 1 })
    for (const [suffix, data] of state.files) {
      const copy = Buffer.from(data)
      const changed = suffix === (inLog ? '-wal' : '') ? table[name](copy, random) : copy
      writeFileSync(server.db + suffix, Buffer.isBuffer(changed) ? changed : copy, { mode: 0o600 })
    }
    const violate = (what) => this.violations.push(`${what} (${kind}; --seed ${seed} --seconds 0)`)
    try {
      await this.#serve(server, state, { violate, inLog, count: (outcome) => this.#count(kind, outcome) })
    } finally {
      if (/Sanitizer|runtime error:|Assertion/.test(server.told())) violate(`a crash: ${/.*(Sanitizer|runtime error:|Assertion).*/.exec(server.told())[0]}`)
      server.remove()
    }
  }

  async #serve(server, state, { violate, inLog, count }) {
    try {
      await server.start()
    } catch {
      const status = await server.stop()
      if (status !== 1) violate(`the server ended with ${status}`)
      return count('does not start')
    }
    const wrong = []
    let refused = false
    for (const group of ['m', 'm:n', 'p']) {
      const docs = await pullAll(server.port, group, 50)
      if (docs) wrong.push(...compare(docs, state.content, group))
      else refused = true
      if (docs && [...docs.values()].some(({ tag }) => tag === DAMAGED)) refused = true
    }
    const status = await server.stop()
    if (status !== 0) violate(`the server ended with ${status}`)
    const check = await server.command('check')
    if (check.status !== 0 && check.status !== 1) violate(`check ended with ${check.status}: ${check.err}`)
    if (wrong.length === 0) return count(refused ? 'reported' : check.status === 0 ? 'no effect' : 'found by check')
    if (inLog) return count('ends earlier')
    count(check.status === 0 ? 'wrong' : 'wrong, found by check')
    if (check.status === 0 && !refused) violate(`not noticed: ${wrong.slice(0, 3).join(', ')}`)
  }
}

/** Runs trials for the given time, at least one. */
export async function bitRot({ program, seconds, seed }) {
  const trials = new Trials(program, await prepare(program))
  const end = Date.now() + seconds * 1000
  do await trials.run(seed++)
  while (Date.now() < end)
  return { outcomes: trials.outcomes, violations: trials.violations }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { seconds: { type: 'string' }, seed: { type: 'string' }, json: { type: 'boolean' } } })
  const program = process.env.POCKETBOOK ?? fileURLToPath(new URL('../../pocketbook', import.meta.url))
  const result = await bitRot({ program, seconds: Number(values.seconds ?? 30), seed: Number(values.seed ?? 1) })
  if (values.json) console.log(JSON.stringify(result))
  else for (const [kind, of] of Object.entries(result.outcomes)) console.log(kind.padEnd(22), Object.entries(of).map(([outcome, count]) => `${outcome} ${count}`).join(', '))
  if (!values.json) for (const violation of result.violations) console.log(violation)
  process.exit(result.violations.length ? 1 : 0)
}
