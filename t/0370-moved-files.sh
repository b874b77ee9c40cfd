#!/usr/bin/env bash
# The files of the database are removed, renamed or replaced under a running server, or
# reached by another name: nothing is acknowledged that could be lost, and no second
# process writes.
. "$(dirname "$0")/lib.sh"

json='Content-Type: application/json'
# push_status: of one new document
push_status() {
	local n
	echo >>"$work/pushes"
	n=$(wc -l <"$work/pushes")
	status_of -m 60 "$url/sync" -H "$json" -d "{\"docs\":[{\"id\":\"a:$n\",\"value\":$n}]}"
}
ready_is() { [ "$(status_of "$url/readyz")" = "$1" ]; }
events() { grep -c "event=$1\\b" "$log"; }
# refuses REASON NAME: the server does, and says so once
refuses() {
	is "$(push_status)" 503 "$2: a push is refused"
	like "$(cat "$work/body")" '"code":"unavailable".*files of the database were moved' "with the reason"
	is "$(push_status)" 503 "and so is the next one"
	wait_for "the server is not ready" ready_is 503
	is "$(grep -c "event=database_moved reason=.*$1" "$log")" 1 "one event says what has happened"
	is "$(status_of "$url/sync?group=a")" 200 "pulls go on"
}
# accepts NAME: and takes writes again
accepts() {
	wait_for "$1: the server is ready again" ready_is 200
	is "$(push_status)" 200 "and takes pushes"
}

serve_open --workers 1
is "$(push_status)" 200 "a push is taken"

mv "$db" "$work/elsewhere"
refuses 'test.db was removed or renamed' "a renamed file"
mv "$work/elsewhere" "$db"
accepts "put back"
is "$(events database_back)" 1 "which is logged"

mkdir "$work/folder"
mv "$db" "$db-wal" "$db-shm" "$work/folder/"
: >"$db"
refuses 'test.db is another file now' "another file in its place"
mv "$work"/folder/* "$work/"
accepts "put back"

ln "$db" "$work/hard.db"
refuses 'test.db has a second name' "a hard link"
timeout 30 "$POCKETBOOK" serve --auth off --listen 127.0.0.1:0 --db "$work/hard.db" >"$work/second" 2>&1
is $? 1 "no server starts on it"
like "$(cat "$work/second")" 'another process writes to the database .*hard.db, by another name' "and it says why"
"$POCKETBOOK" token add --user ann --group a --db "$work/hard.db" >"$work/second" 2>&1
is $? 1 "nor does a command write by it"
like "$(cat "$work/second")" 'another process writes to the database' "for the same reason"
rm "$work/hard.db" "$work/hard.db.lock"
accepts "removed"

mv "$db.lock" "$work/lock"
refuses 'test.db.lock was removed or replaced' "a lock that was removed"
timeout 30 "$POCKETBOOK" serve --auth off --listen 127.0.0.1:0 --db "$db" >"$work/second" 2>&1
is $? 1 "no second server starts"
like "$(cat "$work/second")" 'another process writes to the database .* with a lock that was removed' "and it says why"
[ -S "$db.sock" ]
ok $? "the control socket stays that of the first"
"$POCKETBOOK" stats --db "$db" >/dev/null 2>&1
ok $? "where commands reach it"
mv "$work/lock" "$db.lock"
accepts "put back"

rm "$db-wal"
refuses 'test.db-wal was removed or renamed' "a log that was removed"
taken=$(pull group=a)
stop
serve_open --workers 1
is "$(pull group=a | sed 's/"cursor".*//')" "$(printf '%s' "$taken" | sed 's/"cursor".*//')" "its content was copied when the server stopped"

# What was in the log is gone; nothing is acknowledged that would be gone with it.
is "$(push_status)" 200 "a push is taken, into the log"
truncate -s 0 "$db-wal"
is "$(push_status)" 503 "a log that was truncated: a push is refused"
is "$(push_status)" 503 "and so is the next one"
wait_for "the server is not ready" ready_is 503
is "$(grep -c "event=database_moved reason=.*test.db-wal was truncated or overwritten" "$log")" 1 "one event says what has happened"
stop
"$POCKETBOOK" check --db "$db" >"$work/said" 2>&1
is "$?" 0 "the database is as it was when the log was copied last"
serve_open --workers 1
is "$(pull group=a | sed 's/"cursor".*//')" "$(printf '%s' "$taken" | sed 's/"cursor".*//')" "with what it had then"

