// The history of a campaign, and the guarantees that it must satisfy.
//
// Every write has a unique tag in its value, so that a document identifies the write
// that made it. This shows which write made which version, whether a write was applied
// twice, and whether two writes made the same version.

const KIND_MAX = 5 // violations of a kind that are told

/** Represents the value of a tombstone. */
export const DELETED = '(deleted)'

/** Represents a value that the server reported as damaged. */
export const DAMAGED = '(damaged)'

const now = () => new Date().toISOString().slice(11)

/** The tag of a document as the server returns it. */
export const tagOf = ({ value, deleted, damaged }) => (damaged ? DAMAGED : deleted ? DELETED : value?.tag)

export class History {
  /** id → version → the observed tag */
  seen = new Map()
  /** tag → "id@version" */
  places = new Map()
  /** id → the newest acknowledged version */
  acked = new Map()
  /** "id@version" → when that was answered, for what is said of a violation */
  ackedAt = new Map()
  /** id → writes with an unknown outcome */
  unknown = new Map()
  /** description → {id, version} that a reader never received: valid if the document
   * had been deleted */
  doubts = new Map()
  /** id → deletions that were sent and not rejected, with the number of purges: such a
   * document may have vanished completely. */
  #deletions = new Map()
  purges = 0
  /** "id@version" of each value that was damaged on the disk */
  #damaged = new Set()
  #forfeited = new Set()
  /** Ids that the server reported as nonexistent. */
  #gone = new Set()
  /** The tag of each edit whose result was `skipped` → the edit */
  #skipped = new Map()
  /** Tags of new documents whose push was sent more than once: with a deletion in
   * between, both attempts may have created one. */
  #again = new Set()
  #kinds = new Map()
  violations = []
  counts = { histories: 0, pushes: 0, acknowledged: 0, conflicts: 0, skipped: 0, unknown: 0, retries: 0, pulls: 0, resets: 0, events: 0, streams: 0, hints: 0, backups: 0, purged: 0, damaged: 0, tallies: 0, overQuota: 0 }

