import { createParser } from 'eventsource-parser'
import { type Codec, PocketbookError } from './types.js'

/** How long an answer may take. */
const PATIENCE = 30_000

export interface Pulled { docs: PulledDoc[]; cursor: string; more: boolean; reset: boolean }
export interface PulledDoc { id: string; version: number; value?: unknown; deleted?: boolean }
export interface Pushed extends PulledDoc { status: 'ok' | 'conflict' | 'skipped' }
export interface PushDoc { id: string; base: number; op: string; value?: unknown; deleted?: true }

export interface StreamEvents {
	/** Anything at all came in. */
	onBytes(): void
	onConnected(group: string): void
	onChange(group: string, page: Pulled): void
	onRetry(ms: number): void
}

/** The three requests of the protocol. Each throws a PocketbookError whose code tells what to do about it. */
export class Http {
	/** The token of the latest request. */
	used?: string

	constructor(private url: string, private codec: Codec, private token: () => Promise<string | undefined>) {}

	async pull(group: string, since: string): Promise<Pulled> {
		const page = await this.#exchange('GET', `sync?group=${encodeURIComponent(group)}&since=${encodeURIComponent(since)}`)
		if (!Array.isArray(page.docs) || typeof page.cursor !== 'string') throw notOurs()
		return page as unknown as Pulled
	}

	async push(docs: PushDoc[]): Promise<Pushed[]> {
		const { results } = await this.#exchange('POST', 'sync', this.codec.write({ docs }))
		if (!Array.isArray(results) || results.length !== docs.length || results.some((r, i) => r.id !== docs[i]!.id)) throw notOurs()
		return results
	}

	/** Runs until the stream ends. */
	async stream(groups: string[], signal: AbortSignal, events: StreamEvents): Promise<void> {
		const query = groups.map((group) => 'group=' + encodeURIComponent(group)).join('&')
		const accept = { Accept: 'text/event-stream' }
		const answer = await this.#fetch(`events?${query}&docs=1&encoding=${this.codec.stream}`, { headers: accept, signal })
		const parser = createParser((event) => {
			if (event.type !== 'event') return events.onRetry(event.value)
			if (event.event !== 'connected' && event.event !== 'change') return
			const page = this.codec.read(event.data)
			event.event === 'connected' ? events.onConnected(page.group) : events.onChange(page.group, page as Pulled)
		})
		const text = new TextDecoder()
		const reader = answer.body!.getReader()
		for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
			events.onBytes()
			parser.feed(text.decode(chunk.value, { stream: true }))
		}
	}

	async #exchange(method: string, path: string, body?: string): Promise<Record<string, any>> {
		const patience = new AbortController()
		const timer = setTimeout(() => patience.abort(), PATIENCE)
		try {
			const headers: Record<string, string> = { Accept: this.codec.type }
			if (body) headers['Content-Type'] = this.codec.type
			const answer = await this.#fetch(path, { method, headers, body, signal: patience.signal })
			return this.codec.read(await answer.text())
		} catch (error) {
			throw error instanceof SyntaxError ? notOurs() : trouble(error)
		} finally {
			clearTimeout(timer)
		}
	}

	async #fetch(path: string, init: RequestInit): Promise<Response> {
		const headers = init.headers as Record<string, string>
		const token = (this.used = await this.token())
		// fetch would call it a network error.
		if (token && /[^\x21-\x7e]/.test(token)) throw new PocketbookError('unauthorized', 'this is no token', 401)
		if (token) headers.Authorization = 'Bearer ' + token
		const answer = await fetch(this.url + path, { cache: 'no-store', ...init, headers }).catch((error) => {
			throw trouble(error)
		})
		if (!answer.ok) throw await problem(answer)
		// A captive portal, or the page of some other server.
		if (!answer.headers.get('content-type')?.startsWith(headers.Accept!)) throw notOurs()
		return answer
	}
}

function trouble(error: unknown): PocketbookError {
	return error instanceof PocketbookError ? error : new PocketbookError('offline', 'the server cannot be reached')
}

function notOurs(): PocketbookError {
	return new PocketbookError('protocol', 'what answers at this address is not a pocketbook server')
}

/** RFC 9457; a proxy's own error page has no code. */
async function problem(answer: Response): Promise<PocketbookError> {
	const { code, detail } = await answer.json().catch(() => ({}))
	const after = Number(answer.headers.get('retry-after')) * 1000 || 0
	const name = code ?? (answer.status === 401 ? 'unauthorized' : 'unavailable')
	return new PocketbookError(name, detail ?? `the server answered ${answer.status}`, answer.status, after)
}
