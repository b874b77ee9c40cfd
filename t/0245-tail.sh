#!/usr/bin/env bash
# tail: all changes as lines, live; exactly once into a file and at least once to a
# command, however often it is killed; a database made of the lines alone.
. "$(dirname "$0")/lib.sh"

follow() {
	"$POCKETBOOK" tail --db "$db" "$@" &
	following=$!
}
changes() { "$POCKETBOOK" tail --db "$db" "$@"; }
# Lines without the user and the time.
plain() { sed 's/,"~\{0,1\}:\{0,1\}by":[^,]*,"~\{0,1\}:\{0,1\}at":"[^"]*"//'; }
put() { push "{\"docs\":[{\"id\":\"$1\",\"base\":$2,\"value\":$3}]}" >/dev/null; }
# once_each FILE: has each version of each document one line?
once_each() { [ "$(wc -l <"$1")" -gt 0 ] && jq -c '[.id, .version]' "$1" | sort | uniq -d | wc -l | grep -qx 0; }
refused() {
	is "$? $(wc -l <"$work/said")" "$1 1" "$3: one line"
	like "$(cat "$work/said")" "$2" "$3"
}

serve_open --workers 1
put todos:1 0 '{"a":1}'
put notes:deep:1 0 2

# ---- Lines ----
like "$(changes --since 0 --once | head -1)" '"by":null,"at":"20[^"]*Z"}$' "with the user and the time"
is "$(changes --since 0 --once | plain)" '{"id":"todos:1","version":1,"value":{"a":1}}
{"id":"notes:deep:1","version":1,"value":2}' "all groups from the beginning, in the order of their writes"
is "$(changes --since 0 --once --group notes --group notes:deep | plain)" '{"id":"notes:deep:1","version":1,"value":2}' "one group, with those nested in it, once"
is "$(changes --once)" "" "from now on there is nothing yet"
is "$(changes --since 0 --once --encoding transit --group notes | plain)" '{"~:id":"notes:deep:1","~:version":1,"~:value":2}' "in Transit as well"
follow >"$work/live"
live=$following
sent=0
follows() {
	sent=$((sent + 1))
	put "live:$sent" 0 0
	grep -q live "$work/live"
}
wait_for "changes come while the server runs" follows
push '{"docs":[{"id":"todos:1","base":1,"deleted":true}]}' >/dev/null
wait_for "deletions too" grep -q '{"id":"todos:1","version":2,"deleted":true' "$work/live"
kill "$live"

# ---- A file ----
out=$work/all.ndjson
changes --since 0 --out "$out" --once
is "$? $(jq -r .id "$out" | grep -v live | tr '\n' ' ')" "0 notes:deep:1 " "a file has the lines, without old tombstones"
is "$(stat -c %a "$out") $(stat -c %a "$out.cursor")" "600 600" "which is its owner's, as the position is"
cp "$out" "$work/earlier"
changes --out "$out" --once
ok "$(cmp -s "$out" "$work/earlier"; echo $?)" "nothing is written twice"
cp "$out.cursor" "$work/cursor"
put todos:2 0 '"two"'
changes --out "$out" --once
cp "$work/cursor" "$out.cursor"
printf '{"id":"todos:torn' >>"$out"
put todos:3 0 '"three"'
changes --out "$out" --once
ok "$(once_each "$out"; echo $?)" "what was written without its position is cut off"
is "$(tail -n 2 "$out" | jq -r .id | tr '\n' ' ')" "todos:2 todos:3 " "and written again"
(for i in $(seq 60); do put "many:$((i % 7)):$i" 0 "$i"; done) &
load=$!
for _ in 1 2 3 4 5; do
	before=$(wc -l <"$out")
	follow --out "$out"
	killed=$following
	grown() { [ "$(wc -l <"$out")" -gt "$before" ] || gone "$load"; }
	wait_for "the file grows" grown
	kill -KILL "$killed"
	wait "$killed" 2>/dev/null
