#!/usr/bin/env bash
# The control socket in a directory of its own: serve and all commands that talk to a
# server find it by --runtime-dir.
. "$(dirname "$0")/lib.sh"

run=$work/run
mkdir -m 0755 "$run"
serve --workers 1 --runtime-dir "$run"
is "$(ls "$work"/test.db.sock 2>/dev/null)" "" "no control socket lies beside the database"
is "$(find "$run" -name 'test.db-*.sock' | wc -l)" 1 "it lies in the runtime directory"
id=$("$POCKETBOOK" token add --user ann --group '*' --db "$db" --runtime-dir "$run" 2>&1 >/dev/null | sed -n 's/.*its id is \([0-9a-f]*\)$/\1/p')
like "$id" '^[0-9a-f]{16}$' "token add reaches the server"
like "$("$POCKETBOOK" token list --db "$db" --run-dir "$run")" "^$id +ann" "token list, under the alias --run-dir"
like "$(POCKETBOOK_RUNTIME_DIR=$run "$POCKETBOOK" doc put todos:1 '{"a":1}' --db "$db")" 'todos:1 written' "doc put, by the environment"
printf 'runtime-dir = %s\ndb = %s\n' "$run" "$db" >"$work/conf"
like "$("$POCKETBOOK" stats --json --config "$work/conf")" '"server":\{"started"' "stats, by the configuration file"
like "$("$POCKETBOOK" top --db "$db" --runtime-dir "$run")" '^writer ' "top"
printf '{"id":"todos:2","value":2}\n' | "$POCKETBOOK" import --db "$db" --runtime-dir "$run" >"$work/out"
is "$(cat "$work/out")" "1 imported" "import"
is "$("$POCKETBOOK" purge --older-than 0s --db "$db" --runtime-dir "$run")" "0 purged" "purge"
"$POCKETBOOK" restore "$db" --force --db "$work/./test.db" --runtime-dir "$run" >/dev/null 2>&1
is "$?" 1 "restore refuses"
# Without the option the server is not found, and its lock is: nothing is written.
"$POCKETBOOK" doc put todos:3 3 --db "$db" >"$work/out" 2>"$work/err"
is "$?" 1 "a command without the option does not write"
like "$(cat "$work/err")" "another pocketbook \\(process $server\\) has the database" "and says who has the database"

# A reload and an upgrade stay where they are.
kill -HUP "$server"
wait_for "it reloads" grep -q 'event=reloaded' "$log"
kill -USR2 "$server"
wait_for "it renews itself" grep -qE 'event=(renewed|upgraded)' "$log"
like "$("$POCKETBOOK" stats --db "$db" --runtime-dir "$run")" 'running for' "the socket is still the one"
stop
is "$status" 0 "it stops"
is "$(find "$run" | wc -l)" 1 "nothing is left in the runtime directory"

chmod 0777 "$run"
timeout 60 "$POCKETBOOK" serve --auth off --listen 127.0.0.1:0 --db "$db" --runtime-dir "$run" >/dev/null 2>"$work/err"
is "$?" 1 "a directory that others may write to is refused"
like "$(cat "$work/err")" "^pocketbook: --runtime-dir: others may write to $run; " "with the reason"
"$POCKETBOOK" token list --db "$db" --runtime-dir "$run" >/dev/null 2>"$work/err"
is "$? $(wc -l <"$work/err")" "1 1" "by commands too"
timeout 60 "$POCKETBOOK" serve --auth off --listen 127.0.0.1:0 --db "$db" --runtime-dir "$work/missing" >/dev/null 2>"$work/err"
is "$?" 1 "one that is missing, too"
like "$(cat "$work/err")" "^pocketbook: --runtime-dir: cannot open $work/missing: No such file" "with the reason"
timeout 60 "$POCKETBOOK" serve --auth off --listen 127.0.0.1:0 --db example://host/db >/dev/null 2>"$work/err"
is "$?" 2 "a database server of an unknown kind is refused"
like "$(cat "$work/err")" '^pocketbook: --db: databases of the kind example://' "by the option's name"
finish
