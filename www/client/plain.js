// What values are: plain objects, as opposed to those of a class, and their depth.
/** Index of the innermost array or object that may have another one in it. The server
 * allows a depth of 100 in a push, of which three levels are not the value's. */
export const DEEPEST = 96;
export const isPlain = (value) => !!value && [Object.prototype, null].includes(Object.getPrototypeOf(value));
