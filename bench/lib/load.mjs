// Requests at full speed by wrk, the same for all servers.
import { processorTime } from './process.mjs'

const SECONDS = 2

/** The arguments of bench/load.lua for a server: the text of the body before the
 * documents, of each document, and after them. */
export const BODIES = {
	pocketbook: { path: '/sync', head: '{"docs":[', each: '{"id":"todos:{n}","value":{"title":"Buy milk {n}","completed":false}}', tail: ']}' },
	rxdb: {
		path: '/todos/0/push',
		head: '[',
		each: '{"newDocumentState":{"id":"todos:{n}","title":"Buy milk {n}","completed":false,"_deleted":false}}',
		tail: ']',
	},
	pouchdb: { path: '', head: '', each: '{"_id":"todos:{n}","title":"Buy milk {n}","completed":false}', tail: '' },
}

/** Runs wrk (`post` and `get`: arguments of bench/load.lua) and resolves with
 * {requests, seconds, bytes, p50, p99}; rejects if a request has failed. */
export async function wrk(bench, url, { connections = 64, seconds = SECONDS, headers = {}, post, get } = {}) {
	const fields = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`])
	const args = ['-t1', `-c${connections}`, `-d${seconds}s`, ...fields, '-s', bench.source('bench/load.lua'), url]
	const { first, count = 0 } = post ?? get ?? {}
	const { head, each, tail, batch = 1 } = post ?? {}
	const words = post ? { HEAD: head, EACH: each, TAIL: tail, BATCH: batch } : get ? { PLACE: get.place } : {}
	const program = bench.start('wrk', args, { env: { ...process.env, ...words, FIRST: first, COUNT: count } })
	const told = await program.result()
	const outcome = JSON.parse(told.slice(told.indexOf('{"requests"')))
	if (outcome.failed || !outcome.requests) throw new Error(`${program.name}: ${outcome.failed} requests failed: ${told}`)
	return outcome
}

/** Measures a server by wrk: {rate, cost, p99}, cost being the server's processor time
 * per request. */
export async function loaded(bench, { program, url }, options) {
	const begin = processorTime(program.family())
	const { requests, seconds, p99 } = await wrk(bench, url, options)
	return { rate: requests / seconds, cost: (processorTime(program.family()) - begin) / requests, p99 }
}

/** The newest sequence number of a Pocketbook database. */
export async function changes(url) {
	const events = await fetch(`${url}/events?group=todos`)
	const reader = events.body.getReader()
	const id = /^id: \w+\.(\d+)\n/m
	let text = ''
	for (let chunk; !id.test(text) && !(chunk = await reader.read()).done;) text += new TextDecoder().decode(chunk.value)
	await reader.cancel()
	return Number(id.exec(text)[1])
}

/**
 * A side that pushes new documents to a server, `batch` per request. Numbers are never
 * repeated, unless `load` says so. Its figures: documents/s and the server's processor
 * time per document.
 */
export function pushSide(bench, server, body, { batch = 1, check = async () => {}, load = {} } = {}) {
	let first = load.first ?? 1
	return async () => {
		const { program, url } = server
		const begin = processorTime(program.family())
		const { requests, seconds, p99 } = await wrk(bench, url + body.path, { post: { ...body, ...load, batch, first } })
		const documents = requests * batch
		const cost = (processorTime(program.family()) - begin) / documents
		first += 10_000_000
		await check(documents)
		return { rate: documents / seconds, cost, p99 }
	}
}

export const FIGURES = {
	rate: { label: 'requests', unit: '/s' },
	cost: { label: "server's processor time for one", unit: 's' },
	p99: { label: 'p99', unit: 's' },
}
