// Pocketbook databases with documents.
import { pocketbook } from './pocketbook.mjs'

const PUSHED = 1000

export const value = (n) => ({ title: `Buy milk ${n}`, completed: false })

/** Starts a server with `count` documents of the group todos, or fills `server`:
 * {program, url, cursor}, with a cursor after all of them. */
export async function filled(bench, count, { server, ...options } = {}) {
	server ??= await pocketbook(bench, options)
	let cursor
	for (let from = 0; from < count; from += PUSHED) {
		const docs = Array.from({ length: Math.min(PUSHED, count - from) }, (_, i) => ({ id: `todos:${from + i}`, value: value(from + i) }))
		const answer = await fetch(`${server.url}/sync`, {
			method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ docs }),
		})
		if (!answer.ok) throw new Error(`a push was refused: ${await answer.text()}`)
		cursor = (await answer.json()).cursor
	}
	return { ...server, cursor }
}
