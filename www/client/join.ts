// `pocketbook/join`: joining by an invitation, and other devices of a user. Importing
// it adds `invite` to atoms. Apps without it do not load it.
import { SyncedAtom } from './atom.js'
import { type DeviceInvitation, inviteDevice } from './invitation.js'
import { PocketbookError } from './types.js'

export { type DeviceInvitation, type Joined, type JoinOptions, invitationOf, inviteDevice, join, newKey } from './invitation.js'

declare module './atom.js' {
	interface SyncedAtom<V> {
		/**
		 * A link by which another device gets a token of the same user, with
		 * the same rights: once, and for ten minutes. `page`: the address that
		 * it opens, by default the page's own.
		 */
		invite(options?: { page?: string; signal?: AbortSignal }): Promise<DeviceInvitation>
	}
}

SyncedAtom.prototype.invite = async function (options = {}) {
	const { session } = this as unknown as { session: { url: string; token(): Promise<string | undefined> } }
	const token = await session.token()
	if (!token) throw new PocketbookError('unauthorized', 'this atom has no token')
	return inviteDevice({ ...options, url: session.url, token })
}
