#!/usr/bin/env bash
# Users whom a trusted proxy names (--auth-header): forged, repeated and odd fields, and
# the recipes for nginx and Caddy before a login service.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/nginx.sh"

refused() { "$POCKETBOOK" serve --db "$work/never.db" --listen 127.0.0.1:0 "$@" 2>&1; }
like "$(refused --auth-header Remote-User --groups-header Remote-Groups)" 'needs --trusted-proxy' "without a trusted proxy the server does not start"
like "$(refused --auth-header Remote-User --trusted-proxy 127.0.0.2)" 'needs --groups-header' "nor with one field of the two"
like "$(refused --groups-header Remote-Groups --trusted-proxy 127.0.0.2)" 'needs --auth-header' "nor with the other"
like "$(refused --auth off --auth-header Remote-User --groups-header Remote-Groups --trusted-proxy 127.0.0.2)" 'needs --auth on' "nor without authentication"
like "$(refused --auth-header Cookie --groups-header Remote-Groups --trusted-proxy 127.0.0.2)" 'Cookie is sent by clients' "nor with a field that clients send"
like "$(refused --auth-header Remote-User --groups-header remote-user --trusted-proxy 127.0.0.2)" 'another field' "nor with one field for both"
[ ! -e "$work/never.db" ]
ok $? "and has made no database"

# The proxy is at 127.0.0.2; nobody else is believed.
logins=(--auth-header Remote-User --groups-header Remote-Groups --workers 2)
serve "${logins[@]}" --trusted-proxy 127.0.0.2
unlike "$(cat "$log" "$log.out")" 'no token yet' "without a token its users sign in all the same"
stop
serve
wait_for "without a proxy the server says that nobody can" grep -q 'no token yet' "$log" "$log.out"
stop
token=$("$POCKETBOOK" token add --db "$db" --user tom --group todos 2>/dev/null)
serve "${logins[@]}" --trusted-proxy 127.0.0.2 --quota documents=3
bearer="Authorization: Bearer $token"
# as FIELD... -- [CURL-OPTION...]: a request of the proxy's; its status, and what came
from=127.0.0.2
as() {
	local fields=()
	while [ "$1" != -- ]; do fields+=(-H "$1") && shift; done
	shift
	printf '%s %s' "$(status_of --interface "$from" "${fields[@]}" "$@")" "$(grep -o '"user":"[^"]*"\|"code":"[^"]*"' "$work/body" | cut -d'"' -f4 | head -1)"
}
whoami() { as "$@" -- "$url/whoami"; }
put() { # put ID FIELD...: a push of a document
	local id=$1
	shift
	as "$@" 'Content-Type: application/json' -- "$url/sync" -d '{"docs":[{"id":"'"$id"'","value":1}]}'
}
# Too much to come with the head, which is judged alone then.
printf '{"docs":[{"id":"todos:long","value":"%0200000d"}]}' 0 >"$work/long"
put_long() { as "$@" 'Content-Type: application/json' -- "$url/sync" --data-binary "@$work/long"; }

is "$(whoami 'Remote-User: ann' 'Remote-Groups: todos, notes:ro')" "200 ann" "the proxy names a user, who needs no token"
is "$(cat "$work/body")" '{"user":"ann","groups":[{"group":"todos","write":true},{"group":"notes","write":false}]}' "with groups"
is "$(put todos:1 'Remote-User: ann' 'Remote-Groups: todos, notes:ro')" "200 " "who pushes"
is "$(put_long 'Remote-User: ann' 'Remote-Groups: todos')" "200 " "also what is long"
is "$(as 'Remote-User: ann' 'Remote-Groups: todos' -- "$url/sync?group=todos")" "200 " "pulls"
stream live group=todos --interface 127.0.0.2 -H 'Remote-User: ann' -H 'Remote-Groups: todos:ro'
put todos:2 'Remote-User: ann' 'Remote-Groups: todos' >/dev/null
wait_for "and has a stream" saw live 'event: change'
reloaded() { [ "$(grep -c 'event=handoff_received' "$log")" = 2 ]; }
kill -HUP "$server"
wait_for "new workers take over" reloaded
put todos:3 'Remote-User: bob' 'Remote-Groups: todos' >/dev/null
goes_on() { [ "$(grep -c 'event: change' "$work/live")" -ge 2 ]; }
wait_for "the stream goes on" goes_on
like "$("$POCKETBOOK" doc ls todos --long --db "$db")" 'todos:2.* ann ' "the document has been written by that user"
is "$(put notes:1 'Remote-User: ann' 'Remote-Groups: notes:ro')" "403 forbidden" "a group may be read only"
is "$(put todos:9 'Remote-User: ann')" "403 forbidden" "without groups there are no rights"
is "$(put todos:9 'Remote-User: ann' 'Remote-Groups: todo, :rw')" "403 forbidden" "nor with those that are none"

