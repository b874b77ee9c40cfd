#!/usr/bin/env bash
# What the log tells, and what it must not.
. "$(dirname "$0")/lib.sh"

POCKETBOOK_LOG_LEVEL=loud "$POCKETBOOK" serve --db "$db" >/dev/null 2>"$work/level.txt"
is "$? $(cat "$work/level.txt")" '2 pocketbook: POCKETBOOK_LOG_LEVEL: "loud" is not error, warn, info or debug' \
	"a level that is none is refused"
serve_open --workers 1 --log-level warn
unlike "$(cat "$log")" 'level=info' "below its level the log is silent"
kill -KILL "$(writer)"
wait_for "a warning passes" grep -q 'level=warn .*event=child_exit' "$log"
stop
serve_open --workers 1 --log-level debug
stream one group=g
kill "$stream"
wait_for "debug tells the most, of all processes" grep -q 'level=debug process=worker.0 .*event=stream_closed' "$log"
unlike "$(cat "$log")" 'event=access' "requests have no line of their own unless that is asked for"
stop

# An id in each refusal, by which the log is searched.
serve --workers 2 --log-level error --access-log on
token=$("$POCKETBOOK" token add --user ann --group g --db "$db" 2>/dev/null)
id_of() { tr -d '\r' <"$work/head" | sed -n 's/^X-Request-Id: //p'; }
ids=
# refused NAME STATUS CURL-OPTION...
refused() {
	local name=$1 wanted=$2
	shift 2
	is "$(status_of -D "$work/head" "$@")" "$wanted" "$name"
	id=$(id_of)
	ids="$ids $id"
	like "$id" '^[0-9a-f]{16}$' "$name: its id is in the head"
	is "$(field request <"$work/body")" "$id" "$name: and in the body"
	like "$(grep "request=$id" "$log")" "event=access .*client=127.0.0.1 .*status=$wanted " "$name: and in the log"
}
refused "no token" 401 "$url/sync?group=g"
refused "a wrong token" 401 "$url/sync?group=g" -H "Authorization: Bearer ${token}x"
refused "another's group" 403 "$url/sync?group=h" -H "Authorization: Bearer $token"
refused "no path" 404 "$url/none"
refused "a malformed head" 400 --path-as-is "$url/../x"
refused "a token in a path" 404 "$url/x/$token"
refused "a token in a query" 401 "$url/sync?token=$token"
# shellcheck disable=SC2086 # a list
is "$(printf '%s\n' $ids | sort -u | wc -l)" 7 "no id is there twice"
auth() { curl -s -H "Authorization: Bearer $token" "$@"; }
auth -D "$work/head" "$url/sync" -H 'Content-Type: application/json' -d '{"docs":[{"id":"g:1","value":"kept quiet"}]}' >"$work/body"
line=$(grep 'event=access .*method=POST path=/sync status=200' "$log")
like "$line" "bytes=$(stat -c %s "$work/body") us=[0-9]+ token=[0-9a-f]{16} user=ann\$" "an answer has a line, with its bytes and its time"
is "$(id_of)" "" "what is well bears no id"
curl -sN "$url/events?group=g&token=$token" >"$work/events" 2>/dev/null &
wait_for "a stream has a line" grep -q 'event=access .*method=GET path=/events status=200' "$log"
curl -sI "$url/" >/dev/null
like "$(grep 'method=HEAD' "$log")" 'path=/ status=200 bytes=0 ' "a HEAD has no bytes"
curl -s "$url/%0aevent=fake%20%22" >/dev/null
like "$(cat "$log")" 'path="/\\u000aevent=fake \\"" status=404' "a line feed in a path makes no line"
curl -s "$url/$(head -c 7000 /dev/zero | tr '\0' x)" >/dev/null
like "$(tail -1 "$log")" 'path=/x{1000,1030}(\.\.\.)? status=404 bytes=[0-9]+ us=[0-9]+$' "a long path is cut, what follows is not"
unlike "$(cat "$log")" "${token:20}|kept quiet" "no token and no value is in the log"
unlike "$(cat "$log")" 'level=(warn|debug)' "the access log says nothing about the level of others"
stop

