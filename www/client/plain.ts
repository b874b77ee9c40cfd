// Plain objects, as opposed to those of a class.
export const isPlain = (value: any): value is Record<string, unknown> => !!value && [Object.prototype, null].includes(Object.getPrototypeOf(value))
