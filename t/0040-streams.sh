#!/usr/bin/env bash
# GET /events: where a stream begins, what it brings, how it resumes, when it is cut
# off.
. "$(dirname "$0")/lib.sh"

serve_open --workers 2 --ping-interval 1s --max-streams 40
push '{"docs":[{"id":"todos:1","value":"old"}]}' >/dev/null

stream hints 'group=todos'
stream docs 'group=todos&docs=1'
stream all 'group=todos&docs=1&since=0'
wait_for "a stream from the beginning brings what is there" saw all '"todos:1","version":1,"value":"old"'
push '{"docs":[{"id":"todos:2","value":"new"}]}' >/dev/null
wait_for "a hint tells of the group" saw hints '^data: \{"group":"todos","cursor":"[^"]+"\}$'
wait_for "the change itself comes with docs=1" saw docs '"docs":\[\{"id":"todos:2","version":1,"value":"new"\}\],"cursor":"[^"]+","more":false,"reset":false'
wait_for "and to the one from the beginning" saw all '"todos:2"'
ok "$(saw docs '"todos:1"' && echo 1 || echo 0)" "a stream that begins now does not bring what was"
ok "$(saw hints 'docs' && echo 1 || echo 0)" "a stream of hints brings no documents"
wait_for "a silent stream is pinged" saw hints '^: ping'
like "$(cat "$work/hints")" '^retry: [0-9]+$' "it says when to come back"
ok "$(($(grep -h '^retry' "$work/hints" "$work/docs" "$work/all" | sort -u | wc -l) < 2))" "streams are not told to come back at the same moment"
is "$(grep -A2 '^id: ' "$work/docs" | head -3 | sed 's/[0-9a-f]\{16\}\.[0-9]*/C/g' | tr '\n' ' ')" \
	'id: C event: connected data: {"group":"todos","cursor":"C","write":true} ' "a stream begins with a greeting"
head=$(curl -sN --max-time 1 -i "$url/events?group=todos" | tr -d '\r')
like "$head" '^Content-Type: text/event-stream$' "a stream is of its own type"
like "$head" '^Cache-Control: no-store$' "and not to be kept"

id=$(last_id docs)
push '{"docs":[{"id":"todos:1","base":1,"deleted":true}]}' >/dev/null
push '{"docs":[{"id":"todos:3","value":3}]}' >/dev/null
stream resumed 'group=todos&docs=1&since=0' -H "Last-Event-ID: $id"
wait_for "a stream resumes from its last id, which goes before since" saw resumed '"id":"todos:3"'
like "$(cat "$work/resumed")" '"id":"todos:1","version":2,"deleted":true' "with the tombstones made since"
ok "$(saw resumed '"todos:2"' && echo 1 || echo 0)" "and without what it had"
stream current "group=todos&docs=1&since=$(pull group=todos | field cursor)"
push '{"docs":[{"id":"todos:4","value":4}]}' >/dev/null
wait_for "a stream from a pull's cursor goes on where the pull ended" saw current '"docs":\[\{"id":"todos:4"'
ok "$(saw current '"todos:3"' && echo 1 || echo 0)" "exactly there"
stream fresh 'group=todos&docs=1&since=0'
wait_for "a newcomer gets all" saw fresh '"todos:4".*"more":false,"reset":false'
ok "$(saw fresh deleted && echo 1 || echo 0)" "but for the tombstones"
stream hinted "group=todos&since=$id"
wait_for "a stream of hints that resumes is told at once" saw hinted 'event: change'

# Several groups: whichever event a client has seen last, the ones before it and a
# resumption have everything.
groups='group=a&group=b&group=c:d&group=a&docs=1'
stream several "$groups&since=0"
is "$(grep -c '^event: connected' "$work/several")" 3 "a greeting for each group, once"
for i in $(seq 12); do
	push "{\"docs\":[{\"id\":\"a:$i\",\"value\":1},{\"id\":\"b:x:$i\",\"value\":1},{\"id\":\"c:d:$i\",\"value\":1},{\"id\":\"c:$i\",\"value\":1}]}" >/dev/null &
	push "{\"docs\":[{\"id\":\"b:$i\",\"value\":1},{\"id\":\"todos:x$i\",\"value\":1}]}" >/dev/null &
	wait $!
done
ids() { grep -o '"id":"[^"]*"' "$@" | sort -u; }
complete() { [ "$(cat "$@" | ids | wc -l)" = 48 ]; }
wait_for "a stream of several groups has what is in them and nested in them" complete "$work/several"
ok "$(ids "$work/several" | grep -c -e '"c:[0-9]' -e todos)" "and nothing else"
places=$(sed -n 's/^id: //p' "$work/several" | sort -u)
for place in $(printf '%s\n' "$places" | sed -n '1~3p'); do
	awk -v last="$place" '/^id: / { n++; if ($2 == last && !at) at = n } { if (!at || n <= at) print }' "$work/several" >"$work/before"
	stream resumed "$groups" -H "Last-Event-ID: $place"
	wait_for "nothing is lost in any group from ${place#*.} on, of which $(ids "$work/before" | wc -l) had been seen" complete "$work/before" "$work/resumed"
	kill "$stream"
done

stream nested 'group=acme'
stream parent 'group=acme&docs=1'
stream child 'group=acme:todos:x&docs=1'
push '{"docs":[{"id":"acme:todos:x:1","value":"deep"},{"id":"acme:todos:y:1","value":"beside"},{"id":"acmes:1","value":"other"}]}' >/dev/null
wait_for "a group hears of what is nested in it" saw parent '"acme:todos:x:1".*"acme:todos:y:1"'
wait_for "hints tell of it too" saw nested 'event: change'
wait_for "the nested group hears of its own" saw child '"acme:todos:x:1"'
ok "$(saw child 'beside' && echo 1 || echo 0)" "alone"
ok "$(saw parent 'acmes' && echo 1 || echo 0)" "a longer name is another group"

