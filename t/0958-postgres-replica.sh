#!/usr/bin/env bash
# A hot standby that reads pages (--db-replica): it does once it has come far enough,
# and nobody is told anything old while it is behind, away, or promoted.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/postgres.sh"

pg_make one
pg_start one
pg_app one
pg_sql one postgres "CREATE DATABASE other OWNER app" "CREATE DATABASE lanes OWNER app"
pg=$(pg_url one)
lanes_of() { pg_url "$1" | sed 's|/app?|/lanes?|'; }
"$POCKETBOOK" init --db "$pg" >"$work/init.log"
"$POCKETBOOK" init --lanes 3 --db "$(lanes_of one)" >"$work/init.log"
"${pg_as[@]}" "$pg_bin/pg_basebackup" -h "$work/pg/one.s" -U pb -D "$work/pg/two" -R --checkpoint=fast
"${pg_as[@]}" mkdir "$work/pg/two.s"
pg_start two

# ---- What is refused ----

# refuses STATUS TEXT NAME OPTION...
refuses() {
	"$POCKETBOOK" serve --runtime-dir "$work/run.bad" --listen 127.0.0.1:0 --auth off "${@:4}" >"$work/bad" 2>&1
	is "$?" "$1" "$3"
	is "$(grep -c "^pocketbook: .*$2" "$work/bad")" 1 "which is said in one line"
}
mkdir "$work/run.bad"
refuses 2 'db-replica: a file has no standby' "one for a file" --db "$work/x.db" --db-replica "$(pg_url two)"
refuses 2 'db-replica: "two" is no URL' "what is no URL" --db "$pg" --db-replica two
refuses 2 'db-replica: .*contains a password' "a password in the URL" --db "$pg" --db-replica postgresql://app:secret@/app
refuses 1 'db-replica: the database of --db-replica is not that of --db' "another database" --db "$pg" --db-replica "$(pg_url two | sed 's|/app?|/other?|')"
refuses 1 'db-replica: the database server refuses the connection.*make that role' "a role that is not there" --db "$pg" --db-replica "$(pg_url two | sed 's|app@|nobody@|')"

# A server of an older version, as far as it tells when a client connects.
mkdir "$work/old.s"
perl -MIO::Socket::UNIX -e '
	my $server = IO::Socket::UNIX->new(Local => "$ARGV[0]/.s.PGSQL.5432", Listen => 5) or die;
	sub message { my ($kind, $bytes) = @_; $kind . pack("N", 4 + length $bytes) . $bytes }
	while (my $client = $server->accept) {
		$client->autoflush(1);
		read($client, my $length, 4) == 4 or next;
		read $client, my $startup, unpack("N", $length) - 4;
		my %reports = (server_version => "14.9", server_encoding => "UTF8", client_encoding => "UTF8",
			in_hot_standby => "on", default_transaction_read_only => "off");
		print $client message("R", pack "N", 0);
		print $client message("S", "$_\0$reports{$_}\0") for keys %reports;
		print $client message("Z", "I");
		1 while sysread $client, my $rest, 1000;
	}' "$work/old.s" &
wait_for "an older server listens" [ -S "$work/old.s/.s.PGSQL.5432" ]
refuses 1 'db-replica: the database server is PostgreSQL 14; version 15 or newer is needed: upgrade it, or name another one in the URL' "a server that is too old" \
	--db "$pg" --db-replica "postgresql://app@/app?host=$work/old.s"

# A standby that was promoted is one as well, so this is no error.
host p "$pg" --auth off --db-replica "$pg"
is "$(grep -c 'event=replica_unusable reason=.*it is a primary; name a hot standby of it' "$log")" 1 "a primary is not used, which is said in one line, with what to do"
is "$(status_of "$url/sync?group=a")" 200 "and the server goes on without"
use p
stop

# ---- Pages ----

# one: of the server in question, which is named first
host_workers=1
host b "$pg" --auth off --db-replica "$(pg_url two)" --metrics-listen 127.0.0.1:0
metrics=$(sed -n "s/.*metrics at \(http:[^ ]*\)\$/\1/p" "$log" | head -1)
host a "$pg" --auth off
# metric NAME: of host b
metric() { curl -s "$metrics" | sed -n "s/^pocketbook_$1 //p"; }
# put GROUP VERSION: at a
put() {
	use a
	push "{\"docs\":[{\"id\":\"$1:1\",\"base\":$(($2 - 1)),\"value\":\"$1 round $2\"}]}" >"$work/out"
	use b
}
# by_replica: did the standby read this page?
by_replica() {
	local before
	before=$(metric replica_pages_total)
	pull "group=$1" >"$work/out"
	[ "$(metric replica_pages_total)" -gt "$before" ]
}

put a 1
wait_for "the standby reads a page" by_replica a
like "$(cat "$work/out")" 'a round 1' "as it is"
wait_for "it is not behind" eval '[ "$(metric replica_lag_milliseconds)" = 0 ]'

pg_sql two postgres "SELECT pg_wal_replay_pause()" >"$work/out"
for round in 1 2 3; do
	put "new$round" 1
	put a $((round + 1))
	like "$(pull group=a)" "a round $((round + 1))" "a pull shows push $round, which the standby has not replayed"
	like "$(pull "group=new$round")" "new$round round 1" "and a new group"
