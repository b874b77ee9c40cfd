// The ids that the writers use: slots, each with one id at a time.
//
// If tombstones are purged, an id that is deleted and created again starts at version
// 1, and its two lives could not be distinguished. In such a campaign (`mortal`) a slot
// switches to a new id when the deletion of its current one is sent, and no client
// deletes an id that another may still be creating. Old ids are sometimes written to on
// their old versions; they may have been purged by then.
const name = (slot, life) => (life ? `${slot}.${life}` : slot)

export class Ids {
  /** All ids that ever existed. */
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

  /** `known`: the writer's knowledge, id → {version}. */
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

  /** The edits were answered; none of them is in flight. */
  settle(edits) {
    for (const { id, base } of edits) if (base === 0 && this.#making.has(id)) this.#making.set(id, this.#making.get(id) - 1)
  }
}
