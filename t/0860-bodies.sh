#!/usr/bin/env bash
# Bodies, queries and names that are as large, as deep or as many as they can be, or
# more; and bytes that would end a line of an answer.
. "$(dirname "$0")/lib.sh"
. "$here/hostile.sh"

serve_open --workers 1 --cors-origin '*'
as() { status_of "$url/sync" -H "Content-Type: application/$1" --data-binary "@$work/sent"; }
# sent STATUS NAME [TYPE]: what lies in $work/sent is pushed, and answered so
sent() {
	is "$(as "${3:-json}")" "$1" "$2: $1"
	[ "$1" = 200 ] || like "$(cat "$work/body")" '"code":"(bad-request|too-large|unsupported-media-type)","detail":"[^"]' "$2: with a reason"
}
times() { head -c "$1" /dev/zero | sed "s/\\x0/$2/g"; }
peak_begin

# ---- Deep

nested() { printf '{"docs":[{"id":"deep:%d","value":%s%s}]}' "$1" "$(times "$1" '[')" "$(times "$1" ']')"; }
nested 90 >"$work/sent"
sent 200 "90 arrays in each other"
nested 101 >"$work/sent"
sent 400 "101"
like "$(cat "$work/body")" 'deep|nest' "which says what is wrong"
nested 400000 >"$work/sent"
sent 400 "400,000"
sent 400 "400,000 in Transit" transit+json
times 1000000 '[' >"$work/sent"
sent 400 "a million that never end"
printf '{"docs":[{"id":"deep:m","value":%s1%s}]}' "$(times 150000 '{"a":')" "$(times 150000 '}')" >"$work/sent"
sent 400 "150,000 maps in each other"
printf '{"~:docs":[{"~:id":"deep:t","~:value":%s1%s}]}' "$(times 50000 '["~#t",')" "$(times 50000 ']')" >"$work/sent"
sent 400 "50,000 tags in each other" transit+json

# ---- Large

printf '{"docs":[{"id":"large:1","value":%s}]}' "$(times 1000000 9)" >"$work/sent"
sent 200 "a number of a million digits"
printf '{"docs":[{"id":"large:2","value":"%s"}]}' "$(times 170000 '\\u0000')" >"$work/sent"
sent 200 "a text of 170,000 escaped zeros"
printf '{"docs":[{"id":"large:3","value":{%s"z":1}}]}' "$(seq 80000 | sed 's/.*/"&":0,/' | tr -d '\n')" >"$work/sent"
sent 200 "a map of 80,000 keys"
times 1048577 ' ' >"$work/sent"
sent 413 "a byte more than a body may have"
is "$(status_of "$url/sync" -H 'Content-Type: application/json' -H 'Content-Length: 1073741824' -d x)" 413 "a body that says that it has a gigabyte"
upload() { timeout 60 curl -s -o "$work/body" -w '%{http_code} %{size_upload}' -X POST -T - "$url/sync" -H 'Content-Type: application/json' -H 'Expect:'; }
got=$(head -c 1073741824 /dev/zero | upload)
is "${got%% *}" 413 "a gigabyte in chunks"
[ "${got##* }" -lt 100000000 ]
ok $? "most of which is not even sent"
note "of a gigabyte in chunks ${got##* } bytes were sent before it was refused"
head -c 100000000 /dev/zero | gzip >"$work/sent"
is "$(status_of "$url/sync" -H 'Content-Type: application/json' -H 'Content-Encoding: gzip' --data-binary "@$work/sent")" 415 \
	"100 MB in 100 KB are not unpacked"
like "$(cat "$work/body")" 'Content-Encoding' "which is said"

# ---- Many

