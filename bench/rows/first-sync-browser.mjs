// A new device: all documents over HTTP into a browser's IndexedDB.
import { openBrowser, todoLines } from '../lib/browser.mjs'
import { pouchdbServer } from '../lib/pouchdb.mjs'

const COUNT = 18_000

export default {
	name: 'first-sync-browser',
	title: "First sync of 18,000 documents into a browser's IndexedDB",
	group: 'sync',
	figures: { time: { label: 'until all is kept', unit: 's' } },
	warmUp: 0,
	goals: [
		{ figure: 'time', of: 'pocketbook', against: 'pouchdb', atMost: 1 / 10 },
		{ figure: 'time', of: 'pocketbook', against: 'pouchdb, batches of 1,000' },
	],
	async open(bench) {
		const lines = await todoLines(COUNT)
		const browser = await openBrowser(bench, ['pocketbook', 'pouchdb'], lines)
		const documents = lines.trim().split('\n').map((line) => JSON.parse(line)).map(({ id, value }) => ({ _id: id, ...value }))
		const { url } = await pouchdbServer(bench, 'todos', documents)
		const pouchdb = (batch) => async (round) => ({ time: await browser.call('pouchdb', 'firstSync', [url, COUNT, round, batch]) })
		return {
			sides: {
				async pocketbook(round) {
					const time = await browser.call('pocketbook', 'firstSync', ['', COUNT, round])
					await browser.call('pocketbook', 'clear', [])
					return { time }
				},
				pouchdb: pouchdb(100),
				'pouchdb, batches of 1,000': pouchdb(1000),
			},
			notes: ["pouchdb-server keeps its data in memory, the fastest it can; PouchDB replicates as it comes, in batches of 100, and in batches of 1,000, as many as a page of ours has; both servers are on the browser's machine and share its processors"],
		}
	},
}
