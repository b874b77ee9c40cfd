#!/usr/bin/env bash
# The admin page of a server on PostgreSQL: it reads and writes as on a file, and says
# what to use for backups and where its audit is.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/postgres.sh"

pg_make one
pg_start one
pg_app one
pg=$(pg_url one)

host a "$pg" --admin 127.0.0.1:0 --metrics-listen 127.0.0.1:0 --metrics-users 1
use a
admin_url=$(sed -n 's/.*admin page at \(http:[^ ]*\).*/\1/p' "$log" | head -1)
admin_token=$("$POCKETBOOK" token add --db "$pg" --user ada --admin 2>/dev/null)
token=$("$POCKETBOOK" token add --db "$pg" --user ann --group notes --quota bytes=1M 2>/dev/null)
# api PATH [CURL-OPTION...]: as the administrator
api() {
	api_path=$1
	shift
	curl -s -H 'X-Pocketbook-Admin: 1' -H "Authorization: Bearer $admin_token" "$@" "$admin_url/api/$api_path"
}
# post PATH JSON
post() { api "$1" -H 'Content-Type: application/json' --data-binary "$2"; }

like "$(api session)" '"user":"ada".*"backup":false' "an admin token is accepted"
curl -s "$url/sync" -H "Authorization: Bearer $token" -H 'Content-Type: application/json' \
	-d '{"docs":[{"id":"notes:1","value":{"a":1}},{"id":"notes:2","value":2}]}' >/dev/null
like "$(api groups)" '"group":"notes","documents":2,"tombstones":0,"bytes":22' "groups are counted"
like "$(api 'documents?group=notes')" '"id":"notes:1","version":1,' "documents are listed"
like "$(post document '{"id":"notes:1","base":1,"value":{"a":2}}')" '"status":"ok","version":2' "and changed"
like "$(api 'document?id=notes:1')" '"version":2,"sequence":[0-9]+,"value":\{"a":2\}' "one is read"
like "$(post document '{"id":"notes:2","base":1,"deleted":true}')" '"status":"ok"' "and deleted"
like "$(api 'documents?group=notes&deleted=1')" '"id":"notes:2","version":2,.*"deleted":true' "which is found"
like "$(api 'versions?id=notes:1')" '"version":2,.*"by":"ada"' "with who has written it"
made=$(post tokens '{"user":"ben","groups":["notes:ro"]}' | field token)
is "$(status_of -H "Authorization: Bearer $made" "$url/sync?group=notes")" 200 "a new token works"
id=$(printf '%s' "$made" | cut -d_ -f2)
post tokens/set "{\"id\":\"$id\",\"groups\":[\"notes\"],\"note\":\"of the club\"}" >/dev/null
like "$(api tokens)" '"groups":\[\{"group":"notes","write":true\}\],"note":"of the club"' "and is changed in place"
link=$(post invites '{"groups":["notes"]}' | field link)
is "$(status_of "$url/join" -H 'Content-Type: application/json' -d "{\"invite\":\"${link#*=}\",\"user\":\"cleo\"}")" 200 "an invitation is used"
curl -sN -H "Authorization: Bearer $token" "$url/events?group=notes" >"$work/events" &
wait_for "a stream is open" grep -q 'event: connected' "$work/events"
post streams/end "{\"id\":\"$(api streams | jq -r '.streams[0].id')\"}" >/dev/null
wait_for "and is ended" grep -q '"code":"draining"' "$work/events"
post tokens '{"user":"dan","groups":["other"],"quota":"bytes=1M"}' | field token >"$work/dan"
curl -s "$url/sync" -H "Authorization: Bearer $(cat "$work/dan")" -H 'Content-Type: application/json' -d '{"docs":[{"id":"other:1","value":1}]}' >"$work/answer"
curl -s "$url/sync" -H "Authorization: Bearer $token" -H 'Content-Type: application/json' -d '{"docs":[{"id":"notes:3","value":"three"}]}' >"$work/answer"
metrics=$(sed -n 's/.*metrics at \(http:[^ ]*\)$/\1/p' "$log" | head -1)
is "$(curl -s "$metrics" | grep '^pocketbook_user_bytes')" 'pocketbook_user_bytes{user="ann"} 14
pocketbook_user_bytes{user=""} 8' "what users have stored is counted"
like "$(api backup -X POST)" 'pg_dump' "a backup is a matter of PostgreSQL"
like "$(api audit)" '"file":false' "and the audit is in the log"
like "$(cat "$log")" 'event=audit .*act=token_add command=.{2}admin page.{2} admin_token=[0-9a-f]{16} admin=ada' "with the administrator"
unlike "$(cat "$log")" 'signal=' "no process was killed by its sandbox"
pg_end one INT
away() { api groups | grep -q '"status":503'; }
wait_for "a database that is away gives 503" away
finish
