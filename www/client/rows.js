const VALUES = { docs: ['value'], put: ['value', 'was'], conflicts: ['base', 'mine', 'theirs'] };
/** An undefined value (no such document) stays undefined. */
function translated(batch, translate) {
    const out = { ...batch };
    for (const [name, fields] of Object.entries(VALUES))
        out[name] = batch[name]?.map((row) => {
            const copy = { ...row };
            for (const field of fields)
                if (row[field] !== undefined)
                    copy[field] = translate(row[field]);
            return copy;
        });
    return out;
}
/** The `end` of a batch is the `drop` of its rows. */
export function toRows({ end, force, ...batch }, codec) {
    return { ...translated(batch, codec.encode), drop: end?.map(({ op }) => op) };
}
export function fromRows(rows, codec) {
    return translated(rows, codec.decode);
}
