// The tokens of a campaign, and the requests made with them: which must be accepted,
// and which refused.
//
// What a request may be answered follows from what was known of its token when it began
// and when its answer arrived. Between the beginning of a change and its
// acknowledgement both are right.
import { randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import { Connection, listen } from './http.mjs'

const { blake2b } = createRequire(new URL('../../www/package.json', import.meta.url))('@noble/hashes/blake2b')

const MARGIN = 1 // seconds, for the resolution of the clocks

/** A grant as in `token add --group`. */
function readGrant(text) {
  const [, group, mode] = /^(.*?)(:ro|:rw)?$/.exec(text)
  return { group, write: mode !== ':ro' }
}

const covers = ({ group }, name) => group === '*' || name === group || name.startsWith(group + ':')

/** The groups that a request reads or the ids that it writes. */
function needOf(path, body) {
  if (body) return { write: true, names: body.docs.map(({ id }) => id) }
  return { write: false, names: new URL(path, 'http://localhost').searchParams.getAll('group') }
}

/** A token. */
export class Key {
  /** Its creation was acknowledged. */
  begun = false
  /** A change that ends it was sent; was acknowledged. */
  ending = false
  ended = false
  /** Seconds since 1970 at which it may, and at which it must be expired; 0: never. */
  mayExpire = 0
  mustExpire = 0

  constructor(name, grants, text, hash) {
    Object.assign(this, { name, grants, text, hash, id: text.split('_')[1] })
  }

  /** A new token, with its hash as the database stores it (auth/token.h). */
  static mint(name, grants) {
    const id = randomBytes(8).toString('hex'), secret = randomBytes(32)
    const checksum = blake2b(Buffer.concat([Buffer.from(id), secret]), { dkLen: 32 }).subarray(0, 4)
    const hash = blake2b(secret, { dkLen: 32, key: Buffer.from(id) })
    return new Key(name, grants, `pbk_${id}_${Buffer.concat([secret, checksum]).toString('base64url')}`, hash)
  }

  may({ write, names }) {
    return names.every((name) => this.grants.some((grant) => (grant.write || !write) && covers(grant, name)))
  }
}

/** `clock`: {wall: the seconds since 1970 at the server, wallSteps: the number of times
 * that its clock was set}. */
export class Keyring {
  keys = []
  /** What clients use, `{key}`, and an administrator may replace. */
  credentials = []
  reach = 0
  #streams = new Set()

  constructor(history, clock) {
    Object.assign(this, { history, clock })
    Object.assign(history.counts, { tokens: 0, accepted: 0, refused: 0, forbidden: 0 })
  }

  add(key) {
    this.keys.push(key)
    return key
  }

  /** The creation of the token, with `expires`, was acknowledged. */
  begin(key, expires = 0) {
    this.history.counts.tokens++
    Object.assign(key, { begun: true, mayExpire: expires, mustExpire: expires })
  }

  /** A change that revokes the token, or lets it expire then, is about to be sent. */
  tryEnd(key, expires = 0) {
    if (expires === 0) key.ending = true
    else if (key.mayExpire === 0 || expires < key.mayExpire) key.mayExpire = expires
  }

  /** That change was acknowledged; other hosts may learn of it `reach` milliseconds
   * later. */
  end(key, expires = 0) {
    const ends = key.mayExpire
    const settle = () => (expires === 0 ? (key.ended = true) : (key.mustExpire = ends))
    if (this.reach > 0) setTimeout(settle, this.reach).unref()
    else settle()
  }

  /** A request with the token is about to be sent. Pass the result to `judge`. */
  ask(key, need) {
    const { wall, wallSteps } = this.clock
    const hasExpired = key.mustExpire !== 0 && wall >= key.mustExpire + MARGIN
    return { key, need, wallSteps, isAlive: key.begun && !key.ending, isDead: key.ended || hasExpired }
  }

  #mayHaveExpired({ key, wallSteps }) {
    return key.mayExpire !== 0 && (wallSteps !== this.clock.wallSteps || this.clock.wall >= key.mayExpire - MARGIN)
  }

  /** The request was answered with this status. */
  judge(ticket, status) {
    const { key, need, wallSteps } = ticket
    const what = `${key.name}, ${need.write ? 'writing' : 'reading'} ${need.names.join(' ')}: ${status}`
    const isDead = ticket.isDead && (key.ended || wallSteps === this.clock.wallSteps)
    const isAlive = ticket.isAlive && !key.ending && !this.#mayHaveExpired(ticket)
    if (status === 200) this.history.counts.accepted++
    if (status === 401) this.history.counts.refused++
    if (status === 403) this.history.counts.forbidden++
    if (isDead && (status === 200 || status === 403)) this.history.violate('a token is accepted after its end', what)
    if (isAlive && status === 401) this.history.violate('a valid token is refused', what)
    if (status === 200 && !key.may(need)) this.history.violate('a token goes beyond its groups', what)
    if (status === 403 && key.may(need)) this.history.violate('a token lacks one of its groups', what)
    if (status === 429) this.history.violate('a valid token is refused', what)
  }

  /** A stream with the token is open until the returned function is called. */
  opened(key, need) {
    const stream = { key, need }
    this.#streams.add(stream)
    return () => this.#streams.delete(stream)
  }

  /** The open streams of tokens that have ended. */
  outlived() {
    const { wall } = this.clock
    return [...this.#streams].filter(({ key }) => key.ended || (key.mustExpire !== 0 && wall >= key.mustExpire + MARGIN))
  }
}

const bearer = ({ text }) => ({ Authorization: `Bearer ${text}` })

/** A connection, or one to each host, with a token: that of the credential at the time
 * of each request, unless another one is given. */
export class Session extends Connection {
  constructor(run, credential) {
    super()
    Object.assign(this, { run, keyring: run.keyring, credential })
  }

  /** As Connection.ask; undefined also for 401, as the client may have got another
   * token meanwhile. */
  async ask(path, body, key = this.credential.key) {
    const ticket = this.keyring.ask(key, needOf(path, body))
    this.port = this.run.port
    const answer = await super.ask(path, body, bearer(key))
    if (answer) this.keyring.judge(ticket, answer.status)
    return answer?.status === 401 || answer?.status === 403 ? undefined : answer
  }
}

/** The status that a request would get for the reason that a stream ends with. */
const statusOf = { unauthorized: 401, expired: 401, forbidden: 403 }

/** As `listen`, with the token. */
export async function follow({ port, keyring }, key, path, lastId, onEvent, hold) {
  const need = needOf(path)
  const ticket = keyring.ask(key, need)
  let closed
  const onAny = (event) => {
    if (event.event === 'end') keyring.judge(ticket, statusOf[event.data.code])
    else onEvent(event)
  }
  await listen(port, path, lastId, onAny, hold, {
    headers: bearer(key),
    onStatus(status) {
      keyring.judge(ticket, status)
      if (status === 200) closed = keyring.opened(key, need)
    },
  })
  closed?.()
}

/** A key for a `token add` whose output was `text`. */
export function keyOf(name, grants, text) {
  return new Key(name, grants.map(readGrant), text.trim())
}
