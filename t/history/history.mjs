// What was sent and seen in a run, and what must hold of it whatever happened meanwhile.
//
// Every write bears a tag of its own in its value, so whoever sees a document knows which write made it. From that follows all:
// which versions were made by whom, whether one write stands in two places, or two writes in one.

/** What stands for the value of a tombstone. */
export const DELETED = '(deleted)'

export class History {
  /** id → version → the tag that was seen there */
  seen = new Map()
  /** tag → "id@version" */
  places = new Map()
  /** id → the newest version whose write was acknowledged */
  acked = new Map()
  /** id → writes of which nobody knows whether they were applied */
  unknown = new Map()
  /** What was missing → {id, version} that a reader had never been shown: fine where it had been deleted */
  doubts = new Map()
  /** id → deletions that were sent and not refused; and how many purges were: such a document may be gone without a trace. */
  #deletions = new Map()
  purges = 0
  /** Of which somebody was told so. */
  #gone = new Set()
  /** Tags of new documents whose push was sent more than once: with a deletion in between, both tries may have made one. */
  #again = new Set()
  violations = []
  counts = { pushes: 0, acknowledged: 0, conflicts: 0, skipped: 0, unknown: 0, retries: 0, pulls: 0, resets: 0, events: 0, streams: 0, hints: 0, backups: 0, purged: 0 }

  violate(kind, detail) {
    this.violations.push(`${kind}: ${detail}`)
  }

  /** Somebody saw this version of a document; `tag` is DELETED for a tombstone. */
  see(id, version, tag, where) {
    const versions = this.seen.get(id) ?? new Map()
    this.seen.set(id, versions)
    const before = versions.get(version)
    if (before === undefined) versions.set(version, tag)
    else if (before !== tag) this.violate('two writes in one version', `${id}@${version} was ${before}, and ${tag} in ${where}`)
    if (tag === DELETED) return
    const place = `${id}@${version}`
    const other = this.places.get(tag)
    if (other === undefined) this.places.set(tag, place)
    else if (other !== place && !this.#mayBeTwice(tag, other, version)) this.violate('one write in two versions', `${tag} is ${other}, and ${place} in ${where}`)
  }

  #mayBeTwice(tag, other, version) {
    return this.#again.has(tag) && Math.abs(version - Number(other.split('@')[1])) >= 2
  }

  /** These edits are sent once more, as nobody knows what became of them. */
  resend(edits) {
    this.counts.retries++
    for (const { base, tag } of edits) if (base === 0) this.#again.add(tag)
  }

  /** A deletion is about to be sent; `refuseDeletion` when it surely was not done. */
  tryDeletion(id) {
    this.#deletions.set(id, (this.#deletions.get(id) ?? 0) + 1)
  }

  refuseDeletion(id) {
    this.#deletions.set(id, this.#deletions.get(id) - 1)
  }

  mayBeGone(id) {
    return this.purges > 0 && this.#deletions.get(id) > 0
  }

  /** Somebody was told that there is no such document, not even a tombstone. */
  miss(id, where) {
    if (this.mayBeGone(id)) this.#gone.add(id)
    else if (this.seen.has(id)) this.violate('a write was lost', `${id} is not there, says ${where}`)
  }

