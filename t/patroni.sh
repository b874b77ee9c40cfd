#!/usr/bin/env bash
# deploy/patroni for real, on one machine: three database hosts and two of Pocketbook
# behind nginx, each in a network namespace with the address that its file has. The
# leader is lost, then a host is cut off: nothing acknowledged is lost, clients go on.
# Takes about a minute, as a lost leader keeps its lease for 20 s. Wants root, and
# Debian's packages etcd-server, haproxy, nginx, patroni, postgresql-15, iproute2.
#
#   POCKETBOOK=./pocketbook bash t/patroni.sh
if [ "${OWN_MACHINE-}" != yes ]; then
	[ "$(id -u)" = 0 ] || { echo "1..0 # SKIP network namespaces want root"; exit 0; }
	OWN_MACHINE=yes exec unshare --mount --net --pid --fork --kill-child --mount-proc bash "$0" "$@"
fi
. "$(dirname "$0")/lib.sh"
for program in patroni etcd haproxy nginx ip openssl /usr/lib/postgresql/15/bin/postgres; do
	command -v "$program" >/dev/null || skip_all "$program is not installed"
done
deploy=$here/../deploy/patroni
pg_bin=/usr/lib/postgresql/15/bin
chmod 755 "$work"
# Where an unprivileged user finds it.
install -m 755 "$POCKETBOOK" "$work/pocketbook"
POCKETBOOK=$work/pocketbook

# ---- The network ----

# Private to this namespace of mounts.
mount -t tmpfs none /run
mkdir /run/netns /run/pids
ip link set lo up
ip link add name lan type bridge
ip link set lan up
ip addr add 10.0.0.1/24 dev lan
declare -A address=([db1]=10.0.0.11 [db2]=10.0.0.12 [db3]=10.0.0.13 [a]=10.0.0.21 [b]=10.0.0.22 [proxy]=10.0.0.5)
for name in "${!address[@]}"; do
	ip netns add "$name"
	ip link add "lan-$name" type veth peer name eth0 netns "$name"
	ip link set "lan-$name" master lan up
	ip -n "$name" addr add "${address[$name]}/24" dev eth0
	ip -n "$name" link set eth0 up
	ip -n "$name" link set lo up
done
{
	echo "127.0.0.1 localhost"
	for name in db1 db2 db3; do echo "${address[$name]} $name.example.org"; done
	echo "10.0.0.5 notes.example.org"
} >"$work/hosts"
mount --bind "$work/hosts" /etc/hosts

# on HOST USER COMMAND...: in the background, with its log
on() {
	local name=$1 user=$2
	shift 2
	ip netns exec "$name" setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups env -C "$work" HOME="$work" "$@" >>"$work/$name.$(basename "$1").log" 2>&1 &
}
lose() { ip netns pids "$1" | xargs -r kill -KILL; }

# ---- Certificates and passwords ----

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=ca -keyout "$work/ca.key" -out "$work/ca.crt" 2>/dev/null
# certificate NAME OWNER: $work/NAME.crt and .key
certificate() {
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$1" -addext "subjectAltName=DNS:$1" \
		-keyout "$work/$1.key" -out "$work/$1.csr" 2>/dev/null
	openssl x509 -req -in "$work/$1.csr" -CA "$work/ca.crt" -CAkey "$work/ca.key" -CAcreateserial -days 2 -copy_extensions copy -out "$work/$1.crt" 2>/dev/null
	chown "$2" "$work/$1.key"
	chmod 600 "$work/$1.key"
}
printf 'secret-word\n' >"$work/password"
chown nobody "$work/password"
chmod 600 "$work/password"

# ---- The database hosts ----

