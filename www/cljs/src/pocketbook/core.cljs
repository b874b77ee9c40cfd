(ns pocketbook.core
  "A synced atom that is a Clojure atom. Its value is a persistent map of document id to
  value, which is stored on the device and synchronized with the server and all other
  clients. doc/clojurescript.md is the guide."
  (:require [clojure.string :as str]
            [pocketbook.library :as library]
            [pocketbook.transit :as transit]))

(def absent
  "Stands for a document that does not exist, as nil is a value. A merge function and
  conflicts have it; returned by an update or set as a value it removes the document."
  ::absent)

(defn- absent? [x] (and (keyword? x) (keyword-identical? x absent)))

(defprotocol ISynced
  (-state [a] "What the functions of this namespace need of a synced atom."))

(defn js-atom "The atom of the JavaScript library." [a] (:js (-state a)))
(defn cache "The atom or ratom that holds the map." [a] (:cache (-state a)))

;; ---- To JavaScript and back ----

(defn- to-js [v] (cond (nil? v) nil (absent? v) js/undefined :else v))
(defn- from-js [v] (if (undefined? v) absent v))

(defn- full-name [k] (if (keyword? k) (subs (str k) 1) k))

(defn- camel [k] (str/replace (full-name k) #"-(.)" (fn [[_ c]] (str/upper-case c))))
(defn- kebab [s] (keyword (str/replace s #"[A-Z]" (fn [c] (str "-" (str/lower-case c))))))

(defn- fields
  "An object of the library as a map; `f` makes what a value is here."
  [o f]
  (into {} (map (fn [k] [(kebab k) (f (unchecked-get o k))])) (js/Object.keys o)))

(defn- error-map [^js e]
  (when e {:code (keyword (.-code e)) :message (.-message e) :status (.-status e)}))

(defn- status-map [^js s]
  (assoc (fields s (fn [v] (if (array? v) (vec v) v)))
         :state (keyword (.-state s))
         :last-error (error-map (.-lastError s))))

(defn- conflict-map [c] (merge {:base absent :mine absent :theirs absent} (fields c from-js)))
(defn- rejected-map [r] (update (merge {:value absent} (fields r from-js)) :code keyword))

(defn- stable
  "What f makes of a JavaScript object, once for each: the library keeps its objects until
  they differ."
  [f]
  (let [last (volatile! nil)]
    (fn [o]
      (if (identical? o (first @last))
        (second @last)
        (second (vreset! last [o (f o)]))))))

(defn- merge-function [f]
  (fn [base mine theirs id] (to-js (f (from-js base) (from-js mine) (from-js theirs) id))))

(defn- update-function
  "An update gets nil for a document that does not exist, as the function of `update` does."
  [f]
  (fn [v & args] (to-js (apply f (if (undefined? v) nil v) args))))

;; ---- Schemas ----

;; The member is the one of other clients. The library sets it in plain objects only, and
;; looks for it, which a sorted map of other keys cannot bear.
(defn- stamp [v schema]
  (if (and schema (map? v))
    (let [v (if (sorted? v) (into {} v) v)]
      (if (< (get v "_schema" 0) schema) (assoc v "_schema" schema) v))
    v))

(defn- upgrade-function [f schema]
  (fn [v from id] (stamp (f v from id) schema)))

;; ---- Changes ----

(defn- difference
  "Pairs of id and value of what differs between two maps."
  [old new]
  (let [set-or-new (reduce-kv (fn [out id v] (if (identical? v (get old id absent)) out (conj out [id v]))) [] new)
        added (count (remove (fn [[id]] (contains? old id)) set-or-new))]
    (if (= (count new) (+ (count old) added))
      set-or-new
      (into set-or-new (comp (remove (fn [id] (contains? new id))) (map (fn [id] [id absent]))) (keys old)))))

(defn- touched
  "The ids that a swap with this function changes, if that is known without comparing."
  [f args]
  (cond (identical? f assoc) (take-nth 2 args)
        (identical? f dissoc) args
        (identical? f update) (take 1 args)
        (or (identical? f assoc-in) (identical? f update-in)) (take 1 (first args))
        :else nil))

(defn- edits-of [ids old new]
  (into [] (comp (distinct)
                 (map (fn [id] [id (get new id absent)]))
                 (remove (fn [[id v]] (identical? v (get old id absent)))))
        ids))

(defn- put [m id v] (if (absent? v) (if (contains? m id) (dissoc m id) m) (assoc m id v)))

(defn- followed
  "The map after the library's has changed at these ids."
  [m ^js after ids]
  (reduce (fn [m id] (put m id (if (.has after id) (.get after id) absent))) m ids))

(def ^:private few 8)

(defn- changed
  "The library's map with edits."
  [^js docs edits]
  (if (< (count edits) few)
    (reduce (fn [docs [id v]] (if (absent? v) (library/dissoc-doc docs id) (library/assoc-doc docs id (to-js v)))) docs edits)
    (let [out (js/Map. (.entries docs))]
      (doseq [[id v] edits] (if (absent? v) (.delete out id) (.set out id (to-js v))))
      out)))

(defn- guarded
  "A watch that throws must not keep others from being called."
  [f & args]
  (try (apply f args)
       (catch :default e
         ;; Node does not have it.
         (let [report (unchecked-get js/globalThis "reportError")]
           (if report (report e) (js/console.error e))))))

(defn- tell [{:keys [watches this]} old new]
  (when-not (identical? old new)
    (doseq [[k f] @watches] (guarded f k @this old new))))

(defn- show!
  "The atom's map is another one."
  [{:keys [current cache] :as state} new]
  (let [old @current]
    (vreset! current new)
    (when-not (identical? @cache new) (reset! cache new))
    (tell state old new)))

(defn- on-change
  "The library's documents have changed, by whomever."
  [{:keys [current expected] :as state} after ids]
  (let [[map-of-ours new] @expected]
    (show! state (if (identical? after map-of-ours) new (followed @current after ids)))))

(defn- write!
  "Makes the map `new`, which has these edits, the atom's. `how` gives it to the library."
  [{:keys [^js js current expected written schema]} new edits how]
  (let [stamped (mapv (fn [[id v]] [id (stamp v schema)]) edits)
        new (reduce (fn [m [id v]] (if (and (not (absent? v)) (identical? v (get m id absent))) m (put m id v))) new stamped)
        docs (changed (.deref js) stamped)]
    (vreset! expected [docs new])
    (try (vreset! written (how js docs))
         (finally (vreset! expected nil)))
    @current))

(defn- reset-library [^js js docs] (.reset js docs))
(defn- transact-library [^js js docs] (.transact js (fn [_] docs)))

(defn- set-map! [{:keys [current] :as state} new]
  (write! state new (difference @current new) reset-library))

(defn- run-update! [{:keys [^js js current written]} k [id & args]]
  (vreset! written (.apply (.-update js) js (into-array (list* id (full-name k) args))))
  @current)

(defn- swap-map!
  "A keyword names an update, any other f is a function of the map."
  [{:keys [current] :as state} f args]
  (if (keyword? f)
    (run-update! state f args)
    (let [old @current
          new (apply f old args)]
      (if-let [ids (touched f args)]
        (write! state new (edits-of ids old new) reset-library)
        (set-map! state new)))))

(defn- on-cache
  "Somebody has reset the cache: that is a swap. One that is refused is taken back."
  [{:keys [current cache] :as state} new]
  (when-not (identical? new @current)
    (try (set-map! state new)
         (finally (when-not (identical? @cache @current) (reset! cache @current))))))

;; ---- The atom ----

(def ^:private own-options [:cache :codec :doc-meta :merge :meta :readers :updates :upgrade :writers])

(defn- library-options [{:keys [codec doc-meta merge readers schema storage updates upgrade writers] :as options}]
  (transit/add-types! {:readers readers :writers writers})
  (let [out #js {:codec (or codec transit/shared-codec)}]
    (doseq [[k v] (apply dissoc options own-options)] (unchecked-set out (camel k) v))
    (when doc-meta (unchecked-set out "meta" true))
    (when (keyword? storage) (unchecked-set out "storage" (name storage)))
    (when merge (unchecked-set out "merge" (merge-function merge)))
    (when upgrade (unchecked-set out "upgrade" (upgrade-function upgrade schema)))
    (when updates
      (let [all #js {}]
        (doseq [[k f] updates] (unchecked-set all (full-name k) (update-function f)))
        (unchecked-set out "updates" all)))
    out))

(defn- print-to [{:keys [^js js current]} group writer]
  (-write writer (str "#object[pocketbook.core.SyncedAtom " (pr-str group) " " (.. js -status -state) " " (pr-str @current) "]")))

(defn synced-atom
  "Options are those of the library in kebab case: :group, which is required, :url, :user,
  :token, :interval, :storage, :schema; and
    :cache    an atom or ratom that holds the map; a reset of it is a swap of this atom
    :merge    (fn [base mine theirs id]), resolves conflicts
    :updates  {:rename (fn [todo title] ...)}, for (swap! a :rename id title)
    :upgrade  (fn [value from id]), brings documents to :schema
    :writers  {Type [tag rep]} and
    :readers  {tag f}, for values of further types, in all atoms
    :doc-meta true: the device keeps who wrote each document, and when
    :meta     the atom's metadata"
  [{:keys [cache group meta schema] :as options}]
  (let [cache (or cache (atom {}))
        start (or (empty @cache) {})
        ^js js (js/Reflect.construct library/synced-atom-class #js [(library-options options)])
        this (volatile! nil)
        state {:js js :cache cache :this this :schema schema
               :watches (atom {}) :current (volatile! start) :expected (volatile! nil) :written (volatile! nil)
               :status-map (stable status-map)
               :conflicts (stable (fn [all] (mapv conflict-map all)))
               :rejected (stable (fn [all] (mapv rejected-map all)))}]
    (reset! cache start)
    (.addWatch js "cljs" (fn [_ _ _ after ids] (on-change state after ids)))
    (add-watch cache js (fn [_ _ _ new] (on-cache state new)))
    (vreset! this
             (reify
               IDeref (-deref [_] @cache)
               IReset (-reset! [_ new] (set-map! state new))
               ISwap
               (-swap! [_ f] (swap-map! state f nil))
               (-swap! [_ f x] (swap-map! state f [x]))
               (-swap! [_ f x y] (swap-map! state f [x y]))
               (-swap! [_ f x y more] (swap-map! state f (list* x y more)))
               IWatchable
               (-add-watch [a k f] (swap! (:watches state) assoc k f) a)
               (-remove-watch [a k] (swap! (:watches state) dissoc k) a)
               (-notify-watches [_ old new] (tell state old new))
               IMeta (-meta [_] meta)
               IPrintWithWriter (-pr-writer [_ writer _] (print-to state group writer))
               ISynced (-state [_] state)))
    @this))

;; ---- What an atom promises ----

(defn ready "A promise: the local data is loaded. It never rejects." [a] (.-ready ^js (js-atom a)))
(defn synced "A promise: the group was completely pulled once." [a] (.-synced ^js (js-atom a)))
(defn sync! "Exchanges everything with the server now; a promise." [a] (.sync ^js (js-atom a)))

(defn written
  "The promises of the last change through this atom: {:local :server}."
  [a]
  (when-let [^js w @(:written (-state a))] {:local (.-local w) :server (.-server w)}))

(defn error-code "The code of an error with which a promise rejects, as a keyword." [e]
  (keyword (.-code ^js e)))

;; ---- Further changes ----

(defn change!
  "Sets documents to values, without comparing all others: {id value}. `absent` removes
  one. Returns the map."
  [a entries]
  (let [{:keys [current] :as state} (-state a)
        old @current]
    (write! state (reduce-kv put old entries) (edits-of (keys entries) old entries) reset-library)))

(defn transact!
  "Like swap!, but what it changes goes to the server as a whole: all of it lands, or none."
  [a f & args]
  (let [{:keys [current] :as state} (-state a)
        old @current
        new (apply f old args)]
    (write! state new (difference old new) transact-library)))

(defn new-id "An id for a new document." [group] (library/make-id group))

(defn merge-fields
  "A merge function of maps: of each key the side that changed it, and mine if both did. An
  edited document is kept if the other side deleted it. Other values are a conflict."
  [base mine theirs _id]
  (cond (absent? mine) theirs
        (absent? theirs) mine
        (not (and (map? mine) (map? theirs))) (throw (js/TypeError. "only maps have fields"))
        :else (let [base (if (map? base) base {})]
                (reduce (fn [out k] (if (= (get base k absent) (get mine k absent)) out (put out k (get mine k absent))))
                        theirs
                        (distinct (concat (keys base) (keys mine)))))))

;; ---- Status, conflicts, rejected writes ----

(defn status
  "The status as a map: :state (a keyword), :online, :pending, :last-error and so on. It
  stays identical until it differs."
  [a]
  (let [{:keys [^js js status-map]} (-state a)] (status-map (.-status js))))

(defn conflicts
  "Local values that lost: maps with :key, :id, :base, :mine, :theirs and :at."
  [a]
  (let [{:keys [^js js conflicts]} (-state a)] (conflicts (.-conflicts js))))

(defn rejected
  "Writes that the server rejects: maps with :id, :value, :code, :reason and so on."
  [a]
  (let [{:keys [^js js rejected]} (-state a)] (rejected (.-rejected js))))

(defn on-status
  "Calls (f status) after each change of the status, the conflicts or the rejected writes.
  Returns a function that ends this."
  [a f]
  (.onStatus ^js (js-atom a) (fn [_] (f (status a)))))

(defn watch-doc
  "Calls (f value before) after each change of one document. Returns a function that ends
  this."
  [a id f]
  (.watchDoc ^js (js-atom a) id (fn [v before] (f (from-js v) (from-js before)))))

(defn- write-of [a w]
  (vreset! (:written (-state a)) w)
  nil)

(defn restore! "Writes the local value of a conflict over the present one." [a key]
  (write-of a (.restore ^js (js-atom a) key)))
(defn dismiss! "Removes a conflict." [a key] (.dismiss ^js (js-atom a) key) nil)
(defn retry! "Sends a rejected write again." [a id] (.retry ^js (js-atom a) id) nil)
(defn discard! "Discards a rejected write." [a id] (.discard ^js (js-atom a) id) nil)

;; ---- History and undo ----

(defn- version-map [^js v]
  {:version (.-version v) :by (.-by v) :at (.-at v) :value (from-js (.-value v)) :damaged (.-damaged v)})

(defn doc-meta
  "A promise of who wrote the document and when: {:version :by :at}, with :unsent true for
  a write of this device that is not on the server, or nil if it never existed. It asks
  the server, unless the option :doc-meta has kept it."
  [a id]
  (.then (.meta ^js (js-atom a) id)
         (fn [^js m] (when m (cond-> {:version (.-version m) :by (.-by m) :at (.-at m)}
                           (.-unsent m) (assoc :unsent true))))))

(defn history
  "A promise of the document's versions, newest first: {:versions :more}. Each has :version,
  :by, :at, :damaged and :value, which is `absent` if the document was deleted. Options:
  :before, a version, to read on; :limit."
  ([a id] (history a id nil))
  ([a id {:keys [before limit]}]
   (.then (.history ^js (js-atom a) id #js {:before before :limit limit})
          (fn [^js h] {:versions (mapv version-map (.-versions h)) :more (.-more h)}))))

(defn- then-written
  "A promise of the promises of a write, which are those of the last change too."
  [a promise]
  (.then promise (fn [w] (when w (write-of a w) (written a)))))

(defn revert!
  "Writes a former version again, as a new one. A promise of {:local :server}."
  [a id version]
  (then-written a (.revert ^js (js-atom a) id version)))

(defn undo!
  "Takes back the last change through this atom. A promise of {:local :server}, or of nil if
  there is none. It rejects with :changed-since if somebody else wrote a document since,
  unless {:force true}; the error has its `id`, `version` and `value`."
  ([a] (undo! a nil))
  ([a {:keys [force]}] (then-written a (.undo ^js (js-atom a) #js {:force (boolean force)}))))

(defn redo!
  "Does again what was taken back last, likewise."
  ([a] (redo! a nil))
  ([a {:keys [force]}] (then-written a (.redo ^js (js-atom a) #js {:force (boolean force)}))))

(defn can-undo? [a] (.-canUndo ^js (js-atom a)))
(defn can-redo? [a] (.-canRedo ^js (js-atom a)))

;; ---- Users ----

(defn set-token! "Sets the token in all tabs." [a token] (.setToken ^js (js-atom a) token) nil)

(defn logout!
  "Removes the user's data from the device; a promise. It rejects with :pending if there are
  unsent writes, unless {:force true}."
  ([a] (logout! a nil))
  ([a {:keys [force]}] (.logout ^js (js-atom a) #js {:force (boolean force)})))

(defn destroy! "Ends the atom; a promise. Its unsent writes stay on the device." [a]
  (let [{:keys [^js js cache]} (-state a)]
    (remove-watch cache js)
    (.destroy js)))
