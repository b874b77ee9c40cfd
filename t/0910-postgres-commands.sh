#!/usr/bin/env bash
# Commands on a PostgreSQL database: what works, and what is refused with the reason. A
# password is nowhere to be seen.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/postgres.sh"

pg_make one
pg_start one
pg_app one
url=$(pg_url one)

# run COMMAND...: its output in $out, its messages in $err, its exit status in $status
run() {
	"$POCKETBOOK" "$@" >"$work/out" 2>"$work/err.log"
	status=$?
	out=$(cat "$work/out")
	err=$(cat "$work/err.log")
}
# refused STATUS PATTERN NAME: of the last run: one line, and that status
refused() {
	is "$status $(wc -l <"$work/err.log")" "$1 1" "$3: status $1, one line"
	like "$err" "$2" "$3"
}

# ---- Without libpq ----

mkdir "$work/lib"
: >"$work/lib/libpq.so.5"
for command in "init" "doc get t:1" "check" "export"; do
	# shellcheck disable=SC2086 # words
	LD_LIBRARY_PATH=$work/lib run $command --db "$url"
	refused 1 "client library of PostgreSQL cannot be loaded.*install it, in Debian the package libpq5" "$command without libpq"
done

# ---- Making it ----

run doc get t:1 --db "$url"
refused 1 "has no schema pocketbook yet; make it with 'pocketbook init'" "there is no database yet"
for command in "token list" "token invites" "token revoke 0123456789abcdef" "stats --by user" "purge --older-than 0s" "doc put t:1 1" "epoch --new"; do
	# shellcheck disable=SC2086 # words
	run $command --db "$url"
	refused 1 "has no schema pocketbook yet.*or restore a backup if it had documents" "$command makes none"
done
is "$(pg_sql one app "SELECT count(*) FROM pg_namespace WHERE nspname = 'pocketbook'")" 0 "so there is none"
run init --db "$url" --lanes 17
refused 2 "lanes" "too many lanes"
run init --db "$url" --lanes 2
is "$status" 0 "init"
run init --db "$url"
refused 1 "is made already, with lanes = 2" "init again"
is "$(pg_sql one app 'SELECT count(*), max(lanes) FROM pocketbook.meta')" "1|2" "it was made once"

# ---- Documents ----

run doc put t:1 '{"a":1}' --db "$url"
is "$status" 0 "doc put"
run doc get t:1 --db "$url"
like "$out" 'VALUE +[{]"a":1[}]' "doc get"
for i in 1 2 3; do printf '{"id":"u:n:%d","value":%d}\n' "$i" "$i"; done >"$work/import"
run import --db "$url" --json "$work/import"
is "$status" 0 "import"
run doc rm u:n:2 --db "$url"
is "$status" 0 "doc rm"
run doc ls u --db "$url"
is "$status" 0 "doc ls"
like "$out" 'u:n:1' "doc ls lists a document"
unlike "$out" 'u:n:2' "doc ls does not list a deleted one"
run tail --since 0 --once --group u --db "$url"
is "$status $(printf '%s\n' "$out" | grep -c '"id":"u:n:[13]","version":1,"value":[13]')" "0 2" "tail has the documents of a group"
run tail --since 0 --once --db "$url"
is "$status $(printf '%s\n' "$out" | grep -c '"id":"[tu]:.*"version":1,')" "0 3" "tail has those of all groups, in both lanes"
printf '%s\n' '{"id":"u:n:1","version":7,"value":"seven"}' '{"id":"u:n:3","version":1,"value":"old"}' >"$work/changes"
run import --changes --db "$url" "$work/changes"
is "$status $out" "0 1 imported, 1 as they were already" "import with versions"
run doc get u:n:1 --json --db "$url"
is "$out" '{"id":"u:n:1","version":7,"value":"seven"}' "keeps them"
run export --db "$url"
is "$status $(printf '%s\n' "$out" | grep -c '"id"')" "0 4" "export has all documents and the tombstone"
run purge --older-than 0s --db "$url"
is "$status $out" "0 1 purged" "purge"
run check --db "$url" --json
is "$status" 0 "check finds nothing"
pg_sql one app "UPDATE pocketbook.doc SET value = '[' WHERE id = 't:1'"
run check --db "$url"
is "$status" 1 "check finds damage"
like "$out$err" 't:1.*not Transit' "and says where"
run doc get t:1 --db "$url"
is "$status $out" "1 " "it is not printed"
like "$err" 't:1 cannot be read' "but reported"
pg_sql one app "UPDATE pocketbook.doc SET value = '{}' WHERE id = 't:1'"
run stats --db "$url" --json
is "$status" 0 "stats"
like "$out" '"documents":3' "stats counts"

# ---- Tokens ----

run token add --user ann --group t --db "$url"
is "$status" 0 "token add"
id=$(pg_sql one app "SELECT id FROM pocketbook.token")
run token list --db "$url"
like "$out" "$id" "token list"
run token rotate "$id" --db "$url"
is "$status" 0 "token rotate"
id=$(pg_sql one app "SELECT id FROM pocketbook.token")
run token revoke "$id" --db "$url"
is "$status $(pg_sql one app "SELECT count(*) FROM pocketbook.token")" "0 0" "token revoke"

