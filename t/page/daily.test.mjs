// What a day with the page asks of it: a deletion taken back, a conflict that comes
// into view, a line that does not contradict itself, a quiet console.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { add, item, openContext, openPage, shows, state } from './chromium.mjs'
import { push, startServer } from './server.mjs'

let server
before(async () => (server = await startServer()))
after(() => server.close())

let lists = 0

async function open(t, options = {}) {
	const group = `todos:d${++lists}`
	const context = await openContext(t, options)
	const page = await openPage(t, server, { context, path: `?group=${group}` })
	await state(page, 'synced')
	return Object.assign(page, { group })
}

const slip = (page) => page.locator('.undo')

test('a deleted todo comes back with Undo, on every device', async (t) => {
	const page = await open(t)
	for (const title of ['buy cheese', 'mend the bicycle']) await add(page, title)
	const other = await openPage(t, server, { context: await openContext(t), path: `?group=${page.group}` })
	await shows(other, 'buy cheese', 'mend the bicycle')
	await item(page, 'buy cheese').hover()
	await item(page, 'buy cheese').locator('.destroy').click()
	await shows(other, 'mend the bicycle')
	assert.equal(await slip(page).locator('.what').innerText(), 'Deleted “buy cheese”')
	await slip(page).getByRole('button').click()
	await shows(page, 'buy cheese', 'mend the bicycle')
	await shows(other, 'buy cheese', 'mend the bicycle')
	assert.equal(await slip(page).isHidden(), true)
})

test('Ctrl+Z takes back what "Clear completed" removed, but not while a text is typed', async (t) => {
	const page = await open(t)
	for (const title of ['one', 'two', 'three']) await add(page, title)
	for (const title of ['one', 'two']) await item(page, title).locator('.toggle').check()
	await page.click('.clear-completed')
	await shows(page, 'three')
	assert.equal(await slip(page).locator('.what').innerText(), 'Deleted 2 todos')
	await page.fill('.new-todo', 'four')
	await page.press('.new-todo', 'Control+z')
	await shows(page, 'three')
	await page.fill('.new-todo', '')
	await page.press('.new-todo', 'Control+z')
	await shows(page, 'one', 'two', 'three')
})

test('what somebody has written again is not overwritten by Undo', async (t) => {
	const page = await open(t)
	await add(page, 'old')
	await state(page, 'synced')
	const id = await page.getAttribute('.todo-list li', 'data-id')
	await item(page, 'old').locator('.toggle').press('Delete')
	await shows(page)
	await page.waitForSelector('.status[data-state="synced"][data-pending="0"]')
	await push(server, [{ id, value: { title: 'new', created: 1 } }])
	await shows(page, 'new')
	await slip(page).getByRole('button').click()
	await page.waitForSelector('.undo', { state: 'hidden' })
	await shows(page, 'new')
})

test('the box of conflicts comes into view when it is opened', async (t) => {
	const page = await open(t, { viewport: { width: 800, height: 500 } })
	const id = `${page.group}:1`
	await push(server, Array.from({ length: 12 }, (_, i) => ({ id: `${page.group}:${i}`, value: { title: `todo ${i}`, created: i } })))
	await item(page, 'todo 11').waitFor()
	await state(page, 'synced')
	await page.context().setOffline(true)
	await page.waitForSelector('.status[data-state="offline"]')
	await item(page, 'todo 1').locator('.toggle').click()
	await push(server, [{ id, base: 1, value: { title: 'todo one', created: 1 } }])
	await page.context().setOffline(false)
	await page.waitForSelector('.show-notes:not([hidden])')
	await page.evaluate(() => document.querySelector('.show-notes').click())
	await page.waitForFunction(() => {
		const { top, bottom } = document.querySelector('.notes').getBoundingClientRect()
		return top >= 0 && bottom <= innerHeight + 1
	})
})

test('an offline page does not claim to be in sync now', async (t) => {
	const page = await open(t)
	assert.match(await page.innerText('.when'), /^synced /)
	await page.context().setOffline(true)
	await page.waitForSelector('.status[data-state="offline"]')
	assert.match(await page.innerText('.when'), /^last synced /)
})

test('the console stays empty', async (t) => {
	const context = await openContext(t)
	const page = await context.newPage()
	const said = []
	page.on('console', (message) => said.push(message.text()))
	page.on('pageerror', (error) => said.push(String(error)))
	await page.goto(server.url)
	await state(page, 'synced')
	await add(page, 'quiet')
	await page.waitForSelector('.status[data-state="synced"][data-pending="0"]')
	await page.reload()
	await item(page, 'quiet').waitFor()
	assert.deepEqual(said, [])
})

test('a token that may only read shows a page that cannot be edited, also offline', async (t) => {
	const closed = await startServer({ auth: true })
	t.after(() => closed.close())
	await push(closed, [{ id: 'todos:1', value: { title: 'buy cheese', created: 1 } }], closed.token('ada', 'todos'))
	const page = await openPage(t, closed)
	const reader = closed.token('bob', 'todos:ro')
	await page.fill('#token', reader)
	await page.press('#token', 'Enter')
	await page.waitForSelector('.read-only-note:not([hidden])')
	const cannotEdit = async () => {
		await shows(page, 'buy cheese')
		assert.equal(await page.isVisible('.new-todo'), false)
		assert.equal(await item(page, 'buy cheese').locator('.toggle').isDisabled(), true)
		assert.equal(await page.isVisible('.destroy'), false)
		await item(page, 'buy cheese').locator('label').dblclick()
		assert.equal(await page.locator('.edit').count(), 0)
	}
	await cannotEdit()
	await page.evaluate(() => navigator.serviceWorker.ready.then(() => {}))
	await page.context().setOffline(true)
	await page.reload()
	await cannotEdit()
	await page.context().setOffline(false)
	closed.revoke(reader)
	await page.waitForSelector('.account:not([hidden])')
	await page.fill('#token', closed.token('bob', 'todos'))
	await page.press('#token', 'Enter')
	await page.waitForSelector('.read-only-note', { state: 'hidden' })
	await add(page, 'answer the letter')
	await shows(page, 'buy cheese', 'answer the letter')
})
