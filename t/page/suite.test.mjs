// What the suite that every TodoMVC app is tried with does otherwise than
// todomvc.test.mjs: it works the boxes themselves, not their labels, makes up its
// double clicks, leaves the page and comes back; and the markup that its selectors and
// the specification name.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { add, item, openPage, shows, state, until } from './chromium.mjs'
import { startServer } from './server.mjs'

let server
before(async () => (server = await startServer()))
after(() => server.close())

let lists = 0

/** A list of its own for each test. */
async function open(t, ...todos) {
	const page = await openPage(t, server, { path: `?group=todos:s${++lists}` })
	await state(page, 'synced')
	await add(page, ...todos)
	return page
}

const three = ['buy some cheese', 'feed the cat', 'book a doctors appointment']

/** Which todos are done, from the first to the last. */
const done = (page) => page.locator('.todo-list li').evaluateAll((items) => items.map((item) => item.classList.contains('completed')))

const filter = (page, name) => page.locator('.filters li a', { hasText: name }).click()

test('the markup is that of the template', async (t) => {
	const page = await open(t, ...three)
	await item(page, 'feed the cat').locator('label').dblclick()
	const there = [
		'section.todoapp > header.header > h1', 'header.header > input.new-todo[autofocus][placeholder="What needs to be done?"]',
		'.todoapp > .main > input#toggle-all.toggle-all[type=checkbox] + label[for=toggle-all]', '.main > ul.todo-list > li:nth-of-type(3)',
		'.todo-list > li > div.view > input.toggle[type=checkbox] + label + button.destroy', '.todo-list > li.editing:nth-of-type(2) > input.edit',
		'.todoapp > footer.footer > span.todo-count > strong', 'footer.footer > ul.filters > li:nth-of-type(1) > a.selected[href="#/"]',
		'.filters > li:nth-of-type(2) > a[href="#/active"]', '.filters > li:nth-of-type(3) > a[href="#/completed"]',
		'footer.footer > button.clear-completed', '.info',
	]
	for (const selector of there) assert.ok(await page.locator(selector).count(), selector)
	assert.equal(await page.innerText('h1'), 'todos')
	assert.equal(await page.innerText('label[for=toggle-all]'), 'Mark all as complete')
	assert.deepEqual(await page.locator('.filters a').allInnerTexts(), ['All', 'Active', 'Completed'])
	assert.equal(await page.locator('#new-todo').count(), 0, 'an id would make the suite look for ids everywhere')
})

test('the box that marks all is a box that can be clicked itself', async (t) => {
	const page = await open(t, ...three)
	await page.click('.toggle-all')
	assert.deepEqual(await done(page), [true, true, true])
	assert.ok(await page.isChecked('.toggle-all'))
	await page.click('.toggle-all')
	assert.deepEqual(await done(page), [false, false, false])
	await page.focus('.toggle-all')
	await page.keyboard.press('Space')
	assert.deepEqual(await done(page), [true, true, true])
})

test('it is checked once each todo has been, and by no fewer', async (t) => {
	const page = await open(t, ...three)
	for (const [i, title] of three.entries()) {
		assert.equal(await page.isChecked('.toggle-all'), false)
		await item(page, title).locator('.toggle').click()
		assert.deepEqual(await done(page), three.map((_, at) => at <= i))
	}
	assert.ok(await page.isChecked('.toggle-all'))
	await item(page, 'feed the cat').locator('.toggle').click()
	assert.deepEqual(await done(page), [true, false, true])
	assert.equal(await page.isChecked('.toggle-all'), false)
	await add(page, 'one more')
	await item(page, 'feed the cat').locator('.toggle').click()
	assert.equal(await page.isChecked('.toggle-all'), false)
	await item(page, 'one more').locator('.destroy').click()
	assert.ok(await page.isChecked('.toggle-all'), 'the last active one went')
})

