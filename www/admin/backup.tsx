// A copy of the database as a download.
import { useState } from 'preact/hooks'
import { call, query, type Session } from './api.js'
import { Failure, problem } from './ui.js'

export function BackupView({ session }: { session: Session }) {
	const [error, setError] = useState<string>()
	const [begun, setBegun] = useState(false)
	const download = () =>
		call<{ ticket: string }>('backup', {}).then(
			({ ticket }) => {
				const link = document.createElement('a')
				link.href = `api/backup/file?${query({ ticket })}`
				link.download = ''
				link.click()
				setBegun(true)
			},
			(failure) => setError(problem(failure)),
		)
	if (!session.backup) return <p>A database in PostgreSQL is backed up by its own tools: <code>pg_dump</code>, or pgBackRest.</p>
	return (
		<>
			<p>The copy has everything as it is at one moment, tokens’ hashes too, and is verified before it is sent. The server goes on serving.</p>
			<p>Put it back with the server stopped: <code>pocketbook restore FILE</code>.</p>
			<Failure text={error} />
			<p><button type="button" class="main-button" onClick={() => void download()}>Download a backup</button></p>
			<p role="status" class="quiet">{begun && 'The download begins when the copy is made.'}</p>
		</>
	)
}
