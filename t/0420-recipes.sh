#!/usr/bin/env bash
# The recipes in doc/recipes.md: what can be run of them is, word for word but for the
# places of files.
. "$(dirname "$0")/lib.sh"
recipes=$here/../doc/recipes.md

# block NAME: the indented lines after its mark, with the places moved below $work
block() {
	awk -v mark="$1" '$0 ~ "^<!-- [a-z]*: " mark " -->$" { on = 1; next } on == 1 && /^    / { on = 2 } on == 2 && !/^(    .*)?$/ { exit }
		on == 2 { sub(/^    /, ""); print }' "$recipes" |
		sed -e "s|/var/backups|$work/backups|g; s|/etc/pocketbook|$work/etc|g; s|new:|$work/new:|g" -e "s|/var/lib/pocketbook|$work/lib|g; s|/tmp/found|$work/found|g"
}
is "$(grep -c '^<!-- [a-z]*: ' "$recipes")" 13 "all marked recipes are tried here, or in 0505-logins.sh"

mkdir "$work/etc" "$work/lib" "$work/new" "$work/backups" "$work/bin"
db=$work/lib/pocketbook.db
printf 'db = %s\nlisten = 127.0.0.1:0\ntrusted-proxy = 127.0.0.1\n' "$db" >"$work/etc/pocketbook.conf"
# What the recipes call, as it is on a machine that has the package.
ln -s "$(realpath "$POCKETBOOK")" "$work/bin/pocketbook"
# In place of /etc/pocketbook/pocketbook.conf, which commands read by themselves.
export POCKETBOOK_CONFIG=$work/etc/pocketbook.conf
export PATH=$work/bin:$PATH
start() {
	log=$work/server.$count.log
	pocketbook serve >"$log.out" 2>"$log" &
	server=$!
	wait_for "a server starts" grep -q 'serving http://' "$log" || { cat "$log"; finish; }
	url=$(sed -n 's/.*serving \(http:\/\/[^ ,]*\).*/\1/p' "$log" | head -1)
}
# What it finds is told where the results go, wherever the output of a recipe does.
exec 3>&1
systemctl() { case $1 in start) start >&3 ;; stop) [ -z "$server" ] || stop ;; *) return 1 ;; esac; }
# The other machine is the folder new; its server does not run.
ssh() {
	shift
	[ "$1" != systemctl ] || return 0
	local word words=()
	for word; do words+=("${word//"$work/lib"/"$work/new"}"); done
	"${words[@]}"
}
rsync() { cp "$2" "$work/standby.db"; [ "$1 $3" = "-a standby.example.org:$work/backups/pocketbook/" ]; }
try() { local text; text=$(block "$1"); [ -n "$text" ] && eval "$text"; }

start
token=$(try first-user 2>/dev/null)
like "$token" '^pbk_' "the first user gets a token"
auth="Authorization: Bearer $token"
put() { status_of "$url/sync" -H "$auth" -H 'Content-Type: application/json' -d "{\"docs\":[{\"id\":\"todos:$1\",\"value\":\"$1\"}]}"; }
is "$(put early)" 200 "and may write"

# ---- Following ----
eval "exec $(block follow)" &
follower=$!
followed() { grep -q todos:early "$work/backups/changes.ndjson" && ! grep -qx 'bytes 0' "$work/backups/changes.ndjson.cursor"; }
wait_for "a file follows all changes" followed
kill "$follower"
try rebuild >"$work/rebuild.out"
is "$? $(pocketbook doc get todos:early --json --db "$work/backups/rebuilt.db" | jq -c '[.id, .version, .value]')" '0 ["todos:early",1,"early"]' "and makes a database"
is "$(try search)" todos:early "a search index follows too"

# A receiver that fails at first gets everything all the same, in order.
mkdir "$work/hook"
node "$here/hook.mjs" "$work/hook" &
receiver=$!
wait_for "a receiver of webhooks listens" test -e "$work/hook/port"
hook() {
	eval "exec $(block webhook | sed "s|https://example.org|http://127.0.0.1:$(cat "$work/hook/port")|")" 2>>"$work/hook/said" &
	hook=$!
}
hook
wait_for "the webhook knows from where on" test -s "$work/lib/hook.cursor"
for i in 1 2 3; do put "hook$i" >/dev/null; done
took() { [ -e "$work/hook/taken" ] && grep -q "todos:$1\"" "$work/hook/taken"; }
wait_for "the changes arrive" took hook3
is "$(jq -r .id "$work/hook/refused" | paste -sd' ')" "todos:hook1 todos:hook1" "the one that failed was sent again"
is "$(jq -r .id "$work/hook/taken" | paste -sd' ')" "todos:hook1 todos:hook1 todos:hook2 todos:hook3" "again as its answer was lost, and all others once, in order"
like "$(cat "$work/hook/said")" 'again|fail' "the command says that it failed"
kill "$hook"
put hook4 >/dev/null
hook
wait_for "started again, it goes on with what it has missed" took hook4
is "$(jq -r .id "$work/hook/taken" | tail -n +5 | uniq | paste -sd' ')" "todos:hook4" "and with nothing else"
kill "$hook" "$receiver"
rm -f "$work/backups/"*.ndjson* "$work/backups/"*.db "$work/backups/"*.cursor