  /** One thing that is wrong may be seen by every reader, again and again: this must
   * not hide others. */
  violate(kind, detail) {
    const of = (this.#kinds.get(kind) ?? 0) + 1
    this.#kinds.set(kind, of)
    if (of <= KIND_MAX) this.violations.push(`${kind}: ${detail}`)
  }

  /** The value of this version was damaged on the disk. */
  damage(id, version) {
    this.#damaged.add(`${id}@${version}`)
  }

  /** These documents were lost by an asynchronous failover, as is allowed. */
  forfeit(ids) {
    for (const id of ids) {
      this.#forfeited.add(id)
      this.seen.delete(id)
    }
  }

  /** Judges a `pocketbook check`: a value that was damaged may have become that of a
   * former version, which stays as it is. */
  judgeCheck(what, { status, out, err }) {
    if (status === 0) return
    const faults = out.split('\n').filter((line) => line && !line.startsWith('pocketbook: '))
    const isKnown = (line) => {
      const [, id, version] = /^(\S+): (?:the value of )?its former version (\d+) (?:has changed|is missing)/.exec(line) ?? []
      return this.#damaged.has(`${id}@${version}`)
    }
    if (faults.length === 0 || !faults.every(isKnown)) this.violate(what, out + err)
  }

  /** A client received this version of a document; `tag` is DELETED for a tombstone. */
  see(id, version, tag, where) {
    if (this.#forfeited.has(id)) return
    if (tag === DAMAGED) {
      this.counts.damaged++
      if (!this.#damaged.has(`${id}@${version}`)) this.violate('a healthy document is reported as damaged', `${id}@${version} in ${where}`)
      return
    }
    const versions = this.seen.get(id) ?? new Map()
    this.seen.set(id, versions)
    const before = versions.get(version)
    if (before === undefined) versions.set(version, tag)
    else if (before !== tag) this.violate('two writes in one version', `${id}@${version} was ${before}, and ${tag} in ${where}`)
    if (tag === DELETED) return
    const place = `${id}@${version}`
    const other = this.places.get(tag)
    if (other === undefined) this.places.set(tag, place)
    else if (other !== place && !this.#mayBeTwice(tag, other, version) && !this.#mayBeMended(id, other, version)) this.violate('one write in two versions', `${tag} is ${other}, and ${place} in ${where}`)
  }

  #mayBeTwice(tag, other, version) {
    return this.#again.has(tag) && Math.abs(version - Number(other.split('@')[1])) >= 2
  }

  /** An edit that is sent again is written again, on top of a value of its own that was
   * damaged meanwhile: each version but the newest one was. */
  #mayBeMended(id, other, version) {
    const versions = [version, Number(other.split('@')[1])].sort((a, b) => a - b)
    return other.startsWith(`${id}@`) && this.#areDamaged(id, versions[0], versions[1])
  }

  /** All versions from this one on, without the last one. */
  #areDamaged(id, from, to) {
    for (let version = from; version < to; version++) if (!this.#damaged.has(`${id}@${version}`)) return false
    return true
  }

  /** These edits, whose outcome is unknown, are sent again. */
  resend(edits) {
    this.counts.retries++
    for (const { base, tag } of edits) if (base === 0) this.#again.add(tag)
  }

  /** A deletion is about to be sent; `refuseDeletion` is called if it was certainly not
   * applied. */
  tryDeletion(id) {
    this.#deletions.set(id, (this.#deletions.get(id) ?? 0) + 1)
  }

  refuseDeletion(id) {
    this.#deletions.set(id, this.#deletions.get(id) - 1)
  }

  mayBeGone(id) {
    return this.purges > 0 && this.#deletions.get(id) > 0
  }

  /** The server reported that the document does not exist, not even as a tombstone. */
  miss(id, where) {
    if (this.mayBeGone(id)) this.#gone.add(id)
    else if (this.seen.has(id)) this.violate('a write was lost', `${id} is not there, says ${where}`)
  }

  /** May the document have been deleted without any client receiving the tombstone? */
  #isGone(id) {
    return this.#gone.has(id) || (this.mayBeGone(id) && this.unknown.get(id)?.includes(DELETED))
  }

  /** The result of this edit was `ok`. */
  acknowledge(edit, version) {
    this.counts.acknowledged++
    if (edit.deleted && version !== edit.base + 1) {
      // Nothing was written: the document was deleted or had never existed.
      if (version > 0) this.see(edit.id, version, DELETED, 'the answer to a deletion')
      else this.miss(edit.id, 'the answer to a deletion')
      return
    }
    this.see(edit.id, version, edit.tag, 'an acknowledgement')
    if (edit.base > 0 && (version <= edit.base || !this.#areDamaged(edit.id, edit.base + 1, version)))
      this.violate('a stale write was applied', `${edit.id}: base ${edit.base} became version ${version}`)
    if (edit.base === 0 && version > 1) this.see(edit.id, version - 1, DELETED, 'a new document on top of it')
    if (version > (this.acked.get(edit.id) ?? 0)) this.acked.set(edit.id, version)
    this.ackedAt.set(`${edit.id}@${version}`, now())
  }

  /** The result of this edit was `skipped`, so it would have been written: it was not,
   * by no earlier attempt either, and never will be. Only a document that was deleted
   * since may have been made by an earlier attempt. */
  skip(edit) {
    this.counts.skipped++
    if (edit.deleted) return
    this.#skipped.set(edit.tag, edit)
    if (edit.base > 0 && this.places.has(edit.tag)) this.#isThere(edit.tag)
  }

  #isThere(tag) {
    this.violate('a skipped write is there', `${tag} on ${this.#skipped.get(tag).id} is ${this.places.get(tag)}`)
  }

  lose(edit) {
    this.counts.unknown++
    this.unknown.set(edit.id, [...(this.unknown.get(edit.id) ?? []), edit.tag])
  }

  /** Returns the newest acknowledged versions of a group: a pull that begins now must
   * return these or newer ones. */
  expected(group) {
    return [...this.acked].filter(([id]) => isIn(id, group))
  }

  /** Checks a backup against the writes acknowledged before it began,
   * `[id, version]…`. */
  checkBackup(expected, docs) {
    for (const [id, { version, tag }] of docs) this.see(id, version, tag, 'a backup')
    for (const [id, version] of expected) {
      const held = docs.get(id)
      if (held ? held.version < version : !this.mayBeGone(id))
        this.violate('a backup misses a write', `${id}@${version} was acknowledged before it began, it has ${held?.version ?? 'nothing'}`)
    }
    this.counts.backups++
  }

  /** Checks how many documents of a user the server counts. */
  judgeTally(counted, limit, stored) {
    this.counts.tallies++
    if (counted !== stored) this.violate('a tally is wrong', `${counted} documents are counted, ${stored} are stored`)
    if (stored > limit) this.violate('a quota is exceeded', `${stored} documents of ${limit}`)
  }

  /** Checks the versions of a document as GET /history returns them, newest first:
   * `held` is the newest version, and none may be missing. */
  judgeVersions(id, held, versions) {
    this.counts.histories++
    versions.forEach((one, i) => {
      if (one.version !== held - i) this.violate('a version is missing in a history', `${id}@${held - i}: there is ${one.version}`)
      this.see(id, one.version, tagOf(one), 'a history')
    })
    if (versions.length !== held) this.violate('a version is missing in a history', `${id}: ${versions.length} of ${held} are there`)
  }

  /** Has a client received a tombstone of this version or a newer one? Not if it was
   * purged before, nor if the response to the deletion was lost and the document
   * overwritten at once; but then a version is missing in the observations. */
  #wasDeleted(id, version, end) {
    const versions = this.seen.get(id)
    if (this.#isGone(id) || [...versions].some(([at, tag]) => at >= version && tag === DELETED)) return true
    const hidden = Array.from({ length: Math.max(end - version, 0) }, (_, i) => version + 1 + i).some((at) => !versions.has(at))
    return hidden && (this.unknown.get(id)?.includes(DELETED) ?? false)
  }

  #told(id, version) {
    const newer = [...this.seen.get(id)].filter(([at]) => at >= version).map(([at, tag]) => `${at} ${tag}`)
    return `seen of it: ${newer.join(', ')}; of unknown outcome: ${this.unknown.get(id)?.join(', ') ?? 'none'}`
  }

  /** Checks the final content of the database, id → {version, tag}, against everything
   * that was sent and received. */
  conclude(final) {
    for (const [detail, { id, version }] of this.doubts)
      if (!this.#wasDeleted(id, version, final.get(id)?.version ?? 0)) this.violate('a pull missed a write', `${detail}; ${this.#told(id, version)}`)
    for (const [tag, { id, base }] of this.#skipped)
      if (base > 0 ? this.places.has(tag) : final.get(id)?.tag === tag) this.#isThere(tag)
    for (const [id, versions] of this.seen) this.#concludeOne(id, versions, final.get(id))
  }

  #concludeOne(id, versions, held) {
    const newest = Math.max(...versions.keys())
    const lost = (this.unknown.get(id) ?? []).filter((tag) => !this.places.has(tag))
    const end = held?.version ?? newest
    if (held && newest > held.version)
      this.violate('a write was lost', `${id}@${newest} (${versions.get(newest)}) was seen, but the database ends at ${held.version}`)
    if (held) this.see(id, held.version, held.tag, 'the database at the end')
    // A purged document must have been deleted before, by a deletion that was observed
    // or whose response was lost.
    else if (!this.mayBeGone(id) || (versions.get(newest) !== DELETED && !this.#isGone(id)))
      this.violate('a write was lost', `${id}@${newest} (${versions.get(newest)}) was seen, but the database has nothing at the end`)
    let nobody = 0
    for (let v = 1; v <= end; v++) if (!versions.has(v)) nobody++
    if (nobody > lost.length) this.violate('versions that nobody wrote', `${id}: ${nobody} of ${end}, with ${lost.length} writes of unknown outcome`)
  }
}

const isIn = (id, group) => group === '*' || id.startsWith(group + ':')

/** The replica of a group at one reader, maintained like that of a client. */
export class Replica {
  docs = new Map()
  #fresh

  constructor(history, group, name) {
    Object.assign(this, { history, group, name })
  }

  /** Applies a page of a pull, or the data of an event. */
  take({ docs, more, reset }) {
    if (reset) this.#fresh ??= new Set()
    for (const doc of docs) this.#takeOne(doc, reset)
    if (!this.#fresh || more) return
    for (const id of this.docs.keys()) if (!this.#fresh.has(id)) this.docs.delete(id)
    this.#fresh = undefined
    this.history.counts.resets++
  }

  #takeOne(doc, reset) {
    const { id, version } = doc
    const tag = tagOf(doc)
    const held = this.docs.get(id)
    if (!isIn(id, this.group)) this.history.violate('a document of another group', `${id} in ${this.name} of ${this.group}`)
    if (held && held.version > version && !reset)
      this.history.violate('a version fell', `${id} from ${held.version} to ${version} in ${this.name}`)
    this.#fresh?.add(id)
    this.history.see(id, version, tag, this.name)
    this.docs.set(id, { version, tag })
  }

  /** After a complete pull: checks that everything acknowledged before it began is
   * present. `[id, version]…`; `where`: more about the pull. */
  require(expected, where = '') {
    for (const [id, version] of expected) {
      const held = this.docs.get(id)
      if (held?.version >= version) continue
      const at = this.history.ackedAt.get(`${id}@${version}`)
      const detail = `${id}@${version} was acknowledged before it, at ${at}; ${this.name} has ${held?.version ?? 'nothing'} at ${now()} ${where}`
      // From the beginning and after a reset old tombstones are omitted, so that a
      // document that was never received may have been deleted.
      if (held) this.history.violate('a pull missed a write', detail)
      else this.history.doubts.set(detail, { id, version })
    }
  }

  /** Returns the differences to the final database; empty if there are none. */
  differences(final) {
    const of = [...final].filter(([id]) => isIn(id, this.group))
    const behind = of.filter(([id, { version, tag }]) => {
      const held = this.docs.get(id)
      return held ? held.version !== version : tag !== DELETED
    }).map(([id, { version }]) => `${id}: ${this.docs.get(id)?.version ?? 'nothing'}, not ${version}`)
    const ghosts = [...this.docs].filter(([id, { tag }]) => tag !== DELETED && !final.has(id)).map(([id, { version }]) => `${id}: ${version}, which is gone`)
    return [...behind, ...ghosts]
  }
}
