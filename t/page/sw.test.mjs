// The service worker that the server makes of a folder: its pages open offline, a new
// deployment is taken as a whole, and it takes the place of the built-in page's worker.
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { add, openContext, openPage, shows, state, stored, until } from './chromium.mjs'
import { below } from './proxy.mjs'
import { isFake, pull, push, startServer } from './server.mjs'

const skip = isFake && 'the stand-in makes no worker'
const LINE = '<script src="pocketbook-sw.js"></script>'

function folder(t, files) {
	const www = mkdtempSync(join(tmpdir(), 'pocketbook-sw-'))
	t.after(() => rmSync(www, { recursive: true, force: true }))
	const write = (more) => Object.entries(more).forEach(([name, text]) => writeFileSync(join(www, name), text))
	write(files)
	return { www, write }
}

async function serve(t, options) {
	const server = await startServer(options)
	t.after(() => server.close())
	return server
}

/** The page of the README. */
function readme() {
	const [, block] = /## Use it in your page\n.*?\n\n((?: {4}[^\n]*\n)+)/s.exec(readFileSync(new URL('../../README.md', import.meta.url), 'utf8'))
	return block.replace(/^ {4}/gm, '')
}

const items = (page, ...titles) => until(async () => JSON.stringify(await page.locator('#list li').allTextContents()) === JSON.stringify(titles), `the list is ${titles}`)
const write = async (page, title) => {
	await page.fill('#what', title)
	await page.press('#what', 'Enter')
}
/** The worker's script, once there is one; `ready` may wait for one that has ended. */
async function active(page) {
	let script
	await until(async () => (script = await page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.active?.scriptURL)), 'there is a worker')
	return script
}
const caches = (page) => page.evaluate(() => globalThis.caches.keys())
/** Until the server's page is opened: it is the copy while the server takes seconds. */
const comes = (page, url, where, text) => until(async () => {
	await page.goto(url)
	return page.waitForFunction(([selector, wanted]) => document.querySelector(selector)?.innerText.includes(wanted), [where, text], { timeout: 10_000 }).then(() => true, () => false)
}, `the page has ${text}`)
/** Until the worker of another version has taken over. */
const renewed = (page, before) => until(async () => {
	const now = await caches(page)
	return now.length === 1 && now[0] !== before[0]
}, 'there is one cache, a new one')

for (const path of ['', 'notes/'])
	test(`the README's page opens offline${path && ', also below a path'}`, { skip }, async (t) => {
		const { www } = folder(t, { 'index.html': readme() })
		const server = await serve(t, { www })
		const proxy = await below(t, server, `/${path}`)
		const context = await openContext(t)
		const page = await openPage(t, { url: proxy.url + path }, { context })
		await write(page, 'buy cheese')
		await items(page, 'buy cheese')
		await until(async () => (await pull(server)).size === 1)
		assert.equal(await active(page), `${proxy.url}${path}pocketbook-sw.js`)
		assert.deepEqual(proxy.paths.filter((one) => !one.startsWith(`/${path}`) && one !== '/favicon.ico'), [], 'all addresses are below the path')
		await server.stop()
		await context.setOffline(true)
		await page.reload()
		await items(page, 'buy cheese')
		await write(page, 'eat it')
		await stored(page, 1)
		await page.goto(`${proxy.url}${path}index.html?again#here`)
		await until(async () => (await page.locator('#list li').count()) === 2)
		await server.start()
		await context.setOffline(false)
		await until(async () => (await pull(server)).size === 2)
	})

test('the README\'s page works on plain http in a local network, where it cannot open offline', { skip }, async (t) => {
	const { www } = folder(t, { 'index.html': readme() })
	const server = await serve(t, { www, options: ['--server-name', 'lan.test'] })
	const page = await openPage(t, { url: `http://lan.test:${server.port}/` })
	assert.equal(await page.evaluate(() => isSecureContext), false)
	await write(page, 'buy cheese')
	await items(page, 'buy cheese')
	await until(async () => (await pull(server)).size === 1)
})

test('with the option meta, who wrote a document is there after a reload offline', { skip }, async (t) => {
	const { www } = folder(t, {
		'index.html': `<!doctype html><link rel="icon" href="data:,">${LINE}<script src="app.js" type="module"></script>`,
		'app.js': `import { SyncedAtom } from './pocketbook.js'
			import './pocketbook/history.js'
			globalThis.todos = new SyncedAtom({ group: 'todos', token: location.hash.slice(1), meta: true })`,
	})
	const server = await serve(t, { www, auth: true })
	const token = server.token('ann', 'todos')
	await push(server, [{ id: 'todos:1', base: 0, value: 'from ann' }], token)
	const context = await openContext(t)
	const page = await openPage(t, server, { context, path: `#${token}` })
	const shown = () => until(() => page.evaluate(() => globalThis.todos?.deref().get('todos:1') === 'from ann'), 'the document is shown')
	const who = () => page.evaluate(async () => ({ ...(await globalThis.todos.meta('todos:1')) }))
	await shown()
	await active(page)
	const { version, by, at } = await who()
	assert.deepEqual([version, by, at instanceof Date], [1, 'ann', true])
	await until(() => page.evaluate(async () => (await globalThis.todos.meta('todos:1')) && globalThis.todos.status.state === 'synced'), 'all is stored')
	await server.stop()
	await context.setOffline(true)
	await page.reload()
	await shown()
	assert.deepEqual(await who(), { version, by, at })
	await page.evaluate(() => void globalThis.todos.change([['todos:1', 'mine']]))
	assert.deepEqual(await who(), { version, by, at: null, unsent: true })
})

