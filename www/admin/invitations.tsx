// Invitations: list, make, withdraw.
import { useState } from 'preact/hooks'
import { call, type Invite } from './api.js'
import { days, Grants, GroupsField, words } from './fields.js'
import { Table, type Column } from './table.js'
import { Confirm, count, Dialog, Failure, Field, Form, Secret, useLoaded, when } from './ui.js'

type Open = { what: 'add' } | { what: 'end'; invite: Invite } | { what: 'made'; link: string } | undefined

// Where the app is, for the next link of this browser.
const URL_KEY = 'pocketbook-admin-app'

const columns = (open: (open: Open) => void): Column<Invite>[] => [
	{ title: 'Id', kind: 'head', class: 'mono', show: ({ id }) => id },
	{ title: 'Groups', show: ({ user, groups, note }) => <>{user ? <>another device of {user}</> : <Grants groups={groups} />}{note && <small class="note">{note}</small>}</> },
	{ title: 'Joined', show: ({ used, uses }) => `${count(used)} of ${count(uses)}` },
	{ title: 'Ends', class: 'when', show: ({ state, expires }) => (state === 'open' ? when(expires) : state) },
	{ title: 'Actions', kind: 'acts', show: (invite) => <button type="button" onClick={() => open({ what: 'end', invite })} aria-label={`Withdraw ${invite.id}`}>Withdraw</button> },
]

function Add({ made, close }: { made: (link: string) => void; close: () => void }) {
	const send = async (data: FormData) => {
		const url = String(data.get('url')).trim()
		const { link } = await call<{ link: string }>('invites', { groups: words(data.get('groups')), uses: Number(data.get('uses')), expires: days(data, 'days'), note: String(data.get('note')) })
		localStorage.setItem(URL_KEY, url)
		made(url + link)
	}
	return (
		<Dialog title="New invitation" close={close}>
			<Form button="Make it" send={send} close={close}>
				<GroupsField required autofocus />
				<Field label="How many may join"><input name="uses" type="number" min="1" max="1000000" value="1" required /></Field>
				<Field label="Ends in days"><input name="days" type="number" min="0.01" max="36500" step="any" value="7" required /></Field>
				<Field label="Note" hint="For the lists of invitations and tokens."><input name="note" maxLength={200} autocomplete="off" /></Field>
				<Field label="Address of the app" hint="Such as https://notes.example/. Empty: put the end of the link behind it yourself."><input name="url" type="url" pattern="https?://[^#]+" defaultValue={localStorage.getItem(URL_KEY) ?? ''} spellcheck={false} /></Field>
			</Form>
		</Dialog>
	)
}

export function InvitationsView() {
	const { value, error, reload } = useLoaded(() => call<{ invites: Invite[] }>('invites'))
	const [open, setOpen] = useState<Open>()
	const close = () => setOpen(undefined)
	return (
		<>
			<div class="bar">
				<p class="quiet">A person who opens the link chooses a name and gets a token of their own.</p>
				<button type="button" class="main-button" onClick={() => setOpen({ what: 'add' })}>New invitation</button>
			</div>
			<Failure text={error} />
			{value && <Table caption={`${count(value.invites.length)} ${value.invites.length === 1 ? 'invitation' : 'invitations'}`} columns={columns(setOpen)} rows={value.invites} id={({ id }) => id} faded={({ state }) => state !== 'open'} />}
			{open?.what === 'add' && <Add made={(link) => (setOpen({ what: 'made', link }), reload())} close={close} />}
			{open?.what === 'end' && (
				<Confirm title="Withdraw an invitation" text={`Nobody can join with ${open.invite.id} any more. Tokens that were made by it stay.`} button="Withdraw" done="The invitation was withdrawn" act={() => call('invites/end', { id: open.invite.id }).then(reload)} close={close} />
			)}
			{open?.what === 'made' && (
				<Dialog title="The link of the invitation" close={close}>
					<Secret text={open.link} what="the link" />
					<p class="buttons"><button type="button" onClick={close}>Done</button></p>
				</Dialog>
			)}
		</>
	)
}
