#!/usr/bin/env bash
# A database made from a backup: clients start anew, nothing of the old one mixes in,
# nothing is half done.
. "$(dirname "$0")/lib.sh"

restore() { "$POCKETBOOK" restore --db "$db" "$@" >"$work/out" 2>"$work/said"; }
bak=$work/1.bak

serve_open
push '{"docs":[{"id":"todos:1","value":"kept"},{"id":"todos:2","value":"deleted later"}]}' >"$work/pushed"
old=$(pull group=todos | field cursor)
"$POCKETBOOK" backup "$bak" --db "$db" 2>/dev/null
push '{"docs":[{"id":"todos:3","value":"after the backup"},{"id":"todos:2","base":1,"deleted":true}]}' >"$work/pushed"
restore "$bak" --force
is "$?" 1 "nothing is restored under a server that runs"
like "$(cat "$work/said")" 'serves the database.*stop it first; nothing was restored' "which is said"
like "$(pull group=todos)" 'after the backup' "it goes on with what it has"
kill -KILL "$(writer)"
wait_for "a killed writer leaves a log" grep -q 'child_start child=writer' "$log"
stop

restore "$bak"
is "$?" 1 "a database that is there is not replaced"
like "$(cat "$work/said")" 'already exists.*--force' "which says how it would be"
restore "$work/none"
is "$?" 1 "a backup must be there"
restore "$db" --force
is "$?" 1 "and not be the database itself"
# Damaged copies: one whose end is missing, one with wrong bytes in the middle, one of
# nothing.
head -c 20000 "$bak" >"$work/short.bak"
cp "$bak" "$work/wrong.bak"
dd if=/dev/zero of="$work/wrong.bak" bs=1 count=3000 seek=8192 conv=notrunc 2>/dev/null
: >"$work/empty.bak"
head -c 50000 /dev/urandom >"$work/random.bak"
before=$(cksum <"$db")
for kind in short wrong empty random; do
	restore "$work/$kind.bak" --force
	is "$?" 1 "a backup that is $kind is refused"
	like "$(cat "$work/said")" "$kind.bak.*; nothing was restored" "which is said"
	is "$(cksum <"$db")" "$before" "and the database stays as it was"
	is "$(find "$work" -name 'test.db.*' ! -name '*.lock' ! -name '*.audit' | wc -l)" 0 "nothing is left beside it"
done

# A log that a killed server left: it holds what the database has and the backup has
# not.
serve_open
push '{"docs":[{"id":"todos:4","value":"in the log"}]}' >"$work/pushed"
kill_all
[ -s "$db-wal" ]
ok $? "there is a log beside the database"
if [ "$FAULTS" = yes ]; then
	echo 'write db EIO' >"$work/disk"
	POCKETBOOK_DISK=$work/disk POCKETBOOK_WITNESS_DB=$db restore "$bak" --force
	is "$?" 1 "where the log cannot be copied into the old database, nothing is restored"
	like "$(cat "$work/said")" 'cannot be opened or written.*; nothing was restored' "which is said"
	[ -s "$db-wal" ]
	ok $? "and the log stays"
	cp "$db" "$work/kept.db"
	cp "$db-wal" "$work/kept.db-wal"
	like "$("$POCKETBOOK" doc get todos:4 --db "$work/kept.db")" 'in the log' "with what it holds"
fi
restore "$bak" --force
is "$?" 0 "a backup is restored over the database"
like "$(cat "$work/said")" '2 documents, 0 deleted; every client will start anew' "it says what is in it"
is "$(find "$work" -name 'test.db*' ! -name '*.lock' ! -name '*.sock' ! -name '*.audit' | wc -l)" 1 "it is one file"
is "$(stat -c %a "$db")" 600 "only its owner may read it"
serve_open
all=$(pull group=todos)
like "$all" '"todos:1".*kept.*"todos:2".*deleted later' "the server has what the backup has"
unlike "$all" 'todos:[34]' "and nothing else"
like "$(pull "group=todos&since=$old")" '"reset":true' "a client that comes with a cursor of before starts anew"
like "$(push '{"docs":[{"id":"todos:1","base":1,"value":"goes on"}]}')" '"status":"ok","version":2' "the versions are the backup's"
stop

