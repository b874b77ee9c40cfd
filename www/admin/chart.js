import { jsx as _jsx, jsxs as _jsxs } from "preact/jsx-runtime";
// A live chart (uPlot). What it shows is also text: its newest numbers, and the tables.
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { span } from './ui.js';
const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
function options(width, lines, unit) {
    const axis = { stroke: style('--faint'), grid: { stroke: style('--rule'), width: 1 }, ticks: { show: false }, font: '11px DM Mono, monospace' };
    return {
        width,
        height: 150,
        legend: { show: false },
        cursor: { show: false },
        scales: { y: { range: (_u, _min, max) => [0, Math.max(1, max * 1.1)] } },
        axes: [{ ...axis, space: 90, size: 26, values: '{HH}:{mm}:{ss}' }, { ...axis, size: 52, values: (_u, ticks) => ticks.map((tick) => `${Intl.NumberFormat('en', { notation: 'compact' }).format(tick)}${unit}`) }],
        series: [{}, ...lines.map(({ label, color }) => ({ label, stroke: style(color), width: 1.5, points: { show: false } }))],
    };
}
export function Chart({ title, unit = '', lines, data }) {
    const element = useRef(null);
    const plot = useRef();
    useEffect(() => {
        const make = () => {
            plot.current?.destroy();
            plot.current = new uPlot(options(element.current.clientWidth, lines, unit), data, element.current);
        };
        make();
        const dark = matchMedia('(prefers-color-scheme: dark)');
        const size = new ResizeObserver(() => plot.current?.setSize({ width: element.current.clientWidth, height: 150 }));
        size.observe(element.current);
        dark.addEventListener('change', make);
        return () => {
            size.disconnect();
            dark.removeEventListener('change', make);
            plot.current?.destroy();
        };
    }, []);
    useEffect(() => plot.current?.setData(data), [data]);
    const shown = (n) => `${n < 10 ? Math.round(n * 10) / 10 : Math.round(n).toLocaleString('en')}${unit}`;
    const series = lines.map(({ label }, i) => ({ label, values: [...(data[i + 1] ?? [])].map((n) => n ?? 0) }));
    // Of what is drawn, for those who do not see it.
    const summary = series.map(({ label, values }) => `${label ? `${label}: ` : ''}${shown(values.at(-1) ?? 0)} now, from ${shown(Math.min(...values, Infinity) || 0)} to ${shown(Math.max(...values, 0))}`).join('; ');
    return (_jsxs("figure", { class: "chart", children: [_jsxs("figcaption", { children: [title, series.map(({ label, values }, i) => (_jsxs("span", { class: `key key-${i}`, children: [label ? `${label} ` : '', _jsx("b", { children: shown(values.at(-1) ?? 0) })] }, label)))] }), _jsx("div", { ref: element, role: "img", "aria-label": `Chart of the last ${span(data[0].length)}. ${data[0].length ? summary : 'Nothing yet'}` })] }));
}
