// A list of todos in Svelte.
import { mount, unmount } from 'svelte'
import List from './List.svelte'

globalThis.renders = {}
const target = document.querySelector('#app')
let list = mount(List, { target })
globalThis.setOpen = (open) => (list = open ? mount(List, { target }) : void unmount(list))
