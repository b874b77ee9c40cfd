// Acts of the nemesis for two hosts on PostgreSQL, and mutants of its functions: errors
// that the checker must report.
import { acts } from './nemesis.mjs'
import { Session } from './tokens.mjs'
import { strains } from './strains.mjs'

const pause = (ms) => new Promise((done) => setTimeout(done, ms))
const ANSWER_MS = 120_000
const LOST = 4 // writes that an asynchronous failover loses

/** An act on a server, done to one of the hosts. */
const onOne = (act) => async (run) => act({ ...run, server: run.random.pick(run.server.hosts) })

const sessionsOf = (server, condition = 'true') =>
  server.cluster.primary.sql(`SELECT pid FROM pg_stat_activity WHERE usename = 'app' AND ${condition}`).out.split('\n').filter(Boolean).map(Number)

/** All processes of the host stand still. */
async function freezeHost({ server, random }) {
  const host = random.pick(server.hosts)
  const pids = [host.pid, ...host.pids()]
  for (const pid of pids) host.signal(pid, 'SIGSTOP')
  await pause(300 + random.below(2500))
  for (const pid of pids) host.signal(pid, 'SIGCONT')
}

async function cutHost({ server, random }) {
  const { relays } = server.cluster
  for (const relay of relays) relay.cut()
  await pause(300 + random.below(3000))
  for (const relay of relays) relay.mend()
}

/** Commits wait for it. */
async function freezeStandby({ server, random }) {
  const receiver = Number(server.cluster.standby.sql('SELECT pid FROM pg_stat_wal_receiver', 'postgres').out)
  if (!receiver) return
  server.signal(receiver, 'SIGSTOP')
  await pause(200 + random.below(1500))
  server.signal(receiver, 'SIGCONT')
}

/** It replays nothing for a while, and commits do not wait for that. */
async function pauseReplay({ server: { cluster }, random }) {
  const { standby } = cluster
  standby.sql('SELECT pg_wal_replay_pause()', 'postgres')
  await pause(300 + random.below(1500))
  standby.sql('SELECT pg_wal_replay_resume()', 'postgres')
}

/** One snapshot at a time, beside the other acts. */
async function longSnapshot({ server, random }) {
  if (server.snapshot?.exitCode === null) return
  const seconds = 1 + random.below(5)
  server.snapshot = server.cluster.primary.hold(`BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pocketbook.doc; SELECT pg_sleep(${seconds}); COMMIT`)
}

/* ---- Failover ---- */

async function promote({ server }) {
  await server.cluster.promote()
}

/** Asks until it is answered. */
async function surely(session, path, body) {
  for (const end = Date.now() + ANSWER_MS; Date.now() < end; await pause(50)) {
    const answer = await session.ask(path, body)
    if (answer?.status === 200) return answer.body
  }
  throw new Error(`${path} is not answered within ${ANSWER_MS / 1000} s`)
}

/** A cursor at the end of the group. */
async function cursorOf(session, group) {
  for (let cursor = '0', more = true; ; ) {
    ;({ cursor, more } = await surely(session, `/sync?group=${group}&since=${cursor}&limit=1000`))
    if (!more) return cursor
  }
}

/** New documents of the group; they are of no other writer. */
async function writeNew(run, session, group, count) {
  const edits = Array.from({ length: count }, () => `${group}:failover.${(run.extra = (run.extra ?? 0) + 1)}`).map((id) => ({ id, base: 0, op: id, tag: id }))
  for (const edit of edits) {
    run.ids.all.add(edit.id)
    const { results } = await surely(session, '/sync', { docs: [{ id: edit.id, base: 0, op: edit.op, value: { tag: edit.tag } }] })
    edit.version = results[0].version
  }
  return edits
}

/** Writes that the standby will not have, seen by readers if possible. */
async function writeLost(run, session, group) {
  const { history } = run
  const lost = (await writeNew(run, session, group, LOST)).map(({ id }) => id)
  const isSeen = ({ docs }) => lost.some((id) => docs.has(id))
  for (const end = Date.now() + 2000; !run.replicas.some(isSeen) && Date.now() < end;) await pause(20)
  if (run.replicas.some(isSeen)) run.count('losses that readers saw')
  history.forfeit(lost)
}

/** Commits wait for no standby, and the one that takes over lacks the last: cursors
 * beyond its end must reset, also when there are new writes of their numbers, so that
 * readers forget what they saw; those before it go on. Nobody else writes meanwhile. */
async function promoteAsync(run) {
  const { server: { cluster }, gate, history, random } = run
  const late = new Promise((done) => setTimeout(done, 60_000).unref())
  if (!(await Promise.race([gate.hold().then(() => true), late]))) return
  const group = random.pick(run.groups)
  const session = new Session(run, { key: run.seeds[0] })
  await cluster.waitForNoStandby()
  const before = await cursorOf(session, group)
  await caughtUp(cluster)
  await cluster.standby.end('SIGINT')
  await writeLost(run, session, group)
  const beyond = await cursorOf(session, group)
  await cluster.promote()
  for (const edit of await writeNew(run, session, group, LOST + 2)) history.acknowledge(edit, edit.version)
  for (const [cursor, reset] of [[before, false], [beyond, true]]) {
    const page = await surely(session, `/sync?group=${group}&since=${cursor}&limit=10`)
    if (page.reset !== reset) history.violate('the end of a failover', `the cursor ${cursor}, ${reset ? 'beyond it' : 'before it'}, ${page.reset ? 'resets' : 'goes on'}`)
  }
  session.close()
  gate.release()
}

