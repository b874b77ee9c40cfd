import type { Status } from '../client/index.js'
import { say, the } from './dom.js'

/** What the state means to whoever writes todos. */
export function describe({ state, online, pending }: Status, refused = 0): string {
	const waiting = pending === 1 ? '1 change waits' : `${pending} changes wait`
	const saved = refused ? `Online, ${refused === 1 ? '1 change is' : `${refused} changes are`} not taken` : 'Online, everything saved'
	switch (state) {
		case 'synced': return saved
		case 'pending':
		case 'syncing': return !online ? 'Connecting' : pending ? `Online, ${waiting} to be saved` : saved
		case 'offline': return pending ? `Offline, ${waiting} here` : 'Offline'
		case 'unauthorized': return pending ? `Not signed in, ${waiting} here` : 'Not signed in'
		case 'storage-degraded': return `${online ? 'Online' : 'Offline'}, this device keeps nothing${pending ? `, ${waiting}` : ''}`
	}
}

export function ago(then: number | null, now = Date.now()): string {
	if (then === null) return ''
	const seconds = Math.max(0, Math.round((now - then) / 1000))
	if (seconds < 60) return 'synced just now'
	if (seconds < 3600) return `synced ${Math.floor(seconds / 60)} min ago`
	const when = new Date(then)
	const sameDay = when.toDateString() === new Date(now).toDateString()
	return 'synced ' + when.toLocaleString([], sameDay ? { timeStyle: 'short' } : { dateStyle: 'medium', timeStyle: 'short' })
}

/** The status line, brought up to date by itself as time passes. */
export class StatusLine {
	#line = the('.status')
	#state = the('.state', this.#line)
	#when = the('.when', this.#line)
	#problem = the('.problem')
	#status?: Status

	constructor() {
		setInterval(() => this.#tellTime(), 20_000)
	}

	/** `refused`: how many changes the server does not take. */
	show(status: Status, refused: number): void {
		this.#status = status
		// A push under way looks like the state it comes from: the line should not flicker with each stroke.
		this.#line.dataset.state = status.state === 'syncing' ? (status.online ? 'synced' : 'connecting') : status.state
		this.#line.dataset.pending = String(status.pending)
		this.#line.dataset.busy = String(status.state === 'syncing' || status.state === 'pending')
		say(this.#state, describe(status, refused))
		this.#tellTime()
		const problem = status.lastError && status.lastError.code !== 'unauthorized' && !status.online ? status.lastError.message : ''
		say(this.#problem, status.state === 'storage-degraded' ? (status.lastError?.message ?? '') : problem)
		this.#problem.hidden = !this.#problem.textContent
	}

	#tellTime(): void {
		if (!this.#status) return
		const { lastPull, lastPush } = this.#status
		const last = Math.max(lastPull ?? 0, lastPush ?? 0) || null
		say(this.#when, ago(last))
		if (last) this.#when.setAttribute('title', new Date(last).toLocaleString())
	}
}
