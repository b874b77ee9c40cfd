#!/usr/bin/env bash
# GET and POST /sync: versions, conflicts, tombstones, ops, atomic pushes, paging, cursors, groups, encodings.
. "$(dirname "$0")/lib.sh"

serve_open --workers 2

is "$(push '{"docs":[{"id":"todos:1","value":{"title":"buy cheese"}}]}' | field status)" ok "a document is taken"
like "$(pull group=todos)" '^\{"docs":\[\{"id":"todos:1","version":1,"value":\{"title":"buy cheese"\}\}\],"cursor":"[^"]+","more":false,"reset":false\}$' \
	"it comes back"
like "$(push '{"docs":[{"id":"todos:1","base":1,"value":2}]}')" '"status":"ok","version":2' "an edit of the present version makes the next"
like "$(push '{"docs":[{"id":"todos:1","base":1,"value":3}]}')" '"status":"conflict","version":2,"value":2' "a stale edit is a conflict, with what is held"
like "$(push '{"docs":[{"id":"todos:1","value":3}]}')" '"status":"conflict","version":2' "a new document cannot replace one that is there"
like "$(push '{"docs":[{"id":"todos:1","base":9,"value":3}]}')" '"status":"conflict","version":2' "neither can an edit of a version to come"

like "$(push '{"docs":[{"id":"todos:1","base":2,"deleted":true}]}')" '"status":"ok","version":3' "a deletion is a write"
like "$(push '{"docs":[{"id":"todos:1","base":2,"value":1}]}')" '"status":"conflict","version":3,"deleted":true' "a stale edit meets the tombstone"
like "$(push '{"docs":[{"id":"todos:1","base":1,"deleted":true}]}')" '"status":"ok","version":3' "what is deleted can be deleted again"
like "$(push '{"docs":[{"id":"todos:none","deleted":true}]}')" '"status":"ok","version":0' "so can what never was"
like "$(pull group=todos)" '"docs":\[\]' "from the beginning, old tombstones are left out"
like "$(push '{"docs":[{"id":"todos:1","value":"again"}]}')" '"status":"ok","version":4' "the id goes on from the tombstone's version"
like "$(push '{"docs":[{"id":"todos:none","base":3,"value":1}]}')" '"status":"conflict","version":0,"deleted":true' "an edit of what is not there is a conflict"

cursor=$(pull group=todos | field cursor)
push '{"docs":[{"id":"todos:2","value":1},{"id":"todos:1","base":4,"deleted":true}]}' >/dev/null
like "$(pull "group=todos&since=$cursor")" '"docs":\[\{"id":"todos:2","version":1,"value":1\},\{"id":"todos:1","version":5,"deleted":true\}\]' \
	"a pull brings what changed since, tombstones too, in order"

first=$(push '{"docs":[{"id":"ops:1","op":"one","value":1}]}')
is "$(push '{"docs":[{"id":"ops:1","op":"one","value":1}]}')" "$first" "a retry with the same op is answered the same"
like "$(push '{"docs":[{"id":"ops:1","op":"two","base":1,"deleted":true}]}')" '"version":2' "a deletion has an op"
like "$(push '{"docs":[{"id":"ops:1","op":"two","base":1,"deleted":true}]}')" '"status":"ok","version":2' "its retry changes nothing"

push '{"docs":[{"id":"at:1","value":1}]}' >/dev/null
like "$(push '{"atomic":true,"docs":[{"id":"at:2","value":1},{"id":"at:1","value":2}]}')" \
	'\[\{"id":"at:2","status":"skipped"\},\{"id":"at:1","status":"conflict","version":1,"value":1\}\]' "an atomic push with a conflict writes nothing"
like "$(push '{"atomic":true,"docs":[{"id":"at:2","value":1},{"id":"at:1","base":1,"value":2}]}')" \
	'"id":"at:2","status":"ok","version":1\},\{"id":"at:1","status":"ok","version":2' "without one it writes all"
like "$(push '{"docs":[]}')" '^\{"results":\[\],"cursor":"[^"]+"\}$' "an empty push is answered"

for i in 1 2 3 4 5; do push "{\"docs\":[{\"id\":\"page:$i\",\"value\":$i}]}" >/dev/null; done
page=$(pull 'group=page&limit=2')
like "$page" '"page:1".*"page:2".*"more":true' "a page is as long as was asked"
page=$(pull "group=page&limit=2&since=$(printf '%s' "$page" | field cursor)")
like "$page" '"page:3".*"page:4".*"more":true' "the next one follows"
page=$(pull "group=page&limit=2&since=$(printf '%s' "$page" | field cursor)")
like "$page" '"docs":\[\{"id":"page:5"[^]]*\],.*"more":false' "the last one says that it is"

push '{"docs":[{"id":"acme:todos:7","value":7},{"id":"acme:x","value":8},{"id":"acmetodos:1","value":9}]}' >/dev/null
like "$(pull group=acme)" '"docs":\[\{"id":"acme:todos:7"[^]]*"id":"acme:x"[^]]*\]' "a group has what is nested in it"
like "$(pull group=acme:todos)" '"docs":\[\{"id":"acme:todos:7"[^,]*,"version":1,"value":7\}\]' "the nested group has its own"
unlike "$(pull group=acme)" acmetodos "a longer name is another group"

like "$(pull 'group=page&since=0123456789abcdef.1')" '"reset":true' "a cursor of another database resets"
epoch=${cursor%%.*}
like "$(pull "group=page&since=$epoch.999999")" '"docs":\[\{"id":"page:1".*"reset":true' "so does one ahead of this database"
page=$(pull "group=page&limit=3&since=$epoch.999999")
like "$page" '"more":true,"reset":true' "the first page of a reset"
like "$(pull "group=page&limit=3&since=$(printf '%s' "$page" | field cursor)")" '"page:5".*"more":false,"reset":true' "the last one"

transit='Content-Type: application/transit+json'
body='["^ ","~:docs",[["^ ","~:id","tr:1","~:value",["^ ","~:when","~m1000"]],["^ ","^1","tr:2","^2",["~#set",["~:when","^3"]]]]]'
like "$(curl -s "$url/sync" -H "$transit" -d "$body")" '^\{"~:results":\[\{"~:id":"tr:1","~:status":"ok","~:version":1\}' "Transit is answered in Transit"
like "$(pull group=tr)" '"value":\{"when":"1970-01-01T00:00:01.000Z"\}.*"value":\["when","when"\]' "a JSON reader gets the nearest JSON"
like "$(curl -s "$url/sync?group=tr" -H 'Accept: application/transit+json')" '"~:value":\{"~:when":"~m1000"\}.*\{"~#set":\["~:when","~:when"\]\}' \
	"a Transit reader gets the types"
like "$(curl -si "$url/sync?group=tr" -H 'Accept: text/html, application/transit+json;q=0.4, application/json;q=0.3')" \
	'Content-Type: application/transit\+json' "Accept is weighed"
like "$(curl -si "$url/sync" -H "$transit" -H 'Accept: application/json' -d "$body")" 'Content-Type: application/json' "Accept goes before the body's type"

stop
is "$status" 0 "the server stops"
serve_open
like "$(pull "group=todos&since=$cursor")" '"todos:2".*"more":false,"reset":false' "after a restart the data are there and cursors go on"
stop
finish
