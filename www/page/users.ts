// Who uses this device: names, the token of each, and where the todos of each are kept. All of it stays here.

const KEY = 'pocketbook.users'

export interface User {
	name: string
	token?: string
	/** The atom's `user`: the first one takes over what was written before anybody had a name. */
	space?: string
}

interface Kept { current?: string; users: User[] }

let kept: Kept = { users: [] }
try {
	kept = JSON.parse(localStorage.getItem(KEY) ?? '{"users":[]}')
} catch {
	// Then nobody is known.
}

function keep(): void {
	try {
		kept.users.length ? localStorage.setItem(KEY, JSON.stringify(kept)) : localStorage.removeItem(KEY)
	} catch {
		// Then the token is asked for again next time.
	}
}

export function currentUser(): User | undefined {
	return kept.users.find(({ name }) => name === kept.current)
}

export function otherUsers(): User[] {
	return kept.users.filter(({ name }) => name !== kept.current)
}

/** Makes this the user of the page, from the next load on where there was another one. */
export function enterUser(name: string, token: string | undefined): User {
	let user = kept.users.find((one) => one.name === name)
	if (!user) {
		user = kept.users.some(({ space }) => space === undefined) ? { name, space: name } : { name }
		kept.users.push(user)
	}
	if (token !== undefined) user.token = token
	kept.current = name
	keep()
	return user
}

/** The page goes on with another one, if there is one. */
export function forgetUser(name: string): void {
	kept.users = kept.users.filter((user) => user.name !== name)
	kept.current = kept.users[0]?.name
	keep()
}
