(ns pocketbook.library
  "Where the JavaScript library comes from: the npm package. A page without a build has
  another file in the place of this one (scittle.js)."
  (:require ["pocketbook" :as pb]
            ["pocketbook/transit" :as codec]
            ;; Adds what is known of former versions, and undo.
            ["pocketbook/history" :as past]
            ;; Adds transactions, named updates and schemas to the client.
            ["pocketbook/updates" :as updates]))

(def synced-atom-class pb/SyncedAtom)
(def assoc-doc pb/assoc)
(def dissoc-doc pb/dissoc)
(def make-id pb/newId)
(def transit codec/t)
(def extended? (and (some? updates/mergeFields) (some? past/ChangedSince)))
