#!/usr/bin/env bash
# Every refusal names its field, writes nothing, and leaves the connection usable where HTTP allows it.
. "$(dirname "$0")/lib.sh"

serve_open --workers 1 --max-body 64K
json='Content-Type: application/json'

# refused STATUS CODE DETAIL NAME CURL-OPTION...: the answer is that problem
refused() {
	local status=$1 code=$2 detail=$3 name=$4 got
	shift 4
	got=$(curl -s -o "$work/body" -w '%{http_code} %{content_type}' "$@")
	is "$got $(field code <"$work/body")" "$status application/problem+json $code" "$name: $status"
	like "$(field detail <"$work/body")" "$detail" "$name: the detail says where"
}
# bad_push BODY DETAIL NAME
bad_push() { refused 400 bad-request "$2" "$3" "$url/sync" -H "$json" -d "$1"; }

bad_push '' 'body|docs' "an empty body"
bad_push '[]' 'body' "not an object"
bad_push '{"docs":[{"id":"a:1","value":1}]' 'body' "an unfinished object"
bad_push '{"docs":[{"id":"a:1","value":1}]} x' 'body' "something behind it"
bad_push '{}' '^docs: missing' "no docs"
bad_push '{"docs":1}' '^docs: ' "docs no array"
bad_push '{"docs":[1]}' '^docs\[0\]: ' "a document no object"
bad_push '{"docs":[{"value":1}]}' '^docs\[0\].id: missing' "no id"
bad_push '{"docs":[{"id":7,"value":1}]}' '^docs\[0\].id: ' "an id that is no string"
for id in '' a ':a' 'a:' "$(printf 'a:%0511d' 0)" 'a:\u0000' 'a:\u0085' 'a\n:b'; do
	bad_push "{\"docs\":[{\"id\":\"$id\",\"value\":1}]}" '^docs\[0\].id: ' "the id \"$(printf '%s' "$id" | head -c 12)\""
done
bad_push '{"docs":[{"id":"a:1","value":1},{"id":"a:2"}]}' '^docs\[1\].value: missing' "no value"
bad_push '{"docs":[{"id":"a:1","value":1,"deleted":true}]}' '^docs\[0\].value: ' "a value and deleted"
bad_push '{"docs":[{"id":"a:1","deleted":1}]}' '^docs\[0\].deleted: ' "deleted no boolean"
bad_push '{"docs":[{"id":"a:1","base":-1,"value":1}]}' '^docs\[0\].base: ' "a negative base"
bad_push '{"docs":[{"id":"a:1","base":1.5,"value":1}]}' '^docs\[0\].base: ' "a broken base"
bad_push '{"docs":[{"id":"a:1","base":"1","value":1}]}' '^docs\[0\].base: ' "a base that is no number"
bad_push '{"docs":[{"id":"a:1","op":1,"value":1}]}' '^docs\[0\].op: ' "an op that is no string"
bad_push "{\"docs\":[{\"id\":\"a:1\",\"op\":\"$(printf '%065d' 0)\",\"value\":1}]}" '^docs\[0\].op: ' "an op of 65 bytes"
bad_push '{"docs":[{"id":"a:1","id":"a:2","value":1}]}' '^docs\[0\].id: ' "a field twice"
bad_push '{"docs":[{"id":"a:1","value":1},{"id":"a:1","value":2}]}' '^docs\[1\].id: ' "an id twice"
bad_push '{"docs":[],"docs":[]}' '^docs: ' "docs twice"
bad_push '{"docs":[],"atomic":1}' '^atomic: ' "atomic no boolean"
bad_push '{"docs":[{"id":"a:1","value":"\ud800"}]}' '^docs\[0\].value: ' "a lone surrogate"
bad_push '{"docs":[{"id":"a:1","value":01}]}' '^docs\[0\].value: ' "a malformed number"
bad_push "{\"docs\":[{\"id\":\"a:1\",\"value\":$(printf '[%.0s' $(seq 200))$(printf ']%.0s' $(seq 200))}]}" '^docs\[0\].value: ' "a value too deep"
refused 400 bad-request 'expected a keyword' "Transit with strings for keywords" "$url/sync" -H 'Content-Type: application/transit+json' -d '{"docs":[]}'
refused 400 bad-request 'docs\[0\].value' "Transit with an unknown code" "$url/sync" -H 'Content-Type: application/transit+json' \
	-d '["^ ","~:docs",[["^ ","~:id","a:1","~:value","^9"]]]'

