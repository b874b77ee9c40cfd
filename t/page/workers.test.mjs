// Two browsers whose streams are held by different workers of one server.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { add, item, openPage, shows, state, until } from './chromium.mjs'
import { isFake, startServer } from './server.mjs'

const total = (connections) => Object.values(connections).reduce((sum, n) => sum + n, 0)

test('a change made at one worker shows in the browsers of the other', { skip: isFake && 'the stand-in has no workers' }, async (t) => {
	// Connections without a request are closed after a second: what stays are the
	// streams, one for each browser.
	const server = await startServer({ options: ['--idle-timeout', '1s'] })
	t.after(() => server.close())
	const pages = []
	const workerOf = []
	let before = {}
	while (new Set(workerOf).size < 2) {
		assert.ok(pages.length < 12, `the kernel gave all of 12 browsers to one worker: ${JSON.stringify(before)}`)
		pages.push(await openPage(t, server))
		await state(pages.at(-1), 'synced')
		await until(() => total(server.connections()) === pages.length, 'only streams are left')
		const now = server.connections()
		workerOf.push(Object.keys(now).find((pid) => now[pid] > (before[pid] ?? 0)))
		before = now
	}
	const [one, two] = [pages.at(-1), pages[0]]
	await add(one, 'across')
	await shows(two, 'across')
	await item(two, 'across').locator('.toggle').check()
	await one.waitForSelector('.todo-list li.completed')
})
