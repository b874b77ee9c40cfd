#!/usr/bin/env bash
# Lines become documents: all of them or none, like any other write, whatever happens to
# the server meanwhile.
. "$(dirname "$0")/lib.sh"

import() { "$POCKETBOOK" import --db "$db" "$@" >"$work/out" 2>"$work/said"; }
# Without who wrote it and when (t/0325-history.sh).
export_() { "$POCKETBOOK" export --db "$db" "$@" | sed -E 's/,"(~:)?by":null,"(~:)?at":"[^"]*"//'; }
# refused NAME PATTERN: the last import wrote nothing, and said why
refused() {
	is "$?" 1 "$1 is refused"
	like "$(cat "$work/said")" "$2.*; nothing was imported" "$1: the place and the reason are said"
}
several() { seq "$1" "$2" | sed "s/.*/{\"id\":\"many:&\",\"value\":{\"n\":&}}/"; }

cat >"$work/kinds" <<'END'
{"~:id":"kinds:1","~:version":7,"~:value":{"~:when":"~m1234567890123","~:who":["~:ann","~$sym","~u531a379e-31bb-4ce1-8690-158dceb64be6"]}}
{"~:id":"kinds:2","~:version":1,"~:value":{"~#set":[1,"~n98765432109876543210",{"~#cmap":[[1],2]},"~~x"]}}
{"~:id":"kinds:deep:3","~:version":2,"~:value":1.50}
END
import "$work/kinds"
is "$? $(cat "$work/out")" "0 3 imported" "lines of Transit are imported, where there was no database"
: >"$work/begun.db"
"$POCKETBOOK" import "$work/kinds" --db "$work/begun.db" >"$work/out"
is "$? $(cat "$work/out")" "0 3 imported" "or where one was begun to be made"
is "$(export_ --encoding transit | sed 's/version":[0-9]*/version":1/')" "$(sed 's/version":[0-9]*/version":1/' "$work/kinds")" "and come out as they went in"
[ ! -e "$db" ] || is "$(stat -c %a "$db")" 600 "the database is its owner's"
import "$work/kinds"
refused "a document that is there" "kinds:1: kinds:1 already exists.*--existing skip"
import "$work/kinds" --existing replace
is "$? $(cat "$work/out")" "0 0 imported, 3 as they were already" "what is as it was is not written again"
printf '%s\n' '{"id":"kinds:1","value":1}' '' '{"value":2,"id":"kinds:9"}' '  ' '{"id":"kinds:2","version":1,"deleted":true}' '{"id":"none:1","deleted":true}' >"$work/lines"
import "$work/lines" --existing skip
is "$? $(cat "$work/out")" "0 1 imported, 1 as they were already, 2 left as they are" "existing documents can be left alone"
import "$work/lines" --existing replace --json
is "$? $(cat "$work/out")" '0 {"imported":2,"same":2,"skipped":0,"bad":0,"damaged":0,"versions":0}' "or replaced"
is "$(export_ --group kinds | grep -v -e deep -e kinds:9)" '{"id":"kinds:1","version":2,"value":1}
{"id":"kinds:2","version":2,"deleted":true}' "as new versions, deletions too"
printf '%s\n' '{"id":"kinds:2","value":"again"}' >"$work/lines"
import "$work/lines"
is "$? $(export_ --group kinds | grep kinds:2)" '0 {"id":"kinds:2","version":3,"value":"again"}' "what was deleted is not in the way"
export_ --encoding transit >"$work/all"
"$POCKETBOOK" import --db "$work/other.db" <"$work/all" >"$work/out"
is "$(db=$work/other.db export_ --encoding transit | sed 's/version":[0-9]*//')" "$(sed 's/version":[0-9]*//' "$work/all")" \
	"a file on the standard input makes another database of the same documents"
"$POCKETBOOK" check --db "$work/other.db" 2>"$work/said"
is "$?" 0 "that is found whole"

