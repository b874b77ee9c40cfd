#!/usr/bin/env bash
# Two hosts on one PostgreSQL database that stops, starts, crashes and loses commits:
# requests are refused meanwhile, streams stay open, and nothing is missed afterwards. A
# token that is revoked is refused on both.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/postgres.sh"

pg_make one
pg_start one
pg_app one
pg=$(pg_url one)

token() { "$POCKETBOOK" token add --user "$1" --group '*' --db "$pg" 2>/dev/null; }
"$POCKETBOOK" init --db "$pg" >"$work/out"
ann=$(token ann)
bob=$(token bob)
host a "$pg"
metrics=127.0.0.1:$(free_port)
host b "$pg" --metrics-listen "$metrics"

# write HOST JSON, with ann's token; its status in $got
write() {
	use "$1"
	got=$(status_of "$url/sync" -H "Authorization: Bearer $ann" -H 'Content-Type: application/json' --data-binary "$2")
}
# answers HOST PATH STATUS
answers() {
	use "$1"
	[ "$(status_of "$url$2" -H "Authorization: Bearer $ann")" = "$3" ]
}
# put HOST ID VALUE: a new document, once the host writes again
put() { wait_for "$1 writes $2" writes "$@"; }
writes() {
	write "$1" "{\"docs\":[{\"id\":\"$2\",\"op\":\"op-$2\",\"base\":0,\"value\":\"$3\"}]}"
	[ "$got" = 200 ] && grep -q '"status":"ok"' "$work/body"
}

# ---- Tokens ----

use b
stream bobs group=t -H "Authorization: Bearer $bob"
bobs=$stream
use a
is "$(status_of "$url/sync?group=t" -H "Authorization: Bearer $bob")" 200 "a token is good on a"
use b
is "$(status_of "$url/sync?group=t" -H "Authorization: Bearer $bob")" 200 "and on b"
"$POCKETBOOK" token revoke "$(pg_sql one app "SELECT id FROM pocketbook.token WHERE usr = 'bob'")" --db "$pg" >"$work/out" 2>&1
is "$?" 0 "it is revoked"
wait_for "the stream on b ends" gone "$bobs"
like "$(cat "$work/bobs")" 'unauthorized' "as the token is revoked"
is "$(status_of "$url/sync?group=t" -H "Authorization: Bearer $bob")" 401 "b refuses it"
use a
is "$(status_of "$url/sync?group=t" -H "Authorization: Bearer $bob")" 401 "a refuses it"

# A writer that stands still does not see that; its host does not trust what it knew.
eve=$(token eve)
use b
is "$(status_of "$url/sync?group=t" -H "Authorization: Bearer $eve")" 200 "another token is good on b"
frozen=$(writer)
kill -STOP "$frozen"
"$POCKETBOOK" token revoke "$(pg_sql one app "SELECT id FROM pocketbook.token WHERE usr = 'eve'")" --db "$pg" >"$work/out" 2>&1
refuses() { [ "$(status_of "$url/sync?group=t" -H "Authorization: Bearer $eve")" = 401 ]; }
wait_for "b refuses it although its writer stands still" refuses
kill -CONT "$frozen"

# ---- Stopped and started ----

put a t:1 one
use b
stream docs 'group=t&docs=1' -H "Authorization: Bearer $ann"
docs=$stream
stream two 'group=t&group=u' -H "Authorization: Bearer $ann"
pg_end one INT
for name in a b; do
	wait_for "$name is not ready" answers "$name" /readyz 503
	answers "$name" /healthz 200
	ok $? "$name lives"
	is "$(curl -s -o /dev/null -D - "$url/sync?group=t" -H "Authorization: Bearer $ann" | tr -d '\r' | sed -n 's/^HTTP[^ ]* \([0-9]*\).*/\1/p; s/^[Rr]etry-[Aa]fter: [0-9]*$/later/p' | tr '\n' ' ')" \
		"503 later " "a pull on $name is refused for now"
	write "$name" '{"docs":[{"id":"t:2","base":0,"value":"lost"}]}'
	is "$got" 503 "and a push"
done
pg_start one
put a t:3 three
wait_for "the stream on b goes on" saw docs '"t:3"'
put b u:1 four
wait_for "with several groups, too" saw two '"group":"u"'
wait_for "a is ready" answers a /readyz 200
wait_for "b is ready" answers b /readyz 200

measured() { curl -s "http://$metrics/metrics" | grep -Eq "^pocketbook_$1 [1-9]"; }
for name in follow_losses_total database_connections_total database_round_trips_total; do
	wait_for "$name is counted" measured "$name"
done

# ---- A crash: a new epoch, in which nothing is lost ----

old=$(last_id docs)
pg_end one QUIT
pg_start one
put a t:4 five
wait_for "the stream on b goes on after a crash" saw docs '"t:4"'
kill -0 "$docs"
ok $? "it is the same one"
is "$(pg_sql one app 'SELECT count(*) FROM pocketbook.epoch')" 2 "a new epoch has begun"
wait_for "the hosts have noticed" grep -q event=epoch_began "${host_logs[b]}"
put a t:5 six
wait_for "the stream on b has it" saw docs '"t:5"'
new=$(last_id docs)
[ "${old%%.*}" != "${new%%.*}" ]
ok $? "its ids are of the new epoch" || note "$old $new"
for id in "$old" "$new"; do
	like "$(curl -s "$url/sync?group=t&since=$id" -H "Authorization: Bearer $ann")" '"reset":false' "the id $id goes on"
done

# ---- Commits are lost, as by a standby that was behind ----

pg_sql one app "SET search_path = pocketbook" "DELETE FROM change WHERE entry = (SELECT max(entry) FROM change)" \
	"DELETE FROM doc WHERE id = 't:5'"
lost=$new
pg_end one QUIT
pg_start one
put a t:6 seven
wait_for "the stream of what was lost ends" gone "$docs"
use b
# Workers learn of a new epoch one after the other. One that has not yet refuses a
# stream, or ends it later: it comes again with its last id, as that of a browser does.
: >"$work/again"
while [ -e "$work/again" ]; do
	id=$(last_id again)
	curl -sN "$url/events?group=t&docs=1" -H "Authorization: Bearer $ann" -H "Last-Event-ID: ${id:-$lost}" >>"$work/again"
	sleep 0.1
done 2>/dev/null &
wait_for "a stream that comes back begins anew" saw again '"reset":true'
put a t:7 eight
wait_for "and goes on" saw again '"t:7"'
saw again '"t:6"'
ok $? "with what was written instead"
rm "$work/again"
hosts_stop
finish
