// Search on the pages of the documentation. Without it, they are links and text.
import { excerpt, index } from './search.mjs'

const top = document.currentScript.dataset.top
const box = document.querySelector('.search')
const [input, results] = [box.querySelector('input'), box.querySelector('.results')]
let search

/** Loads the index when somebody is about to search. */
function load() {
	search ??= new Promise((resolve, reject) => {
		const script = document.createElement('script')
		script.src = `${top}search-data.js`
		script.onload = () => resolve(index(globalThis.pocketbookDocuments))
		script.onerror = reject
		document.head.append(script)
	})
	return search
}

function element(name, text, className) {
	const made = document.createElement(name)
	made.textContent = text
	if (className) made.className = className
	return made
}

function row({ title, page, href, text, terms }) {
	const link = document.createElement('a')
	link.href = top + href
	const [before, match, after] = excerpt(text, terms)
	const about = document.createElement('span')
	about.append(before, element('mark', match), after)
	link.append(element('strong', title))
	if (page !== title) link.append(' ', element('small', page))
	link.append(about)
	return link
}

async function show() {
	const query = input.value.trim()
	if (!query) {
		results.hidden = true
		return
	}
	const found = (await load()).search(query).slice(0, 12)
	if (query !== input.value.trim()) return
	results.replaceChildren(...(found.length ? found.map(row) : [element('p', 'Nothing is called that.')]))
	results.hidden = false
}

function move(event, step) {
	const links = [...results.querySelectorAll('a')]
	const at = links.indexOf(document.activeElement) + step
	event.preventDefault()
	if (at < 0) input.focus()
	else links[Math.min(at, links.length - 1)]?.focus()
}

box.hidden = false
input.addEventListener('focus', () => void load().catch(() => {}))
input.addEventListener('input', () => void show())
box.addEventListener('keydown', (event) => {
	if (event.key === 'ArrowDown') move(event, 1)
	if (event.key === 'ArrowUp') move(event, -1)
	if (event.key === 'Escape') {
		results.hidden = true
		input.focus()
	}
	if (event.key === 'Enter' && document.activeElement === input) results.querySelector('a')?.click()
})
document.addEventListener('keydown', (event) => {
	if (event.key !== '/' || event.ctrlKey || event.metaKey || /^(input|textarea)$/i.test(document.activeElement.tagName)) return
	event.preventDefault()
	input.focus()
})
document.addEventListener('click', (event) => {
	if (!box.contains(event.target) || event.target.closest('.results a')) results.hidden = true
})
