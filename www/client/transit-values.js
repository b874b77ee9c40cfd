// The values of Transit that JavaScript does not have, and when two are equal. They
// have the names and methods of transit-js's.
/** Methods that `extendToEQ` gives to values of other types. */
const EQUALS = 'transit$equals';
const HASH = 'transit$hash';
/** Up to so many entries, a map looks at all of them. */
const FEW = 16;
class Value {
    /** Equality of values, in transit-js's name. */
    equiv(other) {
        return equals(this, other);
    }
    inspect() {
        return `${this}`;
    }
}
class Name extends Value {
    constructor(_name) {
        super();
        this._name = _name;
    }
    namespace() {
        const at = this._name.indexOf('/');
        return at < 0 ? null : this._name.slice(0, at);
    }
    name() {
        return this._name.slice(this._name.indexOf('/') + 1);
    }
    toString() {
        return this._name;
    }
}
export class Keyword extends Name {
    toString() {
        return ':' + this._name;
    }
}
export class Symbol_ extends Name {
}
export class UUID extends Name {
}
/** An integer that a number does not have exactly. */
export class Long extends Name {
    toNumber() {
        return Number(this._name);
    }
}
export class TaggedValue extends Value {
    constructor(tag, rep) {
        super();
        this.tag = tag;
        this.rep = rep;
    }
    toString() {
        return `[TaggedValue: ${this.tag}, ${this.rep}]`;
    }
}
const printed = (value) => (typeof value === 'string' ? `"${value}"` : Array.isArray(value) ? `[${value}]` : `${value}`);
/** A map with keys of any type. Keys are equal as values are. */
export class TransitMap extends Value {
    /** `pairs`: keys and values in turn. */
    constructor(pairs = []) {
        super();
        this.pairs = pairs;
    }
    get size() {
        return this.pairs.length / 2;
    }
    get(key, missing) {
        const at = this.find(key);
        return at < 0 ? missing : this.pairs[at + 1];
    }
    has(key) {
        return this.find(key) >= 0;
    }
    set(key, value) {
        const at = this.find(key);
        if (at >= 0)
            this.pairs[at + 1] = value;
        else {
            this.place(key, this.pairs.length);
            this.pairs.push(key, value);
        }
        return this;
    }
    delete(key) {
        const at = this.find(key);
        if (at < 0)
            return;
        this.places = undefined;
        return this.pairs.splice(at, 2)[1];
    }
    clear() {
        this.places = undefined;
        this.pairs = [];
    }
    forEach(f) {
        for (let i = 0; i < this.pairs.length; i += 2)
            f(this.pairs[i + 1], this.pairs[i], this);
    }
    keySet() {
        return this.pairs.filter((_, i) => i % 2 === 0);
    }
    keys() {
        return this.keySet().values();
    }
    values() {
        return this.pairs.filter((_, i) => i % 2).values();
    }
    entries() {
        return this.keySet().map((key, i) => [key, this.pairs[2 * i + 1]]).values();
    }
    [Symbol.iterator]() {
        return this.entries();
    }
    clone() {
        return new TransitMap([...this.pairs]);
    }
    toString() {
        return `TransitMap {${[...this].map((entry) => entry.map(printed).join(' => ')).join(', ')}}`;
    }
    find(key) {
        const { pairs } = this;
        if (pairs.length <= 2 * FEW) {
            for (let i = 0; i < pairs.length; i += 2)
                if (pairs[i] === key || equals(pairs[i], key))
                    return i;
            return -1;
        }
        if (!this.places) {
            this.places = new Map();
            for (let i = 0; i < pairs.length; i += 2)
                this.place(pairs[i], i);
        }
        return this.places.get(hash(key))?.find((at) => equals(pairs[at], key)) ?? -1;
    }
    place(key, at) {
        const places = this.places?.get(hash(key));
        places ? places.push(at) : this.places?.set(hash(key), [at]);
    }
}
export class TransitSet extends Value {
    constructor(members) {
        super();
        this.members = members;
    }
    get size() {
        return this.members.size;
    }
    has(member) {
        return this.members.has(member);
    }
    add(member) {
        this.members.set(member, member);
        return this;
    }
    delete(member) {
        return this.members.delete(member);
    }
    clear() {
        this.members.clear();
    }
    forEach(f) {
        this.members.forEach((member) => f(member, this));
    }
    keySet() {
        return this.members.keySet();
    }
    keys() {
        return this.members.keys();
    }
    values() {
        return this.members.keys();
    }
    entries() {
        return this.members.entries();
    }
    [Symbol.iterator]() {
        return this.values();
    }
    clone() {
        return new TransitSet(this.members.clone());
    }
    toString() {
        return `TransitSet {${this.keySet().map(printed).join(', ')}}`;
    }
}
/** A map of keys and values in turn, of which later ones count. */
export function map(pairs = []) {
    const all = new TransitMap();
    for (let i = 0; i < pairs.length; i += 2)
        all.set(pairs[i], pairs[i + 1]);
    return all;
}
export function set(members = []) {
    const all = new TransitMap();
    for (const member of members)
        all.set(member, member);
    return new TransitSet(all);
}
const keysOf = Object.keys;
/** Equality of values: of collections by their content, of a map and a plain object
 * too. */
