// The clients of a campaign. Each runs until `run.over` and records what it sent and
// received in the history. Its credential has its token, which an administrator may
// replace at any time.
import { DELETED, Replica, tagOf } from './history.mjs'
import { Session, follow } from './tokens.mjs'

/** Makes a value large, which the database stores apart. */
const LARGE = 'x'.repeat(1500)

const pause = (ms) => new Promise((done) => setTimeout(done, ms))

/** Was an atomic push, sent for the first time, written in part? A deletion of what is
 * deleted already is `ok` beside a conflict. */
const isHalf = (edits, results) =>
  results.some(({ status }) => status !== 'ok') && results.some(({ status }, i) => status === 'ok' && !edits[i].deleted)

/** Writes, deletes, retries; some pushes have a stale base on purpose, some are atomic,
 * some have no `op`. Acknowledged pushes are sometimes sent again: the result must be
 * the same, or a conflict with a later write. */
export async function writer(run, name, random, credential) {
  const { history, ids } = run
  const connection = new Session(run, credential)
  const known = new Map() // id → {version, deleted}
  let serial = 0

  const editOf = (slot) => {
    const id = ids.pick(slot, random, known)
    const held = known.get(id) ?? { version: 0 }
    const tag = `${name}.${++serial}`
    const deleted = held.version > 0 && !held.deleted && random.chance(0.15) && ids.mayDelete(id)
    const stale = held.version > 1 && random.chance(0.1)
    const anew = held.deleted && ids.mayReturn && random.chance(0.5)
    const base = stale ? held.version - 1 : anew ? 0 : held.version
    if (deleted) history.tryDeletion(id)
    ids.begin(slot, id, { made: base === 0, deleted })
    const text = random.chance(0.1) ? LARGE : undefined
    return { id, base, tag: deleted ? DELETED : tag, op: random.chance(0.85) ? `op-${tag}` : undefined, deleted, text }
  }

  const settle = (edit, result, sure) => {
    if (result.status === 'ok') {
      history.acknowledge(edit, result.version)
      known.set(edit.id, { version: result.version, deleted: edit.deleted })
      return
    }
    if (edit.deleted && sure) history.refuseDeletion(edit.id)
    if (result.status === 'conflict') {
      history.counts.conflicts++
      if (result.version > 0) history.see(edit.id, result.version, tagOf(result), 'a conflict')
      else history.miss(edit.id, 'a conflict')
      if (result.value?.tag === edit.tag) history.violate('a write conflicts with itself', `${edit.tag} on ${edit.id}@${result.version}`)
      known.set(edit.id, { version: result.version, deleted: result.deleted })
      // An earlier attempt may have been applied, followed by a write of another
      // client.
      if (!sure) history.lose(edit)
    } else {
      history.skip(edit)
      if (!sure && edit.base === 0) history.lose(edit)
    }
  }

  /** The quota does not allow the push, and it was not written now. */
  const refuse = (edit, sure) => {
    history.counts.overQuota++
    if (!sure) history.lose(edit)
    else if (edit.deleted) history.refuseDeletion(edit.id)
  }

  /** An atomic push that was refused may be accepted the next time. */
  const shallBeResent = (results, atomic) => (atomic ? results.every(({ status }) => status === 'ok') && random.chance(0.5) : random.chance(0.05))

  const push = async (edits, atomic) => {
    const docs = edits.map(({ id, base, tag, op, deleted, text }) => ({ id, base, op, ...(deleted ? { deleted } : { value: { tag, text } }) }))
    const canRetry = edits.every(({ op }) => op)
    for (let sure = true; ; sure = false) {
      history.counts.pushes++
      const answer = await connection.ask('/sync', { docs, atomic })
      if (answer?.status === 200) {
        const { results } = answer.body
        if (results.length !== edits.length || results.some(({ id }, i) => id !== edits[i].id)) history.violate('results of another push', JSON.stringify(results))
        if (atomic && sure && isHalf(edits, results)) history.violate('half of an atomic push', JSON.stringify(results))
        edits.forEach((edit, i) => settle(edit, results[i], sure))
        if (!canRetry || !shallBeResent(results, atomic)) return ids.settle(edits)
        // As if this response had been lost; after an atomic push others write
        // meanwhile.
        if (atomic) await pause(random.below(50))
        history.resend(edits)
        continue
      }
      if (answer?.status === 507 && answer.body.code.startsWith('quota-')) {
        edits.forEach((edit) => refuse(edit, sure))
        ids.settle(edits)
        return pause(random.below(100))
      }
      if (answer && answer.status !== 503 && answer.status !== 507) history.violate('a refusal', `${answer.status} ${JSON.stringify(answer.body)}`)
      if (!canRetry || run.over) return edits.forEach((edit) => history.lose(edit))
      history.resend(edits)
      await pause(20 + random.below(80))
    }
  }

  while (!run.over) {
    await run.turn()
    const count = 1 + random.below(4)
    const chosen = new Set(Array.from({ length: count }, () => random.pick(ids.slots)))
    const edits = [...chosen].map(editOf)
    await push(edits, random.chance(0.2))
    if (random.chance(0.1)) await pause(random.below(20))
  }
  connection.close()
}

