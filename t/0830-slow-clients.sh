#!/usr/bin/env bash
# Clients that send slowly, stop in the middle, or do not read: each has its deadline,
# all together have a bound, others are served.
. "$(dirname "$0")/lib.sh"
. "$here/hostile.sh"
many=${HOSTILE_MANY:-150} # connections of each kind

doc() { printf '{"docs":[{"id":"%s","value":"%s"}]}' "$1" "$2"; }
large=$(head -c 60000 /dev/zero | tr '\0' x)

# ---- Deadlines, counted

serve_open --workers 1 --header-timeout 2s --body-timeout 3s --idle-timeout 1s --metrics-listen 127.0.0.1:0
metrics_url
hostile heads "$many" 'GET / HTTP/1.1\r\nHost: loc'
wait_for "heads that stop are not waited for" at_least request_timeouts_total "$many"
hostile_end
is "$closed" "$many" "each has been closed"
hostile bodies "$many" 'POST /sync HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n' 999
wait_for "nor bodies, one byte before their end" at_least request_timeouts_total $((2 * many))
hostile_end
is "$closed" "$many" "each has been closed, too"
hostile idle "$many" ''
none_open() { [ "$(number connections)" -le 1 ]; }
wait_for "all of them" none_open
hostile_end
is "$closed $(number request_timeouts_total)" "$many $((2 * many))" "which is no fault, and not counted as one"

# A body that pauses for longer than a connection may be idle: one that came later is
# closed meanwhile, it is not.
address=${url#http://}
exec 6<>"/dev/tcp/${address%:*}/${address#*:}"
printf 'POST /sync HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: 11\r\n\r\n{"docs"' >&6
exec 7<>"/dev/tcp/${address%:*}/${address#*:}"
is "$(timeout 30 cat <&7 | wc -c)" 0 "a silent connection is closed"
exec 7>&-
printf ':[]}' >&6
like "$(timeout 30 cat <&6)" '^HTTP/1.1 200 ' "a body that paused meanwhile is taken"
exec 6>&-
stop

# ---- Half-open connections: whoever vanished without a word is asked after

serve_open --workers 1
exec 6<>"/dev/tcp/${address%:*}/${url##*:}"
stream kept group=g
if command -v ss >/dev/null; then
	is "$(ss -Htno state established "sport = :${url##*:}" | grep -c 'timer:(keepalive')" 2 "silent connections and streams are asked whether they are still there"
fi
kill "$stream"
exec 6>&-
stop

# ---- Readers of pages and files who do not read

mkdir "$work/www"
head -c 8000000 /dev/zero >"$work/www/big.bin"
serve_open --workers 1 --max-in-flight 64M --www "$work/www" --metrics-listen 127.0.0.1:0
metrics_url
printf '{"docs":[' >"$work/push"
for i in $(seq 16); do doc "big:$i" "$large" | sed 's/^{"docs":\[//; s/\]}$//' | tr '\n' ' '; [ "$i" = 16 ] || printf ','; done >>"$work/push"
printf ']}' >>"$work/push"
for i in 1 2 3 4; do sed "s/big:/big:$i-/g" "$work/push" >"$work/push.$i"; push "@$work/push.$i" >/dev/null; done
whole=$(pull 'group=big' | wc -c)
[ "$whole" -gt 3000000 ]
ok $? "a page is large"
peak_begin
hostile pulls "$many" 'GET /sync?group=big HTTP/1.1\r\nHost: localhost\r\n\r\n' 0 4096
wait_for "of $many readers of it who do not read the slowest are cut off" at_least slow_clients_dropped_total $((many - 30))
bounded "$(peak)" 120000 "unread pages of $((whole * many / 1000000)) MB take"
is "$(pull 'group=big' | wc -c)" "$whole" "one who reads gets all of it meanwhile"
hostile_end
dropped=$(number slow_clients_dropped_total)
peak_begin
hostile files "$many" 'GET /big.bin HTTP/1.1\r\nHost: localhost\r\n\r\n' 0 4096
is "$(number slow_clients_dropped_total)" "$dropped" "those of a large file hold nothing, and stay"
bounded "$(peak)" 120000 "unread files of $((8 * many)) MB take"
is "$(curl -s "$url/big.bin" | wc -c)" 8000000 "one who reads gets the file"
hostile_end
dropped=$(number slow_clients_dropped_total)
# So many that each has little when the slowest are cut off, and the others grow then.
crowd=$many
[ $measured = no ] || crowd=1500
peak_begin
hostile bodies "$crowd" 'POST /sync HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n' 999999
wait_for "those are cut off who keep all but the last byte of a large body" at_least slow_clients_dropped_total $((dropped + crowd - 70))
bounded "$(peak)" 120000 "unfinished bodies of $crowd MB take"
like "$(push "$(doc a:1 1)")" '"status":"ok"' "who sends all of it is served"
hostile_end
note "$(number slow_clients_dropped_total) slow clients were cut off"
stop

# ---- Streams that are not read, beside one that is

changes=${HOSTILE_CHANGES:-300}
serve_open --workers 1 --metrics-listen 127.0.0.1:0 --stream-backlog 256K
metrics_url
stream healthy 'group=big&docs=1'
peak_begin
hostile streams 50 'GET /events?group=big&docs=1 HTTP/1.1\r\nHost: localhost\r\n\r\n' 0 4096
streams_open() { [ "$(number streams)" -ge "$1" ]; }
wait_for "50 streams of theirs are open" streams_open 51
: >"$work/many"
for i in $(seq "$changes"); do
	doc "big:c$i" "$large" >"$work/c$i"
	printf 'url = %s/sync\nheader = "Content-Type: application/json"\ndata-binary = "@%s"\noutput = /dev/null\n%s\n' "$url" "$work/c$i" "$([ "$i" = "$changes" ] || echo next)" >>"$work/many"
done
curl -s -K "$work/many"
wait_for "one who reads gets all $changes changes" saw healthy "\"big:c$changes\""
is "$(grep -o '"big:c[0-9]*"' "$work/healthy" | sort -u | wc -l)" "$changes" "each of them"
wait_for "those who do not are cut off" at_least slow_readers_dropped_total 50
bounded "$(peak)" 60000 "$((changes * 60 / 1000)) MB of changes for 50 streams that do not read take"
hostile_end
kill "$stream"
ok "$(grep -q 'event=child_exit' "$log" && echo 1 || echo 0)" "no worker went down"
stop
finish