# Behind a proxy.
serve_open --workers 1 --access-log on --trusted-proxy 127.0.0.1
curl -s -o /dev/null "$url/healthz" -H 'X-Forwarded-For: 203.0.113.1, 198.51.100.7'
wait_for "a trusted proxy is believed who called it" grep -q 'event=access .*client=198\.51\.100\.7 ' "$log"
curl -s -o /dev/null "$url/none" -H 'X-Forwarded-For: 198.51.100.8' -H 'X-Forwarded-For: 2001:db8::9'
wait_for "also of a refusal, and by several fields" grep -q 'event=request_refused .*client=2001:db8::9 ' "$log"
stop
serve_open --workers 1 --access-log on
curl -s -o /dev/null "$url/healthz" -H 'X-Forwarded-For: 198.51.100.7'
wait_for "nobody else is" grep -q 'event=access .*client=127\.0\.0\.1 .*path=/healthz' "$log"
stop

serve_open --workers 1 --log-level info
curl -s -D "$work/head" "$url/sync?group=" >/dev/null
like "$(grep "request=$(id_of)" "$log")" 'level=info .*event=request_refused .*method=GET path=/sync status=400 reason="group: ' \
	"without an access log, a refusal is told with its reason"
stop
# SIGHUP: the level and the access log change while the server runs.
conf=$work/reload.conf
printf 'log-level = warn\n' >"$conf"
serve_open --workers 2 --config "$conf"
# hup NAME PATTERN: and until the log has told of it
hup() {
	kill -HUP "$server"
	wait_for "$1" grep -Eq "$2" "$log"
}
# in_access_log PATH: each of some requests has a line
in_access_log() {
	local i
	for i in 1 2 3 4 5 6 7 8; do
		curl -s "$url/$1/$i" >/dev/null
		grep -q "event=access .*path=/$1/$i " "$log" || return 1
	done
}
printf 'log-level = debug\naccess-log = on\n' >"$conf"
hup "SIGHUP reads the file again" 'process=master .*event=reloaded'
wait_for "every worker has a line for each request" in_access_log on
stream one group=g
kill "$stream"
wait_for "workers tell more" grep -Eq 'level=debug process=worker.*event=stream_closed' "$log"
rm "$conf"
hup "a file that is gone changes nothing" 'event=reload_refused reason=.*reload.conf'
printf 'log-level = info\naccess-log = off\n' >"$conf"
kill -HUP "$server"
quiet() {
	local i mark=$RANDOM$RANDOM
	for i in 1 2 3 4 5 6 7 8; do
		curl -s "$url/$mark/$i" >/dev/null
		! grep -q "event=access .*path=/$mark/$i " "$log" || return 1
	done
}
wait_for "it can be turned off again" quiet
kill -KILL "$(newest worker.0)"
wait_for "one that is started anew" grep -q 'event=child_exit child=worker.*signal=9' "$log"
wait_for "is as quiet" quiet
stop
like "$(grep 'event=writer_stop' "$log")" 'level=info process=writer' "the writer, who started with less, tells as much"

# Who is refused again and again does not fill the disk that the log is on; what is left
# out is counted.
serve_open --workers 1
for i in $(seq 3000); do printf 'url = %s/none\noutput = /dev/null\n' "$url"; done | curl -s -K -
all_told() {
	curl -s -o /dev/null "$url/none"
	asked=$((asked + 1))
	told=$(grep -c 'event=request_refused' "$log")
	[ $((told + $(sed -n 's/.*event=request_refused .* left_out=\([0-9]*\)$/\1/p' "$log" | awk '{ sum += $1 } END { print sum + 0 }'))) = "$asked" ]
}
asked=3000
wait_for "each of 3,000 refusals has a line or is counted in one" all_told
[ "$told" -lt 1500 ]
ok $? "most are counted"
note "$asked refusals, $told lines"
stop

# A terminal that goes away takes its server along.
if command -v tmux >/dev/null; then
	tmux -S "$work/tmux" -f /dev/null new-session -d -s test "'$POCKETBOOK' serve --auth off --db '$work/terminal.db' --listen 127.0.0.1:0 2>'$work/terminal.log'"
	wait_for "a server in a terminal" grep -q 'serving http://' "$work/terminal.log"
	tmux -S "$work/tmux" kill-server
	wait_for "ends with it" grep -q 'event=stopped' "$work/terminal.log"
	unlike "$(cat "$work/terminal.log")" 'event=reloaded' "and does not take that for a wish to reload"
fi
finish
