// Sends the local writes to the server, one request after another.
import type { Exchange } from './exchange.js'
import type { Pushed } from './http.js'
import { inTime } from './pending.js'
import { serverDoc } from './pull.js'
import { type Batch, type Write, baseOf } from './replica.js'
import { PocketbookError } from './types.js'

/** A push stays well below the server's limit for a request body (1 MiB). */
const MAX_DOCS = 500
const MAX_CHARS = 250_000
/** Codes of a push that fails again if it is repeated. */
const REFUSALS = ['bad-request', 'forbidden', 'too-large', 'damaged']

export class Pusher {
	#pushing?: Promise<void>
	#again = false

	constructor(private exchange: Exchange) {}

	/** Sends writes until none is left. */
	push(): Promise<void> {
		this.#again = true
		return (this.#pushing ??= this.#drain())
	}

	async #drain(): Promise<void> {
		// Collects the swaps of this turn; and `#pushing` must be set before it
		// is cleared.
		await undefined
		try {
			while (this.#again && !this.exchange.network.unauthorized) {
				this.#again = false
				for (let next = this.#next(); next.length; next = this.#next()) await this.exchange.run(() => this.#send(next))
			}
		} finally {
			this.#pushing = undefined
		}
	}

	#next(): Write[] {
		const { codec, replica } = this.exchange.host
		const groups = this.exchange.groups()
		let chars = 0
		return replica
			.heads()
			.filter(({ id }) => groups.some((group) => id.startsWith(group + ':')))
			.sort((a, b) => a.n - b.n)
			.slice(0, MAX_DOCS)
			.filter(({ value }, i) => {
				chars += chars > MAX_CHARS ? 0 : codec.encode(value ?? null).length
				return !i || chars <= MAX_CHARS
			})
	}

	/**
	 * Marks writes as sent: they do not change until there is a response; newer
	 * edits queue.
	 */
	async #mark(writes: Write[]): Promise<void> {
		const put = writes.filter((write) => !write.sent).map((write) => ({ ...write, sent: true }))
		// A database that hangs must not prevent the push.
		if (put.length) await inTime(1000, this.exchange.host.outbox.record({ put })).catch(() => {})
	}

	async #send(writes: Write[]): Promise<void> {
		await this.#mark(writes)
		const docs = writes.map(({ id, base, op, value }) => ({ id, base, op, ...(value === undefined ? { deleted: true as const } : { value }) }))
		const results = await this.exchange.http.push(docs).catch((error: PocketbookError) => {
			if (!REFUSALS.includes(error.code)) throw error
			return error
		})
		if (!(results instanceof PocketbookError)) this.#results(writes, results)
		else if (writes.length === 1) this.#refuse(writes[0]!, results)
		else {
			// One bad write must not block the others: bisect.
			const half = writes.length >> 1
			await this.#send(writes.slice(0, half))
			await this.#send(writes.slice(half))
		}
	}

	#results(writes: Write[], results: Pushed[]): void {
		const { host } = this.exchange
		const batch: Required<Pick<Batch, 'docs' | 'end' | 'put'>> = { docs: [], end: [], put: [] }
		writes.forEach(({ op, id, base, value }, i) => {
			const { status, version } = results[i]!
			if (status === 'conflict') return
			const doc = { id, version, value }
			batch.docs.push(doc)
			batch.end.push({ op, id, took: { base, version } })
			for (const next of host.replica.of(id)) if (next.op !== op && !next.sent) batch.put.push({ ...next, base: baseOf(doc), was: value })
		})
		if (batch.end.length) void host.outbox.record(batch)
		// Before the conflicts, as a merge may fail and set an error.
		this.exchange.note({ lastPush: Date.now(), lastError: null })
		for (const result of results) if (result.status === 'conflict') this.exchange.settle(serverDoc(result))
	}

	#refuse(write: Write, { status, code, message: reason }: PocketbookError): void {
		const { op, id } = write
		const { host } = this.exchange
		const newer = host.replica.of(id).some((other) => other.op !== op)
		// A newer edit of the document replaces the refused one and is tried
		// itself.
		void host.outbox.record(
			newer
				? { end: [{ op, id, error: { code: 'rejected', message: reason, status } }] }
				: { put: [{ ...write, sent: false, refused: { status, code, reason } }] },
		)
	}
}
