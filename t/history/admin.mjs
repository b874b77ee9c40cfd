// An administrator who changes tokens during a campaign, over the control socket, and
// clients that use these tokens, valid or not, for what they permit and for more.
import { connect } from 'node:net'
import { Replica } from './history.mjs'
import { LIMIT, LIMITED } from './quotas.mjs'
import { Key, Session, follow, keyOf } from './tokens.mjs'

const pause = (ms) => new Promise((done) => setTimeout(done, ms))

/** The grants of the tokens that exist before the server starts. All others are made of
 * these, which never end. There is one more, of a user with a quota. */
const SEEDS = [['*'], ['*:ro'], ['a:ro'], ['a', 'b:c:ro'], ['b:ro'], ['b', 'a:ro'], ['b:c'], ['b:c:d:ro']]
const GUESTS = 8 // tokens of visitors that are valid at a time
const OLD = 40 // tokens that are tried again after their end
const LATE = 4_000_000_000 // seconds since 1970

const seedOf = (grants) => `token of ${grants.join(' ')}`

/** Creates the seeds with the command, without a server. */
export async function makeSeeds(server, keyring) {
  const seeds = []
  for (const [name, grants, ...more] of [...SEEDS.map((grants) => [seedOf(grants), grants]), [LIMITED, ['*'], '--quota', `documents=${LIMIT}`]]) {
    const { status, out, err } = await server.command('token', 'add', '--user', name, ...grants.flatMap((grant) => ['--group', grant]), ...more)
    if (status !== 0) throw new Error(`token add ended with ${status}: ${err}`)
    const key = keyOf(name, grants, out)
    keyring.begin(key)
    seeds.push(key)
  }
  return seeds
}

/* ---- The control socket ---- */

const REVOKE = 3, ROTATE = 4 // enum store_kind (store/store.h)
const OK = 0, NOT_FOUND = 3, EXISTS = 4, DENIED = 5, MALFORMED = 1 // enum rc (base/rc.h)
const HEAD = 12 // a frame: the length of the payload in 4 bytes, a tag in 8

const bytes = (data) => {
  const length = Buffer.alloc(4)
  length.writeUInt32LE(data.length)
  return [length, Buffer.from(data)]
}

const number = (value) => {
  const data = Buffer.alloc(8)
  data.writeBigInt64LE(BigInt(value))
  return data
}

const revocation = ({ id }) => Buffer.concat([Buffer.from([REVOKE]), ...bytes(id)])
const rotation = (key, old, { now, expires, oldEnds }) =>
  Buffer.concat([Buffer.from([ROTATE]), ...bytes(key.id), key.hash, number(now), number(expires), ...bytes(old.id), number(oldEnds)])

class Control {
  #socket
  #answer

  /** The socket is that of `server`, at the time of each connection. */
  constructor(server) {
    this.server = server
  }

  #connect() {
    let got = Buffer.alloc(0)
    const socket = (this.#socket = connect(this.server.control))
    socket.on('data', (piece) => {
      got = Buffer.concat([got, piece])
      if (got.length < HEAD || got.length < HEAD + got.readUInt32LE(0)) return
      this.#answer?.(got[HEAD])
      got = got.subarray(HEAD + got.readUInt32LE(0))
    })
    socket.on('error', () => undefined)
    socket.on('close', () => {
      if (this.#socket === socket) this.#socket = undefined
      this.#answer?.(undefined)
    })
  }

  /** The result of the request, an enum rc; undefined if the outcome is unknown. */
  ask(payload) {
    if (!this.#socket) this.#connect()
    const head = Buffer.alloc(HEAD)
    head.writeUInt32LE(payload.length)
    return new Promise((done) => {
      this.#answer = done
      this.#socket.write(Buffer.concat([head, payload]))
    })
  }

  close() {
    this.#socket?.destroy()
  }
}

/* ---- The administrator ---- */

class Administrator {
  #serial = 0

  constructor(run, random) {
    Object.assign(this, { run, random, keyring: run.keyring, control: new Control(run.server) })
    this.sessions = Array.from({ length: 4 }, () => new Session(run, {}))
  }

  /** Repeats the change until it is answered; returns whether it was. */
  async #until(payload, what) {
    for (let first = true; !this.run.over; first = false) {
      const rc = await this.control.ask(payload)
      if (rc === OK) return true
      // The answer to an earlier attempt was lost.
      if (!first && (rc === NOT_FOUND || rc === EXISTS)) return true
      if ([NOT_FOUND, EXISTS, DENIED, MALFORMED].includes(rc)) return this.keyring.history.violate('a token was lost', `${what}: rc ${rc}`)
      await pause(20 + this.random.below(50))
    }
    return false
  }

  #mint(grants, name) {
    return Key.mint(`${name} ${++this.#serial}`, grants)
  }

