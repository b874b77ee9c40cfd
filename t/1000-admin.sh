#!/bin/bash
# The admin page's process: who may reach its API, what the API does, that each change
# is in the audit file, and that a reload and an upgrade leave its socket open.
. "$(dirname "$0")/lib.sh"

admin_token=$("$POCKETBOOK" token add --db "$db" --user ada --admin 2>/dev/null)
token=$("$POCKETBOOK" token add --db "$db" --user ann --group notes 2>/dev/null)
like "$("$POCKETBOOK" token list --json --db "$db")" '"groups":\[\],"admin":true' "an admin token has no groups"

# admin_url: where the page is
find_admin() { admin_url=$(sed -n 's/.*admin page at \(http:[^ ]*\).*/\1/p' "$log" | head -1); }
# api PATH [CURL-OPTION...]: as the administrator
api() {
	api_path=$1
	shift
	curl -s -H 'X-Pocketbook-Admin: 1' -H "Authorization: Bearer $admin_token" "$@" "$admin_url/api/$api_path"
}
# post PATH JSON
post() { api "$1" -H 'Content-Type: application/json' --data-binary "$2"; }
# refused CURL-OPTION...: the code of the answer for /api/session
refused() { curl -s "$@" "$admin_url/api/session" | field code; }
# as_ann PATH: the status for the member's token
as_ann() { status_of -H "Authorization: Bearer $token" "$url/$1"; }

# ---- Who may ----

serve --admin 127.0.0.1:0 --history 20
find_admin
field=(-H 'X-Pocketbook-Admin: 1')
own=(-H "Authorization: Bearer $admin_token")
is "$(refused "${field[@]}")" unauthorized "no token: refused"
is "$(refused "${field[@]}" -H "Authorization: Bearer $token")" forbidden "a member's token: refused"
is "$(refused "${field[@]}" -H 'Authorization: Bearer pbk_0')" unauthorized "no token at all: refused"
is "$(refused "${own[@]}")" forbidden "without the field that pages of other sites cannot send: refused"
is "$(refused "${own[@]}" "${field[@]}" -H 'Origin: http://evil.example')" forbidden "another origin: refused"
is "$(refused "${own[@]}" "${field[@]}" -H 'Origin: null')" forbidden "no origin: refused"
is "$(refused "${own[@]}" "${field[@]}" -H 'Sec-Fetch-Site: cross-site')" forbidden "another site: refused"
is "$(refused "${own[@]}" "${field[@]}" -H 'Host: evil.example')" misdirected "another name: refused"
is "$(refused "${own[@]}" -X OPTIONS -H 'Origin: http://evil.example')" method-not-allowed "a preflight is refused"
like "$(api session -H "Origin: $admin_url")" '"user":"ada"' "an admin token: accepted, from the page's origin"
is "$(status_of -H "Authorization: Bearer $admin_token" "$url/sync?group=notes")" 403 "it opens no documents"
like "$(curl -s -H "Authorization: Bearer $admin_token" "$url/whoami")" '"groups":\[\]' "and says so"
like "$(curl -si "$admin_url/")" "script-src 'self'; style-src 'self'" "the page has a strict policy"
unlike "$(curl -s "$admin_url/")" '<script>|<style|style=' "and nothing inline"
is "$(status_of "$admin_url/pocketbook.js")" 404 "nothing else is there"
is "$(status_of "$url/api/session")" 404 "and the API is not on the server's own address"

# ---- Numbers, documents, groups ----

push '{"docs":[]}' >/dev/null
curl -s "$url/sync" -H "Authorization: Bearer $token" -H 'Content-Type: application/json' \
	-d '{"docs":[{"id":"notes:1","value":{"a":1}},{"id":"notes:2","value":2},{"id":"notes:x:3","value":"three"}]}' >/dev/null
like "$(api numbers)" '"name":"writer","pid":[0-9]+,"state":"serving"' "the numbers of all processes"
like "$(api groups)" '"group":"notes","documents":2,"tombstones":0,"bytes":22' "groups with counts and bytes"
like "$(api 'documents?group=notes')" '"id":"notes:1","version":1,"sequence":[0-9]+,"value":\{"a":1\}' "documents of a group"
is "$(api 'documents?group=notes:' | field code)" bad-request "a malformed group"
is "$(api 'document?id=notes:0' | field code)" not-found "a document that is not there"
for bad in 'documents?group=*&limit=1&limit=2' 'documents?group=notes&limit=0' 'documents?group=notes&limit=1001' 'documents?group=notes&group=club' \
	'documents?group=notes&since=&since=' 'documents?group=notes&deleted=1&deleted=1' 'documents?group=notes&deleted=yes' \
	'document?id=notes:1&id=notes:1' 'versions?id=notes:1&id=notes:1' 'versions?id=notes:1&before=0' 'versions?id=notes:1&before=2&before=2' \
	'backup/file?ticket=1&ticket=1'; do
	is "$(api "$bad" | field code)" bad-request "refused: $bad"
