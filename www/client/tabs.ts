// The tabs of one browser that share local data: who of them talks to the server for a group, and how they tell each other of changes.

/** A leader that does not answer for so many checks, one every 0.8 s, is replaced. */
const MISSED = 2

export interface TabEvents {
	onMessage(message: any): void
	/** This tab leads, or no longer leads, the group. */
	onLead(group: string, leads: boolean): void
}

type Kind = 'ask' | 'here'

export class Tabs {
	leads = new Set<string>()
	#channel?: BroadcastChannel
	#groups = new Map<string, { release: AbortController; missed: number }>()
	#timer?: ReturnType<typeof setInterval>

	constructor(private name: string, private events: TabEvents) {
		if (typeof BroadcastChannel === 'undefined') return
		this.#channel = new BroadcastChannel(name)
		this.#channel.onmessage = ({ data }) => (data.kind ? this.#onCheck(data.kind, data.group) : events.onMessage(data))
	}

	post(message: object): void {
		this.#channel?.postMessage(message)
	}

	join(group: string): void {
		const entry = { release: new AbortController(), missed: 0 }
		this.#groups.set(group, entry)
		// Without locks (an insecure origin, an old browser) each tab syncs for itself; `op` makes that safe.
		if (!globalThis.navigator?.locks) return this.#lead(group)
		this.#request(group, false)
		this.#timer ??= setInterval(() => this.#check(), 800)
	}

	leave(group: string): void {
		this.#groups.get(group)?.release.abort()
		this.#groups.delete(group)
		this.leads.delete(group)
	}

	close(): void {
		clearInterval(this.#timer)
		for (const group of [...this.#groups.keys()]) this.leave(group)
		if (this.#channel) this.#channel.onmessage = null
		this.#channel?.close()
		this.#channel = undefined
	}

	#request(group: string, steal: boolean): void {
		const { release } = this.#groups.get(group)!
		const options = steal ? { steal } : { signal: release.signal }
		const held = () =>
			new Promise<void>((done) => {
				if (release.signal.aborted) return done()
				release.signal.addEventListener('abort', () => done())
				this.#lead(group)
			})
		navigator.locks.request(`${this.name}:${group}`, options, held).catch(() => this.#onLost(group, release))
	}

	#lead(group: string): void {
		this.leads.add(group)
		this.post({ kind: 'here', group })
		this.events.onLead(group, true)
	}

	/** Another tab took the lock away, or the wait for it was given up. */
	#onLost(group: string, release: AbortController): void {
		if (this.#groups.get(group)?.release !== release || !this.leads.delete(group)) return
		this.events.onLead(group, false)
		this.#request(group, false)
	}

	/** A leader that was closed frees its lock; one that is frozen keeps it, but does not answer. */
	#check(): void {
		for (const [group, entry] of this.#groups) {
			if (this.leads.has(group)) continue
			if (entry.missed++ < MISSED) {
				this.post({ kind: 'ask', group })
				continue
			}
			entry.missed = 0
			this.#steal(group, entry)
		}
	}

	#steal(group: string, entry: { release: AbortController; missed: number }): void {
		const waiting = entry.release
		entry.release = new AbortController()
		waiting.abort()
		this.#request(group, true)
	}

	#onCheck(kind: Kind, group: string): void {
		const entry = this.#groups.get(group)
		if (!entry) return
		if (kind === 'ask' && this.leads.has(group)) this.post({ kind: 'here', group })
		if (kind === 'here') entry.missed = 0
	}
}
