// An identity provider for 0507-jwt.sh.
//
//   node jwt.mjs DIR keys          makes DIR/jwks.json, and others that are refused
//   node jwt.mjs DIR NAME [EXTRA]  prints the token of that name, see `tokens`
import { createHmac, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'

const [dir, name, extra] = process.argv.slice(2)
const write = (file, value) => writeFileSync(`${dir}/${file}`, JSON.stringify(value), { mode: 0o644 })
const now = Math.floor(Date.now() / 1000)
const base64 = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

function makeKeys() {
	const types = { r1: ['rsa', { modulusLength: 2048 }], e1: ['ec', { namedCurve: 'P-256' }], thief: ['rsa', { modulusLength: 2048 }] }
	const all = {}
	for (const [kid, [type, options]] of Object.entries(types)) {
		const { privateKey, publicKey } = generateKeyPairSync(type, options)
		writeFileSync(`${dir}/${kid}.pem`, privateKey.export({ type: 'pkcs8', format: 'pem' }))
		all[kid] = { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig' }
	}
	const secret = { kty: 'oct', k: base64('secret'), kid: 's1' }
	write('jwks.json', { keys: [{ ...all.r1, alg: 'RS256' }, all.e1, { ...all.thief, kid: 'enc', use: 'enc' }] })
	write('one.json', { keys: [all.e1] })
	write('none.json', { keys: [{ ...all.r1, use: 'enc' }] })
	write('secret.json', { keys: [all.r1, secret] })
	write('twice.json', { keys: [all.r1, { ...all.e1, kid: 'r1' }] })
	writeFileSync(`${dir}/broken.json`, '{"keys":[\n{]}')
}

const hashes = { RS256: 'sha256', RS512: 'sha512', ES256: 'sha256' }
const keyOf = (kid) => readFileSync(`${dir}/${kid}.pem`, 'utf8')

/** A token with these claims, of the key with that name. */
function token(claims, { kid = 'r1', alg = kid === 'e1' ? 'ES256' : 'RS256', header = {}, key = kid } = {}) {
	const text = `${base64({ alg, kid, typ: 'JWT', ...header })}.${base64({ iss: 'https://login.example', aud: 'notes', sub: 'ann', exp: now + 3600, groups: ['todos', 'notes:ro'], ...claims })}`
	return `${text}.${sign(hashes[alg], Buffer.from(text), { key: keyOf(key), dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}

/** With another part in place of one of the three. */
const replace = (text, at, part) => text.split('.').map((old, i) => (i === at ? part(old) : old)).join('.')
const publicPem = () => createPublicKey(keyOf('r1')).export({ type: 'spki', format: 'pem' })

const tokens = {
	rsa: () => token({}),
	ec: () => token({}, { kid: 'e1' }),
	sub: () => token({ sub: extra }),
	audiences: () => token({ aud: ['mail', 'notes'] }),
	words: () => token({ groups: 'todos:ro notes' }),
	single: () => token({}, { kid: 'e1', header: { kid: undefined } }),
	late: () => token({ exp: now - 30 }),
	soon: () => token({ exp: now + 4 }),
	nothing: () => token({ groups: undefined }),
	oddGroups: () => token({ groups: ['todos', 7] }),
	objectGroups: () => token({ groups: { todos: true } }),
	// None of the following is good.
	none: () => replace(replace(token({}), 0, () => base64({ alg: 'none', kid: 'r1' })), 2, () => ''),
	noneSigned: () => replace(token({}), 0, () => base64({ alg: 'none', kid: 'r1' })),
	hmac: () => {
		const text = replace(token({}), 0, () => base64({ alg: 'HS256', kid: 'r1' })).split('.').slice(0, 2).join('.')
		return `${text}.${createHmac('sha256', publicPem()).update(text).digest('base64url')}`
	},
	otherAlgorithm: () => token({}, { alg: 'RS512' }),
	otherKey: () => token({}, { key: 'thief' }),
	keyForEncryption: () => token({}, { kid: 'enc', key: 'thief' }),
	ownKey: () => token({}, { key: 'thief', header: { jwk: createPublicKey(keyOf('thief')).export({ format: 'jwk' }), jku: 'http://127.0.0.1/jwks.json' } }),
	changed: () => replace(token({}), 1, () => base64({ iss: 'https://login.example', aud: 'notes', sub: 'root', exp: now + 3600, groups: ['*'] })),
	expired: () => token({ exp: now - 61 }),
	endless: () => token({ exp: undefined }),
	textDate: () => token({ exp: `${now + 3600}` }),
	early: () => token({ nbf: now + 3600 }),
	otherAudience: () => token({ aud: 'mail' }),
	otherAudiences: () => token({ aud: ['mail', 'notes2'] }),
	otherIssuer: () => token({ iss: 'https://login.example.evil' }),
	noIssuer: () => token({ iss: undefined }),
	noKid: () => token({}, { header: { kid: undefined } }),
	otherKid: () => token({}, { header: { kid: 'r2' } }),
	critical: () => token({}, { header: { crit: ['exp'] } }),
	noUser: () => token({ sub: undefined }),
	oddUser: () => token({ sub: 'a\u202enn' }),
	longUser: () => token({ sub: 'a'.repeat(129) }),
	huge: () => token({ more: 'x'.repeat(9000) }),
	deep: () => replace(token({}), 0, () => base64(`${'['.repeat(700)}`)),
}

if (name === 'keys') makeKeys()
else if (name === 'bad') console.log(Object.keys(tokens).slice(Object.keys(tokens).indexOf('none')).join('\n'))
else console.log(tokens[name]())