done
for method in GET POST PUT DELETE OPTIONS; do
	is "$(api nothing -X "$method" | field code) $(api tokens/ -X "$method" | field code)" "not-found not-found" "$method of a path that is not there"
done
is "$(api tokens -X PUT | field code) $(status_of "$admin_url/nothing") $(status_of "$admin_url/nothing" -X POST)" "method-not-allowed 404 405" "which is not so with others"
like "$(post document '{"id":"notes:1","base":1,"value":{"a":2}}')" '"status":"ok","version":2' "a document is changed"
like "$(post document '{"id":"notes:1","base":1,"value":{"a":3}}')" '"status":"conflict","version":2' "but not on a version that has gone"
like "$(post document '{"id":"notes:1","base":9007199254740990,"value":1}')" 'base: must be at most 9007199254740989' "nor on one that cannot be"
like "$(post document '{"id":"notes:2","base":1,"deleted":true}')" '"status":"ok"' "and deleted"
like "$(api 'documents?group=notes&deleted=1')" '\[\{"id":"notes:2","version":2,"sequence":[0-9]+,"deleted":true,"by":"ada"' "what was deleted is found"
like "$(post document '{"id":"notes:2","base":2,"value":2}')" '"version":3' "and is written again"
like "$(api 'versions?id=notes:2')" '"version":3,"sequence":[0-9]+,"value":2,"by":"ada".*"version":2,.*"deleted":true,"by":"ada".*"version":1,.*"value":2,"by":"ann"' "its versions say who wrote them"
like "$(post document '{"id":"notes:t","transit":"[\"~#set\",[1]]"}')" '"status":"ok"' "Transit is written"
like "$(api 'document?id=notes:t')" '"transit":"\{' "and comes with its types"
for bad in '{"id":"notes:1"}' '{"id":"notes","value":1}' '{"id":"notes:1","value":1,"deleted":true}' '{"id":"notes:1","value":1,"x":1}' '[]' '{'; do
	is "$(post document "$bad" | field code)" bad-request "refused: $bad"
done
is "$(api document -d '{"id":"notes:1","value":1}' | field code)" unsupported-media-type "a form is no JSON"

# ---- Tokens ----

made=$(post tokens '{"user":"ben","groups":["notes:ro","club"],"expires":86400,"quota":"bytes=1M"}')
ben=$(printf '%s' "$made" | field token)
ben_id=$(printf '%s' "$made" | field id)
is "$(status_of -H "Authorization: Bearer $ben" "$url/sync?group=club")" 200 "a new token works"
like "$(api tokens)" "\"id\":\"$ben_id\",\"user\":\"ben\",\"admin\":false,\"groups\":\[\{\"group\":\"notes\",\"write\":false\},\{\"group\":\"club\",\"write\":true\}\]" "and is listed"
unlike "$(api tokens)" "$ben" "without its secret"
like "$(post tokens/set "{\"id\":\"$ben_id\",\"quota\":\"pushes=5\"}")" '^\{' "its quota is changed"
like "$(api tokens)" '"pushes":\{"limit":5,"own":true\}' "and seen"
like "$(post tokens/set "{\"id\":\"$ben_id\",\"groups\":[\"club:ro\",\"news\"],\"note\":\"of the chess club\",\"expires\":0}")" '^\{' "its groups, its note and its end are changed"
like "$(api tokens)" '"groups":\[\{"group":"club","write":false\},\{"group":"news","write":true\}\],"note":"of the chess club","created":"[^"]*","expires":null' "and seen"
is "$(status_of -H "Authorization: Bearer $ben" "$url/sync?group=notes")" 403 "a group that was lost is refused at once"
is "$(post tokens/set "{\"id\":\"$ben_id\",\"groups\":[]}" | field code)" bad-request "a member's token has a group"
is "$(post tokens/set '{"id":"0123456789abcdef","groups":["a"]}' | field code)" not-found "no such token to change"
post tokens/set "{\"id\":\"${admin_token:4:16}\",\"groups\":[],\"note\":\"mine\"}" >/dev/null
like "$(api session)" '"user":"ada"' "an administrator's token stays one"
post tokens/set "{\"id\":\"$ben_id\",\"admin\":true}" >/dev/null
like "$(api tokens)" "\"id\":\"$ben_id\",\"user\":\"ben\",\"admin\":true,\"groups\":\[\{\"group\":\"club\"" "a member becomes one, and keeps the groups"
post tokens/set "{\"id\":\"$ben_id\",\"admin\":false}" >/dev/null
is "$(refused "${field[@]}" -H "Authorization: Bearer $ben")" forbidden "and is none any more"
new=$(post tokens/rotate "{\"id\":\"$ben_id\"}" | field token)
is "$(status_of -H "Authorization: Bearer $ben" "$url/sync?group=club")" 401 "after a rotation the old one is refused"
is "$(status_of -H "Authorization: Bearer $new" "$url/sync?group=club")" 200 "and the new one works"
post tokens/revoke "{\"id\":\"$(printf '%s' "$new" | cut -d_ -f2)\"}" >/dev/null
is "$(status_of -H "Authorization: Bearer $new" "$url/sync?group=club")" 401 "a revoked one does not"
is "$(post tokens/revoke '{"id":"0123456789abcdef"}' | field code)" not-found "there is no such token"
for bad in '{"user":"","groups":["a"]}' '{"user":"x"}' '{"user":"x","groups":["a:"]}' '{"user":"x","groups":["a","a:ro"]}' '{"user":"x","groups":["pocketbook-admin:"]}' '{"user":"x","groups":["a"],"quota":"bytes=0"}'; do
	is "$(post tokens "$bad" | field code)" bad-request "refused: $bad"
