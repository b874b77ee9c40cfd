#!/usr/bin/env bash
# Tokens are nowhere but with who was given them: not in logs, metrics, answers to
# administrators, the shared map, nor in the database, which does not hold what would
# sign in.
. "$(dirname "$0")/lib.sh"
command -v perl >/dev/null || skip_all "perl is not installed"

tokens=$work/tokens
: >"$tokens"
id_of() { printf '%s' "$1" | cut -c5-20; }
auth() { printf 'Authorization: Bearer %s' "$1"; }
keep() { printf '%s\n' "$1" >>"$tokens"; }
add() { "$POCKETBOOK" token add --db "$db" --group todos "$@" 2>>"$work/said"; }
bytes() { perl -e 'binmode STDOUT; print pack "H*", <STDIN>'; }
# The 32 secret bytes, in hexadecimal. A text may have _ itself, so it is cut by place.
secret_of() { printf '%s' "$1" | cut -c22- | tr '_-' '/+' | base64 -d | od -An -v -tx1 | tr -d ' \n' | cut -c1-64; }
# nowhere NAME PLACE...
nowhere() {
	local name=$1 got
	shift
	got=$(perl "$here/secrets.pl" "$tokens" "$@" 2>&1)
	like "$got" '^[1-9][0-9]*$' "$name: there is something to look at"
	unlike "$got" 'FOUND|[a-z]' "$name: no token in it"
}

# ---- The search finds what is there ----
first=$(add --user ann)
keep "$first"
printf 'x%sy' "$first" >"$work/planted.text"
secret_of "$first" | bytes >"$work/planted.bytes"
is "$(perl "$here/secrets.pl" "$tokens" "$work/planted.text" "$work/planted.bytes" "$work/said" | grep -c FOUND)" 2 \
	"the search finds a token as text and as bytes, and what was said holds none"
env -i A="$first" perl -e '$x = $ENV{A}; $| = 1; print "ready\n"; sleep 600' >"$work/holder" &
holding=$!
wait_for "a process holds a token" grep -q ready "$work/holder"
like "$(perl "$here/secrets.pl" "$tokens" "memory:$holding")" FOUND "the search finds one in a process's memory"
kill "$holding"

# ---- A busy life: every way in which a token comes, good and bad ----
serve --workers 2 --access-log on --log-level debug --metrics-listen 127.0.0.1:0
metrics=$(sed -n 's/.*metrics at \(http:[^ ]*\)$/\1/p' "$log")
second=$(add --user bob --expires 1h)
keep "$second"
short=$(add --user eve --expires 1s)
keep "$short"
case $first in *A?????????) wrong=${first%??????????}B${first#"${first%?????????}"} ;; *) wrong=${first%??????????}A${first#"${first%?????????}"} ;; esac
forged=pbk_$(id_of "$second")_$(printf '%s' "$first" | cut -c22-)
keep "$wrong"
for token in "$first" "$second" "$wrong" "$forged"; do
	for where in sync events '' todomvc healthz sync/x; do
		curl -s -m 1 -o "$work/body" "$url/$where?group=todos&token=$token"
		curl -s -m 1 -o "$work/body" "$url/$where?group=todos" -H "$(auth "$token")" -H "Referer: $url/?token=$token" -H "User-Agent: $token"
	done
	curl -s "$url/sync" -H "$(auth "$token")" -H 'Content-Type: application/json' -d '{"docs":[{"id":"todos:1","value":1}]}' >/dev/null
	curl -s "$url/sync" -H "Authorization: Basic $token" >/dev/null
	curl -s "$url/sync" -H "X-Request-Id: $token" -H "$(auth "$token")" -d x >/dev/null
done
is "$(status_of "$url/sync?group=todos" -H "$(auth "$second")")" 200 "a token is used"
is "$(status_of "$url/sync?group=todos" -H "$(auth "$forged")")" 401 "and a wrong one refused"
stream open "group=todos&token=$second"
third=$("$POCKETBOOK" token rotate "$(id_of "$second")" --db "$db" 2>>"$work/said")
keep "$third"
wait_for "a rotated token's stream ends" gone "$stream"
is "$(status_of "$url/sync?group=todos" -H "$(auth "$third")")" 200 "the new one is used"
"$POCKETBOOK" token revoke "$(id_of "$first")" --db "$db" 2>>"$work/said"
is "$(status_of "$url/sync?group=todos" -H "$(auth "$first")")" 401 "a revoked one refused"
stream held "group=todos&token=$third"
for child in $(workers); do kill -ABRT "$child"; done
died_twice() { [ "$(grep -c 'event=child_start child=worker' "$log")" -ge 2 ]; }
wait_for "workers that crash are replaced" died_twice
is_back() { curl -s "$url/sync?group=todos" -H "$(auth "$third")" | grep -q cursor; }
wait_for "and serve again" is_back

# ---- Where none may be ----
{
	"$POCKETBOOK" token list --db "$db"
	"$POCKETBOOK" token list --json --db "$db"
	"$POCKETBOOK" stats --db "$db"
	"$POCKETBOOK" stats --json --db "$db"
} >"$work/answers"
like "$(cat "$work/answers")" "$(id_of "$third")" "administrators are told ids"
nowhere "answers to administrators" "$work/answers" "$work/said"
curl -s "$metrics" >"$work/metrics"
nowhere "metrics" "$work/metrics"
like "$(cat "$log")" 'event=access .*path=/events' "the log tells of requests"
nowhere "the log" "$log" "$log.out"
"$POCKETBOOK" backup "$work/copy" --db "$db" 2>/dev/null
nowhere "the database, its log and index, and a backup" "$db" "$db-wal" "$db-shm" "$work/copy"
if [ "$(id -u)" = 0 ]; then
	nowhere "the shared map: ring and score board" "shared:$server"
	nowhere "the master's memory" "memory:$server"
	nowhere "the writer's memory" "memory:$(writer)"
fi
for file in "$db" "$db-wal" "$db-shm" "$db.lock" "$db.sock"; do
	is "$(stat -c %a "$file")" 600 "${file##*/} is its owner's alone"
done

# ---- Who steals the database has hashes, and a hash is no token ----
# sealed ID HEX: a token of that id and these 32 bytes, with a right checksum
sealed() {
	local sum
	sum=$({ printf '%s' "$1" && printf '%s' "$2" | bytes; } | b2sum -l 256 | cut -c1-8)
	printf 'pbk_%s_%s' "$1" "$(printf '%s%s' "$2" "$sum" | bytes | base64 -w0 | tr '/+' '_-')"
}
is "$(sealed "$(id_of "$third")" "$(secret_of "$third")")" "$third" "we can put a token together from its secret"
hashes=$(sqlite3 "$work/copy" "SELECT id || ' ' || lower(hex(hash)) FROM token")
like "$hashes" "^$(id_of "$third") [0-9a-f]{64}\$" "the database has a hash of it"
used=
while read -r id hash; do
	used="$used $(status_of "$url/sync?group=todos" -H "$(auth "$(sealed "$id" "$hash")")")"
done <<<"$hashes"
# shellcheck disable=SC2086 # a list
is "$(printf '%s\n' $used | sort -u)" 401 "which does not sign in as one"
is "$(status_of "$url/sync?group=todos" -H "$(auth "$third")")" 200 "as the secret does"
stop

# ---- Whatever the umask ----
umask 0
db=$work/open.db
serve
add --user ann >/dev/null
for file in "$db" "$db-wal" "$db-shm" "$db.lock" "$db.sock"; do
	is "$(stat -c %a "$file")" 600 "${file##*/} is its owner's alone, whatever the umask"
done
stop
finish
