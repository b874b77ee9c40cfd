#!/usr/bin/env bash
# Requests that two programs could take for different ones, through nginx: whatever
# nginx makes of them, at the server there is never a request that nginx does not know
# of, and none that was hidden in another.
. "$(dirname "$0")/lib.sh"
. "$here/nginx.sh"
command -v nginx >/dev/null || skip_all "nginx is not installed"
command -v openssl >/dev/null || skip_all "openssl is not installed"
command -v node >/dev/null || skip_all "node is not installed"

serve_open --workers 1 --server-name notes.example.org --access-log on
nginx_start

# through BYTES: sends them over TLS in HTTP/1.1 (printf's escapes are undone), prints
# what is answered. A request behind them ends the connection.
end='GET /nothing HTTP/1.1\r\nHost: notes.example.org\r\nConnection: close\r\n\r\n'
through() {
	printf '%b' "$1$end" | timeout 20 openssl s_client -quiet -connect "127.0.0.1:$tls" -servername notes.example.org 2>/dev/null
}
# lines that the server's log has about requests for a path
seen() { grep -c "event=access .*path=$1 " "$log"; }
answers() { printf '%s' "$1" | grep -ac 'HTTP/1.1 [0-9]'; }

# harmless BYTES NAME: the server sees no request that nginx has not seen as one, above
# all not the one for /smuggled, which nginx may take for a body, or for a request
# behind another
harmless() {
	local before_server before_nginx got
	before_server=$(grep -c 'event=access' "$log")
	before_nginx=$(wc -l <"$work/nginx/pocketbook.log")
	got=$(through "$1" | tr -d '\0')
	like "$got" '^HTTP/1.1 ' "$2: it is answered"
	is "$(seen /smuggled)" "$(grep -c '"GET /smuggled ' "$work/nginx/pocketbook.log")" "$2: no hidden request"
	[ $(($(grep -c 'event=access' "$log") - before_server)) -le $(($(wc -l <"$work/nginx/pocketbook.log") - before_nginx)) ]
	ok $? "$2: the server sees no more requests than nginx"
}

