(ns async-test
  "Channels, of a stand-in for core.async (stubs/)."
  (:require [cljs.core.async :as async]
            [cljs.test :refer [async deftest is]]
            [pocketbook.async :as pa]
            [pocketbook.core :as pb]
            [promesa.core :as p]))

(def url (.. js/process -env -POCKETBOOK_URL))

(defn taken [channel] (p/create (fn [resolve _] (async/take! channel resolve))))

(deftest channels
  (async done
    (let [a (pb/synced-atom {:url url :group "t" :storage :memory})]
      (p/let [ready (taken (pa/ready? a))
              _ (swap! a assoc "t:1" 1)
              stored (taken (pa/stored? a))
              sent (taken (pa/sent? a))
              synced (taken (pa/synced? a))
              exchanged (taken (pa/sync! a))
              _ (pb/destroy! a)
              failed (taken (pa/sync! a))]
        (is (= [true true true true true] [ready stored sent synced exchanged]))
        (is (= :destroyed (pb/error-code failed)))
        (done)))))
