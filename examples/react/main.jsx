// A list of todos: an atom for the component, a hook for each thing that is shown.
import { StrictMode, memo } from 'react'
import { createRoot } from 'react-dom/client'
import { assoc, dissoc, newId } from 'pocketbook'
import { PocketbookProvider, useConflicts, useDoc, useDocs, useStatus, useSyncedAtom } from 'pocketbook/react'
import { openOffline } from 'pocketbook/sw'

const Todo = memo(function Todo({ todos, id }) {
	const todo = useDoc(todos, id)
	if (!todo) return null
	return (
		<li>
			<label><input type="checkbox" checked={!!todo.done} onChange={() => todos.swap(assoc, id, { ...todo, done: !todo.done })} /> {todo.title}</label>
			<button aria-label={`Remove ${todo.title}`} onClick={() => todos.swap(dissoc, id)}>×</button>
		</li>
	)
})

function Conflicts({ todos }) {
	return useConflicts(todos).map(({ key, mine, theirs }) => (
		<p key={key}>
			“{mine?.title ?? 'removed'}” lost to “{theirs?.title ?? 'removed'}”.
			<button onClick={() => todos.restore(key)}>Restore mine</button>
			<button onClick={() => todos.dismiss(key)}>Keep theirs</button>
		</p>
	))
}

function Todos() {
	const todos = useSyncedAtom('todos')
	const state = useStatus(todos, (status) => status.state)
	const ids = [...useDocs(todos).keys()].sort()
	const add = (event) => {
		event.preventDefault()
		const { title } = event.target.elements
		if (title.value) todos.swap(assoc, newId('todos'), { title: title.value })
		event.target.reset()
	}
	return (
		<>
			<form onSubmit={add}><input name="title" placeholder="What needs to be done?" autoComplete="off" /></form>
			<ul>{ids.map((id) => <Todo key={id} todos={todos} id={id} />)}</ul>
			<Conflicts todos={todos} />
			<p role="status">{state}</p>
		</>
	)
}

openOffline()
createRoot(document.querySelector('#root')).render(
	<StrictMode><PocketbookProvider url="."><Todos /></PocketbookProvider></StrictMode>,
)
