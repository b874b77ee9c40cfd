#!/usr/bin/env bash
# A database of schema 1 with data is brought up to date by the first of two hosts that
# start, and is then like a new one. Who may not do that is told who may.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/postgres.sh"

pg_make one
pg_start one
pg_app one
for name in new refused; do pg_sql one postgres "CREATE DATABASE $name OWNER app"; done
named() { echo "postgresql://${2-app}@/$1?host=$work/pg/one.s"; }
app() { "$pg_bin/psql" -X -q -A -t -v ON_ERROR_STOP=1 -h "$work/pg/one.s" -U app -d "$@"; }

# run COMMAND...: its messages in $err, its exit status in $status
run() {
	"$POCKETBOOK" "$@" >"$work/out" 2>"$work/err.log"
	status=$?
	err=$(cat "$work/err.log")
}
refused() {
	is "$status $(wc -l <"$work/err.log")" "1 1" "$2: status 1, one line"
	like "$err" "$1" "$2"
}

# ---- A database as the first version made it ----

token=$("$POCKETBOOK" token add --user ann --group t --db "$(named new)" 2>/dev/null)
add_token=$(app new -c "SELECT format('SELECT token_add(%L, %L, %L, %s, 0, %L, %L, %L);', id, usr, hash, created,
	'{t}', '{t}', '{0,9,0,0,0}') FROM pocketbook.token")
# old DATABASE
old() {
	{
		echo "BEGIN; CREATE SCHEMA pocketbook; SET search_path = pocketbook;"
		cat "$here/postgres/schema-1.sql"
		cat <<-SQL
			INSERT INTO meta (program, schema, lanes) VALUES ('pocketbook', 1, 1);
			INSERT INTO change (lane, entry, seq, documents, tombstones, horizon, groups, seqs) VALUES (0, 0, 0, 0, 0, 0, '{}', '{}');
			SELECT epoch_check('created', false);
			SELECT push('{0}', '{}', '{0,0,0}', 1000, 1000000, 1000000, '{f}', '{1,1,1}', '{0,0,0}', '{t,t,t:n}', '{t:1,t:2,t:n:3}',
				'{0,0,0}', '{a,b,c}', '{f,f,f}', '{t,t,t}', ARRAY['{"n":1}', '2', '"é"']);
			SELECT push('{0}', '{}', '{0,0,0}', 1000, 1000000, 1000000, '{f}', '{1}', '{0}', '{t}', '{t:2}', '{1}', '{d}', '{t}', '{t}', '{null}');
			$add_token
			COMMIT;
		SQL
	} | app "$1" >"$work/made"
}
old app
old refused
epoch=$(app app -c "SELECT epoch FROM pocketbook.epoch")
is "$(app app -c "SELECT schema, (SELECT count(*) FROM pocketbook.doc) FROM pocketbook.meta")" "1|3" "a database of schema 1"
run doc get t:1 --db "$(pg_url one)"
refused "has an older schema [(]1 of [0-9]+[)].*'pocketbook init'" "a command that only reads"

# ---- Two hosts start on it, while somebody reads for long ----

holds() { [ "$(pg_sql one app "SELECT count(*) FROM pg_locks WHERE relation = 'pocketbook.meta'::regclass AND mode = 'AccessShareLock'")" -gt 0 ]; }
app app -c "BEGIN; LOCK TABLE pocketbook.meta IN ACCESS SHARE MODE; SELECT pg_sleep(600)" >"$work/holder.log" 2>&1 &
wait_for "a reader holds a table" holds
for name in a b; do
	mkdir "$work/run.$name"
	host_logs[$name]=$work/host.$name.log
	"$POCKETBOOK" serve --db "$(pg_url one)" --listen 127.0.0.1:0 --workers 1 --runtime-dir "$work/run.$name" \
		>"$work/host.$name.out" 2>"${host_logs[$name]}" &
	host_pids[$name]=$!
done
events() { cat "${host_logs[@]}" | grep -c "event=$1"; }
waits() { [ "$(events schema_waits)" = 1 ]; }
wait_for "one host waits for it" waits
is "$(app app -c "SELECT schema FROM pocketbook.meta")" 1 "and lets readers pass"
pg_sql one postgres "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()" >"$work/out"
for name in a b; do
	wait_for "host $name serves" grep -q 'serving http://' "${host_logs[$name]}"
	host_urls[$name]=$(sed -n 's/.*serving \(http:\/\/[^ ,]*\).*/\1/p' "${host_logs[$name]}" | head -1)