start_database() {
	local name=$1 host=${address[$1]}
	# shellcheck disable=SC2046 # words
	on "$name" etcd env $(sed -e '/^#/d' -e 's/"//g' -e "s/^ETCD_NAME=db1/ETCD_NAME=$name/" -e "/INITIAL_CLUSTER=/!s/10\.0\.0\.11/$host/g" \
		-e "s|/var/lib/etcd/pocketbook|$work/$name.etcd|" "$deploy/etcd.default") etcd
	on "$name" postgres patroni "$work/$name.yml"
}
for name in db1 db2 db3; do
	host=${address[$name]}
	certificate "$name.example.org" postgres
	install -d -o etcd -m 700 "$work/$name.etcd"
	install -d -o postgres -m 700 "$work/$name.data" "$work/$name.run"
	# Leases are shorter than recommended, and the hosts share a file system.
	sed -e "s/^name: db1/name: $name/" -e "/hosts: \[/!s/10\.0\.0\.11/$host/g" -e "s|/var/lib/postgresql/15/pocketbook|$work/$name.data/pg|" \
		-e "s|/var/lib/postgresql/.patroni.pgpass|$work/$name.run/pgpass|" \
		-e "s|/etc/postgresql/tls/server|$work/tls.$name|" \
		-e 's/ttl: 30/ttl: 20/; s/loop_wait: 10/loop_wait: 2/; s/retry_timeout: 10/retry_timeout: 4/' \
		-e "s|^  data_dir:|  parameters: { unix_socket_directories: $work/$name.run, ssl_cert_file: $work/$name.example.org.crt, ssl_key_file: $work/$name.example.org.key }\n&|" \
		"$deploy/patroni.yml" >"$work/$name.yml"
	chown postgres "$work/$name.yml"
	start_database "$name"
