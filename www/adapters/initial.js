const docs = new Map();
const status = {
    state: 'syncing', online: false, pending: 0, oldestPending: null, lastPush: null, lastPull: null, lastError: null, persisted: null, damaged: [],
};
const idle = () => () => { };
/** As an atom that nothing has happened to. */
export const NO_ATOM = { status, conflicts: [], rejected: [], deref: () => docs, subscribe: idle, onStatus: idle, watchDoc: idle };
