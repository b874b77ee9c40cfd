// Acts of the nemesis that kill no process: lack of descriptors, memory or disk space,
// a wrong clock, and administrative commands.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { damageValue, moveFile } from './damage.mjs'
import { tagOf } from './history.mjs'
import { Session, follow } from './tokens.mjs'

const pause = (ms) => new Promise((done) => setTimeout(done, ms))
const needsFaults = (act) => Object.assign(act, { works: ({ faultsBuilt }) => faultsBuilt })

/** A group with one write for each overrun of the ring. */
export const QUIET = 'quiet'
const RING_SIZE = 4096 // hints, as in shm/ring.h
const GROUPS_MAX = 64 // of a stream (doc/protocol.md)
const FLOOD = 500 // documents per push, each in a group of its own

/* ---- Descriptors ---- */

/** The descriptors of a process, {most: its limit, used}; undefined if it has ended. */
function files(pid) {
  try {
    return { most: Number(/^Max open files +(\d+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'utf8'))[1]), used: readdirSync(`/proc/${pid}/fd`).length }
  } catch {
    return undefined
  }
}

const limitFiles = (pid, most) => spawnSync('prlimit', ['--pid', pid, `--nofile=${most}:`])

/** Opens silent connections. */
function crowd(port, count) {
  return Array.from({ length: count }, () => connect(port, '127.0.0.1').on('error', () => undefined))
}

async function starveFiles({ server, random }) {
  const { writer, workers } = server.children()
  const pid = random.pick([server.pid, writer, ...workers])
  const before = files(pid)
  if (!before) return
  limitFiles(pid, before.used + random.below(4))
  const idle = crowd(server.port, 40)
  if (pid === server.pid) server.signal(random.pick([writer, ...workers]), 'SIGKILL')
  await pause(100 + random.below(500))
  for (const socket of idle) socket.destroy()
  limitFiles(pid, before.most)
  // A process started meanwhile has inherited its limit from the master.
  for (const child of server.pids()) limitFiles(child, before.most)
}

/* ---- The ring ---- */

/** Resolves when a request is answered, hence not by a stopped process. */
async function reach(run) {
  for (let tries = 0; tries < 100; tries++) {
    const connection = new Session(run, { key: run.seeds[0] })
    const answer = await Promise.race([connection.ask('/healthz'), pause(300)])
    if (answer?.status === 200) return connection
    connection.close()
  }
  throw new Error('nobody answers, though one worker of two stands still')
}

/** Produces hints for this many groups. The history ignores their documents. */
async function flood(run, connection) {
  const versions = (run.flood ??= Array(FLOOD).fill(0))
  const docs = versions.map((base, i) => ({ id: `flood:${i}:it`, base, value: 1 }))
  const answer = await connection.ask('/sync', { docs })
  answer?.body.results?.forEach(({ version }, i) => (versions[i] = version))
  return answer?.status === 200
}

/** Opens streams of these groups, since only hints of groups that are followed get into
 * the ring. Returns the requests. */
async function followFlood(run) {
  const calls = []
  for (let at = 0; at < FLOOD; at += GROUPS_MAX) {
    const groups = Array.from({ length: Math.min(GROUPS_MAX, FLOOD - at) }, (_, i) => `group=flood:${at + i}`)
    await new Promise((done) => {
      void follow(run, run.seeds[0], `/events?${groups.join('&')}`, undefined, done, (made) => calls.push(made)).then(done)
    })
  }
  return calls
}

/** Stops a worker while so many groups change that the ring overwrites the single
 * change of a quiet group. */
async function lapRing(run) {
  const { server, random, history, ids } = run
  const calls = await followFlood(run)
  const pid = random.pick(server.children().workers)
  server.signal(pid, 'SIGSTOP')
  try {
    const connection = await reach(run)
    const tag = `lap ${(run.laps = (run.laps ?? 0) + 1)}`
    const edit = { id: `${QUIET}:${run.laps}`, base: 0, tag, op: tag }
    ids.all.add(edit.id)
    const answer = await connection.ask('/sync', { docs: [{ id: edit.id, base: 0, op: edit.op, value: { tag } }] })
    if (answer?.status === 200) history.acknowledge(edit, answer.body.results[0].version)
    else history.lose(edit)
    for (let hints = 0; hints < RING_SIZE && (await flood(run, connection)); hints += FLOOD);
    connection.close()
  } finally {
    server.signal(pid, 'SIGCONT')
    for (const call of calls) call.destroy()
  }
}

/* ---- Administrators ---- */

/** Commands may fail with an error; ending by a signal or without a message is a
 * violation. */
function judge(history, what, { status, err }) {
  if (status !== 0 && (status !== 1 || err === '' || /Sanitizer|runtime error:/.test(err))) history.violate('a command', `${what} ended with ${status}: ${err}`)
  return status === 0
}

async function purge({ server, random, history }) {
  history.purges++
  const done = server.command('purge', '--older-than', random.pick(['0s', '0s', '0s', '1h']))
  if (random.chance(0.3)) {
    await pause(random.below(60))
    server.signal(server.children().writer, 'SIGKILL')
  }
  const result = await done
  if (judge(history, 'purge', result)) history.counts.purged += Number(/(\d+) purged/.exec(result.out)?.[1] ?? 0)
}

async function backup(run) {
  const { server, history } = run
  const expected = [...history.acked]
  const copy = server.file('backup.db')
  rmSync(copy, { force: true })
  const made = await server.command('backup', copy)
  if (!judge(history, 'backup', made)) return run.count('backups refused')
  const check = await server.command('check', '--db', copy)
  history.judgeCheck('the file of a backup', check)
  const { status, out, err } = await server.command('export', '--encoding', 'json', '--db', copy)
  if (status !== 0) return history.violate('the file of a backup', err)
  const docs = out.split('\n').filter((line) => line && !line.includes('"flood:')).map((line) => JSON.parse(line))
  history.checkBackup(expected, new Map(docs.map((doc) => [doc.id, { version: doc.version, tag: tagOf(doc) }])))
}

/* ---- All of them ---- */

export const strains = {
  starveFiles,
  lapRing,
  purge,
  backup,
  damageValue,
  moveFile,
  /** Makes one allocation of the writer or of a worker fail. */
  failMemory: needsFaults(async ({ server, random }) => {
    const { writer, workers } = server.children()
    server.levers.failAllocation(random.pick([writer, ...workers]), 1 + random.below(3000))
    for (const end = Date.now() + 800; !server.levers.allocationFailed && Date.now() < end;) await pause(10)
    server.levers.failAllocation(0, 0)
  }),
  /** Sets the wall clock wrong by hours or years, and sometimes right again. */
  stepClock: needsFaults(async ({ server, random }) => {
    server.setWall(random.pick([0, 3600, -3600, 86_400, -86_400 * 400, 86_400 * 3650, -86_400 * 365 * 60]))
  }),
  fillDisk: Object.assign(async ({ server, random }) => {
    server.fillDisk()
    await pause(100 + random.below(700))
    server.freeDisk()
  }, { works: ({ server }) => server.isSmall }),
}
