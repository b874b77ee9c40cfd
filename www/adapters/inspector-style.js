// The looks of <pocketbook-inspector>, in light and dark.
const css = `
:host { color-scheme: light dark; --paper: #fbf9f4; --ink: #1d1b18; --faint: #5f5a52; --line: #d9d3c7; --field: #fff; --accent: #a3271d; --good: #2f6b3a; --wait: #8a5a00; font: 14px/1.5 system-ui, sans-serif; }
@media (prefers-color-scheme: dark) {
	:host { --paper: #1c1b19; --ink: #ece7dd; --faint: #a8a195; --line: #3b3833; --field: #26241f; --accent: #ff8a7a; --good: #86cf93; --wait: #e8b45a; }
}
[hidden] { display: none !important; }
* { box-sizing: border-box; }
button, input, select { font: inherit; color: inherit; background: var(--field); border: 1px solid var(--line); border-radius: 4px; padding: 3px 10px; min-height: 30px; }
button { cursor: pointer; }
button:hover { border-color: var(--faint); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
.handle { position: fixed; right: 12px; bottom: 12px; z-index: 2147483000; padding: 6px 14px; border-radius: 999px; background: var(--paper); color: var(--ink); box-shadow: 0 2px 10px rgb(0 0 0 / 18%); }
.handle::before, .state::before { content: ''; display: inline-block; width: 9px; height: 9px; border-radius: 50%; margin-right: 8px; background: var(--wait); }
[data-state=synced]::before { background: var(--good); }
[data-state=offline]::before { background: transparent; border: 2px solid var(--faint); width: 5px; height: 5px; }
[data-state=unauthorized]::before, [data-state=upgrade-required]::before, [data-state=storage-degraded]::before { background: var(--accent); border-radius: 0; }
#drawer { position: fixed; inset: auto 0 0; z-index: 2147483000; height: min(26rem, 70vh); display: flex; flex-direction: column; background: var(--paper); color: var(--ink); border-top: 2px solid var(--ink); box-shadow: 0 -4px 20px rgb(0 0 0 / 18%); }
header { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 12px; padding: 8px 14px; }
h2 { margin: 0; font-size: 15px; }
.state { margin: 0; flex: 1; min-width: 8rem; color: var(--faint); }
.close { font-size: 18px; line-height: 1; margin-left: auto; }
.notice { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 12px; margin: 0 14px 8px; padding: 8px 12px; border-left: 4px solid var(--accent); background: var(--field); }
.notice p { margin: 0; flex: 1; min-width: 14rem; }
[role=tablist] { display: flex; gap: 2px; padding: 0 14px; overflow-x: auto; border-bottom: 1px solid var(--line); }
[role=tab] { flex: none; border: 0; border-bottom: 3px solid transparent; border-radius: 0; background: none; color: var(--faint); outline-offset: -2px; }
[role=tab][aria-selected=true] { color: var(--ink); border-bottom-color: var(--accent); font-weight: 600; }
.body { flex: 1; overflow: auto; padding: 10px 14px; outline-offset: -2px; }
input[type=search] { width: min(22rem, 100%); }
.more { margin: 6px 0; color: var(--faint); }
.more:empty { margin: 3px; }
ul { list-style: none; margin: 0; padding: 0; }
li { padding: 6px 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
li p { margin: 0; }
li p button { margin: 6px 8px 2px 0; }
.empty, .about { color: var(--faint); }
summary { cursor: pointer; }
code, pre { font: 13px/1.45 ui-monospace, monospace; }
pre { margin: 4px 0; padding: 8px 10px; white-space: pre-wrap; background: var(--field); border: 1px solid var(--line); border-radius: 4px; max-height: 16rem; overflow: auto; }
.sides { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: 0 10px; }
h3 { margin: 4px 0 0; font-size: 13px; font-weight: 600; }
dl { display: grid; grid-template-columns: minmax(8rem, max-content) 1fr; gap: 4px 16px; margin: 0; }
dt { color: var(--faint); }
dd { margin: 0; overflow-wrap: anywhere; }
`;
let made;
/** A sheet of the script: a Content-Security-Policy need not allow inline styles. */
export function sheet() {
    if (!made) {
        made = new CSSStyleSheet();
        made.replaceSync(css);
    }
    return made;
}
