#!/usr/bin/env bash
# Invitations: thirty members join by one link; what is refused; another device; a lost
# answer; what is listed and left.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/invite.sh"

# ---- Made without a server ----

link=$("$POCKETBOOK" token invite --db "$db" --group club --group news:ro --uses 30 --note spring --url https://notes.example/ 2>"$work/hint")
is "$?" 0 "an invitation is made before there is a server"
like "$link" '^https://notes\.example/#join=pbi_[0-9a-f]{16}_[A-Za-z0-9_-]{48}$' "its link stands alone on stdout"
secret=${link#*#join=}
unlike "$(cat "$work/hint")" "${secret#pbi_}" "the secret stands nowhere else"
like "$(cat "$work/hint")" "its id is $(id_of "$secret"); it is good for 30 members, and ends in 7d" "its id and its limits are said beside it"
for bad in "" "--group club --uses 0" "--group club --url notes.example" "--group club --url https://x/#y" "--group : "; do
	# shellcheck disable=SC2086 # several words
	"$POCKETBOOK" token invite --db "$db" $bad >"$work/out" 2>/dev/null
	is "$? $(cat "$work/out")" "2 " "refused: token invite $bad"
done

# ---- Thirty members ----

serve --workers 3 --access-log on
crowd "$secret" 33 "$url"
is "$(crowd_count '.token // empty' ^pbk_) $(crowd_count '.code // empty' invite-used)" "30 3" "of 33 who join at the same time, 30 get a token"
is "$(cat "$work"/crowd/* | jq -r '.token // empty' | sort -u | wc -l)" 30 "each one of their own"
one=$(grep -l '"token"' "$work"/crowd/* | head -1)
is "$(jq -c .groups "$one")" '[{"group":"club","write":true},{"group":"news","write":false}]' "with the groups of the invitation"
is "$(may_read "$url" club "$(jq -r .token "$one")") $(may_read "$url" other "$(jq -r .token "$one")")" "200 403" "which it opens, and no other"
"$POCKETBOOK" token invites --db "$db" --json >"$work/invites"
is "$(jq -c '.[0] | [.uses, .used, .note, .source]' "$work/invites")" '[30,30,"spring",null]' "all are counted"
like "$("$POCKETBOOK" token invites --db "$db")" 'USED +30 of 30 \(used up\)' "and listed"
is "$("$POCKETBOOK" token list --db "$db" --json | jq "map(select(.invite == \"$(id_of "$secret")\" and .note == \"spring\")) | length")" 30 \
	"tokens say which invitation made them"
is "$(grep -c "act=join .*command=serve invite=$(id_of "$secret") token=[0-9a-f]* user=\"member " "$db.audit")" 30 "the audit file says who, by which invitation"

# ---- Names ----

secret=$(invite --group club --uses 5)
is "$(join "$secret")" "400 user-needed" "a good invitation asks for a name"
is "$(join "$secret" "member 7")" "409 user-taken" "a name is nobody else's"
is "$(join "$secret" Zoë)" "200 Zoë" "a name need not be ASCII"
for bad in ' ann' 'ann ' $'a\tb' "$(printf 'x%.0s' $(seq 129))" $'\u202eann'; do
	is "$(join "$secret" "$bad" | cut -c1-15)" "400 bad-request" "no name: $(printf %q "${bad:0:20}")"
done
# uses: of $secret
uses() { "$POCKETBOOK" token invites --db "$db" --json | jq ".[] | select(.id == \"$(id_of "$secret")\") | .used"; }
body() { curl -s -o "$work/joined" -w '%{http_code} ' "$url/join" -H 'Content-Type: application/json' -d "$1" && jq -r '.code + ": " + .detail' "$work/joined"; }
like "$(body "{\"invite\":\"$secret\",\"user\":\"\"}")" '^400 bad-request: user: must be 1 to 128 bytes' "an empty name is none"
like "$(body '{"user":"bob"}')" '^400 bad-request: invite: missing' "nothing goes without an invitation"
like "$(body "{\"invite\":\"$secret\",\"user\":\"bob\",\"key\":\"x\"}")" '^400 bad-request: key: must be 32 random bytes' "a key is 32 bytes"
like "$(body "{\"invite\":\"$secret\",\"user\":7}")" '^400 bad-request: user: ' "a name is a string"
like "$(body '[]')" '^400 bad-request' "a body is a map"
is "$(status_of "$url/join" -X GET) $(status_of "$url/join" -d "{}" -H 'Content-Type: text/plain')" "405 415" "other methods and media are refused"
is "$(uses)" 1 "none of that has used it"

# ---- An answer that was lost ----

key=$(new_key)
is "$(join "$secret" ann "$key")" "200 ann" "a join with a key"
first=$(joined)
is "$(join "$secret" ann "$key") $(joined)" "200 ann $first" "again with that key has the same answer"
is "$(join "$secret" ann "$(new_key)")" "409 user-taken" "with another key it is somebody else"
is "$(uses)" 2 "and counts once"
"$POCKETBOOK" token revoke "$(id_of "$first")" --db "$db"
is "$(join "$secret" ann "$key") $(uses)" "403 invite-used 2" \
	"sent again after the token was revoked, it is refused, and counts nothing"
is "$(join "$secret" ann "$(new_key)")" "200 ann" "a member who was thrown out and has a link that is good joins anew"
is "$(may_read "$url" club "$first") $(may_read "$url" club "$(joined)")" "401 200" "but the revoked token stays revoked"

# ---- What does not work any more ----

before=$(grep -c act=join "$db.audit")
brief=$(invite --group club --expires 1s)
has_ended() { [ "$(join "$brief")" = "403 invite-ended" ]; }
"$POCKETBOOK" token uninvite "$(id_of "$secret")" --db "$db"
is "$? $(join "$secret" bob)" "0 403 invite-unknown" "one that was withdrawn"
"$POCKETBOOK" token uninvite "$(id_of "$secret")" --db "$db" 2>"$work/said"
is "$?" 1 "which is done once"
like "$(cat "$work/said")" "there is no invitation $(id_of "$secret")" "as it says"
wait_for "one that has ended" has_ended
is "$(grep -c act=join "$db.audit")" "$before" "a refusal is no act"
gone=$(invite --group nobody:has:written:here)
is "$(join "$gone" dora) $(may_read "$url" nobody:has:written:here "$(joined)")" "200 dora 200" "a group without documents is a group"

# ---- Another device ----

laptop=$(joined)
device() { curl -s -X POST "$url/invite" -H "$(auth "$1")" "${@:2}"; }
is "$(device "$laptop" | jq -r .user)" dora "a token invites another device"
pending=$(device "$laptop" | jq -r .invite)
like "$pending" '^pbi_' "by an invitation"
is "$("$POCKETBOOK" token invites --db "$db" --json | jq -c '[.[] | select(.source)] | map([.user, .uses, .used, .note])')" '[["dora",1,0,"second device"]]' \
	"of which there is one at a time"
is "$(join "$pending") $(jq -c .groups "$work/joined")" '200 dora [{"group":"nobody:has:written:here","write":true}]' "it needs no name, and gives the same rights"
phone=$(joined)
is "$(join "$pending" dora)" "403 invite-used" "once"
is "$("$POCKETBOOK" token list --db "$db" --json | jq -r ".[] | select(.id == \"$(id_of "$phone")\") | .note")" "second device" "the list tells them apart"

# ---- Who is there ----

list() { "$POCKETBOOK" token list --db "$db" --json "$@" 2>"$work/said"; }
is "$(list --user dora | jq length) $(list --group nobody:has:written:here:at:all | jq length) $(list --user nobody | jq length)" "2 2 0" \
	"the list can be of a user or a group"
both_used() { [ "$(list --user dora | jq 'map(select(.used)) | length')" = 1 ]; }
wait_for "a token that was used says when" both_used
is "$(list --user dora --unused 1d | jq length)" 0 "what is new is not unused"
"$POCKETBOOK" token set "$(id_of "$phone")" --group club:ro --note 'the phone' --db "$db"
is "$? $(may_read "$url" club "$phone") $(may_read "$url" nobody:has:written:here "$phone")" "0 200 403" "a token gets other groups, at once"
is "$(list --user dora | jq -r ".[] | select(.id == \"$(id_of "$phone")\") | .note")" "the phone" "and another note"

# ---- What goes with it ----

pending=$(device "$phone" | jq -r .invite)
"$POCKETBOOK" token revoke "$(id_of "$phone")" --db "$db"
is "$(join "$pending")" "403 invite-unknown" "it goes with the token that made it"
is "$(status_of "$url/invite" -X POST) $(status_of "$url/invite" -X POST -H "$(auth "$phone")") $(status_of "$url/invite" -H "$(auth "$laptop")")" "401 401 405" \
	"nobody else makes one"
like "$(cat "$db.audit")" "act=invite_device .*token=$(id_of "$laptop") user=dora" "the audit file says whose"

# ---- Guessing ----

like "$(cat "$log")" "event=access .*path=/invite status=200 .*token=$(id_of "$laptop") user=dora" "the access log says whose a request is"
stop
before=$log
serve --workers 1 --max-auth-failures 8
secret=$(invite --group club)
for n in $(seq 10); do join "pbi_0123456789abcdef_$n" eve; done | sort | uniq -c | tr -s ' ' >"$work/guesses"
like "$(cat "$work/guesses")" '429 too-many-attempts' "who guesses is throttled"
is "$(join "$secret" eve)" "429 too-many-attempts" "and then gets nothing"
stop

# ---- What is left behind ----

cat "$work"/crowd/* | jq -r '.token // empty' >"$work/secrets"
printf '%s\n' "$first" "$laptop" "$phone" "$secret" "$pending" "${link#*#join=}" >>"$work/secrets"
leaks=0
while read -r one; do ! grep -qF -- "${one#pb?_*_}" "$log" "$before" "$db.audit" "$db" || leaks=1; done <"$work/secrets"
is "$leaks" 0 "no secret is in the log, the audit file or the database"
"$POCKETBOOK" check --db "$db" >"$work/out" 2>&1
is "$? $(grep -c invitation "$work/out")" "0 0" "the database is whole"
is "$("$POCKETBOOK" token uninvite "$(id_of "$secret")" --db "$db"; "$POCKETBOOK" token invites --db "$db" --json | jq length)" 5 "withdrawn without a server"

# ---- Without authentication ----

db=$work/open.db
serve --auth off
is "$(join "$secret" ann) $(jq -r .detail "$work/joined")" "404 not-found this server runs without authentication: no token is needed" "a server without tokens has none to give"
is "$(status_of "$url/invite" -X POST)" 404 "and no devices"
stop
finish