  /** All connections use the token at the same time: each worker then knows it, or is
   * found not to have forgotten it. */
  #useEverywhere(key) {
    const group = this.random.pick(this.run.groups)
    return Promise.all(this.sessions.map((session) => session.ask(`/sync?group=${group}&limit=1`, undefined, key)))
  }

  /** A new token of the same rights as a seed, which stays. */
  async add() {
    const seed = this.random.pick(this.run.seeds.slice(1)), { grants } = seed
    const key = this.#mint(grants, 'guest')
    const now = this.#now(), expires = now > 0 && this.random.chance(0.4) ? now + 2 + this.random.below(4) : 0
    Object.assign(key, { mayExpire: expires })
    if (!(await this.#until(rotation(key, seed, { now, expires, oldEnds: LATE }), key.name))) return
    this.keyring.add(key)
    this.keyring.begin(key, expires)
    await this.#useEverywhere(key)
  }

  #now() {
    return Math.floor(this.keyring.clock.wall)
  }

  /** Replaces the token; the old one ends at once or soon. */
  async rotate(old) {
    const key = this.#mint(old.grants, old.name.replace(/ \d+$/, ''))
    const now = this.#now(), grace = now > 0 && this.random.chance(0.3) ? 1 + this.random.below(3) : 0
    await this.#useEverywhere(old)
    const ends = grace && now + grace
    this.keyring.tryEnd(old, ends)
    if (!(await this.#until(rotation(key, old, { now, expires: 0, oldEnds: now + grace }), old.name))) return undefined
    this.keyring.end(old, ends)
    this.keyring.add(key)
    this.keyring.begin(key)
    await Promise.all([this.#useEverywhere(old), this.#useEverywhere(key)])
    return key
  }

  async revoke(key) {
    await this.#useEverywhere(key)
    this.keyring.tryEnd(key)
    if (!(await this.#until(revocation(key), key.name))) return
    this.keyring.end(key)
    await this.#useEverywhere(key)
  }

  async step() {
    const { keyring, random } = this
    // Few of those who have joined, as there are more of them every second.
    const guests = keyring.keys.filter(({ begun, ending, mayExpire, isMember }) => begun && !ending && mayExpire === 0 && (!isMember || random.chance(0.02)))
      .filter((key) => !keyring.credentials.some((credential) => credential.key === key))
    if (guests.length < GUESTS && random.chance(0.5)) return this.add()
    if (guests.length && random.chance(0.4)) return this.revoke(random.pick(guests))
    if (guests.length && random.chance(0.3)) return this.rotate(random.pick(guests))
    const credential = random.pick(keyring.credentials)
    const key = await this.rotate(credential.key)
    if (key) credential.key = key
  }

  close() {
    this.control.close()
    for (const session of this.sessions) session.close()
  }
}

export async function administrator(run, name, random) {
  const administrator = new Administrator(run, random)
  // An answer that does not come must not keep the campaign from ending.
  const watch = setInterval(() => run.over && administrator.control.close(), 100)
  while (!run.over) {
    await run.turnAdministrator()
    await administrator.step()
    await pause(20 + random.below(300))
  }
  clearInterval(watch)
  administrator.close()
}

/** Creates tokens for clients, of the user with the quota or like the seed with this
 * grant, and returns their credentials. */
export async function makeCredentials(run, names, like) {
  const control = new Control(run.server)
  const seed = run.seeds.find(({ name }) => name === like || name === seedOf([like]))
  const credentials = names.map((name) => ({ key: Key.mint(name, seed.grants) }))
  for (const { key } of credentials) {
    const rc = await control.ask(rotation(key, seed, { now: Math.floor(run.keyring.clock.wall), expires: 0, oldEnds: LATE }))
    if (rc !== OK) throw new Error(`a token could not be made: rc ${rc}`)
    run.keyring.begin(run.keyring.add(key))
  }
  control.close()
  run.keyring.credentials.push(...credentials)
  return credentials
}

/* ---- Visitors ---- */

/** A token, rather one that has changed lately; it may have ended, or never been
 * valid. */
function pickKey({ keyring, groups }, random) {
  if (random.chance(0.03)) return Object.assign(Key.mint('a forgery', [{ group: random.pick(groups), write: true }]), { ended: true })
  return random.pick(keyring.keys.slice(random.chance(0.5) ? -4 : -OLD))
}

/** Pulls and pushes with any token in any group. The pushes change nothing. */
export async function visitor(run, name, random) {
  const session = new Session(run, {})
  while (!run.over) {
    const key = pickKey(run, random)
    const group = random.pick(run.groups)
    if (random.chance(0.3)) {
      await session.ask('/sync', { docs: [{ id: `${group}:0`, base: 2 ** 50, value: null }] }, key)
    } else {
      const answer = await session.ask(`/sync?group=${group}&limit=${1 + random.below(20)}`, undefined, key)
      if (answer?.status === 200) new Replica(run.history, group, name).take(answer.body)
    }
    await pause(random.below(60))
  }
  session.close()
}

/** Follows groups with any token, until the server ends the stream. */
export async function watcher(run, name, random) {
  while (!run.closing) {
    const key = pickKey(run, random)
    const groups = [...new Set([random.pick(run.groups), random.pick(run.groups)])]
    let call
    const leave = setInterval(() => random.chance(0.1) && call?.destroy(), 1000)
    await follow(run, key, `/events?docs=1&${groups.map((group) => `group=${group}`).join('&')}`, undefined, ({ event, data }) => {
      if (event === 'change') new Replica(run.history, data.group, name).take(data)
      if (!key.may({ write: false, names: [data.group ?? groups[0]] })) run.history.violate('a token goes beyond its groups', `${key.name} is sent ${data.group}`)
    }, (made) => run.calls.add((call = made)))
    clearInterval(leave)
    run.calls.delete(call)
    await pause(random.below(200))
  }
}