# All groups.
before=$(pull 'group=*' | field cursor)
stream everything 'group=*&docs=1'
stream resumed "group=*&docs=1&since=$(pull 'group=acme' | field cursor)"
stream some 'group=*&group=acme'
push '{"docs":[{"id":"one:1","value":1},{"id":"another:deep:1","value":2},{"id":"*:1","value":3}]}' >/dev/null
for name in everything resumed; do
	wait_for "a stream of all groups has all in the order of their writes" saw "$name" '"group":"\*","docs":\[\{"id":"one:1".*"another:deep:1".*"\*:1"'
done
wait_for "hints name all groups" saw some '^data: \{"group":"\*","cursor"'
is "$(grep -c '^event: change' "$work/some")" 1 "and not those beside it that have not changed"
is "$(pull "group=*&since=$before" | jq -c '[.docs[].id]')" '["one:1","another:deep:1","*:1"]' "a pull of all groups goes on from its cursor"
is "$(pull 'group=*&limit=10000' | jq '[.docs[].id] | length, (unique | length)' | sort -u | wc -l)" 1 "from the beginning it brings each document once"
is "$(pull "group=*&since=0123456789abcdef.5&limit=2" | jq -c '[(.docs | length), .more, .reset]')" '[2,true,true]' "a foreign cursor resets, page by page"

stream transit 'group=kinds&docs=1&encoding=transit'
push '{"docs":[{"id":"kinds:1","value":"~x"}]}' >/dev/null
wait_for "documents come in Transit where that is asked for" saw transit '\{"~:id":"kinds:1","~:version":1,"~:value":"~~x"\}'

many=$(for i in $(seq 2500); do printf '{"id":"many:%d","value":%d},' "$i" "$i"; done)
push "{\"docs\":[${many%,}]}" >/dev/null
stream pages 'group=many&docs=1&since=0'
wait_for "a large group comes in pages" saw pages '"many:2500".*"more":false'
like "$(cat "$work/pages")" '"more":true' "more than one"
middle=$(grep '^id: ' "$work/pages" | sed -n 2p | sed 's/id: //')
stream rest 'group=many&docs=1' -H "Last-Event-ID: $middle"
wait_for "it resumes in the middle of its first snapshot" saw rest '"many:2500"'
ok "$(saw rest '"many:1"' && echo 1 || echo 0)" "with the rest of it"
stream both 'group=todos&group=many&docs=1&since=0'
wait_for "so do large groups together with others" saw both '"many:2500"'
middle=$(grep '^id: ' "$work/both" | tail -2 | head -1 | sed 's/id: //')
stream rest 'group=todos&group=many&docs=1' -H "Last-Event-ID: $middle"
wait_for "which resume in the middle too" saw rest '"many:2500"'
stream foreign 'group=many&docs=1&since=0123456789abcdef.5'
wait_for "a foreign cursor resets" saw foreign '"many:2500".*"more":false,"reset":true'
is "$(grep -c '"reset":false' "$work/foreign")" 0 "on each page"
stream ahead "group=many&docs=1&since=${id%%.*}.999999"
wait_for "so does one ahead of the database" saw ahead '"many:2500".*"more":false,"reset":true'
push '{"docs":[{"id":"many:new","value":1}]}' >/dev/null
wait_for "then the stream goes on" saw ahead '"docs":\[\{"id":"many:new","version":1,"value":1\}\],"cursor":"[^"]+","more":false,"reset":false'
stream doubtful 'group=todos&since=0123456789abcdef.5'
wait_for "a stream of hints with a foreign cursor is told to pull" saw doubtful 'event: change'

stop
is "$status" 0 "the server stops with streams open"

serve_open --workers 1 --max-streams 2 --stream-backlog 64K
stream one 'group=g&docs=1'
stream two 'group=g'
is "$(status_of "$url/events?group=g")" 429 "one stream too many"
like "$(cat "$work/body")" '"code":"too-many-streams"' "is told so"
like "$(curl -si "$url/events?group=g")" '^Retry-After: [0-9]+' "and when to come back"
is "$(status_of "$url/sync?group=g")" 200 "pulls are still served"
kill "$stream"
wait_for "a stream that has left makes room" sh -c "timeout 1 curl -sN '$url/events?group=g' | grep -q connected"
stop

serve_open --workers 1 --stream-backlog 64K
stream quick 'group=g&docs=1'
host=${url#http://}
exec 7<>"/dev/tcp/${host%:*}/${host#*:}"
printf 'GET /events?group=g&docs=1 HTTP/1.1\r\nHost: localhost\r\n\r\n' >&7
large=$(head -c 500000 /dev/zero | tr '\0' x)
serial=0
while [ $serial -lt 60 ]; do serial=$((serial + 1)); printf '{"docs":[{"id":"g:%d","value":"%s"}]}' "$serial" "$large" >"$work/large.json"; curl -s -o /dev/null "$url/sync" -H 'Content-Type: application/json' -d @"$work/large.json"; done
wait_for "a reader that reads has everything" saw quick '"g:60"'
timeout 20 cat <&7 >"$work/slow" || true
ok "$(saw slow '"g:60"' && echo 1 || echo 0)" "one that does not is cut off"
like "$(head -c 300 "$work/slow")" 'HTTP/1.1 200' "after what had been sent"
exec 7>&-
stop
finish
