// The entry of the package in Node, Bun and Deno: Node 18 has no global `crypto`.
import { webcrypto } from 'node:crypto';
globalThis.crypto ??= webcrypto;
export * from '../client/index.js';
