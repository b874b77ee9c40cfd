#!/usr/bin/env bash
# Copies from a file to PostgreSQL and back: everything is the same there, a copy is
# made as a whole or not at all, and what cannot be copied is refused with the reason.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/postgres.sh"
. "$(dirname "$0")/invite.sh"

pg_make one
pg_start one
pg_app one
pg_url=$(pg_url one)
for name in b c d; do pg_sql one postgres "CREATE DATABASE $name OWNER app"; done
named() { echo "postgresql://app@/$1?host=$work/pg/one.s"; }
schemas() { pg_sql one "$1" "SELECT count(*) FROM pg_namespace WHERE nspname = 'pocketbook'"; }

# run COMMAND...: its output in $out, its messages in $err, its exit status in $status
run() {
	"$POCKETBOOK" "$@" >"$work/out" 2>"$work/err.log"
	status=$?
	out=$(cat "$work/out")
	err=$(cat "$work/err.log")
}
refused() {
	is "$status $(wc -l <"$work/err.log")" "$1 1" "$3: status $1, one line"
	like "$err" "$2" "$3"
}
# Everything that commands tell of a database.
look() {
	"$POCKETBOOK" export --db "$1"
	"$POCKETBOOK" token list --db "$1" --json
	"$POCKETBOOK" epoch --db "$1" --json
}

# ---- A database with everything in it ----

token=$("$POCKETBOOK" token add --db "$db" --user ann --group t --quota documents=50,bytes=100000 2>/dev/null)
"$POCKETBOOK" token add --db "$db" --user bob --group u:ro --expires 30d >/dev/null 2>&1
serve --history 3 --history u=off
put() { curl -s -o "$work/answer" -w '%{http_code}' "$url/sync" -H "Authorization: Bearer $1" -H 'Content-Type: application/json' --data-binary "$2"; }
big=$(head -c 5000 /dev/zero | tr '\0' x)
is "$(put "$token" '{"docs":[{"id":"t:1","base":0,"value":{"a":[1,"é"]}},{"id":"t:2","base":0,"value":2},{"id":"t:n:1","base":0,"value":"'"$big"'"}]}')" 200 "a push"
is "$(put "$token" '{"docs":[{"id":"t:2","base":1,"deleted":true},{"id":"t:1","base":1,"op":"o1","value":null}]}')" 200 "a change and a deletion"
# Where a client is: at the end, and in the middle of its first load.
get() { curl -s "$url/sync?$1" -H "Authorization: Bearer $token"; }
end=$(get group=t | field cursor) middle=$(get "group=t&limit=1" | field cursor)
# A member who joined by an invitation, and was removed.
secret=$(invite --group club --uses 5)
key=$(new_key)
is "$(join "$secret" eve "$key")" "200 eve" "a join"
"$POCKETBOOK" token revoke "$(id_of "$(joined)")" --db "$db"
run copy --db "$db" --to "$pg_url"
refused 1 "another pocketbook serves the database" "the source is in use"
stop
for i in $(seq 300); do printf '{"id":"u:%d:%d","value":"%d"}\n' $((i % 7)) "$i" "$RANDOM"; done >"$work/import"
"$POCKETBOOK" import --db "$db" --json "$work/import" >/dev/null
for id in u:1:1 u:2:2; do "$POCKETBOOK" doc rm "$id" --db "$db" >/dev/null; done
look "$db" >"$work/before"

# ---- There and back ----

