// What the package exports.
import { SyncedAtom as Unchecked } from './atom.js'
import { checked } from './options.js'
import type { Options } from './types.js'

export * from './served.js'

/**
 * The documents of one group, stored on this device and synchronized with the server
 * and all its other clients.
 */
export class SyncedAtom<V = any> extends Unchecked<V> {
	constructor(options: Options<V>) {
		super(checked(options))
	}
}
