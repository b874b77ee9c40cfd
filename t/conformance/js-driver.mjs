// The client library behind the commands of prove-client.mjs. The argument names the
// module; without a module it is the package that `npm --prefix www run package` makes.
import { createInterface } from 'node:readline'

const { SyncedAtom } = await import(process.argv[2] ?? new URL('../../www/package/client/index.js', import.meta.url))
let atom

const commands = {
	async open({ url, group, storage }) {
		if (storage) return { unsupported: 'documents that outlive the program need a browser' }
		atom = new SyncedAtom({ url, group, storage: 'memory', interval: 200 })
		await atom.ready
	},
	set: ({ id, value }) => void atom.swap((docs) => new Map(docs).set(id, value)),
	delete: ({ id }) => void atom.swap((docs) => {
		const next = new Map(docs)
		next.delete(id)
		return next
	}),
	sync: () => atom.sync(),
	token: ({ token }) => atom.setToken(token),
	docs: () => ({ docs: Object.fromEntries(atom.deref()) }),
	pending: () => ({ pending: atom.status.pending }),
	conflicts: () => ({ conflicts: atom.conflicts.map(({ id }) => id) }),
}

for await (const line of createInterface({ input: process.stdin })) {
	const command = JSON.parse(line)
	let answer
	try {
		answer = { ok: true, ...(await commands[command.do](command)) }
	} catch (error) {
		answer = { error: String(error?.message ?? error) }
	}
	process.stdout.write(JSON.stringify(answer) + '\n')
}
await atom?.destroy()
process.exit()
