// As much of node as the modules here use: its types would change those of the
// browser's timers.
declare module 'node:fs/promises' {
	export interface FileHandle {
		fd: number
		appendFile(text: string): Promise<void>
		writeFile(text: string): Promise<void>
		datasync(): Promise<void>
		close(): Promise<void>
	}
	export function open(path: string, flags: string, mode: number): Promise<FileHandle>
	export function readFile(path: string, encoding: 'utf8'): Promise<string>
	export function readlink(path: string): Promise<string>
	export function realpath(path: string): Promise<string>
	export function rename(from: string, to: string): Promise<void>
	export function rm(path: string, options: { force: boolean }): Promise<void>
}
declare module 'node:fs' {
	interface Stats { dev: bigint; ino: bigint }
	export function fstatSync(fd: number, options: { bigint: true }): Stats
	export function statSync(path: string, options: { bigint: true }): Stats
}
declare module 'node:crypto' {
	export function randomUUID(): string
	export const webcrypto: Crypto
}

declare module 'node:path' {
	export function basename(path: string): string
	export function dirname(path: string): string
	export function join(...parts: string[]): string
	export function resolve(...parts: string[]): string
}
declare module 'node:process' {
	const process: { pid: number; kill(pid: number, signal: 0): true }
	export default process
}
