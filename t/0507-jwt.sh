#!/usr/bin/env bash
# Tokens that an identity provider has signed (--jwt-keys): good ones, forged ones of
# each kind, the end of their time, and other keys after a reload.
. "$(dirname "$0")/lib.sh"
[ "${JWT:-yes}" = yes ] || skip_all "the program is built without --with-jwt"
command -v node >/dev/null || skip_all "node is not installed"
command -v jq >/dev/null || skip_all "jq is not installed"

keys=$work/jwt
mkdir "$keys"
token() { node "$here/jwt.mjs" "$keys" "$@"; }
token keys

# ---- Options and files that are refused ----
refused() { "$POCKETBOOK" serve --db "$work/never.db" --listen 127.0.0.1:0 "$@" 2>&1; }
like "$(refused --jwt-keys "$keys/jwks.json")" 'jwt-keys: needs --jwt-groups' "without a claim for groups the server does not start"
like "$(refused --jwt-groups groups)" 'jwt-groups: needs --jwt-keys' "nor without keys"
like "$(refused --auth off --jwt-keys "$keys/jwks.json" --jwt-groups groups)" 'needs --auth on' "nor without authentication"
bad_file() { refused --jwt-keys "$keys/$1" --jwt-groups groups; }
like "$(bad_file missing.json)" 'missing.json: No such file' "nor if the file is missing"
like "$(bad_file broken.json)" 'broken.json: line 2: it is no JSON' "nor if it is no JSON, whose line is told"
like "$(bad_file secret.json)" 'secret.json: key 2: it is a shared secret' "nor with a key that signs and verifies"
like "$(bad_file twice.json)" 'twice.json: key 2: another key has the kid "r1"' "nor with two keys of one name"
like "$(bad_file none.json)" 'none.json: it has no key' "nor without any"
cp "$keys/jwks.json" "$keys/open.json"
chmod 666 "$keys/open.json"
like "$(bad_file open.json)" 'other users could add keys' "nor with a file that others may change"
[ ! -e "$work/never.db" ]
ok $? "and has made no database"

# ---- Good tokens ----
cp "$keys/jwks.json" "$keys/now.json"
config=$work/test.conf
printf 'jwt-keys = %s\njwt-groups = groups\njwt-issuer = https://login.example\njwt-audience = notes\nworkers = 2\nmax-auth-failures = off\naccess-log = on\nlog-level = debug\nquota = documents=3\n' \
	"$keys/now.json" >"$config"
