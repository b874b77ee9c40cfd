// The argument of a row: folders and programs that end with it, and the paths of built
// programs.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Program } from './process.mjs'

const TOP = new URL('../..', import.meta.url).pathname

export class Bench {
	#ends = []

	/** The release build of the server. */
	binary = process.env.POCKETBOOK ?? join(TOP, 'pocketbook')

	/** The path of a C program of bench/ or t/ by its name, such as
	 * 'bench/loop'. */
	built(name) {
		return join(process.env.BENCH_PROGRAMS ?? join(TOP, 'build/release'), name)
	}

	/** The path of a source file. */
	source(name) {
		return join(TOP, name)
	}

	/** Registers a function for the end of the row; the last one is called
	 * first. */
	defer(end) {
		this.#ends.push(end)
	}

	/** Creates a temporary folder. */
	folder() {
		const folder = mkdtempSync(join(tmpdir(), 'pocketbook-bench-'))
		this.defer(() => rmSync(folder, { recursive: true, force: true }))
		return folder
	}

	/** Starts a program that ends with the row at the latest. */
	start(file, args, options) {
		const program = new Program(file, args, options)
		this.defer(() => program.stop())
		return program
	}

	async close() {
		for (const end of this.#ends.reverse()) await end()
		this.#ends = []
	}
}
