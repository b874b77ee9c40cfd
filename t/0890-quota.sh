#!/usr/bin/env bash
# Quotas: refused with codes of their own, for all workers together, kept over restarts.
. "$(dirname "$0")/lib.sh"

add() { "$POCKETBOOK" token add --db "$db" --user "$1" --group todos ${2:+--quota "$2"} 2>"$work/hint"; }
put() { # put TOKEN BODY: "STATUS CODE"
	local status
	status=$(curl -s -o "$work/answer" -D "$work/head" -w '%{http_code}' "$url/sync" -H "Authorization: Bearer $1" -H 'Content-Type: application/json' --data-binary "$2")
	echo "$status$(grep -o '"code":"[^"]*"' "$work/answer" | cut -d'"' -f4 | sed 's/^/ /')"
}
doc() { echo '{"docs":[{"id":"todos:'"$1"'","base":'"${2:-0}"',"value":'"${3:-1}"'}]}'; }
many() { echo '{"docs":['"$(for n in $(seq "$1" "$2"); do printf '{"id":"todos:%s","value":1},' "$n"; done | sed 's/,$//')"']}'; }
id_of() { echo "$1" | sed 's/^pbk_//' | cut -c1-16; }
list() { "$POCKETBOOK" token list --db "$db" | sed -n "/^$(id_of "$1")/{n;s/^ *//p}"; }
open_stream() { # open_stream TOKEN FILE
	curl -sN -o "$2" -D "$2.head" "$url/events?group=todos" -H "Authorization: Bearer $1" &
	local curl=$!
	opened() { grep -q '^HTTP.*\r' "$2.head" 2>/dev/null || grep -q HTTP "$2.head" 2>/dev/null; }
	wait_for "an answer of /events" opened "$@"
	last=$curl
}

carl=$(add carl)
ann=$(add ann documents=5,bytes=2000) phone=$(add ann) bob=$(add bob pushes=2,streams=2)
serve
put "$carl" "$(doc carl:1)" >/dev/null
like "$("$POCKETBOOK" stats --by user --db "$db")" '^carl +1 +- +- +-$' "without a quota nothing is counted, which stats shows"
like "$("$POCKETBOOK" stats --by user --db "$db" --json)" '"user":"carl","tokens":1,"bytes":null,"documents":null,"groups":null\}' "for programs too"
is "$("$POCKETBOOK" token list --json --user carl --db "$db" | jq -c '.[].usage')" '{"bytes":null,"documents":null,"groups":null}' "and token list"
stop
serve --workers 2 --quota documents=7 --metrics-listen 127.0.0.1:0
metrics=$(sed -n 's/.*metrics at \(http:[^ ]*\)$/\1/p' "$log")

is "$(put "$ann" "$(many 1 5)")" 200 "five documents are stored"
is "$(put "$ann" "$(doc 6)")" "507 quota-documents" "the sixth is refused"
like "$(cat "$work/answer")" 'quota of 5 documents' "with the limit"
like "$(tr -d '\r' <"$work/head")" 'Retry-After: 10' "and a time to wait"
is "$(put "$ann" "$(doc 1 1 2)")" 200 "one that is there may change"
is "$(put "$phone" "$(many 6 7)")" 200 "the second device has the limit of the server"
is "$(put "$phone" "$(doc 8)")" "507 quota-documents" "but counts for the same user"
is "$(put "$ann" "$(doc 1 2 "\"$(head -c 3000 /dev/zero | tr '\0' x)\"")")" "507 quota-bytes" "one that would grow beyond the bytes is refused"
is "$(put "$ann" '{"docs":[{"id":"todos:1","base":2,"deleted":true},{"id":"todos:2","base":1,"deleted":true},{"id":"todos:3","base":1,"deleted":true}]}')" 200 "deleting is taken over the quota"
is "$(put "$ann" "$(doc 9)")" 200 "and makes room"
is "$(list "$ann")" "bytes 40 B of 2.0 KiB, documents 5 of 5, groups 1" "token list shows it"
# Only the server of a file is asked for its own limits.
if has_file; then
	like "$("$POCKETBOOK" stats --by user --db "$db")" '^ann +2 +40 B +5 of 7 +1$' "and stats, by user, with the highest limits of the tokens"
	like "$("$POCKETBOOK" stats --by user --json --db "$db")" '"user":"ann","tokens":2,"bytes":40,"documents":5,"documents_limit":7,"groups":1' "for programs too"
	is "$(list "$carl")" "documents 0 of 7" "and the limit of the server"
else
	like "$("$POCKETBOOK" stats --by user --db "$db")" '^ann +2 +40 B +5 +1$' "and stats, by user"
fi

is "$(put "$bob" "$(doc b)") $(put "$bob" "$(doc b 1)")" "200 200" "two pushes in a minute"
is "$(put "$bob" "$(doc b 2)")" "429 quota-pushes" "the third is refused, whichever worker it comes to"
like "$(cat "$work/head")" 'Retry-After: [0-9]' "with a time to wait"

open_stream "$bob" "$work/s1" && first=$last
open_stream "$bob" "$work/s2" && second=$last
is "$(curl -s -o "$work/answer" -w '%{http_code}' "$url/events?group=todos" -H "Authorization: Bearer $bob")" 429 "the third stream is refused"
like "$(cat "$work/answer")" '"code":"quota-streams"' "with its code"
kill "$first"
freed() { curl -sN -m 2 -o /dev/null -D "$work/s3" "$url/events?group=todos" -H "Authorization: Bearer $bob"; grep -q ' 200' "$work/s3"; }
wait_for "one that has ended makes room" freed
kill "$second"
left() { [ "$(curl -s "$metrics" | awk '$1 == "pocketbook_streams" { print $2 }')" = 0 ]; }
wait_for "no stream is left" left
open_stream "$bob" "$work/s4"
open_stream "$bob" "$work/s5"
for pid in $(workers); do kill -KILL "$pid"; done
wait_for "streams of workers that were killed do not count" freed

"$POCKETBOOK" token set "$(id_of "$ann")" --db "$db" --quota documents=3
is "$?" 0 "a quota is changed while the server runs"
is "$(put "$ann" "$(doc 9 1 2)")" 200 "below what is stored, what is there stays and changes"
is "$(put "$ann" "$(doc 10)")" "507 quota-documents" "nothing is added"
new=$("$POCKETBOOK" token rotate "$(id_of "$ann")" --db "$db" 2>"$work/hint")
is "$(put "$new" "$(doc 10)")" "507 quota-documents" "nor with a new token"
"$POCKETBOOK" token revoke "$(id_of "$phone")" --db "$db"
"$POCKETBOOK" check --db "$db" 2>"$work/check"
is "$?" 0 "check finds the tallies right"
stop
serve --workers 2 --metrics-listen 127.0.0.1:0 --metrics-users 1
metrics=$(sed -n 's/.*metrics at \(http:[^ ]*\)$/\1/p' "$log")
is "$(put "$(add 'e"\v' documents=9)" "$(doc 70)") $(put "$(add fay documents=9)" "$(doc 71)")" "200 200" "others have less"
is "$(curl -s "$metrics" | grep '^pocketbook_user_')" 'pocketbook_user_bytes{user="ann"} 40
pocketbook_user_bytes{user=""} 26
pocketbook_user_documents{user="ann"} 5
pocketbook_user_documents{user=""} 3
pocketbook_user_groups{user="ann"} 1
pocketbook_user_groups{user=""} 0' "as metrics: the user with the most, and all others together"
stop
serve --workers 2 --metrics-listen 127.0.0.1:0 --metrics-users 10
metrics=$(sed -n 's/.*metrics at \(http:[^ ]*\)$/\1/p' "$log")
like "$(curl -s "$metrics")" 'user_bytes\{user="e\\"\\\\v"\} 9' "names are quoted"
is "$(list "$new")" "bytes 40 B of 2.0 KiB, documents 5 of 3, groups 1" "all is kept over a restart"
is "$(put "$new" "$(doc 10)")" "507 quota-documents" "and refused after it"
"$POCKETBOOK" token set "$(id_of "$new")" --db "$db" --quota documents=off,bytes=off
is "$(put "$new" "$(many 20 40)")" 200 "off is no limit"
stop

if has_file; then
	"$POCKETBOOK" backup --db "$db" "$work/copy.db" 2>"$work/hint"
	"$POCKETBOOK" check --db "$work/copy.db" 2>"$work/check"
	is "$?" 0 "a backup has the tallies"
	is "$("$POCKETBOOK" token list --db "$work/copy.db")" "$("$POCKETBOOK" token list --db "$db")" "the same ones"
fi

for wrong in documents=0 bytes=-1 documents=1K "bytes=1,bytes=2" groups streams= memory=1 bytes=9999999999999G; do
	"$POCKETBOOK" token set "$(id_of "$new")" --db "$db" --quota "$wrong" 2>"$work/err"
	is "$?" 2 "--quota $wrong is none"
done
"$POCKETBOOK" token set "$(id_of "$new")" --db "$db" 2>"$work/err"
is "$?" 2 "token set needs something to set"
"$POCKETBOOK" token set 0123456789abcdef --db "$db" --quota bytes=1 2>"$work/err"
is "$?" 1 "and a token"

another_db open
serve --workers 2 --auth off --quota documents=2,pushes=4
is "$(put x "$(many 1 2)") $(put x "$(doc 3)")" "200 507 quota-documents" "without tokens all clients share one quota"
is "$(put x "$(doc 1 1)") $(put x "$(doc 2 1)") $(put x "$(doc 2 2)")" "200 200 429 quota-pushes" "also of pushes"
stop
finish
