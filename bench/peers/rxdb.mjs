// rxdb-server in memory: one collection, a replication endpoint, without
// authentication. node peers/rxdb.mjs PORT
import { createRxDatabase } from 'rxdb'
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory'
import { createRxServer } from 'rxdb-server/plugins/server'
import { RxServerAdapterExpress } from 'rxdb-server/plugins/adapter-express'

const schema = {
	version: 0,
	primaryKey: 'id',
	type: 'object',
	properties: { id: { type: 'string', maxLength: 100 }, title: { type: 'string' }, completed: { type: 'boolean' } },
	required: ['id'],
}

const database = await createRxDatabase({ name: 'bench', storage: getRxStorageMemory(), multiInstance: false })
const { todos } = await database.addCollections({ todos: { schema } })
const server = await createRxServer({ database, adapter: RxServerAdapterExpress, port: Number(process.argv[2]), hostname: '127.0.0.1' })
server.addReplicationEndpoint({ name: 'todos', collection: todos })
await server.start()
