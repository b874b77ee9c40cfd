// The page through a proxy: `node behind.mjs URL TOKEN`. Exits with 1 and says what is
// wrong, or says done.
import { createRequire } from 'node:module'

const { chromium } = createRequire(new URL('../../www/', import.meta.url))('playwright-core')
const [url, token] = process.argv.slice(2)
// The certificate is the test's own.
const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--ignore-certificate-errors']
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium-headless-shell', args })

async function open() {
	const context = await browser.newContext()
	context.setDefaultTimeout(60_000)
	const page = await context.newPage()
	page.on('pageerror', (error) => fail(error))
	page.on('console', (message) => /Content Security Policy/.test(message.text()) && fail(message.text()))
	await page.goto(url)
	await page.fill('#token', token)
	await page.press('#token', 'Enter')
	await page.waitForSelector('.status[data-state="synced"]')
	return page
}

function fail(what) {
	console.log(what)
	process.exitCode = 1
}

try {
	const one = await open()
	const two = await open()
	await one.fill('.new-todo', 'through the proxy')
	await one.press('.new-todo', 'Enter')
	await two.getByText('through the proxy').waitFor()
	await two.locator('li', { hasText: 'through the proxy' }).locator('.toggle').check()
	await one.locator('li.completed', { hasText: 'through the proxy' }).waitFor()
	const protocols = await one.evaluate(() => performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation'))
		.filter(({ name }) => new URL(name).origin === location.origin).map(({ name, nextHopProtocol }) => [name, nextHopProtocol]))
	for (const [name, protocol] of protocols) if (protocol && protocol !== 'h2') fail(`${name} came over ${protocol}`)
	if (!protocols.some(([, protocol]) => protocol === 'h2')) fail('nothing came over HTTP/2')
	await one.evaluate(() => navigator.serviceWorker.ready)
	await one.context().setOffline(true)
	await one.reload()
	await one.getByText('through the proxy').waitFor()
	if (!process.exitCode) console.log('done')
} catch (error) {
	fail(error)
} finally {
	await browser.close()
}
