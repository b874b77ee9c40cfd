#!/usr/bin/env bash
# Who wrote a document and when; its former versions: kept, listed, restored, pruned.
. "$(dirname "$0")/lib.sh"

doc() { "$POCKETBOOK" doc "$1" --db "$db" "${@:2}" 2>"$work/said"; }
purge() { "$POCKETBOOK" purge --db "$db" "$@"; }
token() { "$POCKETBOOK" token add --db "$db" "$@" 2>/dev/null; }
as() { curl -s -H "Authorization: Bearer $1" "${@:2}"; }
push_as() { as "$1" "$url/sync" -H 'Content-Type: application/json' -d "{\"docs\":[$2]}" >/dev/null; }
versions() { as "$ann" "$url/history?$1" | sed -E 's/"at":"20[0-9T:-]*Z"/"at":"T"/g'; }
long=$(head -c 3000 /dev/zero | tr '\0' x)

ann=$(token --user ann --group notes --group lists)
bob=$(token --user bob --group notes:ro --group lists)
serve --history 2 --history lists=off

# ---- Who and when ----
push_as "$ann" '{"id":"notes:1","value":1},{"id":"lists:1","value":1}'
page=$(as "$bob" "$url/sync?group=notes&meta=1")
like "$page" '"value":1,"by":"ann","at":"20..-..-..T..:..:..Z"\}' "a pull with meta=1 says who wrote it, and when"
unlike "$(as "$bob" "$url/sync?group=notes")" '"by"' "one without does not"
is "$(as "$bob" "$url/sync?group=notes&meta=1")" "$page" "also from the cache"
is "$(as "$bob" "$url/sync?group=notes&meta=2" | field detail)" "meta: must be 0 or 1" "anything else is refused"
curl -sN -H "Authorization: Bearer $bob" "$url/events?group=notes&docs=1&meta=1" >"$work/meta" &
curl -sN -H "Authorization: Bearer $bob" "$url/events?group=notes&docs=1" >"$work/plain" &
wait_for "a stream" saw meta connected
wait_for "another stream" saw plain connected
push_as "$ann" '{"id":"notes:1","base":1,"value":2}'
wait_for "a stream with meta=1 says so too" saw meta '"value":2,"by":"ann","at":"20'
wait_for "and one without not" saw plain '"version":2,"value":2\}'

# ---- Former versions ----
push_as "$ann" '{"id":"notes:1","base":2,"value":"'"$long"'"}'
push_as "$ann" '{"id":"notes:1","base":3,"deleted":true},{"id":"lists:1","base":1,"value":2}'
is "$(versions id=notes:1 | tr -d x)" '{"id":"notes:1","versions":[{"version":4,"deleted":true,"by":"ann","at":"T"},{"version":3,"value":"","by":"ann","at":"T"},{"version":2,"value":2,"by":"ann","at":"T"}],"more":false}' "the versions of a deleted document, newest first"
is "$(versions 'id=notes:1&before=3&limit=1')" '{"id":"notes:1","versions":[{"version":2,"value":2,"by":"ann","at":"T"}],"more":false}' "from one on"
like "$(versions 'id=notes:1&limit=2')" '"more":true' "a page at a time"
is "$(versions id=lists:1)" '{"id":"lists:1","versions":[{"version":2,"value":2,"by":"ann","at":"T"}],"more":false}' "a group of its own rule"
is "$(versions id=lists:9)" '{"id":"lists:9","versions":[],"more":false}' "a document that never was"
is "$(status_of -H "Authorization: Bearer $bob" "$url/history?id=other:1")" 403 "one of another group"
is "$(status_of "$url/history?id=notes:1")" 401 "no token"
for query in '' 'id=notes' 'id=notes:1&before=0' 'id=notes:1&limit=1001' 'id=notes:1&id=notes:2'; do
	is "$(status_of -H "Authorization: Bearer $ann" "$url/history?$query")" 400 "refused: ?$query"
done

# ---- By hand ----
like "$(doc log notes:1)" '^VERSION +AT +BY +VALUE
 +4 +20..-..-..T..:..:..Z +ann +\(deleted\)
 +3 ' "doc log"
is "$(doc log notes:1 --limit 1 --json | sed -E 's/"at":"[^"]*"/"at":"T"/')" '{"version":4,"deleted":true,"by":"ann","at":"T"}' "its newest, for programs"
like "$(doc ls --deleted)" 'notes:1 +4 +\(deleted\)' "what was deleted is found"
like "$(doc ls --long notes --deleted)" 'notes:1 +4 +20[^ ]+ +ann +\(deleted\)' "and who did it"
is "$(doc restore notes:1 2)" "notes:1 written, version 5" "and comes back"
is "$(doc get notes:1 --json)" '{"id":"notes:1","version":5,"value":2}' "as a new version"
doc restore notes:1 1 >/dev/null
is "$?" 1 "a version that is gone cannot be restored"
like "$(cat "$work/said")" 'has no version 1; .*doc log' "which is said"
doc restore notes:1 x >/dev/null
is "$?" 2 "nor one that is no number"
like "$(cat "$db.audit")" 'act=push .*command="doc restore" written=1' "it is audited"
wait_for "clients get it" saw meta '"version":5,"value":2,"by":null'

# ---- Elsewhere ----
"$POCKETBOOK" backup "$work/backup.db" --db "$db" 2>/dev/null
is "$("$POCKETBOOK" doc log notes:1 --db "$work/backup.db" | cut -c 1-30)" "$(doc log notes:1 | cut -c 1-30)" "a backup has the versions"
"$POCKETBOOK" export --db "$db" >"$work/all.ndjson"
"$POCKETBOOK" import "$work/all.ndjson" --db "$work/other.db" >/dev/null
"$POCKETBOOK" export --db "$work/other.db" | sed 's/"version":[0-9]*/"version":0/' | sort >"$work/there"
is "$(sed 's/"version":[0-9]*/"version":0/' "$work/all.ndjson" | sort)" "$(cat "$work/there")" "export and import keep who and when"
echo '{"id":"notes:5","value":1,"by":"eve","at":"2020-02-30T00:00:00"}' >"$work/bad"
"$POCKETBOOK" import "$work/bad" --db "$db" >/dev/null 2>"$work/said"
like "$?$(cat "$work/said")" '^1.*at: must be a time' "a time that is none is refused"

# ---- Without a server ----
stop
doc put notes:1 3 >/dev/null
like "$(doc log notes:1)" ' 5 +20[^ ]+ +- +2' "a command without a server keeps what it replaces"
"$POCKETBOOK" check --db "$db" >/dev/null 2>&1
is "$?" 0 "nothing is wrong with the database"
doc rm notes:1 >/dev/null
like "$(purge --older-than 0s)" '^1 purged, and [0-9]+ former versions$' "a purge takes the versions along"
doc log notes:1
is "$?" 1 "all of them"
is "$(purge --history 0s --json)" '{"purged":0,"versions":0,"complete":true}' "nothing is left to prune"
"$POCKETBOOK" check --db "$db" >/dev/null 2>&1
is "$?" 0 "nothing is wrong then either"
finish
