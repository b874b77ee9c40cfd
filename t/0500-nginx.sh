#!/usr/bin/env bash
# deploy/nginx.conf on Debian's nginx: push, pull, stream, resume over TLS and HTTP/2,
# limits, and no token in its logs.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/nginx.sh"
command -v nginx >/dev/null || skip_all "nginx is not installed"
command -v openssl >/dev/null || skip_all "openssl is not installed"
command -v node >/dev/null || skip_all "node is not installed"

serve --auth on --trusted-proxy 127.0.0.1 --workers 2
token=$("$POCKETBOOK" token add --user ann --group todos --db "$db" 2>/dev/null)
nginx_start
web() { curl -sk --http2 --resolve "notes.example.org:$tls:127.0.0.1" -H "Authorization: Bearer $token" "$@"; }
site=https://notes.example.org:$tls

got=$(web -o "$work/body" -w '%{http_version} %{http_code}' "$site/sync" -H 'Content-Type: application/json' \
	-d '{"docs":[{"id":"todos:1","value":{"title":"buy cheese"}}]}')
is "$got" "2 200" "a push goes over HTTP/2"
like "$(cat "$work/body")" '"status":"ok","version":1' "and is acknowledged"
like "$(web "$site/sync?group=todos")" '"title":"buy cheese"' "a pull brings it"
is "$(curl -sk --resolve "notes.example.org:$tls:127.0.0.1" -o /dev/null -w '%{http_code}' "$site/sync?group=todos")" 401 "without a token: 401"

# A stream, with the token where a browser's own EventSource has to put it.
nginx_stream() {
	rm -f "$work/$1"
	curl -skN --http2 --resolve "notes.example.org:$tls:127.0.0.1" "${@:3}" "$site/events?group=todos&docs=1&token=$token$2" >"$work/$1" 2>/dev/null &
	stream=$!
	wait_for "stream $1 is open" grep -q 'event: connected' "$work/$1"
}
nginx_stream live ""
web -o /dev/null "$site/sync" -H 'Content-Type: application/json' -d '{"docs":[{"id":"todos:2","value":{"title":"eat it"}}]}'
wait_for "an event comes at once, not when a buffer is full" saw live '"eat it"'
id=$(last_id live)
kill "$stream"
wait "$stream" 2>/dev/null
web -o /dev/null "$site/sync" -H 'Content-Type: application/json' -d '{"docs":[{"id":"todos:3","value":{"title":"meanwhile"}}]}'
nginx_stream resumed "" -H "Last-Event-ID: $id"
wait_for "a resumed stream brings what came meanwhile" saw resumed '"meanwhile"'
unlike "$(cat "$work/resumed")" '"eat it"' "and nothing twice"
wait_for "a stream stays open when nothing happens" saw resumed '^: ping'
kill "$stream"

# What is small is not worth it.
for i in $(seq 60); do printf '{"id":"todos:long%d","value":{"title":"%0100d"}},' "$i" 0; done >"$work/docs"
web -o /dev/null "$site/sync" -H 'Content-Type: application/json' -d "{\"docs\":[$(sed 's/,$//' "$work/docs")]}"
for i in $(seq 9); do # each worker has to be asked twice
	web -o "$work/zipped" -D "$work/head" -H 'Accept-Encoding: gzip' "$site/sync?group=todos"
done
is "$(grep -ci '^content-encoding: gzip' "$work/head")" 1 "a pull that is repeated is compressed, once"
like "$(gzip -dc <"$work/zipped")" '"more":false' "and is whole"
web -o /dev/null "$site/sync" -H 'Content-Type: application/json' -d '{"docs":[{"id":"todos:inner:1","value":1}]}'
for i in $(seq 9); do
	web -o "$work/plain" -D "$work/head" -H 'Accept-Encoding: gzip' "$site/sync?group=todos"
done
unlike "$(cat "$work/head")" '^content-encoding' "one with documents of nested groups is not, nor does nginx do it"
web -o "$work/page" -D "$work/head" -H 'Accept-Encoding: gzip' "$site/"
like "$(cat "$work/head")" '^content-encoding: gzip' "so is the page"
like "$(cat "$work/head")" '^strict-transport-security: max-age=' "the page asks for TLS for ever after"
is "$(grep -ci '^content-security-policy:' "$work/head")" 1 "its policy is there once"
is "$(grep -ci '^x-content-type-options:' "$work/head")" 1 "so is nosniff"
is "$(tr -d '\r' <"$work/head" | sed '1d; s/:.*//' | tr '[:upper:]' '[:lower:]' | grep -v '^vary$' | sort | uniq -d)" "" "and each other field"
got=$(head -c 1500000 /dev/zero | web -D "$work/head" "$site/sync" -H 'Content-Type: application/json' --data-binary @-)
like "$got" '"code":"too-large"' "a body over the limit is refused in the server's own words"

