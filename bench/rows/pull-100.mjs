// A pull of 100 documents, and nginx sending the same bytes from a file.
import { FIGURES, loaded } from '../lib/load.mjs'
import { plainNginx } from '../lib/nginx.mjs'
import { filled } from '../lib/documents.mjs'

export default {
	name: 'pull-100',
	title: 'Pull of 100 documents, 64 connections, 2 workers',
	group: 'pulls',
	figures: FIGURES,
	goals: [
		{ figure: 'rate', of: 'pocketbook', against: 'nginx', atLeast: 1.4 },
		{ figure: 'cost', of: 'pocketbook', against: 'nginx', atMost: 0.75 },
	],
	async open(bench) {
		const ours = await filled(bench, 10_000)
		const url = `${ours.url}/sync?group=todos&limit=100`
		const nginx = await plainNginx(bench, { files: { 'page.json': await (await fetch(url)).text() } })
		return {
			sides: {
				pocketbook: () => loaded(bench, { program: ours.program, url }),
				nginx: () => loaded(bench, { program: nginx.program, url: `${nginx.url}/page.json` }),
			},
			notes: ['nginx sends the same bytes from a file that it keeps open (sendfile, open_file_cache)'],
		}
	},
}
