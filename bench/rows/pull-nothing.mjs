// A pull that finds nothing new, and nginx returning a constant.
import { FIGURES, loaded } from '../lib/load.mjs'
import { plainNginx } from '../lib/nginx.mjs'
import { filled } from '../lib/documents.mjs'

export default {
	name: 'pull-nothing',
	title: 'Pull with nothing new, 64 connections, 2 workers',
	group: 'pulls',
	figures: FIGURES,
	goals: [
		{ figure: 'rate', of: 'pocketbook', against: 'nginx', atLeast: 0.95 },
		{ figure: 'cost', of: 'pocketbook', against: 'nginx', atMost: 1 },
	],
	async open(bench) {
		const ours = await filled(bench, 1000)
		const url = `${ours.url}/sync?group=todos&since=${ours.cursor}`
		const nginx = await plainNginx(bench, { answer: await (await fetch(url)).text() })
		return {
			sides: {
				pocketbook: () => loaded(bench, { program: ours.program, url }),
				nginx: () => loaded(bench, { program: nginx.program, url: `${nginx.url}/nothing` }),
			},
			notes: ['nginx returns the same body as a constant (return 200)'],
		}
	},
}
