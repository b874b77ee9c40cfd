// The lock of a file: one storage has it, of all in this process and in others.
import { randomUUID } from 'node:crypto';
import { fstatSync, statSync } from 'node:fs';
import { open, readFile, readlink, realpath, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import process from 'node:process';
/**
 * Files of this thread that are locked, or about to be; with the end of those that are
 * being closed.
 */
const taken = new Map();
const unless = (code) => (error) => {
    if (error.code !== code)
        throw error;
};
/** The path without symbolic links, so that all names of a file are one. */
export async function trueName(path) {
    const found = await realpath(path).catch(unless('ENOENT'));
    if (found)
        return found;
    // There is no such file yet: its folder counts, or where a link leads to.
    const target = await readlink(path).catch(unless('ENOENT'));
    return target === undefined ? join(await realpath(dirname(path)), basename(path)) : trueName(resolve(dirname(path), target));
}
/**
 * True if this process has the lock file open as `fd`. Another thread may, and file
 * descriptors are those of all threads; a former process of the same pid has not.
 */
function isOwn(file, fd) {
    try {
        const [here, there] = [fstatSync(fd, { bigint: true }), statSync(file, { bigint: true })];
        return here.ino === there.ino && here.dev === there.dev;
    }
    catch {
        return false;
    }
}
function isRunning(pid) {
    try {
        return process.kill(pid, 0);
    }
    catch (error) {
        return error.code === 'EPERM';
    }
}
/** Throws if the lock with this text is held. */
function checkFree(path, file, text) {
    const [pid, fd] = text.split('\n').map(Number);
    if (!pid)
        throw new Error(`${path} is being opened by another program; if not, remove ${file}`);
    if (pid !== process.pid && isRunning(pid))
        throw new Error(`${path} is used by process ${pid}`);
    if (pid === process.pid && isOwn(file, fd || -1))
        throw new Error(`${path} is open already`);
}
/** Makes a lock file, in the place of one that a killed process has left. */
async function take(path, file) {
    for (;;) {
        const made = await open(file, 'wx', 0o600).catch(unless('EEXIST'));
        if (made)
            return sign(made, file);
        const text = await readFile(file, 'utf8').catch(unless('ENOENT'));
        if (text === undefined)
            continue;
        checkFree(path, file, text);
        await discard(path, file, text);
    }
}
/** Writes into a new lock file whose it is. */
async function sign(made, file) {
    try {
        await made.writeFile([process.pid, made.fd, randomUUID(), ''].join('\n'));
        await made.datasync();
        return made;
    }
    catch (error) {
        await drop(made, file);
        throw error;
    }
}
/**
 * Removes a lock with this text that a killed process has left. Only one at a time may,
 * or the second would remove what the first has taken since.
 */
async function discard(path, file, text) {
    const claim = `${file}.${text.split('\n')[2] || 'old'}`;
    const right = await take(path, claim);
    try {
        if ((await readFile(file, 'utf8').catch(unless('ENOENT'))) === text)
            await rm(file, { force: true });
    }
    finally {
        await drop(right, claim);
    }
}
/** It is removed first: a lock file that is not open counts as left over. */
async function drop(made, file) {
    await rm(file, { force: true }).finally(() => made.close());
}
/** Locks the file, or throws if another storage has it. */
export async function lock(path) {
    while (taken.get(path))
        await taken.get(path);
    if (taken.has(path))
        throw new Error(`${path} is open already`);
    // In the same turn, so that of two at once the second sees the first.
    taken.set(path, undefined);
    const file = `${path}.lock`;
    const free = () => void taken.delete(path);
    const made = await take(path, file).catch((error) => {
        free();
        throw error;
    });
    return {
        ends: (closing) => void taken.set(path, closing),
        release: () => drop(made, file).finally(free),
    };
}
