#!/usr/bin/env bash
# Tokens: made and revoked with and without a running server; what they may do; how
# streams end with them.
. "$(dirname "$0")/lib.sh"

add() { "$POCKETBOOK" token add --db "$db" "$@" 2>"$work/hint"; }
id_of() { printf '%s' "$1" | cut -c5-20; }
auth() { printf 'Authorization: Bearer %s' "$1"; }
json='Content-Type: application/json'

early=$(add --user ann --group todos)
is "$?" 0 "a token is made before there is a server"
like "$early" '^pbk_[0-9a-f]{16}_[A-Za-z0-9_-]{48}$' "it stands alone on stdout"
unlike "$(cat "$work/hint")" "${early#pbk_}" "and nowhere else"
serve --workers 3
unlike "$(cat "$log")" 'token add' "a server that has a token does not ask for one"
is "$(status_of "$url/sync?group=todos" -H "$(auth "$early")")" 200 "it is good for its group"
is "$(status_of "$url/sync?group=other" -H "$(auth "$early")")" 403 "and no other"
is "$(status_of "$url/sync?group=todos:home" -H "$(auth "$early")")" 200 "but for what is nested in it"
is "$(status_of "$url/sync?group=todos")" 401 "without a token: 401"
like "$(curl -si "$url/sync?group=todos")" '^WWW-Authenticate: Bearer' "which says what is wanted"
case $early in *A) wrong=${early%?}B ;; *) wrong=${early%?}A ;; esac
is "$(status_of "$url/sync?group=todos" -H "$(auth "$wrong")")" 401 "a token with a wrong letter is none"
is "$(status_of "$url/sync?group=todos&token=$early")" 401 "?token= is not for /sync"
is "$(status_of "$url/")" 200 "the page needs none"
is "$(status_of "$url/healthz") $(status_of "$url/readyz")" "200 200" "nor does a supervisor"
problem=$(curl -si "$url/events?group=todos&token=x" | tr -d '\r')
like "$problem" '^HTTP/1.1 401' "a stream with a bad token: 401"
like "$problem" '^Content-Type: application/problem\+json' "as a problem"
like "$problem" '"code":"unauthorized"' "of that name"
for value in '' Bearer 'Bearer ' 'Bearer x' "Basic $early" "$early" "Bearer $early x" "Bearer ${early}x"; do
	is "$(status_of "$url/sync?group=todos" -H "Authorization: $value")" 401 "Authorization: $(printf '%s' "$value" | sed "s/$early/TOKEN/") is none"
done
is "$(status_of "$url/sync?group=todos" -H "Authorization: bearer $early")" 200 "the scheme's letters may be small"
is "$(status_of "$url/sync?group=todos" -H "Authorization: Bearer   $early")" 200 "more spaces may follow it"
is "$(status_of "$url/sync" -H "$json" -d '{"docs":[{"id":"todos:1","value":1}]}')" 401 "no write without a token"
is "$(status_of "$url/sync" -H "$(auth "$early")" -H "$json" -d '{"docs":[{"id":"todosx:1","value":1}]}')" 403 "a longer name is another group"
like "$(curl -s "$url/sync" -H "$(auth "$early")" -H "$json" -d '{"docs":[{"id":"todos:home:1","value":1}]}')" '"status":"ok"' "what is nested can be written"

reader=$(add --user bob --group todos:ro --group notes)
is "$(status_of "$url/sync" -H "$(auth "$reader")" -H "$json" -d '{"docs":[{"id":"todos:1","value":1}]}')" 403 "a read-only group cannot be written"
like "$(cat "$work/body")" '"code":"forbidden".*docs\[0\].id' "the problem names the document"
is "$(status_of "$url/sync" -H "$(auth "$reader")" -H "$json" -d '{"docs":[{"id":"notes:1","value":1},{"id":"todos:1","value":1}]}')" 403 "nor together with one that can"
like "$(curl -s "$url/sync?group=notes" -H "$(auth "$reader")")" '"docs":\[\]' "nothing of it was written"
is "$(status_of "$url/sync" -H "$(auth "$reader")" -H "$json" -d '{"docs":[{"id":"notes:1","value":1}]}')" 200 "the other group can"
is "$(status_of "$url/sync" -H "$(auth "$reader")" -H "$json" -d '{"docs":[{"id":"todos:home:1","base":1,"deleted":true}]}')" 403 "a deletion is a write"
is "$(status_of "$url/events?group=todos&group=secret" -H "$(auth "$reader")")" 403 "a stream wants all of its groups allowed"
all=$(add --user root --group '*')
is "$(status_of "$url/sync?group=anything:at:all" -H "$(auth "$all")")" 200 "* is every group"
is "$(status_of "$url/sync?group=*" -H "$(auth "$all")")" 200 "which can be asked for at once"
for path in 'sync?group=*' 'events?group=*' 'events?group=todos&group=*'; do
	is "$(status_of "$url/$path" -H "$(auth "$reader")") $(jq -r .code "$work/body")" "403 forbidden" "/$path wants a token for all"
done

# ---- What a client is told of its token ----
whoami() { curl -s "$url/whoami" -H "$(auth "$1")" "${@:2}"; }
is "$(whoami "$reader" | jq -c .)" \
	"{\"user\":\"bob\",\"token\":\"$(id_of "$reader")\",\"groups\":[{\"group\":\"todos\",\"write\":false},{\"group\":\"notes\",\"write\":true}]}" \
	"it is told its user, its id and its groups"
