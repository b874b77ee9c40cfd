(ns pocketbook.re-frame
  "Synced atoms in re-frame, by names. After (register! :todos atom) there are
    subscriptions  [:pocketbook/docs :todos], [:pocketbook/doc :todos id],
                   [:pocketbook/status :todos], [:pocketbook/conflicts :todos],
                   [:pocketbook/rejected :todos]
    effects        {:pocketbook/swap [:todos f & args]}, {:pocketbook/transact [:todos f & args]},
                   {:pocketbook/change [:todos {id value}]}
    a coeffect     (inject-cofx :pocketbook/docs :todos), below :pocketbook/docs by name
  The atom has a ratom as its cache, as that of pocketbook.reagent has."
  (:require [pocketbook.core :as pb]
            [pocketbook.reagent :as pr]
            [re-frame.core :as rf]
            [reagent.ratom :as ratom]))

(defonce ^:private atoms (atom {}))

(defn- entry [name]
  (or (get @atoms name)
      (throw (js/Error. (str "pocketbook: no synced atom is registered as " name)))))

(defn register!
  "Gives the atom a name in subscriptions and events."
  [name a]
  (swap! atoms assoc name {:atom a :status (pr/status a) :conflicts (pr/conflicts a) :rejected (pr/rejected a)})
  a)

(defn unregister! [name]
  (swap! atoms dissoc name)
  nil)

(defn- atom-of [name] (:atom (entry name)))

(rf/reg-sub-raw :pocketbook/docs (fn [_ [_ name]] (ratom/make-reaction (fn [] @(pb/cache (atom-of name))))))
(rf/reg-sub-raw :pocketbook/doc (fn [_ [_ name id]] (ratom/make-reaction (fn [] @(pr/doc (atom-of name) id)))))

(doseq [[sub key] {:pocketbook/status :status :pocketbook/conflicts :conflicts :pocketbook/rejected :rejected}]
  (rf/reg-sub-raw sub (fn [_ [_ name]] (ratom/make-reaction (fn [] @(key (entry name)))))))

(rf/reg-fx :pocketbook/swap (fn [[name f & args]] (apply swap! (atom-of name) f args)))
(rf/reg-fx :pocketbook/transact (fn [[name f & args]] (apply pb/transact! (atom-of name) f args)))
(rf/reg-fx :pocketbook/change (fn [[name entries]] (pb/change! (atom-of name) entries)))

(rf/reg-cofx :pocketbook/docs
  (fn [cofx name] (assoc-in cofx [:pocketbook/docs name] @(pb/cache (atom-of name)))))
