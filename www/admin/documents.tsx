// Groups with their sizes, and the documents of one: look, edit, delete, find what was
// deleted.
import { useEffect, useState } from 'preact/hooks'
import { call, query, type Doc, type Group, type Page, type Versions } from './api.js'
import { Table, type Column } from './table.js'
import { bytes, Confirm, count, Dialog, Failure, Form, problem, say, useLoaded, when } from './ui.js'

const GROUP_COLUMNS: Column<Group>[] = [
	{ title: 'Group', kind: 'head', show: ({ group }) => <a href={`#/documents/${encodeURIComponent(group)}`}>{group}</a> },
	{ title: 'Documents', kind: 'n', show: ({ documents }) => count(documents) },
	{ title: 'Deleted', kind: 'n', show: ({ tombstones }) => count(tombstones) },
	{ title: 'Bytes', kind: 'n', show: ({ bytes: size }) => bytes(size) },
]

function Groups({ go }: { go: (group: string) => void }) {
	const { value, error, reload } = useLoaded(() => call<{ groups: Group[]; count: number }>('groups'))
	const [by, setBy] = useState<'group' | 'documents' | 'bytes'>('group')
	const sorted = value && [...value.groups].sort((a, b) => (by === 'group' ? (a.group < b.group ? -1 : 1) : b[by] - a[by]))
	return (
		<>
			<div class="bar">
				<form onSubmit={(event) => (event.preventDefault(), go(String(new FormData(event.currentTarget as HTMLFormElement).get('group'))))}>
					<label>Open group <input name="group" required autocomplete="off" spellcheck={false} /></label> <button type="submit">Open</button>
				</form>
				<label>Sort by{' '}
					<select value={by} onChange={(event) => setBy(event.currentTarget.value as typeof by)}>
						<option value="group">name</option><option value="documents">documents</option><option value="bytes">bytes</option>
					</select>
				</label>
				<button type="button" onClick={reload}>Count again</button>
			</div>
			<Failure text={error} />
			{!sorted && !error && <p class="quiet" role="status">Counting…</p>}
			{sorted && <Table caption={`${count(value.count)} ${value.count === 1 ? 'group' : 'groups'}, without those nested in them`} columns={GROUP_COLUMNS} rows={sorted} id={({ group }) => group} />}
		</>
	)
}

/** The versions of a document, each of which can be restored. */
function History({ id, now, restore, close }: { id: string; now: number; restore: (old: Doc) => Promise<void>; close: () => void }) {
	const [docs, setDocs] = useState<Doc[]>([])
	const [more, setMore] = useState(false)
	const [error, setError] = useState<string>()
	const load = (before?: number) =>
		call<Versions>(`versions?${query({ id, ...(before ? { before: String(before) } : {}) })}`).then(
			(page) => (setDocs((old) => (before ? [...old, ...page.versions] : page.versions)), setMore(page.more)),
			(failure) => setError(problem(failure)),
		)
	useEffect(() => void load(), [id])
	return (
		<Dialog title={`History of ${id}`} close={close}>
			<Failure text={error} />
			<ol class="versions" reversed>
				{docs.map((doc) => (
					<li key={doc.version}>
						<p>
							<b>Version {count(doc.version)}</b> {doc.by ?? ''} <small>{when(doc.at ?? null)}</small>
							{doc.version !== now && !doc.deleted && !doc.damaged && <button type="button" onClick={() => restore(doc).catch((failure) => setError(problem(failure)))} aria-label={`Restore version ${doc.version}`}>Restore</button>}
						</p>
						<pre>{doc.deleted ? 'deleted' : doc.damaged ? 'damaged' : (doc.transit ?? JSON.stringify(doc.value, null, 2))}</pre>
					</li>
				))}
			</ol>
			{docs.length === 1 && <p class="quiet">There is no former version: they are kept if the server runs with --history.</p>}
			{more && <p><button type="button" onClick={() => void load(docs.at(-1)!.version)}>More</button></p>}
			<p class="buttons"><button type="button" onClick={close}>Back</button></p>
		</Dialog>
	)
}