done
before=$(metric replica_pages_total)
pull group=new1 >"$work/out"
pull 'group=*' >"$work/out"
like "$(cat "$work/out")" 'a round 4' "and a page of all groups"
is "$(metric replica_pages_total)" "$before" "none of these pages is the standby's"
[ "$(metric primary_pages_total)" -gt 0 ]
ok $? "they are counted for the primary"
behind() { [ "$(metric replica_lag_milliseconds)" -gt 0 ]; }
wait_for "it is behind" behind
pg_sql two postgres "SELECT pg_wal_replay_resume()" >"$work/out"
put b 1
wait_for "it reads pages again" by_replica b
like "$(cat "$work/out")" 'b round 1' "with what is new"

# ---- Several lanes ----

use b
stop
host l "$(lanes_of one)" --auth off --db-replica "$(lanes_of two)" --metrics-listen 127.0.0.1:0
metrics=$(sed -n "s/.*metrics at \(http:[^ ]*\)\$/\1/p" "$log" | head -1)
for group in a b c d e f g; do
	push "{\"docs\":[{\"id\":\"$group:1\",\"value\":\"$group\"}]}" >"$work/out"
done
# walked: the documents of all groups, three in a page
walked() {
	local cursor='' more=true
	: >"$work/walk"
	while [ "$more" = true ]; do
		pull "group=*&limit=3${cursor:+&since=$cursor}" >"$work/out"
		grep -o '"id":"[a-z]*:1"' "$work/out" >>"$work/walk"
		cursor=$(sed 's/.*"cursor":"\([^"]*\)".*/\1/' "$work/out")
		more=$(sed 's/.*"more":\(true\|false\).*/\1/' "$work/out")
	done
	sort "$work/walk" | tr -d '\n'
}
all='"id":"a:1""id":"b:1""id":"c:1""id":"d:1""id":"e:1""id":"f:1""id":"g:1"'
wait_for "the standby reads a page of all groups" by_replica '*'
before=$(metric replica_pages_total)
is "$(walked)" "$all" "its pages go on from each other"
is "$(($(metric replica_pages_total) - before))" 3 "and are the standby's"
pg_sql two postgres "SELECT pg_wal_replay_pause()" >"$work/out"
for group in h i j; do
	push "{\"docs\":[{\"id\":\"$group:1\",\"value\":\"$group\"}]}" >"$work/out"
	all=$all'"id":"'$group':1"'
	is "$(walked)" "$all" "a page of all groups shows $group, which the standby has not replayed"
done
pg_sql two postgres "SELECT pg_wal_replay_resume()" >"$work/out"
wait_for "it reads pages of all groups again" by_replica '*'
is "$(walked)" "$all" "and they are whole"
stop
host b "$pg" --auth off --db-replica "$(pg_url two)" --metrics-listen 127.0.0.1:0
metrics=$(sed -n "s/.*metrics at \(http:[^ ]*\)\$/\1/p" "$log" | head -1)

# ---- It is away ----

kill -STOP "${pg_pids[two]}"
pgrep -P "${pg_pids[two]}" | xargs -r kill -STOP
put a 5
like "$(pull group=a)" 'a round 5' "a pull is answered while the standby stands still"
pgrep -P "${pg_pids[two]}" | xargs -r kill -CONT
kill -CONT "${pg_pids[two]}"
pg_end two QUIT
put a 6
like "$(pull group=a)" 'a round 6' "and when it has crashed"
use b
stop
is "$status" 0 "the host stops without it"
host b "$pg" --auth off --db-replica "$(pg_url two)" --metrics-listen 127.0.0.1:0
metrics=$(sed -n "s/.*metrics at \(http:[^ ]*\)\$/\1/p" "$log" | head -1)
like "$(cat "$log")" 'event=replica_unusable' "and starts without it"
like "$(pull group=a)" 'a round 6' "pages are those of the primary"
pg_start two
wait_for "until it is back" by_replica a

# ---- It takes over ----

use b
stop
use a
stop
host b "postgresql://app@/app?host=$work/pg/one.s,$work/pg/two.s" --auth off --db-replica "postgresql://app@/app?host=$work/pg/one.s,$work/pg/two.s"
host a "postgresql://app@/app?host=$work/pg/one.s,$work/pg/two.s" --auth off
put a 7
like "$(pull group=a)" 'a round 7' "hosts that know both servers"
pg_end one QUIT
pg_sql two postgres "SELECT pg_promote()" >"$work/out"
writes() {
	use a
	[ "$(status_of "$url/sync" -H 'Content-Type: application/json' -d '{"docs":[{"id":"c:1","op":"one","base":0,"value":"after"}]}')" = 200 ]
}
wait_for "a push is answered after a promotion" writes
use b
reads() { [ "$(status_of "$url/sync?group=c")" = 200 ]; }
wait_for "and a pull" reads
like "$(pull group=c)" '"after"' "which shows it"
like "$(pull group=a)" 'a round 7' "with all that was there"
for name in a b; do
	use "$name"
	stop
	is "$status" 0 "host $name stops"
done
finish
