// What the page is to the eye, the finger and the home screen: contrast, narrow
// screens, touch, installing.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { add, item, openContext, openPage, shows, state, until } from './chromium.mjs'
import { push, startServer } from './server.mjs'

let server
before(async () => (server = await startServer()))
after(() => server.close())

let lists = 0

async function open(t, options = {}) {
	const context = await openContext(t, options)
	const page = await openPage(t, server, { context, path: `?group=todos:l${++lists}` })
	await state(page, 'synced')
	return Object.assign(page, { group: `todos:l${lists}` })
}

/** A conflict and an offline status, so that all that the margin can say is there. */
async function fill(page) {
	const id = `${page.group}:1`
	await add(page, 'return the library books that were due in the spring')
	await push(server, [{ id, value: { title: 'mend the blue bicycle', created: 1 } }])
	await item(page, 'mend the blue bicycle').waitFor()
	await state(page, 'synced')
	await page.context().setOffline(true)
	await page.waitForSelector('.status[data-state="offline"]')
	await item(page, 'mend the blue bicycle').locator('.toggle').click()
	await push(server, [{ id, base: 1, value: { title: 'mend the red bicycle', created: 1 } }])
	await page.context().setOffline(false)
	await page.click('.show-notes')
	await item(page, 'return the library books that were due in the spring').locator('.toggle').click()
	await page.waitForFunction(() => document.getAnimations().every(({ playState }) => playState === 'finished'))
}

/**
 * Texts with a contrast below that of WCAG 2.2, level AA (1.4.3), against the colour of
 * the nearest ground.
 */
const faint = (page) => page.evaluate(() => {
	const channel = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
	const numbers = (colour) => colour.match(/[\d.]+/g).map(Number)
	const luminance = ([r, g, b]) => 0.2126 * channel(r / 255) + 0.7152 * channel(g / 255) + 0.0722 * channel(b / 255)
	const ground = (element) => {
		const colour = numbers(getComputedStyle(element).backgroundColor)
		return colour.length === 3 || colour[3] === 1 ? colour : ground(element.parentElement)
	}
	const texts = [...document.querySelectorAll('body *')].filter((element) => element.checkVisibility() &&
		([...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim()) || element.placeholder))
	return texts.flatMap((element) => {
		const style = getComputedStyle(element, element.placeholder ? '::placeholder' : undefined)
		const [light, dark] = [luminance(numbers(style.color)), luminance(ground(element))].sort((a, b) => b - a)
		const contrast = (light + 0.05) / (dark + 0.05)
		const least = parseFloat(style.fontSize) >= 24 ? 3 : 4.5
		return contrast < least ? [`${element.className || element.tagName}: ${contrast.toFixed(2)}`] : []
	})
})

for (const colorScheme of ['light', 'dark'])
	test(`every text can be read, ${colorScheme}`, async (t) => {
		const page = await open(t, { colorScheme })
		await fill(page)
		assert.deepEqual(await faint(page), [])
	})

test('nothing sticks out or is too small for a finger, from 320 to 430 pixels', async (t) => {
	const page = await open(t, { viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true })
	await fill(page)
	for (const width of [320, 360, 375, 390, 412, 430]) {
		await page.setViewportSize({ width, height: 740 })
		const found = await page.evaluate(() => {
			const seen = [...document.querySelectorAll('body *')].filter((element) => element.checkVisibility() && !element.matches('.toggle-all'))
			const box = (element) => element.getBoundingClientRect()
			const targets = seen.filter((element) => element.matches('a, button, input:not(.toggle-all)'))
			return {
				wide: document.documentElement.scrollWidth - innerWidth,
				out: seen.filter((element) => box(element).left < 0 || box(element).right > innerWidth + 0.5).map((element) => element.className),
				small: targets.filter((element) => box(element).height < 24 || box(element).width < 24).map((element) => element.className || element.textContent),
				rows: box(document.querySelector('.clear-completed')).top < box(document.querySelector('.todo-count')).bottom,
			}
		})
		assert.deepEqual(found, { wide: 0, out: [], small: [], rows: true }, `at ${width} pixels`)
	}
})

test('two taps on a todo edit it, and one ticks it', async (t) => {
	const page = await open(t, { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true })
	await add(page, 'a')
	assert.equal(await page.isVisible('.by-mouse'), false)
	assert.ok(await page.isVisible('text=Double-tap'))
	await item(page, 'a').locator('.toggle').tap()
	await page.waitForSelector('.todo-list li.completed')
	const { x, y, width, height } = await item(page, 'a').locator('label').boundingBox()
	await page.touchscreen.tap(x + width / 2, y + height / 2)
	await page.touchscreen.tap(x + width / 2, y + height / 2)
	await page.waitForSelector('.todo-list li.editing')
	await page.fill('.edit', 'b')
	await page.locator('.new-todo').tap()
	await shows(page, 'b')
})

test('conflicts are looked at by keyboard, and the focus goes on when one is settled', async (t) => {
	const page = await open(t)
	await fill(page)
	await page.focus('.show-notes')
	assert.equal(await page.getAttribute('.show-notes', 'aria-expanded'), 'true')
	await page.keyboard.press('Tab')
	await until(() => page.evaluate(() => document.activeElement.textContent === 'Restore mine'), 'the first choice has the focus')
	await page.keyboard.press('Escape')
	assert.equal(await page.isVisible('.notes'), false)
	assert.ok(await page.evaluate(() => document.activeElement.matches('.show-notes')))
	await page.keyboard.press('Enter')
	await page.keyboard.press('Tab')
	await page.keyboard.press('Enter')
	await page.waitForSelector('.show-notes', { state: 'hidden' })
	assert.ok(await page.evaluate(() => document.activeElement.matches('.new-todo')))
})

test('Chromium finds nothing that keeps it from being installed', async (t) => {
	const page = await open(t)
	await page.evaluate(() => navigator.serviceWorker.ready.then(() => {}))
	const debug = await page.context().newCDPSession(page)
	const manifest = await debug.send('Page.getAppManifest')
	assert.deepEqual(manifest.errors, [])
	const { theme_color: colour } = JSON.parse(manifest.data)
	assert.equal(await page.getAttribute('meta[name=theme-color][media*=light]', 'content'), colour)
	const desk = await page.evaluate(() => getComputedStyle(document.body).backgroundColor.match(/\d+/g).map((n) => Number(n).toString(16).padStart(2, '0')).join(''))
	assert.equal('#' + desk, colour)
	// Test browsers are private ones, from which nothing can be installed.
	const { installabilityErrors } = await debug.send('Page.getInstallabilityErrors')
	assert.deepEqual(installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== 'in-incognito'), [])
})
