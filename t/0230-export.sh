#!/usr/bin/env bash
# Documents as lines: which, how, as of one moment, and to where.
. "$(dirname "$0")/lib.sh"

export_() { "$POCKETBOOK" export --db "$db" "$@" >"$work/out" 2>"$work/said"; }
# What was exported, without who wrote it and when (t/0325-history.sh).
lines() { sed -E 's/,"(~:)?by":null,"(~:)?at":"[^"]*"//' "$work/out"; }
transit='Content-Type: application/transit+json'

export_
is "$?" 1 "there is nothing to export where there is no database"
like "$(cat "$work/said")" "$db: .*--db FILE|has no schema pocketbook" "which is said"
serve_open
export_
is "$? $(cat "$work/out")" "0 " "an empty database gives no line"
long=$(printf '%03000d' 0 | tr 0 x)
push '{"docs":[{"id":"todos:1","value":{"title":"~x é","n":[1,2.50,null]}},{"id":"notes:a:1","value":"a"},{"id":"notes:b","value":true}]}' >"$work/pushed"
push "{\"docs\":[{\"id\":\"todos:2\",\"value\":\"$long\"},{\"id\":\"notes:b\",\"base\":1,\"deleted\":true},{\"id\":\"notesx:1\",\"value\":1}]}" >"$work/pushed"
push '{"docs":[{"id":"todos:1","base":1,"value":{"title":"~x é","n":[1,2.50,null]}}]}' >"$work/pushed"
cat >"$work/wanted" <<END
{"id":"notes:b","version":2,"deleted":true}
{"id":"notes:a:1","version":1,"value":"a"}
{"id":"notesx:1","version":1,"value":1}
{"id":"todos:2","version":1,"value":"$long"}
{"id":"todos:1","version":2,"value":{"title":"~x é","n":[1,2.50,null]}}
END
export_
is "$?" 0 "documents are exported while the server runs"
is "$(lines)" "$(cat "$work/wanted")" "a line for each, group by group, in the order of their last writes"
is "$(cat "$work/said")" "" "with nothing more to say"
export_ --group notes
is "$(lines)" "$(head -2 "$work/wanted")" "a group has what is nested in it, and not its longer namesake"
export_ --group none
is "$? $(cat "$work/out")" "0 " "a group of nothing gives no line"
export_ --encoding transit --group notes
is "$(lines)" "$(head -2 "$work/wanted" | sed 's/"\(id\|version\|deleted\|value\)":/"~:\1":/g')" "lines are Transit if told so"
curl -s "$url/sync" -H "$transit" \
	-d '{"~:docs":[{"~:id":"kinds:1","~:value":{"~:when":"~m1234567890123"}},{"~:id":"kinds:2","~:value":{"a":"~~b"}}]}' >"$work/pushed"
export_ --group kinds
is "$(lines)" '{"id":"kinds:1","version":1,"value":{"when":"2009-02-13T23:31:30.123Z"}}
{"id":"kinds:2","version":1,"value":{"a":"~b"}}' "JSON has the nearest of what it cannot say"
like "$(cat "$work/said")" '^pocketbook: 1 of 2 documents have values that JSON cannot express.*--encoding transit' "and that is said, of those alone"
export_ --group kinds --encoding transit
is "$(lines | head -1)" '{"~:id":"kinds:1","~:version":1,"~:value":{"~:when":"~m1234567890123"}}' "Transit has it as it is"
is "$(cat "$work/said")" "" "and nothing to say"

export_ "$work/all.ndjson"
is "$? $(head -5 "$work/all.ndjson" | tail -n +1 | wc -l) $(cat "$work/out")" "0 5 " "a file can be named"
is "$(stat -c %a "$work/all.ndjson")" 600 "only its owner may read it"
export_ "$work/all.ndjson"
is "$?" 1 "one that is there is not replaced"
like "$(cat "$work/said")" 'already exists.*--force' "which says how it would be"
export_ "$work/all.ndjson" --force --group todos
is "$? $(wc -l <"$work/all.ndjson")" "0 2" "unless told to"
export_ "$work/nowhere/x"
is "$?" 1 "a folder that is not there is refused"
export_ --group ''
is "$?" 2 "a group has a name"
export_ --encoding edn
is "$?" 2 "an encoding is one of two"
like "$(cat "$work/said")" '^pocketbook: --encoding: must be json or transit' "which is said"
export_ "$db" --force
is "$?" 1 "the database does not become an export of itself"