head='Host: notes.example.org\r\nContent-Type: application/json\r\n'
post="POST /sync HTTP/1.1\r\n$head"
body='{"docs":[]}'
hidden='GET /smuggled HTTP/1.1\r\nHost: notes.example.org\r\n\r\n'
length=${#hidden}

like "$(through "${post}Content-Length: 11\r\n\r\n$body" | tr -d '\0')" '"results":\[\]' "what is well formed goes through"
harmless "${post}Content-Length: 11\r\nContent-Length: $((11 + length))\r\n\r\n$body$hidden" "two lengths"
harmless "${post}Content-Length: $((11 + length))\r\nContent-Length: 11\r\n\r\n$body$hidden" "two lengths the other way round"
harmless "${post}Content-Length: +11\r\n\r\n$body$hidden" "a length with a sign"
harmless "${post}Content-Length: 11, $((11 + length))\r\n\r\n$body$hidden" "a list of lengths"
harmless "${post}Content-Length: 0x0b\r\n\r\n$body$hidden" "a length in hexadecimal"
harmless "${post}Content-Length: 11 \r\n\r\n$body" "a space behind a length"
harmless "${post}Content-Length : 11\r\n\r\n$body$hidden" "a space before the colon"
harmless "${post}Content_Length: 11\r\n\r\n$hidden" "a length with an underscore"
harmless "${post}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n$hidden" "a length and chunks"
harmless "${post}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n$hidden" "chunks and a length"
harmless "${post}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n$hidden" "another encoding before chunked"
harmless "${post}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n$hidden" "another behind it"
harmless "${post}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n$hidden" "an encoding that is none"
harmless "${post}Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n$hidden" "two encodings"
harmless "${post}Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n$hidden" "an encoding behind a vertical tab"
harmless "${post}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n$hidden" "an encoding with a space before the colon"
harmless "${post} Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n$hidden" "a folded encoding"
harmless "${post}X: y\r\n\tTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n$hidden" "one folded by a tab"
harmless "POST /sync HTTP/1.0\r\n${head}Transfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n0\r\n\r\n$hidden" "chunks in HTTP/1.0"
harmless "${post}Transfer-Encoding: chunked\r\n\r\n0b;x=\"\r\n$body\r\n0\r\n\r\n" "a chunk extension"
harmless "${post}Transfer-Encoding: chunked\r\n\r\n0xb\r\n$body\r\n0\r\n\r\n$hidden" "a chunk size with 0x"
harmless "${post}Transfer-Encoding: chunked\r\n\r\nb\n$body\n0\n\n$hidden" "chunks with bare line feeds"
harmless "${post}Transfer-Encoding: chunked\r\n\r\nffffffffffffffff0\r\n$body\r\n0\r\n\r\n$hidden" "a chunk size that overflows"
harmless "${post}Transfer-Encoding: chunked\r\n\r\nb\r\n$body\r\n0\r\nContent-Length: 0\r\nHost: x\r\n\r\n" "trailers"
harmless "GET /sync?group=a HTTP/1.1\r\n${head}Content-Length: $length\r\n\r\n$hidden" "a body on GET"
harmless "HEAD /sync?group=a HTTP/1.1\r\n${head}Content-Length: $length\r\n\r\n$hidden" "a body on HEAD"
harmless "OPTIONS /sync HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" "a body in chunks on OPTIONS"
harmless "GET /sync?group=a HTTP/1.1\r\nHost: notes.example.org\r\nHost: evil.example\r\n\r\n" "two hosts"
harmless "GET /sync?group=a HTTP/1.1\r\nHost: notes.example.org@evil.example\r\n\r\n" "a host with a user"
harmless "GET http://evil.example/sync?group=a HTTP/1.1\r\nHost: notes.example.org\r\n\r\n" "a host in the target"
harmless "GET /a%0d%0aX:%20y%0d%0a%0d%0aGET%20/smuggled HTTP/1.1\r\nHost: notes.example.org\r\n\r\n" "line ends in the path"
harmless "GET /sync?group=a%0d%0a%0d%0aGET%20/smuggled%20HTTP/1.1%0d%0a HTTP/1.1\r\nHost: notes.example.org\r\n\r\n" "and in the query"
harmless "GET /sync?group=a HTTP/1.1\r\nHost: notes.example.org\r\nX: a\rY: b\r\n\r\n" "a bare carriage return in a field"
harmless "GET /sync?group=a HTTP/1.1\r\nHost: notes.example.org\r\nX: a\0b\r\n\r\n" "a zero byte in a field"
harmless "GET /sync?group=a HTTP/2.0\r\nHost: notes.example.org\r\n\r\n" "a version that is none"
harmless "GET /x/../smuggled/../sync?group=a HTTP/1.1\r\nHost: notes.example.org\r\n\r\n" "dot segments"
harmless "GET /x/%2e%2e/sync?group=a HTTP/1.1\r\nHost: notes.example.org\r\n\r\n" "dot segments that are escaped"
harmless "GET //sync?group=a HTTP/1.1\r\nHost: notes.example.org\r\n\r\n" "an empty segment"
harmless "GET /sync%00?group=a HTTP/1.1\r\nHost: notes.example.org\r\n\r\n" "a zero byte in the path"
harmless "GET /sync?group=a HTTP/1.1\r\nHost: notes.example.org\r\nConnection: close, X-Forwarded-For\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n" "an upgrade to HTTP/2 in the clear"

# On one connection of HTTP/1.1, one behind the other, through nginx: as many answers as
# requests, in their order.
got=$(through "${post}Content-Length: 11\r\n\r\n${body}GET /healthz HTTP/1.1\r\nHost: notes.example.org\r\n\r\n" | tr -d '\0')
is "$(printf '%s' "$got" | grep -ao 'HTTP/1.1 [0-9]*' | tr '\n' ' ')" "HTTP/1.1 200 HTTP/1.1 200 HTTP/1.1 404 " "what is pipelined is answered in order"
like "$(curl -s "$url/sync?group=hidden")" '"docs":\[\]' "nothing hidden was written"
ok "$(grep -q 'event=child_exit' "$log" && echo 1 || echo 0)" "no worker went down"
note "$(grep -c 'event=access' "$log") requests got to the server, $(wc -l <"$work/nginx/pocketbook.log") to nginx"
nginx_stop
finish
