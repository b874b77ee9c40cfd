// Durable pushes of four hosts to a database with four lanes, and to one with one.
import { BODIES } from '../lib/load.mjs'
import { hosts, postgres } from '../lib/postgres.mjs'
import { togetherSide } from './hosts-two.mjs'

const WRITERS = 4
/** Groups of all lanes. */
const BODY = { ...BODIES.pocketbook, each: '{"id":"g{n}:todo","value":{"title":"Buy milk {n}","completed":false}}' }

export default {
	name: 'hosts-lanes',
	title: 'Durable pushes of one document from four hosts to four lanes and to one, 64 connections together',
	group: 'hosts',
	rounds: 9,
	figures: { rate: { label: 'documents', unit: '/s' }, p99: { label: 'p99', unit: 's' } },
	goals: [{ figure: 'rate', of: '4 lanes', against: '1 lane', atLeast: 1.8 }],
	async open(bench) {
		const server = await postgres(bench, { max_connections: 200 })
		const side = async (name, lanes) => togetherSide(bench, await hosts(bench, server.database(name, lanes), WRITERS, { workers: 1 }), BODY)
		return {
			sides: { '1 lane': await side('lane1', 1), '4 lanes': await side('lane4', 4) },
			notes: ['each document is of another group, so that each batch of a host touches all lanes'],
		}
	},
}
