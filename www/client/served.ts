// What /pocketbook.js exports.
// First, as the bundle is smaller so.
import './message.js'
export { SyncedAtom } from './atom.js'
export { loadTransit } from './codec.js'
export { assoc, dissoc } from './docs.js'
export { extension } from './extension.js'
export { mergeFields } from './merge.js'
export { newId } from './replica.js'
export { PocketbookError } from './types.js'
export type {
	Cache, Codec, Conflict, ConflictRow, Docs, DocRow, DocWatch, ErrorCode, Loaded, Merge, Options, Refusal, Rejected, Rows, State, Status,
	Storage, Token, Update, Upgrade, Watch, WriteRow, Written,
} from './types.js'
