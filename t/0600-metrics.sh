#!/usr/bin/env bash
# GET /metrics on an address of its own: what is counted, over all processes and past
# the death of any.
. "$(dirname "$0")/lib.sh"
PATH=$PATH:$here/../build/prometheus/usr/bin # where ./dev puts promtool

"$POCKETBOOK" serve --db "$db" --listen 127.0.0.1:0 --metrics-listen 127.0.0.1 >/dev/null 2>"$work/bad.txt"
is "$?" 2 "an address that is none is refused"
like "$(cat "$work/bad.txt")" '^pocketbook: --metrics-listen: ' "by its name"

# lint TEXT NAME: promtool finds nothing wrong with the text of metrics.
lint() {
	if command -v promtool >/dev/null; then
		is "$(printf '%s\n' "$1" | promtool check metrics 2>&1)" "" "$2"
	else
		skip "$2" "promtool is not installed"
	fi
}
metrics_of() { sed -n 's/.*metrics at \(http:[^ ]*\)$/\1/p' "$log"; }
# value SERIES: such as pocketbook_streams or name{label="x"}
value() { curl -s "$metrics" | awk -v series="$1" 'index($0, series " ") == 1 { print $2 }'; }
counts() { [ "$(value "$1")" = "$2" ]; }
# sum NAME: of all series of that name
sum() { curl -s "$metrics" | awk -v name="$1" 'index($0, name "{") == 1 || index($0, name " ") == 1 { n += $2 } END { print n + 0 }'; }

serve --workers 2 --stream-backlog 64K --metrics-listen 127.0.0.1:0
metrics=$(metrics_of)
token=$("$POCKETBOOK" token add --user metrics-user --group 'metrics-group' --db "$db" 2>/dev/null)
auth() { curl -s -H "Authorization: Bearer $token" "$@"; }
write() { auth "$url/sync" -H 'Content-Type: application/json' -d "$1"; }

like "$(curl -si "$metrics" | tr -d '\r')" '^Content-Type: text/plain; version=0.0.4; charset=utf-8$' "it is Prometheus' text format"
lint "$(curl -s "$metrics")" "promtool has nothing to say about it"
is "$(status_of "$url/metrics")" 404 "the main address does not tell"
is "$(status_of "${metrics%/metrics}/")" 404 "and there is nothing else on this one"
is "$(status_of "${metrics%/metrics}/sync?group=metrics-group")" 404 "no documents"
is "$(status_of -X POST "$metrics")" 405 "nobody can push there"
is "$(curl -sI "$metrics" | tr -d '\r' | grep -c '^HTTP/1.1 200')" 1 "HEAD is answered"

is "$(value pocketbook_documents) $(value pocketbook_pushes_total)" "0 0" "before anything was pushed"
write '{"docs":[{"id":"metrics-group:1","value":"one"},{"id":"metrics-group:2","value":2}]}' >/dev/null
write '{"docs":[{"id":"metrics-group:1","value":"stale"}]}' >/dev/null
write '{"docs":[{"id":"metrics-group:2","base":1,"deleted":true}]}' >/dev/null
write '{"docs":[{"id":"other:1","value":1}]}' >/dev/null
write 'no json' >/dev/null
auth "$url/sync?group=metrics-group" >/dev/null
auth "$url/sync?group=other" >/dev/null
status_of "$url/sync?group=metrics-group" >/dev/null
curl -s "$url//" >/dev/null
curl -s "$url/" >/dev/null
curl -s -X PUT "$url/sync" >/dev/null
for series in 'documents 1' 'tombstones 1' 'sequence 3' 'pushes_total 3' 'documents_written_total 3' 'conflicts_total 1' 'pulls_total 1' \
	'http_requests_total{route="push",status="200"} 3' 'http_requests_total{route="push",status="403"} 1' \
	'http_requests_total{route="push",status="400"} 1' 'http_requests_total{route="pull",status="200"} 1' \
	'http_requests_total{route="pull",status="401"} 1' 'http_requests_total{route="pull",status="403"} 1' \
	'http_requests_total{route="page",status="200"} 1' 'http_requests_total{route="other",status="400"} 1' \
	'http_request_duration_seconds_count{route="push"} 5' 'http_request_duration_seconds_bucket{route="push",le="+Inf"} 5' \
	'commit_batch_size_bucket{le="1"} 4' 'commit_batch_size_sum 4' 'commit_duration_seconds_count 4' 'commits_total 4' \
	'commit_failures_total 0' 'queued_pushes 0' 'workers{state="serving"} 2' 'slow_readers_dropped_total 0'; do
	wait_for "counted: $series" counts "pocketbook_${series% *}" "${series##* }"
done
is "$(value 'pocketbook_http_requests_total{route="other",status="405"}')" 2 "so is what no path takes"
is "$(value pocketbook_database_bytes) $(value pocketbook_wal_bytes)" "$(stat -c %s "$db") $(stat -c %s "$db-wal")" "the files are measured"
like "$(curl -s "$metrics")" "^pocketbook_build_info\{version=\"$("$POCKETBOOK" --version | awk '{ print $2 }')\"\} 1$" "it tells its version"
started=$(value process_start_time_seconds)
ok "$((started > $(date +%s) || started < $(date +%s) - 600))" "and when it was started"

