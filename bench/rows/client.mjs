// The library's own work in the browser, with local data only.
import { openBrowser, todoLines } from '../lib/browser.mjs'
import { median } from '../lib/stats.mjs'

const COUNT = 10_000
const SWAPS = 20
/** Changes of each kind that do not count, while code is being compiled. */
const WARM_UP = 15
const SIDES = ['pocketbook', 'dexie', 'pouchdb']

/** Each round uses a new page. */
function side(browser, name) {
	return async (round) => {
		const page = await browser.open()
		const call = (what, ...args) => browser.call(name, what, args, page)
		const start = await call('start', COUNT)
		const times = { swap: [], swapInList: [] }
		// The others send nothing: so Pocketbook queues its changes.
		await page.context().setOffline(true)
		for (const [i, what] of ['swap', 'swapInList'].entries())
			for (let n = 0; n < WARM_UP + SWAPS; n++) {
				const taken = await call(what, 7919 * (1 + n + (WARM_UP + SWAPS) * (i + 2 * round)), COUNT)
				if (n >= WARM_UP) times[what].push(taken)
			}
		await page.context().setOffline(false)
		await call('settle')
		await page.close()
		return { swap: median(times.swap), list: median(times.swapInList), start }
	}
}

export default {
	name: 'client',
	title: 'One of 10,000 documents changed, and 10,000 documents opened, in Chromium',
	group: 'client',
	rounds: 9,
	figures: {
		swap: { label: 'change kept and told', unit: 's' },
		list: { label: 'change kept and told to a watcher of all', unit: 's' },
		start: { label: 'opening 10,000 documents', unit: 's' },
	},
	goals: ['swap', 'list', 'start'].flatMap((figure) => ['dexie', 'pouchdb'].map((against) => ({ figure, of: 'pocketbook', against, atMost: 1 }))),
	async open(bench) {
		const browser = await openBrowser(bench, SIDES, await todoLines(COUNT))
		for (const name of SIDES) await browser.call(name, 'fill', [COUNT])
		return {
			sides: Object.fromEntries(SIDES.map((name) => [name, side(browser, name)])),
			notes: [
				"a change is measured until it is in IndexedDB (the transaction's end, with Chromium's durability as it is) and a watcher has the new value; the median of " + `${SWAPS} after ${WARM_UP} that do not count`,
				"the browser is offline meanwhile; Pocketbook keeps each change to be sent later, the others have no server. Pocketbook's watcher always has all documents as a map; Dexie's is a live query of that one document, PouchDB's the feed of changes",
				'the watcher of all is for Dexie a live query of the whole table; PouchDB has none, and the app keeps a map itself, of which it makes a new one as ours does',
				'opening is from the constructor to all documents in memory, in a new page',
			],
		}
	},
}
