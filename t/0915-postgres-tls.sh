#!/usr/bin/env bash
# A server with the role of deploy/patroni/role.sql, over TLS with a certificate that is
# verified: it serves, and may do nothing else. Its password is nowhere to be seen.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/postgres.sh"
command -v openssl >/dev/null || skip_all "openssl is not installed"

# ---- Certificates ----

# authority NAME: a key and a certificate that signs others
authority() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=$1" \
		-keyout "$work/$1.key" -out "$work/$1.crt" >>"$work/openssl.log" 2>&1
}
authority ca
authority other
openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=localhost" -addext "subjectAltName=DNS:localhost" \
	-keyout "$work/server.key" -out "$work/server.csr" >>"$work/openssl.log" 2>&1
openssl x509 -req -in "$work/server.csr" -CA "$work/ca.crt" -CAkey "$work/ca.key" -CAcreateserial -days 2 -copy_extensions copy \
	-out "$work/server.crt" >>"$work/openssl.log" 2>&1
install -m 600 "$work/server.key" "$work/pg/server.key"
install -m 644 "$work/server.crt" "$work/pg/server.crt"
[ "$(id -u)" != 0 ] || chown nobody "$work/pg/server.key" "$work/pg/server.crt"

# ---- The role ----

PGPORT=$(free_port)
export PGPORT
pg_make one
"${pg_as[@]}" tee "$work/pg/one/pg_hba.conf" >"$work/out" <<-'HBA'
	local all pb trust
	local pocketbook pocketbook scram-sha-256
	hostssl pocketbook pocketbook 127.0.0.1/32 scram-sha-256
	hostssl pocketbook pocketbook ::1/128 scram-sha-256
HBA
pg_start one listen_addresses=localhost port="$PGPORT" ssl=on ssl_cert_file="$work/pg/server.crt" ssl_key_file="$work/pg/server.key" log_statement=all
printf '%s\n' "it's a secret-word" >"$work/password"
chmod 600 "$work/password"
PASSWORD_FILE=$work/password "$pg_bin/psql" -X -q -h "$work/pg/one.s" -U pb -d postgres -f "$here/../deploy/patroni/role.sql" >"$work/out" 2>&1
is "$?" 0 "role.sql makes the role and the database" || note "$(cat "$work/out")"

db="postgresql://pocketbook@localhost:$PGPORT/pocketbook?sslmode=verify-full&sslrootcert=$work/ca.crt"
refused() {
	"$POCKETBOOK" doc get t:1 --db "$1" --db-password-file "$work/password" >"$work/out" 2>"$work/err.log"
	is "$? $(wc -l <"$work/err.log")" "1 1" "$3: status 1, one line"
	like "$(cat "$work/err.log")" "$2" "$3"
}
refused "${db/localhost/127.0.0.1}" 'certificate for "localhost".* does not match host name "127.0.0.1"' "another name than that of the certificate"
refused "${db/ca.crt/other.crt}" 'certificate verify failed' "a certificate of another authority"
refused "${db/ca.crt/none.crt}" 'none.crt.*does not exist' "no certificate of the authority"
refused "${db/sslmode=verify-full/sslmode=disable}" 'pg_hba.conf.*no encryption' "without TLS"
refused "${db/\/pocketbook\?/\/postgres?}" 'pg_hba.conf' "another database"

# ---- It serves ----

mkdir "$work/run"
"$POCKETBOOK" init --db "$db" --db-password-file "$work/password" >"$work/out" 2>&1
is "$?" 0 "init"
serve_open --workers 2 --runtime-dir "$work/run" --db-password-file "$work/password"
like "$(push '{"docs":[{"id":"t:1","base":0,"value":{"n":1}}]}')" '"status":"ok"' "a push"
like "$(pull group=t)" '"n":1' "a pull"
stream docs 'group=t&docs=1'
push '{"docs":[{"id":"t:2","base":0,"value":2}]}' >"$work/out"
wait_for "a stream has it" saw docs '"t:2"'
is "$(pg_sql one pocketbook "SELECT count(*) FILTER (WHERE NOT ssl), count(*) > 2 FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'pocketbook'")" \
	"0|t" "all its connections are encrypted"

# Each process connects again, in its sandbox.
pg_sql one postgres "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'pocketbook'" >"$work/out"
writes() { push '{"docs":[{"id":"t:3","op":"o3","base":0,"value":3}]}' | grep -q '"status":"ok"'; }
wait_for "it connects again" writes
wait_for "the stream goes on" saw docs '"t:3"'

# ---- And nothing more ----

as_role() {
	PGPASSWORD=$(cat "$work/password") "$pg_bin/psql" -X -q -A -t -h localhost -U pocketbook -d pocketbook -c "$1" 2>&1
}
is "$(as_role "SELECT current_user, rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls FROM pg_roles WHERE rolname = current_user")" \
	"pocketbook|f" "the role has no privileges"
for sql in "CREATE DATABASE more" "CREATE ROLE more" "SELECT * FROM pg_authid" "COPY pocketbook.doc TO '/tmp/pocketbook-doc'" \
	"COPY pocketbook.doc TO PROGRAM 'true'" "SELECT pg_read_file('/etc/passwd')" "ALTER SYSTEM SET fsync = off"; do
	like "$(as_role "$sql")" 'permission denied|must be' "it may not: $sql"
done

# ---- The password ----

for pid in $server $(children); do tr '\0' '\n' <"/proc/$pid/cmdline"; tr '\0' '\n' <"/proc/$pid/environ"; done >"$work/seen" 2>/dev/null
is "$(cat "$work/seen" "$log" "$log.out" "$work/pg.one.out" | grep -c 'secret-word')" 0 "the password is in no argument, environment or log, also of PostgreSQL"
stop
is "$status" 0 "the server stops"
pg_end one INT
finish
