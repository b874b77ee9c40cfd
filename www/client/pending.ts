// Promises that something else settles, by id.
import type { PocketbookError } from './types.js'

type Done = (error?: PocketbookError) => void

/** Promises for things with an id: a write, a sync that the leader was asked for. */
export class Pending {
	#all = new Map<string, Done[]>()

	wait(id: string): Promise<void> {
		return new Promise((resolve, reject) => this.#all.set(id, [(error) => (error ? reject(error) : resolve())]))
	}

	/** Promises for `id` become promises for `to`. */
	handOn(id: string, to: string): void {
		const waiting = this.#take(id)
		if (waiting.length) this.#all.set(to, [...this.#take(to), ...waiting])
	}

	settle(id: string, error?: PocketbookError): void {
		for (const done of this.#take(id)) done(error)
	}

	close(error: PocketbookError): void {
		for (const id of this.#all.keys()) this.settle(id, error)
	}

	#take(id: string): Done[] {
		const waiting = this.#all.get(id)
		this.#all.delete(id)
		return waiting ?? []
	}
}

/**
 * Settles like the promise, but rejects with `late` after `ms` milliseconds. For all
 * that may never settle: databases, locks, functions of the app.
 */
export async function inTime<T>(ms: number, promise: Promise<T>, late?: PocketbookError): Promise<T> {
	let timer: ReturnType<typeof setTimeout>
	const limit = new Promise<never>((_, reject) => (timer = setTimeout(reject, ms, late)))
	return Promise.race([promise, limit]).finally(() => clearTimeout(timer))
}

/** A task of its own. Timers are late in a tab that is not seen. */
export function turn(): Promise<unknown> {
	const { port1, port2 } = new MessageChannel()
	port2.postMessage(0)
	return new Promise((done) => (port1.onmessage = done)).then(() => port1.close())
}
