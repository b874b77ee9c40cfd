// Tokens: list, make, change, rotate, revoke.
import { useState } from 'preact/hooks'
import { call, type Minted, type Quota, type Token } from './api.js'
import { days, GroupsField, Grants, grantsText, words } from './fields.js'
import { Table, type Column } from './table.js'
import { bytes, Confirm, count, Dialog, Failure, Field, Form, Secret, say, useLoaded, when } from './ui.js'

type Open = { what: 'add' } | { what: 'rotate' | 'revoke' | 'set'; token: Token } | { what: 'made'; made: Minted; user: string } | undefined

function uses(name: string, { used, limit }: Quota) {
	const shown = name === 'bytes' ? bytes : count
	if (!used && !limit) return null
	return <li key={name}>{name} {used !== undefined && shown(used)}{limit && `${used !== undefined ? ' of ' : ''}${shown(limit)}`}{name === 'pushes' && ' a minute'}</li>
}

const columns = (open: (open: Open) => void): Column<Token>[] => [
	{ title: 'User', kind: 'head', show: ({ user, admin }) => <>{user}{admin && <span class="tag">admin</span>}</> },
	{ title: 'Id', class: 'mono', show: ({ id }) => id },
	{ title: 'Groups', show: ({ groups, note }) => (groups.length || note ? <><Grants groups={groups} />{note && <small class="note">{note}</small>}</> : '') },
	{ title: 'Expires', class: 'when', show: ({ expired, expires }) => (expired ? 'expired' : when(expires) || 'never') },
	{ title: 'Last used', class: 'when', show: ({ used }) => when(used) || <span class="quiet">not known</span> },
	{ title: 'Stored', show: ({ quotas }) => (Object.values(quotas).some(({ used, limit }) => used || limit) ? <ul class="uses">{Object.entries(quotas).map(([name, quota]) => uses(name, quota))}</ul> : '') },
	{
		title: 'Actions', kind: 'acts', show: (token) => (
			<>
				<button type="button" onClick={() => open({ what: 'set', token })} aria-label={`Change ${token.id} of ${token.user}`}>Change</button>
				<button type="button" onClick={() => open({ what: 'rotate', token })} aria-label={`Rotate ${token.id} of ${token.user}`}>Rotate</button>
				<button type="button" onClick={() => open({ what: 'revoke', token })} aria-label={`Revoke ${token.id} of ${token.user}`}>Revoke</button>
			</>
		),
	},
]

function Add({ made, close }: { made: (made: Minted, user: string) => void; close: () => void }) {
	const send = async (data: FormData) => {
		const user = String(data.get('user')).trim()
		const quota = String(data.get('quota')).trim()
		made(await call<Minted>('tokens', { user, groups: words(data.get('groups')), admin: data.get('admin') === 'on', expires: days(data, 'days'), note: String(data.get('note')), quota: quota || undefined }), user)
	}
	return (
		<Dialog title="New token" close={close}>
			<Form button="Make it" send={send} close={close}>
				<Field label="User"><input name="user" required maxLength={128} autocomplete="off" spellcheck={false} autofocus /></Field>
				<GroupsField />
				<Field label="Note"><input name="note" maxLength={200} autocomplete="off" /></Field>
				<Field label="Expires in days" hint="Empty: never."><input name="days" type="number" min="1" max="36500" /></Field>
				<Field label="Quota" hint="Such as bytes=1G,documents=100000. Empty: the server’s."><input name="quota" autocomplete="off" spellcheck={false} /></Field>
				<label class="check"><input type="checkbox" name="admin" /> May use this page, as you do</label>
			</Form>
		</Dialog>
	)
}

