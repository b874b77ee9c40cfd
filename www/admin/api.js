// Calls of the API of the admin page (doc/admin.schema.json).
export class ApiError extends Error {
    constructor(status, code, detail) {
        super(detail);
        this.status = status;
        this.code = code;
    }
}
// Of this tab alone, until it is closed: no other page, and no request that the browser
// makes by itself, has it.
const KEY = 'pocketbook-admin-token';
let token = sessionStorage.getItem(KEY);
export function signIn(text) {
    token = text;
    if (text)
        sessionStorage.setItem(KEY, text);
    else
        sessionStorage.removeItem(KEY);
}
export async function call(path, body) {
    const headers = { 'X-Pocketbook-Admin': '1' };
    if (token)
        headers['Authorization'] = `Bearer ${token}`;
    if (body)
        headers['Content-Type'] = 'application/json';
    const response = await fetch(`api/${path}`, body ? { method: 'POST', headers, body: JSON.stringify(body) } : { headers }).catch(() => {
        throw new ApiError(0, 'offline', 'the server cannot be reached');
    });
    const answer = await response.json().catch(() => ({}));
    if (response.ok || response.status === 409)
        return answer;
    throw new ApiError(response.status, answer.code ?? '', answer.detail ?? `the server answered ${response.status}`);
}
export const query = (parts) => new URLSearchParams(parts).toString();
