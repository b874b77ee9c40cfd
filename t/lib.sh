# shellcheck shell=bash disable=SC2034 # variables for the script
# For the numbered scripts: a server of one's own, conditions that are waited for,
# results in the Test Anything Protocol. A script runs alone (`bash t/0010-sync.sh`)
# with ./pocketbook, or with the program that POCKETBOOK names.

set -u
here=$(cd "$(dirname "$0")" && pwd)
POCKETBOOK=${POCKETBOOK:-$here/../pocketbook}
FAULTS=${FAULTS:-no}
work=$(mktemp -d "${TMPDIR:-/tmp}/pocketbook-test.XXXXXX")
db=$work/test.db
count=0
failures=0
server=

note() { printf '# %s\n' "$*"; }

# ok STATUS NAME: one result; 0 is good.
ok() {
	count=$((count + 1))
	if [ "$1" = 0 ]; then
		printf 'ok %d - %s\n' "$count" "$2"
	else
		failures=$((failures + 1))
		printf 'not ok %d - %s\n' "$count" "$2"
	fi
}

# skip NAME REASON: a result that this machine cannot give.
skip() {
	count=$((count + 1))
	printf 'ok %d - %s # SKIP %s\n' "$count" "$1" "$2"
}

# is GOT WANTED NAME
is() {
	[ "$1" = "$2" ]
	ok $? "$3"
	[ "$1" = "$2" ] || note "got: $1" "; wanted: $2"
}

# like TEXT PATTERN NAME: an extended regular expression somewhere in it
like() {
	printf '%s\n' "$1" | grep -Eq -- "$2"
	like_status=$?
	ok $like_status "$3"
	[ $like_status = 0 ] || note "no match for: $2; in: $(printf '%s' "$1" | head -c 1000)"
}

# unlike TEXT PATTERN NAME
unlike() {
	! printf '%s\n' "$1" | grep -Eq -- "$2"
	ok $? "$3"
}

# wait_for NAME COMMAND...: until the command succeeds; a minute without that is a
# failure, said by its result. A command that sees progress begins the minute anew
# (tries=0).
wait_for() {
	wait_name=$1
	shift
	tries=0
	until "$@" >/dev/null 2>&1; do
		tries=$((tries + 1))
		if [ $tries -ge 1200 ]; then
			ok 1 "$wait_name"
			return 1
		fi
		sleep 0.05
	done
	ok 0 "$wait_name"
}

# serve OPTION...: starts a server on a port of the kernel's choice and waits until it
# is ready. Sets $server (pid), $url, $log. POCKETBOOK_FAULTS can be given in $faults.
faults=
serve_with=()
serve() {
	log=$work/server.$count.log
	POCKETBOOK_FAULTS=$faults "$POCKETBOOK" serve --db "$db" --listen 127.0.0.1:0 "${serve_with[@]}" "$@" >"$log.out" 2>"$log" &
	server=$!
	wait_for "the server starts" grep -q 'serving http://' "$log" || { cat "$log"; finish; }
	url=$(sed -n 's/.*serving \(http:\/\/[^ ,]*\).*/\1/p' "$log" | head -1)
}

serve_open() { serve --auth off "$@"; }

# another_db NAME: $db is a database that does not exist yet
another_db() { db=$work/$1.db; }
# Is the database a file? (`bash t/on-postgres.sh` runs scripts without one.)
has_file() { [ "${POCKETBOOK_TEST_HOSTS:-0}" = 0 ]; }
# Everything that the database holds, in some form
held_by_db() { cat "$db"*; }
# The path of the running server's control socket
control_socket() { echo "$db.sock"; }

gone() { ! kill -0 "$1" 2>/dev/null; }

# Ends all processes of the server at once, as a loss of power does, and waits until
# none of them holds a lock any more.
kill_all() {
	local pid family
	family="$server $(children)"
	# shellcheck disable=SC2086
	kill -KILL $family
	wait "$server" 2>/dev/null
	server=
	for pid in $family; do
		until gone "$pid" || grep -q '^State:.*[ZX]' "/proc/$pid/status" 2>/dev/null; do sleep 0.01; done
	done
}

