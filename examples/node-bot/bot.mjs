// Answers pings.
import process from 'node:process'
import { SyncedAtom, assoc } from 'pocketbook'
import { fileStorage } from 'pocketbook/file'

const todos = new SyncedAtom({
	url: process.env.POCKETBOOK_URL ?? 'http://127.0.0.1:8080',
	token: process.env.POCKETBOOK_TOKEN,
	group: 'todos',
	storage: fileStorage('bot.db'),
})

function answer(ids) {
	for (const id of ids) {
		const todo = todos.deref().get(id)
		if (todo?.title === 'ping') todos.swap(assoc, id, { ...todo, title: 'pong' })
	}
}

// What came while it was away, then each change.
await todos.ready
answer([...todos.deref().keys()])
todos.addWatch('answer', (_key, _atom, _before, _after, ids) => answer(ids))
console.log(`watching, ${todos.deref().size} documents are here`)

for (const signal of ['SIGINT', 'SIGTERM'])
	process.on(signal, async () => {
		await todos.destroy()
		process.exit()
	})
