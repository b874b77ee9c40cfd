// A small server in this process that speaks the sync protocol, for tests of the client
// alone. Faults are switched on from outside.
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { readFile } from 'node:fs/promises'
import { extname, join, normalize } from 'node:path'

const TYPES = {
	'.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8',
	'.woff2': 'font/woff2', '.svg': 'image/svg+xml', '.png': 'image/png', '.webmanifest': 'application/manifest+json',
}
const POLICY =
	"default-src 'self'; connect-src 'self'; img-src 'self' data:; style-src 'self'; script-src 'self'; object-src 'none'; " +
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
const PROBLEMS = {
	400: 'bad-request', 401: 'unauthorized', 403: 'forbidden', 404: 'not-found', 413: 'too-large', 415: 'unsupported-media-type', 426: 'upgrade-required',
	429: 'too-many-streams', 500: 'damaged', 503: 'unavailable', 507: 'insufficient-storage',
}

export class Problem extends Error {
	constructor(status, detail, code = PROBLEMS[status]) {
		super(detail)
		this.status = status
		this.code = code
	}
}

const covers = (group, id) => id.startsWith(group + ':')

export class FakeServer {
	docs = new Map() // id -> {id, version, value | deleted, seq, op}
	/** id -> its versions, oldest first. */
	versions = new Map()
	seq = 0
	epoch = randomBytes(4).toString('hex')
	horizon = 0
	pageSize = 1000
	maxBody = 1 << 20
	/** token -> {groups: {name: 'rw' | 'ro'}}; null: authentication is off. */
	tokens = null
	/** Every request as {method, url, body}. */
	log = []
	/**
	 * Called before each request with (request, path); may throw a Problem, answer
	 * 'drop' (no answer), 'lose' (done, but no answer), or a {type, body, status,
	 * headers} to be sent instead, or {open}, the beginning of a stream without
	 * events.
	 */
	fault = () => undefined
	/**
	 * Called when a push has been carried out, before its answer goes out; may
	 * return a promise.
	 */
	beforeAnswer = () => undefined
	/** The lowest schema of each group. */
	minSchema = {}
	/** Answers /sync instead: (request, body) => text, as
	 * application/transit+json. */
	respond = undefined
	/** How media types are written. */
	types = (type) => type
	/** Given the response of each stream. */
	events = () => undefined
	#streams = new Set()
	#www
	#http

	constructor({ www } = {}) {
		this.#www = www
	}

	get url() {
		return `http://127.0.0.1:${this.port}/`
	}

	get streams() {
		return this.#streams.size
	}

