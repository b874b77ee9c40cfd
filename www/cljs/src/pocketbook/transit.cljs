(ns pocketbook.transit
  "The codec of ClojureScript's values: maps with any keys, vectors, lists, sets, keywords,
  symbols, uuids and insts come back as what they were. It is built on the library's reader
  and writer, rather than on cognitect.transit, which interpreters do not have."
  (:require [pocketbook.library :refer [transit]]))

(def ^:private ^js t transit)

;; ---- Writing ----

(defn- full-name [k] (if-let [n (namespace k)] (str n "/" (name k)) (name k)))

(defn- array-of [xs]
  (let [a #js []]
    (doseq [x xs] (.push a x))
    a))

(defn- handler
  "Of the library's writer. Tags of one letter need a text."
  ([tag rep] (handler tag rep (fn [_] nil)))
  ([tag rep text] #js {:tag (if (fn? tag) tag (fn [_] tag)) :rep rep :stringRep text}))

(defn- stringable?
  "Can it be the key of a JSON object? transit-js would lose a key `__proto__`, and takes
  all numbers for integers."
  [k]
  (cond (string? k) (not= k "__proto__")
        (number? k) (js/Number.isSafeInteger k)
        :else (or (keyword? k) (symbol? k) (uuid? k) (boolean? k) (inst? k))))

(defn- map-tag [m] (if (every? stringable? (keys m)) "map" "cmap"))

(defn- map-rep [m]
  (if (= "map" (map-tag m))
    (let [out (js/Map.)]
      (doseq [[k v] m] (.set out k v))
      out)
    (let [out #js []]
      (doseq [[k v] m] (.push out k v))
      out)))

(def ^:private map-handler (handler map-tag map-rep))
(def ^:private set-handler (handler "set" array-of))
(def ^:private vector-handler (handler "array" array-of))
(def ^:private list-handler (handler "list" array-of))

(defn- type-of [x] (when (some? x) (type x)))

(defn- handler-for
  "The handler of what the library does not know: by predicate, as ClojureScript has many
  types of each kind, and by the type that ClojureScript sees, not the constructor."
  [custom x]
  (or (.get custom (type-of x))
      (cond (map? x) map-handler
            (set? x) set-handler
            (vector? x) vector-handler
            (seq? x) list-handler
            :else nil)))

(defn- writer [custom]
  (let [handlers #js [(type :a) (handler ":" full-name full-name)
                      (type 'a) (handler "$" full-name full-name)
                      (type (random-uuid)) (handler "u" str str)]]
    (.forEach custom (fn [h ctor] (when (fn? ctor) (.push handlers ctor h))))
    ;; Without cache codes: stored values are self-contained.
    (.writer t "json-verbose" #js {:handlers (.map t handlers) :handlerForForeign (fn [x _] (handler-for custom x))})))

(defn- customs
  "{Type [tag rep]} as a JavaScript Map of handlers."
  [writers]
  (let [out (js/Map.)]
    (doseq [[ctor [tag rep]] writers] (.set out ctor (handler tag rep)))
    out))

;; ---- What can be written ----

(def ^:private surrogate (js/RegExp. "\\p{Surrogate}" "u"))

(defn- scalar-fault [x]
  (cond (string? x) (when (.test surrogate x) "is no text: it has half of a surrogate pair")
        (or (keyword? x) (symbol? x)) (scalar-fault (full-name x))
        (inst? x) (when (js/Number.isNaN (.getTime x)) "is an invalid date")
        (or (nil? x) (boolean? x) (number? x) (uuid? x)) nil
        (or (.isInteger t x) (.isBigInt t x) (.isBigDec t x) (.isBinary t x) (.isURI t x)
            (.isTaggedValue t x) (.isLink t x)) nil
        (fn? x) "is a function"
        (or (array? x) (object? x)) "is a JavaScript object, which would come back as a collection: use js->clj"
        :else (str "is of a type without a writer: " (pr-str (type x)))))

(defn- fault
  "[path reason] of the first thing in a value that Transit does not have."
  [custom path x]
  (let [inner (fn [k v] (fault custom (conj path k) v))
        h (.get custom (type-of x))]
    (cond h (fault custom path (.rep h x))
          (record? x) [path "is a record: give its type a writer"]
          (map? x) (some (fn [[k v]] (or (fault custom (conj path k) k) (inner k v))) x)
          (set? x) (some (fn [v] (inner v v)) x)
          (sequential? x) (first (keep-indexed inner x))
          :else (when-let [why (scalar-fault x)] [path why]))))

(defn- check [custom value where]
  (when-let [[path why] (fault custom [] value)]
    (throw (js/TypeError. (str "pocketbook: " where (when (seq path) (str " at " (pr-str path))) " " why)))))

;; ---- Reading ----

(defn- reader [readers]
  (let [handlers #js {":" (fn [s] (keyword s))
                      "$" (fn [s] (symbol s))
                      "u" (fn [s] (parse-uuid s))
                      "set" (fn [xs] (set xs))
                      "list" (fn [xs] (apply list xs))
                      "cmap" (fn [xs] (apply hash-map xs))}]
    (doseq [[tag f] readers] (unchecked-set handlers tag (fn [rep] (f rep))))
    (.reader t "json"
             #js {:handlers handlers
                  :arrayBuilder #js {:init (fn [_] (transient []))
                                     :add (fn [v x _] (conj! v x))
                                     :finalize (fn [v _] (persistent! v))
                                     :fromArray (fn [a _] (vec a))}
                  :mapBuilder #js {:init (fn [_] (transient {}))
                                   :add (fn [m k v _] (assoc! m k v))
                                   :finalize (fn [m _] (persistent! m))}})))

;; ---- Messages ----

(defn- keyed
  "A JavaScript object as a map of keywords; the values stay as they are."
  [o]
  (reduce (fn [m k]
            (let [v (unchecked-get o k)]
              (if (undefined? v) m (assoc m (keyword k) v))))
          {} (js/Object.keys o)))

(defn- envelope
  "A message as JavaScript objects; the values of documents stay as they are."
  [x key]
  (cond (= key "value") x
        (map? x) (let [out #js {}]
                   (doseq [[k v] x]
                     (let [n (if (keyword? k) (name k) (str k))]
                       (unchecked-set out n (envelope v n))))
                   out)
        (sequential? x) (array-of (map (fn [item] (envelope item nil)) x))
        :else x))

(defn- message [^js push]
  (let [docs (mapv keyed (.-docs push))]
    (if (.-atomic push) {:docs docs :atomic true} {:docs docs})))

(defn- built
  "What a codec works with, for types {:writers {Type [tag rep]} :readers {tag f}}."
  [{:keys [writers readers] :as types}]
  (let [custom (customs writers)]
    {:types types :custom custom :w (writer custom) :r (reader readers)}))

(defn- codec-of
  "`parts` is a volatile, as types may be added later."
  [parts]
  (let [write (fn [x] (.write ^js (:w @parts) (if (nil? x) nil x)))
        read (fn [text] (.read ^js (:r @parts) text))]
    #js {:name "cljs"
         :type "application/transit+json"
         :stream "transit"
         :encode write
         :decode read
         :same (fn [a b] (or (= a b) (= (write a) (write b))))
         :check (fn [value where] (check (:custom @parts) value where))
         :write (fn [push] (write (message push)))
         :read (fn [text] (envelope (read text) nil))}))

(defn codec
  "A codec. :writers {Type [tag rep]}: how values of further types are written, such as
  records; :readers {tag f}: what is made of a value with this tag."
  ([] (codec nil))
  ([types] (codec-of (volatile! (built types)))))

;; Atoms of the same server and user share their data, and so their codec.
(def ^:private shared-parts (volatile! (built nil)))
(def shared-codec "The codec of all synced atoms that have no other." (codec-of shared-parts))

(defn add-types!
  "Adds writers and readers to the shared codec."
  [types]
  (when (some seq (vals types))
    (vswap! shared-parts (fn [parts] (built (merge-with merge (:types parts) types)))))
  nil)
