#!/usr/bin/env bash
# Invitations on two hosts with one PostgreSQL database: thirty members join by one
# link, on either host; rights that change are in force on both.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/postgres.sh"
. "$(dirname "$0")/invite.sh"

pg_make one
pg_start one
pg_app one
pg=$(pg_url one)
host a "$pg"
host b "$pg"

# ---- Thirty members ----

secret=$(invite --group club --uses 30 --runtime-dir "$work/run.a")
crowd "$secret" 33 "${host_urls[a]}" "${host_urls[b]}"
is "$(crowd_count '.token // empty' ^pbk_) $(crowd_count '.code // empty' invite-used)" "30 3" "of 33 who join at the same time on two hosts, 30 get a token"
one=$(grep -l '"token"' "$work"/crowd/* | head -1)
token=$(jq -r .token "$one")
is "$(may_read "${host_urls[a]}" club "$token") $(may_read "${host_urls[b]}" club "$token")" "200 200" "which is good on both"
is "$("$POCKETBOOK" token invites --db "$pg" --runtime-dir "$work/run.b" --json | jq -c '.[0] | [.uses, .used]')" "[30,30]" "all are counted"

# ---- What is refused, and repeated ----

secret=$(invite --group club --uses 3 --runtime-dir "$work/run.a")
use a
is "$(join "$secret")" "400 user-needed" "a good invitation asks for a name"
is "$(join "$secret" "$(jq -r .user "$one")")" "409 user-taken" "a name is nobody else's"
key=$(new_key)
is "$(join "$secret" ann "$key")" "200 ann" "a join on one host"
first=$(joined)
use b
is "$(join "$secret" ann "$key") $(joined)" "200 ann $first" "again on the other has the same answer"
is "$(join "$secret" ann)" "409 user-taken" "without the key it is somebody else"
brief=$(invite --group club --expires 1s --runtime-dir "$work/run.b")
has_ended() { [ "$(join "$brief")" = "403 invite-ended" ]; }
wait_for "one ends" has_ended

# ---- Another device ----

pending=$(curl -s -X POST "${host_urls[a]}/invite" -H "$(auth "$first")" | jq -r .invite)
use b
is "$(join "$pending") $(jq -c .groups "$work/joined")" '200 ann [{"group":"club","write":true}]' "a second device joins on the other host"
is "$(join "$pending")" "403 invite-used" "once"

# ---- Rights that change ----

stream lost 'group=club' -H "$(auth "$first")"
"$POCKETBOOK" token set "$(id_of "$first")" --group news:ro --note moved --db "$pg" --runtime-dir "$work/run.a"
is "$?" 0 "a token gets other groups"
is "$(may_read "${host_urls[a]}" club "$first") $(may_read "${host_urls[a]}" news "$first")" "403 200" "in force on the host of the command at once"
others() { [ "$(may_read "${host_urls[b]}" club "$first") $(may_read "${host_urls[b]}" news "$first")" = "403 200" ]; }
wait_for "and on the other one" others
wait_for "whose streams of a lost group end" saw lost '"code":"forbidden"'
used() { "$POCKETBOOK" token list --db "$pg" --runtime-dir "$work/run.a" --json | jq -e ".[] | select(.id == \"$(id_of "$first")\") | .used and .note == \"moved\"" >/dev/null; }
wait_for "a list says when it was last used" used

hosts_stop
"$POCKETBOOK" check --db "$pg" >"$work/out" 2>&1
is "$? $(grep -c invitation "$work/out")" "0 0" "the database is whole"
"$POCKETBOOK" token uninvite "$(id_of "$secret")" --db "$pg"
is "$("$POCKETBOOK" token invites --db "$pg" --json | jq length)" 3 "an invitation is withdrawn"
pg_end one INT
finish
