// Measures a row: its sides in turns, round by round, and their statistics.
import { Bench } from './bench.mjs'
import { median, spread } from './stats.mjs'

/**
 * Runs a row of bench/rows (see bench/README.md), at least as many rounds as it
 * requires. Resolves with {name, title, group, figures, sides: {SIDE: {FIGURE: {median,
 * low, high, rounds: [number]}}}, goals: [goal with its result], notes: [text]}.
 */
export async function measure(row, least, say = () => {}) {
	const bench = new Bench()
	const rounds = Math.max(least, row.rounds ?? 0)
	try {
		const { sides, notes = [] } = await row.open(bench)
		const names = Object.keys(sides)
		const taken = Object.fromEntries(names.map((name) => [name, []]))
		for (let round = 0; round < (row.warmUp ?? 1) + rounds; round++) {
			// The order affects results: each round begins with another
			// side.
			for (let i = 0; i < names.length; i++) {
				const name = names[(round + i) % names.length]
				say(`${row.name}: round ${round} of ${rounds}, ${name}`)
				const figures = await sides[name](round)
				if (round >= (row.warmUp ?? 1)) taken[name].push(figures)
			}
		}
		return {
			name: row.name,
			title: row.title,
			group: row.group,
			figures: row.figures,
			sides: Object.fromEntries(names.map((name) => [name, summary(taken[name])])),
			goals: row.goals.map((goal) => ({ ...goal, ...judge(goal, taken) })),
			notes,
		}
	} finally {
		await bench.close()
	}
}

function summary(rounds) {
	return Object.fromEntries(Object.keys(rounds[0]).map((figure) => {
		const numbers = rounds.map((round) => round[figure])
		return [figure, { ...spread(numbers), rounds: numbers }]
	}))
}

/** {value: {median, low, high}, reached}: of the ratios per round, or of the figure
 * itself if there is no `against`. */
export function judge({ figure, of, against, atLeast, atMost }, taken) {
	const values = taken[of].map((round, i) => (against === undefined ? round[figure] : round[figure] / taken[against][i][figure]))
	const middle = median(values)
	return { value: spread(values), reached: (atLeast === undefined || middle >= atLeast) && (atMost === undefined || middle <= atMost) }
}
