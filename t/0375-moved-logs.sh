#!/usr/bin/env bash
# A process that starts while the log or the wal-index of the database is away would
# make another one, and not see what the others write: it waits instead.
. "$(dirname "$0")/lib.sh"

ready_is() { [ "$(status_of "$url/readyz" --max-time 5)" = "$1" ]; }
written() { push "{\"docs\":[{\"id\":\"a:$1\",\"value\":1}]}" --max-time 5 | grep -q '"status":"ok"'; }
# all_have ID: eight new connections, so that each worker has one
all_have() { for _ in 1 2 3 4 5 6 7 8; do curl -s --max-time 5 "$url/sync?group=a" | grep -q "\"a:$1\"" || return 1; done; }

for suffix in -shm -wal; do
	db=$work/test$suffix.db
	serve_open --workers 2
	wait_for "a push is taken" written "before$suffix"
	mv "$db$suffix" "$work/elsewhere"
	victim=$(workers | head -1)
	kill -KILL "$(writer)" "$victim"
	wait_for "without $suffix the next writer says so" grep -q 'process=writer .*event=database_moved reason="the log or the wal-index of .*, which workers use' "$log"
	wait_for "and so does the next worker" grep -q 'event=database_failed reason="the log or the wal-index of .* was removed' "$log"
	[ ! -e "$db$suffix" ]
	ok $? "neither makes another"
	mv "$work/elsewhere" "$db$suffix"
	wait_for "put back, the server is ready" ready_is 200
	wait_for "a push is taken" written "after$suffix"
	wait_for "and every worker sees it" all_have "after$suffix"
	# The eight may all have come to one worker, and another be starting still.
	wait_for "as all before" all_have "before$suffix"

	# In an upgrade the new run has a memory of its own.
	mv "$db$suffix" "$work/elsewhere"
	cp "$work/elsewhere" "$db$suffix"
	: >"$log"
	kill -USR2 "$server"
	wait_for "nor is another $suffix taken in an upgrade" grep -q 'process=worker.* event=database_failed reason="the log or the wal-index of .* was removed or replaced' "$log"
	mv "$work/elsewhere" "$db$suffix"
	wait_for "put back, the upgrade goes on" grep -q 'event=upgraded' "$log"
	wait_for "a push is taken" written "upgraded$suffix"
	wait_for "and every worker sees it" all_have "upgraded$suffix"
	stop
done
finish
