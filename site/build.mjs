// Makes the site of the documentation: node build.mjs OUTDIR
//
// Plain files with relative addresses and nothing of other hosts: for any web server,
// below any path, and for www/embed.mjs, which puts them into the program at /docs/.
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join, posix, resolve as absolute } from 'node:path'
import { fileURLToPath } from 'node:url'
import { render, resolve } from './markdown.mjs'
import { pages, root } from './pages.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
// With the fonts that the style needs, it is among the page's packages.
const esbuild = createRequire(join(root, 'www/'))('esbuild')

if (process.argv.length !== 3) {
	console.error('usage: node build.mjs OUTDIR')
	process.exit(2)
}
const out = absolute(process.argv[2])
const all = pages()
const pictures = new Set()

function put(name, content) {
	mkdirSync(dirname(join(out, name)), { recursive: true })
	writeFileSync(join(out, name), content)
}

const escape = (text) => text.replace(/[&<>"]/g, (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[character])

/** The pages by section, in their order. */
const sections = [...new Set(all.map(({ section }) => section))].map((name) => [name, all.filter(({ section }) => section === name)])

function navigation(page, to) {
	const item = (one) => `<li><a href="${to(one.html)}"${one === page ? ' aria-current="page"' : ''}>${escape(one.title)}</a></li>`
	return sections.map(([name, list]) => `<h2>${name}</h2>\n<ul>\n${list.map(item).join('\n')}\n</ul>`).join('\n')
}

/** Links to the sections of a long page. */
function contents(found) {
	const heads = found.filter(({ level }) => level === 2)
	if (heads.length < 4) return ''
	return `<nav class="contents" aria-label="On this page">\n<h2>On this page</h2>\n<ul>\n${heads.map(({ title, id }) => `<li><a href="#${id}">${escape(title)}</a></li>`).join('\n')}\n</ul>\n</nav>`
}

/** The pages before and after. */
function around(page, to) {
	const i = all.indexOf(page)
	const link = (one, rel) => (one ? `<a rel="${rel}" href="${to(one.html)}">${escape(one.title)}</a>` : '<span></span>')
	return `<nav class="around" aria-label="Next pages">${link(all[i - 1], 'prev')}${link(all[i + 1], 'next')}</nav>`
}

function html(page, { html: body, sections: found }, about) {
	const to = (name) => posix.relative(posix.dirname(page.html), name)
	const top = posix.relative(posix.dirname(page.html), '.')
	return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${page.html === 'index.html' ? 'Pocketbook' : `${escape(page.title)} · Pocketbook`}</title>
<meta name="description" content="${escape(about)}">
<meta name="theme-color" content="#e9dec8" media="(prefers-color-scheme: light)">
<meta name="theme-color" content="#14110f" media="(prefers-color-scheme: dark)">
<link rel="stylesheet" href="${to('site.css')}">
<link rel="icon" href="${to('icon.svg')}" type="image/svg+xml">
<link rel="alternate" type="text/markdown" href="${to(page.md)}">
<script defer src="${to('site.js')}" data-top="${top ? top + '/' : ''}"></script>
</head>
<body>
<header class="top">
<a class="name" href="${to('index.html')}">Pocketbook</a>
<search class="search" hidden><input type="search" placeholder="Search" aria-label="Search the documentation" autocomplete="off" spellcheck="false" enterkeyhint="search"><div class="results" hidden></div></search>
<a class="to-pages" href="#pages">All pages</a>
</header>
<div class="desk">
<main class="sheet"><article class="paper">
${body}${around(page, to)}
</article></main>
${contents(found)}
<nav id="pages" class="pages" aria-label="All pages">
${navigation(page, to)}
</nav>
</div>
</body>
</html>
`
}

/** The first sentence of a document, and the second if the first says little. */
function about({ text }) {
	const paragraph = text.split('\n\n').slice(1).find((block) => /^[A-Z*`]/.test(block)) ?? ''
	const plain = paragraph.replace(/\n/g, ' ').replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/[*`]/g, '')
	const [first = plain, second = ''] = plain.match(/.+?\.(?= [A-Z]|$)/g) ?? []
	return (first.length < 70 ? first + second : first).replace(/:$/, '.')
}

/** A document with the addresses of the site in its links, for those who read text. */
function markdown(page) {
	const turn = (_link, mark, text, href) => {
		const target = resolve(href, page, all, { kind: 'md' })
		return target === undefined ? text : `${mark}[${text}](${target})`
	}
	const pieces = page.text.split(/(^```.*?^```)/gms)
	return pieces.map((piece, i) => (i % 2 ? piece : piece.replace(/(!?)\[([^\]]*)\]\(([^)\s]+)\)/g, turn))).join('')
}

/** https://llmstxt.org */
function llms() {
	const [first, ...rest] = all
	const list = (one) => `- [${one.title}](${one.md}): ${about(one)}`
	const lists = sections.map(([name, group]) => `## ${name}\n\n${group.filter((one) => one !== first).map(list).join('\n')}\n`)
	return rest.length ? `# Pocketbook\n\n> ${about(first)}\n\n${lists.join('\n')}` : ''
}

rmSync(out, { recursive: true, force: true })
const found = []
for (const page of all) {
	const rendered = render(page, all, (path) => pictures.add(path))
	put(page.html, html(page, rendered, about(page)))
	put(page.md, markdown(page))
	for (const { title, id, text, level } of rendered.sections)
		found.push({ page: page.title, title, href: level === 1 ? page.html : `${page.html}#${id}`, text: text.replace(/\s+/g, ' ').trim() })
}
put('llms.txt', llms())
// A script rather than JSON: it also loads from a file.
put('search-data.js', `globalThis.pocketbookDocuments=${JSON.stringify(found)}\n`)
for (const path of pictures) {
	mkdirSync(join(out, 'pictures'), { recursive: true })
	copyFileSync(root + path, join(out, 'pictures', basename(path)))
}
copyFileSync(join(root, 'www/page/icon.svg'), join(out, 'icon.svg'))

const common = { absWorkingDir: here, bundle: true, minify: true, charset: 'utf8', target: ['es2022'], logLevel: 'warning' }
await esbuild.build({ ...common, entryPoints: ['site.css'], outfile: join(out, 'site.css'), loader: { '.woff2': 'file', '.svg': 'file' }, assetNames: 'assets/[name]-[hash]' })
const license = readFileSync(join(here, 'node_modules/minisearch/LICENSE.txt'), 'utf8').trim()
await esbuild.build({ ...common, entryPoints: ['site.js'], outfile: join(out, 'site.js'), format: 'iife', banner: { js: `/*! With MiniSearch.\n${license}\n*/` } })