serve --config "$config"
bearer() { printf 'Authorization: Bearer %s' "$1"; }
# whoami TOKEN: the status, and the user or the code
whoami() { printf '%s %s' "$(status_of "$url/whoami" -H "$(bearer "$1")")" "$(grep -o '"user":"[^"]*"\|"code":"[^"]*"' "$work/body" | cut -d'"' -f4 | head -1)"; }
put() { status_of "$url/sync" -H "$(bearer "$1")" -H 'Content-Type: application/json' -d '{"docs":[{"id":"'"$2"'","value":1}]}'; }
rsa=$(token rsa)
is "$(whoami "$rsa")" "200 ann" "a token with an RSA key is a user's"
like "$(cat "$work/body")" '^\{"user":"ann","groups":\[\{"group":"todos","write":true\},\{"group":"notes","write":false\}\],"expires":"20..-' "with groups and an end"
is "$(whoami "$rsa")" "200 ann" "also when it comes again"
is "$(whoami "$(token ec)")" "200 ann" "one with an EC key too"
is "$(whoami "$(token audiences)")" "200 ann" "it may be for several audiences"
is "$(whoami "$(token late)")" "200 ann" "clocks may differ by a minute"
is "$(put "$rsa" todos:1)" 200 "it pushes"
printf '{"docs":[{"id":"todos:long","value":"%0200000d"}]}' 0 >"$work/long"
is "$(status_of "$url/sync" -H "$(bearer "$rsa")" -H 'Content-Type: application/json' --data-binary "@$work/long")" 200 "also what is long"
like "$(curl -s "$url/sync?group=todos" -H "$(bearer "$rsa")")" '"todos:1"' "it pulls"
is "$(put "$rsa" notes:1)" 403 "it may not write what it may read"
is "$(put "$rsa" other:1)" 403 "nor anything else"
is "$(status_of -X POST "$url/invite" -H "$(bearer "$rsa")")" 404 "it cannot be shared with another device"
like "$("$POCKETBOOK" doc ls todos --long --db "$db")" 'todos:1.* ann ' "its user is the writer"
is "$(put "$rsa" todos:3)$(put "$rsa" todos:4)" 200507 "the limits of the server hold"
is "$(put "$(token sub bob)" todos:4)" 200 "for each user"
words=$(token words)
is "$(put "$words" notes:1)$(put "$words" todos:9)" 507403 "groups may come as words"
for name in nothing oddGroups objectGroups; do
	odd=$(token $name)
	is "$(whoami "$odd")$(grep -o '"groups":\[\]' "$work/body")" '200 ann"groups":[]' "$name: no rights"
	is "$(status_of "$url/sync?group=todos" -H "$(bearer "$odd")")" 403 "$name: to nothing"
done
plain=$("$POCKETBOOK" token add --db "$db" --user tom --group todos 2>/dev/null)
is "$(whoami "$plain")" "200 tom" "tokens of the database are still good"

# ---- Forged ones ----
all_bad=$(token bad)
for name in $all_bad; do
	bad=$(token "$name")
	is "$(whoami "$bad")" "401 unauthorized" "$name: refused"
	printf '%s\n' "$bad" >>"$work/bad"
done
is "$(put "$(token changed)" todos:5)" 401 "a push with a forged one is refused"
is "$(status_of "$url/sync" -H "$(bearer "$(token hmac)")" -H 'Content-Type: application/json' --data-binary "@$work/long")" 401 "a long one by its head"
is "$(status_of "$url/events?group=todos&token=$(token otherKey)")" 401 "and a stream"
for odd in . .. ... eyJ. "$rsa." "$rsa.x" ".$rsa" "${rsa%?}" "${rsa%.*}" "${rsa%.*}." "$rsa=" "$(printf '%s' "$rsa" | tr '.' ':')"; do
	is "$(whoami "$odd")" "401 unauthorized" "a broken one is refused: $(printf %.10s "$odd")"
done
like "$(cat "$log")" 'event=jwt_refused reason="its alg is not that of the key"' "the log has the reason"
like "$(grep 'event=access.*path=/whoami' "$log" | head -1)" 'token=jwt user=ann' "and the user of each request"
is "$(cut -d. -f3 "$work/bad" | grep -E '.{20}' | grep -cFf - "$log")$(grep -cF "${rsa##*.}" "$log")" 00 "no token is in the log"

# ---- The end of their time ----
soon=$(token soon)
stream soon "group=todos&token=$soon"
wait_for "a stream ends with its token" gone "$stream"
like "$(cat "$work/soon")" 'event: end' "it says so"
like "$(grep -A1 'event: end' "$work/soon")" 'expired' "and why"

# ---- Other keys ----
reloaded() { [ "$(grep -c 'event=handoff_received' "$log")" -ge "$1" ]; }
stream kept group=todos -H "$(bearer "$(token ec)")"
kept=$stream
stream dropped group=todos -H "$(bearer "$rsa")"
cp "$keys/broken.json" "$keys/now.json"
kill -HUP "$server"
wait_for "a file that is broken is refused" grep -q 'event=reload_refused.*now.json: line 2' "$log"
is "$(whoami "$rsa")" "200 ann" "the old keys stay"
cp "$keys/one.json" "$keys/now.json"
kill -HUP "$server"
wait_for "new keys are taken" reloaded 2
wait_for "a stream of a key that is gone ends" gone "$stream"
is "$(whoami "$rsa")" "401 unauthorized" "its tokens are refused"
is "$(whoami "$(token ec)")" "200 ann" "those of the other key are good"
is "$(whoami "$(token single)")" "200 ann" "and need not name it, as it is the only one"
put "$(token sub eve)" todos:6 >/dev/null 2>&1
is "$(put "$(node "$here/jwt.mjs" "$keys" ec)" todos:1)$(grep -c 'event: end' "$work/kept")" 2000 "its streams go on"
kill "$kept"

# ---- Fetched by the job of doc/operators.md ----
provider=$keys/provider.json
node -e 'require("http").createServer((request, response) => {
	const file = require("fs").readFileSync(process.argv[1], "utf8")
	response.writeHead(file === "down" ? 503 : 200).end(file)
}).listen(0, "127.0.0.1", function () { console.log(this.address().port) })' "$provider" >"$keys/port" &
provides=$!
wait_for "the provider listens" test -s "$keys/port"
mkdir "$work/bin"
# In place of systemd, for this server.
printf '#!/bin/sh\n[ "$*" = "reload pocketbook" ] && echo reload >>%s && kill -HUP %s\n' "$work/reloads" "$server" >"$work/bin/systemctl"
chmod +x "$work/bin/systemctl"
awk '/^<!-- file: keys -->$/ { on = 1; next } on == 1 && /^    / { on = 2 } on == 2 && !/^    / { exit } on == 2 { sub(/^    /, ""); print }' "$here/../doc/operators.md" |
	sed "s|/etc/pocketbook/keys.json|$keys/now.json|; s|https://login.example.org|http://127.0.0.1:$(cat "$keys/port")|" >"$work/job"
like "$(head -1 "$work/job")" '^#!/bin/sh$' "the job is a script"
# job FILE: runs it while the provider has this
job() {
	cp "$1" "$provider"
	PATH=$work/bin:$PATH sh "$work/job" 2>"$work/said"
}
reloads() { touch "$work/reloads"; wc -l <"$work/reloads"; }
job "$keys/one.json"
is "$? $(reloads)" "0 0" "the same keys: nothing is reloaded"
printf down >"$keys/down"
job "$keys/down"
is "$(($? != 0)) $(reloads) $(cmp "$keys/one.json" "$keys/now.json" && echo same)" "1 0 same" "the provider is down: the keys stay"
printf '<html>sign in</html>' >"$keys/page"
job "$keys/page"
is "$(($? != 0)) $(reloads) $(cmp "$keys/one.json" "$keys/now.json" && echo same)" "1 0 same" "it answers with a page: the keys stay"
job "$keys/jwks.json"
is "$? $(reloads)" "0 1" "other keys: the server reloads"
taken() { [ "$(whoami "$rsa")" = "200 ann" ]; }
wait_for "and takes them" taken
kill "$provides"

# ---- Throttled ----
sed -i 's/max-auth-failures = off/max-auth-failures = 2/; s/workers = 2/workers = 1/' "$config"
stop
serve --config "$config"
good=$(token ec)
is "$(whoami "$good")" "200 ann" "a token is good"
is "$(whoami "$(token otherKid)")$(whoami "$(token otherKid)")$(whoami "$(token otherKid)")" "401 unauthorized401 unauthorized429 too-many-attempts" "unknown keys count as failed tries"
is "$(whoami "$good")" "200 ann" "who was in stays in"
stop
finish
