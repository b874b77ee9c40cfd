(ns run
  "Runs the tests of the namespaces that are named, and exits with their result."
  (:require [cljs.test :as test]
            [promesa.core :as p]))

(defmethod test/report [:cljs.test/default :end-run-tests] [summary]
  (js/process.exit (if (test/successful? summary) 0 1)))

(let [names (map symbol (rest (drop-while (fn [arg] (not= arg "--")) js/process.argv)))]
  (p/then (reduce (fn [before name] (p/then before (fn [_] (require name)))) (p/resolved nil) names)
          (fn [_] (apply test/run-tests names))))
