#!/usr/bin/env node
// Makes the nth allocation fail, for every n: of the writer and of a worker in a short
// scenario (writes, a pull page by page, a stream), of all processes together while a
// server starts and while it stops, and of each command that uses a database
// (memory-commands.mjs). A server may reject requests, replace a process, or fail to
// start with an error; acknowledged writes must persist, and a reader must receive all
// of them. Prints the number of attempts; the exit status is 1 if a guarantee was
// violated.
//
//   node t/history/memory.mjs [--seconds N] [--seed N] [--only KIND[:N]] [--json]     KIND such as writer, worker, start, 'token add'
//
// POCKETBOOK is a program built with --enable-faults. With --seconds as many
// allocations as possible are tried, in an order determined by the seed.
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { DELETED, History, Replica } from './history.mjs'
import { Connection, listen } from './http.mjs'
import { closeCommands, commanding, commands } from './memory-commands.mjs'
import { random as seeded } from './random.mjs'
import { Server } from './server.mjs'

const FAR = 1_000_000_000
const PATIENCE = 20_000 // ms for any recovery
const pause = (ms) => new Promise((done) => setTimeout(done, ms))

class Scenario {
  history = new History()
  #serial = 0

  constructor(server) {
    this.server = server
  }

  async #ask(path, body) {
    for (const end = Date.now() + PATIENCE; Date.now() < end;) {
      const connection = new Connection(this.server.port)
      const answer = await connection.ask(path, body)
      connection.close()
      if (answer?.status === 200) return answer.body
      if (body) this.again?.()
      await pause(20)
    }
    this.history.violate('nobody answers', path)
    return undefined
  }

  async #push(edits) {
    const docs = edits.map(({ id, base, op, tag, deleted }) => ({ id, base, op, ...(deleted ? { deleted } : { value: { tag, text: 'x'.repeat(2000) } }) }))
    this.again = () => this.history.resend(edits)
    const answer = await this.#ask('/sync', { docs })
    answer?.results.forEach((result, i) => {
      if (result.status === 'ok') this.history.acknowledge(edits[i], result.version)
      else this.history.violate('a refusal', JSON.stringify(result))
    })
  }

  #edit(id, base, deleted = false) {
    const tag = `tag ${++this.#serial}`
    return { id, base, op: tag, tag: deleted ? DELETED : tag, deleted }
  }

  async #pull(expected) {
    const replica = new Replica(this.history, 'm', 'a pull')
    for (let cursor = '0', more = true; more;) {
      const page = await this.#ask(`/sync?group=m&since=${cursor}&limit=3`)
      if (!page) return
      replica.take(page)
      ;({ cursor, more } = page)
    }
    replica.require(expected)
  }

  /** A stream that resumes until it has received everything. */
  async #follow(expected) {
    const replica = new Replica(this.history, 'm', 'a stream')
    const hasAll = () => expected.every(([id, version]) => replica.docs.get(id)?.version >= version || this.history.seen.get(id).get(version) === DELETED)
    let lastId
    for (const end = Date.now() + PATIENCE; !hasAll() && Date.now() < end;) {
      let call
      const late = setTimeout(() => call?.destroy(), PATIENCE)
      await listen(this.server.port, '/events?docs=1&since=0&group=m', lastId, ({ event, id, data }) => {
        lastId = id ?? lastId
        if (event === 'change') replica.take(data)
        if (hasAll()) call.destroy()
      }, (made) => (call = made))
      clearTimeout(late)
      await pause(10)
    }
    if (!hasAll()) this.history.violate('a stream missed a change', JSON.stringify(expected))
  }

  /** Checks that all acknowledged writes are present. */
  async look() {
    await this.#pull(this.history.expected('m'))
  }

  /** Returns the violations so far. */
  async play() {
    const ids = Array.from({ length: 4 }, () => `m:${++this.#serial}`)
    await this.#push(ids.map((id) => this.#edit(id, 0)))
    await this.#push(ids.slice(0, 3).map((id, i) => this.#edit(id, 1, i === 0)))
    const expected = this.history.expected('m')
    await this.#pull(expected)
    await this.#follow(expected)
    return this.history.violations
  }
}

const pidOf = { writer: (server) => server.children().writer, worker: (server) => server.children().workers[0] }

async function end(server, violations) {
  const status = await server.stop()
  if (status !== 0) violations.push(`the end: the server ended with ${status}`)
  if (/Sanitizer|runtime error:/.test(server.told())) violations.push(`a sanitizer: ${server.told()}`)
  if (server.integrity() !== 'ok') violations.push(`the file: ${server.integrity()}`)
  const check = await server.command('check')
  if (check.status !== 0) violations.push(`the file: ${check.out}${check.err}`)
  server.remove()
  return violations
}

