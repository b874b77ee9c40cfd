// The public types, and the rows of a storage.
export class PocketbookError extends Error {
    constructor(code, message, status = 0, retryAfter = 0) {
        super(message);
        this.code = code;
        this.status = status;
        this.retryAfter = retryAfter;
        this.name = 'PocketbookError';
    }
}
