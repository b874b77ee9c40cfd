// Calls of the API of the admin page (doc/admin.schema.json).

export interface Session { user: string; token: string; socket: boolean; version: string; database: string; backup: boolean }
export interface Process { name: string; pid: number; state: string; starts: number; values: Record<string, number> }
export interface Times { bounds: number[]; upto: number[] }
export interface Numbers {
	started: string
	uptime: number
	clock: number
	database: { documents: number; tombstones: number; sequence: number; own: { name: string; title: string; value: number }[] }
	processes: Process[]
	times: Record<string, Times>
}
export interface Quota { used?: number; limit?: number; own: boolean }
export interface Grant { group: string; write: boolean }
export interface Token {
	id: string
	user: string
	admin: boolean
	groups: Grant[]
	note: string
	invite?: string
	created: string
	expires: string | null
	used: string | null
	expired: boolean
	quotas: Record<string, Quota>
}
export interface Use { used?: number; limit?: number }
export interface UserUse { user: string; tokens: number; stored: { bytes: Use; documents: Use; groups: Use } }
export interface Invite { id: string; state: string; user?: string; groups: Grant[]; uses: number; used: number; created: string; expires: string; note: string }
export interface Stream { id: string; worker: string; user: string; token: string; groups: number; since: string; bytes?: number }
export interface Streams { streams: Stream[]; count: number; rows: number; silent: number }
export interface Group { group: string; documents: number; tombstones: number; bytes: number }
export interface Doc { id: string; version: number; sequence: number; value?: unknown; transit?: string; deleted?: boolean; damaged?: boolean; by?: string | null; at?: string | null }
export interface Page { documents: Doc[]; cursor: string; more: boolean }
export interface Versions { versions: Doc[]; more: boolean }
export interface Minted { id: string; token: string }

export class ApiError extends Error {
	constructor(readonly status: number, readonly code: string, detail: string) {
		super(detail)
	}
}

// Of this tab alone, until it is closed: no other page, and no request that the browser
// makes by itself, has it.
const KEY = 'pocketbook-admin-token'
let token = sessionStorage.getItem(KEY)

export function signIn(text: string | null) {
	token = text
	if (text) sessionStorage.setItem(KEY, text)
	else sessionStorage.removeItem(KEY)
}

export async function call<T>(path: string, body?: object): Promise<T> {
	const headers: Record<string, string> = { 'X-Pocketbook-Admin': '1' }
	if (token) headers['Authorization'] = `Bearer ${token}`
	if (body) headers['Content-Type'] = 'application/json'
	const response = await fetch(`api/${path}`, body ? { method: 'POST', headers, body: JSON.stringify(body) } : { headers }).catch(() => {
		throw new ApiError(0, 'offline', 'the server cannot be reached')
	})
	const answer = await response.json().catch(() => ({}))
	if (response.ok || response.status === 409) return answer as T
	throw new ApiError(response.status, answer.code ?? '', answer.detail ?? `the server answered ${response.status}`)
}

export const query = (parts: Record<string, string>) => new URLSearchParams(parts).toString()
