import { createElement } from 'react'
import { hydrateRoot } from 'react-dom/client'
import { App } from './react.mjs'

globalThis.renders = {}
hydrateRoot(document.querySelector('#app'), createElement(App), { onRecoverableError: (error) => reportError(error) })
