// What a row is given: folders and programs that are gone when it ends, and where the built ones lie.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Program } from './process.mjs'

const TOP = new URL('../..', import.meta.url).pathname

export class Bench {
	#ends = []

	/** The release build of the server. */
	binary = process.env.POCKETBOOK ?? join(TOP, 'pocketbook')

	/** The path of one of the C programs of bench/ and t/, by its name in the source tree: 'bench/loop'. */
	built(name) {
		return join(process.env.BENCH_PROGRAMS ?? join(TOP, 'build/release'), name)
	}

	/** A file of the source tree. */
	source(name) {
		return join(TOP, name)
	}

	/** Called when the row ends, the last one first. */
	defer(end) {
		this.#ends.push(end)
	}

	/** A new folder on the disk of the temporary files. */
	folder() {
		const folder = mkdtempSync(join(tmpdir(), 'pocketbook-bench-'))
		this.defer(() => rmSync(folder, { recursive: true, force: true }))
		return folder
	}

	/** A program that ends with the row at the latest. */
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
