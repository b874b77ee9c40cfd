import { settled } from './conflict.js'
import type { Pushed } from './http.js'
import type { SyncLoop } from './sync-loop.js'
import { serverDoc } from './pull.js'
import { type Batch, type Write, baseOf } from './replica.js'
import { PocketbookError } from './types.js'
import { inTime } from './pending.js'

/** A push is kept well below the server's limit for a body (1 MiB). */
const PUSH_DOCS = 500
const PUSH_CHARS = 250_000
/** Refusals of a push that no retry would mend. */
const REFUSALS = [400, 403, 413]

/** Writes: what waits, one batch after another. */
export class Pusher {
	#loop: SyncLoop
	#pushing?: Promise<void>
	#again = false

	constructor(loop: SyncLoop) {
		this.#loop = loop
	}

	/** Until nothing waits any more. */
	push(): Promise<void> {
		this.#again = true
		return (this.#pushing ??= this.#drain())
	}

	async #drain(): Promise<void> {
		// Swaps of the same moment go together; and `#pushing` is set before the end clears it.
		await undefined
		try {
			while (this.#again && !this.#loop.known.unauthorized) {
				this.#again = false
				for (let next = this.#next(); next.length; next = this.#next()) await this.#loop.flight(() => this.#send(next))
			}
		} finally {
			this.#pushing = undefined
		}
	}

	#next(): Write[] {
		const { codec, replica } = this.#loop.session
		const groups = this.#loop.groups()
		let chars = 0
		return replica
			.heads()
			.filter(({ id }) => groups.some((group) => id.startsWith(group + ':')))
			.sort((a, b) => a.n - b.n)
			.slice(0, PUSH_DOCS)
			.filter(({ value }, i) => {
				chars += chars > PUSH_CHARS ? 0 : codec.encode(value ?? null).length
				return !i || chars <= PUSH_CHARS
			})
	}

	/** From here on the writes are repeated as they are until there is an answer; newer edits queue behind them. */
	async #mark(writes: Write[]): Promise<void> {
		const put = writes.filter((write) => !write.sent).map((write) => ({ ...write, sent: true }))
		// A database that hangs must not keep the server from getting them.
		if (put.length) await inTime(1000, this.#loop.session.record({ put }))
	}

	async #send(writes: Write[]): Promise<void> {
		await this.#mark(writes)
		const docs = writes.map(({ id, base, op, value }) => ({ id, base, op, ...(value === undefined ? { deleted: true as const } : { value }) }))
		const results = await this.#loop.http.push(docs).catch((error: PocketbookError) => {
			if (!REFUSALS.includes(error.status) && error.code !== 'damaged') throw error
			return error
		})
		if (!(results instanceof PocketbookError)) this.#results(writes, results)
		else if (writes.length === 1) this.#refuse(writes[0]!, results)
		else {
			// One bad write blocks no other: find it by halves.
			const half = writes.length >> 1
			await this.#send(writes.slice(0, half))
			await this.#send(writes.slice(half))
		}
	}

	#results(writes: Write[], results: Pushed[]): void {
		const { replica } = this.#loop.session
		const batch: Required<Pick<Batch, 'docs' | 'end' | 'put'>> = { docs: [], end: [], put: [] }
		writes.forEach(({ op, id, base, value }, i) => {
			const { status, version } = results[i]!
			if (status === 'conflict') return
			const doc = { id, version, value }
			batch.docs.push(doc)
			batch.end.push({ op, id, took: { base, version } })
			for (const next of replica.of(id)) if (next.op !== op && !next.sent) batch.put.push({ ...next, base: baseOf(doc), was: value })
		})
		if (batch.end.length) this.#loop.session.record(batch)
		// First, as a merge may fail.
		this.#loop.note({ lastPush: Date.now(), lastError: null })
		for (const result of results) if (result.status === 'conflict') this.#loop.session.record(settled(this.#loop, serverDoc(result)))
	}

	#refuse(write: Write, { status, code, message: reason }: PocketbookError): void {
		const { op, id } = write
		const newer = this.#loop.session.replica.of(id).some((other) => other.op !== op)
		// A newer edit of the document takes its place and is tried for itself.
		this.#loop.session.record(
			newer
				? { end: [{ op, id, error: { code: 'rejected', message: reason, status } }] }
				: { put: [{ ...write, sent: false, refused: { status, code, reason } }] },
		)
	}
}
