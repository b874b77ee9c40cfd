// Who uses this device: names, the token of each, and where the todos of each are kept. All of it stays here.

const KEY = 'pocketbook.users'

export interface User {
	name: string
	token?: string
	/** The atom's `user`: the first one takes over what was written before anybody had a name. */
	space?: string
}

interface Kept { current?: string; users: User[] }

let kept = read({ users: [] })
/** Who uses this tab; another one may have gone on to somebody else. */
let mine = kept.current

function read(otherwise: Kept): Kept {
	try {
		return JSON.parse(localStorage.getItem(KEY) ?? '{"users":[]}')
	} catch {
		return otherwise
	}
}

/** Changes what is kept, which other tabs may have changed too. */
function change(f: () => void): void {
	kept = read(kept)
	f()
	mine = kept.current
	try {
		kept.users.length ? localStorage.setItem(KEY, JSON.stringify(kept)) : localStorage.removeItem(KEY)
	} catch {
		// Then the token is asked for again next time.
	}
}

export function currentUser(): User | undefined {
	return kept.users.find(({ name }) => name === mine)
}

export function otherUsers(): User[] {
	return kept.users.filter(({ name }) => name !== mine)
}

/** Calls `f` when another tab has forgotten the user of this one, or has got the first user. */
export function onOtherTab(f: () => void): void {
	window.addEventListener('storage', ({ key }) => {
		if (key !== KEY && key !== null) return
		const now = read(kept)
		if (mine === undefined ? now.current !== undefined : !now.users.some(({ name }) => name === mine)) f()
	})
}

/** Makes this the user of the page, from the next load on where another space is in use. */
export function enterUser(name: string, token?: string): User {
	let user: User | undefined
	change(() => {
		user = kept.users.find((one) => one.name === name)
		if (!user) {
			user = kept.users.some(({ space }) => space === undefined) ? { name, space: name } : { name }
			kept.users.push(user)
		}
		if (token !== undefined) user.token = token
		kept.current = name
	})
	return user!
}

/** The page goes on with another one, if there is one. */
export function forgetUser(name: string): void {
	change(() => {
		kept.users = kept.users.filter((user) => user.name !== name)
		kept.current = kept.users[0]?.name
	})
}