# stop: SIGTERM, and its exit status in $status.
stop() {
	kill -TERM "$server" 2>/dev/null
	wait "$server"
	status=$?
	server=
}

# push JSON, or @FILE: the answer's body
push() { curl -s "$url/sync" -H 'Content-Type: application/json' --data-binary "$1"; }
pull() { curl -s "$url/sync?$1"; }
# status_of CURL-OPTION...
status_of() { curl -s -o "$work/body" -w '%{http_code}' "$@"; }
# field NAME: of the JSON on standard input, the first string or number of that name
field() { grep -o "\"$1\":[^,}]*" | head -1 | sed "s/\"$1\"://; s/^\"//; s/\"\$//"; }

# stream NAME QUERY [CURL-OPTION...]: opens an event stream into $work/NAME, waits for
# its greeting; its curl's pid is in $stream
stream() {
	stream_name=$1
	stream_query=$2
	shift 2
	# A new file: an older stream of that name may still write into its own.
	rm -f "$work/$stream_name"
	curl -sN "$@" "$url/events?$stream_query" >"$work/$stream_name" 2>/dev/null &
	stream=$!
	wait_for "stream $stream_name is open" grep -q 'event: connected' "$work/$stream_name"
}
# saw NAME PATTERN: has the stream brought this?
saw() { grep -Eq -- "$2" "$work/$1"; }
last_id() { sed -n 's/^id: //p' "$work/$1" | tail -1; }

# Pids of the server's processes. Its first child is the writer; a child that was
# replaced is logged.
children() { cat "/proc/$server/task/$server/children"; }
newest() { sed -n "s/.*event=child_start child=$1 child_pid=\([0-9]*\).*/\1/p" "$log" | tail -1; }
writer() {
	local pid
	pid=$(newest writer)
	[ -n "$pid" ] || pid=$(children | tr ' ' '\n' | head -1)
	echo "$pid"
}
workers() { children | tr ' ' '\n' | grep -v "^$(writer)\$" | grep .; }
# holder PORT: the process that has the server's side of the connection from that local
# port
inode_of() {
	awk -v from="$(printf ':%04X' "${url##*:}")" -v to="$(printf ':%04X' "$1")" \
		'$2 ~ from"$" && $3 ~ to"$" && $10 != 0 { print $10; exit }' /proc/net/tcp
}
holder() {
	local inode pid
	inode=$(inode_of "$1")
	for pid in $(workers); do
		ls -l "/proc/$pid/fd" 2>/dev/null | grep -q "socket:\[$inode\]" && echo "$pid" && return
	done
}

finish() {
	# What a dying server has to say comes last.
	[ -z "$server" ] || stop
	if grep -lsE 'Sanitizer|runtime error:' "$work"/*.log >/dev/null; then
		ok 1 "no sanitizer has anything to say"
		grep -hE -A20 'Sanitizer|runtime error:' "$work"/*.log | sed 's/^/# /'
	fi
	printf '1..%d\n' "$count"
	[ "$failures" = 0 ]
	exit $?
}

# However the script ends, nothing that it started is left: the shell knows which of its
# jobs still run.
clean() {
	local pid
	for pid in $(jobs -p); do
		kill -KILL "$pid" 2>/dev/null
	done
	wait 2>/dev/null
	# Never into what a script has mounted there.
	rm -rf --one-file-system "$work"
}
trap clean EXIT
trap 'exit 130' INT TERM

skip_all() {
	printf '1..0 # SKIP %s\n' "$1"
	exit 0
}
command -v curl >/dev/null || skip_all "curl is not installed"

# The same script on a PostgreSQL database, with so many hosts, 1 or 2 (./dev test
# postgres).
if [ "${POCKETBOOK_TEST_HOSTS:-0}" != 0 ]; then
	. "$here/postgres.sh"
	pg_instead
	[ "$POCKETBOOK_TEST_HOSTS" = 1 ] || pg_two_hosts
fi