test('marking all counts for those that a filter hides too', async (t) => {
	const page = await open(t, ...three)
	await item(page, 'feed the cat').locator('.toggle').click()
	await filter(page, 'Active')
	await page.click('.toggle-all')
	await shows(page)
	assert.equal(await page.innerText('.todo-count'), '0 items left')
	assert.ok(await page.isVisible('.toggle-all + label'), 'to take it back')
	await page.click('.toggle-all')
	await shows(page, ...three)
})

test('a double click that a script made edits; leaving the field by a script saves', async (t) => {
	const page = await open(t, ...three)
	await item(page, 'feed the cat').locator('label').dispatchEvent('dblclick')
	const edit = page.locator('.todo-list li:nth-of-type(2) .edit')
	assert.ok(await edit.evaluate((element) => element === document.activeElement))
	for (let i = 0; i < 20; i++) await edit.press('Backspace')
	await edit.pressSequentially('buy some sausages')
	await edit.evaluate((element) => element.blur())
	await shows(page, 'buy some cheese', 'buy some sausages', 'book a doctors appointment')
	assert.equal(await page.locator('.editing').count(), 0)
	assert.equal(await page.locator('.edit').count(), 0)
})

test('an edit under way is not kept, nor taken up again after a reload', async (t) => {
	const page = await open(t, ...three)
	await state(page, 'synced')
	await item(page, 'feed the cat').locator('label').dblclick()
	await page.reload()
	await shows(page, ...three)
	assert.equal(await page.locator('.editing').count(), 0)
	assert.ok(await page.evaluate(() => document.activeElement.matches('.new-todo')))
})

test('the counter is of the active ones alone, whatever is done to them', async (t) => {
	const page = await open(t, ...three)
	const count = (text) => until(async () => (await page.innerText('span.todo-count')) === text, text)
	await count('3 items left')
	await item(page, 'feed the cat').locator('.toggle').click()
	await count('2 items left')
	await item(page, 'buy some cheese').locator('.destroy').click()
	await count('1 item left')
	await item(page, 'feed the cat').locator('.destroy').click()
	await count('1 item left')
	await filter(page, 'Completed')
	await count('1 item left')
})

test('it keeps its data while the browser is elsewhere', async (t) => {
	const page = await open(t, 'buy some cheese', 'feed the cat')
	await item(page, 'feed the cat').locator('.toggle').click()
	await state(page, 'synced')
	const address = page.url()
	await page.goto('about:blank')
	await page.goto(address)
	await shows(page, 'buy some cheese', 'feed the cat')
	await until(async () => (await done(page)).join() === 'false,true')
})

test('each filter shows its own, one is marked, and All brings back all', async (t) => {
	const page = await open(t, ...three)
	const marked = () => page.locator('.filters a.selected').evaluateAll((links) => links.map((link) => [link.textContent, link.getAttribute('aria-current')]))
	await item(page, 'feed the cat').locator('.toggle').click()
	assert.deepEqual(await marked(), [['All', 'page']])
	await filter(page, 'Active')
	await shows(page, 'buy some cheese', 'book a doctors appointment')
	assert.deepEqual(await marked(), [['Active', 'page']])
	await filter(page, 'Completed')
	await shows(page, 'feed the cat')
	assert.deepEqual(await marked(), [['Completed', 'page']])
	await filter(page, 'All')
	await shows(page, ...three)
	assert.deepEqual(await marked(), [['All', 'page']])
	await page.goBack()
	await shows(page, 'feed the cat')
	await page.goBack()
	await shows(page, 'buy some cheese', 'book a doctors appointment')
	await page.goBack()
	await shows(page, ...three)
})

test('under a filter, what no longer fits goes, and what was added does not show before it does', async (t) => {
	const page = await open(t, ...three)
	await filter(page, 'Active')
	await item(page, 'feed the cat').locator('.toggle').click()
	await shows(page, 'buy some cheese', 'book a doctors appointment')
	await filter(page, 'Completed')
	await add(page, 'not done yet')
	await shows(page, 'feed the cat')
	await page.goto(page.url().replace(/#.*/, '#!/active'))
	await shows(page, 'buy some cheese', 'book a doctors appointment', 'not done yet')
})