printf '{"docs":[%s{"id":"many:0","value":0}]}' "$(seq 10000 | sed 's/.*/{"id":"many:&","value":&},/' | tr -d '\n')" >"$work/sent"
sent 200 "10,001 documents in one push"
is "$(grep -o '"status":"ok"' "$work/body" | wc -l)" 10001 "each with its answer"
printf '{"docs":[%s{"id":"many:1","value":0}]}' "$(seq 10000 | sed 's/.*/{"id":"many:&","value":&},/' | tr -d '\n')" >"$work/sent"
sent 400 "one of them twice"
groups() { seq "$1" | sed 's/^/\&group=g/' | tr -d '\n' | cut -c2-; }
stream all "$(groups 60)"
kill "$stream"
is "$(status_of "$url/events?$(groups 65)")" 400 "a stream of 65 groups"
is "$(status_of "$url/events?$(seq 900 | sed 's/^/\&x=/' | tr -d '\n')")" 400 "a query of 900 parameters"
is "$(status_of "$url/sync?group=$(times 511 g)")" 200 "a group of 511 bytes"
is "$(status_of "$url/sync?group=$(times 512 g)")" 400 "of 512"
printf '{"docs":[{"id":"g:%s","value":1,"op":"%s"}]}' "$(times 510 i)" "$(times 64 o)" >"$work/sent"
sent 200 "an id of 512 bytes, an op of 64"
printf '{"docs":[{"id":"g:%s","value":1}]}' "$(times 511 i)" >"$work/sent"
sent 400 "an id of 513"
printf '{"docs":[{"id":"g:1","value":1,"op":"%s"}]}' "$(times 65 o)" >"$work/sent"
sent 400 "an op of 65"
printf '{"docs":[%s{"id":"n:0","value":0}]}' "$(seq 1000 1999 | sed "s/.*/{\"id\":\"$(times 32 'a:')&\",\"value\":0},/" | tr -d '\n')" >"$work/sent"
sent 200 "1,000 documents in 32 nested groups each"
bounded "$(peak)" 65536 "all of which takes"

# ---- Line ends, and other things that do not belong

# no_line PATH NAME [CURL-OPTION...]: the answer has no field that was put into the
# request
no_line() {
	local got
	got=$(curl -si --path-as-is "$url$1" "${@:3}" | tr -d '\r')
	like "$got" '^HTTP/1.1 (200|4[0-9][0-9]) ' "$2: is answered"
	unlike "$(printf '%s\n' "$got" | sed '/^$/q')" '^X-Put:|^ *X-Put' "$2: no field of the client's"
	is "$(printf '%s\n' "$got" | grep -c '^HTTP/1.1 ')" 1 "$2: one answer"
}
put='%0d%0aX-Put:%201%0d%0a%0d%0aHTTP/1.1%20200%20OK%0d%0a'
no_line "/sync?group=a$put" "in a group"
no_line "/events?group=a$put" "in the group of a stream"
no_line "/events?group=a&since=$put" "in a cursor"
no_line "/events?group=a&docs=2&token=$put" "in a token"
no_line "/sync?group=a&limit=1$put" "in a limit"
no_line "/x$put" "in a path"
no_line "/sync?group=a" "in a cursor of a field" -H "Last-Event-ID: %0d%0aX-Put: 1"
no_line "/sync?group=a" "in an origin" -H "Origin: https://a%0d%0aX-Put: 1"
no_line "/sync" "in an id" -H 'Content-Type: application/json' -d '{"docs":[{"id":"a:\r\nX-Put: 1","value":1}]}'
no_line "/sync" "in an op" -H 'Content-Type: application/json' -d '{"docs":[{"id":"a:1","op":"\r\nX-Put: 1","value":"\r\n\r\nHTTP/1.1 200 OK\r\nX-Put: 1"}]}'
push '{"docs":[{"id":"sse:1","value":"a\n\ndata: no\nid: no\r\revent: no"}]}' >/dev/null
stream lines 'group=sse&docs=1&since=0'
wait_for "a stream brings the document" saw lines 'sse:1'
unlike "$(cat "$work/lines")" '^(data: no|id: no|event: no)' "whose line ends are none of the stream's"
kill "$stream"
# An origin comes back as it came, or not at all.
is "$(curl -si "$url/sync?group=a" -H "Origin: $(times 300 o)" | grep -c '^Access-Control-Allow-Origin')" 0 "a long origin does not come back"
for name in '<script>alert(1)</script>' '"};alert(1)//' '</title><svg onload=alert(1)>'; do
	head=$(curl -si -G "$url/sync" --data-urlencode "group=a" --data-urlencode "limit=$name" | tr -d '\r')
	like "$head" '^Content-Type: application/problem\+json' "$name: a refusal is no page"
	like "$head" "^Content-Security-Policy: default-src 'none'" "$name: where nothing would run"
	is "$(printf '%s\n' "$head" | sed '1,/^$/d' | node -e 'JSON.parse(require("fs").readFileSync(0)); console.log("JSON")')" JSON "$name: and well formed"
done
ok "$(grep -q 'event=child_exit' "$log" && echo 1 || echo 0)" "no worker went down"
stop
finish