run copy --db "$db" --to "$pg_url"
is "$status $(wc -l <"$work/err.log")" "0 1" "copy"
like "$err" '300 documents, 3 deleted, 2 tokens; both have the checksum [0-9a-f]{32}' "and tells what it has"
sum=$(grep -o 'checksum [0-9a-f]*' "$work/err.log")
look "$pg_url" >"$work/after"
ok "$(cmp -s "$work/before" "$work/after"; echo $?)" "the copy has the same documents, tokens and epoch"
run check --db "$pg_url"
is "$status" 0 "check finds nothing in it"
is "$(pg_sql one app "SELECT replace(history, chr(10), ' ') FROM pocketbook.meta")" "*=3 u=0" "and the rules of the history"
run copy --db "$pg_url" --to "$(named b)" --lanes 4
is "$status $(grep -o 'checksum [0-9a-f]*' "$work/err.log")" "0 $sum" "to another one, with lanes: the same checksum"
run check --db "$(named b)"
is "$status" 0 "check finds nothing in it"
run copy --db "$pg_url" --to "$work/back.db" --json
is "$status $(grep -o '"checksum":"[0-9a-f]*' "$work/out" | sed 's/.*"/checksum /')" "0 $sum" "and back: the same checksum"
is "$(stat -c %a "$work/back.db")" 600 "nobody else may read the file"
run check --db "$work/back.db"
is "$status" 0 "check finds nothing in it"
look "$work/back.db" >"$work/after"
ok "$(cmp -s "$work/before" "$work/after"; echo $?)" "it has what there was at first"
# Clients go on with their cursors.
file=$db
host a "$pg_url"
db=$file
use a
like "$(get "group=t&since=$end")" '"docs":\[\].*"more":false,"reset":false' "nothing is new to a client that had it all"
like "$(get "group=t&since=$middle")" '"t:1".*"reset":false' "a client in the middle gets the rest"
is "$(join "$secret" eve "$key") $(join "$secret" fay)" "403 invite-used 200 fay" "a member who was removed is none by the same join"
is "$(put "$token" '{"docs":[{"id":"t:1","base":2,"value":"new"}]}')" 200 "and pushes on its version"
like "$(get "group=t&since=$end")" '"docs":\[[{]"id":"t:1"[^]]*"new"[^]]*\].*"reset":false' "which others get by their cursor"
hosts_stop
# Numbers go on where they were, and the user's account is still hers.
"$POCKETBOOK" doc put v:1 1 --db "$pg_url" >/dev/null 2>"$work/said"
is "$("$POCKETBOOK" epoch --db "$pg_url" --json | grep -o '[0-9]*}')" "$(($("$POCKETBOOK" epoch --db "$db" --json | grep -o '[0-9]*}' | tr -d '}') + 2))}" "the next write has the next number"
is "$(pg_sql one app "SELECT documents, groups FROM pocketbook.account")" "2|2" "what a user has stored is kept"
old=$db db=$work/back.db
"$POCKETBOOK" doc put t:1 2 --db "$db" >/dev/null
is "$("$POCKETBOOK" doc log t:1 --json --db "$db" | wc -l)" 3 "the rules of the history are those of before"
serve
is "$(put "$token" '{"docs":[{"id":"t:1","base":3,"value":3}]}')" 200 "a server takes pushes on the copy"
is "$(join "$secret" eve "$key") $(join "$secret" fay)" "403 invite-used 200 fay" "nor there"
stop
db=$old

# ---- A new epoch ----

run epoch --new --db "$work/back.db"
ok "$([ "$status" = 0 ] && [ "$out" != "$(sed -n 's/^{"epoch":"\([^"]*\).*/\1/p' "$work/before")" ]; echo $?)" "epoch --new begins another one"
new=$out
run epoch --db "$work/back.db"
is "$status $out" "0 $new" "without --new it is shown"
like "$(cat "$work/back.db.audit")" 'act=epoch .*command=epoch' "the audit file has it"
run epoch --new --db "$pg_url"
is "$status $(pg_sql one app "SELECT count(*), max(starts[1]) - (SELECT max(seq) FROM pocketbook.doc) FROM pocketbook.epoch")" "0 2|0" "in PostgreSQL it begins at the head"

# ---- What is refused ----

