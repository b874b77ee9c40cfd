// Acts of the nemesis on the files of the database: it damages values, as a bad sector
// does, and moves files away.
import { copyFileSync, renameSync } from 'node:fs'
import { Session } from './tokens.mjs'

const pause = (ms) => new Promise((done) => setTimeout(done, ms))

/** Makes the values of documents unreadable, wherever they are stored; returns their
 * versions, id → version, without those that do not exist. Without checkpoints: only
 * the writer may do them. */
function spoil(server, ids) {
  const all = ids.map((id) => {
    const there = `id = '${id}' AND deleted_at IS NULL`
    return `SELECT 'spoiled ' || version || ' ' || id FROM doc WHERE ${there};
      DELETE FROM large WHERE seq = (SELECT seq FROM doc WHERE ${there});
      UPDATE doc SET value = '["~#' WHERE ${there} AND value IS NOT NULL;`
  })
  const { status, out } = server.sql(`BEGIN IMMEDIATE; ${all.join('')} COMMIT;`)
  return new Map(status === 0 ? [...out.matchAll(/^spoiled (\d+) (.*)$/gm)].map(([, version, id]) => [id, Number(version)]) : [])
}

/** Pulls the group from the beginning; returns the ids of its documents, or undefined
 * if the server does not answer. */
async function pullAll(session, group, limit) {
  const ids = new Set()
  for (let since = '0', more = true; more;) {
    const answer = await session.ask(`/sync?group=${group}&since=${since}&limit=${limit}`)
    if (answer?.status !== 200) return undefined
    for (const { id } of answer.body.docs) ids.add(id)
    ;({ cursor: since, more } = answer.body)
  }
  return ids
}

/** Writes the document on that version until this is answered; returns whether nobody
 * else had written it since. */
async function mend(run, session, id, version) {
  const { history } = run
  const tag = `mended ${(run.mended = (run.mended ?? 0) + 1)}`
  const edit = { id, base: version, tag, op: tag }
  for (let sure = true; ; sure = false) {
    const answer = await session.ask('/sync', { docs: [{ id, base: version, op: tag, value: { tag } }] })
    if (answer?.status === 200) {
      const [result] = answer.body.results
      if (result.status === 'ok') history.acknowledge(edit, result.version)
      else if (!sure) history.lose(edit)
      return result.status === 'ok'
    }
    if (answer && answer.status < 500) history.violate('a refusal', `${answer.status} ${JSON.stringify(answer.body)}`)
    if (run.silent || history.violations.length) return false
    await pause(50)
  }
}

/** While they are damaged, a pull has an entry for each. Those that nobody writes
 * meanwhile are certainly there. */
export async function damageValue(run) {
  const { server, random, history } = run
  const ids = [...history.acked.keys()]
  const chosen = new Set(Array.from({ length: Math.min(ids.length, 5) }, () => random.pick(ids)))
  const spoiled = spoil(server, [...chosen])
  for (const [id, version] of spoiled) history.damage(id, version)
  if (random.chance(0.2)) {
    await server.kill()
    await server.start()
  }
  const session = new Session(run, { key: run.seeds[0] })
  for (const [id, version] of spoiled) {
    const pulled = await pullAll(session, random.pick(['a', 'b', id.slice(0, id.lastIndexOf(':'))].filter((group) => id.startsWith(group + ':'))), random.chance(0.5) ? 1000 : 20)
    if ((await mend(run, session, id, version)) && pulled && !pulled.has(id)) history.violate('a damaged document is hidden', `${id}@${version}`)
  }
  session.close()
}

/** Moves a file of the database away for a while, or replaces it by a copy, which is
 * another file. Nothing may be acknowledged meanwhile. */
export async function moveFile(run) {
  const { server, random, history } = run
  const suffix = random.pick(['', '', '-wal', '-shm', '.lock'])
  const name = server.db + suffix
  const away = `${name}.away`
  const session = new Session(run, { key: run.seeds[0] })
  renameSync(name, away)
  if (random.chance(0.5)) copyFileSync(away, name)
  const answer = await session.ask('/sync', { docs: [{ id: `flood:${run.acts.moveFile}`, base: 0, value: null }] })
  if (answer?.status === 200) history.violate('a write without the files', name)
  const { writer, workers } = server.children()
  if (random.chance(0.3)) server.signal(random.pick([writer, ...workers]), 'SIGKILL')
  await pause(random.below(1000))
  renameSync(away, name)
  session.close()
}