# ---- Quotas ----
is "$(put todos:4 'Remote-User: ann' 'Remote-Groups: todos')" "507 quota-documents" "the limits of the server hold"
is "$(put todos:4 'Remote-User: bob' 'Remote-Groups: todos')" "200 " "for each user"

# ---- Forgery ----
from=127.0.0.1
is "$(whoami 'Remote-User: ann' 'Remote-Groups: *')" "401 unauthorized" "from others the fields are ignored, and a token is needed"
is "$(put todos:5 'Remote-User: bob' 'Remote-Groups: *')" "401 unauthorized" "by a push"
is "$(put_long 'Remote-User: bob' 'Remote-Groups: *')" "401 unauthorized" "by a long one, by its head"
is "$(as 'Remote-User: bob' 'Remote-Groups: *' -- "$url/events?group=todos")" "401 unauthorized" "by a stream"
is "$(whoami 'Remote-User: ann' 'X-Forwarded-For: 127.0.0.2')" "401 unauthorized" "a claim to come from the proxy is none"
is "$(whoami 'Remote-User: ann' 'Remote-Groups: *' "$bearer")" "200 tom" "with a token one is its user"
is "$(grep -c '"group":' "$work/body")$(grep -o '"group":"[^"]*"' "$work/body")" '1"group":"todos"' "with its groups"
is "$(whoami 'Remote-User: ann' 'Remote-User: bob' "$bearer")" "200 tom" "whatever the fields are"
from=127.0.0.2
is "$(whoami 'Accept: application/json')" "401 unauthorized" "without the field the proxy needs a token"
is "$(whoami 'Remote-User;')" "401 unauthorized" "so it does with an empty one"
is "$(whoami 'Remote-User;' 'Remote-Groups: *' "$bearer")" "200 tom" "with a token it is its user"
is "$(whoami 'Remote-User: ann' 'Remote-Groups: todos' "$bearer")" "200 ann" "of both, the field decides"
is "$(whoami 'Remote-User: ann' 'Remote-Groups: todos' 'Authorization: Bearer x')" "200 ann" "also if the token is none"
is "$(as 'Remote-User: ann' 'Remote-Groups: todos' "$bearer" -- -X POST "$url/invite")" "404 not-found" "who is named has no token to share, also beside one"

# ---- Repeated, odd, alike ----
# Requests with `Connection: close` are read by evhttp, others are not.
for reader in 'X-Reader: plain' 'Connection: close'; do
	is "$(whoami "$reader" 'Remote-User: ann' 'Remote-Groups: todos')" "200 ann" "$reader: a user"
	is "$(whoami "$reader" 'Remote-User: ann' 'Remote-User: bob')" "400 bad-request" "$reader: not two"
	like "$(cat "$work/body")" 'Remote-User: sent more than once' "$reader: and the answer says why"
	is "$(whoami "$reader" 'Remote-User: ann' 'remote-user: ann')" "400 bad-request" "$reader: nor the same twice"
	is "$(whoami "$reader" 'Remote-User;' 'Remote-User: ann' "$bearer")" "400 bad-request" "$reader: nor an empty one first"
	is "$(whoami "$reader" 'Remote-User: ann,bob')" "400 bad-request" "$reader: nor two in one"
	is "$(whoami "$reader" 'Remote-User: ann' 'Remote-Groups: todos' 'Remote-Groups: *')" "400 bad-request" "$reader: nor two lists of groups"
	is "$(whoami "$reader" 'REMOTE-USER: ann' 'remote-groups: todos')" "200 ann" "$reader: case does not matter"
	is "$(whoami "$reader" 'Remote_User: ann' 'Remote_Groups: *')" "401 unauthorized" "$reader: underscores make another name"
	is "$(whoami "$reader" 'Remote_User: bob' 'Remote-User: ann')" "200 ann" "$reader: beside the right one too"
	is "$(whoami "$reader" 'Remote-Users: ann' 'X-Remote-User: ann')" "401 unauthorized" "$reader: so do other letters"
done
is "$(whoami "Remote-User: $(printf '%0129d' 0)")" "400 bad-request" "a name that is too long is refused"
is "$(whoami "Remote-User: $(printf 'ann\xff')")" "400 bad-request" "so is one that is no UTF-8"
is "$(whoami "Remote-User: $(printf '\xe2\x80\xaeann')")" "400 bad-request" "and one that a terminal would turn around"
is "$(whoami "Remote-User: $(printf 'Andr\xc3\xa9 N.')")" "200 $(printf 'Andr\xc3\xa9 N.')" "others are names"
is "$(whoami 'Remote-User: ann' "Remote-Groups: $(seq -s, 65)")" "400 bad-request" "there are at most 64 groups"

# A login in a cookie goes along with requests of other sites.
body='{"docs":[{"id":"todos:1","base":1,"value":2}]}'
is "$(as 'Remote-User: ann' 'Remote-Groups: todos' 'Content-Type: text/plain' -- "$url/sync" -d "$body")" "415 unsupported-media-type" "a form of another site's page cannot push"
is "$(as 'Remote-User: ann' 'Remote-Groups: todos' 'Content-Type:' -- "$url/sync" -d "$body")" "415 unsupported-media-type" "nor a body without a type"
status_of --interface 127.0.0.2 -D "$work/head" "$url/whoami" -H 'Remote-User: ann' -H 'Origin: https://evil.example' >/dev/null
unlike "$(tr '[:upper:]' '[:lower:]' <"$work/head")" '^access-control-allow' "nor may it read"
kill "$stream"
stop

# ---- Before a login service ----
command -v node >/dev/null || { skip "before a login service" "node is not installed"; finish; }
node "$here/login.mjs" >"$work/login" &
login=$!
wait_for "a login service starts" grep -q . "$work/login"
serve "${logins[@]}" --trusted-proxy 127.0.0.1
recipe() {
	awk -v mark="$1" '$0 == "<!-- file: " mark " -->" { on = 1; next } on && /^    / { on = 2 } on == 2 && !/^(    .*)?$/ { exit }
		on == 2 { sub(/^    /, ""); print }' "$here/../doc/recipes.md" | sed "s|127\.0\.0\.1:9091|127.0.0.1:$(cat "$work/login")|"
}
# web USER PATH [CURL-OPTION...]: by the proxy, with the cookie of a login
web() { curl -sk --resolve "$site:127.0.0.1" -H "Cookie: login=$1" "https://$site$2" "${@:3}"; }
# logs_in PROXY: what holds by either
logs_in() {
	is "$(web nobody /whoami -o "$work/body" -w '%{http_code}')" 401 "$1: without a login there is nothing"
	is "$(web nobody /whoami -o "$work/body" -w '%{http_code}' -H 'Remote-User: ann' -H 'Remote-Groups: *')" 401 "$1: whatever the fields are"
	is "$(web ann /whoami)" '{"user":"ann","groups":[{"group":"todos","write":true},{"group":"notes","write":false}]}' "$1: with one there is a user with groups"
	like "$(web ann /whoami -H 'Remote-User: bob' -H 'Remote-Groups: *' -H 'Remote_User: bob')" '"user":"ann","groups":\[\{"group":"todos",' "$1: who cannot name another user"
	is "$(web carl /whoami -H 'remote-groups: *')" '{"user":"carl","groups":[]}' "$1: nor take groups that the service has not given"
	like "$(web ann /sync -H 'Content-Type: application/json' -d '{"docs":[{"id":"todos:'"$1"'","value":1}]}')" '"status":"ok"' "$1: pushes"
	like "$(web ann '/sync?group=todos')" "\"todos:$1\"" "$1: pulls"
	# Not by a function, whose process would be another one than curl's.
	curl -skN --resolve "$site:127.0.0.1" -H 'Cookie: login=ann' "https://$site/events?group=todos" >"$work/$1.live" 2>/dev/null &
	stream=$!
	wait_for "$1: a stream opens" saw "$1.live" 'event: connected'
	kill "$stream"
}

if command -v nginx >/dev/null && command -v openssl >/dev/null; then
	recipe nginx-login >"$work/nginx-login"
	nginx_start "$work/nginx-login"
	site=notes.example.org:$tls
	logs_in nginx
	nginx_stop
else
	skip "nginx before a login service" "nginx or openssl is not installed"
fi

if command -v caddy >/dev/null; then
	tls=$(free_port)
	site=localhost:$tls
	{
		printf '{\n\tadmin off\n\tauto_https disable_redirects\n\tskip_install_trust\n}\n'
		recipe Caddyfile-login | sed -e "s|^notes.example.org|$site|; s|127\.0\.0\.1:8080|${url#http://}|"
	} >"$work/Caddyfile"
	HOME=$work XDG_DATA_HOME=$work/caddy XDG_CONFIG_HOME=$work/caddy caddy run --config "$work/Caddyfile" --adapter caddyfile >"$work/caddy.log" 2>&1 &
	caddy=$!
	wait_for "Caddy takes the recipe's configuration" web nobody /whoami -o "$work/up" || sed 's/^/# /' "$work/caddy.log"
	logs_in caddy
	kill "$caddy"
else
	skip "Caddy before a login service" "caddy is not installed"
fi
kill "$login"
stop
finish