done
is "$(events schema_migrated) $(events schema_waits)" "1 1" "one of them has migrated it"
get() { curl -s "$url/sync?$1" -H "Authorization: Bearer $token"; }
for name in a b; do
	use "$name"
	like "$(get group=t)" '"t:1".*"n":1.*"t:n:3"' "host $name has the documents, for the token"
done
like "$(curl -s "$url/sync" -H "Authorization: Bearer $token" -H 'Content-Type: application/json' \
	--data-binary '{"docs":[{"id":"t:1","base":1,"value":"new"},{"id":"t:2","base":2,"value":"again"}]}')" \
	'"status":"ok","version":2.*"status":"ok","version":3' "pushes go on with the versions"
is "$(app app -c "SELECT count(*), max(epoch) FROM pocketbook.epoch")" "1|$epoch" "the epoch is the same"
is "$(app app -c "SELECT quota_documents FROM pocketbook.token")" 9 "the token has its quota"
hosts_stop
run check --db "$(pg_url one)"
is "$status" 0 "check finds nothing"

# ---- It is like a new one ----

catalog() {
	app "$1" <<-'SQL'
		SELECT 'column', c.relname, c.relkind, c.relpersistence, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
			a.attidentity, pg_get_expr(d.adbin, d.adrelid), c.reloptions
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
		WHERE c.relnamespace = 'pocketbook'::regnamespace
		UNION ALL SELECT 'index', indexdef, null, null, null, null, null, null, null, null, null FROM pg_indexes WHERE schemaname = 'pocketbook'
		UNION ALL SELECT 'constraint', conrelid::regclass::text, null, null, null, pg_get_constraintdef(oid), null, null, null, null, null
		FROM pg_constraint WHERE connamespace = 'pocketbook'::regnamespace
		UNION ALL SELECT 'function', proname, provolatile, null, null, pg_get_function_arguments(oid), pg_get_function_result(oid), null, null, md5(prosrc), null
		FROM pg_proc WHERE pronamespace = 'pocketbook'::regnamespace
		UNION ALL SELECT 'meta', schema::text, null, null, compatible, functions, null, null, null, null, null FROM pocketbook.meta
		ORDER BY 1, 2, 5, 6
	SQL
}
catalog app >"$work/migrated"
catalog new >"$work/new"
# Functions that servers of earlier versions still call may be there as well.
diff "$work/new" "$work/migrated" | grep '^[<>]' | grep -v '^> function' >"$work/difference"
is "$(cat "$work/difference")" "" "the migrated database is like a new one"

# ---- Functions alone ----

app new -c "SET search_path = pocketbook" -c "CREATE OR REPLACE FUNCTION epoch_now() RETURNS bigint LANGUAGE plpgsql STABLE AS 'BEGIN RETURN 0; END'" \
	-c "UPDATE meta SET functions = 'others'"
run init --db "$(named new)"
is "$status" 0 "init replaces functions that have changed"
is "$(catalog new | diff - "$work/new")" "" "and nothing else"
run init --db "$(named new)"
refused "is made already, with lanes = 1" "init has nothing to do then"

# ---- A role that may not ----

pg_sql one postgres "CREATE ROLE served LOGIN"
app refused -c "GRANT USAGE ON SCHEMA pocketbook TO served" -c "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA pocketbook TO served"
run token add --user ann --group t --db "$(named refused served)"
refused "older schema [(]1 of [0-9]+[)], which the user served may not change; run 'pocketbook init' once as its owner app" "no right to migrate"
is "$(app refused -c "SELECT to_jsonb(m) FROM pocketbook.meta m")" '{"one": true, "lanes": 1, "schema": 1, "program": "pocketbook"}' "nothing was changed"
run init --db "$(named refused)"
is "$status" 0 "the owner does it"
run doc put t:4 4 --db "$(named refused served)"
is "$status" 0 "then the other role can write"

# ---- Databases of later versions ----

app app -c "UPDATE pocketbook.meta SET schema = 99, compatible = 99"
for command in "doc get t:1" "doc put t:5 1" "init"; do
	# shellcheck disable=SC2086 # words
	run $command --db "$(pg_url one)"
	refused "newer version of this program [(]schema 99, this one knows [0-9]+[)]; upgrade" "$command on a schema that is too new"
done
app app -c "UPDATE pocketbook.meta SET compatible = 2, functions = 'theirs'"
run doc put t:5 1 --db "$(pg_url one)"
is "$status" 0 "a later schema that this version may use"
is "$(app app -c "SELECT schema, functions FROM pocketbook.meta")" "99|theirs" "it is left as it is"
pg_end one INT
finish
