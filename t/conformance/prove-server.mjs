// Proves that a server speaks the sync protocol: `node t/conformance/prove-server.mjs
// URL [--token TOKEN] [--invite INVITATION]`. It writes into groups whose names begin
// with `conformance-`, which the token must cover (`*`, if need be).
import { randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import { parseArgs } from 'node:util'
import { Failed, cases, check, differences, filled, invalid, prove } from './kit.mjs'

const require = createRequire(new URL('../../www/', import.meta.url))
const { createParser } = require('eventsource-parser')

/** How long an answer or an event may take. A bound for a hang, no measure. */
const PATIENCE_MS = 30_000

class Stream {
	#events = []
	#wake = () => {}
	#abort = new AbortController()
	#patience

	constructor(patience) {
		this.#patience = patience
	}

	async open(url, headers) {
		const response = await fetch(url, { headers, signal: this.#abort.signal })
		if (response.status !== 200) throw new Failed(`the stream is answered ${response.status}`)
		if (!response.headers.get('content-type').startsWith('text/event-stream')) throw new Failed('the stream is no text/event-stream')
		void this.#read(response.body).catch(() => {})
	}

	async #read(body) {
		const parser = createParser({ onEvent: (event) => (this.#events.push(event), this.#wake()) })
		const decoder = new TextDecoder()
		for await (const chunk of body) parser.feed(decoder.decode(chunk, { stream: true }))
	}

	/** The next event of that name; others before it are passed over. */
	async next(name) {
		const late = setTimeout(() => this.#wake(new Failed(`no event ${name} within ${this.#patience / 1000} s`)), this.#patience)
		try {
			for (;;) {
				while (this.#events.length) {
					const event = this.#events.shift()
					if (event.event === name) return event
				}
				const failed = await new Promise((wake) => (this.#wake = wake))
				if (failed) throw failed
			}
		} finally {
			clearTimeout(late)
		}
	}

	close() {
		this.#abort.abort()
	}
}

class Run {
	#streams = {}
	#variables
	#given
	#url
	#auth

	#patience

	constructor(url, { token, invite, patience = PATIENCE_MS }) {
		const name = randomBytes(6).toString('hex')
		const [K, L] = [0, 0].map(() => randomBytes(32).toString('base64url'))
		this.#variables = { G: `conformance-${name}`, N: `conformer ${name}`, K, L, V: invite }
		this.#given = { token, invite }
		this.#patience = patience
		this.#url = url
		this.#auth = token ? { Authorization: `Bearer ${token}` } : {}
	}

	async run({ steps, needs }) {
		if (needs && !this.#given[needs]) return `--${needs} is not given`
		try {
			for (const [i, step] of steps.entries())
				await this.#step(filled(step, this.#variables)).catch((error) => {
					throw Object.assign(error, { step: i + 1 })
				})
		} finally {
			for (const stream of Object.values(this.#streams)) stream.close()
		}
	}

	async #step(step) {
		if (step.push) return this.#push(step)
		if (step.pull) return this.#send(step, { path: `/sync?${new URLSearchParams(step.pull)}` }, 'page')
		if (step.request) return this.#send(step, step.request, step.schema)
		if (step.open) return this.#open(step.open)
		if (step.event) return this.#event(step)
		if (step.close) return this.#streams[step.close].close()
		throw new Error(`an unknown step: ${JSON.stringify(step)}`)
	}

	#push(step) {
		const wrong = (step.status ?? 200) === 200 ? invalid('push', step.push) : ''
		if (wrong) throw new Error(`the case is at fault: ${wrong}`)
		const request = { method: 'POST', path: '/sync', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(step.push) }
		return this.#send(step, request, 'results')
	}

	async #send(step, { method = 'GET', path, headers, body }, schema) {
		const response = await fetch(new URL(path.slice(1), this.#url), {
			method, body, headers: { ...this.#auth, ...headers }, signal: AbortSignal.timeout(this.#patience),
		})
		const text = await response.text()
		const status = step.status ?? 200
		if (response.status !== status) throw new Failed(`the status should be ${status}, but is ${response.status}: ${text.slice(0, 300)}`)
		for (const [name, pattern] of Object.entries(step.headers ?? {}))
			if (!new RegExp(pattern).test(response.headers.get(name) ?? '')) throw new Failed(`${name} should be like ${pattern}, but is ${response.headers.get(name)}`)
		if (step.text && !new RegExp(step.text).test(text)) throw new Failed(`the body should be like ${step.text}, but is ${text}`)
		const isJson = /^application\/(problem\+)?json/.test(response.headers.get('content-type') ?? '')
		const value = isJson ? JSON.parse(text) : undefined
		this.#compare(step, value, status >= 400 ? 'problem' : isJson && schema)
	}

	#compare(step, value, schema) {
		const wrong = schema ? invalid(schema, value) : ''
		if (wrong) throw new Failed(`${wrong}: ${JSON.stringify(value)}`)
		if (step.expect) check(differences(value, step.expect))
		for (const [name, member] of Object.entries(step.keep ?? {})) this.#variables[name] = member === '$id' ? step.id : value[member]
	}

	async #open({ as, query, headers }) {
		this.#streams[as] = new Stream(this.#patience)
		await this.#streams[as].open(new URL(`events?${new URLSearchParams(query)}`, this.#url), { ...this.#auth, ...headers })
	}

	async #event(step) {
		const { on, event: name, expect } = step.event
		let wrong = ''
		for (;;) {
			const { id, data } = await this.#streams[on].next(name).catch((error) => {
				throw wrong ? new Failed(`${error.message} that fits: ${wrong}`) : error
			})
			if (!id) throw new Failed(`the event ${name} has no id`)
			// A document may come again, and several changes in one event.
			wrong = differences(JSON.parse(data), expect ?? {}).join('; ')
			if (!wrong) return this.#compare({ id, keep: step.keep }, JSON.parse(data), name)
		}
	}
}

/** `only`: the cases that have this member. */
export const proveServer = (url, options = {}) => prove(cases('server.ndjson').filter((one) => !options.only || options.only in one), (one) => new Run(url, options).run(one), options)

if (process.argv[1]?.endsWith('prove-server.mjs')) {
	const { values, positionals } = parseArgs({ options: { token: { type: 'string' }, invite: { type: 'string' } }, allowPositionals: true })
	if (positionals.length !== 1) {
		console.error('usage: node t/conformance/prove-server.mjs URL [--token TOKEN] [--invite INVITATION]')
		process.exit(2)
	}
	process.exitCode = (await proveServer(new URL(positionals[0].replace(/\/?$/, '/')), values)) ? 1 : 0
}
