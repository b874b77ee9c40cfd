// Servers that break one rule each: the real one behind a proxy that changes a request
// or an answer. The prover must notice every one of them.
import { once } from 'node:events'
import { createServer } from 'node:http'

const json = (change) => (text) => {
	const value = JSON.parse(text)
	change(value)
	return JSON.stringify(value)
}
const results = (change) => ({ answer: { results: json(({ results }) => results.forEach(change)) } })
const page = (change) => ({ answer: { page: json(change) } })
const events = (change) => ({ event: change })

/** What is wrong with each, and the hooks of the proxy that make it so. */
export const liars = {
	'counts versions from 0': results((one) => one.version !== undefined && one.version--),
	'gives results in another order': { answer: { results: json((one) => one.results.reverse()) } },
	'does not show what a write conflicts with': results((one) => one.status === 'conflict' && delete one.value),
	'calls every conflict ok': results((one) => (one.status = 'ok')),
	'leaves tombstones out of pages': page((one) => (one.docs = one.docs.filter(({ deleted }) => !deleted))),
	'shows the value of a deleted document': page((one) => one.docs.forEach((doc) => doc.deleted && (doc.value = null))),
	'never tells that it begins anew': page((one) => (one.reset = false)),
	'never tells that there is more': page((one) => (one.more = false)),
	'gives the oldest cursor': page((one) => (one.cursor = '0')),
	'loses digits of numbers': { answer: { page: json(() => {}) } },
	'knows no limit': { query: (query) => query.delete('limit') },
	'knows no op': { push: json(({ docs }) => Array.isArray(docs) && docs.forEach((doc) => delete doc.op)) },
	'knows no atomic push': { push: json((push) => delete push.atomic) },
	'takes an unknown member amiss': { push: (text) => (text.includes('novel') ? '{' : text) },
	'accepts everything': { status: (status) => (status === 400 ? 200 : status) },
	'has problems without a code': { answer: { problem: json((one) => delete one.code) } },
	'forgets Last-Event-ID': { headers: (headers) => delete headers['last-event-id'] },
	'sends events without ids': events((text) => text.replace(/^id: .*\n/gm, '')),
	'sends documents to nobody': events((text) => text.replace(/"docs":\[\{.*?\}\],"cursor"/g, '"docs":[],"cursor"')),
	'tells of the first group alone': { query: (query, path) => path === '/events' && query.getAll('group').slice(1).forEach((one) => query.delete('group', one)) },
}

/** The same, of servers with authentication. */
export const joinLiars = {
	'makes another token of a repeated join': { answer: { join: json((one) => (one.token = one.token.slice(0, -8) + Math.random().toString(36).slice(2, 10).padEnd(8, 'A'))) } },
	'lets a used-up invitation in': { status: (status, path) => (path === '/join' && status === 403 ? 200 : status) },
	'lets a taken name in': { status: (status) => (status === 409 ? 200 : status) },
	'makes no key of a join': { push: json((one) => delete one.key) },
}

const kindOf = (path, method, status) => (status >= 400 ? 'problem' : path === '/join' ? 'join' : path === '/sync' ? (method === 'POST' ? 'results' : 'page') : 'other')

async function bodyOf(stream) {
	const chunks = []
	for await (const chunk of stream) chunks.push(chunk)
	return Buffer.concat(chunks)
}

async function pipeEvents(body, response, change) {
	const decoder = new TextDecoder()
	let text = ''
	for await (const chunk of body) {
		text += decoder.decode(chunk, { stream: true })
		const end = text.lastIndexOf('\n\n') + 2
		if (end > 1) response.write(change(text.slice(0, end)))
		text = text.slice(Math.max(end, 0))
	}
}

async function forward(request, response, to, lie) {
	const url = new URL(request.url, to)
	lie.query?.(url.searchParams, url.pathname)
	const headers = { ...request.headers }
	for (const name of ['host', 'connection', 'content-length', 'accept-encoding']) delete headers[name]
	lie.headers?.(headers)
	let body = request.method === 'POST' ? await bodyOf(request) : undefined
	if (body && lie.push && /json/.test(headers['content-type']) && !/transit/.test(headers['content-type'])) {
		try {
			body = lie.push(body.toString())
		} catch {
			// No JSON: as it is.
		}
	}
	const abort = new AbortController()
	response.on('close', () => abort.abort())
	const answer = await fetch(url, { method: request.method, headers, body, signal: abort.signal })
	const fields = Object.fromEntries([...answer.headers].filter(([name]) => !['content-length', 'connection', 'keep-alive', 'transfer-encoding'].includes(name)))
	response.writeHead(lie.status?.(answer.status, url.pathname) ?? answer.status, fields)
	if (fields['content-type']?.startsWith('text/event-stream')) return pipeEvents(answer.body, response, lie.event ?? ((text) => text))
	const bytes = Buffer.from(await answer.arrayBuffer())
	const change = lie.answer?.[kindOf(url.pathname, request.method, answer.status)]
	response.end(change && /^application\/(problem\+)?json/.test(fields['content-type']) ? change(bytes.toString()) : bytes)
}

/** The server at `to` with one lie (none: a plain proxy); {url, close}. */
export async function startLiar(to, lie = {}) {
	const server = createServer((request, response) => forward(request, response, to, lie).catch(() => response.destroy()))
	server.listen(0, '127.0.0.1')
	await once(server, 'listening')
	const close = () => {
		server.closeAllConnections()
		server.close()
	}
	return { url: `http://127.0.0.1:${server.address().port}/`, close }
}