done
# As doc/operators.md shows it.
sample=$(sed -n "s/^ *-d '\\({.*}\\)' .*/\\1/p" "$here/../doc/operators.md")
like "$sample" '^\{"user":' "operators.md has a body"
sample=$(post tokens "$sample")
like "$sample" '"token":"pbk_' "with which a token is made"
post tokens/revoke "{\"id\":\"$(printf '%s' "$sample" | field id)\"}" >/dev/null
# member PATH JSON: the member that is refused
member() { post "$1" "$2" | field detail | sed -n 's/: no such member$//p'; }
is "$(member tokens '{"id":"0123456789abcdef","user":"x","groups":["a"]}') $(member tokens '{"user":"x","groups":["a"],"grace":5}')" "id grace" "a new token has no id and no grace"
is "$(member tokens/rotate "{\"id\":\"$ben_id\",\"groups\":[\"a\"]}") $(member tokens/rotate '{"user":"x"}') $(member tokens/rotate '{"note":"x"}')" "groups user note" \
	"a rotation changes nothing else"
is "$(member tokens/revoke '{"id":"0123456789abcdef","grace":5}') $(member tokens/revoke '{"admin":null}')" "grace admin" "nor does a revocation"
is "$(member tokens/set '{"id":"0123456789abcdef","grace":5}') $(member tokens/set '{"id":"0123456789abcdef","groups":["a"],"user":"x"}')" "grace user" "a change has no grace and no user"

# ---- Users ----

spare=$(post tokens '{"user":"ann","groups":["club"],"quota":"bytes=2M,documents=50"}' | field id)
usage=$(api users)
like "$usage" '\{"user":"ada","tokens":1,"stored":\{"bytes":\{\},"documents":\{\},"groups":\{\}\}\},\{"user":"ann","tokens":2,' "users, each once"
unlike "$usage" '"user":"ann",[^}]*"limit"' "without a limit, as one of ann's tokens has none"
post tokens/set "{\"id\":\"${token:4:16}\",\"quota\":\"bytes=1M,documents=100\"}" >/dev/null
curl -s "$url/sync" -H "Authorization: Bearer $token" -H 'Content-Type: application/json' -d '{"docs":[{"id":"notes:u","value":"used"}]}' >/dev/null
like "$(api users)" '"user":"ann","tokens":2,"stored":\{"bytes":\{"used":13,"limit":2097152\},"documents":\{"used":1,"limit":100\},"groups":\{"used":0\}' "what a user has stored, and the highest limit"
is "$(api users | jq -c '.users[] | {user, tokens, bytes: .stored.bytes.used, bytes_limit: .stored.bytes.limit} | del(..|nulls)')" \
	"$("$POCKETBOOK" stats --by user --json --db "$db" | jq -c '.[] | {user, tokens, bytes, bytes_limit} | del(..|nulls)')" "as stats --by user says"
post tokens/revoke "{\"id\":\"$spare\"}" >/dev/null
is "$(post users '{}' | field code)" method-not-allowed "users are only read"

# ---- Invitations ----

