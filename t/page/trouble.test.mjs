// What goes wrong around a page, as only a browser shows it: tabs that crash and
// freeze, storage that is full or cleared, a clock that is a day off, a server that
// comes back as an older copy of itself, titles that would be markup.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { add, item, openContext, openPage, shows, state, stored, until } from './chromium.mjs'
import { isFake, pull, push, startServer } from './server.mjs'

async function serve(t, options) {
	const server = await startServer(options)
	t.after(() => server.close())
	return server
}

const pending = (page, count) => page.waitForSelector(`.status[data-pending="${count}"]`)
const real = { skip: isFake && 'the stand-in has no database file' }

test('a leading tab that crashes is replaced', async (t) => {
	const server = await serve(t)
	const context = await openContext(t)
	const one = await openPage(t, server, { context })
	await state(one, 'synced')
	const two = await openPage(t, server, { context })
	await state(two, 'synced')
	const debug = await context.newCDPSession(one)
	const crashed = new Promise((resolve) => one.once('crash', resolve))
	await Promise.race([debug.send('Page.crash').catch(() => {}), crashed])
	await crashed
	await add(two, 'after the crash')
	await until(async () => (await pull(server)).size === 1)
	await push(server, [{ id: 'todos:x', value: { title: 'from afar', created: 1 } }])
	await shows(two, 'from afar', 'after the crash')
})

test('a leading tab that the browser freezes is replaced, and is up to date when it goes on', async (t) => {
	const server = await serve(t)
	const context = await openContext(t)
	const one = await openPage(t, server, { context })
	await state(one, 'synced')
	const two = await openPage(t, server, { context })
	await state(two, 'synced')
	const debug = await context.newCDPSession(one)
	await debug.send('Page.setWebLifecycleState', { state: 'frozen' })
	await add(two, 'while it is frozen')
	await until(async () => (await pull(server)).size === 1)
	await push(server, [{ id: 'todos:x', value: { title: 'from afar', created: 1 } }])
	await shows(two, 'from afar', 'while it is frozen')
	await debug.send('Page.setWebLifecycleState', { state: 'active' })
	await shows(one, 'from afar', 'while it is frozen')
	await add(one, 'thawed')
	await shows(two, 'from afar', 'while it is frozen', 'thawed')
})

test('the browser clears the site\'s data under an open page: what is unsent survives in it, and is kept again', async (t) => {
	const server = await serve(t)
	const page = await openPage(t, server)
	await add(page, 'a')
	await state(page, 'synced')
	await server.stop()
	await add(page, 'b')
	await pending(page, 1)
	await stored(page, 1)
	const debug = await page.context().newCDPSession(page)
	await debug.send('Storage.clearDataForOrigin', { origin: new URL(server.url).origin, storageTypes: 'indexeddb' })
	await add(page, 'c')
	await pending(page, 2)
	await stored(page, 2)
	await server.start()
	await state(page, 'synced')
	await shows(page, 'a', 'b', 'c')
	assert.equal((await pull(server)).size, 3)
})

test('a full disk quota: the page says that this device keeps nothing, loses nothing, and keeps it again when there is room', async (t) => {
	const server = await serve(t)
	const context = await openContext(t)
	const debug = await context.newCDPSession(await context.newPage())
	const origin = new URL(server.url).origin
	await debug.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 4 << 20 })
	const page = await openPage(t, server, { context })
	await add(page, 'a')
	await state(page, 'synced')
	await server.stop()
	// What Chromium counts is compressed.
	const [big, error] = await page.evaluate(async () => {
		const text = () => Array.from({ length: 1 << 16 }, () => Math.random().toString(36).slice(2, 10)).join('')
		const write = (id) => globalThis.todos.swap((docs) => new Map(docs).set(id, { title: id, created: 1, text: text() })).local
		for (let i = 1; i < 100; i++) {
			const error = await write(`todos:${i}`).then(() => undefined, ({ name, code }) => ({ name, code }))
			if (error) return [i, error]
		}
		return []
	})
	assert.deepEqual(error, { name: 'PocketbookError', code: 'quota' })
	await page.waitForSelector('.status[data-state="storage-degraded"]')
	await add(page, 'small')
	await pending(page, big + 1)
	assert.equal(await page.locator('.todo-list li').count(), big + 2)
	await debug.send('Storage.overrideQuotaForOrigin', { origin })
	await server.start()
	await until(async () => (await pull(server)).size === big + 2)
	await state(page, 'synced')
	await server.stop()
	await add(page, 'kept again')
	await stored(page, 1)
})

test('a browser whose clock is a day off neither wins nor loses by it', async (t) => {
	const server = await serve(t)
	const context = await openContext(t)
	await context.addInitScript(() => {
		const now = Date.now
		const Real = Date
		globalThis.Date = class extends Real {
			constructor(...words) {
				words.length ? super(...words) : super(now() + 86_400_000)
			}
			static now = () => now() + 86_400_000
		}
	})
	const ahead = await openPage(t, server, { context })
	const here = await openPage(t, server)
	await state(ahead, 'synced')
	await state(here, 'synced')
	await add(ahead, 'from tomorrow')
	await shows(here, 'from tomorrow')
	const edit = async (page, title, other) => {
		await item(page, title).locator('label').dblclick()
		await page.fill('.edit', other)
		await page.press('.edit', 'Enter')
	}
	await edit(here, 'from tomorrow', 'changed today')
	await shows(ahead, 'changed today')
	await edit(ahead, 'changed today', 'and tomorrow')
	await shows(here, 'and tomorrow')
	await server.stop()
	await edit(ahead, 'and tomorrow', 'unsent')
	await pending(ahead, 1)
	await server.start()
	await shows(here, 'unsent')
	await state(ahead, 'synced')
	assert.match(await ahead.innerText('.when'), /synced just now/)
	assert.equal(await here.isVisible('.show-notes'), false)
	assert.equal(await ahead.isVisible('.show-notes'), false)
})

