#!/usr/bin/env bash
# GET /events: where a stream begins, what it brings, how it resumes, when it is cut off.
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

id=$(last_id docs)
push '{"docs":[{"id":"todos:1","base":1,"deleted":true}]}' >/dev/null
push '{"docs":[{"id":"todos:3","value":3}]}' >/dev/null
stream resumed 'group=todos&docs=1&since=0' -H "Last-Event-ID: $id"
wait_for "a stream resumes from its last id, which goes before since" saw resumed '"id":"todos:3"'
like "$(cat "$work/resumed")" '"id":"todos:1","version":2,"deleted":true' "with the tombstones made since"
ok "$(saw resumed '"todos:2"' && echo 1 || echo 0)" "and without what it had"
stream hinted "group=todos&since=$id"
wait_for "a stream of hints that resumes is told at once" saw hinted 'event: change'

stream two 'group=a&group=b&docs=1'
push '{"docs":[{"id":"a:1","value":1},{"id":"b:1","value":1},{"id":"b:x:1","value":1}]}' >/dev/null
wait_for "a stream of two groups brings the one" saw two '"group":"a","docs":\[\{"id":"a:1"'
wait_for "and the other, with what is nested in it" saw two '"group":"b".*"b:x:1"'
first=$(grep -A3 '^event: change' "$work/two" | head -1 >/dev/null; awk '/^id: /{id=$2} /^event: change/{print id; exit}' "$work/two")
stream again 'group=a&group=b&docs=1' -H "Last-Event-ID: $first"
wait_for "resuming from the first of two events misses nothing" saw again '"b:x:1"'

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
stream foreign 'group=many&docs=1&since=0123456789abcdef.5'
wait_for "a foreign cursor resets" saw foreign '"many:2500".*"more":false,"reset":true'

is "$(status_of "$url/events")" 400 "a stream wants a group"
is "$(status_of "$url/events?group=a&since=never")" 400 "a cursor must be one"
is "$(status_of "$url/events?group=a&docs=2")" 400 "docs is 0 or 1"
is "$(status_of "$url/events?group=a&encoding=xml")" 400 "encoding is one of two"
is "$(status_of "$url/events?$(for i in $(seq 65); do printf 'group=g%d&' "$i"; done)")" 400 "65 groups are too many"
is "$(status_of -X POST "$url/events?group=a" -d '')" 405 "a stream is asked for with GET"
stop
is "$status" 0 "the server stops with streams open"

serve_open --workers 1 --max-streams 2 --stream-backlog 64K
stream one 'group=g&docs=1'
stream two 'group=g'
is "$(status_of "$url/events?group=g")" 429 "one stream too many"
like "$(cat "$work/body")" '"code":"too-many-streams"' "is told so"
kill "$stream"
wait_for "a stream that has left makes room" sh -c "timeout 1 curl -sN '$url/events?group=g' | grep -q connected"
stop

serve_open --workers 1 --stream-backlog 64K
stream quick 'group=g&docs=1'
host=${url#http://}
exec 7<>"/dev/tcp/${host%:*}/${host#*:}"
printf 'GET /events?group=g&docs=1 HTTP/1.1\r\nHost: x\r\n\r\n' >&7
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
