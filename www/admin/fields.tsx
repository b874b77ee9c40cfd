// Members of tokens and invitations, as fields of forms and in tables.
import type { Grant } from './api.js'
import { Field } from './ui.js'

const DAY = 86400

/** Seconds, from days; undefined: none were given. */
export const days = (data: FormData, name: string) => {
	const text = String(data.get(name) ?? '').trim()
	return text === '' ? undefined : Math.round(Number(text) * DAY)
}

export const words = (text: FormDataEntryValue | null) => String(text ?? '').split(/[\s,]+/).filter(Boolean)

/** As GroupsField takes them. */
export const grantsText = (groups: Grant[]) => groups.map(({ group, write }) => (write ? group : `${group}:ro`)).join(' ')

export function Grants({ groups }: { groups: Grant[] }) {
	return <>{groups.map(({ group, write }) => <span key={group} class="grant">{group === '*' ? 'all groups' : group}{!write && <small> read</small>}</span>)}</>
}

export function GroupsField({ groups = [], required, autofocus }: { groups?: Grant[]; required?: boolean; autofocus?: boolean }) {
	return (
		<Field label="Groups" hint="Each with all groups nested in it; * is all, and :ro at the end means read only.">
			<input name="groups" placeholder="notes club:ro" defaultValue={grantsText(groups)} required={required} autofocus={autofocus} autocomplete="off" spellcheck={false} />
		</Field>
	)
}
