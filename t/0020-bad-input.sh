#!/usr/bin/env bash
# Every refusal says where the fault is, writes nothing, and leaves the connection
# usable where HTTP allows it.
. "$(dirname "$0")/lib.sh"

serve_open --workers 1 --max-body 64K --max-streams 100
json='Content-Type: application/json'
transit='Content-Type: application/transit+json'
before=$(pull group=a)

# is_problem GOT STATUS CODE DETAIL NAME: GOT, the status and type, and the answer in
# $work/body are that problem
is_problem() {
	is "$1 $(field status <"$work/body") $(field code <"$work/body")" "$2 application/problem+json $2 $3" "$5: $2 $3"
	like "$(cat "$work/body")" '^\{"type":"[^"]+","title":"[^"]+","status":[0-9]+,"code":"[^"]+","detail":"[^"]+","request":"[0-9a-f]{16}"\}$' "$5: a problem has six parts"
	like "$(field detail <"$work/body")" "$4" "$5: the detail says where"
}
# problem STATUS CODE DETAIL NAME CURL-OPTION...: the answer is that problem
problem() {
	is_problem "$(curl -s -o "$work/body" -w '%{http_code} %{content_type}' "${@:5}")" "${@:1:4}"
}
# refused STATUS CODE DETAIL NAME CURL-OPTION...: that problem; then, on the same
# connection, a pull finds nothing new
refused() {
	local got
	got=$(curl -s -o "$work/body" -w '%{http_code} %{content_type}\n' "${@:5}" \
		--next -s -o "$work/after" -w '%{http_code} %{num_connects}' "$url/sync?group=a")
	is_problem "$(printf '%s\n' "$got" | head -1)" "${@:1:4}"
	is "$(printf '%s\n' "$got" | tail -1) $(cat "$work/after")" "200 0 $before" "$4: nothing is written, the connection goes on"
}
# bad_push BODY DETAIL: the name of the result is the body
bad_push() {
	local name
	name=$(printf '%s' "$1" | tr -cd '[:print:]' | head -c 60)
	printf '%s' "$1" >"$work/push"
	refused 400 bad-request "$2" "$name" "$url/sync" -H "${3-$json}" --data-binary @"$work/push"
}
bad_value() { bad_push "{\"docs\":[{\"id\":\"a:1\",\"value\":$1}]}" '^docs\[0\].value: '; }
bad_transit() { bad_push "$1" "$2" "$transit"; }
bad_query() {
	refused 400 bad-request "$3" "$(printf '%s?%s' "$1" "$2" | head -c 60)" "$url$1?$2"
}

# ---- The body of a push

bad_push '' '^body: '
bad_push '[]' '^body: '
bad_push 'null' '^body: '
bad_push '{"docs":[{"id":"a:1","value":1}]' '^body: '
bad_push '{"docs":[{"id":"a:1","value":1}]} x' '^body: '
bad_push '{"docs":[{"id":"a:1","value":1}],}' '^body: '
bad_push $'\xef\xbb\xbf{"docs":[{"id":"a:1","value":1}]}' '^body: '
bad_push '{}' '^docs: missing'
bad_push '{"doc":[{"id":"a:1","value":1}]}' '^docs: missing'
bad_push '{"docs":1}' '^docs: '
bad_push '{"docs":null}' '^docs: '
bad_push '{"docs":{"id":"a:1","value":1}}' '^docs: '
bad_push '{"docs":[],"docs":[{"id":"a:1","value":1}]}' '^docs: '
bad_push '{"docs":[1]}' '^docs\[0\]: '
bad_push '{"docs":[{"id":"a:1","value":1},null]}' '^docs\[1\]: '
bad_push '{"docs":[{"id":"a:1" "value":1}]}' '^docs\[0\]: '
bad_push '{"docs":[{"id":"a:1","value":1},]}' '^docs\[1\]: '

