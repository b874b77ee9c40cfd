const NONE = [];
export class Doc {
    #decode;
    #value;
    /**
     * `chain`: oldest first; at most the last one is unsent. With `decode` the
     * value is a text that is decoded at the first look.
     */
    constructor(version = 0, value, chain = NONE, decode) {
        this.version = version;
        this.chain = chain;
        this.#value = value;
        this.#decode = decode;
    }
    get value() {
        if (this.#decode) {
            this.#value = this.#decode(this.#value);
            this.#decode = undefined;
        }
        return this.#value;
    }
    /** The value, or this if it has to be decoded yet. */
    get raw() {
        return this.#decode ? this : this.#value;
    }
}
/** A value that may have to be decoded yet. */
export const look = (raw) => (raw instanceof Doc ? raw.value : raw);
