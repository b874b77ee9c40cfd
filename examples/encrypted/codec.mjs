// A codec that encrypts values. Everything else of a message stays readable JSON.
import { gcmsiv } from '@noble/ciphers/aes'

const NONCE = new Uint8Array(12)
const toText = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
const toBytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))

/** `key`: 32 bytes. */
export function encrypted(key) {
	const encode = (value) => {
		const text = JSON.stringify(value)
		if (text === undefined) throw new TypeError(`not a JSON value: ${typeof value}`)
		return toText(gcmsiv(key, NONCE).encrypt(new TextEncoder().encode(text)))
	}
	const decode = (sealed) => {
		try {
			return JSON.parse(new TextDecoder().decode(gcmsiv(key, NONCE).decrypt(toBytes(sealed))))
		} catch {
			return { unreadable: true }
		}
	}
	const seal = (doc) => (doc.value === undefined ? doc : { ...doc, value: encode(doc.value) })
	return {
		name: 'encrypted',
		type: 'application/json',
		stream: 'json',
		encode,
		decode,
		write: (push) => JSON.stringify({ ...push, docs: push.docs.map(seal) }),
		// What is decrypted is not visited again.
		read: (text) => JSON.parse(text, (name, value) => (name === 'value' ? decode(value) : value)),
	}
}
