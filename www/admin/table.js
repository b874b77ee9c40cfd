import { jsx as _jsx, jsxs as _jsxs, Fragment as _Fragment } from "preact/jsx-runtime";
const name = ({ kind, class: own }) => [kind, own].filter(Boolean).join(' ') || undefined;
function Cell({ column, row }) {
    const { kind, title, show } = column;
    return kind === 'head' ? (_jsx("th", { scope: "row", role: "rowheader", class: name(column), children: show(row) })) : (_jsx("td", { role: "cell", class: name(column), "data-title": kind === 'acts' ? undefined : title, children: show(row) }));
}
/** With `found`, a filter selects the rows: how many is said when it changes. The roles
 * stay when the style makes cards of the rows. */
export function Table({ caption, columns, rows, id, faded, found }) {
    const table = (_jsxs("table", { role: "table", children: [_jsx("caption", { children: caption }), _jsx("thead", { role: "rowgroup", children: _jsx("tr", { role: "row", children: columns.map((column) => _jsx("th", { scope: "col", role: "columnheader", class: name(column), children: column.kind === 'acts' ? _jsx("span", { class: "unseen", children: column.title }) : column.title }, column.title)) }) }), _jsx("tbody", { role: "rowgroup", children: rows.map((row) => _jsx("tr", { role: "row", class: faded?.(row) ? 'over' : undefined, children: columns.map((column) => _jsx(Cell, { column: column, row: row }, column.title)) }, id(row))) })] }));
    if (!found)
        return table;
    return (_jsxs(_Fragment, { children: [_jsx("p", { class: "unseen", role: "status", children: caption }), table] }));
}
