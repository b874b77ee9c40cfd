// PostgreSQL for a campaign: a primary and a standby in a folder of their own, which
// run as an unprivileged user, and the relays by which one host reaches them.
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, chmodSync, chownSync, mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const pause = (ms) => new Promise((done) => setTimeout(done, ms))
const NOBODY = 65534
const SOCKET = '.s.PGSQL.5432'

/** The folder of PostgreSQL's programs; undefined if it is not installed. */
export function findPrograms() {
  const { status, stdout } = spawnSync('pg_config', ['--bindir'], { encoding: 'utf8' })
  const folder = status === 0 ? stdout.trim() : undefined
  return folder && spawnSync(join(folder, 'initdb'), ['--version']).status === 0 ? folder : undefined
}

/** Passes bytes between a host and a server, until it is cut: then it passes none, and
 * neither side learns of that, as in a network that has fallen apart. */
class Relay {
  #sockets = new Set()
  #isCut = false

  constructor(folder, to) {
    mkdirSync(folder)
    this.folder = folder
    this.server = createServer((socket) => this.#join(socket, connect(to))).listen(join(folder, SOCKET))
  }

  #join(near, far) {
    for (const [one, other] of [[near, far], [far, near]]) {
      this.#sockets.add(one)
      one.on('data', (bytes) => other.write(bytes))
      one.on('error', () => undefined)
      one.on('close', () => this.#sockets.delete(one) && other.destroy())
      if (this.#isCut) one.pause()
    }
  }

  cut() {
    this.#isCut = true
    for (const socket of this.#sockets) socket.pause()
  }

  mend() {
    this.#isCut = false
    for (const socket of this.#sockets) socket.resume()
  }

  close() {
    this.server.close()
    for (const socket of this.#sockets) socket.destroy()
  }
}

/** One PostgreSQL server. */
class Postgres {
  #child

  constructor(cluster, name) {
    Object.assign(this, { cluster, name, data: join(cluster.folder, name), sockets: join(cluster.folder, `${name}.s`) })
  }

  get pid() {
    return this.#child?.exitCode === null && this.#child.signalCode === null ? this.#child.pid : undefined
  }

  async start() {
    const settings = ['listen_addresses=', `unix_socket_directories=${this.sockets}`, 'fsync=off', 'shared_buffers=16MB', 'wal_level=replica',
      'max_wal_senders=4', 'wal_keep_size=256MB', 'wal_receiver_status_interval=1', 'wal_retrieve_retry_interval=100ms']
    const log = openSync(this.cluster.log, 'a')
    this.#child = spawn(join(this.cluster.programs, 'postgres'), ['-D', this.data, ...settings.flatMap((one) => ['-c', one])],
      { ...this.cluster.as, stdio: ['ignore', log, log] })
    for (const end = Date.now() + 60_000; this.sql('SELECT 1', 'postgres').status !== 0; await pause(50)) {
      if (!this.pid || Date.now() > end) throw new Error(`PostgreSQL ${this.name} does not start; see ${this.cluster.log}`)
    }
  }

  /** SIGQUIT ends all of its processes as a crash does; SIGINT is a shutdown. */
  async end(signal) {
    if (!this.pid) return
    const ended = once(this.#child, 'exit')
    this.#child.kill(signal)
    await ended
  }

  /** Runs SQL as the superuser: {status, out}. */
  sql(text, database = 'app') {
    const words = ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-h', this.sockets, '-U', 'pb', '-d', database, '-c', text]
    const { status, stdout, stderr } = spawnSync(join(this.cluster.programs, 'psql'), words, { encoding: 'utf8', timeout: 20_000 })
    return { status, out: stdout.trim(), err: stderr }
  }

  /** Starts a session that runs SQL for long. */
  hold(text) {
    return spawn(join(this.cluster.programs, 'psql'), ['-X', '-q', '-h', this.sockets, '-U', 'pb', '-d', 'app', '-c', text], { stdio: 'ignore' })
  }
}

export class Cluster {
  folder = mkdtempSync(join(tmpdir(), 'pocketbook-cluster-'))
  relays = []

  constructor(programs) {
    Object.assign(this, { programs, log: join(this.folder, 'log') })
    this.as = { cwd: this.folder, env: { ...process.env, HOME: this.folder } }
    if (process.getuid() === 0) {
      Object.assign(this.as, { uid: NOBODY, gid: NOBODY })
      chmodSync(this.folder, 0o755)
      chownSync(this.folder, NOBODY, NOBODY)
    }
    appendFileSync(this.log, '')
    ;[this.primary, this.standby] = ['one', 'two'].map((name) => new Postgres(this, name))
    for (const { sockets } of [this.primary, this.standby]) this.#run('mkdir', [sockets])
  }

  #run(program, words) {
    return execFileSync(program, words, { ...this.as, stdio: ['ignore', 'pipe', 'pipe'] })
  }

  /** An empty database `app` of a role without privileges, and a synchronous standby.
   * Commits wait for one from the start of each server, as all are copies of the
   * first. */
  async open() {
    const { programs, primary } = this
    this.#run(join(programs, 'initdb'), ['-D', primary.data, '-U', 'pb', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'])
    await primary.start()
    for (const text of ['CREATE ROLE app LOGIN', 'CREATE DATABASE app OWNER app', "ALTER SYSTEM SET synchronous_standby_names = '*'"]) primary.sql(text, 'postgres')
    await primary.end('SIGINT')
    await primary.start()
    await this.follow()
  }

  /** Makes the standby anew, as a copy of the primary, and waits until it is
   * synchronous. */
  async follow() {
    const { programs, primary, standby } = this
    await standby.end('SIGQUIT')
    rmSync(standby.data, { recursive: true, force: true })
    await new Promise((done, fail) => spawn(join(programs, 'pg_basebackup'), ['-h', primary.sockets, '-U', 'pb', '-D', standby.data, '-R', '--checkpoint=fast', '--no-sync'],
      { ...this.as, stdio: 'ignore' }).on('close', (status) => (status === 0 ? done() : fail(new Error('pg_basebackup has failed')))))
    await standby.start()
    while (primary.sql('SELECT sync_state FROM pg_stat_replication').out !== 'sync') await pause(50)
  }

  /** Until this primary ends, commits wait for no standby. The setting is never made
   * while a server runs: commits heed it once the checkpointer has seen it, which may
   * be after every session shows it, and those before could be lost. */
  async waitForNoStandby() {
    const { primary } = this
    primary.sql("ALTER SYSTEM SET synchronous_standby_names = ''")
    primary.sql('SELECT pg_reload_conf()')
    while (primary.sql('SHOW synchronous_standby_names').out !== '') await pause(20)
  }

  /** Crashes the primary; the standby takes over, and a new standby is made. */
  async promote() {
    await this.primary.end('SIGQUIT')
    ;[this.primary, this.standby] = [this.standby, this.primary]
    if (!this.primary.pid) await this.primary.start()
    this.primary.sql('SELECT pg_promote()')
    await this.follow()
  }

  /** The URL of the database. */
  get url() {
    return this.#urlOf([this.primary, this.standby].map(({ sockets }) => sockets))
  }

  #urlOf(folders) {
    return `postgresql://app@/app?host=${folders.join(',')}`
  }

  /** The same through relays, which `cut` and `mend` then mean. */
  relayedUrl() {
    const parts = [this.primary, this.standby]
    this.relays = parts.map(({ name, sockets }) => new Relay(join(this.folder, `relay.${name}`), join(sockets, SOCKET)))
    return this.#urlOf(this.relays.map(({ folder }) => folder))
  }

  async close() {
    for (const relay of this.relays) relay.close()
    for (const server of [this.standby, this.primary]) await server.end('SIGQUIT')
    rmSync(this.folder, { recursive: true, force: true })
  }
}
