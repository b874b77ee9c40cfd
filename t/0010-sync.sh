#!/usr/bin/env bash
# GET and POST /sync: versions, conflicts, tombstones, ops, atomic pushes, paging,
# cursors, groups, encodings.
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
like "$(push '{"docs":[{"id":"todos:none","base":5,"deleted":true}]}')" '"status":"ok","version":0' "whatever its base"
like "$(pull group=todos)" '"docs":\[\]' "from the beginning, old tombstones are left out"
like "$(push '{"docs":[{"id":"todos:1","value":"again"}]}')" '"status":"ok","version":4' "the id goes on from the tombstone's version"
like "$(push '{"docs":[{"id":"todos:none","base":3,"value":1}]}')" '"status":"conflict","version":0,"deleted":true' "an edit of what is not there is a conflict"


push '{"docs":[{"id":"base:1","base":0,"value":1},{"id":"base:2","value":1}]}' >/dev/null
like "$(push '{"docs":[{"id":"base:1","deleted":true}]}')" '"status":"conflict","version":1,"value":1' "a deletion must know the version as well"
like "$(push '{"docs":[{"id":"base:1","base":2,"deleted":true}]}')" '"status":"conflict","version":1' "exactly"
push '{"docs":[{"id":"base:1","base":1,"deleted":true}]}' >/dev/null
like "$(push '{"docs":[{"id":"base:1","base":2,"value":3}]}')" '"status":"ok","version":3' "a tombstone's version is a base to go on from"
like "$(push '{"docs":[{"id":"base:1","base":1,"value":9},{"id":"base:2","base":1,"value":null}]}')" \
	'\[\{"id":"base:1","status":"conflict","version":3,"value":3\},\{"id":"base:2","status":"ok","version":2\}\]' \
	"where not atomic, one conflict keeps nothing else back"
like "$(pull group=base)" '"id":"base:2","version":2,"value":null\}' "null is a value"

cursor=$(pull group=todos | field cursor)
push '{"docs":[{"id":"todos:2","value":1},{"id":"todos:1","base":4,"deleted":true}]}' >/dev/null
like "$(pull "group=todos&since=$cursor")" '"docs":\[\{"id":"todos:2","version":1,"value":1\},\{"id":"todos:1","version":5,"deleted":true\}\]' \
	"a pull brings what changed since, tombstones too, in order"

first=$(push '{"docs":[{"id":"ops:1","op":"one","value":1}]}')
is "$(push '{"docs":[{"id":"ops:1","op":"one","value":1}]}')" "$first" "a retry with the same op is answered the same"
like "$(push '{"docs":[{"id":"ops:1","op":"two","base":1,"deleted":true}]}')" '"version":2' "a deletion has an op"
like "$(push '{"docs":[{"id":"ops:1","op":"two","base":1,"deleted":true}]}')" '"status":"ok","version":2' "its retry changes nothing"
push '{"docs":[{"id":"ops:1","op":"three","value":3}]}' >/dev/null
like "$(push '{"docs":[{"id":"ops:1","op":"two","base":1,"deleted":true}]}')" '"status":"conflict","version":3,"value":3' "only the last write's op is a retry"
like "$(push '{"docs":[{"id":"ops:2","op":"three","value":2}]}')" '"status":"ok","version":1' "an op is of one document"
like "$(push '{"docs":[{"id":"ops:2","op":"three","base":1,"value":"other"}]}')" '"status":"ok","version":1' "its retry writes nothing, whatever it says"
like "$(pull group=ops)" '"id":"ops:2","version":1,"value":2\}' "nothing indeed"
first=$(push '{"atomic":true,"docs":[{"id":"ops:3","op":"x","value":1},{"id":"ops:4","op":"x","value":1}]}')
like "$first" '"version":1.*"version":1' "an atomic push with ops"
is "$(push '{"atomic":true,"docs":[{"id":"ops:3","op":"x","value":1},{"id":"ops:4","op":"x","value":1}]}')" "$first" "is retried as a whole"
push '{"docs":[{"id":"ops:5","op":"\u00e9\u0000%","value":1}]}' >/dev/null
like "$(push '{"docs":[{"id":"ops:5","op":"\u00e9\u0000%","value":1}]}')" '"status":"ok","version":1' "any text is an op"

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

# Tombstones: those from before the first page are left out, those made since are not,
# whichever page they fall on.
push '{"docs":[{"id":"grave:1","value":1},{"id":"grave:2","value":2},{"id":"grave:3","value":3},{"id":"grave:4","value":4}]}' >/dev/null
push '{"docs":[{"id":"grave:4","base":1,"deleted":true}]}' >/dev/null
page=$(pull 'group=grave&limit=1')
push '{"docs":[{"id":"grave:1","base":1,"deleted":true},{"id":"grave:2","base":1,"value":"late"}]}' >/dev/null
page=$(pull "group=grave&since=$(printf '%s' "$page" | field cursor)")
like "$page" '"docs":\[\{"id":"grave:3"[^}]*\},\{"id":"grave:1","version":2,"deleted":true\},\{"id":"grave:2","version":2,"value":"late"\}\],.*"more":false' \
	"what is deleted while a newcomer pages comes as a tombstone, what was deleted before does not"

# Paging ends, although someone writes between any two pages.
push '{"docs":[{"id":"busy:1","value":1},{"id":"busy:2","value":2},{"id":"busy:3","value":3}]}' >/dev/null
since=0 pages=0 more=true
while [ "$more" = true ] && [ $pages -lt 50 ]; do
	page=$(pull "group=busy&limit=1&since=$since")
	since=$(printf '%s' "$page" | field cursor)
	more=$(printf '%s' "$page" | field more)
	pages=$((pages + 1))
	push "{\"docs\":[{\"id\":\"busy:w$pages\",\"value\":1}]}" >/dev/null
