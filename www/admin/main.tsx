// The admin page: signing in, and the views by the part of the address behind #.
import { render } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { ApiError, call, signIn, type Session } from './api.js'
import { AuditView } from './audit.js'
import { BackupView } from './backup.js'
import { DocumentsView } from './documents.js'
import { InvitationsView } from './invitations.js'
import { NumbersView } from './numbers.js'
import { StreamsView } from './streams.js'
import { TokensView } from './tokens.js'
import { Failure, Field, focusHeading, Form, problem, Said, say } from './ui.js'
import { UsersView } from './users.js'

const VIEWS = [
	['numbers', 'Numbers'],
	['tokens', 'Tokens'],
	['users', 'Users'],
	['invitations', 'Invitations'],
	['streams', 'Streams'],
	['documents', 'Documents'],
	['audit', 'Audit'],
	['backup', 'Backup'],
] as const

function useHash() {
	const read = () => location.hash.replace(/^#\/?/, '')
	const [hash, setHash] = useState(read)
	useEffect(() => {
		const change = () => setHash(read())
		addEventListener('hashchange', change)
		return () => removeEventListener('hashchange', change)
	}, [])
	const slash = hash.indexOf('/')
	return slash < 0 ? [hash, ''] : [hash.slice(0, slash), hash.slice(slash + 1)]
}

function SignIn({ error, done }: { error?: string; done: () => Promise<void> }) {
	const field = useRef<HTMLInputElement>(null)
	useEffect(() => field.current?.focus(), [])
	return (
		<main class="paper narrow">
			<h1>Admin</h1>
			<Form button="Sign in" send={async (data) => (signIn(String(data.get('token')).trim()), done())}>
				<Field label="Token of an administrator" hint="Make one with: pocketbook token add --user NAME --admin. It stays in this tab until you close it.">
					<input ref={field} name="token" type="password" autocomplete="current-password" spellcheck={false} required />
				</Field>
				<Failure text={error} />
			</Form>
		</main>
	)
}

function View({ name, rest, session }: { name: string; rest: string; session: Session }) {
	switch (name) {
		case 'tokens':
			return <TokensView />
		case 'users':
			return <UsersView />
		case 'invitations':
			return <InvitationsView />
		case 'streams':
			return <StreamsView />
		case 'documents':
			return <DocumentsView rest={rest} />
		case 'audit':
			return <AuditView />
		case 'backup':
			return <BackupView session={session} />
		default:
			return <NumbersView />
	}
}

function App() {
	const [session, setSession] = useState<Session>()
	const [error, setError] = useState<string>()
	const [asked, setAsked] = useState(false)
	const [hash, rest] = useHash() as [string, string]
	const name = VIEWS.find(([view]) => view === hash)?.[0] ?? 'numbers'
	const begin = () =>
		call<Session>('session').then(
			(found) => (setSession(found), setError(undefined)),
			(failure) => {
				setError(failure instanceof ApiError && failure.status === 401 && !asked ? undefined : problem(failure))
				setAsked(true)
			},
		)
	useEffect(() => void begin(), [])
	useEffect(() => {
		document.title = `${VIEWS.find(([view]) => view === name)![1]} · Pocketbook admin`
	}, [name])
	const begun = useRef(false)
	useEffect(() => {
		// What was read is another page now; the first one is where it begins.
		if (begun.current) (say(''), focusHeading())
		begun.current = !!session
	}, [name, rest, !!session])
	if (!session) return asked ? <SignIn error={error} done={begin} /> : null
	const leave = () => (signIn(null), setSession(undefined))
	return (
		<>
			<button type="button" class="skip" onClick={focusHeading}>Skip to the content</button>
			<header class="top">
				<p class="brand"><b>Pocketbook</b> {session.version} <span class="mono">{session.database}</span></p>
				<nav aria-label="Views">
					{VIEWS.map(([view, title]) => <a key={view} href={`#/${view}`} aria-current={view === name ? 'page' : undefined}>{title}</a>)}
				</nav>
				<p class="who">{session.socket ? 'by the Unix socket' : <>{session.user} <button type="button" class="link" onClick={leave}>Sign out</button></>}</p>
			</header>
			<main class="paper">
				<h1 tabIndex={-1}>{VIEWS.find(([view]) => view === name)![1]}</h1>
				<View key={name} name={name} rest={rest} session={session} />
			</main>
			<Said />
		</>
	)
}

render(<App />, document.getElementById('root')!)
