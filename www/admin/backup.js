import { jsx as _jsx, jsxs as _jsxs, Fragment as _Fragment } from "preact/jsx-runtime";
// A copy of the database as a download.
import { useState } from 'preact/hooks';
import { call, query } from './api.js';
import { Failure, problem } from './ui.js';
export function BackupView({ session }) {
    const [error, setError] = useState();
    const [begun, setBegun] = useState(false);
    const download = () => call('backup', {}).then(({ ticket }) => {
        const link = document.createElement('a');
        link.href = `api/backup/file?${query({ ticket })}`;
        link.download = '';
        link.click();
        setBegun(true);
    }, (failure) => setError(problem(failure)));
    if (!session.backup)
        return _jsxs("p", { children: ["A database in PostgreSQL is backed up by its own tools: ", _jsx("code", { children: "pg_dump" }), ", or pgBackRest."] });
    return (_jsxs(_Fragment, { children: [_jsx("p", { children: "The copy has everything as it is at one moment, tokens\u2019 hashes too, and is verified before it is sent. The server goes on serving." }), _jsxs("p", { children: ["Put it back with the server stopped: ", _jsx("code", { children: "pocketbook restore FILE" }), "."] }), _jsx(Failure, { text: error }), _jsx("p", { children: _jsx("button", { type: "button", class: "main-button", onClick: () => void download(), children: "Download a backup" }) }), _jsx("p", { role: "status", class: "quiet", children: begun && 'The download begins when the copy is made.' })] }));
}
