// Event streams as they may arrive: many events in one piece, any line ends.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { Session } from 'node:inspector'
import { test } from 'node:test'
import { get, setUp, until } from './harness.mjs'

const HOUR = 3_600_000

/** An atom, and a function that writes to its stream. */
async function listening() {
	const { server, atom } = await setUp()
	let stream
	server.events = (response) => (stream = response)
	const todos = atom({ interval: HOUR, storage: 'memory' })
	await until(() => todos.status.state === 'synced' && server.streams === 1)
	const data = (id) => JSON.stringify({ group: 'todos', docs: [{ id, version: 1, value: 1 }], cursor: `${server.epoch}.1`, more: false, reset: false })
	return { todos, data, send: (text) => stream.write(text), server }
}

for (const [name, nl] of Object.entries({ LF: '\n', 'CR LF': '\r\n', CR: '\r' }))
	test(`lines end with ${name}, after comments and in any pieces`, async () => {
		const { todos, data, send, server } = await listening()
		const before = server.log.length
		send(`:x${nl}event: change${nl}data: ${data('todos:1')}${nl}${nl}:x${nl}`)
		await until(() => get(todos, 'todos:1'))
		for (const piece of `event: change${nl}data: ${data('todos:2')}${nl}${nl}:${nl}`) {
			send(piece)
			await new Promise((done) => setImmediate(done))
		}
		await until(() => get(todos, 'todos:2'))
		send(`:x\r\n:y\n:z${nl}event: change\ndata: ${data('todos:3')}${nl}${nl}:${nl}`)
		await until(() => get(todos, 'todos:3'))
		assert.equal(server.log.length, before, 'it is the same stream')
	})

test('8000 small events in one piece', async () => {
	const { todos, data, send } = await listening()
	send('id: x\nevent: other\ndata: {}\n\n'.repeat(8000) + `event: change\ndata: ${data('todos:1')}\n\n`)
	await until(() => get(todos, 'todos:1'))
})

/**
 * What the parser does for a text: how often its blocks run, and the characters that
 * are searched.
 */
async function work(text) {
	const path = createRequire(new URL('..', import.meta.url)).resolve('eventsource-parser')
	const { createParser } = await import(path.replace(/\.cjs$/, '.js'))
	const session = new Session()
	session.connect()
	const ask = (...question) => new Promise((resolve, reject) => session.post(...question, (error, answer) => (error ? reject(error) : resolve(answer))))
	await ask('Profiler.enable')
	await ask('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
	const { indexOf } = String.prototype
	let searched = 0
	let events = 0
	String.prototype.indexOf = function (what, from = 0) {
		const at = indexOf.call(this, what, from)
		searched += (at < 0 ? this.length : at + 1) - from
		return at
	}
	try {
		createParser({ onEvent: () => events++ }).feed(text)
	} finally {
		String.prototype.indexOf = indexOf
	}
	const { result } = await ask('Profiler.takePreciseCoverage')
	session.disconnect()
	const { functions } = result.find(({ url }) => url.includes('eventsource-parser'))
	const blocks = functions.flatMap(({ ranges }) => ranges).reduce((sum, { count }) => sum + count, 0)
	return { events, total: blocks + searched }
}

for (const [name, nl] of Object.entries({ LF: '\n', 'CR LF': '\r\n' }))
	test(`the work for a piece grows with its length, not faster (${name})`, async () => {
		const text = (events) => `id: x${nl}event: other${nl}data: {}${nl}${nl}`.repeat(events)
		const [one, four] = [await work(text(2000)), await work(text(8000))]
		assert.deepEqual([one.events, four.events], [2000, 8000])
		// 16 times as much if each line is searched from the front of the
		// piece.
		assert.ok(four.total < 6 * one.total, `${one.total} for 2000 events, ${four.total} for 8000`)
	})

test('the small parser of the bundle reads what the library reads, however it is cut', async () => {
	const { build } = await import('esbuild')
	const { outputFiles } = await build({ entryPoints: [new URL('../client/small-parser.ts', import.meta.url).pathname], write: false, format: 'esm' })
	const { createParser } = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`)
	const library = await import('eventsource-parser')
	const read = (make, chunks) => {
		const seen = []
		const parser = make({ onEvent: ({ event, data }) => seen.push([event || undefined, data]), onRetry: (ms) => seen.push(ms) })
		for (const chunk of chunks) parser.feed(chunk)
		return seen
	}
	const pieces = ['data: x', 'data:y', 'data', 'data:', 'data:  z', 'event: change', 'event:', 'event', 'id: 1', 'retry: 50', 'retry: x', ': ping', ':', 'other: 1', '', '', '', 'data: é\u2028']
	const ends = ['\n', '\r\n', '\r']
	let state = 1
	const random = (n) => (state = (state * 48271) % 0x7fffffff) % n
	for (let run = 0; run < 3000; run++) {
		const end = () => (run % 4 === 3 ? ends[random(3)] : ends[run % 4])
		const text = Array.from({ length: random(12) }, () => pieces[random(pieces.length)] + end()).join('') + '\n\n'
		const chunks = []
		for (let at = 0; at < text.length; ) chunks.push(text.slice(at, (at += 1 + random(9))))
		assert.deepEqual(read(createParser, chunks), read(library.createParser, chunks), JSON.stringify(chunks))
	}
})