like "$(whoami "$reader" -H 'Accept: application/transit+json')" '"~:user":"bob"' "in Transit as well"
guest=$(add --user guest --group todos:ro --expires 1h)
like "$(whoami "$guest" | jq -r .expires)" '^20[0-9-]{8}T[0-9:]{8}Z$' "and when it expires"
is "$(status_of "$url/whoami") $(status_of "$url/whoami" -H "$(auth "$wrong")") $(status_of "$url/whoami" -X POST -H "$(auth "$reader")")" "401 401 405" \
	"which nobody else is, and by GET alone"
stream who 'group=todos&group=notes' -H "$(auth "$reader")"
saw who '"group":"todos".*"user":"bob","write":false' && saw who '"group":"notes".*"user":"bob","write":true'
ok $? "a stream's greeting says whether it may write"
for path in 'sync?group=todos:' 'events?group=todos:'; do
	is "$(status_of "$url/$path" -H "$(auth "$all")") $(jq -r .code "$work/body")" "400 bad-request" "/$path is refused"
	like "$(jq -r .detail "$work/body")" 'must not end in a colon' "with what is wrong"
done

list=$("$POCKETBOOK" token list --db "$db")
like "$list" 'ann.*todos' "the list shows users and groups"
is "$(printf '%s\n' "$list" | grep -c -e "$(id_of "$early")" -e "$(id_of "$reader")" -e "$(id_of "$all")")" 3 "and ids"
unlike "$list" "$(printf '%s' "$early" | cut -c22-50)" "but no secret"

ann=
for n in $(seq 12); do
	stream "early.$n" "group=todos&token=$early"
	ann="$ann $stream"
done
stream bob 'group=todos' -H "$(auth "$reader")"
is "$(for pid in $(workers); do ls -l "/proc/$pid/fd" | grep -c socket: ; done | awk '$1 > 3' | wc -l | awk '{ print ($1 > 1) }')" 1 "streams are open in more than one worker"
"$POCKETBOOK" token revoke "$(id_of "$early")" --db "$db" 2>"$work/hint"
is "$?" 0 "a token is revoked while the server runs"
all_ended() { for pid in $ann; do gone "$pid" || return 1; done; }
wait_for "its streams end, in every worker" all_ended
is "$(grep -lFx 'data: {"code":"unauthorized"}' "$work"/early.* | wc -l)" 12 "each told why"
is "$(status_of "$url/sync?group=todos" -H "$(auth "$early")")" 401 "it is good for nothing any more"
kill -0 "$stream"
ok $? "the stream of another token lives on"
"$POCKETBOOK" token revoke 0123456789abcdef --db "$db" 2>"$work/hint"
is "$?" 1 "an unknown id cannot be revoked"
like "$(cat "$work/hint")" 0123456789abcdef "which is said"

brief=$(add --user eve --group todos --expires 2s)
stream brief 'group=todos' -H "$(auth "$brief")"
wait_for "a stream ends when its token expires" gone "$stream"
saw brief '^data: \{"code":"expired"\}'
ok $? "told why"
is "$(status_of "$url/sync?group=todos" -H "$(auth "$brief")")" 401 "then it is refused"
young=$(add --user eve --group todos --expires 1h)
is "$(status_of "$url/sync?group=todos" -H "$(auth "$young")")" 200 "before that it is good"
forged=pbk_$(id_of "$young")_$(printf '%s' "$early" | cut -d_ -f3-)
is "$(status_of "$url/sync?group=todos" -H "$(auth "$forged")")" 401 "nor is one's id with another's secret"

stop
late=$(add --user zoe --group late)
is "$?" 0 "a token is made after the server has gone"
"$POCKETBOOK" token revoke "$(id_of "$late")" --db "$db" 2>/dev/null
is "$?" 0 "and revoked"
"$POCKETBOOK" token revoke "$(id_of "$young")" --db "$db" 2>/dev/null
serve
is "$(status_of "$url/sync?group=todos" -H "$(auth "$young")") $(status_of "$url/sync?group=anything" -H "$(auth "$all")")" "401 200" \
	"a server that starts knows which are revoked and which are not"
stop
for token in "$early" "$reader" "$all" "$brief" "$young" "$late"; do
	{ held_by_db; cat "$work"/server.*.log*; } | grep -qF -e "$(printf '%s' "$token" | cut -c22-60)"
	is "$?" 1 "no secret in the logs or the database"
done

"$POCKETBOOK" token add --db "$db" --group todos >/dev/null 2>"$work/hint"
is "$?" 2 "a token wants a user"
"$POCKETBOOK" token add --db "$db" --user x --group 'a:rx:' --expires soon >/dev/null 2>"$work/hint"
is "$?" 2 "and dates that can be read"
"$POCKETBOOK" serve --db "$db" "${serve_with[@]}" --listen 0.0.0.0:0 --auth off 2>"$work/hint"
is "$?" 2 "authentication cannot be off where others can connect"
like "$(cat "$work/hint")" loopback "which is said"
another_db new
serve
like "$(cat "$log")" "token add.*--db ['\"]?${db%%\?*}" "a server without a token says how to make one"
stop
"$POCKETBOOK" token add --db "$db" --user ann --group todos >/dev/null 2>&1
"$POCKETBOOK" token list --db "$db" --user nobody-of-that-name 2>"$work/hint"
is "$(cat "$work/hint")" "pocketbook: $db: none of the tokens matches" "no token matches"
"$POCKETBOOK" token lst 2>"$work/hint"
like "$? $(cat "$work/hint")" '^2 .*unknown command token lst, did you mean token list\?' "a mistyped second word"
finish
