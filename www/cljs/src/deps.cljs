;; The library itself, `pocketbook`, is not here: it is installed from the server whose
;; version it has (doc/clojurescript.md). These are what it depends on.
{:npm-deps {"eventsource-parser" "^3.1.1"}}