async function caughtUp({ primary, standby }) {
  const head = primary.sql('SELECT pg_current_wal_lsn()').out
  while (standby.sql(`SELECT pg_last_wal_replay_lsn() >= '${head}'`).out !== 't') await pause(20)
}

/* ---- All of them ---- */

export const hostActs = {
  /** PostgreSQL ends all sessions and recovers when one of its processes is killed. */
  killBackend: async ({ server, random }) => {
    const pids = sessionsOf(server)
    if (pids.length) server.signal(random.pick(pids), 'SIGKILL')
  },
  endSession: async ({ server, random }) => {
    const pids = sessionsOf(server)
    if (pids.length) server.cluster.primary.sql(`SELECT pg_terminate_backend(${random.pick(pids)})`)
  },
  endListener: async ({ server }) => {
    for (const pid of sessionsOf(server, `query LIKE 'SELECT -1, epoch_now()%'`)) server.cluster.primary.sql(`SELECT pg_terminate_backend(${pid})`)
  },
  crashPostgres: async ({ server: { cluster }, random }) => {
    await cluster.primary.end('SIGQUIT')
    await pause(random.below(1000))
    await cluster.primary.start()
  },
  promote,
  promoteAsync,
  freezeHost,
  cutHost,
  freezeStandby,
  pauseReplay,
  longSnapshot,
  purge: strains.purge,
  ...Object.fromEntries(['killWorker', 'killWriter', 'killMaster', 'restart', 'reload', 'freezeWorker', 'freezeWriter'].map((name) => [name, onOne(acts[name])])),
}

/* ---- Mutants ---- */

/** Changes the text of a function in the database. */
const inFunction = (name, ...changes) => (cluster) => {
  const source = `(SELECT oid FROM pg_proc WHERE proname = '${name}' AND pronamespace = 'pocketbook'::regnamespace)`
  let text = cluster.primary.sql(`SELECT pg_get_functiondef(${source})`).out
  for (const [from, to] of changes) {
    if (!text.includes(from)) throw new Error(`${name} has no ${from}`)
    text = text.replace(from, to)
  }
  // Types in it have no schema.
  const { status, err } = cluster.primary.sql(`SET search_path = pocketbook; ${text}`)
  if (status !== 0) throw new Error(err)
}

/** A mutant of the program (doc/reliability.md). */
const fault = (name) => ({ faults: `${name}=wrong`, begin: () => undefined })

const all = (...parts) => (cluster) => parts.forEach((part) => part(cluster))

/** name → {begin, faults: as in mutants.mjs, acts, kind: what the checker must
 * report} */
export const hostMutants = {
  /** Numbers are drawn before the lane is taken. The database itself may refuse the
   * second document of a number. */
  laneLate: {
    begin: all(
      inFunction('take', ['PERFORM pg_advisory_xact_lock(7216171, 100 + l);', 'NULL;']),
      inFunction('push_new', ['IF edits IS NULL OR', 'IF true OR']),
      inFunction('push_edits', ['IF has_groups THEN', 'PERFORM pg_sleep(0.002); PERFORM lock_lane(0); IF has_groups THEN']),
    ),
    acts: [],
    kind: /missed|was lost|two writes|the file|damaged/,
  },
  ownHintsFirst: { ...fault('own_hints_first'), acts: [], kind: /a stream missed a change/ },
  /** A standby is not asked how far it is. */
  replicaUnasked: { ...fault('replica_unasked'), acts: ['pauseReplay'], kind: /a pull missed a write|was lost|missed/ },
  /** A kept page is told without asking whether other hosts have written since. */
  indexSkipped: { ...fault('index_skipped'), acts: ['freezeWriter', 'endListener'], kind: /a pull missed a write|a stream missed a change/ },
  /** A conflict has the value of one version and the number of another. */
  conflictVersionKept: { ...fault('conflict_version_kept'), acts: [], kind: /two writes in one version|one write in two versions/ },
  /** No epoch begins after a promotion. */
  epochKept: {
    begin: inFunction('epoch_check', ['IF FOUND AND NOT p_force THEN',
      `IF true THEN PERFORM lock_lane(0); current_epoch := epoch_now();
       INSERT INTO alive (epoch, system) SELECT current_epoch, this_system WHERE NOT EXISTS (SELECT 1 FROM alive);`]),
    acts: ['promoteAsync'],
    kind: /the end of a failover|missed|was lost/,
  },
  /** An invitation does not count who joins. */
  joinUncounted: {
    begin: inFunction('token_join', ['SET used = i.used + 1', 'SET used = i.used']),
    acts: [],
    kind: /a join is not counted once|an invitation is used too often/,
  },
  /** Cursors of an earlier epoch are continued, wherever the next one began. */
  startIgnored: {
    begin: inFunction('epoch_follows', ['p_seq <= coalesce(', 'true OR p_seq <= coalesce(']),
    acts: ['promoteAsync'],
    kind: /the end of a failover|missed|was lost/,
  },
}

