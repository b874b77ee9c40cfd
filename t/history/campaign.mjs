#!/usr/bin/env node
// Runs a campaign: clients write, pull and follow groups while a nemesis disturbs the
// server. Afterwards everything that was sent and received is checked against the
// database. Prints counts and every violated guarantee; the exit status is 1 if there
// is one. See doc/reliability.md.
//
//   node t/history/campaign.mjs [--seconds N] [--seed N] [--acts NAME,NAME|none]
//       [--faults LIST] [--program FILE] [--patience N] [--json]
//       [--hosts [--mutant NAME]]
//
// --faults is a list as in base/fault.h, for a build with --enable-faults. A seed
// determines clients and acts, not their timing. --hosts takes two hosts on PostgreSQL
// in place of a server on a file, and acts of host-acts.mjs.
import { existsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { administrator, makeCredentials, makeSeeds, visitor, watcher } from './admin.mjs'
import { follower, listener, puller, writer } from './clients.mjs'
import { findPrograms } from './cluster.mjs'
import { hostActs, hostMutants } from './host-acts.mjs'
import { History, tagOf } from './history.mjs'
import { Hosts } from './hosts.mjs'
import { Ids } from './ids.mjs'
import { Joins, joiner, judgeJoins, makeInvitations } from './joins.mjs'
import { enterOwnMounts } from './mounts.mjs'
import { acts, nemesis } from './nemesis.mjs'
import { LIMITED, judgeTally } from './quotas.mjs'
import { random as seeded } from './random.mjs'
import { Server } from './server.mjs'
import { QUIET } from './strains.mjs'
import { Keyring, Session } from './tokens.mjs'

const GROUPS = ['a', 'b', 'b:c', 'b:c:d']
const IDS = 60 // per group
const WRITERS = 6
const JOINERS = 2
const SMALL = 64 // MiB, if the disk is to be filled
const HISTORIES = 20 // documents whose versions are read in each check
const ROUND = 1500 // ms of writing between two checks
const REACH_MS = 1000 // ms in which a revocation reaches all hosts
const NOTES_MAX = 20_000 // lines
const ANSWER_MS = 120_000 // ms in which a push must succeed when the nemesis pauses
const pause = (ms) => new Promise((done) => setTimeout(done, ms))

/** Returns the document of each id: a push on an impossible base changes nothing, and
 * its conflict contains the document. */
async function probe(run) {
  const { ids: { all }, history } = run
  const connection = new Session(run, { key: run.seeds[0] })
  const held = new Map()
  const ids = [...all]
  for (let at = 0; at < ids.length; at += 50) {
    const docs = ids.slice(at, at + 50).map((id) => ({ id, base: 2 ** 50, value: null }))
    const answer = await connection.ask('/sync', { docs })
    if (answer?.status !== 200) {
      at -= 50
      await pause(50)
      continue
    }
    for (const result of answer.body.results) {
      const { id, status, version } = result
      if (status === 'ok') history.violate('a stale write was applied', `${id}: base 2^50 became version ${version}`)
      if (version > 0) held.set(id, { version, tag: tagOf(result) })
    }
  }
  connection.close()
  return held
}

/** Compares the histories of some documents with what was seen of them. */
async function judgeHistories(run, final) {
  const connection = new Session(run, { key: run.seeds[0] })
  const ids = [...final.keys()]
  for (let n = 0; n < HISTORIES && ids.length; n++) {
    const id = run.random.pick(ids)
    const answer = await connection.ask(`/history?id=${encodeURIComponent(id)}&limit=1000`)
    if (answer?.status === 200 && !answer.body.more) run.history.judgeVersions(id, final.get(id).version, answer.body.versions)
  }
  connection.close()
}

async function settled(run, final) {
  const deadline = Date.now() + run.patience
  for (;;) {
    const left = run.replicas.flatMap((replica) => replica.differences(final).map((what) => `${replica.name}: ${what}`))
    if (left.length === 0 || Date.now() > deadline) return left
    await pause(50)
  }
}

/** Pauses and resumes the writers: `turn` resolves when a writer may write, `hold` when
 * none is writing. */
class Gate {
  #open = Promise.resolve()
  #release
  #waiting = 0
  #onWaiting

  constructor(writers) {
    this.writers = writers
  }

  async turn() {
    this.#waiting++
    this.#onWaiting?.()
    await this.#open
    this.#waiting--
  }

  async hold() {
    this.#open = new Promise((done) => (this.#release = done))
    while (this.#waiting < this.writers) await new Promise((done) => (this.#onWaiting = done))
  }

  release() {
    this.#release()
  }
}

class Run {
  acts = {}
  notes = []
  replicas = []
  calls = new Set()
  groups = GROUPS
  /** Ends the nemesis, then writers and pullers, then streams. */
  ending = false
  over = false
  closing = false
  /** The server no longer answers. */
  silent = false
  constructor(server, random, faultsBuilt, patience, { mortal, lapped, hosts }) {
    Object.assign(this, { server, random, faultsBuilt, patience, lapped, history: new History() })
    // The acts on a file write other documents, of which the history knows nothing.
    this.read = hosts ? [...GROUPS, '*'] : GROUPS
    this.keyring = new Keyring(this.history, server)
    this.keyring.reach = hosts ? REACH_MS : 0
    this.gate = new Gate(WRITERS + JOINERS + (hosts ? 1 : 0))
    this.joins = new Joins(this.history)
    this.ids = new Ids(GROUPS.flatMap((group) => Array.from({ length: IDS }, (_, i) => `${group}:${i}`)), mortal)
    this.turn = () => this.gate.turn()
    this.turnAdministrator = () => hosts && this.gate.turn()
  }

  get port() {
    return this.server.port
  }

  /** Starts the server and the clients. */
  async open(faults) {
    this.seeds = await makeSeeds(this.server, this.keyring)
    await makeInvitations(this.server, this.joins)
    await this.server.start(faults)
    const start = async (make, count, name, grant, ...more) => {
      const names = Array.from({ length: count }, (_, i) => `${name} ${i + 1}`)
      const credentials = grant ? await makeCredentials(this, names, grant) : []
      return () => names.map((one, i) => make(this, one, this.random.fork(), credentials[i], ...more))
    }
    const writers = await start(writer, WRITERS / 2, 'writer', '*')
    const limited = await start(writer, WRITERS / 2, `${LIMITED} writer`, LIMITED)
    const pullers = await start(puller, 3, 'puller', '*:ro')
    const followers = await start(follower, 6, 'follower', '*:ro')
    const listeners = await start(listener, 2, 'listener', '*:ro')
    const quiet = await start(follower, this.lapped ? 3 : 0, 'follower of a quiet group', '*:ro', [QUIET])
    const visitors = await start(visitor, 3, 'visitor')
    const administrators = await start(administrator, 1, 'administrator')
    const watchers = await start(watcher, 3, 'watcher')
    const joiners = await start(joiner, JOINERS, 'member')
    this.users = [...writers(), ...limited(), ...pullers(), ...visitors(), ...administrators(), ...joiners()]
    this.streams = [...followers(), ...listeners(), ...quiet(), ...watchers()]
  }

  count(what) {
    this.acts[what] = (this.acts[what] ?? 0) + 1
    this.note(`event=act name=${what.replaceAll(' ', '_')}`)
  }

  /** Something for the log of a campaign that violates a guarantee. */
  note(text) {
    this.notes.push(`time=${new Date().toISOString()} process=campaign ${text}`)
    if (this.notes.length > NOTES_MAX) this.notes.splice(0, NOTES_MAX / 2)
  }

  /** While the writers pause, every stream must converge to the content of the
   * database. */
  async compare() {
    const late = new Promise((done) => setTimeout(done, ANSWER_MS).unref())
    if (!(await Promise.race([this.gate.hold().then(() => true), late]))) return this.#fallSilent()
    const final = await probe(this)
    for (const what of await settled(this, final)) this.history.violate('a stream missed a change', what)
    const tokens = await judgeJoins(this)
    if (tokens) judgeTally(this, final, tokens)
    await judgeHistories(this, final)
    for (const what of await this.#outlived()) this.history.violate('a stream outlives its token', `${what.key.name}, of ${what.need.names.join(' ')}`)
    this.gate.release()
  }

  /** Only streams that were open all the time. */
  async #outlived() {
    const deadline = Date.now() + this.patience
    for (let left = this.keyring.outlived(); ; left = left.filter((stream) => this.keyring.outlived().includes(stream))) {
      if (left.length === 0 || Date.now() > deadline) return left
      await pause(50)
    }
  }

  /** The nemesis pauses, but retries of a push are not answered: the server has not
   * recovered. */
  #fallSilent() {
    this.silent = this.over = true
    this.history.violate('the server does not come back', `a push is not taken within ${ANSWER_MS / 1000} s`)
    this.gate.release()
  }

  async close() {
    this.ending = this.over = this.closing = true
    for (const call of this.calls) call.destroy()
    await Promise.allSettled(this.streams ?? [])
  }
}

/**
 * Runs for the given time or until a guarantee is violated. `names`: the acts;
 * `faults`: a list as in base/fault.h; `faultsBuilt`: the nemesis may use fault points;
 * `patience`: seconds in which a stream must converge; `enough(acts)`: may the campaign
 * end early? `hosts`: two of them on PostgreSQL; `mutant`: one of host-acts.mjs.
 */
export async function campaign({ seconds = 10, seed = 1, hosts = false, names = Object.keys(hosts ? hostActs : acts), faults = '', mutant, program, faultsBuilt = false, patience = 60, enough = () => false }) {
  const random = seeded(seed)
  // Mutants are of databases with one lane.
  const settings = { lanes: mutant || seed % 2 === 0 ? 1 : 4, auth: 'on', options: ['--max-auth-failures', 'off', '--history', '1000'] }
  const server = hosts ? new Hosts(program, random.fork(), findPrograms(), settings)
    : new Server(program, { small: names.includes('fillDisk') ? SMALL : 0, ...settings })
  const run = new Run(server, random, faultsBuilt, patience * 1000, { mortal: names.includes('purge'), lapped: names.includes('lapRing'), hosts })
  const known = hosts ? hostActs : acts
  names = names.filter((name) => known[name].works?.(run) ?? true)
  const { history } = run
  let isWhole = false
  try {
    await server.open?.()
    if (mutant) hostMutants[mutant].begin(server.cluster)
    await run.open(faults || hostMutants[mutant]?.faults)
    const end = Date.now() + seconds * 1000
    while (Date.now() < end && history.violations.length === 0 && !enough(run.acts)) {
      run.ending = false
      const bad = names.length ? nemesis(run, names, known) : undefined
      await Promise.race([pause(ROUND), bad].filter(Boolean))
      run.ending = true
      await bad
      await run.compare()
    }
    run.over = true
    await Promise.all(run.users)
    if (!run.silent) history.conclude(await probe(run))
    isWhole = true
  } finally {
    await run.close()
    await end(run, seed, isWhole)
  }
  return { counts: history.counts, acts: run.acts, violations: history.violations }
}

/** An error of the campaign itself is the one to be told: then nothing is judged. */
async function end(run, seed, isWhole) {
  const { server, history } = run
  try {
    const status = await server.stop()
    if (isWhole) await judgeEnd(run, status)
    if (!isWhole || history.violations.length) writeFileSync(logOf(seed), told(run))
  } finally {
    await server.remove()
  }
}

/** The lines of all servers and of the campaign, in the order of their time. */
function told({ server, notes }) {
  const lines = [...server.told().split('\n'), ...notes]
  const timeOf = (line) => /^time=(\S+)/.exec(line)?.[1]
  let last = ''
  // A line without a time, such as one of a sanitizer, stays behind the one before it.
  const timed = lines.map((line) => [(last = timeOf(line) ?? last), line])
  return timed.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, line]) => line).join('\n')
}

