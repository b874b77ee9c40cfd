#!/usr/bin/env bash
# Bodies that are refused whatever is in them: when the head is in, not the body.
. "$(dirname "$0")/lib.sh"
. "$here/hostile.sh"

token_of() { "$POCKETBOOK" token add --db "$db" --user "$1" "$2" "$3" 2>/dev/null | grep -o 'pbk_[^ ]*' | head -1; }
writer_token=$(token_of honest --group ours)
reader_token=$(token_of reader --group ours:ro)
serve --workers 1 --max-in-flight 64M --metrics-listen 127.0.0.1:0 --body-timeout 1h --max-auth-failures off
metrics_url
address=${url#http://}

# early FIELDS: the response to the head of a push whose body never comes
early() {
	exec 6<>"/dev/tcp/${address%:*}/${address#*:}"
	printf '%b' "${2:-POST /sync} HTTP/1.1\r\nHost: x\r\n$1Content-Length: 1000000\r\n\r\n{" >&6
	timeout 60 cat <&6 | tr -d '\r'
	exec 6>&-
}
json='Content-Type: application/json\r\n'
mine="Authorization: Bearer $writer_token\r\n"
answer=$(early "$json")
like "$answer" '^HTTP/1.1 401 ' "no token: 401 without the body"
like "$answer" '^WWW-Authenticate: Bearer$' "which says what is wanted"
like "$answer" '"code":"unauthorized"' "as a problem"
# A database that answers later lets the body come meanwhile.
if [ "${POCKETBOOK_STORE-}" != later ]; then
	like "$(early "${json}Authorization: Bearer $reader_token\r\n")" '^HTTP/1.1 403 ' "a token that may not write: 403"
	like "$(early "${json}Authorization: Bearer ${reader_token}x\r\n")" '^HTTP/1.1 401 ' "a bad token: 401"
fi
like "$(early "${mine}Content-Type: text/plain\r\n")" '^HTTP/1.1 415 ' "another type: 415"
like "$(early "$mine${json}Content-Encoding: gzip\r\n")" '^HTTP/1.1 415 ' "a compressed body: 415"
like "$(early "$mine$json" 'POST /events')" '^HTTP/1.1 405 ' "another path: 405"
like "$(early "$mine$json" 'PUT /sync')" '^HTTP/1.1 405 ' "another method: 405"

# Those who have no token do not push out those who have one.
body=$(printf '{"docs":[{"id":"ours:1","value":"%0500000d"}]}' 0)
exec 7<>"/dev/tcp/${address%:*}/${address#*:}"
printf 'POST /sync HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%b%bContent-Length: %d\r\n\r\n%s' "$mine" "$json" "${#body}" "${body:0:100000}" >&7
is "$(status_of "$url/healthz")" 200 "a slow push has begun"
hostile bodies 150 'POST /sync HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n' 999999
hostile_end
hostile heads 150 'GET / HTTP/1.1\r\nHost: x\r\nX: ' 30000
printf '%s' "${body:100000}" >&7
like "$(timeout 60 cat <&7)" '"status":"ok"' "it ends, whoever else sends bodies without a token"
exec 7>&-
is "$(number slow_clients_dropped_total)" 0 "none of which was kept"
hostile_end
stop
finish