block cron >"$work/cron"
like "$(head -1 "$work/cron")" '^#!/bin/sh$' "the job of cron is a script"
sh "$work/cron" >"$work/cron.out" 2>&1
is "$?" 0 "it runs while the server does"
today=$work/backups/pocketbook/$(date +%F).db
pocketbook check --db "$today" >/dev/null 2>&1
is "$? $(stat -c %a "$today" "$work/backups/pocketbook" | paste -sd' ')" "0 600 700" "it leaves a whole backup that only its owner can read"
touch -d '20 days ago' "$work/backups/pocketbook/old.db"
sh "$work/cron" >"$work/cron.out" 2>&1
is "$?" 0 "it runs a second time on the same day"
[ ! -e "$work/backups/pocketbook/old.db" ]
ok $? "and drops those that are too old"

is "$(put late)" 200 "more is written"
ln -s "$today" "$work/backups/pocketbook/2030-01-31.db"
try restore >"$work/restore.out" 2>&1
is "$?" 0 "a backup is restored"
back=$(curl -s "$url/sync?group=todos" -H "$auth")
like "$back" '"early"' "the server has what the backup had"
unlike "$back" '"late"' "and nothing newer"

try upgrade >"$work/upgrade.out" 2>&1
is "$? $(ls "$work/backups/pocketbook" | grep -c before-upgrade)" "0 1" "a backup is made before an upgrade"
try standby >"$work/standby.out" 2>&1
is "$?" 0 "a copy goes to a standby"
pocketbook restore "$work/standby.db" --db "$work/standby-serves.db" >/dev/null 2>&1
is "$?" 0 "of which a database is made there"
like "$(pocketbook doc get todos:early --db "$work/standby-serves.db" 2>/dev/null)" 'early' "with all that was written"

cursor=$(curl -s "$url/sync?group=todos" -H "$auth" | field cursor)
is "$(put moved)" 200 "something is written before moving"
try move >"$work/move.out" 2>&1
is "$?" 0 "the files move to another machine, where they are whole"
sed -i "s|^db = .*|db = $work/new/pocketbook.db|" "$work/etc/pocketbook.conf"
start
moved=$(curl -s "$url/sync?group=todos&since=$cursor" -H "$auth")
like "$moved" '"moved".*"reset":false' "a client goes on there from where it was"
unlike "$moved" '"early"' "without loading anything anew"

# ---- Caddy ----
command -v caddy >/dev/null || { ok 1 "caddy is installed"; finish; }
free_port() { node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close() })'; }
tls=$(free_port)
block Caddyfile | sed -e "s|^notes.example.org|localhost:$tls|; s|127\.0\.0\.1:8080|${url#http://}|" \
	-e '1s|$|\nadmin off\nauto_https disable_redirects\nskip_install_trust\n|' >"$work/Caddyfile"
HOME=$work XDG_DATA_HOME=$work/caddy XDG_CONFIG_HOME=$work/caddy caddy run --config "$work/Caddyfile" --adapter caddyfile >"$work/caddy.log" 2>&1 &
web() { curl -sk --resolve "localhost:$tls:127.0.0.1" -H "$auth" "$@"; }
is_up() { [ "$(web -o "$work/up" -w '%{http_code}' "https://localhost:$tls/healthz")" = 200 ]; }
wait_for "Caddy takes the recipe's configuration" is_up || sed 's/^/# /' "$work/caddy.log"
site=https://localhost:$tls
is "$(web -o "$work/body" -w '%{http_code} %{http_version}' "$site/sync" -H 'Content-Type: application/json' \
	-d '{"docs":[{"id":"todos:caddy","value":1}]}')" "200 2" "a push goes through it, over HTTP/2"
like "$(web "$site/sync?group=todos")" 'todos:caddy' "and a pull"
like "$(web -H 'Accept-Encoding: gzip' -D - -o /dev/null "$site/" | tr -d '\r')" '^content-encoding: gzip' "gzip is on"
rm -f "$work/live"
curl -skN --compressed --resolve "localhost:$tls:127.0.0.1" "$site/events?group=todos&token=$token" >"$work/live" 2>/dev/null &
stream=$!
wait_for "a stream opens" saw live 'event: connected'
put live >/dev/null
wait_for "and brings events as they come" saw live 'event: change'
stop
wait_for "a stream that breaks ends" gone "$stream"
web -o /dev/null "$site/events?group=todos&token=$token"
wait_for "Caddy logs that the server is gone" grep -q REDACTED "$work/caddy.log"
unlike "$(cat "$work/caddy.log")" "$(printf '%s' "$token" | cut -c22-60)" "with no token"
finish