test('a new deployment shows as a whole at the first load, and offline after it', { skip }, async (t) => {
	const version = (n) => ({ 'index.html': `${LINE}<h1>page ${n}</h1><script src="app.js"></script>`, 'app.js': `document.title = 'app ${n}'` })
	const { www, write } = folder(t, { ...version(1), 'icon@2x.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>' })
	const server = await serve(t, { www })
	const proxy = await below(t, server, '/')
	const page = await openPage(t, proxy)
	const shown = async () => [await page.innerText('h1'), await page.title()].join()
	assert.equal(await shown(), 'page 1,app 1')
	await active(page)
	for (const files of [version(2), { 'app.js': "document.title = 'app 3'" }]) {
		const before = await caches(page)
		const loaded = proxy.paths.length
		write(files)
		await page.reload()
		const now = await shown()
		assert.equal(now, files['index.html'] ? 'page 2,app 2' : 'page 2,app 3')
		await renewed(page, before)
		assert.ok(!proxy.paths.slice(loaded).includes('/icon@2x.svg'), 'what has not changed is not loaded again')
		proxy.down = true
		await page.reload()
		assert.equal(await shown(), now, 'without a server too')
		assert.ok(await page.evaluate(() => fetch('icon@2x.svg?x').then(({ ok }) => ok)))
		proxy.down = false
	}
})

test('a page of a new version gets nothing of the one before, also while that is still open', { skip }, async (t) => {
	const { www, write } = folder(t, { 'index.html': `${LINE}<h1>1</h1>`, 'late.js': 'export default 1' })
	const server = await serve(t, { www })
	const context = await openContext(t)
	const one = await openPage(t, server, { context })
	await active(one)
	write({ 'index.html': `${LINE}<h1>2</h1>`, 'late.js': 'export default 2' })
	const two = await openPage(t, server, { context })
	assert.equal(await two.innerText('h1'), '2')
	assert.equal(await two.evaluate(() => import('./late.js').then((it) => it.default)), 2)
})

test('it takes the place of the built-in page\'s worker, and gives it back', { skip }, async (t) => {
	const server = await serve(t)
	const context = await openContext(t)
	const page = await openPage(t, server, { context })
	await add(page, 'kept')
	await state(page, 'synced')
	assert.match(await active(page), /\/sw\.js$/)
	const built = await caches(page)
	await server.stop()
	server.www = folder(t, { 'index.html': `${LINE}<h1>mine</h1>` }).www
	await server.start()
	await comes(page, server.url, 'h1', 'mine')
	await until(async () => /\/pocketbook-sw\.js$/.test(await active(page)), 'it is the worker')
	await renewed(page, built)
	await server.stop()
	await page.reload()
	assert.equal(await page.innerText('h1'), 'mine')
	server.www = undefined
	await server.start()
	await comes(page, server.url, '.todo-list', 'kept')
	await until(async () => /\/sw\.js$/.test(await active(page)), 'it is the worker of the page again')
})

test('a server that makes no worker any more ends it, one that is down does not', { skip }, async (t) => {
	const { www, write } = folder(t, { 'index.html': `${LINE}<h1>mine</h1>` })
	const server = await serve(t, { www })
	const proxy = await below(t, server, '/')
	const page = await openPage(t, proxy)
	await active(page)
	proxy.down = true
	const asked = proxy.heads
	await page.reload()
	assert.equal(await page.innerText('h1'), 'mine')
	await until(() => proxy.heads >= asked + 2, 'it has asked for the page too')
	assert.equal((await caches(page)).length, 1)
	proxy.down = false
	// More files than a device is to keep.
	write({ 'index.html': '<h1>large</h1>' })
	mkdirSync(join(www, 'many'))
	for (let i = 0; i < 1001; i++) writeFileSync(join(www, 'many', `${i}.txt`), 'x')
	await page.reload()
	assert.equal(await page.innerText('h1'), 'large')
	await until(() => page.evaluate(async () => !(await navigator.serviceWorker.getRegistration()) && !(await globalThis.caches.keys()).length), 'the worker and its copies are gone')
})
