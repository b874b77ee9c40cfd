# shellcheck shell=bash disable=SC2034,SC2154 # $work is lib.sh's
# For scripts that need PostgreSQL, after lib.sh: clusters of one's own in $work, which
# run as an unprivileged user and end with the script. Each has a role `app` without
# privileges that owns a database `app`, and a superuser `pb`.

[ "${POSTGRESQL:-no}" = yes ] || skip_all "this build is without PostgreSQL"
[ "${POCKETBOOK_STORE-}" != later ] || skip_all "this back end answers later by itself"
pg_bin=$(pg_config --bindir 2>/dev/null || true)
[ -x "$pg_bin/initdb" ] || skip_all "PostgreSQL is not installed"

# PostgreSQL refuses to run as root.
pg_as=()
[ "$(id -u)" != 0 ] || pg_as=(setpriv --reuid=nobody --regid=nogroup --clear-groups env -C "$work/pg" HOME="$work/pg")
mkdir "$work/pg"
if [ "$(id -u)" = 0 ]; then
	chmod 711 "$work"
	chown nobody "$work/pg"
fi
declare -A pg_pids

# pg_make NAME: an empty cluster; the first one is copied for the others.
pg_make() {
	if [ ! -d "$work/pg/first" ]; then
		"${pg_as[@]}" "$pg_bin/initdb" -D "$work/pg/first" -U pb -A trust -E UTF8 --locale=C.UTF-8 --no-sync >"$work/initdb.log" 2>&1
	fi
	"${pg_as[@]}" cp -a "$work/pg/first" "$work/pg/$1"
	"${pg_as[@]}" mkdir "$work/pg/$1.s"
}

# pg_start NAME [SETTING...]: and waits until it accepts connections
pg_start() {
	local name=$1 settings=()
	shift
	for setting in "$@"; do settings+=(-c "$setting"); done
	"${pg_as[@]}" "$pg_bin/postgres" -D "$work/pg/$name" -c listen_addresses= -c unix_socket_directories="$work/pg/$name.s" \
		-c fsync=off -c shared_buffers=16MB "${settings[@]}" >>"$work/pg.$name.out" 2>&1 &
	pg_pids[$name]=$!
	wait_for "PostgreSQL $name runs" "$pg_bin/pg_isready" -q -h "$work/pg/$name.s" -U pb -d postgres
}

# pg_end NAME SIGNAL: INT is a fast shutdown; QUIT ends all processes at once, which the
# next start recovers from as from a crash
pg_end() {
	kill "-$2" "${pg_pids[$1]}" 2>/dev/null
	wait "${pg_pids[$1]}" 2>/dev/null
}

# pg_sql NAME DATABASE SQL...: as the superuser
pg_sql() {
	local name=$1 database=$2
	shift 2
	"$pg_bin/psql" -X -q -A -t -v ON_ERROR_STOP=1 -h "$work/pg/$name.s" -U pb -d "$database" "${@/#/-c}"
}

# pg_app NAME: the role and its database
pg_app() { pg_sql "$1" postgres "CREATE ROLE app LOGIN" "CREATE DATABASE app OWNER app"; }

pg_url() { echo "postgresql://app@/app?host=$work/pg/$1.s"; }

free_port() { perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1")->sockport'; }

# ---- Hosts ----

declare -A host_pids host_urls host_logs

# host NAME DATABASE-URL [OPTION...]: starts a server beside others, and uses it
host_workers=2
host() {
	local name=$1
	db=$2
	shift 2
	mkdir -p "$work/run.$name"
	serve --workers "$host_workers" --runtime-dir "$work/run.$name" "$@"
	host_pids[$name]=$server host_urls[$name]=$url host_logs[$name]=$log
}

# hosts_a_b LANES: the hosts a and b on the database pg (cluster one) with these lanes
hosts_a_b() {
	pg_make one
	pg_start one
	pg_app one
	pg=$(pg_url one)
	"$POCKETBOOK" init --lanes "$1" --db "$pg" >"$work/init.log"
	host a "$pg" --auth off
	host b "$pg" --auth off
}

# use NAME: what push, pull, stream and stop mean
use() { server=${host_pids[$1]} url=${host_urls[$1]} log=${host_logs[$1]}; }

# hosts_stop: all, in order
hosts_stop() {
	local name
	for name in "${!host_pids[@]}"; do
		use "$name"
		stop
		is "$status" 0 "host $name stops"
	done
}

# ---- In place of a file and one server ----

# pg_instead: from now on `serve` and $db mean a PostgreSQL database, in the cluster
# whose folder of sockets is POCKETBOOK_TEST_CLUSTER, or in one of the script's
pg_instead() {
	if [ -n "${POCKETBOOK_TEST_CLUSTER-}" ]; then
		ln -s "$POCKETBOOK_TEST_CLUSTER" "$work/pg/db.s"
	else
		pg_make db
		pg_start db
		pg_sql db postgres "CREATE ROLE app LOGIN"
	fi
	mkdir "$work/run" "$work/run.second"
	serve_with=(--runtime-dir "$work/run")
	another_db() {
		pg_sql db postgres "CREATE DATABASE \"$1_$$\" OWNER app"
		db="postgresql://app@/$1_$$?host=$(readlink -f "$work/pg/db.s")"
	}
	held_by_db() { "$pg_bin/pg_dump" -h "$(readlink -f "$work/pg/db.s")" -U pb "$(pg_name)"; }
	control_socket() { echo "$work"/run/*.sock; }
	another_db test
}
# pg_name: of the database in $db
pg_name() { expr "$db" : '.*/\([^?/]*\)?'; }

# pg_two_hosts: `serve` starts two servers; pushes go to the first, pulls and streams to
# the second
pg_two_hosts() {
	eval "one_$(declare -f serve); one_$(declare -f stop); one_$(declare -f stream)"
	pg_original() { "one_$1" "${@:2}"; }
	serve() {
		serve_with=(--runtime-dir "$work/run.second")
		pg_original serve "$@"
		pg_second=$server pg_second_url=$url
		serve_with=(--runtime-dir "$work/run")
		pg_original serve "$@"
	}
	stop() {
		local pg_first=$server
		server=$pg_second
		pg_original stop
		server=$pg_first
		pg_original stop
	}
	pull() { curl -s "$pg_second_url/sync?$1"; }
	stream() {
		local pg_first=$url
		url=$pg_second_url
		pg_original stream "$@"
		url=$pg_first
	}
}
