// The examples, as somebody runs them: with the package, against a server.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openContext, openPage, until } from './chromium.mjs'
import { isFake, pull, push, startServer } from './server.mjs'

const skip = isFake && 'the stand-in has no package'
const examples = fileURLToPath(new URL('../../examples/', import.meta.url))
const www = fileURLToPath(new URL('../../www/', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'pocketbook-examples-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const modules = join(folder, 'node_modules')
const made = spawnSync(process.execPath, [join(www, 'package.mjs'), join(modules, 'pocketbook')], { encoding: 'utf8' })
if (made.status !== 0) throw new Error(made.stderr)

/** A copy, in which what its package.json names is there. */
function install(name) {
	cpSync(join(examples, name), join(folder, name), { recursive: true })
	const { dependencies, devDependencies } = JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8'))
	for (const needed of [...Object.keys({ ...dependencies, ...devDependencies }), 'eventsource-parser', 'scheduler']) {
		const place = join(modules, needed)
		mkdirSync(dirname(place), { recursive: true })
		if (!existsSync(place)) symlinkSync(join(www, 'node_modules', needed), place)
	}
	return join(folder, name)
}

async function serve(t, options) {
	const server = await startServer(options)
	t.after(() => server.close())
	return server
}

function demo(name, server) {
	const { status, stdout, stderr } = spawnSync(process.execPath, ['demo.mjs'], { cwd: install(name), encoding: 'utf8', env: { ...process.env, POCKETBOOK_URL: server.url } })
	assert.equal(status, 0, stderr)
	return stdout
}

test('vanilla-offline: two devices agree, and the page opens without a server', { skip }, async (t) => {
	const server = await serve(t, { www: join(examples, 'vanilla-offline') })
	const context = await openContext(t)
	const page = await openPage(t, server, { context })
	const other = await openPage(t, server)
	const shows = (page, ...names) => until(async () => (await page.locator('li').allTextContents()).map((text) => text.trim()).join() === names.join())
	await page.fill('[name=what]', 'cheese')
	await page.press('[name=what]', 'Enter')
	await shows(other, 'cheese')
	await other.check('input[type=checkbox]')
	await page.waitForSelector('label.done')
	await page.evaluate(() => navigator.serviceWorker.ready)
	await server.stop()
	await page.reload()
	await shows(page, 'cheese')
	await page.fill('[name=what]', 'bread')
	await page.press('[name=what]', 'Enter')
	await until(async () => (await page.textContent('#state')) === 'Offline, 1 unsent')
	await server.start()
	await shows(other, 'cheese', 'bread')
})

test('react: it builds, and two devices agree', { skip }, async (t) => {
	const app = install('react')
	const { scripts } = JSON.parse(readFileSync(join(app, 'package.json'), 'utf8'))
	const { status, stderr } = spawnSync('sh', ['-c', scripts.build], { cwd: app, encoding: 'utf8', env: { ...process.env, PATH: `${join(www, 'node_modules/.bin')}:${process.env.PATH}` } })
	assert.equal(status, 0, stderr)
	const server = await serve(t, { www: join(app, 'dist') })
	const page = await openPage(t, server)
	const other = await openPage(t, server)
	await page.fill('[name=title]', 'buy cheese')
	await page.press('[name=title]', 'Enter')
	await other.getByText('buy cheese').waitFor()
	await other.check('input[type=checkbox]')
	await page.locator('input:checked').waitFor()
	await page.click('[aria-label="Remove buy cheese"]')
	await until(async () => (await other.locator('li').count()) === 0)
	assert.equal((await pull(server)).size, 0)
})

/** Those that are installed; `npm install bun deno` gives both. */
const has = (command) => !spawnSync(command, ['--version']).error
const runtimes = { node: [process.execPath, 'bot.mjs'], bun: ['bun', 'bot.mjs'], deno: ['deno', 'run', '-A', 'bot.mjs'] }

for (const [name, [command, ...args]] of Object.entries(runtimes))
	test(`node-bot in ${name}: it answers, also what came while it was away`, { skip: skip || (!has(command) && `there is no ${name}`) }, async (t) => {
		const server = await serve(t)
		const cwd = install('node-bot')
		rmSync(join(cwd, 'bot.db'), { force: true })
		let said = ''
		const start = () => {
			const bot = spawn(command, args, { cwd, env: { ...process.env, POCKETBOOK_URL: server.url }, stdio: ['ignore', 'pipe', 'inherit'] })
			bot.stdout.on('data', (chunk) => (said += chunk))
			t.after(() => bot.exitCode ?? bot.kill('SIGKILL'))
			return bot
		}
		const stop = async (bot, signal) => {
			const ended = once(bot, 'exit')
			bot.kill(signal)
			await ended
		}
		const answered = (count) => until(async () => [...(await pull(server)).values()].filter(({ title }) => title === 'pong').length === count)
		const first = start()
		await push(server, [{ id: 'todos:1', value: { title: 'ping' } }])
		await answered(1)
		await stop(first, 'SIGKILL')
		await push(server, [{ id: 'todos:2', value: { title: 'ping' } }])
		const second = start()
		await answered(2)
		await until(() => said.endsWith('watching, 1 documents are here\n'), 'what it had is there')
		await stop(second, 'SIGTERM')
		assert.equal(second.exitCode, 0)
	})

test('yjs: two users change one text at once, without a conflict', { skip }, async (t) => {
	const server = await serve(t)
	assert.equal(demo('yjs', server), 'Ann: hello world!\nthe same 0 conflicts\n')
})

test('encrypted: who has the key can read, and the server cannot', { skip }, async (t) => {
	const server = await serve(t)
	assert.equal(demo('encrypted', server), "bob reads { text: 'meet at noon' }\neve reads { unreadable: true }\n")
	const [value] = (await pull(server, 'secrets')).values()
	assert.match(value, /^[\w+/]+=*$/)
})