refused 415 unsupported-media-type Content-Type "no content type" "$url/sync" -H 'Content-Type:' -d '{"docs":[]}'
refused 415 unsupported-media-type Content-Type "another content type" "$url/sync" -H 'Content-Type: text/plain' -d '{"docs":[]}'
refused 400 bad-request '^group: missing' "no group" "$url/sync"
refused 400 bad-request '^group: ' "an empty group" "$url/sync?group="
refused 400 bad-request '^group: ' "a group of 512 bytes" "$url/sync?group=$(printf '%0512d' 0)"
refused 400 bad-request '^group: ' "a group with a control character" "$url/sync?group=a%0Ab"
refused 400 bad-request '^group: ' "a group that is not UTF-8" "$url/sync?group=%ff"
refused 400 bad-request '^group: ' "two groups" "$url/sync?group=a&group=b"
refused 400 bad-request '^group: ' "a broken escape" "$url/sync?group=%zz"
for since in x 1 0123456789abcdef 0123456789abcdef. 0123456789abcdef.01 0123456789abcdef.1.2 0000000000000000.1; do
	refused 400 bad-request '^since: ' "since=$since" "$url/sync?group=a&since=$since"
done
for limit in 0 10001 -1 x 1.5 '' 99999999999999999999; do
	refused 400 bad-request '^limit: ' "limit=$limit" "$url/sync?group=a&limit=$limit"
done
is "$(status_of "$url/sync?group=a&flag&unknown=1")" 200 "unknown parameters are ignored"
refused 404 not-found . "no such path" "$url/nowhere"
refused 405 method-not-allowed . "DELETE /sync" -X DELETE "$url/sync?group=a"
like "$(curl -si -X DELETE "$url/sync?group=a")" '^Allow: GET, POST, OPTIONS' "Allow says which methods there are"
refused 405 method-not-allowed . "an unknown method" -X FROB "$url/sync?group=a"
refused 405 method-not-allowed . "POST to a file" -d x "$url/"

head -c 70000 /dev/zero >"$work/large"
refused 413 too-large . "a body over the limit" "$url/sync" -H "$json" --data-binary @"$work/large"
refused 413 too-large . "one in chunks" "$url/sync" -H "$json" -H 'Transfer-Encoding: chunked' --data-binary @"$work/large"
refused 413 too-large . "one that asks before it comes" "$url/sync" -H "$json" -H 'Expect: 100-continue' --data-binary @"$work/large"
code=$(printf '["^ ","~:docs",[["^ ","~:id","a:1","~:value",["~:%01000d"' 0; printf ',"^3"%.0s' $(seq 8000); printf ']]]]')
printf '%s' "$code" >"$work/codes"
refused 413 too-large 'docs\[0\].value' "a small body that is large when its codes are written out" "$url/sync" -H 'Content-Type: application/transit+json' -d @"$work/codes"

reused=$(curl -s -o /dev/null "$url/sync?group=" --next -s -o /dev/null -H "$json" -d '{}' "$url/sync" --next -s -o /dev/null -w '%{num_connects}' "$url/sync?group=a")
is "$reused" 0 "the connection outlives refusals"
like "$(pull group=a)" '"docs":\[\]' "nothing of all that was written"

before=$(awk '/^Pss:/ { print $2 }' "/proc/$(workers | head -1)/smaps_rollup")
head -c 200000000 /dev/zero | curl -s -o "$work/body" "$url/sync" -H "$json" -H 'Transfer-Encoding: chunked' --data-binary @- 2>/dev/null
after=$(awk '/^Pss:/ { print $2 }' "/proc/$(workers | head -1)/smaps_rollup")
[ $((after - before)) -lt 20000 ]
ok $? "200 MB are not kept in memory to be refused"
stop
finish
