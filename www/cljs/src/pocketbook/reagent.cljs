(ns pocketbook.reagent
  "Synced atoms in Reagent: components that deref these are rendered anew when what they
  deref has changed, and for nothing else."
  (:require [pocketbook.core :as pb]
            [reagent.core :as r]))

(defn synced-atom
  "As that of pocketbook.core, in a ratom: a component may deref it."
  [options]
  (pb/synced-atom (merge {:cache (r/atom {})} options)))

(defn doc
  "A cursor of one document: nil if there is none. A reset or swap of it writes the
  document; `pb/absent` removes it."
  [a id]
  (r/cursor (pb/cache a) [id]))

(defn- followed
  "A ratom of what f makes of the atom, at each change of its status."
  [a f]
  (let [now (r/atom (f a))]
    (pb/on-status a (fn [_]
                      (let [new (f a)]
                        (when-not (identical? new @now) (reset! now new)))))
    now))

;; Each lives as long as the atom: make it once, not in each rendering.
(defn status "A ratom of the status." [a] (followed a pb/status))
(defn conflicts "A ratom of the conflicts." [a] (followed a pb/conflicts))
(defn rejected "A ratom of the rejected writes." [a] (followed a pb/rejected))
