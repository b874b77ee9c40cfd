// Which documents the writers write to: slots, each with one id at a time.
//
// Where tombstones are purged, an id that was deleted and then made anew begins at version 1 again, and nobody could tell its two lives
// apart. So in such a run (`mortal`) a slot goes on to another id once the deletion of its present one is sent, and nobody deletes an id
// while somebody may still be making it. The old ones are written to on their old versions at times: they may be gone by then.
const name = (slot, life) => (life ? `${slot}.${life}` : slot)

export class Ids {
  /** All that there ever were. */
  all = new Set()
  #lives = new Map()
  #making = new Map()

  constructor(slots, mortal) {
    Object.assign(this, { slots, mortal, mayReturn: !mortal })
    for (const slot of slots) this.all.add(slot)
  }

  #lived(slot) {
    return this.#lives.get(slot) ?? 0
  }

  #present(slot) {
    return name(slot, this.#lived(slot))
  }

  /** `known`: what the writer knows, id → {version}. */
  pick(slot, random, known) {
    const old = random.chance(0.05) ? name(slot, random.below(this.#lived(slot) + 1)) : undefined
    return known.get(old)?.version > 0 ? old : this.#present(slot)
  }

  mayDelete(id) {
    return !this.mortal || !this.#making.get(id)
  }

  /** An edit is about to be sent. */
  begin(slot, id, { made, deleted }) {
    if (!this.mortal) return
    if (made) this.#making.set(id, (this.#making.get(id) ?? 0) + 1)
    if (!deleted || id !== this.#present(slot)) return
    this.#lives.set(slot, this.#lived(slot) + 1)
    this.all.add(this.#present(slot))
  }

  /** The edits were answered, so none of them is still under way. */
  settle(edits) {
    for (const { id, base } of edits) if (base === 0 && this.#making.has(id)) this.#making.set(id, this.#making.get(id) - 1)
  }
}
