// The program under test, on one port and one database, through all its deaths.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const pause = (ms) => new Promise((done) => setTimeout(done, ms))

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address()
  probe.close()
  await once(probe, 'close')
  return port
}

export class Server {
  #folder = mkdtempSync(join(tmpdir(), 'pocketbook-history-'))
  #child

  constructor(program, { workers = 2, options = [] } = {}) {
    Object.assign(this, { program, workers, options })
    this.db = join(this.#folder, 'history.db')
    this.log = join(this.#folder, 'log')
    this.disk = join(this.#folder, 'disk')
  }

  /** `faults` as base/fault.h reads them. */
  async start(faults = '') {
    this.port ??= await freePort()
    const args = ['serve', '--db', this.db, '--listen', `127.0.0.1:${this.port}`, '--workers', this.workers, '--auth', 'off', ...this.options]
    const log = openSync(this.log, 'a')
    const env = { ...process.env, POCKETBOOK_FAULTS: faults, POCKETBOOK_DISK: this.disk }
    const child = (this.#child = spawn(this.program, args, { stdio: ['ignore', 'ignore', log], env }))
    closeSync(log)
    for (;;) {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`the server ended at its start:\n${this.told()}`)
      if (await fetch(`http://127.0.0.1:${this.port}/readyz`).then((answer) => answer.ok, () => false)) return
      await pause(20)
    }
  }

  /** Lines as store/faulty.h reads them, in a build with --enable-faults; '' mends the disk. */
  breakDisk(plan) {
    writeFileSync(this.disk + '.new', plan)
    renameSync(this.disk + '.new', this.disk)
  }

  told() {
    return readFileSync(this.log, 'utf8')
  }

  get pid() {
    return this.#child.pid
  }

  /** {writer, workers: pids}: the process that the master started first, and those it started again, by the log. */
  children() {
    const pids = this.#children()
    const named = [...this.told().matchAll(/event=child_start child=writer child_pid=(\d+)/g)].map(([, pid]) => Number(pid))
    const writer = pids.find((pid) => named.includes(pid)) ?? pids[0]
    return { writer, workers: pids.filter((pid) => pid !== writer) }
  }

  #children() {
    try {
      return readFileSync(`/proc/${this.pid}/task/${this.pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)
    } catch {
      return []
    }
  }

  /** kill -9 of the master; resolves when no process of it is left. */
  async kill() {
    const pids = this.#children()
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await ended
    while (pids.some((pid) => alive(pid))) await pause(10)
  }

  /** SIGTERM; answers the exit status. */
  async stop() {
    if (this.#child.exitCode !== null) return this.#child.exitCode
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    const [code] = await ended
    return code
  }

  command(...words) {
    return spawnSync(this.program, [...words, '--db', this.db], { encoding: 'utf8' })
  }

  /** What SQLite thinks of the file: 'ok'. No server may be on it. */
  integrity() {
    const { stdout, stderr, error } = spawnSync('sqlite3', [this.db, 'PRAGMA integrity_check'], { encoding: 'utf8' })
    return error ? `sqlite3 cannot be started: ${error.message}` : (stdout + stderr).trim()
  }

  remove() {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

export function alive(pid) {
  try {
    process.kill(pid, 0)
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