# join LINK USER: the status
join() { status_of "$url/join" -H 'Content-Type: application/json' -d "{\"invite\":\"${1#*#join=}\",\"user\":\"$2\"}"; }
made=$(post invites '{"groups":["club:ro"],"uses":2,"expires":600,"note":"autumn"}')
link=$(printf '%s' "$made" | field link)
like "$link" '^#join=pbi_' "an invitation is made"
is "$(join "$link" dora) $(join "$link" emil) $(join "$link" fay)" "200 200 403" "as many join as it says"
invite_id=$(printf '%s' "$made" | field id)
like "$(api invites)" "\"id\":\"$invite_id\",\"state\":\"used up\",\"groups\":\[\{\"group\":\"club\",\"write\":false\}\],\"uses\":2,\"used\":2" "and is listed"
unlike "$(api invites)" "${link#*pbi_*_}" "without its secret"
like "$(api tokens)" "\"user\":\"dora\",.*\"note\":\"autumn\",\"invite\":\"$invite_id\"" "tokens say which invitation made them"
made=$(post invites '{"groups":["club"]}')
link=$(printf '%s' "$made" | field link)
post invites/end "{\"id\":\"$(printf '%s' "$made" | field id)\"}" >/dev/null
is "$(join "$link" gil)" 403 "one that was withdrawn is of no use"
is "$(post invites/end '{"id":"0123456789abcdef"}' | field code)" not-found "there is no such invitation"
for bad in '{}' '{"groups":[]}' '{"groups":["a:"]}' '{"groups":["a"],"uses":0}' '{"groups":["a"],"uses":1000001}' '{"groups":["a"],"expires":0}' '{"groups":["a"],"x":1}'; do
	is "$(post invites "$bad" | field code)" bad-request "refused: $bad"
done

# ---- Streams ----

# stream_of USER: the id of the stream of that user, once it is published
stream_of() { api streams | jq -r --arg user "$1" '.streams[] | select(.user == $user) | .id'; }
curl -sN -H "Authorization: Bearer $token" "$url/events?group=notes" >"$work/events" &
wait_for "a stream is open" grep -q 'event: connected' "$work/events"
like "$(api streams)" "\"worker\":\"worker\.[0-9]+\",\"user\":\"ann\",\"token\":\"${token:4:16}\",\"groups\":1,\"since\":\"[^\"]+\",\"bytes\":[1-9][0-9]*" "it is seen, with its user"
like "$(api streams)" '"count":1,"rows":512,"silent":0' "and all workers have said so"
is "$(post streams/end '{"id":"1.1"}' | field code) $(post streams/end '{"id":"x"}' | field code)" "not-found bad-request" "another is not there"
is "$(post streams/end "{\"id\":\"$(stream_of ann)\"}")" '{}' "it is ended"
wait_for "its client is told" grep -q 'event: end' "$work/events"
like "$(cat "$work/events")" '"code":"draining"' "with a code after which it comes again"
gone() { [ -z "$(stream_of ann)" ]; }
wait_for "and it is gone" gone

# ---- The backup ----

ticket=$(api backup -X POST | field ticket)
curl -s -o "$work/copy.db" "$admin_url/api/backup/file?ticket=$ticket"
"$POCKETBOOK" check --db "$work/copy.db" >/dev/null 2>&1
ok $? "a backup is downloaded whole"
like "$("$POCKETBOOK" doc get notes:1 --db "$work/copy.db")" 'VALUE +\{"a":2\}' "with the documents"
is "$(status_of "$admin_url/api/backup/file?ticket=$ticket")" 401 "its ticket is good for once"
is "$(find "$work" -name '*unfinished*' -o -name '#*' | wc -l)" 0 "nothing is left of it"

# ---- The audit file ----

like "$(api audit)" 'act=push command=.{2}admin page.{2} admin_token=[0-9a-f]{16} admin=ada written=1 deleted=0 first=notes:1' "a change has the name of its administrator"
for act in token_add token_set token_rotate token_revoke invite_add invite_remove stream_end push; do
	like "$(cat "$db.audit")" "act=$act command=\"admin page\" admin_token=${admin_token:4:16} admin=ada" "audited: $act"
done
unlike "$(cat "$db.audit" "$log")" "${ben#pbk_*_}|${admin_token#pbk_*_}|${link#*pbi_*_}" "no secret is in the audit file or the log"

# ---- Reload, upgrade, the end of the writer, the end of the process ----

