#!/usr/bin/env bash
# Only the writer process commits to the database and checkpoints it, whatever is going
# on: in SQLite before 3.51.3 a checkpoint in one process that races a commit in another
# can corrupt the database (https://www.sqlite.org/wal.html#walresetbug).
. "$(dirname "$0")/lib.sh"
[ "$FAULTS" = yes ] || skip_all "this build has no fault points (--enable-faults)"
export POCKETBOOK_WITNESS=$work/witness POCKETBOOK_WITNESS_DB=$db
json='Content-Type: application/json'

value=$(printf '%060000d' 0)
for i in $(seq 16); do printf '%s{"id":"big:%d","base":BASE,"op":"opBASE","value":"%s"}' "$([ "$i" = 1 ] || echo ,)" "$i" "$value"; done >"$work/body.json"
version=0
# load: several MiB into the log, so that there is something to checkpoint
load() {
	for _ in 1 2 3 4 5 6; do
		sed "s/BASE/$version/g; s/.*/{\"docs\":[&]}/" "$work/body.json" >"$work/push"
		wait_for "a push is taken" sh -c 'curl -s "$1/sync" -H "$2" --data-binary @"$3" | grep -q "\"status\":\"ok\""' - "$url" "$json" "$work/push"
		version=$((version + 1))
	done
}
# command_runs WORD...: one that is there, while the server runs; what it says does not
# matter
command_runs() { "$POCKETBOOK" "$@" --db "$db" >"$work/out" 2>"$work/err"; }

serve --workers 3 --auth off
writers="$(writer) "
load
stream docs 'group=big&docs=1&since=0'
for i in 1 2 3 4 5 6; do pull 'group=big&limit=10000' >/dev/null; done
command_runs token add --user ann --group todos
ok $? "a token is made"
# commands: all that look at a database or change it
printf '{"id":"todos:imported","value":1}\n' >"$work/lines"
commands() {
	rm -f "$work/backup.db" "$work/export"
	while read -r words; do
		eval "command_runs $words"
		status_of_command=$?
		ok $status_of_command "$1: pocketbook $words"
		[ $status_of_command = 0 ] || note "$(cat "$work/err")"
	done <<-'END'
		token list
		purge --older-than 0s
		backup "$work/backup.db"
		check
		export "$work/export"
		import "$work/lines" --existing replace
		stats
		doc get big:1
		doc put todos:one 1
		doc ls todos
		doc rm todos:one
	END
}
commands "with a server"
for _ in 1 2 3; do
	victim=$(workers | head -1)
	kill -KILL "$victim"
	before=$(writer)
	kill -KILL "$before"
	wait_for "a killed writer is replaced" sh -c "grep -q 'event=child_exit child=writer child_pid=$before ' '$log'"
	load
	writers="$writers$(writer) "
	for i in 1 2 3 4 5 6; do pull 'group=big&limit=10000' >/dev/null; done
done
stop
is "$status" 0 "the server stops"
cut -d' ' -f1 "$work/witness" | sort -u >"$work/seen"
others=$(while read -r pid; do case " $writers" in *" $pid "*) ;; *) grep "^$pid " "$work/witness" | tr '\n' ';' ;; esac; done <"$work/seen")
is "$others" "" "nobody but the writers has written, synced, committed, checkpointed or recovered"
for what in 'commit db' 'checkpoint db' 'write wal' 'sync wal' 'write db'; do
	is "$(grep -c " $what\$" "$work/witness")" "$(echo "$writers" | wc -w)" "each of them did: $what"
done

# The witness sees others too: without a server the command itself is the writer.
command_runs token add --user ben --group todos
commands "without a server"
like "$(grep -v -F -f "$work/seen" "$work/witness")" ' commit db' "a command without a server commits by itself"
if command -v sqlite3 >/dev/null; then is "$(sqlite3 "$db" 'pragma integrity_check')" ok "the database is sound"; fi
finish
