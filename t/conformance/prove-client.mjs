// Proves that a client speaks the sync protocol: `node t/conformance/prove-client.mjs
// COMMAND [ARGUMENT...]`. The command is a driver, which does with the client what it
// reads on its standard input (README.md lists it); this program is the server that the
// client talks to, and makes trouble.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { FakeServer, Problem } from '../../www/test/fake-server.mjs'
import { Failed, cases, check, differences, filled, invalid, prove } from './kit.mjs'

/** How long an answer or a condition may take. A bound for a hang, no measure. */
const PATIENCE_MS = 60_000

class Driver {
	#child
	#lines
	#ended

	#patience

	constructor(command, patience) {
		this.#patience = patience
		this.#child = spawn(command[0], command.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] })
		this.#child.stdin.on('error', () => {})
		this.#ended = new Promise((resolve) => this.#child.once('exit', resolve).once('error', resolve))
		this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]()
	}

	/** Sends a command and returns the answer. */
	async ask(command) {
		this.#child.stdin.write(JSON.stringify(command) + '\n')
		const late = AbortSignal.timeout(this.#patience)
		const hang = new Promise((_, reject) => late.addEventListener('abort', () => reject(new Failed(`no answer to ${command.do}`))))
		const { value, done } = await Promise.race([this.#lines.next(), hang])
		if (done) throw new Failed(`the driver ended at ${command.do}`)
		return JSON.parse(value)
	}

	async end() {
		this.#child.stdin.end()
		const timer = setTimeout(() => this.#child.kill('SIGKILL'), 5000)
		await this.#ended
		clearTimeout(timer)
	}
}

class Run {
	#server = new FakeServer()
	#driver
	#folder = mkdtempSync(join(tmpdir(), 'pocketbook-conformance-'))
	#group = `g${randomBytes(4).toString('hex')}`
	#faults = []
	#kept
	#edits = []
	#cursors = new Set(['0'])
	#invalid = []
	#command
	#case

	#patience

	constructor(command, one, patience) {
		this.#command = command
		this.#patience = patience
		this.#case = one
		this.#server.fault = (request, path, body) => this.#onRequest(request, path, body)
		this.#server.beforeAnswer = (request, answer) => this.#onAnswer(answer)
		this.#server.events = (response) => this.#onStream(response)
	}

	/** Events give cursors, too. */
	#onStream(response) {
		const write = response.write.bind(response)
		response.write = (text) => {
			for (const [, cursor] of String(text).matchAll(/^id: (.*)$/gm)) this.#cursors.add(cursor)
			return write(text)
		}
		response.write(': welcome\n\n')
	}

	#onRequest(request, path, body) {
		const kind = path === '/events' ? 'stream' : request.method === 'POST' ? 'push' : 'pull'
		if (kind === 'push') this.#notePush(body)
		if (kind === 'pull') {
			const since = new URL(request.url, this.#server.url).searchParams.get('since') ?? '0'
			if (!this.#cursors.has(since)) this.#invalid.push(`since=${since} is no cursor that the server gave`)
		}
		const at = this.#faults.findIndex((fault) => fault.on === kind)
		if (at < 0) return undefined
		const [fault] = this.#faults.splice(at, 1)
		if (typeof fault.do === 'number') throw new Problem(fault.do, 'as the case wants it')
		return fault.do
	}

	#notePush(body) {
		let push
		try {
			push = JSON.parse(body)
		} catch {
			return this.#invalid.push(`a push that is no JSON: ${body}`)
		}
		const wrong = invalid('push', push)
		if (wrong) this.#invalid.push(`${wrong}: ${body}`)
		else this.#edits.push(...push.docs)
	}

	#onAnswer(answer) {
		if (answer.cursor) this.#cursors.add(answer.cursor)
		if (this.novel) Object.assign(answer, { novel: { nested: [1] } })
	}

	async run() {
		await this.#server.start()
		try {
			const skipped = await this.#open()
			if (skipped) return skipped
			for (const [i, step] of this.#case.steps.entries())
				await this.#step(filled(step, { G: this.#group })).catch((error) => {
					throw Object.assign(error, { step: i + 1 })
				})
			check(this.#invalid)
		} finally {
			await this.#driver.end()
			await this.#server.stop().catch(() => {})
			rmSync(this.#folder, { recursive: true, force: true })
		}
	}

	async #open() {
		this.#driver = new Driver(this.#command, this.#patience)
		const { live = false, reopen = false } = this.#case
		const storage = join(this.#folder, 'client')
		const answer = await this.#driver.ask({ do: 'open', url: this.#server.url, group: this.#group, live, storage: reopen ? storage : null })
		if (answer.unsupported) return `the driver cannot: ${answer.unsupported}`
		if (answer.error) throw new Failed(answer.error)
	}

	async #step(step) {
		if (step.server) return this.#atServer(step.server)
		if (step.do) return this.#do(step)
		if (step.reopen) {
			await this.#driver.end()
			return this.#open()
		}
		if (step.until) return this.#until(step.until)
		const wrong = await this.#look(step)
		check(wrong)
	}

	async #do({ fails, ...command }) {
		const { error } = await this.#driver.ask(command)
		if (fails === 'maybe') return
		if (fails && !error) throw new Failed(`${command.do} should fail`)
		if (!fails && error) throw new Failed(`${command.do}: ${error}`)
	}

	/** What is wrong at the client, or at the server, with what a step says. */
	async #look({ docs, pending, conflicts, holds, edits, sameOp, cursors, streams }) {
		const wrong = []
		if (docs) {
			const shown = (await this.#driver.ask({ do: 'docs' })).docs
			wrong.push(...differences(shown, docs, 'docs'), ...differences(Object.keys(shown).sort(), Object.keys(docs).sort(), 'the ids'))
		}
		if (pending !== undefined) wrong.push(...differences((await this.#driver.ask({ do: 'pending' })).pending, pending, 'pending'))
		if (conflicts) wrong.push(...differences((await this.#driver.ask({ do: 'conflicts' })).conflicts.sort(), conflicts, 'conflicts'))
		for (const [id, doc] of Object.entries(holds ?? {})) wrong.push(...differences(this.#server.docs.get(id), doc, `${id} on the server`))
		if (edits) wrong.push(...differences(this.#edits.map(({ id, base = 0 }) => ({ id, base })), edits, 'edits'))
		if (sameOp) wrong.push(...this.#ops(sameOp))
		if (cursors && this.#invalid.length) wrong.push(...this.#invalid)
		if (streams !== undefined) await this.#until({ streamCount: streams })
		return wrong
	}

	#ops(id) {
		const ops = new Set(this.#edits.filter((edit) => edit.id === id).map(({ op }) => op))
		return ops.size === 1 && !ops.has(undefined) ? [] : [`every push of ${id} should have the same op, but they have ${[...ops].join(', ')}`]
	}

	async #until(wanted) {
		const end = Date.now() + this.#patience
		for (;;) {
			const wrong = wanted.streamCount === undefined ? await this.#look(wanted)
				: this.#server.streams >= wanted.streamCount ? [] : ['no stream is open']
			if (!wrong.length) return
			if (Date.now() > end) check(wrong)
			await new Promise((done) => setTimeout(done, 20))
		}
	}

	async #atServer(orders) {
		const server = this.#server
		if (orders.stop) await server.stop()
		if (orders.pageSize) server.pageSize = orders.pageSize
		if (orders.novel) this.novel = true
		if (orders.token) server.tokens = { [orders.token]: { groups: { '*': 'rw' } } }
		if (orders.fault) this.#faults.push(orders.fault)
		if (orders.snapshot) this.#kept = server.snapshot()
		if (orders.restore) server.restore(this.#kept)
		if (orders.purge) server.purge()
		for (const [id, value] of Object.entries(orders.put ?? {})) server.put(id, value)
		for (const id of orders.delete ?? []) server.put(id, undefined)
		for (const id of orders.damage ?? []) server.damage(id)
		if (orders.say) server.say(orders.say)
		if (orders.dropStreams) server.dropStreams()
		if (orders.start) await server.start()
	}
}

export const proveClient = (command, { patience = PATIENCE_MS, ...options } = {}) =>
	prove(cases('client.ndjson'), (one) => new Run(command, one, patience).run(), options)

if (process.argv[1]?.endsWith('prove-client.mjs')) {
	const command = process.argv.slice(2)
	if (!command.length) {
		console.error('usage: node t/conformance/prove-client.mjs COMMAND [ARGUMENT...]')
		process.exit(2)
	}
	process.exitCode = (await proveClient(command)) ? 1 : 0
}