if [ "$FAULTS" = yes ]; then
	for point in restore_made restore_retired; do
		POCKETBOOK_FAULTS=$point=kill "$POCKETBOOK" restore "$bak" --db "$db" --force 2>"$work/said"
		serve_open
		like "$(pull group=todos)" 'goes on' "killed at $point, the old database is there, whole"
		stop
		left=$(find "$work" -name 'test.db.unfinished-??????')
		is "$(printf '%s\n' "$left" | grep -c .)" 1 "what it made is left beside it"
		restore "$work/empty.bak" --force
		like "$(cat "$work/said")" "removed ${left##*/}, left by a command that was killed" "the next restore removes it"
		is "$(ls "$work" | grep -c unfinished)" 0 "with all that belongs to it"
	done
	POCKETBOOK_FAULTS=restore_made=stop "$POCKETBOOK" restore "$bak" --db "$db" --force 2>"$work/said" &
	restoring=$!
	wait_for "a restore is half way" grep -q 'State:.T' "/proc/$restoring/status"
	is "$(find "$work" -name 'test.db.unfinished-??????' | wc -l)" 1 "with its file beside the database"
	kill -TERM "$restoring"
	kill -CONT "$restoring"
	wait "$restoring" 2>/dev/null
	is "$(find "$work" -name 'test.db.??????*' ! -name '*.sock' ! -name '*.lock' ! -name '*.audit' | wc -l)" 0 "nothing of it is left after SIGTERM"
fi

old_db=$db
db=$work/new.db
restore "$bak"
is "$?" 0 "a backup is restored where no database was"
restore "$bak" --force --json
is "$? $(cat "$work/out")" '0 {"documents":2,"deleted":0,"groups":1,"damaged":0}' "which is told as JSON, too"
ln -s "$db" "$work/link.db"
db=$work/link.db
restore "$bak" --force
is "$?" 0 "and where a link leads to"
[ -L "$db" ]
ok $? "the link stays"
serve_open
like "$(pull group=todos)" '"todos:1"' "and a server runs on it"
stop
db=$old_db
# Of the first schema: restored, it is of today's.
if command -v sqlite3 >/dev/null; then
	cp "$bak" "$work/older.bak"
	sqlite3 "$work/older.bak" 'ALTER TABLE meta DROP COLUMN documents; ALTER TABLE meta DROP COLUMN tombstones; ALTER TABLE meta DROP COLUMN file;
		ALTER TABLE meta DROP COLUMN copied; ALTER TABLE meta DROP COLUMN cookie; ALTER TABLE meta DROP COLUMN history; ALTER TABLE doc DROP COLUMN account; ALTER TABLE doc DROP COLUMN sum; ALTER TABLE doc DROP COLUMN former;
		ALTER TABLE doc DROP COLUMN written_at; ALTER TABLE doc DROP COLUMN written_by; ALTER TABLE doc DROP COLUMN written_sum; DROP TABLE history;
		ALTER TABLE doc DROP COLUMN charge; ALTER TABLE grp DROP COLUMN account; DROP TABLE account; DROP TABLE token;
		DROP TABLE revoked_join; DROP TABLE invite; DROP TABLE invite_grant; DROP TABLE token_grant; DROP TABLE ancestor; DROP TABLE nested; PRAGMA user_version = 1'
	restore "$work/older.bak" --force
	is "$?" 0 "an older version's backup is restored"
	serve_open
	like "$(pull group=todos)" '"todos:1"' "and a server runs on it"
	stop
	cp "$bak" "$work/changed.bak"
	sqlite3 "$work/changed.bak" 'CREATE TRIGGER keep AFTER UPDATE ON meta BEGIN DELETE FROM token; END'
	restore "$work/changed.bak" --force
	is "$?" 1 "a backup with a trigger is refused"
	like "$(cat "$work/said")" 'trigger keep is not of its schema' "by name"
fi
"$POCKETBOOK" restore --db "$db" 2>"$work/said"
is "$?" 2 "a restore wants a file"
finish
