// A storage in a file, for programs in Node, Bun and Deno.
import { type FileHandle, open, readFile, rename } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Rows, Storage } from '../client/types.js'
import { type Lock, lock, trueName } from './file-lock.js'
import { type Change, KeptRows } from './kept-rows.js'

/** The file is written anew if it has so many lines more than rows. */
const EXCESS = 10_000

const line = (value: unknown) => JSON.stringify(value) + '\n'

/**
 * Keeps the data in a file: a first line that names the server and the user, then a
 * line for each transaction. What is stored has been synced to the disk. The loss of
 * the last line, by a crash while it was written, loses no other.
 */
export function fileStorage(file: string): Storage {
	let path = resolve(file)
	let rows = new KeptRows()
	let handle: FileHandle | undefined
	/** Without it, nothing may be written. */
	let held: Lock | undefined
	let head = ''
	let lines = 0
	/** Transactions run in their order. */
	let last: Promise<unknown> = Promise.resolve()

	function inTurn<T>(job: () => Promise<T>): Promise<T> {
		const done = last.then(job)
		last = done.catch(() => {})
		return done
	}

	async function read(): Promise<void> {
		const text = await readFile(path, 'utf8').catch((error: any) => {
			if (error.code === 'ENOENT') return ''
			throw error
		})
		// The last part is empty, or was cut off.
		const [first, ...rest] = text.split('\n').slice(0, -1)
		if (first !== undefined && first + '\n' !== head) throw new Error(`${path} is no such file, or of another server, user or codec: ${first.slice(0, 200)}`)
		for (const each of rest) rows.apply(JSON.parse(each) as Change[])
	}

	/** Writes the file anew, with the present rows only. */
	async function compact(): Promise<void> {
		if (!held) throw new Error(`${path} is not open`)
		const made = await open(`${path}.new`, 'w', 0o600)
		await made.writeFile([head, ...[...rows.all()].map((change) => line([change]))].join(''))
		await made.datasync()
		await rename(`${path}.new`, path)
		await handle?.close()
		handle = made
		lines = rows.size
	}

	async function append(changes: Change[]): Promise<void> {
		if (!handle) throw new Error(`${path} is not open`)
		try {
			await handle.appendFile(line(changes))
			await handle.datasync()
		} catch (error) {
			// Nothing may follow half a line. The file is opened again.
			await shut()
			throw error
		}
		if (++lines > rows.size + EXCESS) await compact()
	}

	async function shut(): Promise<void> {
		await handle?.close().catch(() => {})
		handle = undefined
	}

	async function unlock(): Promise<void> {
		await shut()
		const ending = held
		held = undefined
		await ending?.release()
	}

	return {
		open: (name) =>
			inTurn(async () => {
				await unlock()
				path = await trueName(path)
				held = await lock(path)
				try {
					head = line({ pocketbook: 1, name })
					rows = new KeptRows()
					await read()
					await compact()
				} catch (error) {
					await unlock()
					throw error
				}
			}),
		load: async (group) => rows.load(group),
		cursor: async (group) => rows.cursor(group),
		write(transaction: Rows) {
			const changes = rows.changes(transaction)
			rows.apply(changes)
			return inTurn(() => append(changes))
		},
		clear() {
			rows.clear()
			return inTurn(compact)
		},
		close() {
			const closing = inTurn(unlock)
			held?.ends(closing)
		},
	}
}
