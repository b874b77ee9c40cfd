// The cost of a push and a pull in a large and in a small database.
import { once } from 'node:events'
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { loaded } from '../lib/load.mjs'
import { pocketbook } from '../lib/pocketbook.mjs'

const AT_ONCE = 1000 /* lines */
const SECONDS = 1
const VALUE = '{"title":"Buy milk {n}","completed":false}'
const document = (n) => `{"id":"todos:${n}","value":${VALUE.replace('{n}', n)}}\n`

/** A database with the documents todos:0 to todos:{count - 1}, created once and
 * kept. */
async function made(bench, count) {
	const file = bench.source(`build/bench/${count}.db`)
	if (existsSync(file)) return file
	mkdirSync(dirname(file), { recursive: true })
	const program = bench.start(bench.binary, ['import', '--db', `${file}.new`])
	for (let n = 0; n < count; n += AT_ONCE) {
		const lines = Array.from({ length: AT_ONCE }, (_, i) => document(n + i)).join('')
		if (!program.stdin.write(lines)) await once(program.stdin, 'drain')
	}
	program.stdin.end()
	await program.result()
	renameSync(`${file}.new`, file)
	rmSync(`${file}.new.lock`)
	return file
}

/** Each round begins with the original database: new documents, then random edits, then
 * pulls from random cursors. */
function side(bench, count) {
	const post = (each, first, among) => ({ post: { head: '{"docs":[', each, tail: ']}', first, count: among }, seconds: SECONDS })
	return async () => {
		const db = join(bench.folder(), 'pocketbook.db')
		copyFileSync(await made(bench, count), db)
		const { program, url } = await pocketbook(bench, { db })
		const to = (path, options) => loaded(bench, { program, url: url + path }, options)
		const { cursor } = await (await fetch(`${url}/sync?group=todos&limit=1`)).json()
		const push = await to('/sync', post(`{"id":"todos:{n}","value":${VALUE}}`, count, 0))
		const edit = await to('/sync', post(`{"id":"todos:{n}","base":{v},"value":${VALUE}}`, 0, count))
		const place = `${cursor.split('.')[0]}.{n}`
		const pull = await to('/sync?group=todos&limit=100&since=', { get: { place, first: 1, count }, seconds: SECONDS })
		await program.stop()
		return { push: push.cost, edit: edit.cost, pull: pull.cost, pushes: push.rate, pulls: pull.rate }
	}
}

export default {
	name: 'size',
	title: 'A push and a pull of 100 at 1,000,000 documents and at 1,000',
	group: 'pushes',
	figures: {
		push: { label: 'processor time of a push', unit: 's' },
		edit: { label: 'processor time of an edit', unit: 's' },
		pull: { label: 'processor time of a pull', unit: 's' },
		pushes: { label: 'pushes', unit: '/s' },
		pulls: { label: 'pulls', unit: '/s' },
	},
	goals: [
		{ figure: 'push', of: '1,000,000', against: '1,000', atMost: 1.3 },
		{ figure: 'pull', of: '1,000,000', against: '1,000', atMost: 1.3 },
		{ figure: 'edit', of: '1,000,000', against: '1,000' },
	],
	async open(bench) {
		await made(bench, 1_000_000)
		return {
			sides: { '1,000': side(bench, 1_000), '1,000,000': side(bench, 1_000_000) },
			notes: [
				'all documents are in one group; the smaller one grows by those that are pushed, for a second in each round',
				'edits are of documents drawn from all of the database, so that hardly two of a commit lie in the same page of the larger one',
			],
		}
	},
}
