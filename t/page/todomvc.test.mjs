// The TodoMVC specification, item by item, and two browsers that see each other.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { add, item, openContext, openPage, shows, state, titles, until } from './chromium.mjs'
import { pull, push, startServer } from './server.mjs'

let server
before(async () => (server = await startServer()))
after(() => server.close())

let lists = 0

/** A list of its own for each test. */
async function open(t, options = {}) {
	const group = options.group ?? `todos:t${++lists}`
	const page = await openPage(t, server, { path: `?group=${group}`, ...options })
	await state(page, 'synced')
	return Object.assign(page, { group })
}

test('an empty list hides main and footer, and the input has the focus', async (t) => {
	const page = await open(t)
	assert.equal(await page.isVisible('.main'), false)
	assert.equal(await page.isVisible('.footer'), false)
	assert.ok(await page.evaluate(() => document.activeElement.matches('.new-todo')))
	assert.ok(await page.isVisible('.blank'))
})

test('new todos are trimmed, come last and clear the input; blanks make none', async (t) => {
	const page = await open(t)
	await add(page, '  buy cheese ', 'eat <b>it</b>', '   ')
	await shows(page, 'buy cheese', 'eat <b>it</b>')
	await add(page, 'repeat')
	assert.equal(await page.inputValue('.new-todo'), '')
	assert.ok(await page.isVisible('.main'))
	assert.ok(await page.isVisible('.footer'))
	await until(async () => (await pull(server, page.group)).size === 3)
})

test('toggle marks one, toggle-all all of them, and follows what they are', async (t) => {
	const page = await open(t)
	await add(page, 'a', 'b')
	await item(page, 'a').locator('.toggle').check()
	assert.match(await item(page, 'a').getAttribute('class'), /completed/)
	assert.equal(await page.isChecked('.toggle-all'), false)
	await page.click('label[for=toggle-all]')
	assert.equal(await page.locator('.todo-list li.completed').count(), 2)
	assert.ok(await page.isChecked('.toggle-all'))
	await item(page, 'b').locator('.toggle').uncheck()
	assert.equal(await page.isChecked('.toggle-all'), false)
	await item(page, 'b').locator('.toggle').check()
	await page.click('label[for=toggle-all]')
	assert.equal(await page.locator('.todo-list li.completed').count(), 0)
	await until(async () => [...(await pull(server, page.group)).values()].every((todo) => todo.completed === false))
})

test('the counter says item or items', async (t) => {
	const page = await open(t)
	const count = () => page.innerText('.todo-count')
	await add(page, 'a')
	assert.equal(await count(), '1 item left')
	await add(page, 'b')
	assert.equal(await count(), '2 items left')
	assert.equal(await page.innerText('.todo-count strong'), '2')
	await page.click('label[for=toggle-all]')
	assert.equal(await count(), '0 items left')
})

test('a double click edits: Enter and blur save the trimmed text, Escape does not, an empty one removes', async (t) => {
	const page = await open(t)
	await add(page, 'a', 'b', 'c')
	const edit = async (title) => {
		await item(page, title).locator('label').dblclick()
		assert.equal(await page.locator('.todo-list li.editing').count(), 1)
		assert.equal(await page.isVisible('.editing .view'), false)
		assert.ok(await page.evaluate(() => document.activeElement.matches('.edit')))
		assert.equal(await page.inputValue('.edit'), title)
	}
	await edit('a')
	await page.fill('.edit', '  a2 ')
	await page.press('.edit', 'Enter')
	await shows(page, 'a2', 'b', 'c')
	assert.equal(await page.locator('.editing').count(), 0)
	await edit('b')
	await page.fill('.edit', 'b2')
	await page.locator('.new-todo').focus()
	await shows(page, 'a2', 'b2', 'c')
	await edit('b2')
	await page.fill('.edit', ' b3 ')
	await item(page, 'a2').locator('.toggle').click()
	await shows(page, 'a2', 'b3', 'c')
	await edit('b3')
	await page.fill('.edit', 'b2')
	await page.press('.edit', 'Enter')
	await edit('c')
	assert.equal(await page.isVisible('.editing .toggle'), false)
	assert.equal(await page.isVisible('.editing label'), false)
	await page.fill('.edit', 'never')
	await page.press('.edit', 'Escape')
	await shows(page, 'a2', 'b2', 'c')
	await edit('c')
	await page.fill('.edit', '  ')
	await page.press('.edit', 'Enter')
	await shows(page, 'a2', 'b2')
	await until(async () => [...(await pull(server, page.group)).values()].map((todo) => todo.title).sort().join() === 'a2,b2')
})

