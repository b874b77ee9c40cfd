// Two servers on one PostgreSQL database, in place of one on a file: what campaign.mjs
// uses of server.mjs. Each request goes to a host that is chosen at random.
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Cluster } from './cluster.mjs'
import { Server } from './server.mjs'

class Host extends Server {
  constructor(program, url, { options, ...more }) {
    super(program, more)
    const run = this.file('run')
    mkdirSync(run, { mode: 0o700 })
    Object.assign(this, { run, db: url, mark: run, options: [...options, '--runtime-dir', run] })
  }

  get control() {
    return join(this.run, readdirSync(this.run).find((name) => name.endsWith('.sock')) ?? 'none')
  }
}

export class Hosts {
  wallSteps = 0
  isSmall = false

  constructor(program, random, programs, { options = [], auth = 'off', lanes = 1 } = {}) {
    Object.assign(this, { program, random, lanes, settings: { options, auth } })
    this.cluster = new Cluster(programs)
  }

  async open() {
    await this.cluster.open()
    const urls = [this.cluster.url, this.cluster.relayedUrl()]
    // Both let the standby read pages, the second one through the relays.
    this.hosts = urls.map((url) => new Host(this.program, url, { ...this.settings, options: [...this.settings.options, '--db-replica', url] }))
    const { status, err } = await this.command('init', '--lanes', `${this.lanes}`)
    if (status !== 0) throw new Error(`init ended with ${status}: ${err}`)
  }

  async start(faults) {
    for (const host of this.hosts) await host.start(faults)
  }

  get #any() {
    return this.random.pick(this.hosts)
  }

  get port() {
    return this.#any.port
  }

  get control() {
    return this.#any.control
  }

  get wall() {
    return Date.now() / 1000
  }

  children() {
    return this.#any.children()
  }

  signal(pid, name) {
    this.hosts[0].signal(pid, name)
  }

  command(...words) {
    return this.hosts[0].command(...words)
  }

  file(name) {
    return this.hosts[0].file(name)
  }

  told() {
    return (this.hosts ?? []).map((host) => host.told()).join('')
  }

  /** All are stopped; returns the first exit status that is not 0. */
  async stop() {
    const statuses = []
    for (const host of this.hosts ?? []) statuses.push(await host.stop())
    return statuses.find((status) => status !== 0) ?? 0
  }

  /** PostgreSQL has no other check than the command. */
  integrity() {
    return 'ok'
  }

  async remove() {
    for (const host of this.hosts ?? []) host.remove()
    await this.cluster.close()
  }
}