/** Pulls page by page, like a client without a stream; sometimes from the beginning.
 * Often it repeats a request, as if the response had been lost, sometimes at another
 * worker: the response must contain everything acknowledged meanwhile, to any
 * client. */
export async function puller(run, name, random, credential) {
  const { history } = run
  const group = random.pick(run.read)
  let connection = new Session(run, credential)
  let replica = new Replica(history, group, name)
  let cursor = '0', before = '0'

  while (!run.over) {
    if (random.chance(0.5)) cursor = before
    if (cursor === '0') replica = new Replica(history, group, name)
    if (random.chance(0.3)) {
      connection.close()
      connection = new Session(run, credential)
    }
    const expected = history.expected(group)
    const limit = random.chance(0.5) ? 1000 : 1 + random.below(30)
    let snapshot = cursor === '0', pages = 0
    before = cursor
    for (let more = true; more && !run.over;) {
      const answer = await connection.ask(`/sync?group=${group}&since=${cursor}&limit=${limit}`)
      if (answer?.status !== 200) {
        await pause(30)
        continue
      }
      history.counts.pulls++
      pages++
      replica.take(answer.body)
      const held = answer.body.docs.map(({ id, version }) => `${id}@${version}`).join(',')
      run.note(`event=pulled reader=${name.replace(' ', '_')} port=${connection.port} group=${group} since=${cursor} cursor=${answer.body.cursor} docs=${held}`)
      ;({ cursor, more } = answer.body)
      snapshot ||= answer.body.reset
      // A snapshot ends however much is written meanwhile: a document overwritten
      // between two pages may be missing until the next pull.
      if (!more && (!snapshot || pages === 1)) replica.require(expected, `of ${group} since ${before} at ${connection.port}, up to ${cursor}`)
    }
    if (random.chance(0.02)) cursor = before = '0'
    await pause(random.below(30))
  }
  connection.close()
}

/** Follows groups by a stream with documents, and resumes by its last id when the
 * stream ends. Adds its replicas to the run. */
export async function follower(run, name, random, credential, only) {
  const { history } = run
  const groups = only ?? (random.chance(0.5) ? [random.pick(run.read)] : [...new Set([random.pick(run.read), random.pick(run.read)])])
  const replicas = new Map(groups.map((group) => [group, new Replica(history, group, name)]))
  const path = `/events?docs=1&since=0&${groups.map((group) => `group=${group}`).join('&')}`
  let lastId

  run.replicas.push(...replicas.values())
  while (!run.closing) {
    let call
    const leave = setInterval(() => !run.ending && random.chance(0.3) && call?.destroy(), 1000)
    history.counts.streams++
    await follow(run, credential.key, path, lastId, ({ event, id, data }) => {
      lastId = id ?? lastId
      if (event !== 'change') return
      history.counts.events++
      replicas.get(data.group).take(data)
    }, (made) => run.calls.add((call = made)))
    clearInterval(leave)
    run.calls.delete(call)
    await pause(random.chance(0.5) ? 20 : random.below(600))
  }
}

/** Follows a group by hints only: it pulls after each. */
export async function listener(run, name, random, credential) {
  const { history } = run
  const group = random.pick(run.read)
  const connection = new Session(run, credential)
  const replica = new Replica(history, group, name)
  let cursor = '0', lastId, pulling = false, again = false

  const pull = async () => {
    if (pulling) return void (again = true)
    pulling = true
    do {
      again = false
      const answer = await connection.ask(`/sync?group=${group}&since=${cursor}&limit=1000`)
      if (answer?.status === 200) {
        replica.take(answer.body)
        cursor = answer.body.cursor
        again ||= answer.body.more
      } else if (!run.closing) {
        again = true
        await pause(30)
      }
    } while (again)
    pulling = false
  }

  run.replicas.push(replica)
  while (!run.closing) {
    let call
    history.counts.streams++
    await follow(run, credential.key, `/events?group=${group}${lastId ? '' : '&since=0'}`, lastId, ({ id }) => {
      lastId = id ?? lastId
      history.counts.hints++
      void pull()
    }, (made) => run.calls.add((call = made)))
    run.calls.delete(call)
    await pause(20)
  }
  connection.close()
}
