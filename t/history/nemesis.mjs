// What befalls the server during a run: one act after the other, drawn by chance.
const pause = (ms) => new Promise((done) => setTimeout(done, ms))

export const points = [
  'writer_before_commit', 'writer_after_commit', 'writer_after_answer', 'ring_before_committed', 'ring_in_entry', 'ring_before_wake',
]

/** What a disk may do, as store/faulty.h reads it. */
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
  async killMaster({ server, random, faultsBuilt }) {
    await server.kill()
    await server.start(faultsBuilt ? `${random.pick(points)}=kill@${20 + random.below(200)}` : '')
  },
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
  async failDisk({ server, random }) {
    server.breakDisk(random.pick(troubles) + '\n')
    await pause(50 + random.below(500))
    server.breakDisk('')
  },
}

/** Acts until `run.ending`; counts in `run.acts`. */
export async function nemesis(run, names) {
  const { random } = run
  while (!run.ending) {
    await pause(100 + random.below(400))
    if (run.ending) return
    const name = random.pick(names)
    run.acts[name] = (run.acts[name] ?? 0) + 1
    await acts[name](run)
  }
}
