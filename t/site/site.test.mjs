// The site of the documentation: its links lead somewhere, it needs no other host, and
// its search finds.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, posix } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openPage, until } from '../page/chromium.mjs'
import { below } from '../page/proxy.mjs'
import { isFake, startServer } from '../page/server.mjs'
import { excerpt, index, words } from '../../site/search.mjs'
import { slug } from '../../site/markdown.mjs'
import { pages, root } from '../../site/pages.mjs'

const site = mkdtempSync(join(tmpdir(), 'pocketbook-site-'))
after(() => rmSync(site, { recursive: true, force: true }))
const build = (out) => spawnSync(process.execPath, [fileURLToPath(new URL('../../site/build.mjs', import.meta.url)), out], { encoding: 'utf8' })
const made = build(site)
if (made.status !== 0) throw new Error(made.stderr)

const read = (name) => readFileSync(join(site, name), 'utf8')
const files = readdirSync(site, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => posix.relative(site, join(entry.parentPath ?? entry.path, entry.name)))
const html = files.filter((name) => name.endsWith('.html'))
const unescape = (text) => text.replace(/&(amp|lt|gt|quot);/g, (_all, name) => ({ amp: '&', lt: '<', gt: '>', quot: '"' })[name])
/** [{tag, attribute, value}] */
const references = (text) => [...text.matchAll(/<(\w+)[^>]*?\s(href|src)="([^"]*)"/g)].map(([, tag, attribute, value]) => ({ tag, attribute, value: unescape(value) }))
const ids = Object.fromEntries(html.map((name) => [name, new Set([...read(name).matchAll(/ id="([^"]*)"/g)].map(([, id]) => id))]))

/** Does an address of a page lead to a file, and to a place in it? */
function leads(from, value) {
	const [path, fragment] = value.split('#')
	const target = path ? posix.join(posix.dirname(from), path) : from
	return files.includes(target) && (fragment === undefined || ids[target]?.has(decodeURIComponent(fragment)))
}

test('every document is a page that all pages lead to', () => {
	const all = pages()
	const documents = ['doc', 'doc/guides'].flatMap((folder) => readdirSync(root + folder).filter((name) => name.endsWith('.md')).map((name) => `${folder}/${name}`))
	assert.deepEqual(['README.md', 'SECURITY.md', 'NEWS', ...documents].filter((path) => !all.some((page) => page.path === path)), [])
	assert.equal(new Set(all.map((page) => page.html)).size, all.length)
	for (const name of html) assert.equal(read(name).split('id="pages"')[1].match(/<li>/g).length, all.length, name)
})

test('every link within the site leads to a page and a place in it', () => {
	const bad = html.flatMap((name) => references(read(name)).filter(({ value }) => !/^https?:/.test(value) && !leads(name, value)).map(({ value }) => `${name}: ${value}`))
	assert.deepEqual(bad, [])
})

test('every link of the sources to a document and a place in it is right', () => {
	const bad = []
	for (const { path, text } of pages()) {
		const plain = text.replace(/^```.*?^```/gms, '').replace(/`[^`]*`/g, '')
		for (const [, href] of plain.matchAll(/\]\(([^)\s]+)\)/g)) {
			if (/^https?:/.test(href)) continue
			const [target] = href.split('#')
			if (target && !existsSync(root + posix.join(posix.dirname(path), target))) bad.push(`${path}: ${href}`)
		}
	}
	assert.deepEqual(bad, [])
})

test('nothing is loaded from elsewhere, and nothing needs more than the server\'s policy allows', () => {
	for (const name of html) {
		const text = read(name)
		for (const { tag, value } of references(text)) if (tag !== 'a') assert.doesNotMatch(value, /^(https?:)?\/\//, name)
		assert.doesNotMatch(text, /\sstyle="|\son\w+="|<style|<script(?![^>]* src=)/, name)
		assert.doesNotMatch(text.split('<article')[1].split('</article>')[0], /&lt;!--.*results|href="[^"]*\.md"/, `${name}: comments, or links that were not turned`)
	}
	for (const name of files.filter((name) => /\.(css|js)$/.test(name) && name !== 'search-data.js')) assert.doesNotMatch(read(name).replace(/^\/\*!.*?\*\//s, ''), /https?:\/\/(?!www\.w3\.org)|url\(\//, name)
})

test('addresses are relative, and two builds are equal', () => {
	for (const name of html) for (const { value } of references(read(name))) assert.doesNotMatch(value, /^\//, name)
	const again = join(site, 'again')
	assert.equal(build(again).status, 0)
	for (const name of files) assert.ok(readFileSync(join(again, name)).equals(readFileSync(join(site, name))), name)
	rmSync(again, { recursive: true })
})

test('llms.txt names every document, as markdown whose links lead on', () => {
	const links = [...read('llms.txt').matchAll(/^- \[.+\]\((.+)\): .{10}/gm)].map(([, name]) => name)
	assert.deepEqual(links, pages().slice(1).map(({ md }) => md))
	const bad = files.filter((name) => name.endsWith('.md')).flatMap((name) => {
		const plain = read(name).replace(/^```.*?^```/gms, '').replace(/`[^`]*`/g, '')
		return [...plain.matchAll(/\]\(([^)\s#]+)[^)\s]*\)/g)].map(([, href]) => href).filter((href) => !/^https?:/.test(href) && !files.includes(posix.join(posix.dirname(name), href))).map((href) => `${name}: ${href}`)
	})
	assert.deepEqual(bad, [])
})

test('search finds by words, parts of names, beginnings and with a slip', () => {
	globalThis.pocketbookDocuments = undefined
	createRequire(import.meta.url)('node:vm').runInThisContext(read('search-data.js'))
	const search = index(globalThis.pocketbookDocuments)
	const first = (query) => search.search(query)[0]?.href
	assert.equal(first('run again updates'), 'client.html#updates-that-run-again')
	assert.match(first('cors'), /vite/)
	assert.equal(first('pouchdb'), 'guides/from-pouchdb.html')
	assert.match(first('setToken'), /^client\.html#/)
	assert.equal(first('encrpytion'), 'guides/encryption.html')
	assert.ok(search.search('retent').length > 0)
	assert.deepEqual(search.search('xyzzyplugh'), [])
	for (const { href } of globalThis.pocketbookDocuments) assert.ok(leads('index.html', href), href)
	assert.deepEqual(words('--cors-origin, setToken(f)'), ['cors-origin', 'cors', 'origin', 'setToken', 'set', 'Token', 'f'])
	assert.deepEqual(excerpt('The quick fox', ['quick']), ['The ', 'quick', ' fox'])
})

test('anchors are those of GitHub', () => {
	assert.equal(slug('Programs: Node, Bun, Deno'), 'programs-node-bun-deno')
	assert.equal(slug('`--www`, and more'), '--www-and-more')
})

test('in a browser, below a path: search by keys leads to the place', { skip: isFake && 'the stand-in serves no folder' }, async (t) => {
	const server = await startServer({ www: site })
	t.after(() => server.close())
	const { url } = await below(t, server, '/notes/')
	const page = await openPage(t, { url }, { path: 'notes/guides/react.html' })
	await page.keyboard.press('/')
	await page.keyboard.type('own storage')
	await page.locator('.results a').first().waitFor()
	await page.keyboard.press('ArrowDown')
	await page.keyboard.press('Enter')
	await until(() => page.url().endsWith('/notes/client.html#your-own-storage'))
	await page.setViewportSize({ width: 360, height: 700 })
	for (const name of ['client.html', 'performance.html', 'protocol.html']) {
		await page.goto(`${url}notes/${name}`)
		assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name} fits a phone`)
	}
})

test('the program has it at /docs/, if it is built in', { skip: isFake && 'the stand-in has no documentation' }, async (t) => {
	const server = await startServer({ www: site })
	t.after(() => server.close())
	if ((await fetch(server.url + 'docs/')).status === 404) return t.skip('it is not: ./dev site')
	const moved = await fetch(server.url + 'docs', { redirect: 'manual' })
	assert.deepEqual([moved.status, moved.headers.get('Location')], [301, 'docs/'])
	const page = await openPage(t, server, { path: 'docs' })
	await page.fill('.search input', 'conflict')
	await page.locator('.results a').first().click()
	await until(() => /\/docs\/.*conflict/.test(page.url()))
})