  /** May it have been deleted without anybody seeing the tombstone? */
  #isGone(id) {
    return this.#gone.has(id) || (this.mayBeGone(id) && this.unknown.get(id)?.includes(DELETED))
  }

  /** The server said `ok` to this edit. */
  acknowledge(edit, version) {
    this.counts.acknowledged++
    if (edit.deleted && version !== edit.base + 1) {
      // Nothing to do: it was deleted already, or never there.
      if (version > 0) this.see(edit.id, version, DELETED, 'the answer to a deletion')
      else this.miss(edit.id, 'the answer to a deletion')
      return
    }
    this.see(edit.id, version, edit.tag, 'an acknowledgement')
    if (edit.base > 0 && version !== edit.base + 1)
      this.violate('a stale write was applied', `${edit.id}: base ${edit.base} became version ${version}`)
    if (edit.base === 0 && version > 1) this.see(edit.id, version - 1, DELETED, 'a new document on top of it')
    if (version > (this.acked.get(edit.id) ?? 0)) this.acked.set(edit.id, version)
  }

  lose(edit) {
    this.counts.unknown++
    this.unknown.set(edit.id, [...(this.unknown.get(edit.id) ?? []), edit.tag])
  }

  /** The newest acknowledged version of each document of a group now: a pull that begins now must show these or newer ones. */
  expected(group) {
    return [...this.acked].filter(([id]) => id.startsWith(group + ':'))
  }

  /** Holds a backup against what had been acknowledged when it began, `[id, version]…`. */
  checkBackup(expected, docs) {
    for (const [id, { version, tag }] of docs) this.see(id, version, tag, 'a backup')
    for (const [id, version] of expected) {
      const held = docs.get(id)
      if (held ? held.version < version : !this.mayBeGone(id))
        this.violate('a backup misses a write', `${id}@${version} was acknowledged before it began, it has ${held?.version ?? 'nothing'}`)
    }
    this.counts.backups++
  }

  /** Has somebody seen a tombstone of this version or a newer one? One that was purged before, nobody has; nor one of a deletion whose
   * answer was lost and that was written over at once, but then a version is missing in what was seen. */
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

  /** Holds what the database has at the end, id → {version, tag}, against all that was sent and seen. */
  conclude(final) {
    for (const [detail, { id, version }] of this.doubts)
      if (!this.#wasDeleted(id, version, final.get(id)?.version ?? 0)) this.violate('a pull missed a write', `${detail}; ${this.#told(id, version)}`)
    for (const [id, versions] of this.seen) this.#concludeOne(id, versions, final.get(id))
  }

  #concludeOne(id, versions, held) {
    const newest = Math.max(...versions.keys())
    const lost = (this.unknown.get(id) ?? []).filter((tag) => !this.places.has(tag))
    const end = held?.version ?? newest
    if (held && newest > held.version)
      this.violate('a write was lost', `${id}@${newest} (${versions.get(newest)}) was seen, but the database ends at ${held.version}`)
    if (held) this.see(id, held.version, held.tag, 'the database at the end')
    // What was purged had been deleted before, by a deletion that somebody saw or whose answer was lost.
    else if (!this.mayBeGone(id) || (versions.get(newest) !== DELETED && !this.#isGone(id)))
      this.violate('a write was lost', `${id}@${newest} (${versions.get(newest)}) was seen, but the database has nothing at the end`)
    let nobody = 0
    for (let v = 1; v <= end; v++) if (!versions.has(v)) nobody++
    if (nobody > lost.length) this.violate('versions that nobody wrote', `${id}: ${nobody} of ${end}, with ${lost.length} writes of unknown outcome`)
  }
}

/** What one reader holds of a group, kept as a client would. */
export class Replica {
  docs = new Map()
  #fresh

  constructor(history, group, name) {
    Object.assign(this, { history, group, name })
  }

  /** A page of a pull, or the data of an event. */
  take({ docs, more, reset }) {
    if (reset) this.#fresh ??= new Set()
    for (const doc of docs) this.#takeOne(doc, reset)
    if (!this.#fresh || more) return
    for (const id of this.docs.keys()) if (!this.#fresh.has(id)) this.docs.delete(id)
    this.#fresh = undefined
    this.history.counts.resets++
  }

  #takeOne({ id, version, value, deleted }, reset) {
    const tag = deleted ? DELETED : value?.tag
    const held = this.docs.get(id)
    if (!id.startsWith(this.group + ':')) this.history.violate('a document of another group', `${id} in ${this.name} of ${this.group}`)
    if (held && held.version > version && !reset)
      this.history.violate('a version fell', `${id} from ${held.version} to ${version} in ${this.name}`)
    this.#fresh?.add(id)
    this.history.see(id, version, tag, this.name)
    this.docs.set(id, { version, tag })
  }

  /** After a pull to the end: everything that had been acknowledged when it began must be here. `[id, version]…` */
  require(expected) {
    for (const [id, version] of expected) {
      const held = this.docs.get(id)
      if (held?.version >= version) continue
      const detail = `${id}@${version} was acknowledged before it, ${this.name} has ${held?.version ?? 'nothing'}`
      // From the beginning, and in a reset, old tombstones are left out, so a document that was never shown may have been deleted.
      if (held) this.history.violate('a pull missed a write', detail)
      else this.history.doubts.set(detail, { id, version })
    }
  }

  /** How this differs from the database at the end; empty: not at all. */
  differences(final) {
    const of = [...final].filter(([id]) => id.startsWith(this.group + ':'))
    const behind = of.filter(([id, { version, tag }]) => {
      const held = this.docs.get(id)
      return held ? held.version !== version : tag !== DELETED
    }).map(([id, { version }]) => `${id}: ${this.docs.get(id)?.version ?? 'nothing'}, not ${version}`)
    const ghosts = [...this.docs].filter(([id, { tag }]) => tag !== DELETED && !final.has(id)).map(([id, { version }]) => `${id}: ${version}, which is gone`)
    return [...behind, ...ghosts]
  }
}
