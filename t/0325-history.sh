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
! has_file || like "$(cat "$db.audit")" 'act=push .*command="doc restore" written=1' "it is audited"
wait_for "clients get it" saw meta '"version":5,"value":2,"by":null'

# ---- Elsewhere ----
if has_file; then
	"$POCKETBOOK" backup "$work/backup.db" --db "$db" 2>/dev/null
	is "$("$POCKETBOOK" doc log notes:1 --db "$work/backup.db" | cut -c 1-30)" "$(doc log notes:1 | cut -c 1-30)" "a backup has the versions"
fi
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

# ---- Commands follow the rules of the server ----
another_db rules
rewrite() { for id in "$@"; do doc put "$id" "\"$RANDOM\"" >/dev/null; done; }
count_of() { doc log "$1" --json | wc -l; }
serve --history 2 --history lists=off
rewrite notes:1 lists:1 notes:1 lists:1
is "$(count_of notes:1) $(count_of lists:1)" "2 1" "with a server, from its first version on"
printf '%s\n' '{"id":"notes:1","value":"imported"}' '{"id":"lists:1","value":"imported"}' >"$work/lines"
"$POCKETBOOK" import --existing replace "$work/lines" --db "$db" >"$work/out"
is "$(count_of notes:1) $(count_of lists:1)" "3 1" "an import too"
stop
rewrite notes:1 lists:1 notes:2 notes:2
is "$(count_of notes:1) $(count_of lists:1) $(count_of notes:2)" "3 1 2" "and without one they go on so"
serve
stop
rewrite notes:2
is "$(count_of notes:2)" 2 "until a server has others: this one keeps none"

# ---- The age, by group ----
another_db ages
printf '%s\n' 'history-age = lists:short=1s' 'history-age = lists=off' 'history-age = notes=2w' 'auth = off' >"$work/ages.conf"
serve --history 5 --config "$work/ages.conf"
for base in 0 1 2; do
	push '{"docs":[{"id":"lists:1","base":'$base',"value":1},{"id":"lists:short:1","base":'$base',"value":1},{"id":"lists:short:in:1","base":'$base',"value":1},{"id":"lists:shorts:1","base":'$base',"value":1},{"id":"notes:1","base":'$base',"value":1},{"id":"other:1","base":'$base',"value":1}]}' >/dev/null
done
kept() { curl -s "$url/history?id=$1" | grep -o '"version":' | wc -l; }
logged() { cat "$work"/*.log | grep -qE "$1"; }
kept_are() { [ "$(kept "$1")" = "$2" ]; }
wait_for "versions of a group with a short age go" kept_are lists:short:1 1
wait_for "and of a group nested in it" kept_are lists:short:in:1 1
is "$(kept lists:1) $(kept lists:shorts:1) $(kept notes:1) $(kept other:1)" "3 3 3 3" "others stay: the nearest group decides"
wait_for "it is logged" logged "event=history_pruned versions=[0-9]+ kept_s=1"
sed -i 's/2w/3w/' "$work/ages.conf"
kill -HUP "$server"
wait_for "a reload keeps the ages" grep -q 'event=setting_kept option=history-age reason=' "$log"
unlike "$(cat "$log")" 'setting_kept option=history ' "and says nothing of what is as it was"
like "$(purge --history 0s)" '^0 purged, and 8 former versions$' "a purge by hand takes all of them"
stop
for bad in x notes= notes=5 =5s notes:=5s 0s 36501d; do
	"$POCKETBOOK" serve --db "$work/none.db" --listen 127.0.0.1:0 --history-age "$bad" >/dev/null 2>"$work/said"
	is "$? $(wc -l <"$work/said")" "2 1" "--history-age $bad is refused in one line"
	like "$(cat "$work/said")" '^pocketbook: --history-age: (must be TIME or GROUP=TIME|the group )' "with its place and reason"
done
printf 'history-age = 90d\nhistory-age = notes=soon\n' >"$work/ages.conf"
"$POCKETBOOK" serve --db "$work/none.db" --config "$work/ages.conf" >/dev/null 2>"$work/said"
like "$?$(cat "$work/said")" '^2pocketbook: .*ages.conf:2: history-age: must be TIME or GROUP=TIME, such as 90d or notes=30d' "and in a file"

# ---- Options of serve with the name of a command's own ----
# Each of these names is another option of a command.
printf 'history = 20\nuser = nobody\nquota = bytes=1M\nadmin = 127.0.0.1:1\n' >"$work/serve.conf"
like "$(purge --history 30d --config "$work/serve.conf")" ' purged$' "those of serve in a file are not taken for those of purge"
like "$(POCKETBOOK_HISTORY=20 purge --older-than 30d)" ' purged$' "nor those in variables"
"$POCKETBOOK" export --history --config "$work/serve.conf" --db "$db" >"$work/exported"
is "$?" 0 "nor for those of export"
POCKETBOOK_USER=nobody "$POCKETBOOK" token add --group notes --db "$db" >/dev/null 2>"$work/said"
is "$? $(grep -c 'needs --user' "$work/said")" "2 1" "a token is for a user who is named"
token --user zoe --group notes >"$work/zoe"
is "$(POCKETBOOK_USER=nobody "$POCKETBOOK" token list --json --config "$work/serve.conf" --db "$db" | grep -c '"user":"zoe"')" 1 "and the tokens of all are listed"
finish
