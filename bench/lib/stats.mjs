// Statistics of a few measurements.

export function median(numbers) {
	const sorted = [...numbers].sort((a, b) => a - b)
	const half = sorted.length >> 1
	return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
}

/** {median, low, high} of all rounds; low and high are the extremes. */
export function spread(numbers) {
	return { median: median(numbers), low: Math.min(...numbers), high: Math.max(...numbers) }
}

/** The number that the part `part` of all are not above. */
export function quantile(numbers, part) {
	const sorted = [...numbers].sort((a, b) => a - b)
	return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)]
}
