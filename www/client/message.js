import { PocketbookError } from './types.js';
// An error loses its class and its code in postMessage.
export function plain(error) {
    return error && { code: error.code, message: error.message, status: error.status };
}
export function revived(error) {
    return error ? Object.assign(new PocketbookError(error.code, error.message), error) : undefined;
}
