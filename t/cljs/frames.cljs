(ns frames
  "Documents in Reagent and re-frame (page.test.mjs)."
  (:require [pocketbook.core :as pb]
            [pocketbook.reagent :as pr]
            [pocketbook.re-frame :as prf]
            [re-frame.core :as rf]
            [reagent.core :as r]
            [reagent.dom :as dom]))

(unchecked-set js/globalThis "renders" #js {})
(defn rendered [name]
  (unchecked-set js/renders name (inc (or (unchecked-get js/renders name) 0))))

(defonce todos (prf/register! :todos (pr/synced-atom {:url "." :group "todos"})))

(rf/reg-event-fx :add (fn [_ [_ id value]] {:pocketbook/swap [:todos assoc id value]}))
(rf/reg-event-fx :change (fn [_ [_ entries]] {:pocketbook/change [:todos entries]}))
(rf/reg-event-fx :replace
  [(rf/inject-cofx :pocketbook/docs :todos)]
  (fn [cofx [_ old id value]]
    {:db (assoc (:db cofx) :seen (count (get-in cofx [:pocketbook/docs :todos])))
     :pocketbook/transact [:todos (fn [m] (-> m (dissoc old) (assoc id value)))]}))
(rf/reg-sub :seen (fn [db _] (:seen db)))

(defn one []
  (r/with-let [doc (pr/doc todos "todos:1")]
    (rendered "one")
    [:p#one (pr-str @doc)]))

(defn sub []
  (let [doc @(rf/subscribe [:pocketbook/doc :todos "todos:1"])]
    (rendered "sub")
    [:p#sub (pr-str doc)]))

(defn counted []
  (rendered "count")
  [:p#count (count @(rf/subscribe [:pocketbook/docs :todos]))])

(defn state []
  [:p#state (name (:state @(rf/subscribe [:pocketbook/status :todos])))
   " " (count @(rf/subscribe [:pocketbook/conflicts :todos]))
   (count @(rf/subscribe [:pocketbook/rejected :todos]))])

(defn app []
  [:div [one] [sub] [counted] [state]
   [:p#cofx @(rf/subscribe [:seen])]
   [:button#event {:on-click #(rf/dispatch-sync [:add "todos:3" "by event"])} "event"]
   [:button#change {:on-click #(rf/dispatch-sync [:change {"todos:4" "by change"}])} "change"]
   [:button#transact {:on-click #(rf/dispatch-sync [:replace "todos:2" "todos:5" "by transact"])} "transact"]
   [:button#cursor {:on-click #(reset! (pr/doc todos "todos:1") {"title" "by cursor"})} "cursor"]])

(dom/render [app] (js/document.getElementById "app"))
