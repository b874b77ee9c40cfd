#!/usr/bin/env bash
# A database server at the other end of a network connection, with a password: in its
# sandbox each process connects again, although the file of the password is gone. The
# server's standby takes over, and clients go on.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/postgres.sh"

# Sockets in folders are named after the port, too.
PGPORT=$(free_port)
other=$(free_port)
export PGPORT

pg_make one
pg_start one listen_addresses=127.0.0.1 port="$PGPORT"
pg_app one
pg_sql one app "ALTER ROLE app PASSWORD 'secret-word'"
"${pg_as[@]}" sed -i '1i host all app 127.0.0.1/32 scram-sha-256' "$work/pg/one/pg_hba.conf"
pg_sql one postgres "SELECT pg_reload_conf()" >"$work/out"
pg_sql one postgres "SELECT pg_create_physical_replication_slot('two')" >"$work/out"
"${pg_as[@]}" "$pg_bin/pg_basebackup" -h "$work/pg/one.s" -U pb -D "$work/pg/two" -R -S two --checkpoint=fast >"$work/out" 2>&1
ok $? "a standby is made"
"${pg_as[@]}" sed -i "s/\(primary_conninfo = '\)/\1application_name=two /" "$work/pg/two/postgresql.auto.conf"
"${pg_as[@]}" mkdir "$work/pg/two.s"
first=$PGPORT
PGPORT=$other
pg_start two listen_addresses=127.0.0.1 port="$other"
PGPORT=$first

export PGPASSFILE=$work/pgpass
echo '*:*:*:app:secret-word' >"$PGPASSFILE"
chmod 600 "$PGPASSFILE"
host a "postgresql://app@localhost:$PGPORT,localhost:$other/app" --auth off
mv "$PGPASSFILE" "$PGPASSFILE.gone"
is "$(cat /proc/"$server"/cmdline "$log" "$log.out" | grep -c secret-word)" 0 "the password is nowhere to be seen"

# put ID: a document, once the host writes
put() { wait_for "$1 is written" writes "$1"; }
writes() { push "{\"docs\":[{\"id\":\"$1\",\"op\":\"op-$1\",\"base\":0,\"value\":1}]}" | grep -q '"status":"ok"'; }

put t:1
stream docs 'group=t&docs=1'
docs=$stream
pg_sql one postgres "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'app'" >"$work/out"
put t:2
wait_for "the stream goes on" saw docs '"t:2"'

# ---- The standby takes over ----

pg_is_synchronous() { [ "$(pg_sql one postgres "SELECT sync_state FROM pg_stat_replication")" = sync ]; }
pg_sql one postgres "ALTER SYSTEM SET synchronous_standby_names = 'two'" "SELECT pg_reload_conf()" >"$work/out"
wait_for "the standby is synchronous" pg_is_synchronous
put t:3
id=$(last_id docs)
pg_end one QUIT
PGPORT=$other
pg_sql two postgres "SELECT pg_promote()" >"$work/out"
put t:4
wait_for "the stream goes on with the standby" saw docs '"t:4"'
kill -0 "$docs"
ok $? "it is the same one"
like "$(pull "group=t&since=$id")" '"id":"t:4".*"reset":false' "its ids do, too"
is "$(pull group=t | grep -o '"id"' | wc -l)" 4 "nothing is lost"
hosts_stop
finish