	async start(port = this.port ?? 0) {
		this.#http = createServer((request, response) => this.#handle(request, response).catch((error) => response.destroy(error)))
		await new Promise((done, failed) => this.#http.once('error', failed).listen(port, '127.0.0.1', done))
		this.port = this.#http.address().port
		return this
	}

	async stop() {
		const closed = new Promise((done) => this.#http.close(done))
		this.#http.closeAllConnections()
		this.#streams.clear()
		await closed
	}

	/**
	 * What `fork` gives is put back: the state of an older backup, under a new
	 * epoch.
	 */
	snapshot() {
		return structuredClone({ docs: this.docs, seq: this.seq })
	}

	restore({ docs, seq }) {
		Object.assign(this, { docs: structuredClone(docs), seq, epoch: randomBytes(4).toString('hex') })
		this.dropStreams()
	}

	/** Tombstones go, and cursors from before are told to start anew. */
	purge() {
		for (const [id, doc] of this.docs) if (doc.deleted) this.docs.delete(id)
		this.horizon = this.seq
	}

	dropStreams() {
		for (const stream of this.#streams) stream.response.destroy()
	}

	/** A write by some other client. */
	put(id, value, op) {
		const doc = this.docs.get(id)
		const body = value === undefined ? { deleted: true } : { value }
		this.#keep({ id, version: (doc?.version ?? 0) + 1, ...body, seq: ++this.seq, op })
		this.#publish([id])
	}

	/** The disk loses the value: readers of the group are told. */
	damage(id) {
		const doc = this.docs.get(id)
		this.docs.set(id, { id, version: doc.version, damaged: true, seq: ++this.seq })
		this.#publish([id])
	}

	/** Ends all streams, and says why. */
	endStreams(code) {
		for (const { response } of this.#streams) response.end(`event: end\ndata: ${JSON.stringify({ code })}\n\n`)
		this.#streams.clear()
	}

	/** Sends these bytes on every stream. */
	say(bytes) {
		for (const stream of this.#streams) stream.response.write(bytes)
	}

	value(id) {
		return this.docs.get(id)?.value
	}

	async #handle(request, response) {
		const url = new URL(request.url, this.url)
		const chunks = []
		for await (const chunk of request) chunks.push(chunk)
		const body = Buffer.concat(chunks).toString()
		this.log.push({ method: request.method, url: url.pathname + url.search, body, token: request.headers.authorization })
		try {
			const fault = await this.fault(request, url.pathname, body)
			if (fault === 'drop') return request.socket.destroy()
			if (fault?.open) return response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write(fault.open)
			if (fault?.type) return this.#answer(response, fault.status ?? 200, fault.type, fault.body, fault.headers)
			if (this.respond && url.pathname === '/sync') return this.#answer(response, 200, 'application/transit+json', this.respond(request, body))
			const answer = await this.#route(request, response, url, body)
			if (answer === undefined) return
			if (fault === 'lose') return request.socket.destroy()
			await this.beforeAnswer(request, answer)
			this.#answer(response, 200, 'application/json', JSON.stringify(answer))
		} catch (error) {
			if (!(error instanceof Problem)) throw error
			const { code } = error
			const text = JSON.stringify({ type: 'about:blank', title: code, status: error.status, detail: error.message, code })
			this.#answer(response, error.status, 'application/problem+json', text)
		}
	}

	#answer(response, status, type, body, headers) {
		response.writeHead(status, { ...headers, 'Content-Type': this.types(type), 'Content-Length': Buffer.byteLength(body) }).end(body)
	}

	#gate(url, names) {
		const schema = +(url.searchParams.get('schema') ?? 0)
		for (const [group, least] of Object.entries(this.minSchema))
			if (schema < least && names.some((name) => name === group || covers(group, name))) throw new Problem(426, `${group} needs schema ${least}`)
	}

	async #route(request, response, url, body) {
		const groups = url.searchParams.getAll('group')
		this.#gate(url, url.pathname === '/sync' && request.method === 'POST' ? JSON.parse(body).docs.map(({ id }) => id) : groups)
		if (url.pathname === '/sync' && request.method === 'POST') return this.#push(request, body)
		if (url.pathname === '/sync') return this.#allow(request, groups, 'ro') && this.#page(groups[0], url.searchParams.get('since') ?? '0')
		if (url.pathname === '/events') return this.#allow(request, groups, 'ro') && this.#stream(request, response, groups)
		if (url.pathname === '/history') return this.#allow(request, [url.searchParams.get('id')], 'ro') && this.#history(url.searchParams)
		if (url.pathname === '/readyz') return {}
		return this.#file(request, response, url.pathname)
	}

	#user(request) {
		return this.tokens?.[request.headers.authorization?.replace(/^Bearer /, '')]?.user
	}