test('destroy shows on hover and removes', async (t) => {
	const page = await open(t)
	await add(page, 'a', 'b')
	await page.mouse.move(0, 0)
	const opacity = () => item(page, 'b').locator('.destroy').evaluate((element) => Number(getComputedStyle(element).opacity))
	assert.equal(await opacity(), 0)
	await item(page, 'b').hover()
	assert.ok((await opacity()) > 0.5)
	await item(page, 'b').locator('.destroy').click()
	await shows(page, 'a')
	await until(async () => (await pull(server, page.group)).size === 1)
})

test('clear completed removes them and hides itself', async (t) => {
	const page = await open(t)
	await add(page, 'a', 'b', 'c')
	assert.equal(await page.isVisible('.clear-completed'), false)
	await item(page, 'a').locator('.toggle').check()
	await item(page, 'c').locator('.toggle').check()
	assert.equal(await page.innerText('.clear-completed'), 'Clear completed')
	await page.click('.clear-completed')
	await shows(page, 'b')
	assert.equal(await page.isVisible('.clear-completed'), false)
	await page.click('label[for=toggle-all]')
	await page.click('.clear-completed')
	await shows(page)
	assert.equal(await page.isChecked('.toggle-all'), false)
	assert.equal(await page.isVisible('.main'), false)
})

test('filters follow the address, the back button and what changes', async (t) => {
	const page = await open(t)
	await add(page, 'a', 'b')
	await item(page, 'a').locator('.toggle').check()
	const selected = async () => (await page.locator('.filters .selected').allInnerTexts()).join()
	assert.equal(await selected(), 'All')
	await page.click('.filters >> text=Active')
	await shows(page, 'b')
	assert.equal(await selected(), 'Active')
	assert.equal(new URL(page.url()).hash, '#/active')
	await page.click('.filters >> text=Completed')
	await shows(page, 'a')
	await item(page, 'a').locator('.toggle').click()
	await shows(page)
	assert.ok(await page.isVisible('.footer'), 'todos there are, only none of these')
	await page.goBack()
	await shows(page, 'a', 'b')
	await page.goBack()
	assert.equal(await selected(), 'All')
	await page.goForward()
	assert.equal(await selected(), 'Active')
	await page.reload()
	assert.equal(await selected(), 'Active')
	await shows(page, 'a', 'b')
})

test('the list is there again after a reload', async (t) => {
	const page = await open(t)
	await add(page, 'a', 'b')
	await item(page, 'b').locator('.toggle').check()
	await state(page, 'synced')
	await page.reload()
	await shows(page, 'a', 'b')
	await page.waitForSelector('.todo-list li.completed')
	assert.match(await item(page, 'b').getAttribute('class'), /completed/)
})

test('all of it works by keyboard', async (t) => {
	const page = await open(t)
	await add(page, 'a', 'b', 'c')
	await item(page, 'a').locator('.toggle').focus()
	await page.keyboard.press('Space')
	await page.keyboard.press('ArrowDown')
	await page.keyboard.press('F2')
	await page.keyboard.type('2')
	await page.keyboard.press('Enter')
	await shows(page, 'a', 'b2', 'c')
	await page.keyboard.press('Delete')
	await shows(page, 'a', 'c')
	assert.ok(await item(page, 'c').locator('.toggle').evaluate((element) => element === document.activeElement), 'the focus goes on')
	assert.match(await item(page, 'a').getAttribute('class'), /completed/)
})

test('two browsers see each other without a reload', async (t) => {
	const one = await open(t)
	const two = await open(t, { group: one.group })
	await add(one, 'from one')
	await shows(two, 'from one')
	await add(two, 'from two')
	await shows(one, 'from one', 'from two')
	await item(two, 'from one').locator('.toggle').check()
	await one.waitForSelector('.todo-list li.completed')
	await item(one, 'from one').locator('label').dblclick()
	await one.fill('.edit', 'edited')
	await one.press('.edit', 'Enter')
	await shows(two, 'edited', 'from two')
	await item(two, 'edited').hover()
	await item(two, 'edited').locator('.destroy').click()
	await shows(one, 'from two')
})

test('an edit under way survives what arrives meanwhile', async (t) => {
	const one = await open(t)
	const two = await open(t, { group: one.group })
	await add(one, 'a', 'b')
	await shows(two, 'a', 'b')
	await item(one, 'b').locator('label').dblclick()
	await one.fill('.edit', 'b, edi')
	await add(two, 'c')
	await item(two, 'a').hover()
	await item(two, 'a').locator('.destroy').click()
	await shows(one, 'b', 'c')
	assert.ok(await one.evaluate(() => document.activeElement.matches('.edit')))
	await one.press('.edit', 'End')
	await one.keyboard.type('ted')
	await one.press('.edit', 'Enter')
	await shows(two, 'b, edited', 'c')
})

