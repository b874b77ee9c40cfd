import { createParser } from 'eventsource-parser'
import { type Codec, PocketbookError } from './types.js'

/** How long an answer may take. */
const PATIENCE = 30_000

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

/** The three requests of the protocol. Each throws a PocketbookError whose code tells what to do about it. */
export class Http {
	/** The token of the latest request. */
	used?: string

	constructor(private host: HttpHost) {}

	async pull(group: string, since: string): Promise<Pulled> {
		const page = await this.#exchange(`sync?group=${encodeURIComponent(group)}&since=${encodeURIComponent(since)}`)
		if (!Array.isArray(page?.docs) || !page.cursor) throw notOurs()
		return page as Pulled
	}

	async push(docs: PushDoc[]): Promise<Pushed[]> {
		const { codec } = this.host
		const { results } = await this.#exchange('sync', { method: 'POST', body: codec.write({ docs }), headers: { 'Content-Type': codec.type } })
		if (!docs.every(({ id }, i) => results?.[i]?.id === id && /^(ok|conflict)$/.test(results[i].status))) throw notOurs()
		return results
	}

	/** Runs until the stream ends. `on` is called with each event, with `retry` (milliseconds), and whenever anything at all has come in. */
	async stream(groups: string[], signal: AbortSignal, on: (event?: string, data?: any) => void): Promise<void> {
		const { codec } = this.host
		const query = groups.map((group) => `group=${encodeURIComponent(group)}&`).join('')
		const answer = await this.#fetch(`events?${query}docs=1&encoding=${codec.stream}`, 'text/event-stream', { signal })
		const parser = createParser((parsed) => {
			if (parsed.type !== 'event') on('retry', parsed.value)
			else if (parsed.event === 'connected' || parsed.event === 'change') on(parsed.event, codec.read(parsed.data))
		})
		const text = new TextDecoder()
		const reader = answer.body!.getReader()
		for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
			on()
			parser.feed(text.decode(chunk.value, { stream: true }))
		}
	}

	async #exchange(path: string, init?: RequestInit): Promise<Record<string, any>> {
		const { codec } = this.host
		const answer = await this.#fetch(path, codec.type, { signal: AbortSignal.timeout(PATIENCE), ...init })
		const text = await answer.text().catch(unreachable)
		try {
			return codec.read(text)
		} catch {
			throw notOurs()
		}
	}

	async #fetch(path: string, type: string, init: RequestInit): Promise<Response> {
		const headers: Record<string, string> = { ...(init.headers as {}), Accept: type }
		const token = (this.used = await this.host.token())
		// fetch would call it a network error.
		if (token && /[^\x21-\x7e]/.test(token)) throw new PocketbookError('unauthorized', 'invalid token', 401)
		if (token) headers.Authorization = 'Bearer ' + token
		const answer = await fetch(this.host.url + path, { cache: 'no-store', ...init, headers }).catch(unreachable)
		if (!answer.ok) throw await problem(answer)
		// A captive portal, or the page of some other server.
		if (!answer.headers.get('content-type')?.startsWith(type)) throw notOurs()
		return answer
	}
}

function unreachable(): never {
	throw new PocketbookError('offline', 'server is unreachable')
}

function notOurs(): PocketbookError {
	return new PocketbookError('protocol', 'not a Pocketbook server')
}

/** RFC 9457; a proxy's own error page has no code. */
async function problem(answer: Response): Promise<PocketbookError> {
	const { status } = answer
	const { code = status === 401 ? 'unauthorized' : 'unavailable', detail = `HTTP status ${status}` } = await answer.json().catch(() => ({}))
	return new PocketbookError(code, detail, status, +answer.headers.get('retry-after')! * 1000 || 0)
}