# Broken lines: their number, the reason, and nothing done.
serve_open
before=$(export_ | cksum)
try() {
	printf '%s\n' '{"id":"new:1","value":1}' "$2" '{"id":"new:3","value":3}' >"$work/bad"
	import "$work/bad"
	refused "$1" "$work/bad:2: $3"
}
try "a line that is cut" '{"id":"new:2","value":' 'value: .* at byte 22'
try "a line of words" 'hello' 'line: .* at byte 0'
try "an array" '[1,2]' 'line: '
try "a line without an id" '{"value":1}' 'id: missing'
try "an id without a group" '{"id":"new","value":1}' 'id: must be GROUP:REST'
try "an id that is no text" '{"id":7,"value":1}' 'id: expected a string'
try "a line without a value" '{"id":"new:2"}' 'value: missing'
try "a deletion with a value" '{"id":"new:2","value":1,"deleted":true}' 'value: a deleted document has none'
try "two values" '{"id":"new:2","value":1,"value":2}' 'value: given more than once'
try "a version that is none" '{"id":"new:2","version":-1,"value":1}' 'version: '
try "a version that cannot be" '{"id":"new:2","version":9007199254740991,"value":1}' 'version: must be at most 9007199254740990'
try "one that is far more" '{"id":"new:2","version":9223372036854775807,"value":1}' 'version: must be at most 9007199254740990'
try "a former one" '{"former":"new:2","version":9007199254740991,"value":1}' 'version: must be at most'
import --changes - <<<'{"id":"new:2","version":9223372036854775807,"value":1}'
refused "that of a change" "the standard input:1: version: must be at most"
try "something behind the end" '{"id":"new:2","value":1} {"id":"new:4","value":1}' 'line: .* at byte 25'
try "text that is not UTF-8" "$(printf '{"id":"new:2","value":"\xff"}')" 'value: '
try "the same id again" '{"id":"new:1","value":2}' 'id: the same as in line 1'
{ printf '{"id":"new:1","value":1}\n{"id":"new:2","value":"'; head -c 135000000 /dev/zero | tr '\0' x; printf '"}\n{"id":"new:3","value":3}'; } >"$work/bad"
import "$work/bad"
refused "a line that is too long" "$work/bad:2: longer than 128 MiB"
import - <"$work/bad"
refused "and on a pipe" "the standard input:2: longer than 128 MiB"
is "$(export_ | cksum)" "$before" "none of them has changed anything"
import --skip-bad "$work/bad"
is "$? $(cat "$work/out")" "0 2 imported, 1 bad line skipped" "told to, it passes over them"
like "$(cat "$work/said")" 'bad:2: longer than 128 MiB; skipped' "and says which"
{ several 1 30; seq 1 30; several 1 5; several 31 35; } >"$work/bad"
import --skip-bad <"$work/bad"
is "$? $(cat "$work/out")" "0 35 imported, 35 bad lines skipped" "the good among many bad ones are imported"
is "$(grep -c 'skipped' "$work/said")" 20 "and not every bad one is told of"
is "$(export_ --group many | wc -l)" 35 "each once"
import "$work/none"
refused "a file that is not there" "$work/none: cannot be read"
import "$work"
refused "a folder" "$work: cannot be read"
: | import
is "$? $(cat "$work/out")" "0 0 imported" "nothing is imported from nothing"

# Like any other write.
stream seen 'group=live&docs=1'
printf '%s\n' '{"id":"live:1","value":"a"}' '{"id":"live:2","value":"b"}' | import
is "$?" 0 "documents are imported while the server runs"
wait_for "a stream sees them come" saw seen '"live:1".*"live:2"'
kill "$stream"
push '{"docs":[{"id":"live:2","base":1,"value":"c"}]}' >"$work/pushed"
like "$(cat "$work/pushed")" '"status":"ok","version":2' "and others can go on from them"

