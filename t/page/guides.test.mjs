// The guides' blocks, as somebody pastes them. A block without a file name is a program
// that logs what stands behind its arrows; one with a name is a file of the guide's
// app.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, extname, join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { format } from 'node:util'
import { openContext, openPage, until } from './chromium.mjs'
import { isFake, pull, startServer } from './server.mjs'

const skip = isFake && 'the stand-in has no package'
const www = fileURLToPath(new URL('../../www/', import.meta.url))
const { build } = createRequire(www)('esbuild')
const folder = mkdtempSync(join(tmpdir(), 'pocketbook-guides-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const made = spawnSync(process.execPath, [join(www, 'package.mjs'), join(folder, 'node_modules/pocketbook')], { encoding: 'utf8' })
if (made.status !== 0) throw new Error(made.stderr)

const guides = new URL('../../doc/guides/', import.meta.url)
/** {NAME: [{language, file, code, line}]} */
const blocks = Object.fromEntries(readdirSync(guides).filter((name) => name.endsWith('.md')).map((name) => {
	const text = readFileSync(new URL(name, guides), 'utf8')
	const found = [...text.matchAll(/^```(\w+)(?: (\S+))?\n(.*?)^```/gms)]
	return [name, found.map(({ 1: language, 2: file, 3: code, index }) => ({ language, file, code, line: text.slice(0, index).split('\n').length }))]
}))

const head = '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">'

const bundle = (entry, outfile) =>
	build({ entryPoints: [entry], outfile, bundle: true, format: 'esm', jsx: 'automatic', define: { 'process.env.NODE_ENV': '"production"', 'import.meta.env': '{"DEV":true}' }, nodePaths: [join(folder, 'node_modules'), join(www, 'node_modules')], logLevel: 'error' })

async function serve(t, options) {
	const server = await startServer(options)
	t.after(() => server.close())
	return server
}

/** Writes a guide's files, and returns their folder. The server's address is `url`. */
function write(guide, url = '.') {
	const place = join(folder, guide)
	for (const { file, code } of blocks[guide].filter(({ file }) => file)) {
		mkdirSync(dirname(join(place, file)), { recursive: true })
		writeFileSync(join(place, file), code.replaceAll('http://localhost:8080', url))
	}
	return place
}

/** Serves a folder on an origin of its own, as a development server. */
async function elsewhere(t) {
	const types = { '.html': 'text/html', '.js': 'text/javascript' }
	const server = createServer(({ url }, response) => {
		const path = join(server.folder, url === '/' ? 'index.html' : url)
		try {
			response.setHeader('Content-Type', types[extname(path)])
			response.end(readFileSync(path))
		} catch {
			response.writeHead(404).end()
		}
	})
	await new Promise((done) => server.listen(0, '127.0.0.1', done))
	t.after(() => server.close().closeAllConnections())
	return Object.assign(server, { url: `http://127.0.0.1:${server.address().port}` })
}

// ---- Programs ----

for (const [guide, all] of Object.entries(blocks))
	for (const { language, file, code, line } of all) {
		if (file) continue
		test(`${guide}:${line} runs`, { skip }, async (t) => {
			assert.equal(language, 'js', 'its language')
			const promised = [...code.matchAll(/\/\/ (?:logs )?→ (.*)$/gm)].map(([, text]) => text)
			assert.ok(promised.length, 'it says what it logs')
			const place = mkdtempSync(join(folder, 'program-'))
			const server = await serve(t, { www: place })
			writeFileSync(join(place, 'program.js'), code.replaceAll('http://localhost:8080', server.url))
			await bundle(join(place, 'program.js'), join(place, 'bundled.js'))
			writeFileSync(join(place, 'index.html'), head + '<script type="module" src="bundled.js"></script>')
			const page = await (await openContext(t)).newPage()
			const logged = []
			await page.exposeFunction('log', (...values) => logged.push(format(...values)))
			await page.addInitScript(() => (console.log = (...values) => globalThis.log(...values)))
			page.on('pageerror', (error) => logged.push(String(error)))
			await page.goto(server.url)
			await until(() => logged.length >= promised.length, `it logs ${promised}`)
			assert.deepEqual(logged, promised)
		})
	}

// ---- Apps ----

test('first-app.md: two devices agree, and the page opens without a server', { skip }, async (t) => {
	const server = await serve(t, { www: write('first-app.md') })
	const context = await openContext(t)
	const page = await openPage(t, server, { context })
	const other = await openPage(t, server)
	await page.fill('[name=what]', 'cheese')
	await page.press('[name=what]', 'Enter')
	await other.getByText('cheese').waitFor()
	await page.evaluate(() => navigator.serviceWorker.ready)
	await server.stop()
	await page.reload()
	await page.getByText('cheese').waitFor()
	await page.fill('[name=what]', 'bread')
	await page.press('[name=what]', 'Enter')
	await page.getByText('Offline, 1 not sent yet').waitFor()
	await server.start()
	await other.getByText('bread').waitFor()
	await other.getByRole('button').first().click()
	await until(async () => (await page.locator('li').allTextContents()).join() === 'bread Got it')
	await page.getByText('Saved').waitFor()
})

test('offline.md: both pages open without a server', { skip }, async (t) => {
	const place = write('offline.md')
	writeFileSync(join(place, 'app.html'), head + '<script type="module" src="main.js"></script><p>the app</p>')
	await bundle(join(place, 'src/main.js'), join(place, 'main.js'))
	const server = await serve(t, { www: place })
	const page = await openPage(t, server)
	await page.fill('textarea', 'hello')
	await until(async () => (await pull(server, 'notes')).get('notes:1') === 'hello')
	await page.evaluate(() => navigator.serviceWorker.ready)
	const app = await openPage(t, server, { path: 'app.html' })
	await app.evaluate(() => navigator.serviceWorker.ready)
	await server.stop()
	await page.reload()
	await until(async () => (await page.inputValue('textarea')) === 'hello')
	await app.reload()
	await app.getByText('the app').waitFor()
})

for (const [guide, entry, use] of [
	['vite.md', 'src/main.js', async (page, other) => {
		await page.click('button')
		await other.getByText('cheese').waitFor()
	}],
	['react.md', 'src/main.jsx', async (page, other) => {
		await page.fill('[name=what]', 'cheese')
		await page.press('[name=what]', 'Enter')
		await other.getByText('cheese').waitFor()
		await other.check('input[type=checkbox]')
		await page.locator('input:checked').waitFor()
		await page.getByText('Saved').waitFor()
		await page.click('li button')
		await until(async () => (await other.locator('li').count()) === 0)
	}],
])
	test(`${guide}: it works from another origin that the server allows`, { skip }, async (t) => {
		const dev = await elsewhere(t)
		const server = await serve(t, { options: ['--cors-origin', dev.url] })
		const place = (dev.folder = write(guide, server.url))
		await bundle(join(place, entry), join(place, 'main.js'))
		writeFileSync(join(place, 'index.html'), head + '<div id="app"></div><div id="root"></div><script type="module" src="main.js"></script>')
		const at = { url: `${dev.url}/` }
		await use(await openPage(t, at), await openPage(t, at))
	})

test('vite.md: the configuration forwards every path of the protocol', { skip }, async () => {
	const { default: config } = await import(pathToFileURL(join(write('vite.md', 'http://127.0.0.1:8080'), 'vite.config.js')))
	const protocol = readFileSync(new URL('../../doc/protocol.md', import.meta.url), 'utf8')
	const paths = new Set([...protocol.matchAll(/`(?:GET|POST) (\/\w+)/g)].map(([, path]) => path))
	const ofServer = ['/healthz', '/readyz', '/pocketbook']
	assert.deepEqual(Object.keys(config.server.proxy).sort(), [...paths].filter((path) => !ofServer.includes(path)).sort())
})
