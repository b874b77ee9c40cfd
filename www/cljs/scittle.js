// `/pocketbook/scittle.js`: ClojureScript on a page without a build. Loaded behind
// scittle.js, it gives scittle the namespaces of src/, with the served library below
// them; scittle runs the scripts of the page later, once all of it is loaded.
/* global scittle */
import * as library from '../client/index.js'
import { t } from '../client/transit.js'
import '../client/history.js'
import '../client/updates.js'
import core from './src/pocketbook/core.cljs'
import reFrame from './src/pocketbook/re_frame.cljs'
import reagent from './src/pocketbook/reagent.cljs'
import transit from './src/pocketbook/transit.cljs'

globalThis.pocketbook = { ...library, t }

const run = (text) => scittle.core.eval_string(text)
const has = (name) => run(`(some? (find-ns '${name}))`)
// What its :require loads is of no use here.
run(`(ns pocketbook.library)
(def synced-atom-class (.-SyncedAtom js/pocketbook))
(def assoc-doc (.-assoc js/pocketbook))
(def dissoc-doc (.-dissoc js/pocketbook))
(def make-id (.-newId js/pocketbook))
(def transit (.-t js/pocketbook))`)
for (const text of [transit, core]) run(text)
if (has('reagent.core')) run(reagent)
if (has('reagent.core') && has('re-frame.core')) run(reFrame)
run("(in-ns 'user)")
