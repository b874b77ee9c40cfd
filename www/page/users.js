// The users of this device, with their tokens. They are stored on this device only.
const path = new URL('.', location.href).pathname;
/** Another path of the origin may be another server, to which a token must not go. */
const KEY = 'pocketbook.users' + (path === '/' ? '' : ` ${path}`);
let stored = read({ users: [] });
/** The user of this tab. Another tab may have switched to another user. */
let mine = stored.current;
function read(otherwise) {
    try {
        return JSON.parse(localStorage.getItem(KEY) ?? '{"users":[]}');
    }
    catch {
        return otherwise;
    }
}
/** Changes the stored users, which other tabs may have changed too. */
function change(f) {
    stored = read(stored);
    f();
    mine = stored.current;
    save();
}
function save() {
    try {
        stored.users.length ? localStorage.setItem(KEY, JSON.stringify(stored)) : localStorage.removeItem(KEY);
    }
    catch {
        // The page will ask for the token again.
    }
}
export function currentUser() {
    return stored.users.find(({ name }) => name === mine);
}
export function otherUsers() {
    return stored.users.filter(({ name }) => name !== mine);
}
/**
 * Calls `f` when another tab has forgotten this tab's user, or has entered the first
 * user.
 */
export function onOtherTab(f) {
    window.addEventListener('storage', ({ key }) => {
        if (key !== KEY && key !== null)
            return;
        const now = read(stored);
        if (mine === undefined ? now.current !== undefined : !now.users.some(({ name }) => name === mine))
            f();
    });
}
/** Makes this the user of the page; with another space, at the next load. */
export function enterUser(name, token) {
    let user;
    change(() => {
        user = stored.users.find((one) => one.name === name);
        if (!user) {
            user = stored.users.some(({ space }) => space === undefined) ? { name, space: name } : { name };
            stored.users.push(user);
        }
        if (token !== undefined) {
            user.token = token;
            delete user.readOnly;
        }
        stored.current = name;
    });
    return user;
}
/** Remembers what the server said of the present user's token. */
export function setReadOnly(readOnly) {
    stored = read(stored);
    const user = currentUser();
    if (!user || (user.readOnly ?? false) === readOnly)
        return;
    user.readOnly = readOnly;
    save();
}
/** Removes a user. Another one becomes the user of the page, if there is one. */
export function forgetUser(name) {
    change(() => {
        stored.users = stored.users.filter((user) => user.name !== name);
        stored.current = stored.users[0]?.name;
    });
}
