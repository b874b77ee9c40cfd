// That axe-core finds no violations in the admin page and the TodoMVC page: every view
// and dialog, light and dark, on a desk and on a phone.
import { after, before, test } from 'node:test'
import { startAdminServer } from './admin-server.mjs'
import { assertAccessible } from './axe.mjs'
import { add, openPage, state } from './chromium.mjs'
import { push, startServer } from './server.mjs'

const SCREENS = [
	['light', { colorScheme: 'light', viewport: { width: 1180, height: 900 } }],
	['dark', { colorScheme: 'dark', viewport: { width: 1180, height: 900 } }],
	['light, on a phone', { colorScheme: 'light', viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true }],
	['dark, on a phone', { colorScheme: 'dark', viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true }],
]

const VIEWS = {
	numbers: '.chart canvas',
	tokens: 'tbody tr',
	users: 'tbody tr meter',
	invitations: 'tbody tr',
	streams: 'tbody tr',
	documents: 'tbody tr',
	'documents/notes': 'tbody tr',
	audit: 'tbody tr',
	backup: '.main-button',
}

let server, stream
before(async () => {
	server = await startAdminServer(['--history', '5', '--quota', 'bytes=1M,documents=100'])
	const ann = server.token('ann', 'notes', 'club')
	await push(server, [1, 2, 3].map((i) => ({ id: `notes:${i}`, value: { text: `a note of some length, number ${i}`, words: ['one', 'two'] } })), ann)
	await push(server, [{ id: 'notes:1', base: 1, value: { text: 'another' } }], ann)
	await server.admin.call('invites', { groups: ['club', 'notes:ro'], uses: 3, note: 'the members of the spring' })
	stream = await fetch(`${server.url}events?group=notes`, { headers: { Authorization: `Bearer ${ann}` } })
})
after(async () => {
	await stream.body.cancel()
	await server.close()
})

const close = async (page) => {
	await page.keyboard.press('Escape')
	await page.waitForSelector('dialog', { state: 'detached' })
}

/** Opens each dialog of the page, and looks at it. */
async function dialogs(page, screen) {
	const go = (view) => page.goto(`${server.admin.url}#/${view}`)
	for (const [view, button] of [['tokens', 'New token'], ['tokens', 'Change'], ['tokens', 'Rotate'], ['tokens', 'Revoke'], ['invitations', 'New invitation'], ['invitations', 'Withdraw'], ['streams', 'End']]) {
		await go(view)
		await page.locator('main button', { hasText: new RegExp(`^${button}$`) }).first().click()
		await page.waitForSelector('dialog[open]')
		await assertAccessible(page, `${button}, ${screen}`)
		await close(page)
	}
	await go('documents/notes')
	await page.click('button.link:has-text("notes:1")')
	await page.waitForSelector('dialog textarea')
	await assertAccessible(page, `a document, ${screen}`)
	await page.click('dialog >> text=History')
	await page.waitForSelector('.versions li')
	await assertAccessible(page, `a history, ${screen}`)
}

for (const [screen, options] of SCREENS) {
	test(`the admin page, ${screen}`, async (t) => {
		const page = await openPage(t, { url: server.admin.url }, options)
		await page.waitForSelector('input[name=token]')
		await assertAccessible(page, `signing in, ${screen}`)
		await page.fill('input[name=token]', 'pbk_wrong')
		await page.press('input[name=token]', 'Enter')
		await page.waitForSelector('.failure')
		await assertAccessible(page, `a refusal, ${screen}`)
		await page.fill('input[name=token]', server.admin.token)
		await page.press('input[name=token]', 'Enter')
		await page.waitForSelector('nav')
		for (const [view, there] of Object.entries(VIEWS)) {
			await page.goto(`${server.admin.url}#/${view}`)
			await page.waitForSelector(there)
			await assertAccessible(page, `${view}, ${screen}`)
		}
		await dialogs(page, screen)
	})

	test(`the TodoMVC page, ${screen}`, async (t) => {
		const todos = await startServer()
		t.after(() => todos.close())
		const page = await openPage(t, todos, options)
		await state(page, 'synced')
		await assertAccessible(page, `without todos, ${screen}`)
		await add(page, 'buy paper', 'draw a margin')
		await page.locator('.todo-list .toggle').first().check()
		await state(page, 'synced')
		await assertAccessible(page, `with todos, ${screen}`)
	})
}
