// `pocketbook/join`: joining by an invitation, and other devices of a user. Importing
// it adds `invite` to atoms. Apps without it do not load it.
import { SyncedAtom } from './atom.js';
import { inviteDevice } from './invitation.js';
import { PocketbookError } from './types.js';
export { invitationOf, inviteDevice, join, newKey } from './invitation.js';
SyncedAtom.prototype.invite = async function (options = {}) {
    const { session } = this;
    const token = await session.token();
    if (!token)
        throw new PocketbookError('unauthorized', 'this atom has no token');
    return inviteDevice({ ...options, url: session.url, token });
};
