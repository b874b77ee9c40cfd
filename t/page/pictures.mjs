// Takes pictures of the page, each in a state that people will see, into a folder;
// `node t/page/pictures.mjs FOLDER`. With --readme it renews doc/page.png, the one that
// the README shows.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { add, item, launch, state, write } from './chromium.mjs'
import { push, startServer } from './server.mjs'

const { values, positionals } = parseArgs({ options: { readme: { type: 'boolean' } }, allowPositionals: true })
const folder = positionals[0] ?? 'pictures'
const closing = []
const t = { after: (f) => closing.unshift(f) }
mkdirSync(folder, { recursive: true })
const browser = await launch()

const TODOS = [
	['buy cheese', true], ['answer Grandmother\'s letter', false], ['mend the blue bicycle', false], ['return the library books', true],
	['plant the tulips before the frost', false],
]

async function serve(options) {
	const server = await startServer(options)
	t.after(() => server.close())
	return server
}

async function open(server, options = {}) {
	const context = await browser.newContext({ viewport: { width: 900, height: 820 }, deviceScaleFactor: 1.5, ...options })
	t.after(() => context.close())
	const page = await context.newPage()
	await page.goto(server.url)
	return page
}

const fill = (server, todos, token) => push(server, todos.map(([title, completed], i) => ({ id: `todos:${i}`, value: { title, completed, created: i + 1 } })), token)

async function take(page, name) {
	await page.evaluate(() => document.fonts.ready)
	await page.mouse.move(1, 1)
	await page.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled' })
	console.log(join(folder, `${name}.png`))
}

try {
	const server = await serve()
	const empty = await open(server)
	await state(empty, 'synced')
	await take(empty, 'empty')
	await fill(server, TODOS)
	const light = await open(server)
	await item(light, 'buy cheese').waitFor()
	await state(light, 'synced')
	await take(light, 'light')
	if (values.readme) {
		const plain = await open(server, { deviceScaleFactor: 1, viewport: { width: 640, height: 620 } })
		await item(plain, 'buy cheese').waitFor()
		await state(plain, 'synced')
		await plain.evaluate(() => document.fonts.ready)
		await plain.screenshot({ path: fileURLToPath(new URL('../../doc/page.png', import.meta.url)), animations: 'disabled' })
	}
	const dark = await open(server, { colorScheme: 'dark' })
	await item(dark, 'buy cheese').waitFor()
	await state(dark, 'synced')
	await take(dark, 'dark')
	await item(dark, 'mend the blue bicycle').locator('label').dblclick()
	await take(dark, 'dark-editing')
	await item(dark, 'plant the tulips before the frost').locator('.toggle').press('Delete')
	await take(dark, 'dark-undo')
	await dark.click('.undo button')
	const phone = await open(server, { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true })
	await item(phone, 'buy cheese').waitFor()
	await state(phone, 'synced')
	await take(phone, 'phone')
	const narrow = await open(server, { viewport: { width: 320, height: 640 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true, colorScheme: 'dark' })
	await item(narrow, 'buy cheese').waitFor()
	await state(narrow, 'synced')
	await take(narrow, 'phone-dark')
	const offline = await open(server)
	await item(offline, 'buy cheese').waitFor()
	await state(offline, 'synced')
	await server.stop()
	await item(offline, 'mend the blue bicycle').locator('.toggle').check()
	await add(offline, 'bake bread')
	await offline.waitForSelector('.status[data-state="offline"][data-pending="2"]')
	await take(offline, 'offline')
	await offline.context().setOffline(true)
	await server.start()
	await push(server, [{ id: 'todos:2', base: 1, value: { title: 'mend the red bicycle', completed: false, created: 3 } }])
	await offline.context().setOffline(false)
	await offline.click('.show-notes')
	await take(offline, 'conflict')

	const closed = await serve({ auth: true })
	const tokens = { ada: closed.token('ada', 'todos'), ben: closed.token('ben', 'todos:ro') }
	await fill(closed, TODOS, tokens.ada)
	const account = await open(closed)
	await account.waitForSelector('.account:not([hidden])')
	await take(account, 'token')
	const enter = async (page, name) => {
		await page.fill('#token', tokens[name])
		await page.press('#token', 'Enter')
		await page.waitForFunction((wanted) => document.querySelector('.user').textContent === wanted, name)
	}
	await enter(account, 'ben')
	await item(account, 'answer Grandmother\'s letter').waitFor()
	await take(account, 'read-only')
	await write(account, 'todos:1', { title: 'answer Grandmother\'s letter', completed: true, created: 2 })
	await account.click('.show-notes')
	await take(account, 'refused')
	await account.click('.user')
	await account.click('.users .another')
	await take(account, 'another-user')
	await enter(account, 'ada')
	await state(account, 'synced')
	await account.click('.user')
	await take(account, 'users')
	await account.click('.forget')
	await take(account, 'forget')
} finally {
	for (const close of closing) await close()
	await browser.close()
}
