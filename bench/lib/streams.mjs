// Many open streams at Pocketbook and its peers, by the load generator bench/streams.
import { nchan } from './nginx.mjs'
import { pocketbook } from './pocketbook.mjs'
import { processorTime } from './process.mjs'
import { median } from './stats.mjs'

/** The event of the bare loop: as long as one of Pocketbook's. */
const EVENT = 'id: aeafb9e54d5d33ff.12345\nevent: change\ndata: {"group":"g{g}","cursor":"aeafb9e54d5d33ff.12345"}\n\n'
const VALUE = '{"title":"Buy milk","completed":false}'

/** {program, port, load}: a server, and the arguments of the load generator for it. */
export const SERVERS = {
	async pocketbook(bench, { workers = 2, value = VALUE, query = '', options = [] } = {}) {
		const { program, port } = await pocketbook(bench, { workers, options })
		return {
			program,
			port,
			path: `/events?group=g{g}${query}`,
			load: ['--post', '/sync?group=g{g}', '--body', `{"docs":[{"id":"g{g}:{n}","value":${value}}]}`],
		}
	},
	async nchan(bench, { workers = 2 } = {}) {
		const { program, port } = await nchan(bench, { workers })
		const body = EVENT.match(/data: (.*)/)[1]
		return { program, port, path: '/events?group=g{g}', load: ['--greeting', ': hi', '--post', '/publish?group=g{g}', '--type', 'text/plain', '--body', body] }
	},
	async loop(bench, { workers = 2 } = {}) {
		const program = bench.start(bench.built('bench/loop'), [workers])
		const [, port] = await program.ready(() => /listening (\d+)/.exec(program.told))
		return { program, port, path: '/events?group=g{g}', load: ['--post', '/publish?group=g{g}', '--body', EVENT] }
	},
}

/** Opens `count` streams of `groups` groups at a server. Resolves with the running load
 * generator. */
export async function openStreams(bench, server, count, { groups = 1, processes = 1, connections = 1 } = {}) {
	const args = ['--count', count, '--groups', groups, '--processes', processes, '--connections', connections, ...server.load, server.port, server.path]
	const load = bench.start(bench.built('bench/streams'), args)
	await load.ready(() => load.told.includes(`open ${count}\n`))
	return load
}

/** Makes one change in each group. Resolves with {count, first, p50, p99, last}: the
 * deliveries, and seconds since before the post. */
export async function change(load) {
	const before = load.told.length
	load.stdin.write('change\n')
	await load.ready(() => load.told.indexOf('\n', before) >= 0)
	return JSON.parse(load.told.slice(before, load.told.indexOf('\n', before)))
}

/** A side that makes `changes` changes per round. Its figures are medians over them:
 * deliveries/s until the last, its inverse, p50, p99, last, and the server's processor
 * time per delivery. */
export function deliverySide(server, load, changes) {
	return async () => {
		const begin = processorTime(server.program.family())
		const seen = []
		for (let i = 0; i < changes; i++) seen.push(await change(load))
		const used = processorTime(server.program.family()) - begin
		const of = (figure) => median(seen.map(figure))
		return {
			rate: of(({ count, last }) => count / last),
			p50: of(({ p50 }) => p50),
			p99: of(({ p99 }) => p99),
			last: of(({ last }) => last),
			each: of(({ count, last }) => last / count),
			cost: used / seen.reduce((sum, { count }) => sum + count, 0),
		}
	}
}

export const FIGURES = {
	rate: { label: 'deliveries', unit: '/s' },
	each: { label: 'time for one', unit: 's' },
	p50: { label: 'p50', unit: 's' },
	p99: { label: 'p99', unit: 's' },
	last: { label: 'last', unit: 's' },
	cost: { label: "server's processor time for one", unit: 's' },
}
