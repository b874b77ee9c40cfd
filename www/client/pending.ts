import type { PocketbookError } from './types.js'

type Done = (error?: PocketbookError) => void

/** Promises, each for something that has an id of its own (a write, a request to the leader). */
export class Pending {
	#all = new Map<string, Done[]>()

	wait(id: string): Promise<void> {
		return new Promise((resolve, reject) => this.#all.set(id, [(error) => (error ? reject(error) : resolve())]))
	}

	/** Whoever waits for the one now waits for the other. */
	handOn(id: string, to: string): void {
		const waiting = this.#take(id)
		if (waiting.length) this.#all.set(to, [...this.#take(to), ...waiting])
	}

	settle(id: string, error?: PocketbookError): void {
		for (const done of this.#take(id)) done(error)
	}

	ids(): Iterable<string> {
		return this.#all.keys()
	}

	close(error: PocketbookError): void {
		for (const id of this.ids()) this.settle(id, error)
	}

	#take(id: string): Done[] {
		const waiting = this.#all.get(id)
		this.#all.delete(id)
		return waiting ?? []
	}
}

/** Waits for a promise, whatever comes of it, but no longer than so many milliseconds. */
export async function inTime(ms: number, promise: Promise<unknown>): Promise<void> {
	await Promise.race([promise, new Promise((done) => setTimeout(done, ms))]).catch(() => {})
}
