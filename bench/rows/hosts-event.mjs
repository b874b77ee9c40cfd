// From a push at one host to its event at a stream of another.
import { Agent, request } from 'node:http'
import { hosts, postgres } from '../lib/postgres.mjs'
import { quantile } from '../lib/stats.mjs'

const CHANGES = 300

/** Resolves when it was answered. */
function push(agent, url, doc) {
	return new Promise((done, fail) => {
		const text = JSON.stringify({ docs: [doc] })
		const call = request(`${url}/sync`, { method: 'POST', agent, headers: { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) } }, (answer) => {
			answer.resume()
			answer.on('end', () => (answer.statusCode === 200 ? done() : fail(new Error(`status ${answer.statusCode}`))))
		})
		call.on('error', fail)
		call.end(text)
	})
}

/** Calls `onEvent` for each change; resolves when the stream is open. */
function listen(bench, url, onEvent) {
	return new Promise((done) => {
		const call = request(`${url}/events?group=todos`, (answer) => answer.on('data', (bytes) => {
			const text = bytes.toString()
			if (text.includes('event: connected')) done()
			if (text.includes('event: change')) onEvent()
		}))
		call.on('error', () => undefined)
		call.end()
		bench.defer(() => call.destroy())
	})
}

export default {
	name: 'hosts-event',
	title: 'From a push at one host to its event at another',
	group: 'hosts',
	rounds: 9,
	figures: { p50: { label: 'p50', unit: 's' }, p99: { label: 'p99', unit: 's' } },
	goals: [{ figure: 'p99', of: 'pocketbook', atMost: 0.01 }],
	async open(bench) {
		const server = await postgres(bench)
		const [one, two] = await hosts(bench, server.database('events'), 2)
		const agent = new Agent({ keepAlive: true, maxSockets: 1 })
		bench.defer(() => agent.destroy())
		let onEvent = () => undefined, n = 0
		await listen(bench, two.url, () => onEvent())
		const side = async () => {
			const seen = []
			for (let i = 0; i < CHANGES; i++) {
				const event = new Promise((done) => (onEvent = () => done(performance.now())))
				const begin = performance.now()
				await push(agent, one.url, { id: `todos:${++n}`, value: n })
				seen.push((await event - begin) / 1000)
			}
			return { p50: quantile(seen, 0.5), p99: quantile(seen, 0.99) }
		}
		return { sides: { pocketbook: side }, notes: ['the time begins before the push is sent, and holds its commit'] }
	},
}
