// What is added to the core: `pocketbook/updates` registers here, and later.ts when it
// is loaded. Without them the client has no code for these features.
import type { Resolution, ResolveHost } from './conflict.js'
import type { ExchangeHost } from './exchange.js'
import type { PulledDoc } from './http.js'
import type * as Later from './later.js'
import type { Batch, ServerDoc, Write } from './replica.js'

export interface Extension extends Omit<typeof Later, 'resolve'> {
	/** Resolves conflicts; with `pocketbook/updates`, of transactions and updates
	 * too. */
	resolve(theirs: ServerDoc[], host: ResolveHost): Resolution
	/**
	 * A transaction of these groups that can be sent, if there is one. Makes one
	 * write of queued updates of a document.
	 */
	pick(host: ExchangeHost, groups: string[]): Write[] | undefined
	/** A write whose updates are run again, on another value. */
	rerun(write: Write, host: ResolveHost): Write
	/**
	 * A batch with all values in the schema of the app, with the same `put` if that
	 * does not change. `mine`: its writes are of this tab.
	 */
	upgrade(batch: Batch, host: ResolveHost, mine?: boolean): Batch
	/** What is kept of documents among the cursors: who wrote them, and when. */
	meta(docs: PulledDoc[]): Required<Batch>['cursors']
}

export const extension: Partial<Extension> = {}
