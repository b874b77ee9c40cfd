// A user with a quota: what the server counts must be what is stored, and within the
// limit.

/** The user, and the beginning of the tags of everything that this user writes. */
export const LIMITED = 'limited'
export const LIMIT = 100 // documents

const pause = (ms) => new Promise((done) => setTimeout(done, ms))

/** The number of the user's documents according to `token list`; undefined if the
 * server does not answer within the time. */
async function tally(server, patience) {
  for (const end = Date.now() + patience; Date.now() < end; await pause(100)) {
    const { status, out } = await server.command('token', 'list')
    if (status === 0) return Number(new RegExp(`^\\w+  ${LIMITED} .*\\n.*\\bdocuments (\\d+)`, 'm').exec(out)?.[1] ?? 0)
  }
  return undefined
}

/** Compares it with the content of the database, id → {version, tag}, while nobody
 * writes. */
export async function judgeTally({ server, history, patience }, final) {
  const counted = await tally(server, patience)
  if (counted === undefined) return history.violate('a command', 'token list does not answer')
  history.judgeTally(counted, LIMIT, [...final.values()].filter(({ tag }) => tag?.startsWith(LIMITED)).length)
}
