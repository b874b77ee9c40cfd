(ns compiled
  "The compiled sources, with a server (node.test.mjs)."
  (:require [pocketbook.core :as pb]
            [pocketbook.transit :as transit]))

;; cherry has no records.
(deftype Point [x y]
  IEquiv
  (-equiv [_ other] (and (instance? Point other) (= x (.-x other)) (= y (.-y other)))))

(defn check [what ok] (when-not ok (throw (js/Error. what))))

(def options
  {:url (unchecked-get js/process.env "POCKETBOOK_URL")
   :group "compiled"
   :storage :memory
   :meta {:a 1}
   :merge pb/merge-fields
   :updates {:count (fn [n by] (+ (or n 0) by))}
   :writers {Point ["point" (fn [p] [(.-x p) (.-y p)])]}
   :readers {"point" (fn [xy] (Point. (first xy) (second xy)))}})

(def value {:tags #{:a "b" [1 2]} 'sym '(1 2) "text" nil [1 {:k 1}] (Point. 1 2) :id (random-uuid) :at (js/Date. 5)})

(defn run []
  (let [a (pb/synced-atom options)
        b (pb/synced-atom (assoc options :user "b"))
        seen (atom [])]
    (add-watch a :w (fn [k r before after] (swap! seen conj [k (identical? r a) before after])))
    (check "swap!" (= {"compiled:1" value} (swap! a assoc "compiled:1" value)))
    (check "watch" (= [[:w true {} {"compiled:1" value}]] @seen))
    (check "meta" (= {:a 1} (meta a)))
    (check "print" (re-find #"pocketbook.core.SyncedAtom" (pr-str a)))
    (check "update" (= 3 (get (swap! a :count "compiled:n" 3) "compiled:n")))
    (check "reset!" (= @a (reset! a @a)))
    (check "refusal" (try (swap! a assoc "compiled:2" inc) false (catch :default e (re-find #"function" (.-message e)))))
    (-> (pb/sync! a)
        (.then (fn [_] (pb/sync! b)))
        (.then (fn [_]
                 (check "values" (= @a @b))
                 (check "merge" (= {:a 1 :b 2} (pb/merge-fields {} {:a 1} {:b 2} "id")))
                 (check "undo" (pb/can-undo? a))
                 ;; An event of what a has written may come at this moment.
                 (check "status" (contains? #{:synced :syncing} (:state (pb/status b))))
                 (js/Promise.all #js [(pb/destroy! a) (pb/destroy! b)])))
        (.then (fn [_] (println "compiled: done"))))))

(run)
