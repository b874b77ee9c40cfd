// What all sides in the browser share.

export const seconds = (begin) => (performance.now() - begin) / 1000

/** The value of the document `i`. */
export const todo = (i, title = `buy milk and bread, ${i} of them`) => ({ title, completed: i % 3 === 0, created: 1_700_000_000_000 + i })

/**
 * prepare(told) resolves with, or is, what begins the change; that answers a promise of its being stored. Resolves with the seconds from its
 * beginning until it is stored and `told` was called.
 */
export async function untilTold(prepare) {
	let told
	const hasTold = new Promise((done) => (told = done))
	const change = await prepare(told)
	const begin = performance.now()
	await Promise.all([change(), hasTold])
	return seconds(begin)
}
