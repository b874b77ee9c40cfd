#!/usr/bin/env bash
# token rotate: one token in the place of another, with and without a running server.
. "$(dirname "$0")/lib.sh"

id_of() { printf '%s' "$1" | cut -c5-20; }
auth() { printf 'Authorization: Bearer %s' "$1"; }
rotate() { "$POCKETBOOK" token rotate --db "$db" "$@" 2>"$work/hint"; }
listed() { "$POCKETBOOK" token list --json --db "$db" | grep "\"id\":\"$1\""; }

# ---- Nobody serves ----
first=$("$POCKETBOOK" token add --db "$db" --user ann --group todos --group news:ro --expires 90d 2>/dev/null)
second=$(rotate "$(id_of "$first")")
is "$?" 0 "a token is rotated while nobody serves"
like "$second" '^pbk_[0-9a-f]{16}_[A-Za-z0-9_-]{48}$' "the new one stands alone on stdout"
like "$(cat "$work/hint")" "only time.* ann .*$(id_of "$second").*$(id_of "$first"), has ended" "what happened is said beside it"
unlike "$(cat "$work/hint")" "${second#pbk_}" "without the token"
is "$(listed "$(id_of "$first")")" "" "the old one is gone"
new=$(listed "$(id_of "$second")")
like "$new" '"user":"ann","groups":\[\{"group":"todos","write":true\},\{"group":"news","write":false\}\]' "the new one has its user and groups"
like "$new" '"expires":"20' "and its end"

# ---- While one serves ----
serve --workers 2
is "$(status_of "$url/sync?group=todos" -H "$(auth "$first")") $(status_of "$url/sync?group=todos" -H "$(auth "$second")")" "401 200" \
	"the old one is refused, the new one good"
stream old 'group=todos' -H "$(auth "$second")"
third=$(rotate "$(id_of "$second")" --grace 1h --expires off)
is "$?" 0 "a token is rotated beside a server"
like "$(cat "$work/hint")" 'ends in 1h' "the old one has a grace"
is "$(status_of "$url/sync?group=todos" -H "$(auth "$second")") $(status_of "$url/sync?group=todos" -H "$(auth "$third")")" "200 200" \
	"within which both are good"
like "$(listed "$(id_of "$third")")" '"expires":null' "--expires off: the new one stays"
push_as() { status_of "$url/sync" -H "$(auth "$1")" -H 'Content-Type: application/json' -d '{"docs":[{"id":"todos:1","value":1}]}'; }
push_as "$third" >/dev/null
wait_for "a stream of the old one goes on" saw old 'event: change'
short=$("$POCKETBOOK" token add --db "$db" --user bob --group todos 2>/dev/null)
stream short 'group=todos' -H "$(auth "$short")"
next=$(rotate "$(id_of "$short")" --grace 2s)
wait_for "a stream ends when the grace does" gone "$stream"
is "$(status_of "$url/sync?group=todos" -H "$(auth "$short")") $(status_of "$url/sync?group=todos" -H "$(auth "$next")")" "401 200" \
	"then only the new one is good"
stream ended 'group=todos' -H "$(auth "$next")"
json=$(rotate "$(id_of "$next")" --json --expires 1h)
wait_for "without a grace a stream ends at once" gone "$stream"
is "$(printf '%s' "$json" | jq -r 'keys | join(" ")')" "admin created expires groups id invite note replaces token used user" "--json is an object"
is "$(printf '%s' "$json" | jq -r .replaces) $(printf '%s' "$json" | jq -r .user)" "$(id_of "$next") bob" "which says what it replaces"
is "$(status_of "$url/sync?group=todos" -H "$(auth "$(printf '%s' "$json" | jq -r .token)")")" 200 "and has the token"
soon=$("$POCKETBOOK" token add --db "$db" --user eve --group todos --expires 1h 2>/dev/null)
before=$(listed "$(id_of "$soon")" | grep -o '"expires":"[^"]*"')
rotate "$(id_of "$soon")" --grace 30d >/dev/null
is "$(listed "$(id_of "$soon")" | grep -o '"expires":"[^"]*"')" "$before" "a grace makes no token last longer"

# ---- What is refused ----
rotate 0123456789abcdef >"$work/out"
is "$? $(cat "$work/out")" "1 " "an unknown id is refused"
like "$(cat "$work/hint")" 'there is no token 0123456789abcdef' "which is said"
rotate nonsense >/dev/null
is "$?" 2 "and what is no id"
brief=$("$POCKETBOOK" token add --db "$db" --user eve --group todos --expires 1s 2>/dev/null)
expired() { [ "$(status_of "$url/sync?group=todos" -H "$(auth "$brief")")" = 401 ]; }
wait_for "a token expires" expired
rotate "$(id_of "$brief")" >"$work/out"
is "$? $(cat "$work/out")" "1 " "an expired one is not rotated into one that has expired too"
like "$(cat "$work/hint")" 'has expired; set with --expires' "but with a new time"
rotate "$(id_of "$brief")" --expires 1h >/dev/null
is "$?" 0 "it is"
stop
"$POCKETBOOK" token rotate 0123456789abcdef --db "$work/none.db" 2>/dev/null
is "$? $(ls "$work/none.db" 2>/dev/null)" "1 " "no database is made"
"$POCKETBOOK" check --db "$db" >/dev/null 2>&1
is "$?" 0 "the database is whole"
finish
