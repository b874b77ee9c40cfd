#!/usr/bin/env bash
# Requests as bytes: what HTTP leaves open to two readings is refused, and the
# connection closed.
. "$(dirname "$0")/lib.sh"

serve_open --workers 1 --server-name x --server-name other --header-timeout 1s --body-timeout 1s --max-body 64K
address=${url#http://}

# raw BYTES: sends them (printf's escapes are undone) and prints all that is answered
# until the server closes
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
for head in "X: $(printf '%033000d' 0)\r\n" "$(printf 'X%d: y\\r\\n' {1..4000})"; do
	got=$(raw "GET / HTTP/1.1\r\nHost: x\r\n$head\r\n")
	like "$got" '^HTTP/1.1 431 ' "a head of more than 32 KB: 431"
	like "$got" '"code":"head-too-large"' "as a problem"
done
like "$(raw "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: a=$(printf '%031000d' 0)\r\n\r\n")" '^HTTP/1.1 200 ' "31 KB of cookies"
long=$(printf '%0450d' 0)
is "$(status_of --max-time 1 "$url/events?$(for i in {1..64}; do printf 'group=%s-%s&' "$i" "$long"; done)")" 200 "64 groups with long names"
# An empty line before a request line, and after a body on a connection that is kept.
got=$(raw "\r\n${post}Content-Length: 11\r\n\r\n$body\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n\r\nGET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
is "$(printf '%s' "$got" | grep -o 'HTTP/1.1 200 ' | wc -l)" 3 "an empty line before each request is ignored"
exec 6<>"/dev/tcp/${address%:*}/${address#*:}"
printf '\r' >&6
is "$(status_of "$url/healthz")" 200 "half of one has come"
printf '\nGET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' >&6
like "$(timeout 30 cat <&6)" '^HTTP/1.1 200 ' "and the rest"
exec 6>&-
refuses "\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n" "two empty lines"
refuses "${post}Content-Type: application/json\r\nContent-Length: 11\r\n\r\n$body" "two Content-Type"
refuses "GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n" "two Authorization"
refuses "GET /events?group=a HTTP/1.1\r\nHost: x\r\nLast-Event-ID: 0\r\nLast-Event-ID: 0\r\n\r\n" "two Last-Event-ID"
like "$(raw "${post}Connection: close\r\nContent-Encoding: identity\r\nContent-Encoding: gzip\r\nContent-Length: 11\r\n\r\n$body")" '^HTTP/1.1 415 ' "a coding in the second of two lines"
is "$(status_of "$url/sync" -H 'Content-Type: application/json; charset=ISO-8859-1' -d "$body")" 415 "a charset that is not UTF-8"
like "$(curl -si "$url/sync?group=a" -H 'Accept: application/transit+json;q=0.1' -H 'Accept: application/json')" '^Content-Type: application/json' "two lines of Accept are one list"
refuses "GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" "a body in chunks on GET"
refuses "OPTIONS /sync HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx" "a body on OPTIONS"
refuses "GET /a%zz HTTP/1.1\r\nHost: x\r\n\r\n" "a broken escape in the path"
refuses "GET /a\\\\b HTTP/1.1\r\nHost: x\r\n\r\n" "a backslash in the path"
refuses "GET /./a HTTP/1.1\r\nHost: x\r\n\r\n" "a single dot"
refuses "GET /a/.. HTTP/1.1\r\nHost: x\r\n\r\n" "two dots at the end"
refuses "GET sync HTTP/1.1\r\nHost: x\r\n\r\n" "a target without a slash"
refuses "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n" "the target *"
refuses "GET http://a@b/ HTTP/1.1\r\nHost: x\r\n\r\n" "an absolute target with a user"
refuses "GET / HTTP/1.1\r\nHost: x\r\nX: a\001b\r\n\r\n" "a control character in a field"
refuses "GET / HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n" "a zero byte in a field"
refuses "GET / HTTP/1.1\r\nHost: x\r\nX\r\n\r\n" "a field without a colon"
refuses " GET / HTTP/1.1\r\nHost: x\r\n\r\n" "a space before the method"
refuses "GET  / HTTP/1.1\r\nHost: x\r\n\r\n" "two spaces in the request line"
refuses "GET /\r\n\r\n" "HTTP/0.9"
refuses "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" "the preface of HTTP/2"
refuses "\0\0\0\0" "zeros"
refuses "${post}Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n" "an endless chunk size"
refuses "${post}Transfer-Encoding: chunked\r\n\r\n-1\r\n" "a negative chunk size"
refuses "${post}Transfer-Encoding: chunked\r\n\r\nb\n$body\r\n0\r\n\r\n" "a bare line feed behind a chunk size"

refuses "${post}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" "an encoding that is none"
refuses "${post}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" "an encoding behind chunked"
refuses "${post}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n" "a vertical tab before chunked"
refuses "${post}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" "a space behind Transfer-Encoding"
refuses "${post}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n" "a folded Transfer-Encoding"
refuses "${post}Content-Length: 0xb\r\n\r\n$body" "a hexadecimal Content-Length"
refuses "${post}Content-Length: 1 1\r\n\r\n$body" "a space in Content-Length"
refuses "${post}Content-Length:\r\n\r\n$body" "an empty Content-Length"
refuses "${post}Transfer-Encoding: chunked\r\n\r\nb \r\n$body\r\n0\r\n\r\n" "a space behind a chunk size"
refuses "${post}Transfer-Encoding: chunked\r\n\r\n\r\n" "an empty chunk size"
refuses "${post}Transfer-Encoding: chunked\r\n\r\nb\r$body\r\n0\r\n\r\n" "a bare carriage return behind a chunk size"
refuses "GET / HTTP/1.1\r\nHost: x\r\nX: a\rY: b\r\n\r\n" "a bare carriage return in a field"
refuses "GET / HTTP/1.1\r\nHost: x\r\nX: a\n\r\n" "a bare line feed behind a field"
refuses "GET / HTTP/1.1\r\nHost: x y\r\n\r\n" "a space in Host"
refuses "GET / HTTP/1.1\r\nHost: x, y\r\n\r\n" "two hosts in one Host"
refuses "GET / HTTP/1.1 \r\nHost: x\r\n\r\n" "a space behind the version"
refuses "GET\t/ HTTP/1.1\r\nHost: x\r\n\r\n" "a tab in the request line"
refuses "GET /\xc0\xae\xc0\xae/ HTTP/1.1\r\nHost: x\r\n\r\n" "bytes beyond ASCII in the path"
refuses "GET /#x HTTP/1.1\r\nHost: x\r\n\r\n" "a fragment"
refuses "POST /sync HTTP/1.1\r\nHost: x\r\nExpect: x\r\nContent-Length: 11\r\n\r\n$body" "something else expected than 100-continue"

# ---- What is answered, and what of it

# statuses TEXT: of all answers in it, in order
statuses() { printf '%s\n' "$1" | grep -ao 'HTTP/1.1 [0-9]*' | cut -d' ' -f2 | tr '\n' ' '; }
bye='Host: x\r\nConnection: close\r\n\r\n'
ask="GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
write() { printf '{"docs":[{"id":"%s","value":1}]}' "$1"; }
# a_push ID: the request's bytes
a_push() { printf '%sContent-Length: %d\\r\\n\\r\\n%s' "$post" "$(write "$1" | wc -c)" "$(write "$1")"; }

got=$(raw "${ask}GET /sync?group=a HTTP/1.1\r\nHost: x\r\n\r\nGET /healthz HTTP/1.1\r\n$bye")
is "$(statuses "$got")" "200 200 200 " "three requests at once get three answers"
like "$(printf '%s' "$got" | tr -d '\r\n')" 'ok.*"docs":.*ok$' "in their order"
got=$(raw "$(a_push pipe:1)$(a_push pipe:2)GET /sync?group=pipe HTTP/1.1\r\n$bye")
like "$(printf '%s' "$got" | tr -d '\r\n')" '"results":\[\{"id":"pipe:1".*"results":\[\{"id":"pipe:2".*"docs":\[\{"id":"pipe:1".*"pipe:2"' \
	"also where the writer must be waited for, and a pull sees the pushes before it"
is "$(statuses "$(raw "${ask}GET //bad HTTP/1.1\r\nHost: x\r\n\r\n$ask")")" "200 400 " "what came before a bad request is answered, what comes after is not"
is "$(statuses "$(raw "$(a_push pipe:3)GET //bad HTTP/1.1\r\nHost: x\r\n\r\n$(a_push pipe:4)")")" "200 400 " "so is a push"
is "$(statuses "$(raw "$(a_push pipe:5)\r\n\r\n\r\n")")" "200 400 " "and one with garbage behind it"
got=$(curl -s "$url/sync?group=pipe")
like "$got" 'pipe:3.*pipe:5' "what was answered is written"
unlike "$got" 'pipe:4' "what was not is not"
got=$(raw "${post}Transfer-Encoding: chunked\r\n\r\n4\r\n{\"do\r\n7\r\ncs\":[]}\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\n$bye")
is "$(statuses "$got")" "200 200 " "chunks are put together, and what follows them is a request"

# bodiless NAME BYTES STATUS: the only answer has that status and no body
bodiless() {
	local got
	got=$(raw "$2" | tr -d '\r')
	is "$(statuses "$got")" "$3 " "$1: $3"
	is "$(printf '%s\n' "$got" | sed -n '1,/^$/!p')" "" "$1: no body"
}
bodiless "HEAD" "HEAD / HTTP/1.1\r\n$bye" 200
bodiless "HEAD of what is not there" "HEAD /nothing HTTP/1.1\r\n$bye" 404
bodiless "HEAD where it is not allowed" "HEAD /sync HTTP/1.1\r\n$bye" 405
like "$(raw "HEAD / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc" | head -1)" '^HTTP/1.1 400 ' "a body on HEAD: 400"
is "$(raw "HEAD //x HTTP/1.1\r\nHost: x\r\n\r\n" | grep -c '"detail"')" 0 "HEAD that is refused: no body"
bodiless "a preflight" "OPTIONS /sync HTTP/1.1\r\n$bye" 204
bodiless "a page that is known" "GET / HTTP/1.1\r\nIf-None-Match: *\r\n$bye" 304
unlike "$(raw "GET / HTTP/1.1\r\nIf-None-Match: *\r\n$bye"; raw "OPTIONS /sync HTTP/1.1\r\n$bye")" 'Content-Length|Transfer-Encoding' "neither tells of one"
like "$(raw "HEAD /healthz HTTP/1.1\r\n$bye")" 'Content-Length: 3' "HEAD tells the length"
like "$(raw "GET http://other:80/healthz HTTP/1.1\r\n$bye")" '200 OK' "an absolute target is taken"
like "$(raw "GET /healthz HTTP/1.0\r\n\r\n")" '200 OK' "HTTP/1.0 is"
like "$(raw "GET /healthz HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n")" '200 OK' "so is an empty Host"

# ---- Time

# cut_off BYTES DRIP NAME: sends the bytes, then, while someone listens, the drip again
# and again; the server ends that without an answer
cut_off() {
	local got
	exec 6<>"/dev/tcp/${address%:*}/${address#*:}"
	printf '%b' "$1" >&6
	(while [ -n "$2" ] && printf '%s' "$2" >&6; do sleep 0.1; done) 2>/dev/null &
	got=$(timeout 30 cat <&6 2>/dev/null | wc -c; exit "${PIPESTATUS[0]}")
	is "$? $got" "0 0" "$3 is not waited for"
	exec 6>&-
	wait $!
}
# A refused one that goes on sending: its answer comes, and some time later nobody is
# there any more to send to.
exec 6<>"/dev/tcp/${address%:*}/${address#*:}"
printf 'GET //x HTTP/1.1\r\nHost: x\r\n\r\n' >&6
(while printf x >&6; do sleep 0.1; done) 2>/dev/null &
dripper=$!
like "$(timeout 30 cat <&6 2>/dev/null)" '^HTTP/1.1 400 ' "a refused request is answered"
exec 6>&-
wait_for "and what drips behind it is not listened to for ever" gone $dripper

cut_off 'GET / HT' '' "a head that stops"
cut_off 'GET / HTTP/1.1\r\nX: ' a "a head that drips"
is "$(statuses "$(raw "${ask}GET / HTTP/1.1\r\n")")" "200 " "a second head that stops is not waited for"
cut_off "${post}Content-Length: 100\r\n\r\n{" '' "a body that stops"
cut_off "${post}Content-Length: 60000\r\n\r\n{" ' ' "a body that drips"
cut_off "${post}Transfer-Encoding: chunked\r\n\r\nffff\r\n" ' ' "a chunk that drips"

ok "$(grep -q 'event=child_exit' "$log" && echo 1 || echo 0)" "no worker went down"
stop
finish