/** The nth allocation of a running process. Returns {violations, failed: has an
 * allocation failed?}. */
async function running(program, kind, nth) {
  const server = new Server(program, { workers: 1 })
  await server.start()
  const scenario = new Scenario(server)
  await scenario.play()
  server.levers.failAllocation(pidOf[kind](server), nth)
  await scenario.play()
  const used = nth - server.levers.allocations
  server.levers.failAllocation(0, 0)
  await scenario.play()
  return { used, violations: await end(server, scenario.history.violations) }
}

/** The nth allocation since the start, of any process. */
async function starting(program, nth) {
  const server = new Server(program, { workers: 1 })
  server.levers.failAllocation(0, nth)
  try {
    await server.start()
  } catch (error) {
    const told = server.told()
    server.remove()
    const clear = /out_of_memory|^pocketbook: .+/m.test(told) && !/Sanitizer|runtime error:|Assertion/.test(told)
    return { used: nth, violations: clear ? [] : [`a start that says not why: ${error.message}`] }
  }
  const used = nth - server.levers.allocations
  server.levers.failAllocation(0, 0)
  const scenario = new Scenario(server)
  await scenario.play()
  return { used, violations: await end(server, scenario.history.violations) }
}

/** The nth allocation after the server is asked to stop, with an open stream, of any
 * process. */
async function stopping(program, nth) {
  const server = new Server(program, { workers: 1 })
  await server.start()
  const scenario = new Scenario(server)
  const { history } = scenario
  await scenario.play()
  let greeted
  const open = new Promise((done) => (greeted = done))
  const stream = listen(server.port, '/events?group=m', undefined, greeted, () => undefined)
  await Promise.race([open, stream])
  server.levers.failAllocation(0, nth)
  const status = await server.stop()
  const used = nth - server.levers.allocations
  await stream
  if (![0, 1].includes(status)) history.violate('the end', `the server ended with ${status}`)
  server.levers.failAllocation(0, 0)
  await server.start()
  await scenario.look()
  return { used, violations: await end(server, history.violations) }
}

const kinds = {
  writer: (program, nth) => running(program, 'writer', nth),
  worker: (program, nth) => running(program, 'worker', nth),
  start: starting,
  stop: stopping,
  ...Object.fromEntries(commands.map((name) => [name, (program, nth) => commanding(program, name, nth)])),
}

function shuffled(count, random) {
  const list = Array.from({ length: count }, (_, i) => i + 1)
  for (let i = count - 1; i > 0; i--) {
    const j = random.below(i + 1)
    ;[list[i], list[j]] = [list[j], list[i]]
  }
  return list
}

/** Returns {kind: {tried, of}}, and `violations` with the number of the allocation; 0:
 * none failed. At least one of each kind is tried. */
export async function failAll({ program, seconds = Infinity, seed = 1, only }) {
  const random = seeded(seed)
  const counts = {}, found = []
  const [kind, number] = only?.split(':') ?? []
  if (kind && !kinds[kind]) throw new Error(`--only: there is no ${kind}; there are ${Object.keys(kinds).join(', ')}`)
  const chosen = kind ? [kind] : Object.keys(kinds)
  const end = Date.now() + seconds * 1000
  const attempt = async (name, nth) => {
    const { used, violations } = await kinds[name](program, nth || FAR)
    found.push(...violations.map((violation) => `${name}:${nth}: ${violation}`))
    return used
  }
  for (const [i, name] of chosen.entries()) {
    const until = Date.now() + (end - Date.now()) / (chosen.length - i)
    const count = (counts[name] = { tried: 0, of: await attempt(name, 0) })
    for (const nth of number ? [Number(number)] : shuffled(count.of, random)) {
      if (count.tried > 0 && Date.now() > until) break
      count.tried++
      await attempt(name, nth)
    }
  }
  for (const violation of await closeCommands()) found.push(`commands: ${violation}`)
  return { counts, violations: found }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { seconds: { type: 'string' }, seed: { type: 'string' }, only: { type: 'string' }, json: { type: 'boolean' } } })
  const program = process.env.POCKETBOOK ?? fileURLToPath(new URL('../../build/check/pocketbook', import.meta.url))
  const { counts, violations } = await failAll({ program, seconds: Number(values.seconds ?? Infinity), seed: Number(values.seed ?? 1), only: values.only })
  if (values.json) {
    console.log(JSON.stringify({ counts, violations }))
    process.exit(violations.length ? 1 : 0)
  }
  for (const [kind, { tried, of }] of Object.entries(counts)) console.log(`${kind.padEnd(26)} ${tried} of ${of} allocations`)
  for (const violation of violations) console.log(violation)
  console.log(violations.length ? `${violations.length} violations` : 'every promise held')
  process.exit(violations.length ? 1 : 0)
}