function Rotate({ token, made, close }: { token: Token; made: (made: Minted, user: string) => void; close: () => void }) {
	return (
		<Dialog title={`Rotate a token of ${token.user}`} close={close}>
			<Form button="Rotate" close={close} send={async (data) => made(await call<Minted>('tokens/rotate', { id: token.id, expires: days(data, 'days'), grace: days(data, 'grace') }), token.user)}>
				<p>A new token takes the place of {token.id}, with the same rights.</p>
				<Field label="The old one stays for days" hint="0: it ends at once."><input name="grace" type="number" min="0" max="36500" value="0" required /></Field>
				<Field label="The new one expires in days" hint="Empty: when the old one would have; 0: never."><input name="days" type="number" min="0" max="36500" /></Field>
			</Form>
		</Dialog>
	)
}

function Change({ token, done, close }: { token: Token; done: () => void; close: () => void }) {
	const send = async (data: FormData) => {
		const change: Record<string, unknown> = { id: token.id, expires: days(data, 'days') }
		const groups = String(data.get('groups'))
		const note = String(data.get('note'))
		const quota = String(data.get('quota')).trim()
		if (groups !== grantsText(token.groups)) change.groups = words(groups)
		if (note !== token.note) change.note = note
		if (quota) change.quota = quota
		await call('tokens/set', change)
		done()
	}
	return (
		<Dialog title={`Change a token of ${token.user}`} close={close}>
			<Form button="Change" close={close} send={send}>
				<GroupsField groups={token.groups} required={!token.admin} />
				<Field label="Note"><input name="note" maxLength={200} autocomplete="off" defaultValue={token.note} /></Field>
				<Field label="Expires in days, from now" hint="Empty: as it is; 0: never."><input name="days" type="number" min="0" max="36500" step="any" /></Field>
				<Field label="Quota" hint="bytes, documents, groups, streams, pushes (a minute): a number, off, or default; those that are not named stay."><input name="quota" placeholder="bytes=1G,pushes=600" autocomplete="off" spellcheck={false} /></Field>
			</Form>
		</Dialog>
	)
}

export function TokensView() {
	const { value, error, reload } = useLoaded(() => call<{ tokens: Token[] }>('tokens'))
	const [open, setOpen] = useState<Open>()
	const [filter, setFilter] = useState('')
	const close = () => setOpen(undefined)
	const done = (user: string) => (close(), reload(), say(`A token of ${user} was changed`))
	const made = (minted: Minted, user: string) => (setOpen({ what: 'made', made: minted, user }), reload())
	const shown = value?.tokens.filter(({ user, id, groups }) => [user, id, ...groups.map(({ group }) => group)].some((text) => text.includes(filter)))
	return (
		<>
			<div class="bar">
				<label>Find <input type="search" value={filter} onInput={(event) => setFilter(event.currentTarget.value)} placeholder="user, id or group" /></label>
				<button type="button" class="main-button" onClick={() => setOpen({ what: 'add' })}>New token</button>
			</div>
			<Failure text={error} />
			{shown && <Table found caption={`${count(shown.length)} ${shown.length === 1 ? 'token' : 'tokens'}`} columns={columns(setOpen)} rows={shown} id={({ id }) => id} faded={({ expired }) => expired} />}
			{open?.what === 'add' && <Add made={made} close={close} />}
			{open?.what === 'rotate' && <Rotate token={open.token} made={made} close={close} />}
			{open?.what === 'set' && <Change token={open.token} done={() => done(open.token.user)} close={close} />}
			{open?.what === 'revoke' && (
				<Confirm title={`Revoke a token of ${open.token.user}`} text={`Devices that use ${open.token.id} are signed out at once. This cannot be undone.`} button="Revoke" done={`A token of ${open.token.user} was revoked`} act={() => call('tokens/revoke', { id: open.token.id }).then(reload)} close={close} />
			)}
			{open?.what === 'made' && (
				<Dialog title={`The token of ${open.user}`} close={close}>
					<Secret text={open.made.token} what="the token" />
					<p class="buttons"><button type="button" onClick={close}>Done</button></p>
				</Dialog>
			)}
		</>
	)
}