async function judgeEnd({ server, history, acts: done }, status) {
  if (status !== 0) history.violate('the end', `the server ended with ${status}`)
  if (/Sanitizer|runtime error:/.test(server.told())) history.violate('a sanitizer', server.told())
  if (done.failDisk >= 10 && !/event=(commit_failed|commit_unknown|checkpoint_failed) /.test(server.told()))
    history.violate('the nemesis', 'the disk was broken time and again, and nobody noticed')
  const integrity = server.integrity()
  if (integrity !== 'ok') history.violate('the file', integrity)
  const check = await server.command('check')
  history.judgeCheck('the file', check)
}

/** The file for the log of a campaign with violations. */
const logOf = (seed) => join(tmpdir(), `pocketbook-history-${seed}.log`)

function readOptions() {
  const options = Object.fromEntries(['seconds', 'seed', 'acts', 'faults', 'program', 'patience', 'mutant'].map((name) => [name, { type: 'string' }]))
  const { values } = parseArgs({ options: { ...options, json: { type: 'boolean' }, hosts: { type: 'boolean' } } })
  const program = values.program ?? process.env.POCKETBOOK ?? fileURLToPath(new URL('../../pocketbook', import.meta.url))
  if (!existsSync(program)) throw new Error(`${program} is not there; build it, or name it with --program`)
  const names = values.acts === undefined ? undefined : values.acts === 'none' ? [] : values.acts.split(',')
  const known = values.hosts ? hostActs : acts
  for (const name of names ?? []) if (!known[name]) throw new Error(`--acts: there is no ${name}; there are ${Object.keys(known).join(', ')}`)
  const number = (name, otherwise) => Number(values[name] ?? otherwise)
  return {
    names, program, json: values.json, hosts: values.hosts, mutant: values.mutant, faults: values.faults, faultsBuilt: process.env.FAULTS === 'yes',
    seconds: number('seconds', 10), seed: number('seed', 1), patience: number('patience', 60),
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  enterOwnMounts()
  const options = readOptions()
  const result = await campaign(options)
  const { counts, acts: done, violations } = result
  if (options.json) {
    console.log(JSON.stringify(result))
    process.exit(violations.length ? 1 : 0)
  }
  const table = Object.entries({ ...counts, ...done }).map(([name, count]) => `${name.padEnd(28)} ${String(count).padStart(8)}`)
  console.log(table.join('\n'))
  for (const violation of violations) console.log(violation)
  console.log(violations.length ? `${violations.length} violations; the log is in ${logOf(options.seed)}` : 'every promise held')
  process.exit(violations.length ? 1 : 0)
}