bad_push '{"docs":[{"value":1}]}' '^docs\[0\].id: missing'
bad_push '{"docs":[{"id":7,"value":1}]}' '^docs\[0\].id: '
bad_push '{"docs":[{"id":null,"value":1}]}' '^docs\[0\].id: '
for id in '' a : ':a' 'a:' "a:$(printf '%0511d' 0)" 'a:\u0000' 'a:\u001f' 'a:\u007f' 'a:\u0085' 'a\n:b' $'a:\xff' $'a:\xc0\xaf' $'a:\xed\xa0\x80' 'a:\ud800'; do
	bad_push "{\"docs\":[{\"id\":\"$id\",\"value\":1}]}" '^docs\[0\].id: '
done
deep=$(printf 'a:%.0s' {1..33})1
bad_push "{\"docs\":[{\"id\":\"$deep\",\"value\":1}]}" '^docs\[0\].id: is nested in more than 32 groups'
refused 400 bad-request '^group: is nested' "a pull of a group too deep" "$url/sync?group=${deep%:1}"
refused 400 bad-request '^group: is nested' "a stream of a group too deep" "$url/events?group=${deep%:1}"
like "$(push "{\"docs\":[{\"id\":\"$deep\",\"deleted\":true}]}")" '"status":"ok"' "one that an earlier version has written can be deleted"
bad_push '{"docs":[{"id":"a:1","id":"a:2","value":1}]}' '^docs\[0\].id: '
bad_push '{"docs":[{"id":"a:1","value":1},{"id":"a:2","value":1},{"id":"a:1","base":1,"value":2}]}' '^docs\[2\].id: .*docs\[0\]'
bad_push '{"docs":[{"id":"a:1","value":1},{"id":"a:\u0031","deleted":true}]}' '^docs\[1\].id: '

bad_push '{"docs":[{"id":"a:1","value":1},{"id":"a:2"}]}' '^docs\[1\].value: missing'
bad_push '{"docs":[{"id":"a:1","deleted":false}]}' '^docs\[0\].value: missing'
bad_push '{"docs":[{"id":"a:1","value":1,"deleted":true}]}' '^docs\[0\].value: '
bad_push '{"docs":[{"id":"a:1","value":1,"value":2}]}' '^docs\[0\].value: '
for value in 'tru' '01' '1.' '.5' '+1' '1e' 'NaN' "'x'" '"\x"' '"\ud800"' '"\udc00\ud800"' $'"a\tb"' $'"\xff"' '[1,]' '{"a"}' '{a:1}' "$(printf '[%.0s' {1..200})$(printf ']%.0s' {1..200})"; do
	bad_value "$value"
done
for deleted in 1 null '"true"' '{}'; do bad_push "{\"docs\":[{\"id\":\"a:1\",\"deleted\":$deleted}]}" '^docs\[0\].deleted: '; done
bad_push '{"docs":[{"id":"a:1","deleted":true,"deleted":true}]}' '^docs\[0\].deleted: '
for base in -1 1.5 1e3 '"1"' null true '[0]' 9223372036854775808 99999999999999999999; do
	bad_push "{\"docs\":[{\"id\":\"a:1\",\"base\":$base,\"value\":1}]}" '^docs\[0\].base: '
done
bad_push '{"docs":[{"id":"a:1","base":0,"base":0,"value":1}]}' '^docs\[0\].base: '
for op in 1 null '""' "\"$(printf '%065d' 0)\"" "\"$(printf 'é%.0s' {1..33})\""; do
	bad_push "{\"docs\":[{\"id\":\"a:1\",\"op\":$op,\"value\":1}]}" '^docs\[0\].op: '
done
bad_push '{"docs":[{"id":"a:1","op":"x","op":"x","value":1}]}' '^docs\[0\].op: '
for atomic in 1 null '"true"'; do bad_push "{\"docs\":[{\"id\":\"a:1\",\"value\":1}],\"atomic\":$atomic}" '^atomic: '; done
bad_push '{"atomic":true,"docs":[{"id":"a:1","value":1}],"atomic":true}' '^atomic: '

