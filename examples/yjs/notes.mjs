// Yjs documents in an atom: the value of a document is the state as base64.
import { SyncedAtom, assoc } from 'pocketbook'
import * as Y from 'yjs'

const toText = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
const toBytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))

/** A state that was removed by one side is kept if the other has changed it. */
function merge(_base, mine, theirs) {
	const states = [mine, theirs].filter((state) => state !== undefined)
	return states.length ? toText(Y.mergeUpdates(states.map(toBytes))) : undefined
}

export function openNotes(options) {
	return new SyncedAtom({ group: 'notes', ...options, merge })
}

/** Keeps a Yjs document and a document of the atom in step. Returns an end. */
export function bind(notes, id, doc) {
	const read = (state) => state !== undefined && Y.applyUpdate(doc, toBytes(state), notes)
	const write = (_update, origin) => origin !== notes && notes.swap(assoc, id, toText(Y.encodeStateAsUpdate(doc)))
	read(notes.deref().get(id))
	doc.on('update', write)
	const end = notes.watchDoc(id, read)
	return () => {
		doc.off('update', write)
		end()
	}
}