done
wait "$load"
changes --out "$out" --once
ok "$(once_each "$out"; echo $?)" "a process that is killed again and again writes each change once"
is "$(grep -c many: "$out")" 60 "and leaves none out"
follow --out "$out"
rotated=$following
put todos:4 0 4
wait_for "it goes on" grep -q todos:4 "$out"
changes --out "$out" --once 2>"$work/said"
refused 1 'is being written by another process' "a second one for the same file"
mv "$out" "$work/rotated.ndjson"
put todos:5 0 5
wait_for "a file that is renamed has a successor" grep -q todos:5 "$out"
is "$(wc -l <"$out") $(grep -c todos:5 "$work/rotated.ndjson")" "1 0" "which has only what is new"
kill "$rotated"
wait "$rotated" 2>/dev/null
if [ "$FAULTS" = yes ]; then
	for point in tail_renamed tail_put; do
		changes --out "$out" --once
		POCKETBOOK_FAULTS=$point=kill "$POCKETBOOK" tail --db "$db" --out "$out" 2>/dev/null &
		rotated=$!
		following_begins() { grep -q "FLOCK .* $rotated .*:$(stat -c %i "$out") " /proc/locks; }
		wait_for "it follows ($point)" following_begins
		mv "$out" "$work/rotated.$point"
		put "rotated:$point" 0 1
		wait "$rotated" 2>/dev/null
		changes --out "$out" --once
		is "$(jq -r .id "$out" | tr '\n' ' ')" "rotated:$point " "killed after a rename, at $point, it goes on in the new file"
		ok "$(once_each "$work/rotated.$point"; echo $?)" "and nothing is twice in the one before"
	done
fi
cp "$out" "$work/whole"
: >"$out"
changes --out "$out" --once 2>"$work/said"
refused 1 'fewer than the [0-9]+ that its cursor file counts' "a file that was cut"
cp "$work/whole" "$out"
changes --out "$out" --group todos --once 2>"$work/said"
refused 1 'is the position of other groups' "a position of other groups"
changes --cursor-file "$out" --once 2>"$work/said"
refused 1 'is not a cursor file' "another file as the position"
changes --out "$work" --once 2>"$work/said"
refused 1 'cannot be opened|is not a file' "a folder as the file"
changes --out "$out" --cursor-file "$out" --once 2>"$work/said"
refused 2 'is the file of --out' "the file as its own cursor file"

# ---- Files with content that it has not written ----
# kept FILE MESSAGE NAME: refused, and as it was
kept() {
	refused 1 "$2" "$3"
	cmp -s "$1" "$1.before"
	ok $? "$3: it stays as it is"
}
keep() { cp "$1" "$1.before"; }
cp "$out" "$work/log"
keep "$work/log"
changes --out "$work/log" --once 2>"$work/said"
kept "$work/log" 'has content that no cursor file counts.*put its cursor file back.*or name another file' "lines without a cursor file"
changes --since 0 --out "$work/log" --once 2>"$work/said"
kept "$work/log" 'has content that no cursor file counts' "with --since too"
is "$(ls "$work/log.cursor" 2>&1 | grep -c 'No such')" 1 "and no cursor file is made"
changes --since 0 --cursor-file "$work/log.cursor" --once >/dev/null
changes --out "$work/log" --once 2>"$work/said"
kept "$work/log" 'has content that no cursor file counts' "with the cursor file of the standard output"
if has_file; then
	cp "$db" "$db.before"
	for other in "" -wal -shm .lock; do
		changes --since 0 --out "$db$other" --once 2>"$work/said"
		refused 1 'belongs to the database' "the database's own file $other"
	done
	ln -s "$db" "$work/link"
	changes --since 0 --out "$work/link" --once 2>"$work/said"
	refused 1 'belongs to the database' "by another name too"
	changes --cursor-file "$db-wal" --once 2>"$work/said"
	refused 1 'belongs to the database' "as the cursor file too"
	"$POCKETBOOK" check --db "$db" >/dev/null 2>&1
	ok $? "the database is whole"
