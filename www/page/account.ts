import type { Status, SyncedAtom } from '../client/index.js'
import { make, say, the } from './dom.js'
import { currentUser, enterUser, forgetUser, otherUsers } from './users.js'

/** Asks for a token when the server wants one; several users of the device have their todos side by side. */
export class Account {
	#form = the<HTMLFormElement>('.account')
	#name = the<HTMLInputElement>('#user')
	#token = the<HTMLInputElement>('#token')
	#button = the<HTMLButtonElement>('.user')
	#users = the('.users')
	#leave = the<HTMLFormElement>('.leave')
	#asked = false
	/** The form is for somebody else than who uses the page now. */
	#another = false

	constructor(private atom: SyncedAtom) {
		this.#form.addEventListener('submit', (event) => {
			event.preventDefault()
			this.#enter()
		})
		this.#form.addEventListener('reset', () => this.#ask(false))
		this.#button.addEventListener('click', () => this.#open(this.#users.hidden))
		for (const button of document.querySelectorAll('.another')) button.addEventListener('click', () => this.#ask(true))
		the('.forget').addEventListener('click', () => this.#askToLeave())
		this.#leave.addEventListener('reset', () => (this.#leave.hidden = true))
		this.#leave.addEventListener('submit', (event) => {
			event.preventDefault()
			void this.#forget()
		})
		const others = otherUsers().map(({ name }) =>
			make('li', {}, make('button', { type: 'button', onclick: () => this.#switch(name) }, `Switch to ${name}`)))
		the('ul', this.#users).prepend(...others)
	}

	show({ state, lastError }: Status): void {
		const user = currentUser()
		const asked = state === 'unauthorized'
		this.#button.hidden = !user
		say(this.#button, user?.name ?? '')
		say(the('.forget'), `Forget ${user?.name}…`)
		if (asked && !this.#asked && user?.token) say(the('.why', this.#form), `The one of ${user.name} is not taken: ${lastError?.message ?? 'it may have expired'}.`)
		this.#asked = asked
		this.#form.hidden = !asked && !this.#another
		this.#shape()
	}

	/** What the form asks for. */
	#shape(): void {
		const user = this.#another ? undefined : currentUser()
		say(the('h2', this.#form), this.#another ? 'Another user' : 'This server asks for a token')
		the('.why', this.#form).hidden = this.#another
		the('.whose', this.#form).hidden = !!user
		this.#name.required = !user
		the('[type=reset]', this.#form).hidden = !this.#another
		the('.another', this.#form).hidden = this.#another || !user
	}

	#ask(another: boolean): void {
		this.#another = another
		this.#form.hidden = !this.#asked && !another
		this.#token.value = this.#name.value = ''
		this.#shape()
		this.#open(false)
		if (another) this.#name.focus()
	}

	#enter(): void {
		const token = this.#token.value.trim()
		const before = currentUser()
		const name = before && !this.#another ? before.name : this.#name.value.trim()
		if (!token || !name) return
		enterUser(name, token)
		if (before && before.name !== name) return location.reload()
		this.#ask(false)
		this.#asked = false
		this.atom.setToken(token)
	}

	#switch(name: string): void {
		enterUser(name, undefined)
		location.reload()
	}

	#open(open: boolean): void {
		this.#users.hidden = !open
		this.#button.setAttribute('aria-expanded', String(open))
	}

	#askToLeave(): void {
		const { pending } = this.atom.status
		const { name } = currentUser()!
		const waiting = pending === 1 ? '1 change has' : `${pending} changes have`
		this.#open(false)
		say(the('h2', this.#leave), `Forget ${name}?`)
		say(the('.why', this.#leave), `The token and all todos of ${name} are removed from this device; the server keeps its copy. ${
			pending ? `${waiting} not reached the server and would be lost.` : 'Everything has reached the server.'}`)
		say(the('[type=submit]', this.#leave), pending ? `Lose them and forget ${name}` : `Forget ${name}`)
		this.#leave.hidden = false
		the<HTMLElement>('[type=reset]', this.#leave).focus()
	}

	async #forget(): Promise<void> {
		await this.atom.logout({ force: true })
		forgetUser(currentUser()!.name)
		location.reload()
	}
}