/** One document as text that can be edited: JSON, or Transit if JSON would lose types. */
function Edit({ id, done, close }: { id: string; done: () => void; close: () => void }) {
	const { value: doc, error } = useLoaded(() => call<Doc>(`document?${query({ id })}`), [id])
	const [removing, setRemoving] = useState(false)
	const [history, setHistory] = useState(false)
	if (!doc) return <Dialog title={id} close={close}>{error ? <Failure text={error} /> : <p class="quiet">Reading…</p>}</Dialog>
	const write = async (change: object) => {
		const answer = await call<{ status: string; version: number }>('document', { id, base: doc.version, ...change })
		if (answer.status === 'conflict') throw new Error(`another client has written version ${answer.version} meanwhile; close this and look again`)
		done()
	}
	const written = (text: string) => say(`${id} was ${text}`)
	const save = async (data: FormData) => {
		const text = String(data.get('text'))
		await write(doc.transit === undefined ? { value: JSON.parse(text) } : { transit: text })
		written('written')
	}
	if (removing) return <Confirm title={`Delete ${id}`} text="Every client deletes it too." button="Delete" done={`${id} was deleted`} act={() => write({ deleted: true })} close={() => setRemoving(false)} />
	// The value as it was, on top of what is there now: nothing is lost, and clients see
	// an edit.
	const restore = (old: Doc) => write(old.transit === undefined ? { value: old.value } : { transit: old.transit }).then(() => written(`restored to version ${old.version}`))
	if (history) return <History id={id} now={doc.version} restore={restore} close={() => setHistory(false)} />
	return (
		<Dialog title={id} close={close}>
			<p class="quiet">Version {count(doc.version)}{doc.deleted && ', deleted'}{doc.damaged && ', damaged'}{doc.transit !== undefined && ', in Transit'}</p>
			<Form button={doc.deleted ? 'Write it again' : 'Save'} send={save} close={close}>
				<textarea name="text" aria-label="Value" rows={14} spellcheck={false} autofocus>{doc.transit ?? (doc.deleted || doc.damaged ? '' : JSON.stringify(doc.value, null, 2))}</textarea>
			</Form>
			<p class="buttons">
				<button type="button" onClick={() => setHistory(true)}>History</button>
				{!doc.deleted && <button type="button" class="danger" onClick={() => setRemoving(true)}>Delete…</button>}
			</p>
		</Dialog>
	)
}

const docColumns = (open: (id: string) => void): Column<Doc>[] => [
	{ title: 'Id', kind: 'head', show: ({ id }) => <button type="button" class="link" onClick={() => open(id)}>{id}</button> },
	{ title: 'Version', kind: 'n', show: ({ version }) => count(version) },
	{ title: 'Value', class: 'mono cut', show: (doc) => (doc.deleted ? 'deleted' : doc.damaged ? 'damaged' : JSON.stringify(doc.value)) },
	{ title: 'Written by', show: ({ by }) => by ?? '' },
	{ title: 'At (UTC)', class: 'when', show: ({ at }) => when(at ?? null) },
]

function Documents({ group }: { group: string }) {
	const [docs, setDocs] = useState<Doc[]>([])
	const [next, setNext] = useState<Page>()
	const [deleted, setDeleted] = useState(false)
	const [error, setError] = useState<string>()
	const [id, setId] = useState<string>()
	const load = (since?: string) =>
		call<Page>(`documents?${query({ group, ...(since ? { since } : {}), ...(deleted ? { deleted: '1' } : {}) })}`).then(
			(page) => (setDocs((old) => (since ? [...old, ...page.documents] : page.documents)), setNext(page), setError(undefined)),
			(failure) => setError(problem(failure)),
		)
	useEffect(() => void load(), [group, deleted])
	return (
		<>
			<div class="bar">
				<p><a href="#/documents">All groups</a> / <b>{group}</b></p>
				<label class="check"><input type="checkbox" checked={deleted} onChange={(event) => setDeleted(event.currentTarget.checked)} /> Deleted ones</label>
			</div>
			<Failure text={error} />
			<Table
				caption={`${deleted ? 'Deleted documents' : 'Documents'}, those changed last at the end`}
				columns={docColumns(setId)}
				rows={docs.filter((doc) => deleted || !doc.deleted)}
				id={(doc) => doc.id}
			/>
			{next?.more && <p><button type="button" onClick={() => void load(next.cursor)}>More</button></p>}
			{id !== undefined && <Edit id={id} done={() => (setId(undefined), void load())} close={() => setId(undefined)} />}
		</>
	)
}

export function DocumentsView({ rest }: { rest: string }) {
	return rest ? <Documents group={decodeURIComponent(rest)} /> : <Groups go={(group) => (location.hash = `#/documents/${encodeURIComponent(group)}`)} />
}