export function equals(a, b) {
    if (a === b)
        return true;
    if (a == null || b == null)
        return a == b;
    // Most members of sets and keys of maps are keywords.
    if (a instanceof Keyword && b instanceof Keyword)
        return a._name === b._name;
    if (typeof a !== 'object' || typeof b !== 'object')
        return false;
    if (a[EQUALS])
        return a[EQUALS](b);
    if (b[EQUALS])
        return b[EQUALS](a);
    if (Array.isArray(a) || a instanceof Uint8Array)
        return Array.isArray(a) === Array.isArray(b) && ArrayBuffer.isView(a) === ArrayBuffer.isView(b) && a.length === b.length && a.every((item, i) => equals(item, b[i]));
    if (a instanceof TransitMap)
        return b instanceof TransitMap ? a.size === b.size && [...a].every(([key, item]) => b.has(key) && equals(item, b.get(key))) : isObject(b) && equals(b, a);
    if (a instanceof TransitSet)
        return b instanceof TransitSet && a.size === b.size && [...a].every((item) => b.has(item));
    if (a instanceof TaggedValue)
        return b instanceof TaggedValue && a.tag === b.tag && equals(a.rep, b.rep);
    if (a instanceof Name || a instanceof Date)
        return a.constructor === b.constructor && (a instanceof Date ? +a === +b : a._name === b._name);
    const own = keysOf(a);
    if (b instanceof TransitMap)
        return own.length === b.size && own.every((key) => b.has(key) && equals(a[key], b.get(key)));
    return isObject(b) && own.length === keysOf(b).length && own.every((key) => Object.hasOwn(b, key) && equals(a[key], b[key]));
}
const isObject = (value) => !(value instanceof Value || value instanceof Date || Array.isArray(value) || ArrayBuffer.isView(value));
/** A primitive value that is the same for equal values. */
function hash(value) {
    if (value == null)
        return null;
    if (typeof value !== 'object')
        return value;
    if (value[HASH])
        return value[HASH]();
    if (Array.isArray(value))
        return `[${value.map(hash)}]`;
    if (value instanceof Name || value instanceof Date)
        return `${value.constructor === Date ? +value : value}`;
    if (value instanceof TaggedValue)
        return `#${value.tag} ${hash(value.rep)}`;
    if (value instanceof TransitSet)
        return `#{${[...value].map(hash).sort()}}`;
    if (value instanceof TransitMap || isObject(value)) {
        const entries = value instanceof TransitMap ? [...value] : Object.entries(value);
        return `{${entries.map((entry) => entry.map(hash)).sort()}}`;
    }
    return '';
}
/** Gives a value of another type an equality of its own: methods `equals` and
 * `hashCode`. */
export function extendToEQ(value, { equals, hashCode }) {
    return Object.assign(value, { [EQUALS]: equals, [HASH]: hashCode });
}
/** The number of two digits at this place, or NaN. */
function two(text, at) {
    const [high, low] = [text.charCodeAt(at) - 48, text.charCodeAt(at + 1) - 48];
    return high >= 0 && high <= 9 && low >= 0 && low <= 9 ? 10 * high + low : NaN;
}
/** Days of a year before each month, that of a year without February 29. */
const BEFORE = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
const DAY = 86_400_000;
/**
 * The date of a text. Most are written in one form, 2030-01-31T12:00:00.000Z. Reading
 * it here takes half the time of the language's own reader, which gets the others, also
 * those with a day that not every month has. It begins at a place in `text`.
 */
export function date(text, at = 0) {
    const is = (place, char) => text[at + place] === char;
    const number = (place) => two(text, at + place);
    const isUsual = text.length === at + 24 && is(4, '-') && is(7, '-') && is(10, 'T') && is(13, ':') && is(16, ':') && is(19, '.') && is(23, 'Z');
    const year = 100 * number(0) + number(2);
    const month = number(5);
    const day = number(8);
    const hour = number(11);
    const minute = number(14);
    const second = number(17);
    const ms = 10 * number(20) + (number(21) % 10);
    if (!(isUsual && year > 1599 && month > 0 && month < 13 && day > 0 && day < 29 && hour < 24 && minute < 60 && second < 60 && ms >= 0))
        return new Date(text.slice(at));
    // Leap days until March of this year, or of the year before.
    const last = month < 3 ? year - 1 : year;
    const days = 365 * (year - 1970) + (last >> 2) - Math.floor(last / 100) + Math.floor(last / 400) - 477 + BEFORE[month - 1] + day - 1;
    return new Date(days * DAY + ((hour * 60 + minute) * 60 + second) * 1000 + ms);
}
export const uuid = (text) => new UUID(text.length === 36 && /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(text) ? text : text.replace(/-/g, '').toLowerCase().replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'));
export function integer(value) {
    if (typeof value !== 'string')
        return value;
    // transit-js writes a key 1.5 as an integer, too.
    const isLong = /^-?\d{16,19}$/.test(value) && BigInt.asIntN(64, BigInt(value)) === BigInt(value) && !Number.isSafeInteger(+value);
    return isLong ? new Long(value) : +value;
}
export function binary(text) {
    const { Buffer } = globalThis;
    return Buffer ? Buffer.from(text, 'base64') : Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}
/** As base64. */
export function base64(bytes) {
    let text = '';
    // Not all at once: the number of arguments is limited.
    for (let i = 0; i < bytes.length; i += 8192)
        text += String.fromCharCode(...bytes.subarray(i, i + 8192));
    return btoa(text);
}
