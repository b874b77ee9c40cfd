// axe-core in the page: what it finds of WCAG 2.2 A and AA, and of its best practices.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const require = createRequire(new URL('../../www/', import.meta.url))
const source = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8')

// Textures and torn edges, behind which axe does not see which colour a text is on: it
// is that of the sheet, or of the desk. The same for what lies below a dialog.
const FLAT = `
	body::before, .paper::before, .todoapp::before { display: none !important }
	.paper, .todoapp { mask: none !important; -webkit-mask: none !important; background: var(--paper) !important; filter: none !important }
	.sheet { filter: none !important }
	.todo-list li, .todo-list .view, .todo-list label { background-image: none !important }
	body:has(dialog[open]) :is(header, main > :not(dialog)) { visibility: hidden }
	*, ::before, ::after { transition: none !important; animation: none !important }`

async function flatten(page) {
	await page.evaluate((rules) => {
		if (globalThis.flattened) return
		globalThis.flattened = true
		const sheet = new CSSStyleSheet()
		sheet.replaceSync(rules)
		document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet]
	}, FLAT)
}

/** Fails with what axe finds, and if it could not tell a contrast. */
export async function assertAccessible(page, what) {
	await flatten(page)
	if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(source)
	const { violations, incomplete, passes } = await page.evaluate(() => globalThis.axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }))
	const unsure = incomplete.filter(({ id }) => id === 'color-contrast')
	const found = [...violations, ...unsure].flatMap(({ id, help, nodes }) => nodes.map(({ target, html, any }) => `${id}: ${help}: ${target}: ${html.slice(0, 200)} ${any[0]?.message ?? ''}`))
	assert.deepEqual(found, [], what)
	assert.ok(passes.length > 10, `${what}: axe has looked`)
}
