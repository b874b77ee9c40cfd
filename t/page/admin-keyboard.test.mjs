// The admin page by keyboard alone, and on narrow screens: everything can be reached,
// what has the focus is seen, dialogs give it back, results are said, and nothing is
// wider than the screen.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startAdminServer } from './admin-server.mjs'
import { openPage, until } from './chromium.mjs'
import { push } from './server.mjs'

const VIEWS = ['numbers', 'tokens', 'users', 'invitations', 'streams', 'documents', 'documents/notes', 'audit', 'backup']

let server, stream
before(async () => {
	server = await startAdminServer(['--history', '5', '--quota', 'bytes=1M,documents=100'])
	const ann = server.token('ann-with-a-name-that-is-not-short', 'notes', 'club')
	await push(server, [{ id: 'notes:1', value: { text: 'a text of some length '.repeat(9) } }, { id: `notes:${'long'.repeat(40)}`, value: 'x'.repeat(300) }], ann)
	await server.admin.call('invites', { groups: ['club', 'notes:ro'], uses: 3, note: 'members-of-the-spring'.repeat(5) })
	await server.admin.call('invites', { groups: ['club'], uses: 1 })
	stream = await fetch(`${server.url}events?group=notes`, { headers: { Authorization: `Bearer ${ann}` } })
})
after(async () => {
	await stream.body.cancel()
	await server.close()
})

async function open(t, view, options) {
	const page = await openPage(t, { url: server.admin.url }, { path: `#/${view}`, ...options })
	await page.fill('input[name=token]', server.admin.token)
	await page.press('input[name=token]', 'Enter')
	await page.waitForSelector('nav')
	return page
}

async function go(page, view) {
	await page.goto(`${server.admin.url}#/${view}`)
	await page.waitForSelector(`nav a[aria-current=page][href="#/${view.split('/')[0]}"]`)
	await page.waitForSelector(view === 'backup' ? '.main-button' : view === 'numbers' ? '.chart canvas' : 'tbody tr')
}

const focused = (page) => page.evaluate(() => (document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent).trim())

/** Presses Tab until this has the focus. */
async function tabTo(page, name) {
	for (let i = 0; i < 60; i++) {
		if ((await focused(page)) === name) return
		await page.keyboard.press('Tab')
	}
	assert.fail(`Tab does not lead to ${name}`)
}

/** Walks once around: every control, and whether its focus is seen. */
const walk = async (page) => {
	await page.evaluate(() => {
		globalThis.met = new Set()
		document.querySelector('.skip').focus()
	})
	for (let i = 0; i < 200; i++) {
		const again = await page.evaluate(() => {
			const now = document.activeElement
			if (globalThis.met.has(now)) return true
			globalThis.met.add(now)
			return false
		})
		if (again) break
		await page.keyboard.press('Tab')
	}
	return page.evaluate(() => {
		const controls = [...document.querySelectorAll('a[href], button, input, select, textarea')].filter((one) => one.offsetParent && !one.disabled)
		const unseen = controls.filter((one) => {
			one.focus({ focusVisible: true })
			const { outlineStyle, outlineWidth } = getComputedStyle(one)
			return outlineStyle === 'none' || parseFloat(outlineWidth) < 2
		})
		return { missed: controls.filter((one) => !globalThis.met.has(one)).map((one) => one.outerHTML), unseen: unseen.map((one) => one.outerHTML) }
	})
}

test('Tab leads to every control of each view, and what has the focus is outlined', async (t) => {
	const page = await open(t, 'numbers')
	for (const view of VIEWS) {
		await go(page, view)
		if (view === 'streams') await page.click('text=Pause')
		assert.deepEqual(await walk(page), { missed: [], unseen: [] }, view)
	}
})

test('another view begins at its heading, and the navigation can be skipped', async (t) => {
	const page = await open(t, 'numbers')
	await tabTo(page, 'Tokens')
	await page.keyboard.press('Enter')
	await until(() => page.evaluate(() => document.activeElement.outerHTML === '<h1 tabindex="-1">Tokens</h1>'), 'its heading has the focus')
	await page.waitForSelector('tbody tr')
	await page.locator('.skip').focus()
	assert.ok(await page.locator('.skip').evaluate((button) => button.getBoundingClientRect().top >= 0), 'it is seen when it has the focus')
	await page.keyboard.press('Enter')
	assert.equal(await focused(page), 'Tokens')
	await page.keyboard.press('Tab')
	assert.equal(await page.evaluate(() => document.activeElement.type), 'search')
})

test('a dialog keeps the focus, and gives it back', async (t) => {
	const page = await open(t, 'tokens')
	await page.waitForSelector('tbody tr')
	await tabTo(page, 'New token')
	await page.keyboard.press('Enter')
	await page.waitForSelector('dialog[open]')
	assert.equal(await page.evaluate(() => document.activeElement.name), 'user')
	for (let i = 0; i < 12; i++) {
		await page.keyboard.press('Tab')
		// The body: from the last control to the first, by way of the browser.
		assert.ok(await page.evaluate(() => document.activeElement === document.body || document.activeElement.closest('dialog') !== null))
	}
	await page.keyboard.press('Escape')
	await page.waitForSelector('dialog', { state: 'detached' })
	await until(async () => (await focused(page)) === 'New token')
})

