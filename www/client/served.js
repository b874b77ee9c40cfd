// What /pocketbook.js exports.
// First, as the bundle is smaller so.
import './message.js';
export { SyncedAtom } from './atom.js';
export { loadTransit } from './codec.js';
export { assoc, dissoc } from './docs.js';
export { extension } from './extension.js';
export { mergeFields } from './merge.js';
export { newId } from './replica.js';
export { PocketbookError } from './types.js';
