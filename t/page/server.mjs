// The server that the page's tests run against: the real program, with several workers,
// or (POCKETBOOK_FAKE=1) the client tests' own.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleOnce } from './bundle.mjs'
import { FakeServer } from '../../www/test/fake-server.mjs'

export const isFake = process.env.POCKETBOOK_FAKE === '1'
const program = process.env.POCKETBOOK ?? fileURLToPath(new URL('../../pocketbook', import.meta.url))

async function freePort() {
	const probe = createServer().listen(0, '127.0.0.1')
	await once(probe, 'listening')
	const { port } = probe.address()
	probe.close()
	await once(probe, 'close')
	return port
}

/** A server on one port and one database, that can be stopped and started again. */
class RealServer {
	#folder = mkdtempSync(join(tmpdir(), 'pocketbook-page-'))
	#child

	constructor({ auth = false, www, options = [] } = {}) {
		this.auth = auth
		this.www = www
		this.options = options
		this.db = join(this.#folder, 'page.db')
	}

	get url() {
		return `http://127.0.0.1:${this.port}/`
	}

	async start() {
		this.port ??= await freePort()
		const args = ['serve', '--db', this.db, '--listen', `127.0.0.1:${this.port}`, '--workers', '2', '--auth', this.auth ? 'on' : 'off']
		args.push(...this.options)
		if (this.www) args.push('--www', this.www)
		const child = (this.#child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] }))
		let log = ''
		child.stderr.on('data', (chunk) => (log += chunk))
		for (;;) {
			if (child.exitCode !== null) throw new Error(`the server ended at its start: ${log}`)
			if (await fetch(this.url + 'readyz').then((answer) => answer.ok, () => false)) return this
			await new Promise((done) => setTimeout(done, 20))
		}
	}

	async stop() {
		const child = this.#child
		this.#child = undefined
		if (!child || child.exitCode !== null) return
		const ended = once(child, 'exit')
		child.kill('SIGTERM')
		await ended
	}

	/**
	 * Copies the database of a stopped server; the answer puts the copy back in its
	 * place.
	 */
	keepCopy() {
		copyFileSync(this.db, `${this.db}.copy`)
		return () => {
			for (const end of ['-wal', '-shm']) rmSync(this.db + end, { force: true })
			copyFileSync(`${this.db}.copy`, this.db)
		}
	}

	/**
	 * How many connections each process of the server holds, by its pid; those with
	 * none are left out.
	 */
	connections() {
		const { pid } = this.#child
		const port = this.port.toString(16).toUpperCase().padStart(4, '0')
		const rows = readFileSync('/proc/net/tcp', 'utf8').split('\n').map((line) => line.trim().split(/\s+/))
		const sockets = new Set(rows.filter(([, local, , state]) => local?.endsWith(':' + port) && state === '01').map((row) => `socket:[${row[9]}]`))
		const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')
		const held = (child) => readdirSync(`/proc/${child}/fd`).map((fd) => {
			try {
				return readlinkSync(`/proc/${child}/fd/${fd}`)
			} catch {
				return '' // closed meanwhile
			}
		})
		return Object.fromEntries(children.map((child) => [child, held(child).filter((name) => sockets.has(name)).length]).filter(([, n]) => n))
	}

	/** Runs a command on the database; its output. */
	#command(...words) {
		const done = spawnSync(program, [...words, '--db', this.db])
		if (done.status !== 0) throw new Error(`${words[0]}: ${done.stderr}`)
		return String(done.stdout).trim()
	}

	token(user, ...groups) {
		return this.#command('token', 'add', '--user', user, ...groups.flatMap((group) => ['--group', group]))
	}

	/** A token for the admin page. */
	adminToken(user) {
		return this.#command('token', 'add', '--user', user, '--admin')
	}

	/** The link of an invitation. */
	invite(uses, ...groups) {
		return this.#command('token', 'invite', '--uses', String(uses), '--url', this.url, ...groups.flatMap((group) => ['--group', group]))
	}

	revoke(token) {
		this.#command('token', 'revoke', token.split('_')[1])
	}

	/** Removes all tombstones for good. */
	purge() {
		this.#command('purge', '--older-than', '0s')
	}

	backup() {
		this.#command('backup', `${this.db}.bak`)
	}

	/** Puts the backup in the place of a stopped server's database. */
	restore() {
		this.#command('restore', `${this.db}.bak`, '--force')
	}

	async close() {
		await this.stop()
		rmSync(this.#folder, { recursive: true, force: true })
	}
}

class Fake extends FakeServer {
	#folder

	constructor({ auth, www }) {
		super({ www })
		this.#folder = www
		if (auth) this.tokens = {}
	}

	token(user, ...groups) {
		const token = `pbk_${user}_${Object.keys(this.tokens).length}`
		this.tokens[token] = { groups: Object.fromEntries(groups.map((group) => group.split(':')).map(([name, mode = 'rw']) => [name, mode])) }
		return token
	}

	revoke(token) {
		delete this.tokens[token]
		this.dropStreams()
	}

	async close() {
		await this.stop()
	}
}

/**
 * {auth, www, options}: www only where it is not what the program has built in; options
 * are further words of `serve`.
 */
export async function startServer(options = {}) {
	const server = isFake ? new Fake({ www: await bundleOnce(), ...options }) : new RealServer(options)
	return server.start()
}

/** Writes as any client may: with curl, say. */
export async function push(server, docs, token) {
	const headers = { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) }
	const answer = await fetch(server.url + 'sync', { method: 'POST', headers, body: JSON.stringify({ docs }) })
	if (!answer.ok) throw new Error(`push: ${answer.status} ${await answer.text()}`)
	return (await answer.json()).results
}

/** What the server holds of a group, by id. */
export async function pull(server, group = 'todos', token) {
	const headers = token ? { Authorization: `Bearer ${token}` } : {}
	const held = new Map()
	for (let more = true, cursor = '0'; more;) {
		const answer = await fetch(`${server.url}sync?group=${group}&since=${encodeURIComponent(cursor)}`, { headers })
		const page = await answer.json()
		for (const { id, value, deleted } of page.docs) deleted ? held.delete(id) : held.set(id, value)
		;({ more, cursor } = page)
	}
	return held
}
