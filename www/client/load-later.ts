// Loads what is not needed at once: a file of its own, so that opening a page does not
// pay for it.
import { type Extension, extension } from './extension.js'
import type * as Later from './later.js'
import { PocketbookError } from './types.js'

/**
 * Settles when `extension` has everything of later.ts, except for what a module that
 * the app imports has in its place. Rejects if the file cannot be had, as without a
 * network, or when the server has that of another version.
 */
export async function later(): Promise<typeof Later & Partial<Extension>> {
	const loaded = await import('./later.js').catch(() => {
		throw new PocketbookError('not-loaded', 'a part is missing; reload the page')
	})
	return Object.assign(extension, { ...loaded, ...extension })
}
