// A picture of a link, to be scanned. A bundle of its own, loaded when it is wanted.
import { encode } from 'uqr';
const SVG = 'http://www.w3.org/2000/svg';
/** Dark on light, whatever the colours of the page: cameras want it so. */
export function picture(text) {
    const { data, size } = encode(text, { border: 3 });
    const path = data.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ''))).join('');
    const svg = document.createElementNS(SVG, 'svg');
    svg.setAttribute('viewBox', `0 0 ${size} ${size}`);
    svg.setAttribute('shape-rendering', 'crispEdges');
    svg.setAttribute('role', 'img');
    svg.setAttribute('aria-label', 'The link as a QR code');
    const ink = document.createElementNS(SVG, 'path');
    ink.setAttribute('d', path);
    svg.append(ink);
    return svg;
}
