// The latency of one token's small pushes while another token pushes large ones.
import { Agent, request } from 'node:http'
import { pocketbook } from '../lib/pocketbook.mjs'
import { pause } from '../lib/process.mjs'
import { quantile } from '../lib/stats.mjs'
import { tokenFor } from '../lib/tokens.mjs'

const PUSHES = 400
const CONNECTIONS = 64

/** Pushes one document; resolves with the seconds that it took. */
function push(agent, port, token, id) {
	const body = JSON.stringify({ docs: [{ id, value: { title: 'Buy milk' } }] })
	const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'content-length': body.length }
	const begin = performance.now()
	return new Promise((done, fail) => {
		request({ agent, port, host: '127.0.0.1', method: 'POST', path: '/sync', headers }, (answer) => {
			answer.resume().on('end', () => {
				if (answer.statusCode === 200) done((performance.now() - begin) / 1000)
				else fail(new Error(`a small push was answered ${answer.statusCode}`))
			})
		}).on('error', fail).end(body)
	})
}

export default {
	name: 'shares',
	title: "One token's small pushes beside another's 64 connections with 1 MB, 2 workers",
	group: 'pushes',
	figures: { p99: { label: 'p99', unit: 's' }, p50: { label: 'p50', unit: 's' } },
	goals: [
		{ figure: 'p99', of: 'beside', against: 'alone', atMost: 3 },
		{ figure: 'p50', of: 'beside', against: 'alone' },
	],
	async open(bench) {
		const { port, db } = await pocketbook(bench, { auth: 'on' })
		const modest = tokenFor(bench, db, 'modest', 'small')
		const greedy = tokenFor(bench, db, 'greedy', 'large')
		const agent = new Agent({ keepAlive: true, maxSockets: 1 })
		bench.defer(() => agent.destroy())
		let next = 0
		const alone = async () => {
			const times = []
			for (let i = 0; i < PUSHES; i++) times.push(await push(agent, port, modest, `small:${next++}`))
			return { p99: quantile(times, 0.99), p50: quantile(times, 0.5) }
		}
		return {
			sides: {
				alone,
				beside: async () => {
					const large = bench.start(process.execPath, [bench.source('bench/large.mjs'), port, greedy, CONNECTIONS])
					await pause(1000) // until all of them push
					const figures = await alone()
					await large.stop()
					await pause(1000) // until what they have sent is written
					return figures
				},
			},
			notes: [
				'both sides are the same server; one connection pushes one document after the other, and a refused one ends the row',
				'a commit of 1 MB, which one of a hundred small pushes may find under way, is 500 writes and a sync of 1 MB: ten times that of a small one on the disk where this was written',
				'a large push that is refused is sent again when its Retry-After has passed',
				"the load generator of the large pushes runs on the same two processors as the server, and the disk is one: the goal is about the server's turns, and includes what is not its own",
			],
		}
	},
}
