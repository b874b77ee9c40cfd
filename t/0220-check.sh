#!/usr/bin/env bash
# What check finds: nothing in a good database, and each kind of damage, by place and
# reason.
. "$(dirname "$0")/lib.sh"
command -v sqlite3 >/dev/null || skip_all "sqlite3 is not installed"

check() { "$POCKETBOOK" check --db "$1" "${@:2}" >"$work/out" 2>"$work/said"; }

serve_open
long=$(printf '%02000d' 0 | tr 0 x)
push "{\"docs\":[{\"id\":\"todos:1\",\"value\":{\"title\":\"é ~x\",\"n\":[1,2.50,null]}},{\"id\":\"todos:2\",\"value\":\"$long\"},
	{\"id\":\"notes:a:1\",\"value\":3},{\"id\":\"notes:b\",\"value\":\"x\"}]}" >"$work/pushed"
push '{"docs":[{"id":"notes:b","base":1,"deleted":true}]}' >"$work/pushed"
curl -s "$url/sync" -H 'Content-Type: application/transit+json' \
	-d '{"~:docs":[{"~:id":"todos:3","~:value":{"~:when":"~m1234567890123","~:who":"~:ann","~:set":["~#set",[1,2]],"~:why":"~~"}}]}' >"$work/pushed"
like "$(cat "$work/pushed")" '"~:status":"ok"' "a database with values of every kind"
check "$db"
is "$?" 0 "it is found whole while the server runs"
is "$(cat "$work/out")" "" "with nothing said of faults"
like "$(cat "$work/said")" '4 documents, 1 deleted, in 3 groups; no fault found' "and counted"
check "$db" --json
is "$(tr -d '\n' <"$work/out")" '{"faults":[], "complete":true,"documents":4,"deleted":1,"groups":3}' "as JSON too"
check "$db" --quick
is "$?" 0 "and at a quick look"
"$POCKETBOOK" token add --db "$db" --user ann --group todos >/dev/null 2>&1
stop
check "$db"
is "$?" 0 "it is whole without a server"
sqlite3 "$db" 'PRAGMA journal_mode = DELETE' >/dev/null

# fault SQL PLACE-AND-REASON NAME
fault() {
	cp "$db" "$work/bad.db"
	sqlite3 "$work/bad.db" "$1" || { ok 1 "$3: the damage was done"; return; }
	check "$work/bad.db"
	is "$?" 1 "$3: the exit status tells"
	like "$(cat "$work/out")" "^$2\$" "$3: a line says where and what"
	like "$(cat "$work/said")" 'fault.? found; restore a backup' "$3: the end says so"
}
fault "UPDATE doc SET seq = 1 WHERE id = 'notes:a:1'" 'number 1: was given to 2 documents, notes:a:1 and todos:1' "a number twice"
fault "UPDATE doc SET seq = 90 WHERE id = 'todos:1'" 'todos:1: its number 90 is none of its group, whose newest is 6' "above the group"
fault "UPDATE grp SET seq = 90 WHERE name = 'todos'" 'group todos: its newest number 90 is none of the database, whose newest is 6' "above the database"
fault 'UPDATE meta SET horizon = 90' 'the database: its purge horizon 90 lies above its newest number, 6' "a horizon ahead"
fault 'UPDATE meta SET epoch = 0' 'the database: has no epoch' "no epoch"
fault 'DELETE FROM meta' 'the database: has 0 states instead of one' "no state"
fault 'UPDATE meta SET documents = 7' 'the database: has 4 documents and counts 7' "documents miscounted"
fault 'UPDATE meta SET tombstones = 0' 'the database: has 1 deleted documents and counts 0' "tombstones miscounted"
fault "UPDATE doc SET version = 0 WHERE id = 'todos:1'" 'todos:1: its version is 0' "a version of none"
fault "UPDATE doc SET value = '{\"a\":1' WHERE id = 'todos:1'" 'todos:1: its value is not Transit: .*' "a cut value"
fault "UPDATE doc SET value = '{\"a\": 1}' WHERE id = 'todos:1'" 'todos:1: its value is not in canonical form' "a value in another form"
fault "UPDATE doc SET plain = 1 WHERE id = 'todos:3'" 'todos:3: its value is marked as plain JSON, which it is not' "a wrong mark"
fault 'DELETE FROM large' 'todos:2: its value is missing' "a missing value"
fault "UPDATE doc SET value = '1' WHERE id = 'todos:2'" 'todos:2: has two values' "two values"
fault 'INSERT INTO large VALUES (77, 1)' 'number 77: has a value in the table of large ones, and no document that wants it' "a value of nobody"
fault "UPDATE doc SET value = '1' WHERE id = 'notes:b'" 'notes:b: is deleted and has a value' "a tombstone with a value"
fault "UPDATE doc SET id = 'other:1' WHERE id = 'todos:1'" 'other:1: lies in a group that is not its own' "another group's document"
fault "UPDATE doc SET id = 'todos' || char(10) WHERE id = 'todos:1'" 'todos.u000a: is no id of a document' "a bad id"
fault "DELETE FROM grp WHERE name = 'todos'" 'todos:1: its group is missing \(number 1\)' "a missing group"
fault "DELETE FROM nested" 'notes:a:1: is not listed beneath the group notes' "a missing index"
fault "UPDATE nested SET gid = 77" 'group notes: lists number 3, which is no document beneath it' "an index of nothing"
fault "UPDATE ancestor SET name = 'todos'" 'group todos: lists number 3, which is no document beneath it' "an index of another group"
fault 'DELETE FROM token_grant' 'token [0-9a-f]{16}: opens no group' "a token of nothing"
fault "UPDATE token SET hash = x'00'" 'token [0-9a-f]{16}: is damaged' "a damaged token"
fault "DELETE FROM token" 'token [0-9a-f]{16}: is not there, but a group that it opens is: todos' "a group of no token"
cp "$db" "$work/bad.db"
page=$(sqlite3 "$db" "SELECT rootpage FROM sqlite_schema WHERE name = 'doc'")
dd if=/dev/urandom of="$work/bad.db" bs=4096 seek=$((page - 1)) count=1 conv=notrunc 2>/dev/null
check "$work/bad.db"
is "$?" 1 "a page of noise is found"
like "$(cat "$work/out")" "^the file: .*[Pp]age $page" "by its number"
check "$work/bad.db" --json
is "$?" 1 "in JSON too"
like "$(tr -d '\n' <"$work/out")" '"place":"the file","reason":".*"complete":true,' "with place and reason"
"$POCKETBOOK" restore "$work/bad.db" --db "$work/new.db" 2>"$work/said"
is "$?" 1 "nothing is restored from it"
cp "$db" "$work/bad.db"
sqlite3 "$work/bad.db" "UPDATE doc SET version = 0 WHERE id = 'todos:1'"
"$POCKETBOOK" restore "$work/bad.db" --db "$work/new.db" 2>"$work/said"
is "$?" 3 "from one with a damaged document all is restored"
like "$(cat "$work/said")" 'WARNING: 1 document in .*new.db is damaged' "which is told"
"$POCKETBOOK" check --db "$work/new.db" >"$work/out" 2>&1
like "$(grep -v 'fault' "$work/out")" '^todos:1: ' "it is damaged there, too"
"$POCKETBOOK" backup "$work/copy.db" --db "$work/bad.db" 2>"$work/said"
is "$?" 3 "a backup of it is made"
like "$(cat "$work/said")" 'WARNING: 1 document in .*copy.db is damaged' "which tells it"
"$POCKETBOOK" backup "$work/copy.db" --force --json --db "$work/bad.db" 2>/dev/null >"$work/out"
like "$? $(cat "$work/out")" '^3 .*"damaged":1' "to programs, too"
"$POCKETBOOK" restore "$work/copy.db" --db "$work/again.db" 2>/dev/null
is "$?" 3 "and can be restored"
"$POCKETBOOK" export --db "$work/bad.db" --encoding transit "$work/all.ndjson" 2>"$work/said"
is "$?" 3 "it is exported"
like "$(cat "$work/said")" 'todos:1 \(number 1\): is damaged' "with a word about the document"
like "$(cat "$work/all.ndjson")" '^\{"~:id":"todos:1","~:version":[0-9]*,"~:damaged":true\}$' "and a line of its own"
is "$(wc -l <"$work/all.ndjson")" "$("$POCKETBOOK" export --db "$db" 2>/dev/null | wc -l)" "and all others"
"$POCKETBOOK" import "$work/all.ndjson" --db "$work/fresh.db" >"$work/out" 2>"$work/said"
is "$?" 0 "which can be imported"
like "$(cat "$work/out")" ', 1 left out as they were damaged' "without it"
like "$(cat "$work/said")" 'all.ndjson:[0-9]*: value: it was damaged when it was exported; left out' "as is said"
# A file with nothing else may have a good one in its way.
cp "$db" "$work/bad.db"
sqlite3 "$work/bad.db" "UPDATE doc SET version = version + 1 WHERE deleted_at IS NULL"
for file in new.db copy.db all.ndjson; do cp "$work/$file" "$work/$file.before"; done
stays() { cmp -s "$work/$1" "$work/$1.before"; ok $? "$1 stays as it was"; }
"$POCKETBOOK" restore "$work/bad.db" --db "$work/new.db" --force 2>"$work/said"
is "$?" 1 "a backup in which every document is damaged is not restored"
like "$(cat "$work/said")" "every document of .*bad.db is damaged, [0-9]+ in all .*'pocketbook check --db .*bad.db' lists them.*older backup.*--damaged; nothing was restored" "with what to do"
is "$(wc -l <"$work/said")" 1 "in one line"
stays new.db
"$POCKETBOOK" backup "$work/copy.db" --db "$work/bad.db" --force 2>"$work/said"
is "$?" 1 "nor does a backup of it replace another"
like "$(cat "$work/said")" 'every document of .*bad.db is damaged.*--damaged; no backup was made' "for the same reason"
stays copy.db
"$POCKETBOOK" export "$work/all.ndjson" --db "$work/bad.db" --force 2>"$work/said"
is "$?" 1 "nor an export"
like "$(tail -1 "$work/said")" 'every document is damaged, so .*all.ndjson was not made.*--damaged' "for the same reason"
stays all.ndjson
"$POCKETBOOK" restore "$work/bad.db" --db "$work/new.db" --force --damaged 2>"$work/said"
is "$?" 3 "if told so, all is restored as it is"
"$POCKETBOOK" backup "$work/copy.db" --db "$work/bad.db" --force --damaged 2>"$work/said"
is "$?" 3 "and backed up"
"$POCKETBOOK" export "$work/all.ndjson" --encoding transit --db "$work/bad.db" --force --damaged 2>"$work/said"
is "$?" 3 "and exported"
rm -f "$work"/fresh.db*
"$POCKETBOOK" import "$work/all.ndjson" --db "$work/fresh.db" >"$work/out" 2>"$work/said"
is "$?" 3 "an import of nothing but damaged documents says so"
like "$(tail -1 "$work/said")" 'every document in .*all.ndjson was damaged when it was exported' "at its end"
# What commands can do about it.
cp "$db" "$work/bad.db"
sqlite3 "$work/bad.db" "UPDATE doc SET value = '1' WHERE id IN ('todos:1', 'notes:a:1')"
"$POCKETBOOK" doc get todos:1 --db "$work/bad.db" >/dev/null 2>&1
is "$?" 1 "a damaged document is not shown"
"$POCKETBOOK" export --db "$work/bad.db" >/dev/null 2>"$work/said"
is "$?" 3 "nor exported"
like "$(cat "$work/said")" "2 of .* documents are damaged.*see 'pocketbook help check'" "which says how to find it"
"$POCKETBOOK" doc put todos:1 7 --db "$work/bad.db" >"$work/out" 2>/dev/null
like "$? $(cat "$work/out")" '^0 todos:1 written, version' "it can be written"
"$POCKETBOOK" doc rm notes:a:1 --db "$work/bad.db" >"$work/out" 2>/dev/null
like "$? $(cat "$work/out")" '^0 notes:a:1 deleted, version' "or deleted"
check "$work/bad.db"
is "$?" 0 "which ends the damage"
check "$work/none.db"
is "$?" 1 "a database must be there"
check "$0"
is "$?" 1 "and be one"
like "$(cat "$work/said")" 'is not a database' "which is said"

# ---- One is not several ----
echo '{"id":"one:1","value":1}' | "$POCKETBOOK" import --db "$work/one.db" >/dev/null 2>&1
check "$work/one.db"
like "$(cat "$work/said")" ': 1 document, 0 deleted, in 1 group; no fault found$' "one document, one group"
"$POCKETBOOK" backup "$work/one.bak" --db "$work/one.db" 2>"$work/said"
like "$(cat "$work/said")" ': 1 document, 0 deleted; verified$' "in a backup too"
"$POCKETBOOK" backup - --db "$work/one.db" 2>"$work/said"
like "$? $(cat "$work/said")" '^2 .*a backup is read back.*name a file' "a backup is not written to the standard output"
"$POCKETBOOK" backup "$work/none.bak" --db "$0" 2>"$work/said"
like "$? $(cat "$work/said")" "^1 pocketbook: $0 is not a database.*; no backup was made in .*none.bak\$" "the file that is no database is named"
"$POCKETBOOK" restore "$work/none.bak" --db "$work/new.db" --force 2>"$work/said"
like "$? $(cat "$work/said")" '^1 .*none.bak: No such file or directory; nothing was restored$' "nor is one restored that is not there"

# ---- Files that are no database ----
# Every command, with words, on a database that is not there, is empty, or is none:
# fails in one line and changes nothing. No words: it makes a database, or needs none.
id=0123456789abcdef
printf '{"id":"a:1","value":1}\n' >"$work/lines"
declare -A words=(
	[serve]='' [init]='' [restore]='' [import]='' ["token add"]='' ["token invite"]=''
	[completion]='' [help]='' [version]=''
	[copy]="--to $work/made.db" [backup]="$work/made" [purge]="--older-than 0s" [epoch]="--new" [check]=" "
	[export]="$work/made" [tail]="--once --out $work/made"
	["doc get"]="a:1" ["doc put"]="a:1 1" ["doc rm"]="a:1" ["doc log"]="a:1" ["doc restore"]="a:1 1" ["doc ls"]=" "
	["token list"]=" " ["token revoke"]="$id" ["token rotate"]="$id" ["token set"]="$id --note x"
	["token invites"]=" " ["token uninvite"]="$id" [stats]="--by user" [top]=" "
)
files() { (cd "$work/alone" && ls -A && if [ -e some.db ]; then cksum some.db; fi); }
# refused NAME MESSAGE COMMAND WORD...
refused() {
	local name=$1 message=$2
	shift 2
	before=$(files)
	"$POCKETBOOK" "$@" --db "$work/alone/some.db" >"$work/out" 2>"$work/said"
	is "$? $(wc -l <"$work/said")" "1 1" "$name: exit status and one line"
	like "$(cat "$work/said")" "$message" "$name: why"
	is "$(files)" "$before" "$name: changes nothing"
}
"$POCKETBOOK" help | sed -n 's/^  \([a-z]\+\( [a-z]\+\)\{0,1\}\)   *[A-Z].*/\1/p' >"$work/commands"
ok "$([ "$(wc -l <"$work/commands")" -gt 20 ]; echo $?)" "all commands"
mkdir "$work/alone"
while read -r command; do
	[ -n "${words[$command]+x}" ] || ok 1 "$command: is in the table"
	[ -n "${words[$command]}" ] || continue
	rm -f "$work/alone/"*
	# shellcheck disable=SC2086 # words
	refused "$command, no file" 'No such file.*check the name of the database' $command ${words[$command]}
	: >"$work/alone/some.db"
	# shellcheck disable=SC2086
	refused "$command, empty" 'some.db is empty; if it had documents, restore a backup.*help restore' $command ${words[$command]}
	cp "$0" "$work/alone/some.db"
	# shellcheck disable=SC2086
	refused "$command, none" 'some.db is not a database' $command ${words[$command]}
done <"$work/commands"
# Those that make a database say so.
makes() {
	rm -f "$work/alone/"*
	[ "$1" = "no file" ] || : >"$work/alone/some.db"
	"$POCKETBOOK" "${@:2}" --db "$work/alone/some.db" >"$work/out" 2>"$work/said"
	is "$? $(grep -c 'some.db is made$' "$work/said")" "0 1" "${*:2:2}, $1: says that it makes one"
	"$POCKETBOOK" "${@:2}" --db "$work/alone/some.db" >"$work/out" 2>"$work/said"
	unlike "$(cat "$work/said")" 'is made' "${*:2:2}, $1: and later not"
}
for state in "no file" empty; do
	makes "$state" token add --user ann --group a
	makes "$state" token invite --group a --expires 1d
	makes "$state" import "$work/lines" --existing skip
done
rm -f "$work/alone/"*
echo x >"$work/bad"
"$POCKETBOOK" import "$work/bad" --db "$work/alone/some.db" 2>"$work/said"
is "$? $(ls "$work/alone")" "1 " "an import of bad lines makes none"
: >"$work/alone/some.db"
refused "stats, empty" 'is empty; if it had documents' stats
is "$(find "$work" -name 'made*')" "" "no file is made of such a database"
finish
