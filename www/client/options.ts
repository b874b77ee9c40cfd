// Checks the options of an atom. It is in the package only: of these mistakes,
// /pocketbook.js refuses a wrong group (docs.ts), for its size.
import type { Options } from './types.js'

type Kind = [what: string, is: (value: any) => boolean]

const isFunction = (value: unknown) => typeof value === 'function'
const isText = (value: unknown) => typeof value === 'string'
const has = (value: any, ...names: string[]) => value === Object(value) && names.every((name) => isFunction(value[name]))

const FUNCTION: Kind = ['a function', isFunction]
const TEXT: Kind = ['a string', isText]

const KINDS: Record<keyof Options, Kind> = {
	url: ['a string', (value) => isText(value) || value instanceof URL],
	group: TEXT,
	token: ['a string or a function', (value) => isText(value) || isFunction(value)],
	user: TEXT,
	codec: [
		"'json', transit of pocketbook/transit or an object with name, type, stream, encode, decode, write and read",
		(value) => ['json', 'transit'].includes(value) || (has(value, 'encode', 'decode', 'write', 'read') && [value.name, value.type, value.stream].every(isText)),
	],
	cache: ['an object with the methods deref, reset and addWatch', (value) => has(value, 'deref', 'reset', 'addWatch')],
	interval: ['a number', (value) => typeof value === 'number' && !isNaN(value)],
	merge: FUNCTION,
	updates: ['an object of functions', (value) => has(value) && Object.values(value).every(isFunction)],
	schema: ['a whole number', (value) => Number.isSafeInteger(value) && value >= 0],
	meta: ['true or false', (value) => typeof value === 'boolean'],
	upgrade: FUNCTION,
	storage: [
		"'indexeddb', 'memory' or an object with the methods open, load, write, clear and close",
		(value) => ['indexeddb', 'memory'].includes(value) || has(value, 'open', 'load', 'write', 'clear', 'close'),
	],
}

function refuse(name: string, why: string): never {
	throw new TypeError(`pocketbook: the option ${name} ${why}`)
}

/** Only short values and no secrets: a token is refused for its type. */
const shown = (value: unknown) =>
	isText(value) ? JSON.stringify(value) : value === null || /^(number|boolean)$/.test(typeof value) ? `${value}` : `of type ${typeof value}`

function checkKinds(options: any): void {
	const unknown = Object.keys(options).find((name) => options[name] !== undefined && !Object.keys(KINDS).includes(name))
	if (unknown) throw new TypeError(`pocketbook: there is no option ${unknown}; there are ${Object.keys(KINDS).join(', ')}`)
	for (const [name, [what, is]] of Object.entries(KINDS)) {
		const value = options[name]
		// null is nothing too, as that of localStorage, but no group, codec or
		// storage.
		const isNone = value === undefined || (value === null && !/^(group|codec|storage)$/.test(name))
		if (!isNone && !is(value)) refuse(name, `must be ${what}, and is ${shown(value)}`)
	}
}

function checkGroup(group?: string): void {
	if (!group) refuse('group', 'is missing')
	if (group === '*') refuse('group', 'is "*", which is no group for an atom: name one')
	if (group.endsWith(':')) refuse('group', `must not end in a colon, and is ${JSON.stringify(group)}`)
}

function checkUrl(url?: string | URL | null): void {
	let all: URL | undefined
	try {
		all = new URL(url || '/', globalThis.location?.href)
	} catch {
		// It is no address.
	}
	const isHttp = /^https?:$/.test(all?.protocol ?? '')
	if (!isHttp && !url) refuse('url', 'is missing, and there is no page of a server')
	if (!isHttp) refuse('url', `must begin with http:// or https://, and is ${JSON.stringify(url)}`)
	if (all!.username || all!.password) refuse('url', 'must have no user and no password')
	if (/[?#]/.test(all!.href)) refuse('url', `must have no ? and no #, and is ${JSON.stringify(url)}`)
}

/** The options. Throws a TypeError that names the one that is wrong, and why. */
export function checked<V>(options: Options<V>): Options<V> {
	if (options !== Object(options)) throw new TypeError('pocketbook: the options are missing')
	checkKinds(options)
	checkGroup(options.group)
	checkUrl(options.url)
	return options
}