done
leads() { [ "$(curl -s -m 1 -o /dev/null -w '%{http_code}' "http://${address[$1]}:8008/primary")" = 200 ]; }
find_leader() { for leader in db1 db2 db3; do leads "$leader" && return; done; false; }
# A standby that is synchronous.
has_sync() { curl -s -m 1 "http://${address[$leader]}:8008/cluster" | grep -q '"role": "sync_standby", "state": "\(running\|streaming\)"'; }
wait_for "Patroni makes a leader" find_leader || tail -n 20 "$work"/db?.*.log
wait_for "with a synchronous standby" has_sync || curl -s "http://${address[$leader]}:8008/cluster"
install -o postgres -m 600 "$work/password" "$work/$leader.run/password"
setpriv --reuid=postgres --regid="$(id -g postgres)" --clear-groups env -C "$work" PASSWORD_FILE="$work/$leader.run/password" "$pg_bin/psql" -X -q -h "$work/$leader.run" -U postgres -d postgres <"$deploy/role.sql" >"$work/role.log" 2>&1
is "$?" 0 "role.sql makes the role" || cat "$work/role.log"

# ---- The hosts of Pocketbook, and nginx ----

start_host() {
	install -d -o nobody -m 700 "$work/$1.run"
	on "$1" nobody "$POCKETBOOK" serve --config "$work/pocketbook.conf" --runtime-dir "$work/$1.run" --server-name notes.example.org
}
sed -e "s|/etc/pocketbook/ca.crt|$work/ca.crt|; s|/etc/pocketbook/db-password|$work/password|; /^runtime-dir/d" "$deploy/pocketbook.conf" >"$work/pocketbook.conf"
url=$(sed -n 's/^db = //p' "$work/pocketbook.conf")
token=$(ip netns exec a setpriv --reuid=nobody --regid=nogroup --clear-groups env HOME="$work" "$POCKETBOOK" token add --user ann --group t --db "$url" --db-password-file "$work/password" 2>"$work/token.log")
is "$?" 0 "a token is made" || cat "$work/token.log"
for name in a b; do start_host $name; done
ready() { [ "$(curl -s -m 2 -o /dev/null -w '%{http_code}' -H 'Host: notes.example.org' "http://${address[$1]}:8080/readyz")" = 200 ]; }
for name in a b; do wait_for "host $name is ready" ready $name || tail -n 5 "$work/$name.pocketbook.log"; done
mkdir -p "$work/nginx/temp"
certificate notes.example.org root
{
	cat "$deploy/nginx-hosts.conf"
	sed -e '/^upstream pocketbook/,/^}/d' -e '/listen \[::\]/d' -e "s|/etc/letsencrypt/live/notes.example.org/fullchain.pem|$work/notes.example.org.crt|" \
		-e "s|/etc/letsencrypt/live/notes.example.org/privkey.pem|$work/notes.example.org.key|" -e "s|/var/log/nginx/|$work/nginx/|" "$here/../deploy/nginx.conf"
} >"$work/nginx/pocketbook.conf"
printf 'daemon off;\nuser root;\nworker_processes 1;\npid %s;\nerror_log %s;\nevents { }\nhttp { client_body_temp_path %s; proxy_temp_path %s; fastcgi_temp_path %s; uwsgi_temp_path %s; scgi_temp_path %s; include %s; }\n' \
	"$work/nginx/pid" "$work/nginx/error.log" "$work"/nginx/temp/{1,2,3,4,5} "$work/nginx/pocketbook.conf" >"$work/nginx/nginx.conf"
on proxy root nginx -c "$work/nginx/nginx.conf" -p "$work/nginx"
site=https://notes.example.org
ask() { curl -s -m 5 --cacert "$work/ca.crt" -H "Authorization: Bearer $token" "$@"; }
serves() { ask -f -o "$work/answer" "$site/sync?group=t"; }
wait_for "nginx passes requests on" serves

# ---- A client that writes, and one that listens ----

# Each document is sent until it is acknowledged.
write_on() {
	local n=0
	until [ -e "$work/enough" ]; do
		n=$((n + 1))
		until ask -f "$site/sync" -H 'Content-Type: application/json' -d "{\"docs\":[{\"id\":\"t:$n\",\"op\":\"op-$n\",\"base\":0,\"value\":$n}]}" 2>/dev/null | grep -q '"status":"ok"'; do
			[ ! -e "$work/enough" ] || return
			sleep 0.1
		done
		echo "$n" >>"$work/acked"
	done
}
acked() { wc -l <"$work/acked"; }
acked_more() { [ "$(acked)" -gt "$1" ]; }
listen_on() {
	local last=
	until [ -e "$work/enough" ]; do
		curl -sN --cacert "$work/ca.crt" -H "Authorization: Bearer $token" ${last:+-H "Last-Event-ID: $last"} "$site/events?group=t&docs=1&since=0" >>"$work/events"
		last=$(sed -n 's/^id: //p' "$work/events" | tail -1)
		sleep 0.2
	done
}
: >"$work/acked"
write_on &
writing=$!
listen_on &
wait_for "pushes are acknowledged" acked_more 20

# ---- The leader is lost ----

before=$(acked) old=$leader
lose "$old"
wait_for "another leader is found" find_leader
wait_for "pushes are acknowledged again" acked_more $((before + 20)) || tail -n 5 "$work"/[ab].pocketbook.log
[ "$leader" != "$old" ]
ok $? "it is another one ($old, then $leader)"
start_database "$old"
follows() { [ "$(curl -s -m 1 -o /dev/null -w '%{http_code}' "http://${address[$old]}:8008/replica")" = 200 ]; }
wait_for "the old one comes back as a standby" follows || tail -n 20 "$work/$old.patroni.log"

# ---- A host is cut off ----

ip -n b link set eth0 down
wait_for "clients go on without it" acked_more $(($(acked) + 20))
ip -n b link set eth0 up
wait_for "it is ready again when it is back" ready b
lose a
wait_for "clients go on with it alone" acked_more $(($(acked) + 20))
start_host a
wait_for "the other one is ready again" ready a

# ---- haproxy, for others ----

sed "s/127\.0\.0\.1:5000/10.0.0.21:5000/" "$deploy/haproxy.cfg" >"$work/haproxy.cfg"
on a root haproxy -f "$work/haproxy.cfg"
through() { [ "$(PGPASSWORD=$(cat "$work/password") "$pg_bin/psql" -X -q -A -t "host=10.0.0.21 port=5000 user=pocketbook dbname=pocketbook sslmode=require connect_timeout=2" -c 'SELECT pg_is_in_recovery()' 2>>"$work/through.log")" = f ]; }
wait_for "haproxy leads to the primary" through || tail -n 3 "$work/through.log"

# ---- Nothing is lost ----

touch "$work/enough"
wait "$writing"
ask "$site/sync?group=t&limit=10000" >"$work/pulled"
grep -o '"id":"t:[0-9]*","version":[0-9]*' "$work/pulled" | sed 's/.*t:\([0-9]*\)".*/\1/' | sort -u >"$work/there"
is "$(sort -u "$work/acked" | comm -23 - "$work/there" | wc -l)" 0 "everything acknowledged is there ($(acked) documents)"
is "$(grep -o '"version":[0-9]*' "$work/pulled" | sort -u)" '"version":1' "nothing was done twice"
is "$(grep -c '"reset":true' "$work/events")" 0 "the stream has never begun anew"
# shellcheck disable=SC2046 # words
is "$(grep -oh '"id":"t:[0-9]*"' "$work/events" | grep -o '[0-9]*' | sort -u | comm -13 - "$work/there" | wc -l)" 0 "and brought everything"
is "$(grep -c secret-word "$work"/*.log | grep -cv ':0$')" 0 "no log has the password"
finish
