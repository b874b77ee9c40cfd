// The tabs of one browser that share local data: who of them talks to the server for a group, and how they tell each other of changes.

/** A leader that does not answer for so many checks, one every 0.8 s, is replaced. */
const MISSED = 2

export interface Tab {
	/** The same in the tabs that share their data. */
	name: string
	onMessage(message: any): void
	/** This tab leads, or no longer leads, the group. */
	onLead(group: string, leads: boolean): void
}

export class Tabs {
	leads = new Set<string>()
	#host: Tab
	#channel?: BroadcastChannel
	#groups = new Map<string, { release: AbortController; missed: number }>()
	#timer?: ReturnType<typeof setInterval>

	constructor(host: Tab) {
		this.#host = host
		if (!globalThis.BroadcastChannel) return
		this.#channel = new BroadcastChannel(host.name)
		this.#channel.onmessage = ({ data }) => {
			const { ask, here } = data
			if (ask) this.leads.has(ask) && this.post({ here: ask })
			else if (here) this.#onHere(here)
			else host.onMessage(data)
		}
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
		for (const group of this.#groups.keys()) this.leave(group)
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
		navigator.locks.request(`${this.#host.name}:${group}`, options, held).catch(() => this.#onLost(group, release))
	}

	#lead(group: string): void {
		this.leads.add(group)
		this.post({ here: group })
		this.#host.onLead(group, true)
	}

	/** Another tab took the lock away, or the wait for it was given up. */
	#onLost(group: string, release: AbortController): void {
		if (this.#groups.get(group)?.release !== release || !this.leads.delete(group)) return
		this.#host.onLead(group, false)
		this.#request(group, false)
	}

	/** A leader that was closed frees its lock; one that is frozen keeps it, but does not answer. */
	#check(): void {
		for (const [group, entry] of this.#groups) {
			if (this.leads.has(group)) continue
			if (entry.missed++ < MISSED) this.post({ ask: group })
			else {
				const waiting = entry.release
				entry.missed = 0
				entry.release = new AbortController()
				waiting.abort()
				this.#request(group, true)
			}
		}
	}

	#onHere(group: string): void {
		const entry = this.#groups.get(group)
		if (entry) entry.missed = 0
	}
}
