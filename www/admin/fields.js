import { jsx as _jsx, jsxs as _jsxs, Fragment as _Fragment } from "preact/jsx-runtime";
import { Field } from './ui.js';
const DAY = 86400;
/** Seconds, from days; undefined: none were given. */
export const days = (data, name) => {
    const text = String(data.get(name) ?? '').trim();
    return text === '' ? undefined : Math.round(Number(text) * DAY);
};
export const words = (text) => String(text ?? '').split(/[\s,]+/).filter(Boolean);
/** As GroupsField takes them. */
export const grantsText = (groups) => groups.map(({ group, write }) => (write ? group : `${group}:ro`)).join(' ');
export function Grants({ groups }) {
    return _jsx(_Fragment, { children: groups.map(({ group, write }) => _jsxs("span", { class: "grant", children: [group === '*' ? 'all groups' : group, !write && _jsx("small", { children: " read" })] }, group)) });
}
export function GroupsField({ groups = [], required, autofocus }) {
    return (_jsx(Field, { label: "Groups", hint: "Each with all groups nested in it; * is all, and :ro at the end means read only.", children: _jsx("input", { name: "groups", placeholder: "notes club:ro", defaultValue: grantsText(groups), required: required, autofocus: autofocus, autocomplete: "off", spellcheck: false }) }));
}
