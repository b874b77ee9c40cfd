// Measured programs: starts them, reads /proc, ends them.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'

export const pause = (ms) => new Promise((done) => setTimeout(done, ms))

/** An unused TCP port of 127.0.0.1. */
export async function freePort() {
	const probe = createServer().listen(0, '127.0.0.1')
	await once(probe, 'listening')
	const { port } = probe.address()
	probe.close()
	await once(probe, 'close')
	return port
}

/** Resolves with the first true result of condition(); rejects after `patience` ms,
 * naming `what`. */
export async function until(what, condition, patience = 60_000) {
	const end = Date.now() + patience
	for (;;) {
		const answer = await condition()
		if (answer) return answer
		if (Date.now() > end) throw new Error(`waited in vain for ${what}`)
		await pause(10)
	}
}

export class Program {
	#child
	#told = ''

	/** Starts the program; `told` returns its stdout and stderr. `options` as for
	 * spawn. */
	constructor(file, args = [], options = {}) {
		this.name = [file, ...args].join(' ')
		this.#child = spawn(file, args.map(String), { stdio: ['pipe', 'pipe', 'pipe'], ...options })
		this.#child.on('error', (error) => (this.#told += error.message))
		for (const stream of [this.#child.stdout, this.#child.stderr]) stream?.setEncoding('utf8').on('data', (text) => (this.#told += text))
	}

	get pid() {
		return this.#child.pid
	}

	get stdin() {
		return this.#child.stdin
	}

	get told() {
		return this.#told
	}

	get ended() {
		return this.#child.exitCode !== null || this.#child.signalCode !== null || this.pid === undefined
	}

	/** Resolves when `condition()` holds; rejects if the program ends before. */
	ready(condition) {
		return until(`${this.name} to be ready`, () => {
			if (this.ended) throw new Error(`${this.name} ended: ${this.#told}`)
			return condition()
		})
	}

	/** Resolves with the output after the end; rejects if the exit status is
	 * not 0. */
	async result() {
		if (!this.ended) await once(this.#child, 'close')
		if (this.#child.exitCode !== 0) throw new Error(`${this.name} failed (${this.#child.exitCode ?? this.#child.signalCode}): ${this.#told}`)
		return this.#told
	}

	/** Sends SIGTERM and waits for the end. */
	async stop(signal = 'SIGTERM') {
		if (this.ended) return
		const ended = once(this.#child, 'exit')
		this.#child.kill(signal)
		await ended
	}

	/** The ids of the process and all its descendants. */
	family() {
		return family(this.pid)
	}
}

export function family(pid) {
	let children = []
	try {
		children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean)
	} catch {}
	return [Number(pid), ...children.flatMap((child) => family(child))]
}

/** Seconds of processor time used by these single-threaded processes (proc(5),
 * schedstat). */
export function processorTime(pids) {
	return pids.map((pid) => Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e9).reduce((sum, seconds) => sum + seconds, 0)
}

/** Bytes of memory, shared pages divided among their users (PSS, proc(5)). */
export function memory(pids) {
	return pids
		.map((pid) => /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1])
		.reduce((sum, kilobytes) => sum + Number(kilobytes) * 1024, 0)
}

/** Does a server answer HTTP there? */
export async function answers(url) {
	try {
		await (await fetch(url)).arrayBuffer()
		return true
	} catch {
		return false
	}
}