# ---- What other tools do ----

run backup "$work/backup" --db "$url"
refused 1 "pg_dump" "backup"
[ ! -e "$work/backup" ]
ok $? "backup left nothing"
run restore "$work/import" --db "$url"
is "$status" 1 "restore is refused"
run serve --db "$url" --auth off --listen 127.0.0.1:0
refused 2 "name one with --runtime-dir DIR" "serve without a directory for its lock"

# ---- Bad URLs and servers ----

run doc get t:1 --db "postgresql://ann:secret@host/db"
refused 2 "contains a password" "a password in the URL"
unlike "$err" secret "the password is not repeated"
run doc get t:1 --db "postgresql://host/db?nonsense=1"
refused 1 "is not the URL of a PostgreSQL database" "an unknown parameter"
run doc get t:1 --db "postgresql://app@/app?host=$work/nowhere"
refused 1 "cannot connect to the database server" "no server"
run doc get t:1 --db "postgresql://app@/app?host=$work/nowhere,$work/pg/one.s"
is "$status" 0 "the second host is tried"
run doc get t:1 --db "postgresql://app@/none?host=$work/pg/one.s"
refused 1 "make that database" "no such database"

# A standby, which may be read and not written.
"${pg_as[@]}" "$pg_bin/pg_basebackup" -h "$work/pg/one.s" -U pb -D "$work/pg/two" -R --checkpoint=fast
"${pg_as[@]}" mkdir "$work/pg/two.s"
pg_start two
run doc get t:1 --db "$(pg_url two)"
refused 1 "it is a standby; name the primary too" "only a standby"
pg_end two INT

# Passwords: a user whom the server asks for one.
pg_sql one postgres "CREATE ROLE guarded LOGIN PASSWORD 'secret-word'" "GRANT app TO guarded"
"${pg_as[@]}" sed -i '1i local all guarded scram-sha-256' "$work/pg/one/pg_hba.conf"
pg_sql one postgres "SELECT pg_reload_conf()" >/dev/null
guarded="postgresql://guarded@/app?host=$work/pg/one.s"
export PGPASSFILE=$work/pgpass
run doc get t:1 --db "$guarded"
refused 1 "PGPASSFILE" "no password"
echo '*:*:*:guarded:wrong-word' >"$PGPASSFILE"
chmod 600 "$PGPASSFILE"
run doc get t:1 --db "$guarded"
refused 1 "password authentication failed.*PGPASSFILE" "a wrong password"
unlike "$err" 'wrong-word' "which is not repeated"
echo '*:*:*:guarded:secret-word' >"$PGPASSFILE"
run doc get u:n:1 --db "$guarded"
like "$status $out" "^0 ID +u:n:1" "the right password"


# The same from a file of ours. It is in no argument, environment or log of the server.
rm "$PGPASSFILE"
echo secret-word >"$work/password"
run doc get u:n:1 --db "$guarded" --db-password-file "$work/password"
refused 2 "--db-password-file: other users may read.*chmod 600" "a password file that others can read"
chmod 600 "$work/password"
run doc get u:n:1 --db "$guarded" --db-password-file "$work/password"
like "$status $out" "^0 ID +u:n:1" "a password file"
: >"$work/empty"
chmod 600 "$work/empty"
run doc get u:n:1 --db "$guarded" --db-password-file "$work/empty"
refused 2 "has no password" "an empty password file"
run doc get u:n:1 --db "$guarded" --db-password-file "$work/nowhere"
refused 2 "No such file" "no password file"
pg_sql one postgres "CREATE DATABASE served OWNER app"
db="postgresql://guarded@/served?host=$work/pg/one.s"
"$POCKETBOOK" init --db "$db" --db-password-file "$work/password" >"$work/out"
"$POCKETBOOK" doc put s:1 1 --db "$db" --db-password-file "$work/password" >"$work/out"
mkdir "$work/runtime"
serve --auth off --runtime-dir "$work/runtime" --db-password-file "$work/password"
like "$(pull group=s)" '"s:1"' "a server with a password file"
pids="$server $(children)"
for pid in $pids; do cat "/proc/$pid/cmdline" "/proc/$pid/environ"; done 2>/dev/null | tr '\0' '\n' >"$work/seen"
like "$(cat "$work/seen")" 'db-password-file' "its arguments can be read"
unlike "$(cat "$work/seen" "$log")" 'secret-word' "the password is in no argument, environment or log"
stop

# Rights: a user who may not read it, and one who may not make it.
pg_sql one postgres "CREATE ROLE guest LOGIN" "CREATE DATABASE empty"
run doc get t:1 --db "postgresql://guest@/app?host=$work/pg/one.s"
refused 1 "lacks a right" "no right to read"
run init --db "postgresql://guest@/empty?host=$work/pg/one.s"
refused 1 "lacks a right.*GRANT CREATE ON DATABASE" "no right to make it"
is "$(pg_sql one empty "SELECT count(*) FROM pg_namespace WHERE nspname = 'pocketbook'")" 0 "nothing was made"
pg_end one INT
finish
