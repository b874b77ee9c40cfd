// Takes pictures of the admin page, into a folder; `node t/page/admin-pictures.mjs
// FOLDER`. With --doc it renews doc/admin.png.
import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { launch } from './chromium.mjs'
import { startAdminServer } from './admin-server.mjs'
import { push } from './server.mjs'

const { values, positionals } = parseArgs({ options: { doc: { type: 'boolean' } }, allowPositionals: true })
const folder = positionals[0] ?? 'pictures'
mkdirSync(folder, { recursive: true })

const server = await startAdminServer(['--quota', 'bytes=50M,documents=20000'])
const members = { ann: ['club', 'notes:ann'], ben: ['club', 'notes:ben'], cleo: ['club:ro'] }
const tokens = Object.fromEntries(Object.entries(members).map(([user, groups]) => [user, server.token(user, ...groups)]))
const browser = await launch()

// In place of the temporary one, whose name says nothing.
const DATABASE = '/var/lib/pocketbook/pocketbook.db'

/** Some life: writes and pulls, until it is told to stop. */
let alive = true
async function live() {
	for (let i = 0; alive; i++) {
		const docs = Array.from({ length: 1 + (i % 7) }, (_all, k) => ({ id: `club:${i * 10 + k}`, value: { title: `Minutes of meeting ${i * 10 + k}`, done: k % 2 === 0 } }))
		await push(server, docs, i % 3 ? tokens.ann : tokens.ben)
		await (await fetch(`${server.url}sync?group=club`, { headers: { Authorization: `Bearer ${tokens.cleo}` } })).arrayBuffer()
		await new Promise((done) => setTimeout(done, 20 + 60 * Math.abs(Math.sin(i / 25))))
	}
}

await push(server, Array.from({ length: 40 }, (_all, i) => ({ id: `notes:ann:${i}`, value: { text: `note ${i}` } })), tokens.ann)
await push(server, [{ id: 'notes:ann:3', base: 1, deleted: true }], tokens.ann)
await server.admin.call('invites', { groups: ['club'], uses: 30, note: 'members of the spring' })
await server.admin.call('invites', { groups: ['club:ro', 'news:ro'], uses: 1, expires: 86400 })
const streams = ['ann', 'ben', 'ben', 'cleo'].map((user) => fetch(`${server.url}events?group=club`, { headers: { Authorization: `Bearer ${tokens[user]}` } }))
const living = live()

async function open(options = {}) {
	const context = await browser.newContext({ viewport: { width: 1180, height: 900 }, deviceScaleFactor: 1, ...options })
	const page = await context.newPage()
	page.on('pageerror', (error) => console.error(error))
	page.on('console', (message) => message.type() === 'error' && console.error(message.text()))
	await page.route('**/api/session', async (route) => {
		const response = await route.fetch()
		await route.fulfill({ response, json: { ...(await response.json()), database: DATABASE } })
	})
	await page.goto(server.admin.url)
	return page
}

async function take(page, name) {
	await page.evaluate(() => document.fonts.ready)
	await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true })
}

async function signIn(page) {
	await page.fill('input[name=token]', server.admin.token)
	await page.press('input[name=token]', 'Enter')
	await page.waitForSelector('nav')
}

const light = await open()
await take(light, 'sign-in')
await signIn(light)
const dark = await open({ colorScheme: 'dark' })
await signIn(dark)
const phone = await open({ viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true })
await signIn(phone)
await new Promise((done) => setTimeout(done, 25_000))
await take(light, 'numbers')
await take(dark, 'numbers-dark')
await take(phone, 'numbers-phone')
for (const view of ['tokens', 'users', 'invitations', 'streams', 'documents', 'documents/notes%3Aann', 'audit', 'backup']) {
	for (const [page, name] of [[light, ''], [dark, '-dark'], [phone, '-phone']]) {
		await page.goto(`${server.admin.url}#/${view}`)
		await page.waitForTimeout(view === 'streams' ? 2500 : 400)
		await take(page, view.replace(/\W+/g, '-') + name)
	}
}
await light.goto(`${server.admin.url}#/documents/club`)
await light.locator('table .link').first().click()
await light.waitForSelector('dialog textarea')
await take(light, 'document')
await light.goto(`${server.admin.url}#/tokens`)
await light.reload()
await light.click('text=New token')
await take(light, 'token-new')

if (values.doc) copyFileSync(join(folder, 'numbers.png'), fileURLToPath(new URL('../../doc/admin.png', import.meta.url)))
alive = false
await living
await browser.close()
await server.close()
await Promise.allSettled(streams)
process.exit(0)
