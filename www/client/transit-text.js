// Reads and writes Transit JSON, with the options of transit-js that the codec and the
// one of ClojureScript use.
import { isPlain } from './plain.js';
import { base64, binary, date, integer, Keyword, Long, set, Symbol_, TaggedValue, TransitMap, TransitSet, UUID, uuid } from './transit-values.js';
/** A cache code has two digits of this base, of which the first is left out if it is
 * 0. */
const DIGITS = 44;
const ZERO = 48;
const MAX_CODES = DIGITS * DIGITS;
/** Names that are remembered, so that equal ones are the same object. */
const MAX_NAMES = 4096;
/** Gets a code in the cached mode: a key, a name or a tag that is long enough. */
const isCached = (text, isKey) => text.length > 3 && (isKey || (text[0] === '~' && /[:$#]/.test(text[1])));
class Tag {
    constructor(name, handler) {
        this.name = name;
        this.handler = handler;
    }
}
const SPECIAL = { NaN: NaN, INF: Infinity, '-INF': -Infinity };
const HANDLERS = {
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
};
export class Reader {
    constructor(options = {}) {
        this.options = options;
        /** Those of tags of one character, by its code. */
        this.byCode = [];
        this.names = new Map();
        this.handlers = Object.assign(Object.create(null), HANDLERS, options.handlers);
        for (const tag of Object.keys(this.handlers))
            if (tag.length === 1)
                this.byCode[tag.charCodeAt(0)] = this.handlers[tag];
        this.isDate = this.handlers.t === HANDLERS.t;
    }
    read(text) {
        // First without a regular expression: most texts have no code.
        this.cache = text.includes('"^') && /"\^[^ "]/.test(text) ? [] : undefined;
        return this.decode(JSON.parse(text));
    }
    decode(node) {
        // ~, or a text that may have a code or get one
        if (typeof node === 'string')
            return this.cache ? this.string(node, false) : node.charCodeAt(0) === 126 ? this.special(node) : node;
        if (typeof node !== 'object' || !node)
            return node;
        return Array.isArray(node) ? this.array(node) : this.object(node);
    }
    string(text, isKey) {
        const first = text.charCodeAt(0);
        if (this.cache) {
            // ^
            if (first === 94 && text !== '^ ')
                return this.coded(text);
            if (isCached(text, isKey)) {
                const value = first === 126 ? this.special(text) : text;
                this.cache.length === MAX_CODES ? (this.cache = [value]) : this.cache.push(value);
                return value;
            }
        }
        // ~
        return first === 126 ? this.special(text) : text;
    }
    coded(text) {
        const [low, high = 0] = [...text.slice(1)].map((char) => char.charCodeAt(0) - ZERO).reverse();
        return this.cache[high * DIGITS + low];
    }
    /** A string that begins with a tilde. */
    special(text) {
        const kind = text[1];
        if (kind === 't' && this.isDate)
            return date(text, 2);
        // The names of a group's documents are the same few.
        if (kind === ':' || kind === '$' || kind === '#') {
            let name = this.names.get(text);
            if (name === undefined) {
                const rest = text.slice(2);
                name = kind === '#' ? new Tag(rest, this.handlers[rest]) : this.handlers[kind](rest, this);
                if (this.names.size === MAX_NAMES)
                    this.names.clear();
                this.names.set(text, name);
            }
            return name;
        }
        if (kind === '~' || kind === '^' || kind === '`')
            return text.slice(1);
        const handler = this.byCode[text.charCodeAt(1)];
        return handler ? handler(text.slice(2), this) : this.made(kind, text.slice(2));
    }
    made(tag, rep) {
        const { defaultHandler } = this.options;
        const handler = this.handlers[tag];
        return handler ? handler(rep, this) : defaultHandler ? defaultHandler(tag, rep) : new TaggedValue(tag, rep);
    }
    tagged({ name, handler }, node) {
        // What a handler gets is an array, whatever builds the others.
        const isRaw = Array.isArray(node) && (name === 'list' || !!handler);
        const rep = isRaw ? this.array(node, true) : this.decode(node);
        return handler ? handler(rep, this) : this.made(name, rep);
    }
    array(node, isRaw = false) {
        if (node[0] === '^ ') {
            const pairs = [];
            for (let i = 1; i < node.length; i += 2)
                pairs.push(this.key(node[i]), this.decode(node[i + 1]));
            return this.map(pairs, node);
        }
        const items = [];
        for (let i = 0; i < node.length; i++) {
            const item = this.decode(node[i]);
            if (item instanceof Tag) {
                if (i || node.length !== 2)
                    throw new TypeError(`Transit: misplaced tag ${item.name}`);
                return this.tagged(item, node[1]);
            }
            items.push(item);
        }
        const { arrayBuilder: builder } = this.options;
        if (!builder || isRaw)
            return items;
        if (items.length <= 32 && builder.fromArray)
            return builder.fromArray(items, node);
        let all = builder.init(node);
        for (const item of items)
            all = builder.add(all, item, node);
        return builder.finalize(all, node);
    }
    key(node) {
        return typeof node === 'string' ? this.string(node, true) : this.decode(node);
    }
    object(node) {
        const pairs = [];
        for (const name of Object.keys(node)) {
            const key = this.cache ? this.string(name, true) : name.charCodeAt(0) === 126 ? this.special(name) : name;
            const item = node[name];
            if (key instanceof Tag)
                return this.tagged(key, item);
            pairs.push(key, typeof item === 'object' || typeof item === 'string' ? this.decode(item) : item);
        }
        return this.map(pairs, node);
    }
    map(pairs, node) {
        const { mapBuilder: builder } = this.options;
        if (!builder)
            return new TransitMap(pairs);
        if (pairs.length <= 16 && builder.fromArray)
            return builder.fromArray(pairs, node);
        let all = builder.init(node);
        for (let i = 0; i < pairs.length; i += 2)
            all = builder.add(all, pairs[i], pairs[i + 1], node);
        return builder.finalize(all, node);
    }
}
/** Most texts have nothing to escape. */
const quote = (text) => (/[^ !#-[\]-~]/.test(text) ? JSON.stringify(text) : `"${text}"`);
/** A text that would be read as something else gets a tilde. */
const escaped = (text) => (/^[~^`]/.test(text) ? '~' + text : text);
export class Writer {
    /** `verbose`: without cache codes, maps as objects and dates as text. */
    constructor(verbose, options = {}) {
        this.verbose = verbose;
        this.options = options;
        options.handlers?.forEach((handler, type) => this.register(type, handler));
    }
    register(type, handler) {
        this.handlers = (this.handlers ?? new Map()).set(type, handler);
    }
    write(value) {
        this.codes = this.verbose ? undefined : new Map();
        // A text has a collection at its top, or a quoted value.
        const text = this.value(value);
        if (/^[{[]/.test(text))
            return text;
        this.codes?.clear();
        return this.tagged("'", () => this.value(value));
    }
    /** `isKey`: as the key of a map, which is a string. */
    value(found, isKey = false) {
        const { transform } = this.options;
        const value = transform ? transform(found) : found;
        const handler = this.handlers?.get(value == null ? null : value.constructor);
        if (handler)
            return this.handled(value, handler, isKey);
        if (value == null)
            return isKey ? '"~_"' : 'null';
        if (typeof value === 'string')
            return this.string(escaped(value), isKey);
        if (typeof value === 'number')
            return this.number(value, isKey);
        if (typeof value === 'boolean')
            return isKey ? `"~?${value ? 't' : 'f'}"` : `${value}`;
        if (typeof value === 'object') {
            if (Array.isArray(value))
                return this.array(value);
            const text = textOf(value, this.verbose);
            if (text)
                return this.string(text, isKey);
            if (value instanceof TransitMap)
                return this.map(value);
            if (value instanceof TransitSet)
                return this.tagged('set', () => this.array(value.keySet()));
            if (value instanceof TaggedValue && value.tag.length > 1)
                return this.tagged(value.tag, () => this.value(value.rep));
        }
        const foreign = this.options.handlerForForeign?.(value, this.handlers);
        if (foreign)
            return this.handled(value, foreign, isKey);
        if (isPlain(value))
            return this.object(value);
        throw new TypeError(`Cannot write ${value.constructor?.name ?? typeof value}`);
    }
    handled(value, handler, isKey) {
        const tag = handler.tag(value);
        const rep = handler.rep(value);
        if (tag === 'array')
            return this.array([...rep]);
        if (tag === 'map')
            return this.map(rep instanceof TransitMap || rep instanceof Map ? rep : new Map(Object.entries(rep)));
        if (tag === 's')
            return this.string(escaped(rep), isKey);
        if (tag === 'i' || tag === 'd')
            return this.number(rep, isKey);
        if (tag === '_' || tag === '?')
            return this.value(tag === '?' ? rep : null, isKey);
        if (tag.length > 1 || tag === "'")
            return this.tagged(tag, () => this.value(rep));
        if (typeof rep === 'string')
            return this.string(`~${tag}${rep}`, isKey);
        const other = (this.verbose && handler.getVerboseHandler?.(value)) || handler;
        const text = other.stringRep?.(value, other);
        if (text == null)
            throw new TypeError(`Tag "${tag}" cannot be encoded as string`);
        return this.string(`~${other.tag(value)}${text}`, isKey);
    }
    string(text, isKey) {
        const codes = this.codes;
        if (!codes || !isCached(text, isKey))
            return quote(text);
        const code = codes.get(text);
        if (code)
            return code;
        if (codes.size === MAX_CODES)
            codes.clear();
        const [high, low] = [Math.floor(codes.size / DIGITS), codes.size % DIGITS];
        codes.set(text, quote(`^${high ? String.fromCharCode(high + ZERO) : ''}${String.fromCharCode(low + ZERO)}`));
        return quote(text);
    }
    number(value, isKey) {
        if (typeof value !== 'number')
            return this.string(`~i${value}`, isKey);
        if (!Number.isFinite(value))
            return this.string(`~z${`${value}`.replace('Infinity', 'INF')}`, isKey);
        return isKey ? this.string(`~${Number.isSafeInteger(value) ? 'i' : 'd'}${value}`, true) : `${value}`;
    }
    array(items) {
        let text = '[';
        for (let i = 0; i < items.length; i++)
            text += (i ? ',' : '') + this.value(items[i]);
        return text + ']';
    }
    /** `rep` writes what is tagged, after the tag: the order of codes. */
    tagged(tag, rep) {
        const name = this.string('~#' + tag, true);
        return this.verbose ? `{${name}:${rep()}}` : `[${name},${rep()}]`;
    }
    map(all) {
        const pairs = all instanceof TransitMap ? all.pairs : [...all].flat(1);
        for (let i = 0; i < pairs.length; i += 2)
            if (!this.isStringable(pairs[i]))
                return this.tagged('cmap', () => this.array(pairs));
        let text = this.verbose ? '' : '"^ "';
        for (let i = 0; i < pairs.length; i += 2) {
            if (text)
                text += ',';
            text += this.value(pairs[i], true) + (this.verbose ? ':' : ',');
            text += this.value(pairs[i + 1]);
        }
        return this.verbose ? `{${text}}` : `[${text}]`;
    }
    /** A member that is undefined is left out, as in JSON. */
    object(value) {
        let text = this.verbose ? '' : '"^ "';
        for (const key of Object.keys(value)) {
            if (value[key] === undefined)
                continue;
            if (text)
                text += ',';
            text += this.string(escaped(key), true) + (this.verbose ? ':' : ',');
            text += this.value(value[key]);
        }
        return this.verbose ? `{${text}}` : `[${text}]`;
    }
    /** Can it be the key of a JSON object? */
    isStringable(key) {
        if (typeof key === 'string')
            return true;
        const handler = this.handlers?.get(key == null ? null : key.constructor);
        if (handler)
            return handler.tag(key)?.length === 1;
        if (key == null || typeof key !== 'object')
            return true;
        return !Array.isArray(key) && (!!textOf(key, false) || this.options.handlerForForeign?.(key, this.handlers)?.tag(key)?.length === 1);
    }
}
/** The text of a value that is written as a string, if it is. */
function textOf(value, verbose) {
    if (value instanceof Keyword)
        return '~' + value;
    if (value instanceof Symbol_)
        return '~$' + value;
    if (value instanceof Date) {
        const text = value.toISOString();
        // Of a year that has more digits, readers differ.
        return verbose && /^\d/.test(text) ? '~t' + text : `~m${+value}`;
    }
    if (value instanceof UUID)
        return '~u' + value;
    if (value instanceof Long)
        return '~i' + value;
    if (value instanceof TaggedValue && value.tag.length === 1 && value.tag !== "'" && typeof value.rep === 'string')
        return `~${value.tag}${value.rep}`;
    return value instanceof Uint8Array ? '~b' + base64(value) : undefined;
}
