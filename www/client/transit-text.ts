// Reads and writes Transit JSON, with the options of transit-js that the codec and the
// one of ClojureScript use.
import { isPlain } from './plain.js'
import { base64, binary, date, integer, Keyword, Long, set, Symbol_, TaggedValue, TransitMap, TransitSet, UUID, uuid } from './transit-values.js'

/** A cache code has two digits of this base, of which the first is left out if it is
 * 0. */
const DIGITS = 44
const ZERO = 48
const MAX_CODES = DIGITS * DIGITS
/** Names that are remembered, so that equal ones are the same object. */
const MAX_NAMES = 4096

/** Gets a code in the cached mode: a key, a name or a tag that is long enough. */
const isCached = (text: string, isKey: boolean) => text.length > 3 && (isKey || (text[0] === '~' && /[:$#]/.test(text[1]!)))

// ---- Reading ----

type Handler = (rep: any, reader?: unknown) => unknown

/** Builds a collection while it is read. */
interface Builder {
	init(node: unknown): any
	add(to: any, ...item: any[]): any
	finalize(all: any, node: unknown): any
	/** Of a small one: from an array, of a map with keys and values in turn. */
	fromArray?(items: unknown[], node: unknown): any
}

export interface ReaderOptions {
	handlers?: Record<string, Handler>
	defaultHandler?: (tag: string, rep: any) => unknown
	mapBuilder?: Builder
	arrayBuilder?: Builder
}

class Tag {
	constructor(readonly name: string, readonly handler?: Handler) {}
}

const SPECIAL: Record<string, number> = { NaN: NaN, INF: Infinity, '-INF': -Infinity }

const HANDLERS: Record<string, Handler> = {
	_: () => null,
	'?': (text) => text === 't',
	b: binary,
	i: integer,
	d: Number.parseFloat,
	c: (text) => text,
	':': (text) => new Keyword(text),
	$: (text) => new Symbol_(text),
	z: (text) => SPECIAL[text],
	"'": (value) => value,
	m: (time) => new Date(+time),
	t: (text) => date(text),
	u: uuid,
	set,
	cmap: (pairs) => new TransitMap(pairs),
}

export class Reader {
	private handlers: Record<string, Handler>
	/** Those of tags of one character, by its code. */
	private byCode: Handler[] = []
	/** Dates are read in their place. */
	private isDate: boolean
	private names = new Map<string, unknown>()
	/** What the codes of a text stand for, if it has any. */
	private cache?: unknown[]

	constructor(private options: ReaderOptions = {}) {
		this.handlers = Object.assign(Object.create(null), HANDLERS, options.handlers)
		for (const tag of Object.keys(this.handlers)) if (tag.length === 1) this.byCode[tag.charCodeAt(0)] = this.handlers[tag]!
		this.isDate = this.handlers.t === HANDLERS.t
	}

	read(text: string): any {
		// First without a regular expression: most texts have no code.
		this.cache = text.includes('"^') && /"\^[^ "]/.test(text) ? [] : undefined
		return this.decode(JSON.parse(text))
	}

	private decode(node: any): any {
		// ~, or a text that may have a code or get one
		if (typeof node === 'string') return this.cache ? this.string(node, false) : node.charCodeAt(0) === 126 ? this.special(node) : node
		if (typeof node !== 'object' || !node) return node
		return Array.isArray(node) ? this.array(node) : this.object(node)
	}

	private string(text: string, isKey: boolean): unknown {
		const first = text.charCodeAt(0)
		if (this.cache) {
			// ^
			if (first === 94 && text !== '^ ') return this.coded(text)
			if (isCached(text, isKey)) {
				const value = first === 126 ? this.special(text) : text
				this.cache.length === MAX_CODES ? (this.cache = [value]) : this.cache.push(value)
				return value
			}
		}
		// ~
		return first === 126 ? this.special(text) : text
	}

	private coded(text: string): unknown {
		const [low, high = 0] = [...text.slice(1)].map((char) => char.charCodeAt(0) - ZERO).reverse()
		return this.cache![high * DIGITS + low!]
	}

	/** A string that begins with a tilde. */
	private special(text: string): unknown {
		const kind = text[1]!
		if (kind === 't' && this.isDate) return date(text, 2)
		// The names of a group's documents are the same few.
		if (kind === ':' || kind === '$' || kind === '#') {
			let name = this.names.get(text)
			if (name === undefined) {
				const rest = text.slice(2)
				name = kind === '#' ? new Tag(rest, this.handlers[rest]) : this.handlers[kind]!(rest, this)
				if (this.names.size === MAX_NAMES) this.names.clear()
				this.names.set(text, name)
			}
			return name
		}
		if (kind === '~' || kind === '^' || kind === '`') return text.slice(1)
		const handler = this.byCode[text.charCodeAt(1)]
		return handler ? handler(text.slice(2), this) : this.made(kind, text.slice(2))
	}

	private made(tag: string, rep: unknown): unknown {
		const { defaultHandler } = this.options
		const handler = this.handlers[tag]
		return handler ? handler(rep, this) : defaultHandler ? defaultHandler(tag, rep) : new TaggedValue(tag, rep)
	}

	private tagged({ name, handler }: Tag, node: any): unknown {
		// What a handler gets is an array, whatever builds the others.
		const isRaw = Array.isArray(node) && (name === 'list' || !!handler)
		const rep = isRaw ? this.array(node, true) : this.decode(node)
		return handler ? handler(rep, this) : this.made(name, rep)
	}

	private array(node: any[], isRaw = false): unknown {
		if (node[0] === '^ ') {
			const pairs: unknown[] = []
			for (let i = 1; i < node.length; i += 2) pairs.push(this.key(node[i]), this.decode(node[i + 1]))
			return this.map(pairs, node)
		}
		const items: unknown[] = []
		for (let i = 0; i < node.length; i++) {
			const item = this.decode(node[i])
			if (item instanceof Tag) {
				if (i || node.length !== 2) throw new TypeError(`Transit: misplaced tag ${item.name}`)
				return this.tagged(item, node[1])
			}
			items.push(item)
		}
		const { arrayBuilder: builder } = this.options
		if (!builder || isRaw) return items
		if (items.length <= 32 && builder.fromArray) return builder.fromArray(items, node)
		let all = builder.init(node)
		for (const item of items) all = builder.add(all, item, node)
		return builder.finalize(all, node)
	}

	private key(node: any): unknown {
		return typeof node === 'string' ? this.string(node, true) : this.decode(node)
	}

	private object(node: Record<string, unknown>): unknown {
		const pairs: unknown[] = []
		for (const name of Object.keys(node)) {
			const key = this.cache ? this.string(name, true) : name.charCodeAt(0) === 126 ? this.special(name) : name
			const item = node[name]
			if (key instanceof Tag) return this.tagged(key, item)
			pairs.push(key, typeof item === 'object' || typeof item === 'string' ? this.decode(item) : item)
		}
		return this.map(pairs, node)
	}

	private map(pairs: unknown[], node: object): unknown {
		const { mapBuilder: builder } = this.options
		if (!builder) return new TransitMap(pairs)
		if (pairs.length <= 16 && builder.fromArray) return builder.fromArray(pairs, node)
		let all = builder.init(node)
		for (let i = 0; i < pairs.length; i += 2) all = builder.add(all, pairs[i], pairs[i + 1], node)
		return builder.finalize(all, node)
	}
}

// ---- Writing ----

/** How values of a type are written. */
export interface WriteHandler {
	tag(value: any): string | null
	rep(value: any): any
	stringRep?(value: any, handler: WriteHandler): string | null
	getVerboseHandler?(value: any): WriteHandler | null
}

export interface WriterOptions {
	/** By constructor. */
	handlers?: { forEach(f: (handler: WriteHandler, type: any) => void): void }
	/** The handler of a value whose type is not known. */
	handlerForForeign?: (value: any, handlers: unknown) => WriteHandler | null | undefined
	transform?: (value: any) => unknown
}

/** Most texts have nothing to escape. */
const quote = (text: string) => (/[^ !#-[\]-~]/.test(text) ? JSON.stringify(text) : `"${text}"`)
/** A text that would be read as something else gets a tilde. */
const escaped = (text: string) => (/^[~^`]/.test(text) ? '~' + text : text)

export class Writer {
	private handlers?: Map<unknown, WriteHandler>
	private codes?: Map<string, string>

	/** `verbose`: without cache codes, maps as objects and dates as text. */
	constructor(private verbose: boolean, private options: WriterOptions = {}) {
		options.handlers?.forEach((handler, type) => this.register(type, handler))
	}

	register(type: unknown, handler: WriteHandler): void {
		this.handlers = (this.handlers ?? new Map()).set(type, handler)
	}

	write(value: unknown): string {
		this.codes = this.verbose ? undefined : new Map()
		// A text has a collection at its top, or a quoted value.
		const text = this.value(value)
		if (/^[{[]/.test(text)) return text
		this.codes?.clear()
		return this.tagged("'", () => this.value(value))
	}

	/** `isKey`: as the key of a map, which is a string. */
	private value(found: any, isKey = false): string {
		const { transform } = this.options
		const value = transform ? transform(found) : found
		const handler = this.handlers?.get(value == null ? null : value.constructor)
		if (handler) return this.handled(value, handler, isKey)
		if (value == null) return isKey ? '"~_"' : 'null'
		if (typeof value === 'string') return this.string(escaped(value), isKey)
		if (typeof value === 'number') return this.number(value, isKey)
		if (typeof value === 'boolean') return isKey ? `"~?${value ? 't' : 'f'}"` : `${value}`
		if (typeof value === 'object') {
			if (Array.isArray(value)) return this.array(value)
			const text = textOf(value, this.verbose)
			if (text) return this.string(text, isKey)
			if (value instanceof TransitMap) return this.map(value)
			if (value instanceof TransitSet) return this.tagged('set', () => this.array(value.keySet()))
			if (value instanceof TaggedValue && value.tag.length > 1) return this.tagged(value.tag, () => this.value(value.rep))
		}
		const foreign = this.options.handlerForForeign?.(value, this.handlers)
		if (foreign) return this.handled(value, foreign, isKey)
		if (isPlain(value)) return this.object(value)
		throw new TypeError(`Cannot write ${value.constructor?.name ?? typeof value}`)
	}

	private handled(value: any, handler: WriteHandler, isKey: boolean): string {
		const tag = handler.tag(value)!
		const rep = handler.rep(value)
		if (tag === 'array') return this.array([...rep])
		if (tag === 'map') return this.map(rep instanceof TransitMap || rep instanceof Map ? rep : new Map(Object.entries(rep)))
		if (tag === 's') return this.string(escaped(rep), isKey)
		if (tag === 'i' || tag === 'd') return this.number(rep, isKey)
		if (tag === '_' || tag === '?') return this.value(tag === '?' ? rep : null, isKey)
		if (tag.length > 1 || tag === "'") return this.tagged(tag, () => this.value(rep))
		if (typeof rep === 'string') return this.string(`~${tag}${rep}`, isKey)
		const other = (this.verbose && handler.getVerboseHandler?.(value)) || handler
		const text = other.stringRep?.(value, other)
		if (text == null) throw new TypeError(`Tag "${tag}" cannot be encoded as string`)
		return this.string(`~${other.tag(value)}${text}`, isKey)
	}

	private string(text: string, isKey: boolean): string {
		const codes = this.codes
		if (!codes || !isCached(text, isKey)) return quote(text)
		const code = codes.get(text)
		if (code) return code
		if (codes.size === MAX_CODES) codes.clear()
		const [high, low] = [Math.floor(codes.size / DIGITS), codes.size % DIGITS]
		codes.set(text, quote(`^${high ? String.fromCharCode(high + ZERO) : ''}${String.fromCharCode(low + ZERO)}`))
		return quote(text)
	}

	private number(value: any, isKey: boolean): string {
		if (typeof value !== 'number') return this.string(`~i${value}`, isKey)
		if (!Number.isFinite(value)) return this.string(`~z${`${value}`.replace('Infinity', 'INF')}`, isKey)
		return isKey ? this.string(`~${Number.isSafeInteger(value) ? 'i' : 'd'}${value}`, true) : `${value}`
	}

	private array(items: readonly unknown[]): string {
		let text = '['
		for (let i = 0; i < items.length; i++) text += (i ? ',' : '') + this.value(items[i])
		return text + ']'
	}

	/** `rep` writes what is tagged, after the tag: the order of codes. */
	private tagged(tag: string, rep: () => string): string {
		const name = this.string('~#' + tag, true)
		return this.verbose ? `{${name}:${rep()}}` : `[${name},${rep()}]`
	}

	private map(all: TransitMap | Map<unknown, unknown>): string {
		const pairs = all instanceof TransitMap ? all.pairs : [...all].flat(1)
		for (let i = 0; i < pairs.length; i += 2) if (!this.isStringable(pairs[i])) return this.tagged('cmap', () => this.array(pairs))
		let text = this.verbose ? '' : '"^ "'
		for (let i = 0; i < pairs.length; i += 2) {
			if (text) text += ','
			text += this.value(pairs[i], true) + (this.verbose ? ':' : ',')
			text += this.value(pairs[i + 1])
		}
		return this.verbose ? `{${text}}` : `[${text}]`
	}

	/** A member that is undefined is left out, as in JSON. */
	private object(value: Record<string, unknown>): string {
		let text = this.verbose ? '' : '"^ "'
		for (const key of Object.keys(value)) {
			if (value[key] === undefined) continue
			if (text) text += ','
			text += this.string(escaped(key), true) + (this.verbose ? ':' : ',')
			text += this.value(value[key])
		}
		return this.verbose ? `{${text}}` : `[${text}]`
	}

	/** Can it be the key of a JSON object? */
	private isStringable(key: any): boolean {
		if (typeof key === 'string') return true
		const handler = this.handlers?.get(key == null ? null : key.constructor)
		if (handler) return handler.tag(key)?.length === 1
		if (key == null || typeof key !== 'object') return true
		return !Array.isArray(key) && (!!textOf(key, false) || this.options.handlerForForeign?.(key, this.handlers)?.tag(key)?.length === 1)
	}
}

/** The text of a value that is written as a string, if it is. */
function textOf(value: any, verbose: boolean): string | undefined {
	if (value instanceof Keyword) return '~' + value
	if (value instanceof Symbol_) return '~$' + value
	if (value instanceof Date) {
		const text = value.toISOString()
		// Of a year that has more digits, readers differ.
		return verbose && /^\d/.test(text) ? '~t' + text : `~m${+value}`
	}
	if (value instanceof UUID) return '~u' + value
	if (value instanceof Long) return '~i' + value
	if (value instanceof TaggedValue && value.tag.length === 1 && value.tag !== "'" && typeof value.rep === 'string') return `~${value.tag}${value.rep}`
	return value instanceof Uint8Array ? '~b' + base64(value) : undefined
}
