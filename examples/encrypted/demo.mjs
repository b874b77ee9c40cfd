// What one user writes, another with the key can read, and the server cannot.
import process from 'node:process'
import { SyncedAtom, assoc } from 'pocketbook'
import { encrypted } from './codec.mjs'

const url = process.env.POCKETBOOK_URL ?? 'http://127.0.0.1:8080'
const key = crypto.getRandomValues(new Uint8Array(32))
const open = (user, key) => new SyncedAtom({ url, group: 'secrets', user, codec: encrypted(key), storage: 'memory' })

const ann = open('ann', key)
await ann.sync()
await ann.swap(assoc, 'secrets:1', { text: 'meet at noon' }).server
const bob = open('bob', key)
await bob.sync()
console.log('bob reads', bob.deref().get('secrets:1'))
const eve = open('eve', new Uint8Array(32))
await eve.sync()
console.log('eve reads', eve.deref().get('secrets:1'))
for (const atom of [ann, bob, eve]) await atom.destroy()
