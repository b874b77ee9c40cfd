// As much of node as the modules here use: its types would change those of the
// browser's timers.
declare module 'node:fs/promises' {
	export interface FileHandle {
		appendFile(text: string): Promise<void>
		writeFile(text: string): Promise<void>
		datasync(): Promise<void>
		close(): Promise<void>
	}
	export function open(path: string, flags: string, mode: number): Promise<FileHandle>
	export function readFile(path: string, encoding: 'utf8'): Promise<string>
	export function rename(from: string, to: string): Promise<void>
	export function rm(path: string, options: { force: boolean }): Promise<void>
	export function writeFile(path: string, text: string, options: { flag: string }): Promise<void>
}
declare module 'node:crypto' {
	export const webcrypto: Crypto
}

declare module 'node:path' {
	export function resolve(path: string): string
}
declare module 'node:process' {
	const process: { pid: number; kill(pid: number, signal: 0): true }
	export default process
}
