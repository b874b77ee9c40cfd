// Durable pushes to two hosts on one database, and to one.
import { BODIES, wrk } from '../lib/load.mjs'
import { hosts, postgres } from '../lib/postgres.mjs'

const CONNECTIONS = 64

/** Loads all hosts at the same time, with so many connections together. Each round has
 * new numbers, and each host its own. */
export function togetherSide(bench, some, body, connections = CONNECTIONS) {
	let first = 1
	return async () => {
		const told = await Promise.all(some.map(({ url }) =>
			wrk(bench, url + body.path, { connections: connections / some.length, post: { ...body, first: (first += 10_000_000) } })))
		return {
			rate: told.reduce((sum, { requests, seconds }) => sum + requests / seconds, 0),
			p99: Math.max(...told.map(({ p99 }) => p99)),
		}
	}
}

export default {
	name: 'hosts-two',
	title: 'Durable pushes of one document to two hosts and to one, 64 connections together',
	group: 'hosts',
	rounds: 9,
	figures: { rate: { label: 'documents', unit: '/s' }, p99: { label: 'p99', unit: 's' } },
	goals: [
		{ figure: 'rate', of: 'two', against: 'one', atLeast: 0.95 },
		{ figure: 'rate', of: 'two, with 64 each', against: 'one' },
	],
	async open(bench) {
		const server = await postgres(bench)
		const two = await hosts(bench, server.database('two'), 2, { workers: 1 })
		return {
			sides: {
				one: togetherSide(bench, await hosts(bench, server.database('one'), 1, { workers: 1 }), BODIES.pocketbook),
				two: togetherSide(bench, two, BODIES.pocketbook),
				'two, with 64 each': togetherSide(bench, two, BODIES.pocketbook, 2 * CONNECTIONS),
			},
			notes: [
				'each host has one worker and a database of its side; hosts, PostgreSQL and load share two processors, so this shows whether hosts hinder each other, not what they add',
				'two hosts with 64 connections each have twice the clients: that is one host, and another one that comes with its own',
			],
		}
	},
}
