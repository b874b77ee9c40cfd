// What the views share: loading, dialogs, what is said of results, numbers as text.
import type { ComponentChildren } from 'preact'
import { useCallback, useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks'

export const count = (n: number) => n.toLocaleString('en')

export function bytes(n: number) {
	const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
	let at = 0
	while (n >= 1024 && at < units.length - 1) {
		n /= 1024
		at++
	}
	return `${at && n < 100 ? n.toFixed(1) : Math.round(n)} ${units[at]}`
}

export function span(seconds: number) {
	const [d, h, m] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60]
	return d ? `${d} d ${h} h` : h ? `${h} h ${m} min` : m ? `${m} min` : `${Math.floor(seconds)} s`
}

export const when = (time: string | null) => (time ? time.replace('T', ' ').replace(/:\d\d(\.\d+)?Z$/, '') : '')

export const problem = (error: unknown) => (error instanceof Error ? error.message : String(error))

// ---- Focus ----

/** Where the keyboard goes on if what it was on is there no more. */
export const focusHeading = () => document.querySelector<HTMLElement>('h1')?.focus()

/** After a change of the page that may have removed what had the focus. */
function keepFocus() {
	const held = document.activeElement
	if (held && held !== document.body) setTimeout(() => held.isConnected || document.activeElement !== document.body || focusHeading())
}

// ---- Results ----

let tell = (_text: string) => {}

/** Says what was done, to readers of the screen too. */
export const say = (text: string) => tell(text)

/** Where that is said: always there, as only changes of it are read out. */
export function Said() {
	const [text, setText] = useState('')
	useEffect(() => {
		let timer: ReturnType<typeof setTimeout>
		tell = (next) => {
			clearTimeout(timer)
			// The same text again is read out again.
			setText('')
			timer = setTimeout(() => (setText(next), (timer = setTimeout(() => setText(''), 15_000))), 50)
		}
		return () => clearTimeout(timer)
	}, [])
	return <p class="said" role="status">{text}</p>
}

// ---- Loading ----

/** What `load` returns, again whenever `reload` is called; the last one stays
 * meanwhile. */
export function useLoaded<T>(load: () => Promise<T>, inputs: unknown[] = []) {
	const [value, setValue] = useState<T>()
	const [error, setError] = useState<string>()
	const [turn, setTurn] = useState(0)
	useEffect(() => {
		let gone = false
		load().then(
			(found) => gone || (keepFocus(), setValue(() => found), setError(undefined)),
			(failure) => gone || setError(problem(failure)),
		)
		return () => {
			gone = true
		}
	}, [turn, ...inputs])
	return { value, error, reload: useCallback(() => setTurn((n) => n + 1), []) }
}

/** Something that goes on by itself until it is paused. */
export function usePause() {
	const [paused, setPaused] = useState(false)
	const button = <button type="button" aria-pressed={paused} onClick={() => setPaused(!paused)}>{paused ? 'Paused' : 'Pause'}</button>
	return { paused, button }
}

export function Failure({ text }: { text?: string }) {
	return text ? <p class="failure" role="alert">{text}</p> : null
}

// ---- Dialogs and forms ----

// What had the focus before the first of the dialogs that follow each other.
let opener: Element | null = null
let dialogs = 0

function giveBack() {
	if (dialogs) return
	if (opener instanceof HTMLElement && opener.isConnected && opener !== document.body) opener.focus()
	else focusHeading()
	opener = null
}

/** A modal dialog, closed by Escape too. The browser keeps the focus in it; it goes
 * back to what has opened it. */
export function Dialog({ title, close, children }: { title: string; close: () => void; children: ComponentChildren }) {
	const element = useRef<HTMLDialogElement>(null)
	const id = useId()
	useLayoutEffect(() => {
		dialogs++
		opener ??= document.activeElement
		element.current!.showModal()
		return () => {
			dialogs--
			setTimeout(giveBack)
		}
	}, [])
	return (
		<dialog ref={element} aria-labelledby={id} onClose={close}>
			<h2 id={id}>{title}</h2>
			{children}
		</dialog>
	)
}

/** A form that is busy until `send` ends, and shows why that failed. */
export function Form({ send, children, button, close }: { send: (data: FormData) => Promise<void>; children?: ComponentChildren; button: string; close?: () => void }) {
	const [busy, setBusy] = useState(false)
	const [error, setError] = useState<string>()
	const submit = (event: SubmitEvent) => {
		event.preventDefault()
		if (busy) return
		setBusy(true)
		setError(undefined)
		send(new FormData(event.currentTarget as HTMLFormElement)).catch((failure) => setError(problem(failure))).finally(() => setBusy(false))
	}
	return (
		<form onSubmit={submit} aria-busy={busy}>
			{children}
			<Failure text={error} />
			<p class="buttons">
				<button type="submit" class="main-button" aria-disabled={busy}>{button}</button>
				{close && <button type="button" onClick={close}>Cancel</button>}
			</p>
		</form>
	)
}

/** Asks before something that cannot be undone, and says when it is `done`. */
export function Confirm({ title, text, button, done, act, close }: { title: string; text: string; button: string; done: string; act: () => Promise<unknown>; close: () => void }) {
	return (
		<Dialog title={title} close={close}>
			<p>{text}</p>
			<Form button={button} close={close} send={async () => (await act(), close(), say(done))} />
		</Dialog>
	)
}

export function Field({ label, hint, children }: { label: string; hint?: string; children: ComponentChildren }) {
	return (
		<label class="field">
			<span>{label}</span>
			{children}
			{hint && <small>{hint}</small>}
		</label>
	)
}

/** A secret that is shown this once. */
export function Secret({ text, what }: { text: string; what: string }) {
	const [copied, setCopied] = useState(false)
	const copy = () => navigator.clipboard.writeText(text).then(() => (setCopied(true), say('Copied')), () => say('The browser does not let this page copy: select the text'))
	return (
		<div class="secret">
			<p>This is the only time that {what} is shown.</p>
			<output tabIndex={0} aria-label={what}>{text}</output>
			<button type="button" onClick={copy}>{copied ? 'Copied' : 'Copy'}</button>
		</div>
	)
}