bad_transit '{"docs":[{"id":"a:1","value":1}]}' '^body: expected a keyword'
bad_transit '["~#docs",[]]' '^body: '
bad_transit '["^ ","~:docs"]' '^body: '
bad_transit '["^ ","~:docs",[["^ ","~:id","~:a:1","~:value",1]]]' '^docs\[0\].id: '
bad_transit '["^ ","~:docs",[["^ ","~:id","a:1","~:value",1,"~:base","~i-1"]]]' '^docs\[0\].base: '
bad_transit '["^ ","~:docs",[["^ ","~:id","a:1","~:deleted","~?x"]]]' '^docs\[0\].deleted: '
for value in '"^9"' '"^~"' '"~z7"' '"~ix"' '"~m"' '"~uzz"' '"~c"' '["~#cmap",[1]]' '["~#set",1]' '["~#set"]' '["^ ","a"]' '"~?maybe"'; do
	bad_transit "[\"^ \",\"~:docs\",[[\"^ \",\"~:id\",\"a:1\",\"~:value\",$value]]]" '^docs\[0\].value: '
done

for type in '' text/plain application/x-www-form-urlencoded application/jsonx multipart/form-data 'application' '*/*'; do
	refused 415 unsupported-media-type '^Content-Type: ' "the type \"$type\"" "$url/sync" -H "Content-Type:${type:+ $type}" -d '{"docs":[{"id":"a:1","value":1}]}'
done

# ---- The parameters of a pull, and of a stream

for path in /sync /events; do
	bad_query $path '' '^group: missing'
	bad_query $path 'Group=a' '^group: missing'
	bad_query $path group '^group: '
	bad_query $path 'group=' '^group: '
	bad_query $path "group=$(printf '%0512d' 0)" '^group: '
	for group in a%0Ab %00 a%7f %c2%85 %ff %c0%af %ed%a0%80; do bad_query $path "group=$group" '^group: '; done
	for group in %zz %4 %; do bad_query $path "group=$group" '^group: '; done
	bad_query $path 'group=a&%zz=1' '^query: '
	bad_query $path "group=a$(printf '&x=%d' {1..200})" '^query: '
	for since in x 1 -1 00 0123456789abcdef 0123456789abcdef. 0123456789abcdef.01 0123456789abcdef.-1 0123456789abcdef.1.2 \
		0123456789ABCDEF.1 0123456789abcdef.9223372036854775808 0123456789abcdef.1.2.3.x 0000000000000000.1; do
		bad_query $path "group=a&since=$since" '^since: '
	done
	bad_query $path 'group=a&since=0&since=0' '^since: '
done
bad_query /sync 'group=a&group=b' '^group: '
for limit in 0 10001 -1 +1 x 1.5 '' 01 1e3 99999999999999999999; do bad_query /sync "group=a&limit=$limit" '^limit: '; done
bad_query /sync 'group=a&limit=1&limit=1' '^limit: '
bad_query /events 'group=a&group=' '^group: '
bad_query /events "$(printf 'group=g%d&' {1..65})" '^group: '
bad_query /events "$(printf 'group=g%d&' {1..100})" '^group: '
for docs in 2 true ''; do bad_query /events "group=a&docs=$docs" '^docs: '; done
bad_query /events 'group=a&docs=1&docs=1' '^docs: '
for encoding in xml JSON ''; do bad_query /events "group=a&encoding=$encoding" '^encoding: '; done
for id in x 1 0123456789abcdef.; do refused 400 bad-request '^Last-Event-ID: ' "Last-Event-ID: $id" "$url/events?group=a&since=0" -H "Last-Event-ID: $id"; done
is "$(status_of "$url/sync?group=a&flag&unknown=1&=&&")" 200 "unknown parameters are ignored"

# ---- Paths and methods

