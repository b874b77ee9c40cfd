// The server under test: one port and one database, across all restarts.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Levers } from './levers.mjs'
import { mountSmall, unmount } from './mounts.mjs'

const pause = (ms) => new Promise((done) => setTimeout(done, ms))

/** A port outside of the ephemeral range: while no server listens, a client that keeps
 * connecting could otherwise connect to itself and occupy the port. */
async function freePort() {
  const [lowest] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s+/).map(Number)
  for (;;) {
    const probe = createServer()
    const ended = Promise.race([once(probe, 'listening'), once(probe, 'error')]).catch((error) => [error])
    probe.listen(lowest - 1 - Math.floor(Math.random() * 10_000), '127.0.0.1')
    const [error] = await ended
    if (error) continue
    const { port } = probe.address()
    probe.close()
    await once(probe, 'close')
    return port
  }
}

export class Server {
  #folder = mkdtempSync(join(tmpdir(), 'pocketbook-history-'))
  #child
  #ballast
  #wallOff = 0
  wallSteps = 0

  /** `small`: the size in MiB of the disk for the database, if one can be mounted
   * (`isSmall`). */
  constructor(program, { workers = 2, options = [], small = 0, auth = 'off' } = {}) {
    Object.assign(this, { program, workers, options, auth })
    const place = join(this.#folder, 'disk')
    mkdirSync(place)
    this.isSmall = small > 0 && mountSmall(place, small)
    this.mark = this.db = join(place, 'history.db')
    this.#ballast = join(place, 'ballast')
    this.log = join(this.#folder, 'log')
    // The sandbox gives the writer access to no other folder.
    this.disk = join(place, 'trouble')
    this.levers = new Levers(join(this.#folder, 'levers'))
  }

  /** `faults`: a list as in base/fault.h. */
  async start(faults = '') {
    this.port ??= await freePort()
    const args = ['serve', '--db', this.db, '--listen', `127.0.0.1:${this.port}`, '--workers', this.workers, '--auth', this.auth, ...this.options]
    const log = openSync(this.log, 'a')
    const env = { ...process.env, POCKETBOOK_FAULTS: faults, POCKETBOOK_DISK: this.disk, POCKETBOOK_LEVERS: this.levers.path }
    const child = (this.#child = spawn(this.program, args, { stdio: ['ignore', 'ignore', log], env }))
    closeSync(log)
    for (;;) {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`the server ended at its start:\n${this.told()}`)
      if (await fetch(`http://127.0.0.1:${this.port}/readyz`).then((answer) => answer.ok, () => false)) return
      await pause(20)
    }
  }

  /** Lines in the syntax of store/sqlite/fault_vfs.h, for a build with --enable-faults;
   * '' repairs the disk. */
  breakDisk(plan) {
    writeFileSync(this.disk + '.new', plan)
    renameSync(this.disk + '.new', this.disk)
  }

  /** Sets the wall clock wrong by this many seconds. */
  setWall(seconds) {
    this.levers.setWall(seconds)
    this.#wallOff = seconds
    this.wallSteps++
  }

  /** The time at the server, in seconds since 1970. */
  get wall() {
    return Date.now() / 1000 + this.#wallOff
  }

  /** Fills the small disk. */
  fillDisk() {
    const file = openSync(this.#ballast, 'w')
    for (let size = 1 << 20; size >= 512;) {
      try {
        if (writeSync(file, Buffer.alloc(size)) < size) size /= 2
      } catch {
        size /= 2
      }
    }
    closeSync(file)
  }

  freeDisk() {
    rmSync(this.#ballast, { force: true })
  }

  told() {
    return existsSync(this.log) ? readFileSync(this.log, 'utf8') : ''
  }

  get pid() {
    return this.#child.pid
  }

  /** The path of the control socket. */
  get control() {
    return this.db + '.sock'
  }

  /** {writer, workers: pids} of the running processes, according to the log. */
  children() {
    const pids = this.pids()
    const named = [...this.told().matchAll(/event=child_start child=writer child_pid=(\d+)/g)].map(([, pid]) => Number(pid))
    const writer = pids.find((pid) => named.includes(pid)) ?? pids[0]
    return { writer, workers: pids.filter((pid) => pid !== writer) }
  }

  /** The children of the master. */
  pids() {
    try {
      return readFileSync(`/proc/${this.pid}/task/${this.pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)
    } catch {
      return []
    }
  }

  /** Signals a process, if it has not ended meanwhile. */
  signal(pid, name) {
    try {
      process.kill(pid, name)
    } catch {
      // It has ended.
    }
  }

  get isAlive() {
    return this.#child?.exitCode === null && this.#child.signalCode === null
  }

  /** Kills the master by SIGKILL unless it is dead already; resolves when no process
   * uses the database. */
  async kill() {
    const ended = this.isAlive ? once(this.#child, 'exit') : undefined
    const met = new Set(this.#those())
    this.#child.kill('SIGKILL')
    await ended
    // An exiting process loses its command line first, and its sockets a little later.
    for (;;) {
      for (const pid of this.#those()) met.add(pid)
      if (![...met].some((pid) => alive(pid))) return
      await pause(20)
    }
  }

  /** All processes with the mark, which is the database's name, on the command line, as
   * the children of a dead master have another parent. */
  #those() {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && commandLine(name).includes(this.mark)).map(Number)
  }

  /** Sends SIGTERM; returns the exit status. */
  async stop() {
    if (!this.isAlive) return this.#child?.exitCode ?? this.#child?.signalCode
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    const [code] = await ended
    return code
  }

  /** Runs a command on this database, unless it names another: {status, out, err}. */
  async command(...words) {
    const child = spawn(this.program, words.includes('--db') ? words : [...words, '--db', this.db], { stdio: ['ignore', 'pipe', 'pipe'] })
    let out = '', err = ''
    child.stdout.setEncoding('utf8').on('data', (piece) => (out += piece))
    child.stderr.setEncoding('utf8').on('data', (piece) => (err += piece))
    const [code, signal] = await once(child, 'close')
    return { status: code ?? signal, out, err }
  }

  /** Runs SQL on the database, beside the server: {status, out}. */
  sql(text) {
    const dots = ['.timeout 5000', '.dbconfig no_ckpt_on_close on', 'PRAGMA wal_autocheckpoint = 0']
    const { status, stdout } = spawnSync('sqlite3', ['-bail', ...dots.flatMap((line) => ['-cmd', line]), this.db], { input: text, encoding: 'utf8' })
    return { status, out: stdout }
  }

  /** A path for another file, not on the disk of the database. */
  file(name) {
    return join(this.#folder, name)
  }

  /** The result of SQLite's integrity check, such as 'ok'. No server may be running. */
  integrity() {
    const { stdout, stderr, error } = spawnSync('sqlite3', [this.db, 'PRAGMA integrity_check'], { encoding: 'utf8' })
    return error ? `sqlite3 cannot be started: ${error.message}` : (stdout + stderr).trim()
  }

  remove() {
    this.levers.close()
    if (this.isSmall) unmount(join(this.#folder, 'disk'))
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

function commandLine(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
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
