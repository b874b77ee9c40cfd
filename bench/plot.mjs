// Draws doc/performance/*.svg from results.json with gnuplot: node bench/plot.mjs
// [FOLDER]
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pictures } from './lib/panels.mjs'

/** The colours of the page (www/page/app.css), light and dark. */
const COLOURS = {
	paper: ['#faf4e6', '#282320'], ink: ['#2b2621', '#ece3d2'], faint: ['#665b4e', '#a4978a'], rule: ['#ddcfb5', '#3d362f'],
	ours: ['#b4532f', '#d9744c'], peer: ['#b5a58b', '#7d7062'],
}
const FONT = 'Newsreader, Iowan Old Style, Palatino, Georgia, serif'
const WIDTH = 760
const HEAD = 64
const LINE = 30
const GAP = 26
const LEFT = 150
const RIGHT = 110

const day = Object.fromEntries(Object.entries(COLOURS).map(([name, [colour]]) => [name, `rgb '${colour}'`]))
const quote = (text) => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
const panelHeight = ({ bars, spans }) => HEAD + (bars ?? spans).length * LINE + GAP
/** Pocketbook's sides have its name, or there are no other sides. */
const isOurs = (side, sides) => side.startsWith('pocketbook') || !sides.some((name) => name.startsWith('pocketbook'))

/** A label at a pixel position, from the upper left corner of the panel. */
function label(text, x, y, { colour = 'ink', size = 13, align = 'left' } = {}, height, top) {
	return `set label ${quote(text.replaceAll('_', '\\_'))} at screen ${x / WIDTH}, screen ${1 - (top + y) / height} ${align} font ',${size}' tc ${day[colour]} front`
}

function frame(panel, top, height) {
	const count = (panel.bars ?? panel.spans).length
	return [
		'unset label', 'unset arrow', 'unset logscale x',
		`set lmargin at screen ${LEFT / WIDTH}`, `set rmargin at screen ${1 - RIGHT / WIDTH}`,
		`set tmargin at screen ${1 - (top + HEAD - 8) / height}`, `set bmargin at screen ${1 - (top + HEAD + count * LINE) / height}`,
		`set yrange [${count - 0.4}:-0.6]`,
		label(panel.title, 16, 18, { size: titleSize(panel.title) }, height, top),
		label(panel.note, 16, 38, { size: 12, colour: 'faint' }, height, top),
	]
}

const sideLabel = (side, i, top, height) => label(side, LEFT - 12, HEAD + LINE * (i + 0.38), { align: 'right' }, height, top)

function drawBars({ bars }, top, height) {
	const sides = bars.map(({ side }) => side)
	const most = Math.max(...bars.map(({ high }) => high))
	const lines = bars.map(({ side }, i) => sideLabel(side, i, top, height))
	const data = bars.map(({ side, median, low, high }, i) => [i, median, low, high, isOurs(side, sides) ? 1 : 0].join(' '))
	const values = bars.map(({ text, high }, i) => `set label ${quote(text)} at ${high}, ${i} offset char 1,0 left font ',13' tc ${day.ink} front`)
	const boxes = (ours) => `$data using (0):($5 == ${ours} ? $1 : NaN):(0):2:($1-.3):($1+.3) with boxxyerror fs solid 1 noborder fc ${day[ours ? 'ours' : 'peer']}`
	return [
		...lines, ...values, `set xrange [0:${most * 1.02 || 1}]`, 'set xtics format "%.4g"', '$data << EOD', ...data, 'EOD',
		`plot ${boxes(0)}, ${boxes(1)}, $data using 2:1:3:4 with xerrorbars pt -1 lw 1.4 lc ${day.ink}`,
	]
}

function drawSpans({ spans }, top, height) {
	const sides = spans.map(({ side }) => side)
	const all = spans.flatMap(({ times }) => times)
	const lines = spans.map(({ side }, i) => sideLabel(side, i, top, height))
	const data = spans.map(({ side, times }, i) => [i, ...times, isOurs(side, sides) ? 1 : 0].join(' '))
	const last = spans.map(({ times }, i) => `set label ${quote(times.map((ms) => ms.toPrecision(3)).join(' · '))} at ${times[2]}, ${i} offset char 1,0 left font ',11' tc ${day.ink} front`)
	const of = (ours, column) => `$data using (${column}):($5 == ${ours} ? $1 : NaN)`
	const marks = (ours) => {
		const colour = day[ours ? 'ours' : 'peer']
		return [`$data using 2:($5 == ${ours} ? $1 : NaN):($4-$2):(0) with vectors nohead lw 5 lc ${colour}`,
			`${of(ours, '$2')} with points pt 7 ps .9 lc ${colour}`, `${of(ours, '$3')} with points pt 2 ps .7 lw 1.6 lc ${day.ink}`,
			`${of(ours, '$4')} with points pt 7 ps .6 lc ${day.ink}`].join(', ')
	}
	return [
		...lines, ...last, `set xrange [0:${Math.max(...all) * 1.02}]`, 'set xtics format "%.4g"', '$data << EOD', ...data, 'EOD',
		`plot ${marks(0)}, ${marks(1)}`,
	]
}

function script({ panels }) {
	const height = panels.reduce((sum, panel) => sum + panelHeight(panel), 12)
	const lines = [
		`set terminal svg size ${WIDTH},${height} dynamic font '${FONT},13' background rgb '${COLOURS.paper[0]}'`, 'set encoding utf8',
		`set multiplot`, 'unset key', 'unset ytics', `set border 0`, `set grid xtics front lt 1 lw .6 lc ${day.rule}`,
		`set xtics scale 0 nomirror font ',11' tc ${day.faint} offset 0,.4 autofreq`,
	]
	let top = 6
	for (const panel of panels) {
		lines.push(...frame(panel, top, height), ...(panel.bars ? drawBars : drawSpans)(panel, top, height))
		top += panelHeight(panel)
	}
	return lines.join('\n') + '\n'
}

/** As large as the panel's width allows. */
const titleSize = (title) => Math.min(17, Math.floor((17 * 74) / title.length))

/** Adds the dark colours. Viewers without support show the light ones, on the light
 * background. */
function withNight(svg, title) {
	const hex = (...parts) => '#' + parts.map((part) => Number(part).toString(16).padStart(2, '0')).join('')
	const rules = Object.values(COLOURS).flatMap(([light, dark]) => ['fill', 'stroke', 'color'].map((what) => `[${what}="${light}"]{${what}:${dark}}`))
	const style = `<title>${title}</title>\n<style>@media (prefers-color-scheme: dark){${rules.join('')}}</style>`
	return svg
		.replace(/(\w+) ?= ?['"]rgb\(\s*(\d+),\s*(\d+),\s*(\d+)\)['"]/g, (_, what, ...parts) => `${what}="${hex(...parts.slice(0, 3))}"`)
		.replace(/<title>[^<]*<\/title>/, style)
		.replace(/<desc>[^<]*<\/desc>\n?/, '')
}

const results = JSON.parse(readFileSync(new URL('results.json', import.meta.url), 'utf8'))
const folder = process.argv[2] ?? new URL('../doc/performance/', import.meta.url).pathname
mkdirSync(folder, { recursive: true })
for (const picture of pictures(results)) {
	const svg = execFileSync('gnuplot', [], { input: script(picture), encoding: 'utf8', maxBuffer: 1 << 24 })
	writeFileSync(join(folder, `${picture.name}.svg`), withNight(svg, picture.title))
}
