(ns core-test
  "Synced atoms in nbb, with a server (node.test.mjs)."
  (:require [cljs.test :refer [async deftest is testing]]
            [pocketbook.core :as pb]
            [pocketbook.transit :as transit]
            [promesa.core :as p]))

(def url (.. js/process -env -POCKETBOOK_URL))
(def groups (atom 0))
(defn new-group [] (str "cljs" (swap! groups inc)))

(defn open [group & {:as options}]
  (pb/synced-atom (merge {:url url :group group :user (str (random-uuid)) :storage :memory} options)))

(defn offline [& {:as options}]
  (pb/synced-atom (merge {:url "http://127.0.0.1:9" :group "t" :storage :memory} options)))

(defn until [f]
  (if (f) (p/resolved true) (p/then (p/delay 5) (fn [_] (until f)))))

(defn test-with
  "Runs (f), a promise, then ends the atoms and the test."
  [done atoms f]
  (-> (p/do (f))
      (p/catch (fn [e] (is false (str (.-stack e)))))
      (p/then (fn [_] (p/all (map pb/destroy! atoms))))
      (p/then (fn [_] (done)))))

(deftest it-is-an-atom
  (let [a (offline :meta {:of :test})
        seen (atom [])]
    (is (= {} @a))
    (is (= {:of :test} (meta a)))
    (is (identical? a (add-watch a :w (fn [k r before after] (swap! seen conj [k (identical? r a) before after])))))
    (is (= {"t:1" 1} (swap! a assoc "t:1" 1)))
    (is (= {"t:1" 3} (swap! a update "t:1" + 2)))
    (is (= {"t:1" 3 "t:2" 2} (swap! a (fn [m x y] (assoc m x y)) "t:2" 2)))
    (is (= {"t:1" 3} (swap! a dissoc "t:2" "t:3")))
    (is (= {"t:5" {:a {:b 1}}} (reset! a {"t:5" {:a {:b 1}}})))
    (is (= {"t:5" {:a {:b 2}}} (swap! a update-in ["t:5" :a :b] inc)))
    (is (= {"t:5" {:a {:b 9}}} (swap! a assoc-in ["t:5" :a :b] 9) @a))
    (is (= 7 (count @seen)))
    (is (= [:w true {} {"t:1" 1}] (first @seen)))
    (remove-watch a :w)
    (swap! a assoc "t:9" 9)
    (is (= 7 (count @seen)))
    (is (re-find #"^#object\[pocketbook\.core\.SyncedAtom \"t\" \S+ \{" (pr-str a)))
    (pb/destroy! a)))

(deftest a-map-is-kept-as-it-is
  (let [a (offline)
        m (into (sorted-map) {"t:2" {:n 2} "t:1" {:n 1}})]
    (is (identical? m (reset! a m)))
    (is (identical? (get m "t:1") (get (swap! a assoc "t:3" 3) "t:1")))
    (is (= ["t:1" "t:2" "t:3"] (keys @a)))
    (testing "an equal value is no change"
      (let [before @a]
        (swap! a assoc "t:1" {:n 1})
        (is (identical? before @a))))
    (pb/destroy! a)))

(deftest nil-is-a-value
  (let [a (offline)
        seen (atom [])]
    (pb/watch-doc a "t:1" (fn [v before] (swap! seen conj [v before])))
    (is (= {"t:1" nil} (swap! a assoc "t:1" nil)))
    (is (= {} (swap! a assoc "t:1" pb/absent)))
    (is (= {"t:1" 1 "t:2" nil} (pb/change! a {"t:1" 1 "t:2" nil "t:3" pb/absent})))
    (is (= [[nil pb/absent] [pb/absent nil] [1 pb/absent]] @seen))
    (pb/destroy! a)))

(deftest what-cannot-be-written-changes-nothing
  (let [a (offline)
        message (fn [f] (try (f) nil (catch :default e (.-message e))))]
    (swap! a assoc "t:1" 1)
    (is (re-find #"not in the group t" (message #(swap! a assoc "t:2" 2 "other:1" 1))))
    (is (re-find #"the value of t:2 at \[:tags 1\] is a function" (message #(swap! a assoc "t:2" {:tags [1 inc]}))))
    (is (re-find #"js->clj" (message #(swap! a assoc "t:2" #js {:a 1}))))
    (is (re-find #"surrogate" (message #(swap! a assoc "t:2" "\ud800"))))
    (is (re-find #"invalid date" (message #(swap! a assoc "t:2" (js/Date. "x")))))
    (is (re-find #"no update" (message #(swap! a :unheard-of "t:1"))))
    (is (= {"t:1" 1} @a))
    (is (= 1 (:pending (pb/status a))))
    (pb/destroy! a)))

(deftest the-cache-is-any-atom
  (let [cache (atom nil)
        a (offline :cache cache)]
    (swap! a assoc "t:1" 1)
    (is (= {"t:1" 1} @cache))
    (swap! cache assoc "t:2" 2)
    (is (= {"t:1" 1 "t:2" 2} @a))
    (is (= 2 (:pending (pb/status a))))
    (is (thrown? js/TypeError (swap! cache assoc "other:1" 1)))
    (is (= {"t:1" 1 "t:2" 2} @a @cache))
    (swap! cache dissoc "t:1")
    (is (= {"t:2" 2} @a))
    (pb/destroy! a)
    (swap! cache assoc "t:3" 3)))

(deftest a-watch-may-swap-and-may-throw
  (let [a (offline)
        report (unchecked-get js/globalThis "reportError")
        reported (atom 0)]
    (unchecked-set js/globalThis "reportError" (fn [_] (swap! reported inc)))
    (add-watch a :bad (fn [& _] (throw (js/Error. "bad"))))
    (add-watch a :count (fn [_ _ _ after] (when-not (= (get after "t:n") (count (dissoc after "t:n")))
                                            (swap! a assoc "t:n" (count (dissoc after "t:n"))))))
    (swap! a assoc "t:1" 1 "t:2" 2)
    (is (= {"t:1" 1 "t:2" 2 "t:n" 2} @a))
    (is (pos? @reported))
    (unchecked-set js/globalThis "reportError" report)
    (pb/destroy! a)))

(def values
  [nil true 0 -1.5 9007199254740991 "" "~tilde" "^caret" "`" "snow ☃ 🎈" :a :a/b 'a 'a/b
   #uuid "7b0c1e1e-5b4a-4b8e-9d7e-0a1b2c3d4e5f" #inst "2020-02-29T12:00:00.123Z"
   [] [1 [2]] '() '(1 (2)) (map inc [1 2]) (range 3) (seq [1]) (first {:a 1}) #{} #{1 :a [2]} (set (range 50)) (sorted-set 2 1)
   {} {:a 1} {"a" 1 :a 2 'a 3} {1 2} {1.5 2} {nil 1} {true 1} {[1 2] {:deep #{1}}} {{:a 1} 2} {"__proto__" 1} {:constructor 1 "constructor" 2}
   (sorted-map :b 1 :a 2) (zipmap (range 40) (range)) {#uuid "7b0c1e1e-5b4a-4b8e-9d7e-0a1b2c3d4e5f" {#inst "2020-02-29" 1}}])

(deftest values-survive-text
  (let [codec (transit/codec)]
    (doseq [v values]
      (let [text (.encode codec v)
            back (.decode codec text)]
        (is (= v back) text)
        (is (= [(map? v) (set? v) (vector? v) (seq? v) (inst? v)] (mapv #(% back) [map? set? vector? seq? inst?])))
        (is (.same codec v back))))
    (is (not (.same codec 1 2)))
    (is (.same codec {:a 1 :b 2} {:b 2 :a 1}))))

(defrecord Point [x y])

(deftest further-types
  (let [options {:writers {Point ["point" (fn [p] [(:x p) (:y p)])]} :readers {"point" (fn [[x y]] (->Point x y))}}
        codec (transit/codec options)
        a (offline :writers (:writers options))]
    (is (= [(->Point 1 :b)] (.decode codec (.encode codec [(->Point 1 :b)]))))
    (is (re-find #"is a record" (try (.check (transit/codec) (->Point 1 2) "it") (catch :default e (.-message e)))))
    (is (re-find #"a function" (try (.check codec (->Point 1 inc) "it") (catch :default e (.-message e)))))
    (swap! a assoc "t:1" (->Point 1 2))
    (is (= (->Point 1 2) (get @a "t:1")))
    (pb/destroy! a)))

(deftest values-survive-the-server
  (async done
    (let [group (new-group)
          a (open group)
          b (open group)
          all (into {} (map-indexed (fn [i v] [(str group ":" i) v])) values)]
      (test-with done [a b]
        (fn []
          (p/do (pb/ready a)
                (reset! a all)
                (:local (pb/written a))
                (:server (pb/written a))
                (pb/sync! b)
                (is (= all @b))
                (pb/synced b)
                (is (= :synced (:state (pb/status b))))
                (is (identical? (pb/status b) (pb/status b)))))))))

(deftest changes-arrive-elsewhere
  (async done
    (let [group (new-group)
          id (str group ":1")
          a (open group)
          b (open group)
          seen (atom [])]
      (test-with done [a b]
        (fn []
          (p/do (pb/sync! b)
                (add-watch b :w (fn [_ _ before after] (swap! seen conj [before after])))
                (swap! a assoc id {:title "x"})
                (until #(= {id {:title "x"}} @b))
                (let [doc (get @b id)]
                  (swap! b assoc (str group ":2") 2)
                  (is (identical? doc (get @b id))))
                (until #(= 2 (count @a)))
                (swap! a dissoc id)
                (until #(= {(str group ":2") 2} @b))
                (is (= {} (ffirst @seen)))))))))

(deftest updates-run-again
  (async done
    (let [group (new-group)
          id (str group ":n")
          updates {:count (fn [n by] (+ (or n 0) by)) :end (fn [_] pb/absent) :tag/add (fn [v tag] (conj (or v #{}) tag))}
          a (open group :updates updates)
          b (open group :updates updates)]
      (test-with done [a b]
        (fn []
          (p/do (is (= {id 1} (swap! a :count id 1)))
                (is (= {id 10} (swap! b :count id 10)))
                (p/all [(:server (pb/written a)) (:server (pb/written b))])
                (p/all [(pb/sync! a) (pb/sync! b)])
                (is (= {id 11} @a @b))
                (swap! a :tag/add (str group ":tags") :red)
                (swap! b :tag/add (str group ":tags") [1 'x])
                (p/all [(:server (pb/written a)) (:server (pb/written b))])
                (p/all [(pb/sync! a) (pb/sync! b)])
                (is (= #{:red [1 'x]} (get @a (str group ":tags")) (get @b (str group ":tags"))))
                (is (not (contains? (swap! a :end id) id)))))))))

(deftest merging
  (async done
    (let [group (new-group)
          id (str group ":1")
          a (open group :merge pb/merge-fields)
          b (open group :merge pb/merge-fields)]
      (test-with done [a b]
        (fn []
          (p/do (swap! a assoc id {:title "x" :n nil})
                (swap! b assoc id {:due "y" :n nil})
                (p/all [(:server (pb/written a)) (:server (pb/written b))])
                (p/all [(pb/sync! a) (pb/sync! b)])
                (is (= {id {:title "x" :due "y" :n nil}} @a @b))
                (is (= [] (pb/conflicts a) (pb/conflicts b)))))))))

(deftest merge-fields-of-maps
  (is (= {:a 2 :b 3} (pb/merge-fields {:a 1 :b 1 :c 1} {:a 2 :b 1 :c 1} {:a 1 :b 3} "id")))
  (is (= {:a nil} (pb/merge-fields {:a 1 :b 1} {:a nil} {:a 1 :b 1} "id")))
  (is (= {:a 1} (pb/merge-fields {:a 0} {:a 1} pb/absent "id") (pb/merge-fields {:a 0} pb/absent {:a 1} "id")))
  (is (thrown? js/TypeError (pb/merge-fields nil [1] [2] "id"))))

(defn outcome [a] (p/handle (:server (pb/written a)) (fn [_ e] (if e (pb/error-code e) :ok))))

(deftest conflicts
  (async done
    (let [group (new-group)
          id (str group ":1")
          a (open group)
          b (open group)
          statuses (atom 0)]
      (test-with done [a b]
        (fn []
          (p/do (doseq [one [a b]]
                  (pb/on-status one (fn [s] (is (keyword? (:state s))) (swap! statuses inc))))
                (swap! a assoc id nil)
                (swap! b assoc id :b)
                (p/let [outcomes (p/all (map outcome [a b]))
                        [loser winner mine theirs] (if (= :ok (first outcomes)) [b a :b nil] [a b nil :b])]
                  (is (= #{:ok :conflict} (set outcomes)))
                  (p/do (until #(= {id theirs} @loser))
                        (is (pos? @statuses))
                        (let [[{:keys [key] :as one} & more] (pb/conflicts loser)]
                          (is (nil? more))
                          (is (= {:id id :base pb/absent :mine mine :theirs theirs} (dissoc one :key :at)))
                          (is (identical? (pb/conflicts loser) (pb/conflicts loser)))
                          (pb/restore! loser key)
                          (is (= {id mine} @loser)))
                        (:server (pb/written loser))
                        (is (= [] (pb/conflicts loser)))
                        (pb/sync! winner)
                        (is (= {id mine} @winner))))))))))

(deftest equal-values-do-not-conflict
  (async done
    (let [group (new-group)
          id (str group ":1")
          a (open group)
          b (open group)]
      (test-with done [a b]
        (fn []
          (p/do (swap! a assoc id (array-map :a 1 :b #{1 2 3}))
                (swap! b assoc id (array-map :b #{3 2 1} :a 1))
                (p/all [(:server (pb/written a)) (:server (pb/written b))])
                (is (= [] (pb/conflicts a) (pb/conflicts b)))))))))

(deftest transactions
  (async done
    (let [group (new-group)
          [x y] [(str group ":x") (str group ":y")]
          a (open group)
          b (open group)
          pay (fn [m by] (-> m (update x - by) (update y + by)))]
      (test-with done [a b]
        (fn []
          (p/do (pb/change! a {x 100 y 0})
                (:server (pb/written a))
                (pb/sync! b)
                (pb/transact! a pay 30)
                (:server (pb/written a))
                (pb/sync! b)
                (is (= {x 70 y 30} @b))
                ;; One of the two is stale: nothing of it may land.
                (pb/transact! b pay 20)
                (swap! a update x inc)
                (p/let [outcomes (p/all (map outcome [a b]))]
                  (p/do (p/all [(pb/sync! a) (pb/sync! b)])
                        (is (= @a @b))
                        (is (contains? #{[71 30] [50 50]} (mapv @a [x y])) (pr-str outcomes))))))))))

(deftest schemas
  (async done
    (let [group (new-group)
          [one two] [(str group ":1") (str group ":2")]
          old (open group)
          new (open group :schema 1 :upgrade (fn [v from _id] (if (< from 1) (-> v (dissoc :name) (assoc :title (:name v))) v)))]
      (test-with done [old new]
        (fn []
          (p/do (swap! old assoc one {:name "x"})
                (:server (pb/written old))
                (pb/sync! new)
                (is (= {:title "x" "_schema" 1} (get @new one)))
                (is (= {:title "y" "_schema" 1} (get (swap! new assoc two {:title "y"}) two)))
                (:server (pb/written new))
                (pb/sync! old)
                (is (= {:title "y" "_schema" 1} (get @old two)))))))))

(deftest history-and-undo
  (async done
    (let [group (new-group)
          id (str group ":1")
          a (open group)
          b (open group)]
      (test-with done [a b]
        (fn []
          (p/do (p/let [nothing (pb/undo! a)] (is (nil? nothing)))
                (swap! a assoc id {:tags #{:a}})
                (:server (pb/written a))
                (swap! a dissoc id)
                (:server (pb/written a))
                (p/let [{:keys [versions more]} (pb/history a id)]
                  (is (= [[2 pb/absent] [1 {:tags #{:a}}]] (mapv (juxt :version :value) versions)))
                  (is (every? inst? (map :at versions)))
                  (is (false? more)))
                (p/let [{:keys [versions]} (pb/history a id {:before 2 :limit 1})]
                  (is (= [1] (map :version versions))))
                (p/let [m (pb/doc-meta a id)] (is (= [2 nil] ((juxt :version :by) m))))
                (p/let [m (pb/doc-meta a (str group ":none"))] (is (nil? m)))
                (p/let [w (pb/revert! a id 1)] (:server w))
                (is (= {id {:tags #{:a}}} @a))
                (p/let [w (pb/undo! a)] (:server w))
                (is (= [{} true] [@a (pb/can-redo? a)]))
                (p/let [w (pb/redo! a)] (:server w))
                (is (= {id {:tags #{:a}}} @a))
                (pb/sync! b)
                (swap! b assoc id {:tags #{:b}})
                (:server (pb/written b))
                (pb/sync! a)
                (p/let [code (p/catch (pb/undo! a) pb/error-code)] (is (= :changed-since code)))
                (is (= {id {:tags #{:b}}} @a))
                (p/let [w (pb/undo! a {:force true})] (:server w))
                (is (= [{} true] [@a (pb/can-undo? a)]))))))))

(deftest who-wrote-it-is-kept
  (async done
    (let [group (new-group)
          id (str group ":1")
          a (open group :doc-meta true :meta {:of :test})
          b (open group)
          away (offline :doc-meta true)]
      (test-with done [a b away]
        (fn []
          (swap! b assoc id 1)
          (swap! away assoc "t:1" 1)
          (p/do (:server (pb/written b))
                (pb/sync! a)
                (is (= {:of :test} (meta a)))
                (p/let [m (pb/doc-meta a id)]
                  (is (= [1 nil] ((juxt :version :by) m)))
                  (is (inst? (:at m)))
                  (is (not (contains? m :unsent))))
                (testing "without a server"
                  (p/let [m (pb/doc-meta away "t:1")]
                    (is (= {:version 0 :by nil :at nil :unsent true} m))))))))))

(deftest rejected-writes
  (async done
    (let [group (new-group)
          id (str group ":1")
          a (open group)
          text (apply str (repeat 1100000 "x"))]
      (test-with done [a]
        (fn []
          (p/do (swap! a assoc id text)
                (p/let [code (p/catch (:server (pb/written a)) pb/error-code)] (is (= :rejected code)))
                (let [[one] (pb/rejected a)]
                  (is (= [id :too-large 413 text] ((juxt :id :code :status :value) one))))
                (pb/discard! a id)
                (is (= {} @a))
                (is (= [] (pb/rejected a)))
                (p/let [code (p/catch (do (swap! a assoc id 1) (pb/logout! a)) pb/error-code)] (is (= :pending code)))
                (pb/logout! a {:force true})
                (is (= {} @a))))))))

(deftest ids
  (is (re-find #"^t:.{10,}" (pb/new-id "t")))
  (is (not= (pb/new-id "t") (pb/new-id "t"))))
