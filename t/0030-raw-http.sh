#!/usr/bin/env bash
# Requests as bytes: what HTTP leaves open to two readings is refused, and the connection closed.
. "$(dirname "$0")/lib.sh"

serve_open --workers 1 --header-timeout 1s --body-timeout 2s --max-body 64K
address=${url#http://}

# raw BYTES: sends them (printf's escapes are undone) and prints all that is answered until the server closes
raw() {
	exec 6<>"/dev/tcp/${address%:*}/${address#*:}"
	printf '%b' "$1" >&6
	timeout 30 cat <&6
	exec 6>&-
}
# refuses BYTES NAME: one answer, 400, and the end of the connection
refuses() {
	local got
	got=$(raw "$1" | tr -d '\0')
	like "$(printf '%s' "$got" | head -1)" '^HTTP/1.1 400 ' "$2: 400"
	is "$(printf '%s' "$got" | grep -c '^HTTP/1')" 1 "$2: and nothing more"
	like "$got" '"code":"bad-request"' "$2: as a problem"
}
post='POST /sync HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n'
body='{"docs":[]}'

refuses "${post}Content-Length: 11\r\nContent-Length: 11\r\n\r\n$body" "two Content-Length"
refuses "${post}Content-Length: +11\r\n\r\n$body" "a sign in Content-Length"
refuses "${post}Content-Length: 11, 11\r\n\r\n$body" "a list in Content-Length"
refuses "${post}Content-Length: 99999999999999999999999\r\n\r\n" "an endless Content-Length"
refuses "${post}Transfer-Encoding: gzip, chunked\r\n\r\n" "another Transfer-Encoding"
refuses "${post}Transfer-Encoding: chunked\r\nContent-Length: 11\r\n\r\n" "Transfer-Encoding with Content-Length"
refuses "${post}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" "two Transfer-Encoding"
refuses "POST /sync HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n" "Transfer-Encoding in HTTP/1.0"
refuses "${post}Transfer-Encoding: chunked\r\n\r\n0xb\r\n$body\r\n0\r\n\r\n" "a chunk size with 0x"
refuses "${post}Transfer-Encoding: chunked\r\n\r\nb;x=y\r\n$body\r\n0\r\n\r\n" "a chunk extension"
refuses "${post}Transfer-Encoding: chunked\r\n\r\nb\r\n$body.." "a chunk that is longer than it says"
refuses "${post}Transfer-Encoding: chunked\r\n\r\nb\r\n$body\r\n0\r\nX: y\r\n\r\n" "a trailer"
refuses "GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n folded\r\n\r\n" "a folded field"
refuses "GET / HTTP/1.1\r\nHost : x\r\n\r\n" "a space before the colon"
refuses "GET / HTTP/1.1\r\nHost: x\r\nA(b): c\r\n\r\n" "a field name that is no token"
refuses "GET / HTTP/1.1\r\n\r\n" "no Host"
refuses "GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n" "two Host"
refuses "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc" "a body on GET"
refuses "GET / HTTP/2.0\r\nHost: x\r\n\r\n" "HTTP/2.0"
refuses "GET / HTTP/1.1\nHost: x\n\n\r\n\r\n" "bare line feeds"
refuses "GET /a%00b HTTP/1.1\r\nHost: x\r\n\r\n" "%00"
refuses "GET //a HTTP/1.1\r\nHost: x\r\n\r\n" "an empty segment"
refuses "GET /a/../b HTTP/1.1\r\nHost: x\r\n\r\n" "a dot segment"
refuses "GET /a/%2e%2E/b HTTP/1.1\r\nHost: x\r\n\r\n" "an escaped dot segment"
refuses "\x16\x03\x01\x02\x00\x01" "TLS"
refuses "GET / HTTP/1.1\r\nHost: x\r\nX: $(printf '%09000d' 0)\r\n\r\n" "a head of 9 KB"

got=$(raw "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /sync?group=a HTTP/1.1\r\nHost: x\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
is "$(printf '%s\n' "$got" | grep -o 'HTTP/1.1 200' | wc -l)" 3 "three requests at once get three answers"
like "$(printf '%s' "$got" | tr -d '\r\n')" 'ok.*"docs":.*ok$' "in their order"
got=$(raw "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET //bad HTTP/1.1\r\nHost: x\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
is "$(printf '%s\n' "$got" | grep -o 'HTTP/1.1 [0-9]*' | cut -d' ' -f2 | tr '\n' ' ')" "200 400 " "what came before a bad request is answered, what comes after is not"
like "$(raw "HEAD /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" | tail -c 4 | od -An -c | tr -d ' ')" '\\r\\n\\r\\n' "HEAD has no body"
is "$(raw "HEAD //x HTTP/1.1\r\nHost: x\r\n\r\n" | grep -c '"detail"')" 0 "neither has a refused HEAD"
like "$(raw "GET http://other/healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")" '200 OK' "an absolute target is taken"
like "$(raw "GET /healthz HTTP/1.0\r\n\r\n")" '200 OK' "HTTP/1.0 is"

exec 6<>"/dev/tcp/${address%:*}/${address#*:}"
printf 'GET / HT' >&6
is "$(timeout 30 cat <&6 | wc -c)" 0 "a head that does not come is not waited for"
exec 6<>"/dev/tcp/${address%:*}/${address#*:}"
printf 'POST /sync HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{' >&6
is "$(timeout 30 cat <&6 | wc -c)" 0 "neither is a body"
exec 6>&-
ok "$(grep -q 'event=child_exit' "$log" && echo 1 || echo 0)" "no worker went down"
stop
finish