test('a document is opened, its history, and closed again, and the focus is where it was', async (t) => {
	const page = await open(t, 'documents/notes')
	await page.waitForSelector('tbody tr')
	await tabTo(page, 'notes:1')
	await page.keyboard.press('Enter')
	await page.waitForSelector('dialog textarea')
	await tabTo(page, 'History')
	await page.keyboard.press('Enter')
	await page.waitForSelector('.versions li')
	await page.keyboard.press('Escape')
	await page.waitForSelector('dialog textarea')
	assert.ok(await page.evaluate(() => document.activeElement.closest('dialog') !== null))
	await page.keyboard.press('Escape')
	await page.waitForSelector('dialog', { state: 'detached' })
	await until(async () => (await focused(page)) === 'notes:1')
})

test('what was done is said, and the focus is not lost with its row', async (t) => {
	const page = await open(t, 'invitations')
	await page.waitForSelector('tbody tr')
	const name = await page.locator('tbody button').first().getAttribute('aria-label')
	await tabTo(page, name)
	await page.keyboard.press('Enter')
	await page.waitForSelector('dialog[open]')
	await tabTo(page, 'Withdraw')
	await page.keyboard.press('Enter')
	await page.waitForSelector('.said:has-text("The invitation was withdrawn")')
	await page.waitForFunction((label) => !document.querySelector(`[aria-label="${label}"]`), name)
	await until(async () => (await focused(page)) === 'Invitations')
	assert.deepEqual(await page.locator('.said').evaluate((said) => [said.getAttribute('role'), getComputedStyle(said).visibility]), ['status', 'visible'])
})

test('a refusal is an alert, and the form stays as it was', async (t) => {
	const page = await open(t, 'tokens')
	await page.click('text=New token')
	await page.fill('dialog input[name=user]', 'kim')
	await page.fill('dialog input[name=groups]', 'a:')
	await page.keyboard.press('Enter')
	await page.waitForSelector('dialog [role=alert]:has-text("groups")')
	assert.equal(await page.inputValue('dialog input[name=user]'), 'kim')
	assert.equal(await page.evaluate(() => document.activeElement.name), 'groups')
})

test('a filter says how many are left', async (t) => {
	const page = await open(t, 'tokens')
	await page.waitForSelector('[role=status]:has-text("2 tokens")')
	await page.fill('input[type=search]', 'ann')
	await page.waitForSelector('[role=status]:has-text("1 token")')
})

test('what goes on by itself can be paused', async (t) => {
	const page = await openPage(t, { url: 'about:blank' })
	await page.clock.install()
	await page.goto(`${server.admin.url}#/numbers`)
	await page.fill('input[name=token]', server.admin.token)
	await page.press('input[name=token]', 'Enter')
	await page.waitForSelector('.facts')
	let reads = 0
	page.on('request', (request) => (reads += /api\/numbers/.test(request.url())))
	await page.clock.runFor(2000)
	await until(() => reads > 0)
	await page.click('text=Pause')
	await page.waitForSelector('button[aria-pressed=true]')
	await page.clock.runFor(2000)
	const before = reads
	await page.clock.runFor(20_000)
	assert.equal(reads, before)
	await page.click('text=Paused')
	await page.clock.runFor(2000)
	await until(() => reads > before)
})

test('a chart is told in words', async (t) => {
	const page = await open(t, 'numbers')
	const chart = page.getByRole('img', { name: /^Chart of the last .*\. .* now, from .* to / })
	await until(async () => (await chart.count()) === 6)
})

test('no view moves where motion is not wanted', async (t) => {
	const page = await open(t, 'tokens', { reducedMotion: 'reduce' })
	await page.click('text=New token')
	const moving = await page.evaluate(() => [...document.querySelectorAll('*')].filter((one) => {
		const { transitionDuration, animationName } = getComputedStyle(one)
		return animationName !== 'none' || transitionDuration.split(', ').some((time) => parseFloat(time) > 0)
	}).length)
	assert.equal(moving, 0)
})

test('tables keep their roles as cards', async (t) => {
	const page = await open(t, 'tokens', { viewport: { width: 360, height: 740 } })
	await page.waitForSelector('tbody tr')
	assert.equal(await page.getByRole('columnheader').count(), 7)
	assert.equal(await page.getByRole('rowheader', { name: /^ann/ }).count(), 1)
	assert.ok((await page.getByRole('cell').count()) >= 10)
	assert.equal(await page.locator('tbody tr').first().evaluate((row) => getComputedStyle(row).display), 'flex')
})

test('nothing is wider than the screen, however wide that is', async (t) => {
	const page = await open(t, 'numbers')
	for (const width of [320, 360, 390, 600, 768, 840, 900, 1024, 1180, 1600]) {
		await page.setViewportSize({ width, height: 800 })
		for (const view of VIEWS) {
			await go(page, view)
			let wide
			// Charts take the width with the next frames.
			await until(async () => {
				wide = await page.evaluate(() => {
					const sheet = document.querySelector('main').getBoundingClientRect()
					const out = [...document.querySelectorAll('main *')].filter((one) => !one.closest('.unseen, thead, .cut, .uplot') && one.getBoundingClientRect().right > sheet.right + 1)
					return { scrolls: document.documentElement.scrollWidth > innerWidth, out: out.slice(0, 3).map((one) => one.outerHTML.slice(0, 120)) }
				})
				return !wide.scrolls && wide.out.length === 0
			}).catch(() => {})
			assert.deepEqual(wide, { scrolls: false, out: [] }, `${view} at ${width}`)
		}
	}
})
