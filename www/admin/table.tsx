// Tables: columns on a wide screen, a card for each row on a narrow one.
import type { ComponentChildren } from 'preact'

export interface Column<Row> {
	title: string
	/** 'head' names the row, 'n' is a number, 'acts' has buttons. */
	kind?: 'head' | 'n' | 'acts'
	class?: string
	show: (row: Row) => ComponentChildren
}

const name = ({ kind, class: own }: { kind?: string; class?: string }) => [kind, own].filter(Boolean).join(' ') || undefined

function Cell<Row>({ column, row }: { column: Column<Row>; row: Row }) {
	const { kind, title, show } = column
	return kind === 'head' ? (
		<th scope="row" role="rowheader" class={name(column)}>{show(row)}</th>
	) : (
		<td role="cell" class={name(column)} data-title={kind === 'acts' ? undefined : title}>{show(row)}</td>
	)
}

/** With `found`, a filter selects the rows: how many is said when it changes. The roles
 * stay when the style makes cards of the rows. */
export function Table<Row>({ caption, columns, rows, id, faded, found }: { caption: string; columns: Column<Row>[]; rows: Row[]; id: (row: Row) => string; faded?: (row: Row) => boolean; found?: boolean }) {
	const table = (
		<table role="table">
			<caption>{caption}</caption>
			<thead role="rowgroup">
				<tr role="row">
					{columns.map((column) => <th key={column.title} scope="col" role="columnheader" class={name(column)}>{column.kind === 'acts' ? <span class="unseen">{column.title}</span> : column.title}</th>)}
				</tr>
			</thead>
			<tbody role="rowgroup">
				{rows.map((row) => <tr key={id(row)} role="row" class={faded?.(row) ? 'over' : undefined}>{columns.map((column) => <Cell key={column.title} column={column} row={row} />)}</tr>)}
			</tbody>
		</table>
	)
	if (!found) return table
	return (
		<>
			<p class="unseen" role="status">{caption}</p>
			{table}
		</>
	)
}