	#grants(request) {
		if (!this.tokens) return { '*': 'rw' }
		const token = request.headers.authorization?.replace(/^Bearer /, '')
		if (!this.tokens[token]) throw new Problem(401, token ? 'the token is unknown or was revoked' : 'a token is needed')
		return this.tokens[token].groups
	}

	#may(request, name, mode) {
		return Object.entries(this.#grants(request)).some(([group, how]) => (group === '*' || name === group || covers(group, name)) && (mode === 'ro' || how === 'rw'))
	}

	#allow(request, names, mode) {
		for (const name of names)
			if (!this.#may(request, name, mode))
				throw new Problem(403, `the token does not cover ${name}`)
		return true
	}

	#cursor(seq) {
		return `${this.epoch}.${seq}`
	}

	/** As in pages and events; with who wrote it, and when, if `by` is set. */
	#shown(doc) {
		return doc && this.by ? { ...shown(doc), by: this.by, at: '2030-01-31T12:00:00Z' } : shown(doc)
	}

	#page(group, since) {
		const [epoch, place, mark] = since.split('.')
		// A third part marks the pages of a snapshot.
		const reset = since !== '0' && (epoch !== this.epoch || +place > this.seq || +place < this.horizon || mark === 's')
		const from = since === '0' || (reset && mark !== 's') || epoch !== this.epoch ? 0 : +place
		const all = [...this.docs.values()].filter((doc) => covers(group, doc.id) && doc.seq > from).sort((a, b) => a.seq - b.seq)
		const docs = all.slice(0, this.pageSize)
		const more = all.length > docs.length
		const seq = more ? docs.at(-1).seq : this.seq
		return { docs: docs.map((doc) => this.#shown(doc)), cursor: this.#cursor(seq) + (more && reset ? '.s' : ''), more, reset }
	}

	#push(request, body) {
		this.#grants(request)
		if (Buffer.byteLength(body) > this.maxBody) throw new Problem(413, `the body is longer than ${this.maxBody} bytes`)
		const { docs, atomic } = JSON.parse(body)
		if (!Array.isArray(docs)) throw new Problem(400, 'docs: must be an array')
		this.#allow(request, docs.map((doc) => doc.id), 'rw')
		if (new Set(docs.map((doc) => doc.id)).size < docs.length) throw new Problem(400, 'docs: the same id twice')
		for (const doc of docs) this.#check(doc)
		const before = atomic && { docs: new Map(this.docs), seq: this.seq }
		let results = docs.map((doc) => this.#write(doc))
		if (atomic && results.some(({ status }) => status === 'conflict')) {
			// What had been written before stays `ok`.
			const isNew = ({ id }) => this.docs.get(id) !== before.docs.get(id)
			results = results.map((result) => (result.status === 'ok' && isNew(result) ? { id: result.id, status: 'skipped' } : result))
			Object.assign(this, before)
			return { results, cursor: this.#cursor(this.seq) }
		}
		this.#publish(results.filter((result) => result.status === 'ok').map((result) => result.id))
		return { results, cursor: this.#cursor(this.seq) }
	}

	#keep(doc) {
		this.docs.set(doc.id, doc)
		this.versions.set(doc.id, [...(this.versions.get(doc.id) ?? []), { ...doc, at: new Date().toISOString() }])
	}

	#history(query) {
		const [id, before, limit] = ['id', 'before', 'limit'].map((name) => query.get(name))
		const all = (this.versions.get(id) ?? []).filter(({ version }) => version < (before ?? Infinity)).reverse()
		const versions = all.slice(0, limit ?? 100).map((doc) => ({ ...shown(doc), id: undefined, by: null, at: doc.at }))
		return { id, versions, more: all.length > versions.length }
	}

	#check(doc) {
		if ('value' in doc === 'deleted' in doc) throw new Problem(400, 'docs: either value or deleted')
		if (doc.value?.poison) throw new Problem(400, 'docs: poison')
	}

	#write({ id, base = 0, op, value, deleted }) {
		const now = this.docs.get(id)
		if (op && now?.op === op) return { id, status: 'ok', version: now.version }
		if (deleted && (!now || now.deleted) && base === 0) return { id, status: 'ok', version: now?.version ?? 0 }
		if (!now && base > 0) return { id, status: 'conflict', version: 0, deleted: true }
		if (now && base !== now.version && !(now.deleted && base === 0)) return { ...shown(now), status: 'conflict' }
		const doc = { id, version: (now?.version ?? 0) + 1, ...(deleted ? { deleted } : { value }), seq: ++this.seq, op }
		this.#keep(doc)
		return { id, status: 'ok', version: doc.version }
	}

	#stream(request, response, groups) {
		response.writeHead(200, { 'Content-Type': this.types('text/event-stream'), 'Cache-Control': 'no-store' })
		const stream = { response, groups }
		this.#streams.add(stream)
		response.on('close', () => this.#streams.delete(stream))
		response.write('retry: 50\n\n')
		this.events(response)
		for (const group of groups) this.#event(stream, 'connected', { group, cursor: this.#cursor(this.seq), user: this.#user(request), write: this.#may(request, group, 'rw') })
	}

	#event({ response }, event, data) {
		response.write(`event: ${event}\nid: ${data.cursor}\ndata: ${JSON.stringify(data)}\n\n`)
	}

	#publish(ids) {
		for (const stream of this.#streams)
			for (const group of stream.groups) {
				const docs = ids.filter((id) => covers(group, id)).map((id) => this.#shown(this.docs.get(id))).filter(Boolean)
				const page = { group, docs, cursor: this.#cursor(this.seq), more: false, reset: false }
				if (docs.length) this.#event(stream, 'change', page)
			}
	}

	async #file(request, response, path) {
		const file = normalize(path.endsWith('/') ? path + 'index.html' : path)
		const data = this.#www && (await readFile(join(this.#www, file)).catch(() => undefined))
		if (!data) throw new Problem(404, 'there is nothing at this path')
		const headers = { 'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream', 'Content-Security-Policy': POLICY, 'Cache-Control': 'no-cache' }
		response.writeHead(200, headers).end(data)
	}
}

function shown(doc) {
	if (!doc) return undefined
	const { id, version, value, deleted, damaged } = doc
	if (damaged) return { id, version, damaged }
	return deleted ? { id, version, deleted } : { id, version, value }
}