refused 404 not-found . "no such path" "$url/nowhere"
refused 404 not-found . "a path below one" "$url/sync/x?group=a"
refused 404 not-found . "another spelling of one" "$url/SYNC?group=a"
# not_allowed METHODS METHOD URL
not_allowed() {
	refused 405 method-not-allowed . "$2 ${3#"$url"}" -X "$2" "$3"
	is "$(curl -si -X "$2" "$3" | tr -d '\r' | sed -n 's/^Allow: //p')" "$1" "$2 ${3#"$url"}: Allow says which there are"
}
for method in PUT DELETE PATCH; do
	not_allowed 'GET, POST, OPTIONS' $method "$url/sync?group=a"
	not_allowed 'GET, OPTIONS' $method "$url/events?group=a"
	not_allowed 'GET, HEAD' $method "$url/healthz"
	not_allowed 'GET, HEAD, OPTIONS' $method "$url/"
done
not_allowed 'GET, OPTIONS' POST "$url/events?group=a"
problem 405 method-not-allowed . "an unknown method" -X FROB "$url/sync?group=a"
like "$(curl -si -X FROB "$url/sync?group=a")" '^Allow: ' "an unknown method: Allow says which there are"

# ---- Sizes

head -c 70000 /dev/zero >"$work/large"
problem 413 too-large 'body' "a body over the limit" "$url/sync" -H "$json" -H 'Expect:' --data-binary @"$work/large"
problem 413 too-large 'body' "one in chunks" "$url/sync" -H "$json" -H 'Expect:' -H 'Transfer-Encoding: chunked' --data-binary @"$work/large"
problem 413 too-large 'body' "one that asks before it comes" "$url/sync" -H "$json" -H 'Expect: 100-continue' --data-binary @"$work/large"
is "$(curl -si "$url/sync" -H "$json" -H 'Expect: 100-continue' --data-binary @"$work/large" | grep -o '^HTTP/1.1 [0-9]*')" "HTTP/1.1 413" "which it is not told to send"
is "$(curl -si "$url/sync" -H "$json" -H 'Expect: 100-continue' -d '{"docs":[]}' | grep -o '^HTTP/1.1 [0-9]*' | tr '\n' ' ')" "HTTP/1.1 100 HTTP/1.1 200 " "another is"
{ printf '["^ ","~:docs",[["^ ","~:id","a:1","~:value",["~:%01000d"' 0; printf ',"^3"%.0s' {1..8000}; printf ']]]]'; } >"$work/codes"
refused 413 too-large 'docs\[0\].value' "a small body that is large when its codes are written out" "$url/sync" -H "$transit" --data-binary @"$work/codes"
{ printf '{"docs":[{"id":"b:1","value":"'; head -c $((65536 - 34)) /dev/zero | tr '\0' x; printf '"}]}'; } >"$work/exact"
is "$(wc -c <"$work/exact") $(status_of "$url/sync" -H "$json" --data-binary @"$work/exact")" "65536 200" "a body as large as the limit is taken"

# The most memory that the worker has ever had, in KB
peak() { awk '/^VmHWM:/ { print $2 }' "/proc/$(workers | head -1)/status"; }
settled=$(peak)
truncate -s 200M "$work/huge"
for how in 'Transfer-Encoding: chunked' 'Content-Length: 209715200'; do
	problem 413 too-large body "200 MB, $how" "$url/sync" -X POST -H "$json" -H 'Expect:' -H "$how" -T "$work/huge"
	grown=$(($(peak) - settled))
	[ "$grown" -lt 20000 ]
	ok $? "200 MB, $how: the worker has not had them in memory (it grew by $grown KB)"
done

is "$(pull group=a | sed 's/"cursor":"[^"]*"//')" "$(printf '%s' "$before" | sed 's/"cursor":"[^"]*"//')" "nothing of all that was written"
ok "$(grep -q 'event=child_exit' "$log" && echo 1 || echo 0)" "no worker went down"
like "$(push "{\"docs\":[{\"id\":\"z:${deep#a:a:}\",\"value\":1}]}")" '"status":"ok"' "a document in 32 groups is written"
like "$(pull "group=z$(printf ':a%.0s' {1..31})")" '"value":1' "and pulled by the innermost"
stop
finish
