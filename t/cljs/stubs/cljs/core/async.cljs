(ns cljs.core.async
  "As much of core.async as pocketbook.async uses: interpreters do not have it.")

(defn promise-chan
  "Keeps the first value that is put; `take!` gives it to each."
  []
  (let [resolve (volatile! nil)
        value (js/Promise. (fn [f _] (vreset! resolve f)))]
    {:value value :resolve @resolve}))

(defn put! [channel v] ((:resolve channel) v) true)
(defn take! [channel f] (.then (:value channel) f) nil)