got=$(curl -s -o /dev/null -w '%{http_code} %{redirect_url}' -H 'Host: notes.example.org' "http://127.0.0.1:$plain/sync?group=todos")
is "$got" "301 https://notes.example.org/sync?group=todos" "plain HTTP is sent to TLS"
if [ "$has_ip6" = yes ]; then
	is "$(curl -sk -o /dev/null -w '%{http_code}' "https://[::1]:$tls/healthz")" 200 "it listens on IPv6 too"
fi

# What a browser makes of it, where there is one and what drives it.
if command -v chromium-headless-shell >/dev/null && [ -d "$here/../www/node_modules/playwright-core" ]; then
	node "$here/page/behind.mjs" "https://localhost:$tls/" "$token" >"$work/browser" 2>&1
	ok $? "the page works in Chromium through it, over HTTP/2"
	grep -q '^done$' "$work/browser" || sed 's/^/# /' "$work/browser"
fi

# Beyond the limits: 429, from nginx.
kill_streams=
for i in $(seq 51); do
	curl -skN --resolve "notes.example.org:$tls:127.0.0.1" -o /dev/null -D "$work/stream$i" "$site/events?group=todos&token=$token" &
	kill_streams="$kill_streams $!"
done
answered() { [ "$(cat "$work"/stream[0-9]* 2>/dev/null | grep -c '^HTTP/')" = 51 ]; }
wait_for "51 streams of one address are answered" answered
is "$(cat "$work"/stream[0-9]* | grep -c '^HTTP/2 429')" 1 "one of them is too many"
for pid in $kill_streams; do kill "$pid" 2>/dev/null; done

seq 400 | sed "s|.*|url = $site/healthz|; s|\$|\noutput = /dev/null|" >"$work/many"
got=$(web -sZ --parallel-max 50 -w '%{http_code}\n' -K "$work/many" 2>/dev/null | sort | uniq -c | awk '{ printf "%s ", $2 }')
is "$got" "200 429 " "too many requests at once: some are answered, some told to come later"

# A request that comes when the server has just closed the connection that nginx keeps
# to it. nginx is held meanwhile. again METHOD: the status of such a request, in $again
again() {
	rm -f "$work/ask"
	mkfifo "$work/ask"
	node "$here/stale.mjs" "https://localhost:$tls" "$token" "$1" <"$work/ask" >"$work/asked" 2>&1 &
	exec 6>"$work/ask"
	wait_for "$1: a client has a connection" grep -q '^200$' "$work/asked"
	# shellcheck disable=SC2046
	kill -STOP $(cat "/proc/$nginx/task/$nginx/children")
	echo >&6
	wait_for "$1: its request waits for nginx" request_waits
	stop
	serve --auth on --trusted-proxy 127.0.0.1 --workers 2 --listen "${url#http://}"
	# shellcheck disable=SC2046
	kill -CONT $(cat "/proc/$nginx/task/$nginx/children")
	wait_for "$1: it is answered" grep -q '^then ' "$work/asked"
	exec 6>&-
	again=$(sed -n 's/^then //p' "$work/asked")
}
# Bytes that nobody has read lie at nginx's side of a connection.
request_waits() {
	cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
		awk -v at="$(printf ':%04X' "$tls")" '$2 ~ at"$" && $4 == "01" && $5 !~ /:0+$/ { found = 1 } END { exit !found }'
}
again GET
is "$again" 200 "a pull on a connection that a restart has closed is sent once more"
again POST
is "$again" 502 "a push is not: it may have been taken"
nginx_stop
is "$nginx_status" 0 "nginx ends well"
ok "$(grep -rlF "$token" "$work"/nginx/*.log >/dev/null && echo 1 || echo 0)" "no token is in nginx's logs"
like "$(cat "$work/nginx/pocketbook.log")" '^127\.0\.0\.1 \[.*\] "GET /events HTTP/2\.0" 200 ' "which tell of each request without its query"
ok "$(grep -qF "$token" "$work"/server.*.log && echo 1 || echo 0)" "nor in the server's log"
finish
