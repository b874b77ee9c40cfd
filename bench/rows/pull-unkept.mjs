// A pull of 100 documents that no worker has in its page cache: each asks for another
// limit, and there are no more documents.
import { FIGURES, loaded } from '../lib/load.mjs'
import { filled } from '../lib/documents.mjs'

const COUNT = 100
const LIMITS = 9000 // far more than a cache has pages

export default {
	name: 'pull-unkept',
	title: 'Pull of 100 documents that is not in the page cache, 64 connections, 2 workers',
	group: 'pulls',
	figures: FIGURES,
	goals: [
		{ figure: 'rate', of: 'not cached', against: 'cached' },
		{ figure: 'cost', of: 'not cached', against: 'cached' },
	],
	async open(bench) {
		const { program, url } = await filled(bench, COUNT)
		const pull = `${url}/sync?group=todos&limit=`
		return {
			sides: {
				'not cached': () => loaded(bench, { program, url: pull }, { get: { place: '{n}', first: COUNT, count: LIMITS } }),
				cached: () => loaded(bench, { program, url: pull + COUNT }),
			},
			notes: ['the same documents; only the limit differs'],
		}
	},
}
