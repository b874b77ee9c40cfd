// A load that counts what goes wrong: `node load.mjs PORT`. Pushes, pulls, streams of both kinds, on connections that are kept. It runs
// until its standard input ends, lets the streams catch up, prints its counts as a line of JSON, and exits with 1 where anything failed.
import { Agent, get, request } from 'node:http'

const [port] = process.argv.slice(2)
const counts = { pushes: 0, pulls: 0, events: 0, hints: 0, refused: 0, broken: 0, ended: 0, missing: 0, fell: 0 }
const errors = new Set()
const newest = new Map() // id → version, as acknowledged
let over = false
let closing = false
process.stdin.on('end', () => (over = true)).resume()

function fail(kind, why) {
	counts[kind]++
	errors.add(`${kind}: ${why}`)
}

const ask = (agent, path, body) => new Promise((done) => {
	const headers = body ? { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) } : {}
	const call = request({ host: '127.0.0.1', port, path, agent, method: body ? 'POST' : 'GET', headers }, (answer) => {
		let text = ''
		answer.setEncoding('utf8').on('data', (piece) => (text += piece)).on('end', () => {
			if (answer.statusCode !== 200) fail('refused', `${answer.statusCode} ${text}`)
			done(answer.statusCode === 200 ? JSON.parse(text) : undefined)
		})
		answer.on('error', (error) => (fail('broken', error.message), done()))
	})
	call.on('error', (error) => (fail('broken', `${path}: ${error.message}`), done()))
	call.end(body)
})

async function pushes(name) {
	const agent = new Agent({ keepAlive: true, maxSockets: 1 })
	const ids = Array.from({ length: 5 }, (_, i) => `load:${name}-${i}`)
	for (let n = 0; !over; n++) {
		const id = ids[n % ids.length]
		const body = JSON.stringify({ docs: [{ id, base: newest.get(id) ?? 0, op: `${name}-${n}`, value: { n } }] })
		const answer = await ask(agent, '/sync', body)
		if (answer?.results[0].status === 'ok') newest.set(id, answer.results[0].version)
		else fail('refused', JSON.stringify(answer))
		counts.pushes++
	}
	agent.destroy()
}

async function pulls() {
	const agent = new Agent({ keepAlive: true, maxSockets: 1 })
	let cursor = '0'
	while (!over) {
		const answer = await ask(agent, `/sync?group=load&since=${cursor}`)
		if (answer) ({ cursor } = answer)
		counts.pulls++
		await new Promise((done) => setTimeout(done, 5))
	}
	agent.destroy()
}

/** A stream that must stay open all the time. Resolves with what it holds when the load is over. */
function follow(query, onEvent) {
	return new Promise((opened) => {
		const call = get({ host: '127.0.0.1', port, path: `/events?group=load${query}`, agent: false }, (answer) => {
			let rest = ''
			if (answer.statusCode !== 200) fail('refused', `a stream: ${answer.statusCode}`)
			answer.setEncoding('utf8').on('data', (piece) => {
				const blocks = (rest + piece).split('\n\n')
				rest = blocks.pop()
				for (const block of blocks) {
					const data = /^data: (.*)$/m.exec(block)
					if (data) onEvent(/^event: (.*)$/m.exec(block)[1], JSON.parse(data[1]), /^id: (.*)$/m.exec(block)[1])
				}
			})
			answer.on('end', () => closing || fail('ended', 'a stream ended'))
			answer.on('error', (error) => closing || fail('ended', error.message))
			opened(call)
		})
		call.on('error', (error) => closing || fail('broken', `a stream: ${error.message}`))
	})
}

function docsStream() {
	const held = new Map()
	let greetings = 0
	return follow('&docs=1&since=0', (event, { docs }) => {
		if (event === 'connected' && ++greetings > 1) fail('ended', 'a stream greeted twice')
		if (event !== 'change') return
		counts.events++
		for (const { id, version } of docs) {
			if (version < (held.get(id) ?? 0)) fail('fell', `${id} from ${held.get(id)} to ${version}`)
			held.set(id, version)
		}
	}).then((call) => ({ call, held }))
}

function hintStream() {
	const seen = {}
	return follow('', (event, { cursor }) => {
		counts.hints++
		seen.cursor = cursor
	}).then((call) => ({ call, seen }))
}

const streams = await Promise.all(Array.from({ length: 40 }, docsStream))
const hinted = await Promise.all(Array.from({ length: 20 }, hintStream))
console.log('ready')
await Promise.all([...Array.from({ length: 6 }, (_, i) => pushes(i)), ...Array.from({ length: 3 }, pulls)])

const agent = new Agent()
const isCurrent = ({ held }) => [...newest].every(([id, version]) => held.get(id) === version)
const isTold = async ({ seen }) => (await ask(agent, `/sync?group=load&since=${seen.cursor}`))?.docs.length === 0
for (let tries = 0; tries < 300; tries++) {
	counts.missing = streams.filter((stream) => !isCurrent(stream)).length + (await Promise.all(hinted.map(isTold))).filter((told) => !told).length
	if (counts.missing === 0) break
	await new Promise((done) => setTimeout(done, 100))
}
closing = true
console.log(JSON.stringify(counts))
for (const error of [...errors].slice(0, 10)) console.log(error)
process.exit(counts.refused + counts.broken + counts.ended + counts.missing + counts.fell ? 1 : 0)
