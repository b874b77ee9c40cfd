// The cost of a group by the number of groups that are nested in it.
import { once } from 'node:events'
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { loaded } from '../lib/load.mjs'
import { pocketbook } from '../lib/pocketbook.mjs'
import { processorTime } from '../lib/process.mjs'

const DOCUMENTS = 400_000
const AT_ONCE = 1000 /* lines */
const STREAMS = 300
const PAGE = 1000

/** A database with the documents in so many groups nested in `a`, created once and
 * kept. */
async function made(bench, groups) {
	const file = bench.source(`build/bench/nested-${groups}.db`)
	if (existsSync(file)) return file
	mkdirSync(dirname(file), { recursive: true })
	const program = bench.start(bench.binary, ['import', '--db', `${file}.new`])
	const line = (n) => `{"id":"a:${n % groups}:${n}","value":{"title":"Buy milk ${n}","completed":false}}\n`
	for (let n = 0; n < DOCUMENTS; n += AT_ONCE) {
		const lines = Array.from({ length: AT_ONCE }, (_, i) => line(n + i)).join('')
		if (!program.stdin.write(lines)) await once(program.stdin, 'drain')
	}
	program.stdin.end()
	await program.result()
	renameSync(`${file}.new`, file)
	rmSync(`${file}.new.lock`)
	return file
}

/** Opens a stream, and closes it after its first event. */
async function follow(port, cursor) {
	const socket = connect(port, '127.0.0.1').setEncoding('utf8')
	let text = ''
	socket.write(`GET /events?group=a&since=${cursor} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
	while (!text.includes('event: connected')) text += await once(socket, 'data')
	socket.destroy()
}

/** Pulls the whole group; resolves with its last cursor. */
async function pullAll(url) {
	let page = { cursor: '0', more: true }, count = 0
	while (page.more) {
		page = await (await fetch(`${url}/sync?group=a&limit=${PAGE}&since=${page.cursor}`)).json()
		count += page.docs.length
	}
	if (count !== DOCUMENTS) throw new Error(`${count} of ${DOCUMENTS} documents came`)
	return page.cursor
}

function side(bench, groups) {
	return async () => {
		const db = join(bench.folder(), 'pocketbook.db')
		copyFileSync(await made(bench, groups), db)
		const { program, url, port } = await pocketbook(bench, { db, workers: 1 })
		const spent = () => processorTime(program.family())
		const start = spent()
		const cursor = await pullAll(url)
		const page = (spent() - start) / (DOCUMENTS / PAGE)
		const get = { place: `${cursor.split('.')[0]}.{n}`, first: 1, count: DOCUMENTS - 1 }
		const pull = await loaded(bench, { program, url: `${url}/sync?group=a&limit=1&since=` }, { get, seconds: 1 })
		const before = spent()
		for (let i = 0; i < STREAMS; i++) await follow(port, cursor)
		const stream = (spent() - before) / STREAMS
		await program.stop()
		return { page, pull: pull.cost, stream }
	}
}

export default {
	name: 'nested',
	title: 'Pulls and streams of a group with 400,000 nested groups, with 4 and with 1',
	group: 'pulls',
	figures: {
		pull: { label: 'processor time of a pull with limit 1', unit: 's' },
		stream: { label: 'processor time of a new stream', unit: 's' },
		page: { label: 'processor time of a page of a first sync', unit: 's' },
	},
	goals: [
		{ figure: 'pull', of: '400,000', against: '4', atMost: 1.3 },
		{ figure: 'pull', of: '400,000', against: '1', atMost: 1.5 },
		{ figure: 'stream', of: '400,000', against: '1', atMost: 1.5 },
		{ figure: 'page', of: '400,000', against: '1', atMost: 1.5 },
	],
	async open(bench) {
		for (const groups of [1, 4, DOCUMENTS]) await made(bench, groups)
		return {
			sides: { 1: side(bench, 1), 4: side(bench, 4), '400,000': side(bench, DOCUMENTS) },
			notes: ['each database has 400,000 documents, all in groups nested in the one that is asked for, in turns', 'pulls begin at cursors drawn from all of the database, so that none is answered from a cache'],
		}
	},
}
