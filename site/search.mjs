// The index of the documentation, for the page (site.js) and its tests.
import MiniSearch from 'minisearch'

/** Words as they are, and the parts of names such as `--cors-origin` and `setToken`. */
export function words(text) {
	return text.split(/[^\p{L}\p{N}_-]+/u).filter(Boolean).flatMap((word) => {
		const bare = word.replace(/^-+|-+$/g, '')
		const parts = bare.split(/[-_]|(?<=[a-z])(?=[A-Z])/).filter(Boolean)
		return parts.length > 1 ? [bare, ...parts] : [bare]
	})
}

/** `documents`: [{page, title, href, text}]. */
export function index(documents) {
	const search = new MiniSearch({
		fields: ['title', 'page', 'text'],
		storeFields: ['title', 'page', 'href', 'text'],
		idField: 'href',
		tokenize: words,
		searchOptions: { boost: { title: 4, page: 2 }, prefix: true, fuzzy: (term) => (term.length > 4 ? 0.2 : 0), combineWith: 'AND' },
	})
	search.addAll(documents)
	return search
}

/** What surrounds the first match: [before, match, after]. */
export function excerpt(text, terms) {
	const lower = text.toLowerCase()
	const at = Math.min(...terms.map((term) => lower.indexOf(term)).filter((place) => place >= 0))
	if (!Number.isFinite(at)) return [text.slice(0, 140), '', '']
	const term = terms.filter((one) => lower.startsWith(one, at)).sort((a, b) => b.length - a.length)[0]
	const from = at > 50 ? lower.indexOf(' ', at - 50) + 1 : 0
	return [(from ? '… ' : '') + text.slice(from, at), text.slice(at, at + term.length), text.slice(at + term.length, at + 100)]
}
