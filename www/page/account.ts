import type { Status, SyncedAtom } from '../client/index.js'
import { say, the } from './dom.js'

const KEY = 'pocketbook.token'

/** The token that was entered on this device. */
export function keptToken(): string | undefined {
	try {
		return localStorage.getItem(KEY) ?? undefined
	} catch {
		return undefined
	}
}

function keepToken(token: string | undefined): void {
	try {
		token ? localStorage.setItem(KEY, token) : localStorage.removeItem(KEY)
	} catch {
		// Then it is asked for again next time.
	}
}

/** Asks for a token when the server wants one, and lets another user take over. */
export class Account {
	#form = the<HTMLFormElement>('.account')
	#leave = the<HTMLFormElement>('.leave')
	#button = the<HTMLButtonElement>('.sign-out')
	#wasAsked = false

	constructor(private atom: SyncedAtom) {
		this.#form.addEventListener('submit', (event) => {
			event.preventDefault()
			this.#enter(the<HTMLInputElement>('#token'))
		})
		this.#button.addEventListener('click', () => this.#askToLeave())
		this.#leave.addEventListener('reset', () => (this.#leave.hidden = true))
		this.#leave.addEventListener('submit', (event) => {
			event.preventDefault()
			void this.#signOut()
		})
	}

	show({ state, lastError }: Status): void {
		const asked = state === 'unauthorized'
		this.#form.hidden = !asked
		this.#button.hidden = !keptToken()
		if (!asked) this.#wasAsked = false
		if (!asked || this.#wasAsked) return
		this.#wasAsked = true
		say(the('.why', this.#form), keptToken() ? `The one kept here is not taken: ${lastError?.message ?? 'it may have expired'}.` : '')
	}

	#enter(input: HTMLInputElement): void {
		const token = input.value.trim()
		if (!token) return
		input.value = ''
		this.#wasAsked = false
		keepToken(token)
		this.atom.setToken(token)
	}

	#askToLeave(): void {
		const { pending } = this.atom.status
		const waiting = pending === 1 ? '1 change has' : `${pending} changes have`
		say(the('.why', this.#leave), `The token and all todos are removed from this device; the server keeps its copy. ${
			pending ? `${waiting} not reached the server and would be lost.` : 'Everything has reached the server.'}`)
		say(the('[type=submit]', this.#leave), pending ? 'Lose them and change user' : 'Change user')
		this.#leave.hidden = false
		the<HTMLElement>('[type=reset]', this.#leave).focus()
	}

	async #signOut(): Promise<void> {
		await this.atom.logout({ force: true })
		keepToken(undefined)
		location.reload()
	}
}
