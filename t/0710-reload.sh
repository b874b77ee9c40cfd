#!/usr/bin/env bash
# SIGHUP: the configuration is read again and every worker replaced, under load, without
# one error and without the end of a stream.
. "$(dirname "$0")/lib.sh"
. "$here/upgrade-load.sh"

config=$work/test.conf
printf 'auth = off\nworkers = 2\nlog-level = info\n' >"$config"
serve --config "$config"
reloads() { grep -c 'event=reload ' "$log"; }
# reload NAME: and wait until all workers are new
reload() {
	local before
	before=$(grep -c 'event=child_start child=worker' "$log")
	kill -HUP "$server"
	all_new() { [ "$(grep -c 'event=child_start child=worker' "$log")" -ge $((before + 2)) ] && [ "$(grep -c 'event=handoff_received' "$log")" -ge "$1" ]; }
	wait_for "$1: both workers have successors" all_new "$2"
}

load_begin
reload "the first time" 2
reload "again" 4
reload "and again" 6
load_end
all_zero "under load"
ok "$([ "$(count_of pushes)" -gt 50 ] && [ "$(count_of events)" -gt 50 ] && echo 0 || echo 1)" "it was a load"
few() { [ "$(children | wc -w)" = 3 ]; }
wait_for "the old workers are gone" few

# What is changed holds for new requests.
is "$(status_of "$url/sync" -H 'Content-Type: application/json' -d "$(printf '{"docs":[{"id":"a:1","value":"%02000d"}]}' 0)")" 200 "a body of 2 KB is taken"
printf 'auth = off\nworkers = 2\nlog-level = info\nmax-body = 1K\n' >"$config"
reload "with a smaller limit" 8
is "$(status_of "$url/sync" -H 'Content-Type: application/json' -d "$(printf '{"docs":[{"id":"a:1","value":"%02000d"}]}' 0)")" 413 "then it is refused"

# A stream with authentication stays with its token, and ends when that does, also at
# the new worker.
printf 'auth = on\nworkers = 2\nlog-level = info\n' >"$config"
stream anyone 'group=a'
reload "with authentication" 10
wait_for "a stream of nobody has ended" gone "$stream"
token=$("$POCKETBOOK" token add --user ann --group a --db "$db" 2>/dev/null)
id=$(printf '%s' "$token" | cut -d_ -f2)
stream ann 'group=a&docs=1' -H "Authorization: Bearer $token"
reload "with a stream of ann" 12
curl -s -o /dev/null "$url/sync" -H "Authorization: Bearer $token" -H 'Content-Type: application/json' -d '{"docs":[{"id":"a:2","value":"after the reload"}]}'
wait_for "her stream goes on" saw ann 'after the reload'
is "$(grep -c 'event: connected' "$work/ann")" 1 "and was not begun anew"
"$POCKETBOOK" token revoke "$id" --db "$db" >/dev/null 2>&1
wait_for "it ends with her token" gone "$stream"

# What is wrong changes nothing.
cp "$config" "$work/good.conf"
for bad in 'workrs = 3' 'max-body = 1X' 'auth = on' 'log-level = info' 'ping-interval = 1h'; do
	cp "$work/good.conf" "$config"
	echo "$bad" >>"$config"
	before=$(grep -c 'event=reload_refused' "$log")
	kill -HUP "$server"
	refused() { [ "$(grep -c 'event=reload_refused' "$log")" -gt "$before" ]; }
	wait_for "refused: $bad" refused
	like "$(grep 'event=reload_refused' "$log" | tail -1)" "test\\.conf:4: ${bad%% *}" "with its place"
done
is "$(curl -s -o /dev/null -w '%{http_code}' "$url/healthz")" 200 "the server goes on"
cp "$work/good.conf" "$config"
sed -i 's/workers = 2/workers = 3/' "$config"
reload "with what a reload cannot change" 14
like "$(cat "$log")" "event=setting_kept option=workers reason=" "the number of workers stays, and that is told"
unlike "$(cat "$log")" "event=setting_kept option=(db|listen|user|metrics-listen|retention) " "what is as it was is not"
stop
is "$status" 0 "the server stops"
finish
