// Two users change one text at once.
import process from 'node:process'
import * as Y from 'yjs'
import { bind, openNotes } from './notes.mjs'

const url = process.env.POCKETBOOK_URL ?? 'http://127.0.0.1:8080'
const users = ['ann', 'bob'].map((user) => {
	const notes = openNotes({ url, user, storage: 'memory' })
	const doc = new Y.Doc()
	bind(notes, 'notes:1', doc)
	return { notes, text: doc.getText() }
})
const [ann, bob] = users
const sync = async () => {
	for (const { notes } of [ann, bob, ann]) await notes.sync()
}

await sync()
if (!ann.text.length) ann.text.insert(0, 'hello world')
await sync()
// In one turn: neither has seen the other's change.
ann.text.insert(0, 'Ann: ')
bob.text.insert(bob.text.length, '!')
await sync()
console.log(String(ann.text))
console.log(String(ann.text) === String(bob.text) ? 'the same' : 'different', ann.notes.conflicts.length + bob.notes.conflicts.length, 'conflicts')
for (const { notes } of users) await notes.destroy()