"$POCKETBOOK" backup "$work/backup.db" --db "$db" 2>/dev/null
mv "$db" "$work/elsewhere"
before=$(writer)
kill -KILL "$before"
wait_for "the next writer reports the same" grep -q 'process=writer .*event=database_moved .*was removed or renamed' "$log"
[ ! -e "$db" ]
ok $? "and makes no database"
is "$(push_status)" 503 "a push is refused"
wait_for "the server is not ready" ready_is 503
cp "$work/backup.db" "$db"
wait_for "one in its place is not taken either" grep -q 'process=writer .*event=database_moved .*is another file now' "$log"
kill -KILL "$(workers)"
wait_for "nor by a worker" grep -q 'event=database_failed .*is not the database that this server serves' "$log"
is "$(push_status)" 503 "what waits for a worker is answered"
like "$(cat "$work/body")" '"code":"unavailable".*cannot open its database' "with the reason"
is "$(status_of -m 60 "$url/healthz")" 503 "whatever it asks"
mv "$work/elsewhere" "$db"
accepts "put back"
stop

# A backup takes the place of the file, and then the power goes.
serve_open --workers 1
rm "$work/backup.db"
"$POCKETBOOK" backup "$work/backup.db" --db "$db" 2>/dev/null
is "$(push_status)" 200 "a push is taken after a backup"
taken=$(pull group=a | sed 's/"cursor".*//')
mv "$db" "$work/elsewhere"
cp "$work/backup.db" "$db"
kill_all
timeout 30 "$POCKETBOOK" serve --auth off --listen 127.0.0.1:0 --db "$db" >"$work/second" 2>&1
is $? 1 "no server starts with the log of another file"
like "$(cat "$work/second")" 'test.db-wal is the log of another database, .*move the log away' "and it says what to do"
"$POCKETBOOK" check --db "$db" >"$work/second" 2>&1
is $? 1 "nor does a check read it"
cmp -s "$db" "$work/backup.db"
ok $? "the file is as it was"
mv "$db" "$work/other"
mv "$work/elsewhere" "$db"
serve_open --workers 1
is "$(pull group=a | sed 's/"cursor".*//')" "$taken" "with its own file nothing is lost"
kill_all
mv "$work/other" "$db"
mv "$db-wal" "$work/log"
serve_open --workers 1
unlike "$(pull group=a)" "\"a:$(wc -l <"$work/pushes")\"" "without the log the backup is served"
like "$(pull group=a)" '"a:1"' "as it is"
stop

if [ "$FAULTS" = yes ]; then
	# The writer stands still within COMMIT while the file goes.
	# Points of the disk are visited if the disk may fail.
	: >"$work/disk"
	faults=log_sync=stop@2
	POCKETBOOK_DISK=$work/disk serve_open --workers 1
	faults=
	stream live 'group=late&docs=1'
	status_of "$url/sync" -H "$json" -d '{"docs":[{"id":"late:1","op":"once","value":1}]}' >"$work/late.status" &
	pushing=$!
	stands_still() { grep -q '^State:.*T' "/proc/$(writer)/status"; }
	wait_for "a commit is halfway" stands_still
	mv "$db" "$work/elsewhere"
	kill -CONT "$(writer)"
	wait $pushing
	is "$(cat "$work/late.status")" 503 "a commit that ends without the file is not acknowledged"
	mv "$work/elsewhere" "$db"
	accepts "put back"
	like "$(push '{"docs":[{"id":"late:1","op":"once","value":1}]}')" '"status":"ok","version":1' "what it wrote is there"
	wait_for "and comes to streams" saw live '"late:1"'
	stop
fi

# A log of nothing but commits that change no document: the row by which it is known is
# in it.
served=$db
db=$work/tokens.db
add() { "$POCKETBOOK" token add --user ann --group a --db "$db" 2>"$work/said"; }
add >"$work/tokens"
add >>"$work/tokens"
serve --workers 1
add >>"$work/tokens"
kill_all
serve --workers 1
is "$("$POCKETBOOK" token list --db "$db" | grep -c ann)" 3 "a killed server starts on a log of tokens"
stop
db=$served

ln "$db" "$work/hard.db"
timeout 30 "$POCKETBOOK" serve --auth off --listen 127.0.0.1:0 --db "$db" >"$work/second" 2>&1
is $? 1 "no server starts on a file with two names"
like "$(cat "$work/second")" 'test.db has 2 names \(hard links\)' "and it says why"
"$POCKETBOOK" check --db "$db" >"$work/second" 2>&1
is $? 1 "check reports it"
like "$(cat "$work/second")" 'the file: has 2 names \(hard links\), so that no server starts' "with what to do"
finish