stream one 'group=metrics-group&docs=1' -H "Authorization: Bearer $token"
wait_for "a stream is counted" counts pocketbook_streams 1
events=$(value pocketbook_events_sent_total)
write '{"docs":[{"id":"metrics-group:3","value":3}]}' >/dev/null
wait_for "so is an event that it gets" counts pocketbook_events_sent_total $((events + 1))
kill "$stream"
wait_for "a stream that has left is not" counts pocketbook_streams 0
is "$(value pocketbook_streams_opened_total)" 1 "but was opened"

# A reload hands streams over: they are neither new nor gone.
stream two 'group=metrics-group&docs=1' -H "Authorization: Bearer $token"
wait_for "another stream" counts pocketbook_streams 1
old=$(workers | sort | tr '\n' ' ')
kill -HUP "$server"
replaced() { for pid in $old; do gone "$pid" || return 1; done; counts 'pocketbook_workers{state="serving"}' 2; }
wait_for "a reload replaces the workers" replaced
wait_for "the stream is counted where it is now" counts pocketbook_streams 1
is "$(value pocketbook_streams_opened_total)" 2 "it was opened once"
is "$(value 'pocketbook_respawns_total{process="worker"}')" 0 "nobody has died"
kill "$stream"
wait_for "that stream leaves" counts pocketbook_streams 0

# Sums since the start, whoever dies.
requests=$(value 'pocketbook_http_requests_total{route="push",status="200"}')
kill -KILL "$(workers | head -1)" "$(writer)"
wait_for "a worker that died is told" counts 'pocketbook_respawns_total{process="worker"}' 1
wait_for "so is a writer" counts 'pocketbook_respawns_total{process="writer"}' 1
wait_for "others take their place" counts 'pocketbook_workers{state="serving"}' 2
is "$(value 'pocketbook_http_requests_total{route="push",status="200"}') $(value pocketbook_commits_total)" "$requests 5" "what they had counted stays"
pushed() { write '{"docs":[{"id":"metrics-group:4","op":"4","value":4}]}' | grep -q '"ok"'; }
wait_for "a push gets through again" pushed
wait_for "and counting goes on" counts pocketbook_documents 3
is "$(value pocketbook_conflicts_total)" 1 "from where it was"

all=$(curl -s "$metrics")
# Rows of the table in doc/watching.md, without labels, as the help texts say; former
# names have no rows.
rows() { printf '%s\n' "$all" | sed -n '/Former name of/d; s/^# HELP \([^ ]*\) \(.*\)$/| `\1` | \2 |/p' | sort; }
is "$(sed -n 's/^\(| `p[a-z]*_[a-z_]*` |\) [^|]*|/\1/p' "$here/../doc/watching.md" | sort)" "$(rows)" "the manual lists each metric with its help text, and no other"
is "$(value pocketbook_auth_failures_total)" "$(value pocketbook_tokens_denied_total)" "a metric that was renamed is reported under its former name too"
like "$(cat "$here/../doc/watching.md")" 'pocketbook_tokens_denied_total' "and the manual says so"
unlike "$all" "metrics-group|metrics-user|${token:4:16}|pbk_|test\.db" "no group, user, token or file name is in it"
lint "$all" "promtool has still nothing to say"
is "$(printf '%s\n' "$all" | grep -v '^#' | sed 's/ [^ ]*$//' | sort | uniq -d)" "" "no series is there twice"

# A reader that does not read.
host=${url#http://}
exec 7<>"/dev/tcp/${host%:*}/${host#*:}"
printf 'GET /events?group=metrics-group&docs=1&token=%s HTTP/1.1\r\nHost: localhost\r\n\r\n' "$token" >&7
wait_for "a slow reader's stream is open" counts pocketbook_streams 1
large=$(head -c 500000 /dev/zero | tr '\0' x)
dropped() {
	printf '{"docs":[{"id":"metrics-group:large:%s","value":"%s"}]}' "$RANDOM$RANDOM" "$large" >"$work/large.json"
	write @"$work/large.json" >/dev/null
	counts pocketbook_slow_readers_dropped_total 1
}
wait_for "one that is cut off is counted" dropped
exec 7>&-
checkpointed() {
	printf '{"docs":[{"id":"metrics-group:large:%s","value":"%s"}]}' "$RANDOM$RANDOM" "$large" >"$work/large.json"
	write @"$work/large.json" >/dev/null
	[ "$(value pocketbook_checkpoint_duration_seconds_count)" -gt 0 ]
}
wait_for "a checkpoint is counted" checkpointed
stop
is "$status" 0 "the server stops"

# When there are as many connections as may be, who watches is still answered.
serve --workers 1 --max-connections 2 --header-timeout 60s --metrics-listen 127.0.0.1:0
metrics=$(metrics_of)
host=${url#http://}
exec 7<>"/dev/tcp/${host%:*}/${host#*:}" 8<>"/dev/tcp/${host%:*}/${host#*:}"
# Requests that have begun, for an idle connection would make room.
for fd in 7 8; do printf 'GET / HTTP/1.1\r\nHost: ' >&$fd; done
# Both held connections and the asking one; what is more waits.
wait_for "all connections are taken" counts pocketbook_connections 3
is "$(status_of --max-time 1 "$url/healthz")" 000 "another is not served"
is "$(value pocketbook_connections)" 3 "the metrics still are"
exec 7>&- 8>&-
wait_for "then others are again" sh -c "[ \"\$(curl -s --max-time 1 $url/healthz)\" = ok ]"
stop

serve --workers 1
unlike "$(cat "$log")" 'metrics at' "without --metrics-listen there are none"
is "$(status_of "$url/metrics")" 404 "anywhere"
stop
finish
