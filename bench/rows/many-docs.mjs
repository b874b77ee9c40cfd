// Many documents on a device: opened, and fetched for the first time, with the longest
// time for which the page did not answer.
import { openBrowser, todoLines } from '../lib/browser.mjs'

const COUNT = 100_000
const FIRST = 'pocketbook, first sync'
const READ = 'pocketbook, every value read'

export default {
	name: 'many-docs',
	title: '100,000 documents opened, and synchronized for the first time, in Chromium',
	group: 'client',
	figures: {
		time: { label: 'until all are there', unit: 's' },
		longest: { label: 'longest task of the main thread', unit: 's' },
	},
	goals: [
		{ figure: 'time', of: 'pocketbook', against: 'dexie', atMost: 0.4 },
		{ figure: 'longest', of: 'pocketbook', atMost: 0.05 },
		{ figure: 'longest', of: FIRST, atMost: 0.05 },
	],
	async open(bench) {
		const browser = await openBrowser(bench, ['pocketbook', 'dexie'], await todoLines(COUNT))
		for (const name of ['pocketbook', 'dexie']) await browser.call(name, 'fill', [COUNT])
		return {
			sides: {
				pocketbook: () => browser.call('pocketbook', 'startWatched', [COUNT]),
				[READ]: () => browser.call('pocketbook', 'startReadWatched', [COUNT]),
				dexie: () => browser.call('dexie', 'startWatched', [COUNT]),
				async [FIRST](round) {
					const found = await browser.call('pocketbook', 'firstSyncWatched', ['', COUNT, round])
					await browser.call('pocketbook', 'clear', [])
					return found
				},
			},
			notes: [
				'opening is from the constructor to all documents in memory, in a new page',
				'tasks of up to 50 ms count as 50 ms, as browsers report only those that are longer; the first sync is until all is in IndexedDB',
				'Dexie has read all values then; Pocketbook decodes a value when it is looked at: the other side is until an app has looked at all, in one task',
			],
		}
	},
}
