// A pull that finds nothing new, of a host on PostgreSQL and of one on a file.
import { filled } from '../lib/documents.mjs'
import { loaded } from '../lib/load.mjs'
import { hosts, postgres } from '../lib/postgres.mjs'

const side = (bench, { program, url, cursor }) => async () => {
	const { rate, p99 } = await loaded(bench, { program, url: `${url}/sync?group=todos&since=${cursor}` })
	return { rate, p99 }
}

export default {
	name: 'hosts-pull-nothing',
	title: 'Pull with nothing new from PostgreSQL and from SQLite, 64 connections, 2 workers',
	group: 'hosts',
	figures: { rate: { label: 'requests', unit: '/s' }, p99: { label: 'p99', unit: 's' } },
	goals: [{ figure: 'rate', of: 'postgresql', against: 'sqlite', atLeast: 0.5 }],
	async open(bench) {
		const server = await postgres(bench)
		const [host] = await hosts(bench, server.database('pulls'))
		return {
			sides: { postgresql: side(bench, await filled(bench, 1000, { server: host })), sqlite: side(bench, await filled(bench, 1000)) },
			notes: [],
		}
	},
}