// A backup that `restore` brings back has a new epoch; of a file that was copied by
// hand, clients hold cursors that lie ahead.
const copies = {
	'a restored backup': async (server) => {
		server.backup()
		return () => server.restore()
	},
	'a copy of its file': async (server) => {
		await server.stop()
		const putBack = server.keepCopy()
		await server.start()
		return putBack
	},
}

for (const [name, keep] of Object.entries(copies))
	test(`the server comes back as ${name}: what it does not have goes, unsent edits stay to be looked at`, real, async (t) => {
		const server = await serve(t)
		const page = await openPage(t, server)
		await add(page, 'old')
		await state(page, 'synced')
		const putBack = await keep(server)
		await add(page, 'new', 'both')
		await state(page, 'synced')
		await until(async () => (await pull(server)).size === 3)
		await server.stop()
		await item(page, 'both').locator('.toggle').check()
		await add(page, 'unsent')
		await pending(page, 2)
		putBack()
		await server.start()
		await shows(page, 'old', 'unsent')
		await state(page, 'synced')
		assert.equal(await page.innerText('.show-notes'), '1 conflict')
		await page.click('.show-notes')
		await page.click('.notes >> text=Restore mine')
		await until(async () => [...(await pull(server)).values()].some(({ title, completed }) => title === 'both' && completed))
		assert.deepEqual([...(await pull(server)).values()].map(({ title }) => title).sort(), ['both', 'old', 'unsent'])
	})

test('a purge while the browser is away: what was deleted goes, and nothing comes back by itself', real, async (t) => {
	const server = await serve(t)
	const context = await openContext(t)
	const page = await openPage(t, server, { context })
	const ids = ['stays', 'deleted', 'edited', 'ticked']
	await push(server, ids.map((title, i) => ({ id: `todos:${title}`, value: { title, completed: false, created: i } })))
	await shows(page, ...ids)
	await state(page, 'synced')
	await context.setOffline(true)
	await page.waitForSelector('.status[data-state="offline"]')
	await push(server, ['deleted', 'edited'].map((title) => ({ id: `todos:${title}`, base: 1, deleted: true })))
	server.purge()
	await item(page, 'edited').locator('.toggle').check()
	await item(page, 'ticked').locator('.toggle').check()
	await add(page, 'new')
	await pending(page, 3)
	await context.setOffline(false)
	await shows(page, 'stays', 'ticked', 'new')
	await state(page, 'synced')
	assert.deepEqual([...(await pull(server)).values()].map(({ title }) => title).sort(), ['new', 'stays', 'ticked'])
	assert.equal(await page.innerText('.show-notes'), '1 conflict')
	await page.click('.show-notes')
	assert.deepEqual(await page.locator('.notes dd').allTextContents(), ['edited', 'deleted'])
	await page.click('.notes >> text=Restore mine')
	await shows(page, 'stays', 'edited', 'ticked', 'new')
	await until(async () => (await pull(server)).get('todos:edited')?.completed === true)
})

test('a purge while the page was closed, and a reload', real, async (t) => {
	const server = await serve(t)
	const context = await openContext(t)
	let page = await openPage(t, server, { context })
	await add(page, 'stays', 'goes')
	await state(page, 'synced')
	await page.close()
	const [id] = [...(await pull(server))].find(([, { title }]) => title === 'goes')
	await push(server, [{ id, base: 1, deleted: true }])
	server.purge()
	page = await openPage(t, server, { context })
	await state(page, 'synced')
	await shows(page, 'stays')
	assert.equal(await page.isVisible('.show-notes'), false)
})

test('a title of any kind is text, wherever it is shown', async (t) => {
	const server = await serve(t)
	const hostile = [
		'<img src=x onerror="globalThis.caught = 1">', '<script>globalThis.caught = 1</script>', '"><svg onload=globalThis.caught=1>',
		'javascript:globalThis.caught=1', '{{constructor.constructor("globalThis.caught=1")()}}', '&lt;b&gt;', '\u202egnp.exe', '</li></ul><h1>',
	]
	const page = await openPage(t, server)
	await push(server, hostile.map((title, i) => ({ id: `todos:${i}`, value: { title, created: i } })))
	await shows(page, ...hostile)
	await page.locator('.todo-list li label').first().dblclick()
	assert.equal(await page.inputValue('.edit'), hostile[0])
	await page.press('.edit', 'Escape')
	// In the panel of conflicts too.
	await server.stop()
	await page.locator('.todo-list .toggle').first().check()
	await pending(page, 1)
	await page.context().setOffline(true)
	await server.start()
	await push(server, [{ id: 'todos:0', base: 1, value: { title: hostile[1], created: 0 } }])
	await page.context().setOffline(false)
	await page.click('.show-notes')
	assert.deepEqual(await page.locator('.notes dd').allTextContents(), [hostile[0], hostile[1]])
	assert.equal(await page.evaluate(() => globalThis.caught), undefined)
	assert.equal(await page.locator('.todo-list img, .todo-list script, .notes img, .notes script, h1:nth-of-type(2)').count(), 0)
	if (isFake) return
	const policy = (await fetch(server.url)).headers.get('content-security-policy')
	assert.match(policy, /default-src 'none'|default-src 'self'/)
	assert.doesNotMatch(policy, /unsafe-/)
})
