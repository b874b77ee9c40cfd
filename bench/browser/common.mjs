// Shared by all sides in the browser.

export const seconds = (begin) => (performance.now() - begin) / 1000

/** The value of document `i`. */
export const todo = (i, title = `buy milk and bread, ${i} of them`) => ({ title, completed: i % 3 === 0, created: 1_700_000_000_000 + i })

/**
 * Measures changes. prepare(told) returns, or resolves with, a function that starts the
 * change and returns a promise of its storage. Resolves with the seconds until the
 * change is stored and `told` has been called.
 */
export async function untilTold(prepare) {
	let told
	const hasTold = new Promise((done) => (told = done))
	const change = await prepare(told)
	const begin = performance.now()
	await Promise.all([change(), hasTold])
	return seconds(begin)
}

/**
 * The seconds that `job` reports, and those of the longest task of the main thread
 * meanwhile. Browsers report tasks of more than 50 ms; others count as that.
 */
export async function withLongestTask(job) {
	let longest = 0.05
	const observer = new PerformanceObserver((list) => list.getEntries().forEach(({ duration }) => (longest = Math.max(longest, duration / 1000))))
	observer.observe({ type: 'longtask' })
	const time = await job()
	// Entries are reported after the task that follows.
	await new Promise((done) => setTimeout(done, 500))
	observer.disconnect()
	return { time, longest }
}
