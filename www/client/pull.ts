// Reads the documents of a group: page by page, and from the event stream.
import type { Exchange } from './exchange.js'
import { extension } from './extension.js'
import type { Pulled, PulledDoc } from './http.js'
import { later } from './load-later.js'
import { type Batch, type Replica, type ServerDoc, pullTime } from './replica.js'

/** Codes of a pull that fails again if it is repeated. The other groups go on. */
export const OUTDATED = 'upgrade-required'
export const REFUSALS = ['forbidden', 'bad-request', OUTDATED]

export class Puller {
	/** The last job of each group. */
	#jobs = new Map<string, Promise<unknown>>()
	/** Pulls that have not begun. */
	#queued = new Map<string, Promise<void>>()

	constructor(private exchange: Exchange) {}

	/** Reads all that is new in the group. Callers share a pull that has not
	 * begun. */
	pull(group: string): Promise<void> {
		let queued = this.#queued.get(group)
		if (!queued) {
			queued = this.#inTurn(group, () => {
				this.#queued.delete(group)
				return this.exchange.run(() => this.#pages(group))
			})
			this.#queued.set(group, queued)
		}
		return queued
	}

	/** Applies an event of the stream. */
	changed(group: string, page: Pulled): Promise<void> {
		return this.#inTurn(group, async () => {
			const { host, stream } = this.exchange
			if (!host.leader.leading.has(group)) return
			// An event does not include what came before the stream began.
			// Until a pull has fetched that, the cursor stays.
			void host.outbox.record({ docs: page.docs.map((doc) => serverDoc(host.replica, doc)), cursors: cursors(group, page, !stream?.live.has(group)) })
		})
	}

	/**
	 * Runs the jobs of a group in order, so that an older page never follows a
	 * newer event.
	 */
	#inTurn<T>(group: string, job: () => Promise<T>): Promise<T> {
		const turn = (this.#jobs.get(group) ?? Promise.resolve()).then(job)
		this.#jobs.set(group, turn.catch(() => {}))
		return turn
	}

	async #pages(group: string): Promise<void> {
		const { host, http, stream } = this.exchange
		const confirmed = stream?.confirmed.has(group)
		const seen = new Set<string>()
		let since = host.replica.cursors.get(group) ?? '0'
		for (let more = true; more; ) {
			const page = await http.pull(group, since).catch((error) => {
				if (!REFUSALS.includes(error.code)) throw error
				this.exchange.refuse(group, error)
			})
			// Many documents are stored as its `entryOf` makes them.
			if (page?.more) await later().catch(() => {})
			if (page?.reset) await later()
			if (!page || !host.leader.leading.has(group)) return
			more = page.more
			since = page.cursor
			for (const { id } of page.docs) seen.add(id)
			this.#take(group, page, page.reset && seen)
		}
		if (confirmed) stream!.live.add(group)
		this.exchange.pulled(group)
	}

	/** `force`: the page is of a snapshot, whose pages have these ids so far. */
	#take(group: string, page: Pulled, force: false | Set<string>): void {
		const { docs: found, more } = page
		const { host } = this.exchange
		const docs = found.map((doc) => serverDoc(host.replica, doc))
		const last = force && !more
		if (last) docs.push(...extension.missing!(host, group, force))
		// The cursor of a snapshot is valid only when all of its pages were
		// read.
		void host.outbox.record({ docs, force: !!force, cursors: cursors(group, page, !!force && more) })
		if (last) void this.exchange.settle(extension.moved!(host, group))
	}
}

/** After a page: the cursor unless it stays, and if it was the last one the time. */
function cursors(group: string, { docs, cursor, more }: Pulled, stays: boolean): Batch['cursors'] {
	const moved: Batch['cursors'] = [[group, cursor], [pullTime(group), `${Date.now()}`]]
	return [...(extension.meta?.(docs) ?? []), ...moved.slice(0, stays ? 0 : more ? 1 : 2)]
}

/**
 * Of a document that is damaged on the server, this device keeps its copy. Its next
 * write, on the damaged version, mends it.
 */
export function serverDoc({ docs }: Replica, { id, version, value, deleted, damaged }: PulledDoc): ServerDoc {
	return damaged ? { id, version, value: docs.get(id)?.value, damaged } : { id, version, value: deleted ? undefined : value }
}
