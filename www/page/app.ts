import { SyncedAtom } from '../client/index.js'

const atom = new SyncedAtom<{ title?: string }>({ group: 'todos' })
const list = document.querySelector('.todo-list')!
atom.subscribe((docs) => {
	list.replaceChildren(...[...docs.values()].map(({ title }) => Object.assign(document.createElement('li'), { textContent: title })))
})
