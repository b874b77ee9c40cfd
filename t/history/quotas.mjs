// A user with a quota: what the server counts must be what is stored, and within the
// limit.

/** The user, and the beginning of the tags of everything that this user writes. */
export const LIMITED = 'limited'
export const LIMIT = 100 // documents

/** Compares what `token list` counts for the user with the content of the database,
 * id → {version, tag}, while nobody writes. */
export function judgeTally({ history }, final, tokens) {
  const counted = tokens.find(({ user }) => user === LIMITED)?.usage?.documents ?? 0
  history.judgeTally(counted, LIMIT, [...final.values()].filter(({ tag }) => tag?.startsWith(LIMITED)).length)
}
