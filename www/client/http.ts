// The three requests of the protocol: pull, push and the event stream.
import { createParser } from 'eventsource-parser'
import { type Codec, PocketbookError } from './types.js'

/** Milliseconds for a response. */
const TIMEOUT = 30_000

export interface Pulled { docs: PulledDoc[]; cursor: string; more: boolean; reset: boolean }
export interface PulledDoc { id: string; version: number; value?: unknown; deleted?: boolean }
export interface Pushed extends PulledDoc { status: 'ok' | 'conflict' }
export interface PushDoc { id: string; base: number; op: string; value?: unknown; deleted?: true }

/** The part of a session that requests need. */
interface HttpHost {
	url: string
	codec: Codec
	token(): Promise<string | undefined>
}

/** Each request throws a PocketbookError. */
export class Http {
	/** The token of the latest request. */
	used?: string

	constructor(private host: HttpHost) {}

	async pull(group: string, since: string): Promise<Pulled> {
		const page = await this.#exchange(`sync?group=${encodeURIComponent(group)}&since=${encodeURIComponent(since)}`)
		if (!Array.isArray(page?.docs) || !page.cursor) throw protocolError()
		return page as Pulled
	}

	async push(docs: PushDoc[]): Promise<Pushed[]> {
		const { codec } = this.host
		const { results } = await this.#exchange('sync', { method: 'POST', body: codec.write({ docs }), headers: { 'Content-Type': codec.type } })
		if (!docs.every(({ id }, i) => results?.[i]?.id === id && /^(ok|conflict)$/.test(results[i].status))) throw protocolError()
		return results
	}

	/**
	 * Runs until the stream ends. `on` is called without arguments for each chunk, and
	 * with each event and `retry` (milliseconds).
	 */
	async stream(groups: string[], signal: AbortSignal, on: (event?: string, data?: any) => void): Promise<void> {
		const { codec } = this.host
		const query = groups.map((group) => `group=${encodeURIComponent(group)}&`).join('')
		const response = await this.#fetch(`events?${query}docs=1&encoding=${codec.stream}`, 'text/event-stream', { signal })
		const parser = createParser((parsed) => {
			if (parsed.type !== 'event') on('retry', parsed.value)
			else if (parsed.event === 'connected' || parsed.event === 'change') on(parsed.event, codec.read(parsed.data))
		})
		const text = new TextDecoder()
		const reader = response.body!.getReader()
		for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
			on()
			parser.feed(text.decode(chunk.value, { stream: true }))
		}
	}

	async #exchange(path: string, init?: RequestInit): Promise<Record<string, any>> {
		const { codec } = this.host
		const response = await this.#fetch(path, codec.type, { signal: AbortSignal.timeout(TIMEOUT), ...init })
		const text = await response.text().catch(unreachable)
		try {
			return codec.read(text)
		} catch {
			throw protocolError()
		}
	}

	async #fetch(path: string, type: string, init: RequestInit): Promise<Response> {
		const headers: Record<string, string> = { ...(init.headers as {}), Accept: type }
		const token = (this.used = await this.host.token())
		// fetch would report a network error.
		if (token && /[^\x21-\x7e]/.test(token)) throw new PocketbookError('unauthorized', 'invalid token', 401)
		if (token) headers.Authorization = 'Bearer ' + token
		const response = await fetch(this.host.url + path, { cache: 'no-store', ...init, headers }).catch(unreachable)
		if (!response.ok) throw await problem(response)
		// A captive portal, or another server.
		if (!response.headers.get('content-type')?.startsWith(type)) throw protocolError()
		return response
	}
}

function unreachable(): never {
	throw new PocketbookError('offline', 'server is unreachable')
}

function protocolError(): PocketbookError {
	return new PocketbookError('protocol', 'not a Pocketbook server')
}

/** The error of a response (RFC 9457). The error page of a proxy has no code. */
async function problem(response: Response): Promise<PocketbookError> {
	const { status } = response
	const { code = status === 401 ? 'unauthorized' : 'unavailable', detail = `HTTP status ${status}` } = await response.json().catch(() => ({}))
	return new PocketbookError(code, detail, status, +response.headers.get('retry-after')! * 1000 || 0)
}
