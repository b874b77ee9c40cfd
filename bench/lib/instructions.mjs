// Counts of instructions by callgrind, and their comparison.

export const LIMIT = 1.05

/** Reads {PROCESS: instructions} from the output of a server under callgrind; workers
 * are added up. */
export function countsOf(told) {
	const names = new Map([...told.matchAll(/process=([a-z]+)\S* pid=(\d+)/g)].map(([, name, pid]) => [pid, name]))
	const counts = {}
	for (const [, pid, count] of told.matchAll(/==(\d+)== Collected : (\d+)/g)) {
		const name = names.get(pid)
		if (!name) throw new Error(`process ${pid} has said nothing in the log`)
		counts[name] = (counts[name] ?? 0) + Number(count)
	}
	return counts
}

/** The cost of one of `more - less` units, without start and end. */
export function perUnit(less, more, units) {
	return Object.fromEntries(Object.keys(more).map((name) => [name, Math.round((more[name] - (less[name] ?? 0)) / units)]))
}

function different(kept, here) {
	const names = [...new Set([...Object.keys(kept), ...Object.keys(here)])]
	return names.filter((name) => kept[name] !== here[name]).map((name) => `${name}: ${kept[name] ?? 'none'} then, ${here[name] ?? 'none'} now`)
}

/**
 * Compares stored counts ({on, counts: {SCENARIO: {PROCESS: instructions}}}) with
 * current ones. Returns {lines, grown}; throws if tools or scenarios differ.
 */
export function compare(kept, taken) {
	const other = different(kept.on, taken.on)
	if (other.length) throw new Error(`these counts cannot be compared with those that are kept:\n  ${other.join('\n  ')}`)
	let grown = false
	const lines = Object.entries(kept.counts).flatMap(([scenario, processes]) =>
		Object.entries(processes).map(([process, before]) => {
			const now = taken.counts[scenario]?.[process]
			if (now === undefined) throw new Error(`${scenario} in the ${process} was not counted`)
			const ratio = now / before
			if (ratio > LIMIT) grown = true
			return `${ratio > LIMIT ? 'GROWN ' : 'ok    '} ${scenario} in the ${process}: ${now} instructions, ${before} are kept (${ratio.toFixed(3)} ×)`
		}),
	)
	return { lines, grown }
}
