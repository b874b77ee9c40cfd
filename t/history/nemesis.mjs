// The nemesis: disturbs the server during a campaign, by one random act after the
// other.
import { strains } from './strains.mjs'

const pause = (ms) => new Promise((done) => setTimeout(done, ms))

/** The fault points (doc/reliability.md) that a running server visits. */
export const points = [
  'writer_before_commit', 'log_write', 'log_sync', 'writer_after_commit', 'writer_after_answer', 'ring_before_committed', 'ring_in_entry',
  'ring_before_wake', 'checkpoint_write', 'checkpoint_sync', 'pull_in_page', 'catch_up_page', 'handover_paired', 'handoff_sent', 'handoff_received',
]

/** The maximum visit number for rare and for frequent points. */
const visits = { pull_in_page: 200, checkpoint_write: 100, checkpoint_sync: 1, handover_paired: 2 }
export const killedAt = (point) => `killed at ${point}`

/** Disk errors, in the syntax of store/sqlite/fault_vfs.h. */
const troubles = [
  'write wal EIO', 'write wal ENOSPC', 'write wal EROFS', 'sync wal EIO', 'write db EIO', 'write db ENOSPC', 'sync db EIO',
  'truncate any EIO', 'read any EIO', 'grow db ENOSPC',
]

async function freeze(server, pid, ms) {
  server.signal(pid, 'SIGSTOP')
  await pause(ms)
  server.signal(pid, 'SIGCONT')
}

export const acts = {
  killWorker: async ({ server, random }) => server.signal(random.pick(server.children().workers), 'SIGKILL'),
  killWriter: async ({ server }) => server.signal(server.children().writer, 'SIGKILL'),
  async killMaster({ server }) {
    await server.kill()
    await server.start()
  },
  /** Kills a process at one of the points with the fewest kills so far. */
  killAt: Object.assign(async (run) => {
    const { server, random } = run
    const times = (point) => run.acts[killedAt(point)] ?? 0
    const least = Math.min(...points.map(times))
    const point = random.pick(points.filter((name) => times(name) === least))
    server.levers.killAt(point, 1 + random.below(visits[point] ?? 5))
    if (/handover|handoff/.test(point)) server.signal(server.pid, random.pick(['SIGHUP', 'SIGUSR2']))
    for (const end = Date.now() + 3000; !server.levers.killed && Date.now() < end;) await pause(10)
    if (server.levers.killed) run.count(killedAt(point))
    server.levers.killAt('', 0)
    if (point !== 'handover_paired') return
    // At this point the process is the master.
    await server.kill()
    await server.start()
  }, { works: ({ faultsBuilt }) => faultsBuilt }),
  async restart({ server }) {
    const status = await server.stop()
    if (status !== 0) throw new Error(`the server ended with ${status}:\n${server.told()}`)
    await server.start()
  },
  /** Reload: every worker is replaced; the next act sometimes kills leaving ones. */
  reload: async ({ server }) => server.signal(server.pid, 'SIGHUP'),
  /** Upgrade: a new run of the program takes over. */
  upgrade: async ({ server }) => server.signal(server.pid, 'SIGUSR2'),
  freezeWorker: async ({ server, random }) => freeze(server, random.pick(server.children().workers), 50 + random.below(400)),
  freezeWriter: async ({ server, random }) => freeze(server, server.children().writer, 50 + random.below(400)),
  failDisk: Object.assign(async ({ server, random }) => {
    server.breakDisk(random.pick(troubles) + '\n')
    await pause(50 + random.below(500))
    server.breakDisk('')
  }, { works: ({ faultsBuilt }) => faultsBuilt }),
  ...strains,
}

/** Acts until `run.ending`; counts acts in `run.acts`. `known`: the acts by name. */
export async function nemesis(run, names, known = acts) {
  const { random } = run
  while (!run.ending) {
    await pause(100 + random.below(400))
    if (run.ending) return
    const name = random.pick(names)
    run.count(name)
    await known[name](run)
  }
}
