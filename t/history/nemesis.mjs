// What befalls the server during a run: one act after the other, drawn by chance.
import { strains } from './strains.mjs'

const pause = (ms) => new Promise((done) => setTimeout(done, ms))

/** Those fault points (base/fault.h) that a running server comes by. */
export const points = [
  'writer_before_commit', 'log_write', 'log_sync', 'writer_after_commit', 'writer_after_answer', 'ring_before_committed', 'ring_in_entry',
  'ring_before_wake', 'checkpoint_write', 'checkpoint_sync', 'pull_in_page', 'catch_up_page', 'handover_paired', 'handoff_sent', 'handoff_received',
]

/** How many there may be of those that come rarely or often. */
const visits = { pull_in_page: 200, checkpoint_write: 100, checkpoint_sync: 1, handover_paired: 2 }
export const killedAt = (point) => `killed at ${point}`

/** What a disk may do, as store/sqlite/fault_vfs.h reads it. */
const troubles = [
  'write wal EIO', 'write wal ENOSPC', 'write wal EROFS', 'sync wal EIO', 'write db EIO', 'write db ENOSPC', 'sync db EIO',
  'truncate any EIO', 'read any EIO', 'grow db ENOSPC',
]

function signal(pid, name) {
  try {
    process.kill(pid, name)
  } catch {
    // It has ended meanwhile.
  }
}

async function freeze(pid, ms) {
  signal(pid, 'SIGSTOP')
  await pause(ms)
  signal(pid, 'SIGCONT')
}

export const acts = {
  killWorker: async ({ server, random }) => signal(random.pick(server.children().workers), 'SIGKILL'),
  killWriter: async ({ server }) => signal(server.children().writer, 'SIGKILL'),
  async killMaster({ server }) {
    await server.kill()
    await server.start()
  },
  /** Whoever comes by a fault point: one of those where it happened least. */
  killAt: Object.assign(async (run) => {
    const { server, random } = run
    const times = (point) => run.acts[killedAt(point)] ?? 0
    const least = Math.min(...points.map(times))
    const point = random.pick(points.filter((name) => times(name) === least))
    server.levers.killAt(point, 1 + random.below(visits[point] ?? 5))
    if (/handover|handoff/.test(point)) signal(server.pid, random.pick(['SIGHUP', 'SIGUSR2']))
    for (const end = Date.now() + 3000; !server.levers.killed && Date.now() < end;) await pause(10)
    if (server.levers.killed) run.count(killedAt(point))
    server.levers.killAt('', 0)
    if (point !== 'handover_paired') return
    // There it is the master.
    await server.kill()
    await server.start()
  }, { works: ({ faultsBuilt }) => faultsBuilt }),
  async restart({ server }) {
    const status = await server.stop()
    if (status !== 0) throw new Error(`the server ended with ${status}:\n${server.told()}`)
    await server.start()
  },
  /** Every worker is replaced; those that leave are killed at times by what comes next. */
  reload: async ({ server }) => signal(server.pid, 'SIGHUP'),
  /** A new run of the program takes over; so too. */
  upgrade: async ({ server }) => signal(server.pid, 'SIGUSR2'),
  freezeWorker: async ({ server, random }) => freeze(random.pick(server.children().workers), 50 + random.below(400)),
  freezeWriter: async ({ server, random }) => freeze(server.children().writer, 50 + random.below(400)),
  failDisk: Object.assign(async ({ server, random }) => {
    server.breakDisk(random.pick(troubles) + '\n')
    await pause(50 + random.below(500))
    server.breakDisk('')
  }, { works: ({ faultsBuilt }) => faultsBuilt }),
  ...strains,
}

/** Acts until `run.ending`; counts in `run.acts`. */
export async function nemesis(run, names) {
  const { random } = run
  while (!run.ending) {
    await pause(100 + random.below(400))
    if (run.ending) return
    const name = random.pick(names)
    run.count(name)
    await acts[name](run)
  }
}
