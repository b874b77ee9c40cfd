#!/usr/bin/env bash
# A backup: whole, made while the server serves, never half there.
. "$(dirname "$0")/lib.sh"

backup() { "$POCKETBOOK" backup --db "$db" "$@" >"$work/out" 2>"$work/said"; }
# many FROM TO: a push of that many documents
many() {
	{
		printf '{"docs":['
		seq "$1" "$2" | sed 's/.*/{"id":"many:&","value":{"title":"number &","done":false}}/' | paste -sd, -
		printf ']}'
	} >"$work/many"
	push @"$work/many" >"$work/pushed"
}

backup "$work/none.bak"
is "$?" 1 "there is nothing to copy where there is no database"
like "$(cat "$work/said")" "$db: .*--db FILE" "which is said"
is "$(ls "$work" | grep -c bak)" 0 "and nothing is made"

serve_open
push '{"docs":[{"id":"todos:1","value":"first"},{"id":"todos:2","value":"second"}]}' >"$work/pushed"
push '{"docs":[{"id":"todos:2","base":1,"deleted":true}]}' >"$work/pushed"
many 1 3000
backup "$work/1.bak"
is "$?" 0 "a backup is made while the server runs"
like "$(cat "$work/said")" '3,001 documents, 1 deleted; verified' "it says what is in it"
is "$(stat -c %a "$work/1.bak")" 600 "only its owner may read it"
is "$(find "$work" -name '1.bak*' | wc -l)" 1 "it is one file"
before=$(cksum <"$work/1.bak")
backup "$work/1.bak"
is "$?" 1 "a file that is there is not replaced"
like "$(cat "$work/said")" '1.bak already exists.*--force' "which says how it would be"
is "$(cksum <"$work/1.bak")" "$before" "and stays as it was"
backup "$work/1.bak" --force
is "$?" 0 "unless told to"
backup "$db" --force
is "$?" 1 "the database does not become a backup of itself"
ln -s "$db" "$work/link"
backup "$work/link" --force
is "$?" 1 "by another name neither"
rm "$work/link"

# What is written while it copies goes on, and the copy is of one moment: each push
# writes two documents that are always equal.
(
	n=0
	until [ -e "$work/enough" ]; do
		n=$((n + 1))
		push "{\"docs\":[{\"id\":\"pair:1\",\"base\":$((n - 1)),\"value\":$n},{\"id\":\"pair:2\",\"base\":$((n - 1)),\"value\":$n}]}"
		echo
	done >"$work/pairs"
) &
pairs=$!
wait_for "pushes are under way" grep -q ok "$work/pairs"
for n in 2 3 4 5; do
	backup "$work/$n.bak"
	is "$?" 0 "backup $n under writing"
done
touch "$work/enough"
wait "$pairs"
is "$(grep -vc '"status":"ok".*"status":"ok"' "$work/pairs")" 0 "no push was refused meanwhile"
stop
is "$status" 0 "the server ends well"
live=$db
for n in 2 3 4 5; do
	db=$work/$n.bak
	serve_open
	pairs=$(pull group=pair | grep -o '"value":[0-9]*' | sort -u | wc -l)
	is "$pairs" 1 "copy $n is of one moment"
	is "$(pull 'group=many&limit=10000' | grep -o '"id"' | wc -l)" 3000 "and has everything"
	stop
done
db=$live

backup "$work/6.bak"
is "$?" 0 "a backup is made without a server"
like "$(cat "$work/said")" '3,003 documents' "of everything"
backup "$work/6.bak" --force --json
is "$? $(cat "$work/out")" '0 {"documents":3003,"deleted":1,"groups":3,"damaged":0}' "and as JSON"
rm -f "$db-wal" "$db-shm"
head -c 100000 /dev/zero >"$work/zero"
"$POCKETBOOK" backup "$work/7.bak" --db "$work/zero" 2>"$work/said"
is "$?" 1 "what is no database is not copied"
like "$(cat "$work/said")" "zero is not a database" "which is said"

# A disk that is full: a file may not grow beyond 128 KiB. The index of the database's
# log already exists.
serve_open
(
	ulimit -f 128
	trap '' XFSZ
	backup "$work/8.bak"
)
is "$?" 1 "a copy that finds no room is none"
like "$(cat "$work/said")" 'could not be written.*no backup was made' "which is said"
is "$(ls "$work" | grep -c '^8.bak')" 0 "nothing of it is left"
stop

# A signal ends it and takes the file away.
if [ "$FAULTS" = yes ]; then
	for signal in TERM HUP; do
		POCKETBOOK_FAULTS=backup_copied=stop env --default-signal=HUP "$POCKETBOOK" backup "$work/9.bak" --db "$db" 2>"$work/said" &
		copying=$!
		wait_for "a copy is half way ($signal)" grep -q 'State:.T' "/proc/$copying/status"
		is "$(ls "$work" | grep -c '^9.bak\.unfinished-')" 1 "it has another name until it is whole"
		kill -"$signal" "$copying"
		kill -CONT "$copying"
		wait "$copying"
		is "$(ls "$work" | grep -c '^9.bak')" 0 "nothing of it is left after $signal"
	done
fi

# What a kill left is removed by the next one; what another is making, and what is not
# ours, stays.
if [ "$FAULTS" = yes ]; then
	left() { ls "$work" | grep -c '^10.bak.unfinished-'; }
	POCKETBOOK_FAULTS=backup_copied=kill "$POCKETBOOK" backup "$work/10.bak" --db "$db" 2>"$work/said"
	is "$? $(left)" "137 1" "a backup that is killed leaves its unfinished file"
	POCKETBOOK_FAULTS=backup_copied=stop "$POCKETBOOK" backup "$work/10.bak" --db "$db" 2>"$work/first" &
	copying=$!
	wait_for "another is half way" grep -q 'State:.T' "/proc/$copying/status"
	like "$(cat "$work/first")" 'removed 10.bak.unfinished-[A-Za-z0-9]{6}, left by a command that was killed' "it has removed what was left"
	is "$(left)" 1 "and has one of its own"
	mkdir "$work/10.bak.unfinished-folder"
	: >"$work/10.bak.unfinished-public"
	chmod 644 "$work/10.bak.unfinished-public"
	ln -s "$db" "$work/10.bak.unfinished-symbol"
	ln "$work/1.bak" "$work/10.bak.unfinished-second"
	(umask 077 && : >"$work/10.bak.unfinished-longer1" && : >"$work/10.bak.241123" && : >"$work/110.bak.unfinished-abcdef")
	backup "$work/10.bak"
	is "$? $(grep -c removed "$work/said")" "0 0" "a third one to the same place removes nothing of the second"
	kill -CONT "$copying"
	wait "$copying"
	is "$?" 1 "which comes too late"
	like "$(cat "$work/first")" '10.bak: .*exists; no backup was made' "and says so"
	is "$(ls "$work" | grep '10.bak' | sort | tr '\n' ' ')" \
		"10.bak 10.bak.241123 10.bak.unfinished-folder 10.bak.unfinished-longer1 10.bak.unfinished-public 10.bak.unfinished-second 10.bak.unfinished-symbol 110.bak.unfinished-abcdef " \
		"what only looks like it is left alone"
	"$POCKETBOOK" check --db "$work/10.bak" >"$work/out" 2>"$work/said"
	is "$?" 0 "the backup is whole"
fi
"$POCKETBOOK" backup --db "$db" 2>"$work/said"
is "$?" 2 "a backup wants a file"
finish