fi
printf 'a diary\n' >"$work/diary"
keep "$work/diary"
changes --since 0 --out "$work/diary" --once 2>"$work/said"
kept "$work/diary" 'has content that no cursor file counts' "any other file"
sed 's/^bytes .*/bytes 0/' "$out.cursor" >"$work/diary.cursor"
changes --out "$work/diary" --once 2>"$work/said"
kept "$work/diary" 'more than the 0 bytes that its cursor file counts.*put the right cursor file back' "even with a cursor file that counts nothing of it"
cp "$out" "$work/log"
seq 1100 | sed 's/.*/{"id":"log:&","version":1,"value":1}/' >>"$work/log"
keep "$work/log"
cp "$out.cursor" "$work/log.cursor"
changes --out "$work/log" --once 2>"$work/said"
kept "$work/log" 'more than the [0-9]+ bytes that its cursor file counts' "more lines than a killed process leaves"
sed "s/^bytes .*/bytes 5/" "$out.cursor" >"$work/diary.cursor"
cp "$out" "$work/diary"
keep "$work/diary"
changes --out "$work/diary" --once 2>"$work/said"
kept "$work/diary" 'more than the 5 bytes that its cursor file counts' "a position within a line"
: >"$work/begun"
changes --since 0 --group todos --out "$work/begun" --once
is "$? $(jq -r .id "$work/begun" | sort | head -1)" "0 todos:2" "an empty file is begun"
follow --out "$out"
replaced=$following
put todos:4 1 4
wait_for "it writes" grep -q '"todos:4","version":2' "$out"
cp "$out" "$work/grown"
keep "$work/grown"
mv "$work/grown" "$out"
cp "$work/grown.before" "$out.before"
put todos:4 2 4
wait_for "another file with content that takes the name" gone "$replaced"
cmp -s "$out" "$out.before"
ok $? "stays as it is"
for bad in "--since x" "--group todos:" "--batch 0" "--out a --exec b" "--encoding xml"; do
	option=${bad##*--}
	# shellcheck disable=SC2086
	changes $bad --once 2>"$work/said"
	refused 2 "${option% *}" "$bad"
done

# ---- A command ----
cat >"$work/hook" <<'END'
echo x >>"$0.runs"
[ "$(wc -l <"$0.runs")" -gt 2 ] || exit 7
cat >>"$0.got"
END
changes --since 0 --group todos --cursor-file "$work/hook.cursor" --exec "sh $work/hook" --once 2>"$work/said"
is "$? $(jq -r .id "$work/hook.got" | sort | tr '\n' ' ')" "0 todos:2 todos:3 todos:4 todos:5 " "a command gets each change"
is "$(grep -c 'ended with status 7; it gets the same lines again' "$work/said")" 2 "again if it fails, which is said"
is "$(wc -l <"$work/hook.runs")" 6 "one at a time"
put todos:6 0 6
changes --group todos --cursor-file "$work/hook.cursor" --exec "cat >$work/last" --once
is "$(jq -r .id "$work/last")" todos:6 "it goes on from its position"
changes --since 0 --batch 1000 --exec "cat >>$work/batch; echo >>$work/batches" --once
is "$(wc -l <"$work/batches")" 1 "or many at a time"
changes --since 0 --batch 1000 --exec true --once
is "$?" 0 "a command need not read"

# ---- The database is replaced ----
changes --since 0 --out "$work/reset" --once
stop
"$POCKETBOOK" epoch --new --db "$db" >/dev/null
serve_open --workers 1
follow --out "$work/reset"
restored=$following
if has_file; then
	wait_for "a new epoch is a reset" grep -qx '{"reset":true,"group":"\*"}' "$work/reset"
	complete() { [ "$(sed '1,/reset/d' "$work/reset" | grep -c '"value"')" = "$("$POCKETBOOK" export --db "$db" | grep -c '"value"')" ]; }
	wait_for "after which all documents come" complete
	ok "$(sed '1,/reset/d' "$work/reset" >"$work/after" && once_each "$work/after"; echo $?)" "once"
	"$POCKETBOOK" backup "$work/backup.db" --db "$db" >/dev/null
	stop
	"$POCKETBOOK" restore "$work/backup.db" --force --db "$db" >/dev/null 2>&1
	serve_open --workers 1
	twice() { [ "$(grep -c '"reset"' "$work/reset")" = 2 ]; }
	wait_for "so is a backup that is put back while it runs" twice
	put todos:7 0 7
	wait_for "and it goes on" grep -q todos:7 "$work/reset"
	# Each wait of the process is a voluntary switch of its context.
	stop
	waits() { sed -n 's/^voluntary_ctxt_switches:[^0-9]*//p' "/proc/$restored/status"; }
	has_open() { find "/proc/$restored/fd" -lname "$work/away/*" | grep -q .; }
	mkdir "$work/away"
	mv "$db"* "$work/away"
	left() { ! has_open && waited=$(waits) && [ "$waited" ]; }
	wait_for "a database that is moved away is closed" left
	retried() { [ "$(waits)" -gt "$((waited + 2))" ]; }
	wait_for "and looked for again and again" retried
	mv "$work/away/"* "$work"
	serve_open --workers 1
	put todos:8 0 8
	wait_for "until it is there again" grep -q todos:8 "$work/reset"
else
	# A lineage of epochs is in the database, and a backup is not made by a command.
	put todos:7 0 7
	wait_for "the process goes on in a new epoch" grep -q todos:7 "$work/reset"
	is "$(grep -c '"reset"' "$work/reset")" 0 "without a reset, as the positions of the one before are good"
fi
kill "$restored"
wait "$restored" 2>/dev/null

# ---- A database of the lines ----
# todos:1 was deleted before the first line
lines() { jq -cS 'select(.id != "todos:1")' | sort; }
push '{"docs":[{"id":"todos:2","base":1,"value":"again"},{"id":"todos:3","base":1,"deleted":true}]}' >/dev/null
put todos:2 2 '"and again"'
changes --out "$work/reset" --once
"$POCKETBOOK" import --changes "$work/reset" --db "$work/copy.db" >"$work/said"
is "$? $(sed 's/,.*//' "$work/said")" "0 $("$POCKETBOOK" export --db "$db" | lines | wc -l) imported" "the lines alone make a database"
is "$("$POCKETBOOK" export --db "$work/copy.db" | lines)" "$("$POCKETBOOK" export --db "$db" | lines)" "with the same documents, tombstones and versions"
"$POCKETBOOK" check --db "$work/copy.db" >/dev/null 2>&1
ok $? "which is whole"
is "$("$POCKETBOOK" import --changes "$work/reset" --db "$work/copy.db" | sed 's/,.*//')" "0 imported" "the same lines again change nothing"
put todos:2 3 '"later"'
changes --out "$work/reset" --once
is "$("$POCKETBOOK" import --changes "$work/reset" --db "$work/copy.db" | sed 's/,.*//')" "1 imported" "more lines go on"
is "$("$POCKETBOOK" export --db "$work/copy.db" | lines)" "$("$POCKETBOOK" export --db "$db" | lines)" "to the same again"
printf '%s\n' '{"id":"old:1","version":3,"value":1}' '{"reset":true,"group":"old"}' '{"id":"old:2","version":9,"value":2}' '{"id":"other:1","version":2,"value":3}' |
	"$POCKETBOOK" import --changes --db "$work/small.db" >/dev/null
is "$("$POCKETBOOK" export --db "$work/small.db" | plain)" '{"id":"old:2","version":9,"value":2}
{"id":"other:1","version":2,"value":3}' "what stands before a reset does not count"
printf '{"id":"a:1","value":1}\n' | "$POCKETBOOK" import --changes --db "$work/small.db" 2>"$work/said"
refused 1 'version: missing; nothing was imported' "a line without a version"
printf '{"reset":true,"id":"a:1","value":1}\n' | "$POCKETBOOK" import --changes --db "$work/small.db" 2>"$work/said"
refused 1 'reset: a reset has no document' "a reset with a document"
finish
