// What the views share: loading, dialogs, numbers as text.
import type { ComponentChildren } from 'preact'
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'

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

/** What `load` returns, again whenever `reload` is called; the last one stays
 * meanwhile. */
export function useLoaded<T>(load: () => Promise<T>, inputs: unknown[] = []) {
	const [value, setValue] = useState<T>()
	const [error, setError] = useState<string>()
	const [turn, setTurn] = useState(0)
	useEffect(() => {
		let gone = false
		load().then(
			(found) => gone || (setValue(() => found), setError(undefined)),
			(failure) => gone || setError(problem(failure)),
		)
		return () => {
			gone = true
		}
	}, [turn, ...inputs])
	return { value, error, reload: useCallback(() => setTurn((n) => n + 1), []) }
}

export function Failure({ text }: { text?: string }) {
	return text ? <p class="failure" role="alert">{text}</p> : null
}

/** A modal dialog, closed by Escape too. */
export function Dialog({ title, close, children }: { title: string; close: () => void; children: ComponentChildren }) {
	const element = useRef<HTMLDialogElement>(null)
	useEffect(() => {
		element.current?.showModal()
	}, [])
	return (
		<dialog ref={element} aria-labelledby="dialog-title" onClose={close}>
			<h2 id="dialog-title">{title}</h2>
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
		setBusy(true)
		setError(undefined)
		send(new FormData(event.currentTarget as HTMLFormElement)).catch((failure) => setError(problem(failure))).finally(() => setBusy(false))
	}
	return (
		<form onSubmit={submit}>
			{children}
			<Failure text={error} />
			<p class="buttons">
				<button type="submit" class="main-button" disabled={busy}>{button}</button>
				{close && <button type="button" onClick={close}>Cancel</button>}
			</p>
		</form>
	)
}

/** Asks before something that cannot be undone. */
export function Confirm({ title, text, button, act, close }: { title: string; text: string; button: string; act: () => Promise<unknown>; close: () => void }) {
	return (
		<Dialog title={title} close={close}>
			<p>{text}</p>
			<Form button={button} close={close} send={async () => (await act(), close())} />
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
	const copy = () => navigator.clipboard.writeText(text).then(() => setCopied(true), () => {})
	return (
		<div class="secret">
			<p>This is the only time that {what} is shown.</p>
			<output>{text}</output>
			<button type="button" onClick={copy}>{copied ? 'Copied' : 'Copy'}</button>
		</div>
	)
}
