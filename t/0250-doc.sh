#!/usr/bin/env bash
# Single documents by hand: shown, written, deleted, listed, with a server and without.
. "$(dirname "$0")/lib.sh"

doc() { "$POCKETBOOK" doc "$1" --db "$db" "${@:2}" >"$work/out" 2>"$work/said"; }

doc put todos:1 1
is "$?" 1 "no database is made by mistake"
like "$(cat "$work/said")" "$db: .*--db FILE|has no schema pocketbook" "which is said"
"$POCKETBOOK" token add --db "$db" --user ann --group '*' >/dev/null 2>&1

all() {
	doc put todos:1 '{"title":"buy cheese","n":[1,2.50]}'
	is "$? $(cat "$work/out")" "0 todos:1 written, version 1" "a document is written $1"
	doc get todos:1
	is "$? $(tr -s ' ' <"$work/out")" '0 ID todos:1
VERSION 1
VALUE {"title":"buy cheese","n":[1,2.50]}' "and shown $1"
	doc get todos:1 --json
	is "$? $(cat "$work/out")" '0 {"id":"todos:1","version":1,"value":{"title":"buy cheese","n":[1,2.50]}}' "as JSON too $1"
	echo '"from the standard input"' | doc put todos:1
	is "$? $(cat "$work/out")" "0 todos:1 written, version 2" "on top of what is there $1"
	echo '"again"' | doc put todos:1 - --json
	is "$? $(cat "$work/out")" '0 {"id":"todos:1","status":"ok","version":3}' "and again $1"
	doc put todos:1 7 --base 2
	is "$? $(cat "$work/out")" "1 " "but not on another base than was asked for $1"
	like "$(cat "$work/said")" 'todos:1 has version 3; nothing was written' "which is said $1"
	doc put todos:1 7 --base 0 --json
	is "$? $(cat "$work/out")" '1 {"id":"todos:1","status":"conflict","version":3}' "as JSON too, $1"
	doc put todos:1 --base 3 -- -7
	is "$? $(cat "$work/out")" "0 todos:1 written, version 4" "on the right one it is written $1"
	doc put --encoding transit kinds:1 '{"~:when":"~m1234567890123","~:long":"'"$(printf '%02000d' 0)"'"}'
	is "$?" 0 "a value of Transit is written $1"
	doc get kinds:1 --encoding transit --json
	like "$(cat "$work/out")" '"~:value":\{"~:when":"~m1234567890123","~:long":"0{2000}"\}' "and comes out as it was $1"
	doc get kinds:1
	like "$(cat "$work/out")" 'VALUE +\{"when":"2009-02-13T23:31:30.123Z"' "or as the nearest JSON $1"
	doc put todos:é '"ö"'
	doc put todos:deep:1 null
	doc put todosx:1 true
	doc ls todos
	is "$(cat "$work/out")" 'ID            VERSION  VALUE
todos:1             4  -7
todos:é             1  "ö"
todos:deep:1        1  null' "a group is listed, with what is nested in it $1"
	doc rm todos:1 --base 3
	is "$?" 1 "a deletion asks for the base, too $1"
	doc rm todos:1
	is "$? $(cat "$work/out")" "0 todos:1 deleted, version 5" "a document is deleted $1"
	doc get todos:1
	is "$? $(cat "$work/out")" "1 " "then it is not there $1"
	like "$(cat "$work/said")" 'todos:1 was deleted \(version 5\)' "which is said $1"
	doc rm todos:1
	is "$?" 1 "nor to be deleted again $1"
	doc ls todos --json
	is "$(cat "$work/out")" '[{"id":"todos:é","version":1,"value":"ö"},
 {"id":"todos:deep:1","version":1,"value":null}]' "the list leaves it out $1"
	doc ls todos --deleted
	like "$(cat "$work/out")" '^todos:1 +5  \(deleted\)$' "unless told to $1"
	doc put todos:1 1 --base 5
	is "$? $(cat "$work/out")" "0 todos:1 written, version 6" "it can be made again $1"
	doc ls
	is "$(awk '{ print $1 }' "$work/out" | tr '\n' ' ')" "ID kinds:1 todos:1 todos:é todos:deep:1 todosx:1 " "all are listed by group and id $1"
	doc ls none
	is "$? $(cat "$work/out")" "0 " "what is not there is not listed $1"
	doc ls none --json
	is "$? $(cat "$work/out")" "0 []" "which is an empty list $1"
}
all "without a server"
another_db second
serve_open
stream seen 'group=todos&docs=1'
all "with a server"
wait_for "a stream sees each write" saw seen '"todos:1","version":6'
kill "$stream"
echo '{"id":"last:1","version":9007199254740990,"value":1}' | "$POCKETBOOK" import --changes --db "$db" >"$work/out"
doc put last:1 2
is "$?" 1 "the last version that there can be stays"
like "$(cat "$work/said")" 'last:1 has version 9007199254740990, the last that there can be; nothing was written' "which is said"
echo '{"id":"last:1","value":2}' | "$POCKETBOOK" import --existing replace --db "$db" >"$work/out" 2>"$work/said"
is "$?" 1 "also to an import"
like "$(cat "$work/said")" ':1: the document has the last version that there can be; nothing was imported' "and where"
doc put last:1 2 --base 9007199254740990
is "$?" 2 "nor can it be a base"
{ printf '{"docs":['; seq -w 1 1200 | sed 's/.*/{"id":"many:&","value":1}/' | paste -sd, -; printf ']}'; } >"$work/many"
push @"$work/many" >"$work/pushed"
doc ls many
is "$(wc -l <"$work/out") $(grep -c '^ID' "$work/out")" "1201 1" "a long list has one head"
# A person pages through it.
{ printf '{"docs":['; seq -w 1 3000 | sed "s/.*/{\"id\":\"long:&\",\"value\":\"$(printf '%060d' 0)\"}/" | paste -sd, -; printf ']}'; } >"$work/many"
push @"$work/many" >"$work/pushed"
mkfifo "$work/pipe"
exec 7<>"$work/pipe"
TMPDIR=$work "$POCKETBOOK" doc ls long --db "$db" >"$work/pipe" 2>"$work/said" &
listing=$!
left() { ls -l "/proc/$listing/fd" | grep -q "$work/#.*(deleted)" && ! ls -l "/proc/$listing/fd" | grep -qF "$db"; }
wait_for "a list that nobody reads on does not hold the database" left
head -3001 <&7 >"$work/slow"
wait "$listing"
is "$? $(wc -l <"$work/slow") $(tail -1 "$work/slow" | cut -c1-9)" "0 3001 long:3000" "and has its end"
exec 7>&-
stop

# bad PATTERN DOC-ARGUMENT...: refused as wrong words
bad() {
	doc "${@:2}" </dev/null
	is "$?" 2 "doc ${*:2}: wrong words"
	like "$(cat "$work/said")" "$1" "doc ${*:2}: which"
}
bad 'ID must be GROUP:REST' get todos
bad 'ID must be GROUP:REST' put todos 1
bad 'ID must be GROUP:REST' rm :1
bad 'VALUE: not JSON: .* at byte 1' put todos:1 '{'
bad 'VALUE: not JSON: .*' put todos:1 "it's"
bad 'VALUE: not JSON: .*' put todos:1
bad 'VALUE: not Transit: .*' put todos:1 '"~mx"' --encoding transit
head -c 68000000 /dev/zero | tr '\0' x >"$work/large"
doc put todos:1 - <"$work/large"
like "$? $(cat "$work/said")" '^2 .*VALUE: longer than 64 MiB' "doc put of more than any server takes"
bad '--base: ' put todos:1 1 --base -1
bad '--encoding: must be json or transit' get todos:1 --encoding edn
bad 'needs the ID' get
bad 'unexpected word' rm todos:1 todos:2
bad 'GROUP must be' ls "$(printf 'a\001')"
finish
