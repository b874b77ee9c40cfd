#!/usr/bin/env bash
# Pages that are asked for again are compressed for those who take gzip, unless they
# have documents of nested groups (SECURITY.md, "Compressed pages").
. "$(dirname "$0")/lib.sh"

# The head of a pull with this Accept-Encoding; its body is in $work/body.
heads() { curl -s -D - -o "$work/body" -H "Accept-Encoding: $2" "$url/sync?group=$1" | tr -d '\r'; }
fill() {
	for i in $(seq 60); do printf '{"id":"%s:%d","value":"word %d, and another %d times as usual in a text"}\n' "$1" "$i" "$((i * 7919))" "$i"; done |
		paste -sd, | sed 's/.*/{"docs":[&]}/' >"$work/docs"
	push "@$work/docs" >/dev/null
}

serve_open --workers 1
fill todos
plain=$(pull group=todos)
head=$(heads todos gzip)
like "$head" '^Content-Encoding: gzip' "the second answer is compressed"
like "$head" '^Vary: .*Accept-Encoding' "and says that it depends on the field"
is "$(gzip -dc <"$work/body")" "$plain" "it is the same page"
is "$(($(wc -c <"$work/body") < ${#plain} / 3))" 1 "and much shorter"
for refusal in '' identity 'gzip;q=0' 'gzip;q=0.5, identity' '*;q=0' br; do
	head=$(heads todos "$refusal")
	unlike "$head" '^Content-Encoding' "'$refusal' does not take it"
	like "$head" '^Vary: .*Accept-Encoding' "'$refusal': the answer depends on the field nevertheless"
	is "$(cat "$work/body")" "$plain" "'$refusal': the page is whole"
done
like "$(heads todos 'br, gzip;q=0.8, *;q=0.1')" '^Content-Encoding: gzip' "gzip among others"

push '{"docs":[{"id":"todos:new","value":"fresh"}]}' >/dev/null
unlike "$(heads todos gzip)" '^Content-Encoding' "the first answer after a change is not compressed"
like "$(cat "$work/body")" '"fresh"' "and has it"
like "$(heads todos gzip)" '^Content-Encoding: gzip' "the next is"
like "$(gzip -dc <"$work/body")" '"fresh"' "and has it too"

heads 'todos&limit=3' gzip >/dev/null
unlike "$(heads 'todos&limit=3' gzip)" '^Content-Encoding|^Vary' "a small page is not worth it"
push '{"docs":[{"id":"todos:inner:1","value":"of somebody else"}]}' >/dev/null
heads todos gzip >/dev/null
unlike "$(heads todos gzip)" '^Content-Encoding|^Vary' "nor is a page with a document of a nested group compressed"
stop

serve_open --workers 1 --compress off
fill todos
heads todos gzip >/dev/null
unlike "$(heads todos gzip)" '^Content-Encoding|^Vary' "nothing is with --compress off"
finish