test('an edit that changes nothing leaves what another browser wrote meanwhile', async (t) => {
	const one = await open(t)
	const two = await open(t, { group: one.group })
	await add(one, 'a')
	await shows(two, 'a')
	await item(one, 'a').locator('label').dblclick()
	await item(two, 'a').locator('label').dblclick()
	await two.fill('.edit', 'theirs')
	await two.press('.edit', 'Enter')
	await shows(one, 'theirs')
	assert.equal(await one.inputValue('.edit'), 'a')
	await one.press('.edit', 'Enter')
	await shows(one, 'theirs')
	await add(one, 'next')
	await shows(two, 'theirs', 'next')
})

test('what other clients write shows, however little it has, and keeps what it has', async (t) => {
	const page = await open(t)
	const id = (name) => `${page.group}:${name}`
	await push(server, [
		{ id: id('1'), value: { title: 'buy cheese' } },
		{ id: id('2'), value: 'only a text' },
		{ id: id('3'), value: { title: 7, completed: 'yes', colour: 'red' } },
		{ id: id('4'), value: null },
		{ id: id('5'), value: { created: 'yesterday' } },
	])
	await until(async () => (await titles(page)).length === 5)
	assert.deepEqual((await titles(page)).sort(), ['7', 'buy cheese', 'null', 'only a text', '{"created":"yesterday"}'])
	await item(page, '7').locator('.toggle').check()
	await item(page, 'only a text').locator('.toggle').check()
	await until(async () => (await pull(server, page.group)).get(id('3')).completed === true)
	assert.deepEqual((await pull(server, page.group)).get(id('3')), { title: 7, completed: true, colour: 'red' })
	await until(async () => (await pull(server, page.group)).get(id('2')).completed === true)
	assert.equal((await pull(server, page.group)).get(id('2')).title, 'only a text')
})

test('two thousand todos stay usable', async (t) => {
	const page = await open(t)
	const many = Array.from({ length: 2000 }, (_, i) => ({ id: `${page.group}:${i}`, value: { title: `todo ${i}`, completed: false, created: i } }))
	await push(server, many)
	await until(async () => (await page.locator('.todo-list li').count()) === 2000)
	// Lines that did not change are not touched: the same elements, and no mutation
	// but in the one that was.
	const touchedBy = (selector) => page.evaluate(async (wanted) => {
		const items = new Set()
		const note = (records) => records.forEach(({ target, addedNodes, removedNodes }) => {
			const element = target.nodeType === Node.ELEMENT_NODE ? target : target.parentElement
			const within = element.closest('li')
			for (const line of within ? [within] : [...addedNodes, ...removedNodes]) items.add(line)
		})
		const observer = new MutationObserver(note)
		observer.observe(document.querySelector('.todo-list'), { subtree: true, childList: true, attributes: true, characterData: true })
		document.querySelector(wanted).click()
		await new Promise((done) => requestAnimationFrame(() => setTimeout(done)))
		note(observer.takeRecords())
		return items.size
	}, selector)
	assert.equal(await touchedBy('.todo-list li:nth-child(1001) .toggle'), 1)
	assert.match(await page.locator('.todo-list li').nth(1000).getAttribute('class'), /completed/)
	assert.equal(await touchedBy('.todo-list li:first-child .destroy'), 1)
	assert.equal(await page.locator('.todo-list li').count(), 1999)
	await page.click('label[for=toggle-all]')
	await until(async () => (await page.locator('.todo-list li.completed').count()) === 1999)
	await until(async () => [...(await pull(server, page.group)).values()].every((todo) => todo.completed))
})

test('a screen reader is told what is what', async (t) => {
	const page = await open(t)
	await add(page, 'a')
	const snapshot = await page.locator('body').ariaSnapshot()
	for (const part of ['heading "todos"', 'textbox "New todo"', 'checkbox "Mark all as complete"', 'checkbox "a"', 'button "Delete a"', 'list "Todos"'])
		assert.ok(snapshot.includes(part), `${part} in\n${snapshot}`)
	assert.equal(await page.locator('.state').getAttribute('role'), 'status')
})

test('dark, reduced motion and a phone have their style', async (t) => {
	const context = await openContext(t, { colorScheme: 'dark', reducedMotion: 'reduce', viewport: { width: 360, height: 640 }, hasTouch: true })
	const page = await open(t, { context })
	await add(page, 'a rather long todo that takes more than one line on a phone, and averyveryverylongwordwithoutanyspaceatall')
	assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, 'nothing sticks out')
	const luminance = await page.evaluate(() => {
		const [r, g, b] = getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number)
		return (r + g + b) / 3
	})
	assert.ok(luminance < 60)
	const box = await page.locator('.toggle').first().boundingBox()
	assert.ok(box.width >= 44 && box.height >= 44, 'a finger hits it')
	assert.equal(await page.locator('.view label').first().evaluate((element) => getComputedStyle(element).transitionDuration), '0s')
})
