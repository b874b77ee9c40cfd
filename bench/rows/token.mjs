// What it costs to check a token: a kept pull with one, and without.
import { FIGURES, loaded } from '../lib/load.mjs'
import { pocketbook } from '../lib/pocketbook.mjs'
import { tokenFor } from '../lib/tokens.mjs'

async function side(bench, auth) {
	const { program, url, db } = await pocketbook(bench, { auth })
	const headers = auth === 'on' ? { Authorization: `Bearer ${tokenFor(bench, db, 'ann', 'todos')}` } : {}
	const body = JSON.stringify({ docs: [{ id: 'todos:1', value: { title: 'Buy milk' } }] })
	const { status } = await fetch(`${url}/sync`, { method: 'POST', body, headers: { ...headers, 'Content-Type': 'application/json' } })
	if (status !== 200) throw new Error(`the push was answered ${status}`)
	return () => loaded(bench, { program, url: `${url}/sync?group=todos` }, { headers })
}

export default {
	name: 'token',
	title: 'Kept pull with a token and without, 64 connections, 2 workers',
	group: 'pulls',
	figures: FIGURES,
	goals: [
		{ figure: 'cost', of: 'token', against: 'none', atMost: 1.15 },
		{ figure: 'rate', of: 'token', against: 'none' },
	],
	async open(bench) {
		return {
			sides: { token: await side(bench, 'on'), none: await side(bench, 'off') },
			notes: ['both sides are ours; the token is the same for all requests'],
		}
	},
}
