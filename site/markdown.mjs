// Markdown of the documents to HTML without styles or scripts within it, so that the
// server's Content-Security-Policy allows all of it.
import { createRequire } from 'node:module'
import { posix } from 'node:path'

const markdownIt = createRequire(import.meta.url)('markdown-it')

/** Anchors as GitHub makes them, which the documents' links use. */
export const slug = (text) => text.trim().toLowerCase().replace(/[^\p{L}\p{N}\p{M}\s_-]/gu, '').replace(/\s/g, '-')

const isElsewhere = (href) => /^[a-z][a-z+.-]*:/i.test(href)

/**
 * The address of a link's target as seen from a page: another page or a file that the
 * site has. Undefined for files that only the sources have. `wanted` is told which
 * files are needed.
 */
export function resolve(href, page, all, { kind = 'html', wanted = () => {} } = {}) {
	if (isElsewhere(href)) return href
	const [target, fragment] = href.split('#')
	const hash = fragment === undefined ? '' : `#${fragment}`
	if (!target) return hash
	const path = posix.join(posix.dirname(page.path), target).replace(/\/$/, '')
	const found = all.find((one) => one.path === path || one.path === `${path}/README.md`)
	const here = posix.dirname(page[kind])
	if (found) return posix.relative(here, found[kind]) + hash
	if (!/\.(png|svg)$/.test(path)) return undefined
	wanted(path)
	return posix.relative(here, `pictures/${posix.basename(path)}`)
}

const textOf = (token) => (token.children ?? []).map(({ type, content }) => (type === 'text' || type === 'code_inline' ? content : type === 'softbreak' ? ' ' : '')).join('')

/** Turns links of the sources into those of the site; what the site lacks is text. */
function relink(tokens, page, all, wanted) {
	const dropped = []
	for (const token of tokens) {
		if (token.children) relink(token.children, page, all, wanted)
		if (token.type === 'image') token.attrSet('src', resolve(token.attrGet('src'), page, all, { wanted }))
		if (token.type === 'link_open') {
			const href = resolve(token.attrGet('href'), page, all, { wanted })
			dropped.push(href === undefined)
			if (href !== undefined) token.attrSet('href', href)
		}
		const isDropped = token.type === 'link_open' ? dropped.at(-1) : token.type === 'link_close' && dropped.pop()
		if (isDropped) Object.assign(token, { type: 'text', tag: '', nesting: 0, content: '' })
	}
}

/** Gives headings their anchors, and returns them with the text that follows each. */
function outline(tokens) {
	const used = new Map(), sections = []
	tokens.forEach((token, i) => {
		if (token.type === 'heading_open') {
			const title = textOf(tokens[i + 1]), base = slug(title)
			const count = used.get(base) ?? 0
			used.set(base, count + 1)
			const id = count ? `${base}-${count}` : base
			token.attrSet('id', id)
			sections.push({ level: Number(token.tag[1]), title, id, text: [] })
		} else if (sections.length && tokens[i - 1]?.type !== 'heading_open' && (token.type === 'inline' || token.type === 'fence' || token.type === 'code_block'))
			sections.at(-1).text.push(token.type === 'inline' ? textOf(token) : token.content)
	})
	return sections
}

/** {html, sections: [{level, title, id, text}]} */
export function render(page, all, wanted) {
	const md = markdownIt({ html: false, linkify: false, typographer: false })
	// As classes: a style attribute is not allowed.
	const align = (tokens, i, options, env, self) => {
		const style = tokens[i].attrGet('style')
		if (style) tokens[i].attrs = [['class', style.replace('text-align:', '')]]
		return self.renderToken(tokens, i, options)
	}
	md.renderer.rules.td_open = md.renderer.rules.th_open = align
	md.renderer.rules.table_open = () => '<div class="table" tabindex="0"><table>\n'
	md.renderer.rules.table_close = () => '</table></div>\n'
	const fence = md.renderer.rules.fence
	md.renderer.rules.fence = (tokens, i, ...rest) => {
		const [, file] = tokens[i].info.split(' ')
		return (file ? `<p class="file">${md.utils.escapeHtml(file)}</p>\n` : '') + fence(tokens, i, ...rest)
	}
	const tokens = md.parse(page.text, {})
	relink(tokens, page, all, wanted)
	const sections = outline(tokens)
	return { html: md.renderer.render(tokens, md.options, {}), sections: sections.map((section) => ({ ...section, text: section.text.join('\n') })) }
}
