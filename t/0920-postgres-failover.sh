#!/usr/bin/env bash
# Failover of PostgreSQL: what was acknowledged is there with a synchronous standby, and
# cursors go on or reset as the lineage of epochs says, also with an asynchronous one.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/postgres.sh"
[ -x "${BUILD:-}/t/postgres_load" ] || skip_all "t/postgres_load is not built"

# standby NAME OF: a copy that follows
standby() {
	"${pg_as[@]}" "$pg_bin/pg_basebackup" -h "$work/pg/$2.s" -U pb -D "$work/pg/$1" -R --checkpoint=fast
	"${pg_as[@]}" mkdir "$work/pg/$1.s"
	pg_start "$1"
}
# value NAME SQL: of the database
value() { pg_sql "$1" app "SET search_path = pocketbook" "$2"; }
# goes_on NAME EPOCH SEQ: whether a cursor is continued
goes_on() { value "$1" "SELECT flag FROM pull(0, 'load', $2, $3, 0, 0, 1, 1000) LIMIT 1"; }
streams() { [ "$(pg_sql "$1" postgres "SELECT count(*) FROM pg_stat_replication WHERE sync_state = '$2'")" = 1 ]; }
# caught_up FROM TO: TO has replayed all of FROM
caught_up() {
	[ "$(value "$1" "SELECT max(seq) FROM change")" = "$(value "$2" "SELECT max(seq) FROM change")" ]
}
acked() { wc -l <"$work/acked"; }
# waits NAME [PID]: a commit waits for the standby, of another session than PID
waits() {
	waiting=$(pg_sql "$1" postgres "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND pid <> ${2:-0}")
	[ -n "$waiting" ]
}
acked_more() { [ "$(acked)" -gt "$1" ]; }

pg_make one
pg_start one
pg_app one
"$POCKETBOOK" init --db "$(pg_url one)" >"$work/init.log"
first=$(value one "SELECT epoch_now()")

# ---- A crash of the only server ----

"$POCKETBOOK" doc put load:crash 1 --db "$(pg_url one)" >>"$work/init.log"
pg_end one QUIT
pg_start one
is "$(value one "SELECT count(*) FROM alive")" 0 "a crash empties the unlogged row"
is "$(value one "SELECT epoch_now()")" "$first" "readers still see the old epoch"
"$POCKETBOOK" doc put load:crash 2 --db "$(pg_url one)" >>"$work/init.log"
second=$(value one "SELECT epoch_now()")
is "$(value one "SELECT starts FROM epoch WHERE n = 2")" "{1}" "the next write begins an epoch at the head"
is "$(goes_on one "$first" 1) $(goes_on one "$first" 2)" "t f" "cursors up to there go on, others reset"
pg_end one INT
pg_start one
is "$(value one "SELECT count(*) FROM alive")" 1 "an orderly restart keeps the epoch"

# ---- A synchronous standby ----

standby two one
pg_sql one postgres "ALTER SYSTEM SET synchronous_standby_names = '*'" "SELECT pg_reload_conf()" >/dev/null
wait_for "the standby is synchronous" streams one sync
mkfifo "$work/input"
"$BUILD/t/postgres_load" "postgresql://app@/app?host=$work/pg/one.s,$work/pg/two.s" <"$work/input" >"$work/acked" 2>"$work/load.log" &
load=$!
exec 8>"$work/input"
wait_for "pushes are acknowledged" acked_more 30
# The session ends while its commit waits, so that the commit is on this machine only.
pg_end two INT
wait_for "a push waits for the standby" waits one
before=$(acked)
session=$waiting
pg_sql one postgres "SELECT pg_terminate_backend($session)" >/dev/null
wait_for "sent again, it waits for the standby again" waits one "$session"
is "$(acked)" "$before" "it was not acknowledged, though it is visible"
pg_start two 8>&-
wait_for "the standby is synchronous again" streams one sync
wait_for "pushes are acknowledged again" acked_more $((before + 30))

pg_end one QUIT
before=$(acked)
pg_sql two postgres "SELECT pg_promote()" >/dev/null
wait_for "pushes are acknowledged by the new primary" acked_more $((before + 30))
exec 8>&-
wait "$load"
is $? 0 "the writer ended in order"
like "$(cat "$work/load.log")" 'event=database_lost connection=main' "it noticed the loss"
value two "SELECT substr(id, 6) FROM doc WHERE id ~ '^load:[0-9]+$'" | sort -n >"$work/there"
is "$(comm -23 <(sort "$work/acked") <(sort "$work/there") | wc -l)" 0 "everything acknowledged is there"
is "$(value two "SELECT count(*) FROM doc WHERE id ~ '^load:[0-9]+$' AND version <> 1")" 0 "nothing was done twice"
start=$(value two "SELECT starts[1] FROM epoch WHERE n = 3")
[ "$start" -ge "$before" ]
ok $? "the new epoch begins behind all that was acknowledged before ($start, $before)"
is "$(goes_on two "$second" "$start")" t "cursors of the old primary go on"
"$POCKETBOOK" check --db "$(pg_url two)" >"$work/check.log" 2>&1
is $? 0 "the database is whole"

# ---- An asynchronous one ----

pg_sql two postgres "ALTER SYSTEM RESET synchronous_standby_names" "SELECT pg_reload_conf()" >/dev/null
standby three two
wait_for "the standby has everything" caught_up two three
third=$(value two "SELECT epoch_now()")
known=$(value two "SELECT max(seq) FROM change")
pg_end three INT
for i in 1 2 3; do "$POCKETBOOK" doc put "load:lost-$i" 1 --db "$(pg_url two)" >>"$work/init.log"; done
# The first group shows what will be lost before the second one has begun.
db=$(pg_url two)
mkdir "$work/run"
serve_with=(--runtime-dir "$work/run")
place=$(printf '%016x.%d' "$third" "$known")
serve_open
stream one "group=load&group=other&docs=1&since=$place"
wait_for "a stream of two groups shows them" saw one 'load:lost-3"'
id=$(grep -B2 'load:lost-3"' "$work/one" | sed -n 's/^id: //p')
stop
pg_end two QUIT
pg_start three
pg_sql three postgres "SELECT pg_promote()" >/dev/null
for i in 1 2; do "$POCKETBOOK" doc put "load:new-$i" 1 --db "$(pg_url three)" >>"$work/init.log"; done
is "$(value three "SELECT max(seq) FROM change")" $((known + 2)) "the numbers go on where the standby was"
is "$(goes_on three "$third" "$known")" t "a cursor that has seen nothing of the lost writes goes on"
is "$(goes_on three "$third" $((known + 1)))$(goes_on three "$third" $((known + 2)))$(goes_on three "$third" $((known + 3)))" fff \
	"those beyond reset, though their numbers exist again"
db=$(pg_url three)
serve_open
stream shown "group=load&group=other&docs=1" -H "Last-Event-ID: $id"
wait_for "a stream that has shown lost writes resets" saw shown '^data: .*"load:new-1".*"reset":true'
stream place "group=load&group=other&docs=1" -H "Last-Event-ID: $place"
wait_for "one that has shown none goes on from the same place" saw place '^data: .*"load:new-1".*"reset":false'
stop
pg_end three INT
finish
