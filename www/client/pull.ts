import { settled } from './conflict.js'
import { same } from './codec.js'
import type { Pulled, PulledDoc } from './http.js'
import type { SyncLoop } from './sync-loop.js'
import type { Batch, ServerDoc } from './replica.js'

/** Reads: page after page, and what the stream brings. */
export class Puller {
	#loop: SyncLoop
	/** Groups that were pulled since the server was reached. */
	pulled = new Set<string>()
	#turns = new Map<string, Promise<unknown>>()
	#queued = new Map<string, Promise<void>>()

	constructor(loop: SyncLoop) {
		this.#loop = loop
	}

	/** Reads all that is new in the group; once for all who ask before it begins. */
	pull(group: string): Promise<void> {
		let turn = this.#queued.get(group)
		if (!turn) {
			turn = this.#inTurn(group, () => {
				this.#queued.delete(group)
				return this.#loop.flight(() => this.#pages(group))
			})
			this.#queued.set(group, turn)
		}
		return turn
	}

	/** Takes what the stream says of the group. */
	changed(group: string, page: Pulled): Promise<void> {
		return this.#inTurn(group, async () => {
			const { session, line } = this.#loop
			if (!session.leading.has(group)) return
			// Before the first pull since the stream began, its place says nothing of what came before.
			const cursors: Batch['cursors'] = line?.live.has(group) ? [[group, page.cursor]] : []
			this.#loop.session.record({ docs: page.docs.map(serverDoc), cursors })
			this.#loop.note({ lastPull: Date.now() })
		})
	}

	/** Pulls and events of a group take their turns, so that an older page never follows a newer event. */
	#inTurn<T>(group: string, job: () => Promise<T>): Promise<T> {
		const turn = (this.#turns.get(group) ?? Promise.resolve()).then(job)
		this.#turns.set(group, turn.catch(() => {}))
		return turn
	}

	async #pages(group: string): Promise<void> {
		const { session, http, line } = this.#loop
		const confirmed = line?.confirmed.has(group)
		const seen = new Set<string>()
		let since = session.replica.cursors.get(group) ?? '0'
		for (let more = true; more; ) {
			const page = await http.pull(group, since).catch((error) => {
				if (error.status === 403) this.#loop.forbid(group)
				throw error
			})
			if (!session.leading.has(group)) return
			more = page.more
			since = page.cursor
			for (const { id } of page.docs) seen.add(id)
			this.#take(group, page, seen)
		}
		this.pulled.add(group)
		if (confirmed) line!.live.add(group)
		this.#loop.note({ lastPull: Date.now(), ...(this.#loop.known.forbidden ? {} : { lastError: null }) })
	}

	#take(group: string, { docs: found, cursor, more, reset: force }: Pulled, seen: Set<string>): void {
		const docs = found.map(serverDoc)
		const last = force && !more
		if (last)
			for (const [id, { version }] of this.#loop.session.replica.docs)
				if (id.startsWith(group + ':') && version && !seen.has(id)) docs.push({ id, version: 0, value: undefined })
		// The place in a snapshot is good only once all of it is here.
		this.#loop.session.record({ docs, force, cursors: force && more ? [] : [[group, cursor]] })
		if (last) this.#afterReset(group)
	}

	/** Edits of a past that the server no longer knows are conflicts: their base numbers mean nothing any more. */
	#afterReset(group: string): void {
		const { replica, codec } = this.#loop.session
		for (const { id, base, was } of replica.heads()) {
			const now = replica.docs.get(id)!
			if (id.startsWith(group + ':') && base && !(base === now.version && same(codec, was, now.value)))
				this.#loop.session.record(settled(this.#loop, { id, version: now.version, value: now.value }))
		}
	}
}

export function serverDoc({ id, version, value, deleted }: PulledDoc): ServerDoc {
	return { id, version, value: deleted ? undefined : value }
}