run copy --db "$db" --to "$pg_url"
refused 1 "is not empty" "a target with documents"
run copy --db "$(named b)" --to "$work/lanes.db"
refused 1 "has 4 lanes.*export and import" "several lanes into a file"
run copy --db "$(named b)" --to "$(named c)"
refused 1 "make the target with 'pocketbook init --lanes 4'" "several lanes into one"
is "$(schemas c)" 0 "nothing was made"
run copy --db "$db" --to "$work/back.db"
refused 1 "already exists" "a file that is there"
run copy --db "$db"
refused 2 "needs --to" "no target"
run copy --db "$db" --to "postgresql://app:secret@/c"
refused 2 "contains a password" "a password in the URL"
pg_sql one app "UPDATE pocketbook.doc SET version = version + 9007199254740990 WHERE id = 'v:1'" >/dev/null
run copy --db "$pg_url" --to "$work/none.db"
refused 1 "v:1 has version 9007199254740991, which is none that there can be.*; nothing was copied" "a version that cannot be"
pg_sql one app "UPDATE pocketbook.doc SET version = version - 9007199254740990 WHERE id = 'v:1'" >/dev/null
run copy --db "$work/none.db" --to "$(named c)"
refused 1 "No such file" "no source"
run copy --db "$(named c)" --to "$work/none.db"
refused 1 "has no schema pocketbook yet" "a source that is not made"
"$pg_bin/psql" -X -q -h "$work/pg/one.s" -U app -d app -c "SET application_name = pocketbook" -c "SELECT pg_sleep(600)" >/dev/null 2>&1 &
sleeper=$!
sleeps() { [ "$(pg_sql one app "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND application_name = 'pocketbook' AND pid <> pg_backend_pid()")" = 1 ]; }
wait_for "another session" sleeps
run copy --db "$pg_url" --to "$work/used.db"
refused 1 "1 other connections.*stop the servers on all hosts" "a source that is in use"
pg_sql one app "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pocketbook'" >/dev/null
wait "$sleeper" 2>/dev/null

# ---- Nothing half made ----

"$POCKETBOOK" doc put w:1 '"unmistakable"' --db "$db" >/dev/null
cp "$db" "$work/damaged.db"
LC_ALL=C sed -i 's/unmistakable/unmistakably/' "$work/damaged.db"
run copy --db "$work/damaged.db" --to "$(named c)"
is "$status" 1 "a damaged source: status 1"
like "$err" "is damaged.*nothing was copied" "a damaged source"
is "$(schemas c)" 0 "nothing was made"
if [ "${FAULTS:-no}" = yes ]; then
	POCKETBOOK_FAULTS=copy_made=kill run copy --db "$pg_url" --to "$work/killed.db"
	[ ! -e "$work/killed.db" ]
	ok $? "a copy that is killed has no name"
	"$POCKETBOOK" copy --db "$pg_url" --to "$work/killed.db" >/dev/null 2>&1
	ok $? "the next one is made"
	is "$(find "$work" -name '*.unfinished-*' | wc -l)" 0 "and removes what it left"
fi
# The server ends while the rows are coming in.
pg_sql one d "CREATE SCHEMA pocketbook AUTHORIZATION app"
"$POCKETBOOK" init --db "$(named d)" >/dev/null
pg_sql one d "CREATE FUNCTION pocketbook.stop() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END \$\$" \
	"CREATE TRIGGER stop BEFORE INSERT ON pocketbook.token FOR EACH ROW EXECUTE FUNCTION pocketbook.stop()"
run copy --db "$db" --to "$(named d)"
is "$status $(wc -l <"$work/err.log")" "1 1" "a connection that is lost: one line"
is "$(pg_sql one d "SELECT count(*) FROM pocketbook.doc")" 0 "nothing was copied"
pg_sql one d "DROP TRIGGER stop ON pocketbook.token"
run copy --db "$db" --to "$(named d)"
is "$status $(pg_sql one d "SELECT count(*) FROM pocketbook.doc")" "0 304" "the next one is whole"
pg_end one INT
finish