# The writer dies in the middle, and later the whole server does: what is left is
# written all the same.
stop
if [ "$FAULTS" = yes ]; then
	several 1001 4000 >"$work/many"
	faults=writer_before_commit=kill@2,writer_after_commit=kill@4
	serve_open
	faults=
	import "$work/many"
	is "$? $(cat "$work/out")" "0 3,000 imported" "a writer that dies twice does not stop an import"
	is "$(export_ --group many | grep -c '"version":1,')" 3035 "nothing is missing, or there twice"
	several 4001 7000 >"$work/many"
	POCKETBOOK_FAULTS=import_batch=stop@2 "$POCKETBOOK" import --db "$db" "$work/many" >"$work/out" 2>"$work/said" &
	importing=$!
	wait_for "an import is half way" grep -q 'State:.T' "/proc/$importing/status"
	stop
	kill -CONT "$importing"
	wait "$importing"
	is "$? $(cat "$work/out")" "0 3,000 imported" "nor does a server that goes"
	serve_open
	several 7001 8000 >"$work/many"
	POCKETBOOK_FAULTS=import_batch=stop@1 "$POCKETBOOK" import --db "$db" "$work/many" >"$work/out" 2>"$work/said" &
	importing=$!
	wait_for "another is half way" grep -q 'State:.T' "/proc/$importing/status"
	push '{"docs":[{"id":"many:8000","value":"mine"}]}' >"$work/pushed"
	kill -CONT "$importing"
	wait "$importing"
	is "$?" 1 "what another client has written meanwhile is not written over"
	like "$(cat "$work/said")" "many:1000: was written by another meanwhile; [1-9][0-9]* of 1000 documents are imported; .* --existing skip goes on" "which is said, and how to go on"
	import "$work/many" --existing skip
	is "$? $(export_ --group many | grep -cE '"many:[78][0-9]{3}"'),$(export_ --group many | grep -c mine)" "0 1001,1" "and so it does"
	several 8001 9000 >"$work/many"
	POCKETBOOK_FAULTS=import_batch=kill@1 "$POCKETBOOK" import --db "$db" "$work/many" 2>/dev/null
	import "$work/many" --existing replace
	is "$? $(cat "$work/out")" "0 500 imported, 500 as they were already" "one that was killed goes on where it was"
	if ! has_file; then
		several 9001 10000 >"$work/many"
		POCKETBOOK_FAULTS=import_batch=stop@1 "$POCKETBOOK" import --db "$db" "$work/many" >"$work/out" 2>"$work/said" &
		importing=$!
		wait_for "one more is half way" grep -q 'State:.T' "/proc/$importing/status"
		pg_sql db "$(pg_name)" "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()" >"$work/ended"
		kill -CONT "$importing"
		wait "$importing"
		is "$? $(cat "$work/out")" "0 1,000 imported" "one whose sessions are ended goes on in others"
	fi
	stop
	if has_file; then
		several 9001 10000 >"$work/many"
		: >"$work/disk"
		POCKETBOOK_DISK=$work/disk POCKETBOOK_FAULTS=import_batch=stop@1 "$POCKETBOOK" import --db "$db" "$work/many" >"$work/out" 2>"$work/said" &
		importing=$!
		wait_for "one without a server is half way" grep -q 'State:.T' "/proc/$importing/status"
		echo 'write wal ENOSPC' >"$work/disk"
		kill -CONT "$importing"
		wait "$importing"
		is "$? $(cat "$work/out")" "1 " "one that finds the disk full has failed"
		like "$(cat "$work/said")" '500 of 1000 documents are imported' "and says what there is"
	fi
	"$POCKETBOOK" check --db "$db" 2>"$work/said"
	is "$?" 0 "after all that the database is whole"
fi

# ---- Whatever a server takes ----

{ printf '{"id":"large:1","version":1,"value":"'; head -c 20000000 /dev/zero | tr '\0' x; printf '"}\n'; } >"$work/large"
import "$work/large"
is "$? $(cat "$work/out")" "0 1 imported" "a document that is far longer than the usual limit of a push"
export_ --group large >"$work/exported"
is "$(cksum <"$work/exported")" "$(cksum <"$work/large")" "is exported as it is"
import "$work/exported" --existing replace
is "$? $(cat "$work/out")" "0 0 imported, 1 as they were already" "and such a line is taken"

import "$work/kinds" --existing maybe
is "$?" 2 "there are three ways to deal with what is there"
finish
