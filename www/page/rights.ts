// Whether the user of the page may change the list.

interface Grant { group: string; write: boolean }

const covers = (grant: string, group: string): boolean => grant === '*' || grant === group || group.startsWith(grant + ':')

/**
 * Asks the server what the token may do. `undefined`: not known, as the server cannot
 * be reached or does not take the token.
 */
export async function mayWrite(token: string, group: string): Promise<boolean | undefined> {
	try {
		const response = await fetch(new URL('whoami', location.href), { headers: { Authorization: `Bearer ${token}` }, cache: 'no-store' })
		if (!response.ok) return undefined
		const { groups } = (await response.json()) as { groups: Grant[] }
		return groups.some((grant) => grant.write && covers(grant.group, group))
	} catch {
		return undefined
	}
}
