// Loads what is not needed at once: a file of its own, so that opening a page does not
// pay for it.
import { type Extension, extension } from './extension.js'
import type * as Later from './later.js'
import { PocketbookError } from './types.js'

export function unreachable(): never {
	throw new PocketbookError('offline', 'server is unreachable')
}

/**
 * Settles when `extension` has everything of later.ts, except for what a module that
 * the app imports has in its place. Rejects if the file cannot be had.
 */
export async function later(): Promise<typeof Later & Partial<Extension>> {
	const loaded = await import('./later.js').catch(unreachable)
	return Object.assign(extension, { ...loaded, ...extension })
}
