// Chromium for the page's tests, and what they do with it again and again.
import { createRequire } from 'node:module'
import { after } from 'node:test'

const require = createRequire(new URL('../../www/', import.meta.url))
const { chromium } = require('playwright-core')

const args = [
	'--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
	'--disable-sync',
	// Not a secure context, as an address in a local network.
	'--host-resolver-rules=MAP lan.test 127.0.0.1',
]

let browser

/** Started once for each test file. */
export async function launch() {
	browser ??= await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium-headless-shell', args })
	return browser
}

after(async () => browser?.close())

/**
 * Another browser, as far as the page can tell: a storage and connections of its own.
 */
export async function openContext(t, options = {}) {
	const context = await (await launch()).newContext({ viewport: { width: 900, height: 800 }, ...options })
	context.setDefaultTimeout(60_000)
	t.after(() => context.close())
	return context
}

/** The page in a browser of its own; what goes wrong in its scripts fails the test. */
export async function openPage(t, server, { context, path = '', ...options } = {}) {
	context ??= await openContext(t, options)
	const page = await context.newPage()
	const errors = []
	page.on('pageerror', (error) => errors.push(error))
	page.on('console', (message) => /Content Security Policy/.test(message.text()) && errors.push(new Error(message.text())))
	t.after(() => {
		if (errors.length) throw errors[0]
	})
	await page.goto(server.url + path)
	return page
}

export const state = (page, name) => page.waitForSelector(`.status[data-state="${name}"][data-pending="0"]`)

export async function add(page, ...titles) {
	for (const title of titles) {
		await page.fill('.new-todo', title)
		await page.press('.new-todo', 'Enter')
	}
}

/** A write that the page does not offer: as by another script of it. */
export const write = (page, id, value) => page.evaluate(([key, one]) => void globalThis.todos.swap((docs) => new Map(docs).set(key, one)), [id, value])

export const titles = (page) => page.locator('.todo-list li label').allTextContents()

export const item = (page, title) => page.locator('.todo-list li', { has: page.locator('label', { hasText: new RegExp(`^${title}$`) }) })

/** Waits until the list shows these titles, in this order. */
export async function shows(page, ...expected) {
	await page.waitForFunction(
		(wanted) => JSON.stringify([...document.querySelectorAll('.todo-list li label')].map((label) => label.textContent)) === wanted,
		JSON.stringify(expected),
	).catch(async () => {
		throw new Error(`the list should show ${JSON.stringify(expected)}, but shows ${JSON.stringify(await titles(page))}`)
	})
}

/** Waits until the condition, which may be asynchronous, holds. */
export async function until(condition, what = String(condition)) {
	const end = Date.now() + 60_000
	while (!(await condition())) {
		if (Date.now() > end) throw new Error(`it never came true: ${what}`)
		await new Promise((done) => setTimeout(done, 20))
	}
}

/**
 * Until so many unsent writes are on the device: a reload may cut off what is still on
 * its way there.
 */
export const stored = (page, count) => until(() => page.evaluate(async (wanted) => {
	const answer = (request) => new Promise((resolve, reject) => Object.assign(request, { onsuccess: () => resolve(request.result), onerror: reject }))
	const [kept] = await indexedDB.databases()
	// It may just have been deleted.
	if (!kept) return false
	const db = await answer(indexedDB.open(kept.name))
	const count = await answer(db.transaction('writes').objectStore('writes').count())
	db.close()
	return count === wanted
}, count), `${count} unsent writes are stored`)
