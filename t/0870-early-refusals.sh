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
like "$(early "$mine$json" 'POST /events')" '^Allow: GET, OPTIONS$' "which says what it has"
like "$(early "$mine$json" 'PUT /sync')" '^HTTP/1.1 405 ' "another method: 405"
like "$(early "$mine$json" 'POST /a%20b?token=pbk_1')" '^HTTP/1.1 405 ' "no path at all: 405"
like "$(cat "$log")" 'event=request_refused .*method=POST path=/events status=405' "the log says which request it was"
like "$(cat "$log")" 'event=request_refused .*method=PUT path=/sync status=405' "of any method"
like "$(cat "$log")" 'event=request_refused .*method=POST path="/a b" status=405' "without its query"

# ---- Bodies that come later ----

# sent_later LINE FIELDS HOW PIECE...: the status of the answer to a request whose body
# comes in pieces, each after the server has read what was before it
sent_later() {
	local line=$1 fields=$2 how=$3 piece head body=''
	shift 3
	for piece in "$@"; do body+=$piece; done
	case $how in
	*chunked*) fields+='Transfer-Encoding: chunked\r\n' ;;
	*) fields+="Content-Length: ${#body}\r\n" ;;
	esac
	exec 6<>"/dev/tcp/${address%:*}/${address#*:}"
	case $how in
	*expect*)
		printf '%b' "$line HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\n$fields\r\n" >&6
		read -r -t 60 head <&6
		[ "${head%$'\r'}" = "HTTP/1.1 100 Continue" ] || { echo "${head:9:3}"; return; }
		read -r -t 60 head <&6
		;;
	*) printf '%b' "$line HTTP/1.1\r\nHost: x\r\nConnection: close\r\n$fields\r\n" >&6 ;;
	esac
	status_of "$url/healthz" >/dev/null
	for piece in "$@"; do
		case $how in
		*chunked*) printf '%x\r\n%s\r\n' "${#piece}" "$piece" >&6 ;;
		*) printf '%s' "$piece" >&6 ;;
		esac 2>/dev/null
		status_of "$url/healthz" >/dev/null
	done
	case $how in *chunked*) printf '0\r\n\r\n' >&6 ;; esac 2>/dev/null
	timeout 60 cat <&6 | sed -n '1s/^HTTP\/1.1 \([0-9]*\) .*/\1/p'
	exec 6>&-
}

# Each route that takes a body, with a token and without.
link=$("$POCKETBOOK" token invite --db "$db" --group club --uses 100 2>/dev/null)
routes=$(sed -n 's/^\t{ "\([^"]*\)", ROUTE_[A-Z_]*, [a-z]*, "[^"]*POST[^"]*",.*/\1/p' "$here/../worker/route.c")
is "$(echo "$routes" | tr '\n' ' ')" "/sync /join /invite " "what follows knows all routes with bodies"
for path in $routes; do
	for how in "a length" chunked "a length, expect" "chunked, expect"; do
		case $path in
		/sync) pieces=('{"docs"' ':' '[]}') without=401 ;;
		/join) pieces=("{\"invite\":\"${link#*#join=}\"," '"user":' "\"$how\"}") without=200 ;;
		*) pieces=('{' '}') without=401 ;;
		esac
		is "$(sent_later "POST $path" "$json" "$how" "${pieces[@]}")" "$without" "$path, no token, $how: $without"
		[ "$path" = /join ] && pieces[2]="\"$how, too\"}"
		is "$(sent_later "POST $path" "$mine$json" "$how" "${pieces[@]}")" 200 "$path, a token, $how: 200"
	done
done
is "$(sent_later 'POST /%73ync' "$mine$json" "a length" '{"docs":' '[]}')" 200 "a path that is spelled in another way"
is "$(sent_later "POST http://$address/sync?a=/events" "$mine$json" "a length" '{"docs":' '[]}')" 200 "or with a host"
is "$(sent_later 'POST /%65vents' "$mine$json" "a length" '{"docs":' '[]}')" 405 "which is no way around the check"
is "$(sent_later 'POST /invite' "$(printf 'Authorization: Bearer %s\\r\\n' "$reader_token")" chunked ' ')" 200 "a token that may not write invites"
is "$(sent_later 'POST /join' 'Content-Type: text/plain\r\n' "a length" '{' '}')" 415 "/join: another type: 415"

# Little of it is kept.
is "$(sent_later 'POST /join' "$json" "a length, expect" "$(printf '%16385s' '{}')")" 413 "/join: a length beyond its limit: 413, without the body"
is "$(sent_later 'POST /join' "$json" chunked '{' "$(printf '%16384s' '}')")" 413 "a chunk beyond it: 413"
is "$(sent_later 'POST /join' "$json" chunked '{' "$(printf '%16383s' '}')")" 400 "up to it: read"
is "$(printf '%16385s' '{}' | status_of "$url/join" -H 'Content-Type: application/json' --data-binary @-)" 413 "one with its head: 413"
is "$(sent_later 'POST /invite' "$mine" "a length, expect" "$(printf '%4097s' '')")" 413 "/invite: a length beyond its limit: 413"
like "$(cat "$log")" 'event=request_refused .*method=POST path=/join status=413' "as the log says"

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
serve --workers 1 --max-auth-failures 2
address=${url#http://}
for _ in 1 2; do status_of "$url/join" -H 'Content-Type: application/json' -d '{"invite":"pbi_0"}' >/dev/null; done
is "$(sent_later 'POST /join' "$json" "a length, expect" '{}')" 429 "who has guessed invitations need not send another: 429"
stop
finish
