// A list of todos in Vue.
import { createApp, defineComponent, h, onUpdated, onMounted, shallowRef } from 'vue'
import { providePocketbook, useConflicts, useDoc, useDocs, useRejected, useStatus, useSyncedAtom } from 'pocketbook/vue'

globalThis.renders = {}

function count(name) {
	const one = () => void (renders[name] = (renders[name] ?? 0) + 1)
	onMounted(one)
	onUpdated(one)
}

const Item = defineComponent((props) => {
	const value = useDoc(props.atom, () => props.id)
	count(props.id)
	return () => h('li', { id: props.id }, value.value?.title)
}, { props: ['atom', 'id'] })

const State = defineComponent((props) => {
	const state = useStatus(props.atom, ({ state }) => state)
	count('state')
	return () => h('p', { id: 'state' }, state.value)
}, { props: ['atom'] })

const Problems = defineComponent((props) => {
	const lost = useConflicts(props.atom), refused = useRejected(props.atom)
	count('problems')
	return () => h('p', { id: 'problems' }, `${lost.value.length} ${refused.value.length}`)
}, { props: ['atom'] })

const List = defineComponent(() => {
	const atom = useSyncedAtom('todos')
	const docs = useDocs(atom)
	globalThis.atom = atom
	globalThis.setToken = (token) => atom.setToken(token)
	count('list')
	return () => h('div', [h(State, { atom }), h(Problems, { atom }), h('ul', [...docs.value.keys()].sort().map((id) => h(Item, { key: id, atom, id })))])
})

createApp(defineComponent(() => {
	const open = shallowRef(true)
	globalThis.setOpen = (is) => (open.value = is)
	providePocketbook({ user: 'ann', token: 'pbk_wrong' })
	return () => open.value && h(List)
})).mount('#app')
