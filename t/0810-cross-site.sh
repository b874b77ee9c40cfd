#!/usr/bin/env bash
# What pages of other sites can make a browser do: requests that a form can send, names
# that point here, and what the answers let them see.
. "$(dirname "$0")/lib.sh"

serve_open --workers 1 --max-body 1K --cors-origin https://app.example --server-name notes.example.org
port=${url##*:}
origin='Origin: https://app.example'
evil='Origin: https://evil.example'
write='{"docs":[{"id":"csrf:1","value":1}]}'

# ---- Requests that need no leave (Fetch standard, CORS-safelisted): a form's types, a
# beacon's, none at all

for type in text/plain multipart/form-data application/x-www-form-urlencoded 'text/plain;charset=UTF-8' \
	'text/plain; application/json' 'text/plain,application/json' 'multipart/form-data; boundary=application/json' \
	'application/json, text/plain' 'application/jsonx' 'application/x-json' ''; do
	is "$(status_of "$url/sync" -H "$evil" -H "Content-Type:${type:+ $type}" -d "$write")" 415 "a push as '$type' is refused"
done
is "$(status_of "$url/sync" -H "$evil" -H 'Content-Type: text/plain' -H 'Content-Type: application/json' -d "$write")" 400 "two types are not one of them"
for method in PUT PATCH DELETE; do
	is "$(status_of -X "$method" "$url/sync" -H "$evil" -H 'Content-Type: application/json' -d "$write")" 405 "$method does nothing"
done
is "$(status_of "$url/sync?group=csrf&_method=POST" -H 'X-HTTP-Method-Override: POST' -H "$evil")" 200 "a GET stays one"
like "$(pull group=csrf)" '"docs":\[\]' "and nothing was written"
unlike "$(curl -sD - -o /dev/null "$url/"; curl -sD - -o /dev/null "$url/sync?group=a")" '^[Ss]et-[Cc]ookie' "there are no cookies that a browser would add by itself"

# ---- Preflights

# preflight ORIGIN METHOD [CURL-OPTION...]: the head of the answer
preflight() { curl -si -X OPTIONS "$url/sync" -H "Origin: $1" -H "Access-Control-Request-Method: $2" "${@:3}" | tr -d '\r'; }
got=$(preflight https://app.example POST -H 'Access-Control-Request-Headers: content-type')
like "$got" '^Access-Control-Max-Age: 7200' "leave is given for two hours"
like "$got" '^Vary: Origin' "to that origin alone"
unlike "$got" 'Access-Control-Allow-Credentials' "without cookies"
unlike "$got" 'Private-Network' "of private networks nobody asked"
like "$(preflight https://app.example POST -H 'Access-Control-Request-Private-Network: true')" '^Access-Control-Allow-Private-Network: true' \
	"a public page may call a server in a private network"
for other in https://evil.example null https://app.example.evil 'https://app.example, https://evil.example' file:// ; do
	unlike "$(preflight "$other" POST -H 'Access-Control-Request-Private-Network: true')" 'Access-Control' "$other may not"
done

# ---- Whoever may read answers may read refusals, of the strict reader before HTTP's
# parser too

# reads CURL-OPTION...: is the answer for a page of that origin to read?
reads() { curl -si -H "$origin" "$@" | tr -d '\r' | grep -ci '^Access-Control-Allow-Origin: https://app.example$'; }
is "$(reads "$url/sync" -H 'Content-Type: application/json' -d "$(printf '%02000d' 0)")" 1 "a body that is too large"
is "$(printf '%02000d' 0 | reads "$url/sync" -H 'Content-Type: application/json' -H 'Transfer-Encoding: chunked' --data-binary @-)" 1 "also in chunks"
is "$(reads --path-as-is "$url/sync" -H 'X: y' -H "Cookie: $(printf '%09000d' 0)")" 1 "a head that is too large"
is "$(reads "$url/sync?group=a" -H 'Content-Length: x')" 1 "a head that is wrong"
unlike "$(curl -si "$url/sync" -H "$evil" -H 'Content-Length: x')" 'Access-Control-Allow' "others may not"
like "$(curl -si "$url/sync" -H "$origin" -H 'Content-Length: x')" '^Vary: Origin' "caches are told"
# The origin of one request is not that of the next on its connection.
exec 6<>"/dev/tcp/127.0.0.1/$port"
printf 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n%s\r\n\r\nGET //x HTTP/1.1\r\nHost: localhost\r\n\r\n' "$origin" >&6
got=$(timeout 30 cat <&6)
exec 6>&-
like "$got" 'HTTP/1.1 400 ' "a second request is refused"
unlike "$(printf '%s' "$got" | sed -n '/HTTP\/1.1 400/,$p')" 'Access-Control-Allow' "without the first one's origin"

# ---- Names that point here (DNS rebinding), while no token protects the server

# named HOST: the status of a pull under that name
named() { status_of "$url/sync?group=a" -H "Host: $1"; }
for name in localhost "localhost:$port" LOCALHOST notes.localhost 127.0.0.1 127.9.9.9:1 '[::1]' "[::1]:$port" notes.example.org Notes.Example.org:443; do
	is "$(named "$name")" 200 "$name is this server"
done
for name in evil.example "evil.example:$port" localhost.evil.example 127.0.0.1.evil.example 10.0.0.1 0.0.0.0 x.notes.example.org; do
	is "$(named "$name")" 421 "$name is not"
done
like "$(curl -s "$url/sync?group=a" -H 'Host: evil.example')" '"code":"misdirected".*--server-name' "which is said, with what to do"
is "$(status_of "$url/sync" -H 'Host: evil.example' -H 'Content-Type: application/json' -d "$write")" 421 "nor may it write"
for path in /events?group=a / /pocketbook.js /healthz /nothing; do
	is "$(status_of "$url$path" -H 'Host: evil.example')" 421 "nor $path"
done
is "$(status_of -X OPTIONS "$url/sync" -H 'Host: evil.example' -H "$evil")" 421 "nor have a preflight"
like "$(curl -si "$url/sync?group=a" -H 'Host: evil.example' -H "$origin" | tr -d '\r')" '^Access-Control-Allow-Origin: https://app.example' \
	"a page that may call can read that, too"
is "$(curl -s -o /dev/null -w '%{http_code}' -x "$url" "http://evil.example/sync?group=a")" 421 "also where the target names the host"
is "$(curl -s -o /dev/null -w '%{http_code}' -x "$url" "http://evil.example/sync?group=a" -H 'Host: localhost')" 421 "which counts more than the field"
like "$(pull group=csrf)" '"docs":\[\]' "nothing was written"
stop

"$POCKETBOOK" serve --db "$db" --listen 127.0.0.1:0 --auth off --server-name https://notes.example.org 2>"$work/hint"
is "$?" 2 "a host is not an origin"
like "$(cat "$work/hint")" '^pocketbook: --server-name: "https://notes.example.org"' "which is said"

"$POCKETBOOK" token add --db "$db" --user a --group a >/dev/null 2>&1
serve --workers 1
is "$(named evil.example)" 401 "with tokens any name will do: they protect"
stop
finish