done
is "$more" false "a snapshot ends, however others write"
like "$(pull "group=busy&since=$since")" "\"busy:w$pages\"" "and the next pull brings the rest"

large=$(head -c 900000 /dev/zero | tr '\0' x)
for i in 1 2 3 4 5 6 7; do
	printf '{"docs":[{"id":"large:%d","value":"%s"}]}' "$i" "$large" >"$work/large.json"
	push "@$work/large.json" >/dev/null
done
pull group=large >"$work/large"
like "$(grep -o '"id":"[^"]*"\|"more":[a-z]*' "$work/large" | tr '\n' ' ')" '"large:1".*"more":true' "large values make a page end early"
# shellcheck disable=SC2094 # read to its end before the pull begins
pull "group=large&since=$(field cursor <"$work/large")" >>"$work/large"
is "$(grep -o '"large:[0-9]' "$work/large" | tr -d '\n')" '"large:1"large:2"large:3"large:4"large:5"large:6"large:7' "none is left out, none is there twice"
is "$(grep -o 'x*' "$work/large" | awk '{ n += length($0) } END { print n }')" 6300000 "each is whole"

# The same edit from many at once, over all workers: one goes through.
push '{"docs":[{"id":"race:1","value":0}]}' >/dev/null
racers=
for i in $(seq 16); do push "{\"docs\":[{\"id\":\"race:1\",\"base\":1,\"value\":$i}]}" >"$work/race.$i" & racers="$racers $!"; done
# shellcheck disable=SC2086
wait $racers
is "$(cat "$work"/race.* | grep -o '"status":"ok","version":2' | wc -l)" 1 "of many edits of one version one is taken"
is "$(cat "$work"/race.* | grep -o '"status":"conflict","version":2' | wc -l)" 15 "the others are conflicts with it"

push '{"docs":[{"id":"acme:todos:7","value":7},{"id":"acme:x","value":8},{"id":"acmetodos:1","value":9}]}' >/dev/null
like "$(pull group=acme)" '"docs":\[\{"id":"acme:todos:7"[^]]*"id":"acme:x"[^]]*\]' "a group has what is nested in it"
like "$(pull group=acme:todos)" '"docs":\[\{"id":"acme:todos:7"[^,]*,"version":1,"value":7\}\]' "the nested group has its own"
unlike "$(pull group=acme)" acmetodos "a longer name is another group"

like "$(pull 'group=page&since=0123456789abcdef.1')" '"reset":true' "a cursor of another database resets"
push '{"docs":[{"id":"x:y:z:1","value":1}]}' >/dev/null
place=$(pull group=x | field cursor)
push '{"docs":[{"id":"x:y:z:2","value":2},{"id":"x:1","value":3}]}' >/dev/null
like "$(pull "group=x:y:z&since=$place")" '"docs":\[\{"id":"x:y:z:2"[^]]*\]' "a cursor is a place in the database, good for any group"
like "$(pull 'group=x%3Ay')" '"docs":\[\{"id":"x:y:z:1"[^]]*"x:y:z:2"[^]]*\]' "groups nest to any depth, and are percent-decoded"
place=$(push '{"docs":[{"id":"x:1","base":1,"value":4}]}' | field cursor)
like "$(pull "group=x&since=$place")" '^\{"docs":\[\],"cursor":"[^"]+","more":false,"reset":false\}$' "a push's cursor covers the push"
place=$(pull group=nobody | field cursor)
push '{"docs":[{"id":"nobody:1","value":1}]}' >/dev/null
like "$(pull "group=nobody&since=$place")" '"nobody:1"' "an empty group has a cursor too"
push "{\"docs\":[{\"id\":\"$(printf '%0510d' 0):1\",\"value\":1},{\"id\":\"caf\u00e9:\u2603:: \",\"value\":1}]}" >/dev/null
like "$(pull "group=$(printf '%0510d' 0)")" '"docs":\[\{' "an id of 512 bytes is taken"
like "$(pull 'group=caf%C3%A9')" '"id":"café:☃:: "' "so is one with signs of all kinds"
is "$(status_of "$url/sync?group=$(printf '%0511d' 0)&limit=10000")" 200 "a group of 511 bytes can be asked for, and 10000 documents"

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
like "$(curl -si "$url/sync?group=tr" -H 'Accept: application/transit+json;q=0, */*')" 'Content-Type: application/json' "q=0 refuses"
like "$(curl -si "$url/sync?group=tr" -H 'Accept: */*')" 'Content-Type: application/json' "a pull that takes anything gets JSON"
like "$(curl -si "$url/sync" -H "$transit" -H 'Accept: */*' -d "$body")" 'Content-Type: application/transit\+json' "a push that takes anything gets its own"
like "$(curl -s "$url/sync" -H "$transit; charset=utf-8" -d '{"~:docs":[{"~:id":"tr:3","~:base":"~i0","~:value":{"~#set":["~i9007199254740993"]}}]}')" \
	'"~:id":"tr:3","~:status":"ok"' "verbose Transit is read"
like "$(pull group=tr)" '"id":"tr:3","version":1,"value":\["9007199254740993"\]' "integers that JSON readers would round come as strings"
like "$(curl -si "$url/sync" -H "$transit" -H 'Accept: application/json' -d "$body")" 'Content-Type: application/json' "Accept goes before the body's type"

stop
is "$status" 0 "the server stops"
serve_open
like "$(pull "group=todos&since=$cursor")" '"todos:2".*"more":false,"reset":false' "after a restart the data are there and cursors go on"
stop
finish