same() { [ "$(api session | field user)" = ada ]; }
# since_of USER: when the stream of that user was opened
since_of() { api streams | jq -r --arg user "$1" '.streams[] | select(.user == $user) | .since'; }
curl -sN -H "Authorization: Bearer $token" "$url/events?group=notes" >"$work/kept" &
kept=$!
wait_for "another stream is open" grep -q 'event: connected' "$work/kept"
seen() { opened=$(since_of ann) && [ -n "$opened" ]; }
wait_for "it is seen" seen
later() { [ "$(date -u +%FT%TZ)" != "$opened" ]; }
wait_for "a second has gone by" later
passed=$(stream_of ann)
before=$(newest admin)
kill -HUP "$server"
wait_for "a reload is done" grep -q event=reloaded "$log"
wait_for "another process serves the page" same
# The rows of the worker before are there for some seconds.
seen() { [ "$(stream_of ann | wc -l)" = 1 ] && [ "$(stream_of ann)" != "$passed" ]; }
wait_for "its stream is in another worker" seen
is "$(since_of ann)" "$opened" "a stream that was passed on is as old as it was"
kill "$kept"
before=$(newest admin)
kill -USR2 "$server"
wait_for "an upgrade is done" grep -q event=upgraded "$log"
replaced() { [ "$before" != "$(newest admin)" ] && ! kill -0 "$before" 2>"$work/said"; }
wait_for "its process has gone" replaced
wait_for "the page is there" same
like "$(post document '{"id":"notes:9","value":9}')" '"status":"ok"' "and writes"
[ "$before" != "$(newest admin)" ]
ok $? "by another process"
writes() { post document '{"id":"notes:10","base":0,"value":10}' | grep -q '"status"'; }
kill -KILL "$(writer)"
wait_for "it finds the next writer" writes
kill -KILL "$(newest admin)"
wait_for "if it is killed, it comes again" same
is "$(as_ann 'sync?group=notes')" 200 "and the server serves"
"$POCKETBOOK" token set "${admin_token:4:16}" --group notes:ro --db "$db"
like "$(api session)" '"user":"ada"' "an administrator who gets other groups stays one"
is "$(status_of "${own[@]}" "$url/sync?group=notes")" 200 "and reads them"
stop
is "$status" 0 "the server ends in order"

# ---- The end of a stream, when the streams were not asked for before ----

# Streams of a worker are numbered from its first one on.
serve --admin 127.0.0.1:0 --workers 1
find_admin
curl -sN -H "Authorization: Bearer $token" "$url/events?group=notes" >"$work/events" &
wait_for "a stream is open" grep -q 'event: connected' "$work/events"
worker=$(api numbers | jq '.processes[] | select(.name == "worker.0").pid')
is "$(post streams/end "{\"id\":\"$worker.1\"}")" '{}' "a stream is found, and ended"
wait_for "its client is told" grep -q 'event: end' "$work/events"
is "$(post streams/end "{\"id\":\"$worker.9\"}" | field code)" not-found "one that is not there is not found"
stop

# ---- A Unix socket, and addresses ----

serve --admin "$work/admin.sock"
is "$(stat -c %a "$work/admin.sock")" 600 "the socket is its user's alone"
by_socket() { curl -s --unix-socket "$work/admin.sock" "$@"; }
like "$(by_socket "${field[@]}" http://localhost/api/session)" '"socket":true' "by the socket, no token is needed"
is "$(by_socket http://localhost/api/session | field code)" forbidden "but the field is"
is "$(by_socket "${field[@]}" -H 'Origin: http://evil.example' http://localhost/api/session | field code)" forbidden "and the origin is the page's"
stop
[ ! -e "$work/admin.sock" ]
ok $? "the socket is removed"

"$POCKETBOOK" serve --db "$db" --listen 127.0.0.1:0 --admin 0.0.0.0:0 2>"$work/refusal"
is $? 2 "another address than loopback needs a proxy"
like "$(cat "$work/refusal")" 'trusted-proxy' "which the error says"
serve --admin 0.0.0.0:0 --trusted-proxy 192.0.2.1
admin_url=http://127.0.0.1:$(sed -n 's/.*admin page at http:.*:\([0-9]*\)$/\1/p' "$log")
is "$(refused "${own[@]}" "${field[@]}")" forbidden "and answers that proxy alone"
stop
serve --admin 0.0.0.0:0 --trusted-proxy 127.0.0.1 --server-name notes.example
admin_url=http://127.0.0.1:$(sed -n 's/.*admin page at http:.*:\([0-9]*\)$/\1/p' "$log")
like "$(api session -H 'Host: notes.example' -H 'Origin: https://notes.example')" '"user":"ada"' "which comes with the server's name"
is "$(refused "${field[@]}")" unauthorized "and a token"
stop

finish
