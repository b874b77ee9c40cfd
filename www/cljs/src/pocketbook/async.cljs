(ns pocketbook.async
  "Channels of core.async instead of promises, for go blocks. Only who requires this
  namespace needs core.async."
  (:require [cljs.core.async :as async]
            [pocketbook.core :as pb]))

(defn channel
  "A channel with true once the promise resolves, or with the error once it rejects. Any
  number of readers get it."
  [promise]
  (let [out (async/promise-chan)]
    (.then ^js promise
           (fn [_] (async/put! out true))
           (fn [e] (async/put! out e)))
    out))

(defn ready? "True once the local data is loaded." [a] (channel (pb/ready a)))
(defn synced? "True once the group was completely pulled." [a] (channel (pb/synced a)))
(defn sync! "Exchanges everything with the server now: true, or the error." [a] (channel (pb/sync! a)))

(defn stored? "True once the last change is on the device." [a] (channel (:local (pb/written a))))
(defn sent? "True once the server has the last change." [a] (channel (:server (pb/written a))))