{ printf '{"docs":['; seq 1 4000 | sed 's/.*/{"id":"many:&","value":{"title":"number &, with some more text to be read","done":false}}/' | paste -sd, -; printf ']}'; } >"$work/many"
push @"$work/many" >"$work/pushed"
# Each push writes two documents that are always equal.
(
	n=0
	until [ -e "$work/enough" ]; do
		n=$((n + 1))
		push "{\"docs\":[{\"id\":\"a:1\",\"base\":$((n - 1)),\"value\":$n},{\"id\":\"z:2\",\"base\":$((n - 1)),\"value\":$n}]}"
		echo
	done >"$work/pairs"
) &
pairs=$!
wait_for "pushes are under way" grep -q ok "$work/pairs"
for n in 1 2 3 4 5; do
	export_
	is "$(grep -E '"id":"(a:1|z:2)"' "$work/out" | grep -o '"value":[0-9]*' | sort -u | wc -l)" 1 "export $n under writing is of one moment"
done
touch "$work/enough"
wait "$pairs"
is "$(grep -vc '"status":"ok".*"status":"ok"' "$work/pairs")" 0 "no push was refused meanwhile"

# Nobody reads the pipe: the database is read to its end all the same.
mkfifo "$work/pipe"
exec 7<>"$work/pipe"
TMPDIR=$work "$POCKETBOOK" export --db "$db" --group many >"$work/pipe" 2>"$work/said" &
exporting=$!
left() { ls -l "/proc/$exporting/fd" | grep -q "$work/#.*(deleted)" && ! ls -l "/proc/$exporting/fd" | grep -qF "$db"; }
wait_for "a pipe that nobody reads does not hold the database" left
head -4000 <&7 >"$work/slow"
wait "$exporting"
is "$?" 0 "once it is read the export ends"
exec 7>&-
"$POCKETBOOK" export --db "$db" --group many >"$work/out"
cmp -s "$work/slow" "$work/out"
ok $? "and everything came through it, in order"
{
	"$POCKETBOOK" export --db "$db" 2>"$work/said"
	echo "$?" >"$work/status"
} | head -1 >"$work/out"
is "$(cat "$work/status")" 1 "a pipe that is closed early is a failure"
like "$(cat "$work/said")" 'cannot write to the standard output: Broken pipe' "which is said"
(
	ulimit -f 128
	trap '' XFSZ
	export_ "$work/full.ndjson"
)
is "$?" 1 "an export that finds no room is none"
is "$(find "$work" -name 'full*' | wc -l)" 0 "nothing of it is left"
stop
export_ --group notes
is "$(lines)" "$(head -2 "$work/wanted")" "without a server it is the same"
"$POCKETBOOK" export - --db "$db" >"$work/out" 2>/dev/null
is "$(cmp "$work/out" <("$POCKETBOOK" export --db "$db" 2>/dev/null)) $([ -e - ] && echo made)" " " "- is the standard output"
"$POCKETBOOK" export --group nothere --db "$db" >"$work/out" 2>"$work/said"
is "$? $(cat "$work/out" "$work/said")" "0 pocketbook: there is no document in nothere" "a group without documents is said to have none"
POCKETBOOK_WORKERZ=2 POCKETBOOK_GROUP=nothere "$POCKETBOOK" export --db "$db" 2>"$work/said"
is "$(head -1 "$work/said")" "pocketbook: POCKETBOOK_WORKERZ: no option has that name, so this variable has no effect" "a variable of no option is told"
POCKETBOOK_WORKERS=2 "$POCKETBOOK" export --db "$db" 2>&1 >/dev/null | grep -c WORKERS >"$work/said"
is "$(cat "$work/said")" 0 "and one of another command is not"
finish
