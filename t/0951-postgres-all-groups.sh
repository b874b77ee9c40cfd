#!/usr/bin/env bash
# The group * of a PostgreSQL database with four lanes, and two hosts: pages, kept
# pages, streams, the handoff, tail and the admin page, over all lanes. The groups a to
# d are in the lanes 0 to 3.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/postgres.sh"

hosts_a_b 4

# docs VERSION ID...: a push of documents, as this version
docs() {
	local version=$1 out=
	shift
	for id in "$@"; do out="$out,{\"id\":\"$id\",\"base\":$((version - 1)),\"value\":\"$id in $version\"}"; done
	echo "{\"docs\":[${out#,}]}"
}
put() { push "$(docs "$@")" >"$work/out"; }
# rm_doc VERSION ID: the push that deletes it
rm_doc() { push "{\"docs\":[{\"id\":\"$2\",\"base\":$(($1 - 1)),\"deleted\":true}]}" >"$work/out"; }
versions() { grep -oE '"id":"[^"]*","version":[0-9]+(,"deleted":true)?'; }
# pages LIMIT CURSOR: all of them, from one host after the other; the versions in
# $work/versions, the number of documents of each page in $work/counts, the last cursor
# in $cursor
pages() {
	local more=true turn=a
	cursor=$2
	: >"$work/versions"
	: >"$work/counts"
	while [ "$more" = true ]; do
		use "$turn"
		[ "$turn" = a ] && turn=b || turn=a
		pull "group=*&limit=$1&since=$cursor" >"$work/page"
		versions <"$work/page" | tee -a "$work/versions" | wc -l >>"$work/counts"
		cursor=$(field cursor <"$work/page")
		more=$(field more <"$work/page")
		[ ${#cursor} -le 400 ] || ok 1 "a cursor is short enough"
	done
}
# nothing TEXT NAME: it is a page without documents that does not reset
nothing() { like "$1" '"docs":\[\],.*"more":false,"reset":false' "$2"; }

# ---- Pages ----

use a
put 1 a:1 a:2 a:n:1 b:1 b:2 b:3 c:1 d:1 d:n:1 e:1 f:1
put 2 b:2 d:1
rm_doc 2 c:1
use b
put 1 c:2 f:2
sort >"$work/wanted" <<-END
	"id":"a:1","version":1
	"id":"a:2","version":1
	"id":"a:n:1","version":1
	"id":"b:1","version":1
	"id":"b:2","version":2
	"id":"b:3","version":1
	"id":"c:2","version":1
	"id":"d:1","version":2
	"id":"d:n:1","version":1
	"id":"e:1","version":1
	"id":"f:1","version":1
	"id":"f:2","version":1
END
for limit in 1 2 3 5 8 11 12 1000; do
	pages "$limit" 0
	sort "$work/versions" | diff "$work/wanted" - >"$work/diff"
	ok $? "pages of $limit have each document once, as it is" || cat "$work/diff"
	is "$(sort -n "$work/counts" | tail -1)" "$((limit > 12 ? 12 : limit))" "and none more than $limit"
done
like "$cursor" '^[0-9a-f]{16}\.[0-9]+~[0-9]+~[0-9]+~[0-9]+$' "the cursor has a number of each lane"
first=$cursor
nothing "$(pull "group=*&since=$cursor")" "nothing is new behind it"
use a
put 2 a:1 c:2
rm_doc 2 e:1
use b
put 1 d:2
put 3 b:2
for limit in 1 2 3 1000; do
	pages "$limit" "$first"
	is "$(sort "$work/versions" | tr '\n' ' ')" \
		'"id":"a:1","version":2 "id":"b:2","version":3 "id":"c:2","version":2 "id":"d:2","version":1 "id":"e:1","version":2,"deleted":true ' \
		"behind it, pages of $limit have what was written since"
	nothing "$(pull "group=*&since=$cursor")" "and end at the present"
done
put 1 new-group:1
like "$(pull "group=*&since=$cursor")" '"new-group:1"' "groups that come into being later are there"
like "$(pull "group=*&since=$cursor&meta=1")" '"by":null,"at":"20' "with who wrote them, if that is asked for"
like "$(curl -s -H 'Accept: application/transit+json' "$url/sync?group=*&since=$cursor")" '"~:id":"new-group:1"' "and as Transit"
like "$(push "$(docs 1 a:9 d:9)" | field cursor)" '~' "the cursor of a push into several lanes"
pages 2 "$(push "$(docs 1 b:8 c:8)" | field cursor)"
unlike "$(cat "$work/page")" '"reset":true' "is good for pulls of all"

# large ID BYTES: a push of a document of that size
large() {
	{
		printf '{"docs":[{"id":"%s","value":"' "$1"
		head -c "$2" /dev/zero | tr '\0' x
		printf '"}]}'
	} >"$work/large"
	push "@$work/large" >"$work/out"
}
pages 1000 "$first"
since=$cursor
for id in big-a:1 big-b:1 big-c:1 big-d:1 big-e:1 big-f:1 big-g:1; do large $id 1000000; done
pages 1000 "$since"
is "$(tr '\n' ' ' <"$work/counts")" "5 2 " "a page has about 4 MB at most, over all lanes"
for id in big-a:1 big-b:1 big-c:1 big-d:1 big-e:1 big-f:1 big-g:1; do rm_doc 2 $id; done

# ---- Cursors that do not fit ----

plain=${first%%.*}
for bad in "$plain.1~" "$plain.1~.2" "$plain.1~2.3.4" "$plain.1~.0.0" "$first.1.2" "$first~" "${first/\~/~0}" "x$first"; do
	is "$(status_of "$url/sync?group=*&since=$bad")" 400 "since=$bad is no cursor"
done
like "$(pull "group=*&since=$plain.3&limit=1")" '"docs":\[\{.*"more":true,"reset":false' "behind a cursor of one lane, everything comes"
like "$(pull "group=*&since=0123456789abcdef.1~1~1~1&limit=1")" '"reset":true' "one of another epoch resets"
like "$(pull "group=*&since=0123456789abcdef.1~1~.3.4&limit=1")" '"reset":true' "also in a snapshot"
like "$(pull "group=*&since=$plain.999~1~1~1&limit=1")" '"reset":true' "and one ahead in one lane"
pull "group=*&since=0123456789abcdef.1~1~1~1&limit=4" >"$work/page"
like "$(field cursor <"$work/page")" '^[0-9a-f]{16}\.[0-9]+(~[0-9]+)*~\.[0-9]+\.[0-9]+\.r$' "the cursor of a reset under way"
pages 4 "$(field cursor <"$work/page")"
like "$(cat "$work/page")" '"more":false,"reset":true' "which resets up to its end"

# ---- Kept pages ----

pages 1000 "$first"
use b
now="group=*&since=$cursor"
pull "$now" >"$work/out"
# From now on only kept pages can be sent: a pull of all groups reads grp.
pg_sql one app "ALTER TABLE pocketbook.grp RENAME TO grp_away"
for _ in 1 2 3 4 5 6; do status_of "$url/sync?$now"; done >"$work/statuses"
like "$(cat "$work/statuses")" 200 "a page is sent again without reading it"
pg_sql one app "ALTER TABLE pocketbook.grp_away RENAME TO grp"
for round in 1 2 3 4 5 6 7 8; do
	use a
	put "$round" kept-a:1 kept-d:1
	use b
	pull "$now" | versions | tr '\n' ' '
done >"$work/rounds"
is "$(grep -oE 'version":[0-9]' "$work/rounds" | tr -d '\n')" \
	'version":1version":1version":2version":2version":3version":3version":4version":4version":5version":5version":6version":6version":7version":7version":8version":8' \
	"each pull shows the push before it on the other host"

# ---- Streams ----

use b
stream hints 'group=*'
stream all 'group=*&docs=1&meta=1'
all=$stream
stream mixed 'group=*&group=a&docs=1'
like "$(cat "$work/all")" '"group":"\*","cursor":"[0-9a-f]{16}\.[0-9]+~[0-9]+~[0-9]+~[0-9]+"' "a stream of all groups"
use a
for group in a b c d; do
	put 1 "$group:s"
	wait_for "has changes of $group" saw all "\"$group:s\",\"version\":1,.*\"by\":null"
	wait_for "as one of $group and all has" saw mixed "\"$group:s\""
done
put 1 "*:s"
wait_for "also of the group * itself" saw all '"\*:s"'
put 1 later:s
wait_for "and of a group that is new" saw all '"later:s"'
wait_for "hints come" saw hints 'event: change'
like "$(grep -A1 'event: change' "$work/hints" | tail -1)" '"group":"\*","cursor":"[0-9a-f]{16}\.[0-9]+~[0-9]+~[0-9]+~[0-9]+"' "with a cursor of all"
is "$(versions <"$work/all" | sort | uniq -d)" "" "nothing comes twice"
is "$(grep -c '"group":"a","docs":.*"a:s"' "$work/mixed")" 1 "the stream of two groups has events of each"

id=$(last_id all)
kill "$all"
put 2 a:s d:s
rm_doc 2 b:s
use b
stream again 'group=*&docs=1' -H "Last-Event-ID: $id"
again=$stream
wait_for "a stream that goes on has what came meanwhile" saw again '"d:s","version":2'
put 1 c:t
wait_for "and what comes then" saw again '"c:t"'
is "$(versions <"$work/again" | sort | tr '\n' ' ')" '"id":"a:s","version":2 "id":"b:s","version":2,"deleted":true "id":"c:t","version":1 "id":"d:s","version":2 ' "once, and nothing of before"
kill "$again"
use a
stream moved 'group=*&docs=1' -H "Last-Event-ID: $(last_id again)"
put 1 d:u
wait_for "it moves to the other host" saw moved '"d:u"'
is "$(versions <"$work/moved" | tr '\n' ' ')" '"id":"d:u","version":1 ' "and gets nothing twice there"
nothing "$(pull "group=*&since=$(last_id moved)")" "its id is a cursor of all groups"
stream behind "group=*" -H "Last-Event-ID: $id"
wait_for "without documents, a hint says that there is something" saw behind 'event: change'

# A client that ends in the middle of a first load goes on there.
for id in a b c d; do
	for i in 1 2 3 4 5 6; do large "$id-load:$i" 90000; done
done
stream load 'group=*&docs=1&since=0'
loaded() { [ "$(versions <"$work/load" | grep -c -- -load)" = 24 ]; }
wait_for "a first load is whole" loaded
middle=$(sed -n 's/^id: \(.*~\..*\)/\1/p' "$work/load" | tail -1)
like "$middle" '^[0-9a-f]{16}\.[0-9]+(~[0-9]+)*~\.[0-9]+\.[0-9]+$' "the ids of its events say how far it is"
stream rest 'group=*&docs=1' -H "Last-Event-ID: $middle"
# Behind the event with that id.
awk -v id="id: $middle" 'found > 1; $0 == id { found = 1 } found && !$0 { found = 2 }' "$work/load" | versions | sort >"$work/wanted"
rest() { versions <"$work/rest" | sort | diff "$work/wanted" - && [ -s "$work/wanted" ]; }
wait_for "behind one the rest comes" rest
stream both 'group=*&group=a&docs=1' -H "Last-Event-ID: $middle"
wait_for "in a stream with another group everything" saw both '"a:1"'
wait_for "of both" saw both '"group":"a","docs":.*"a:1"'

# ---- A reload, and a purge ----

use b
stream kept 'group=*&docs=1&since='"$(last_id moved)"
kept=$stream
stream pair 'group=*&group=a&docs=1'
pair=$stream
kill -HUP "$server"
wait_for "the workers are replaced" grep -q 'event=reloaded' "$log"
put 2 c:t
wait_for "a stream goes on through a reload" saw kept '"c:t","version":2'
is "$(versions <"$work/kept" | sort | uniq -d)" "" "and gets nothing twice"
wait_for "so does one with another group" saw pair '"c:t","version":2'
! gone "$kept" && ! gone "$pair"
ok $? "neither was closed"
before=$(last_id kept)
kill "$kept"
rm_doc 3 c:t
put 1 d:v
"$POCKETBOOK" purge --older-than 0s --db "$pg" >"$work/out" 2>&1
is $? 0 "a purge" || cat "$work/out"
stream reset 'group=*&docs=1' -H "Last-Event-ID: $before"
wait_for "a stream that has missed a deletion begins anew" saw reset '"reset":true'
wait_for "with all groups" saw reset '"more":false,"reset":true'
for id in a:1 b:1 d:n:1 d:v; do
	saw reset "\"$id\""
	ok $? "so $id is there"
done
unlike "$(cat "$work/reset")" '"c:t"' "and what was deleted is not"
unlike "$(cat "$work/reset")" '"more":false,"reset":true.*"more":true' "the reset ends once"
put 1 b:w
wait_for "it goes on behind the reset" saw reset '"b:w".*"reset":false'

# ---- A new epoch ----

pages 1000 "$first"
epoch=${cursor%%.*}
pg_end one QUIT
pg_start one
use a
wrote() { push "$(docs 1 "$1")" | grep -q '"status":"ok"'; }
wait_for "a writes after a crash" wrote a:x
use b
wait_for "so does b, in another lane" wrote c:x
wait_for "an open stream goes on" saw reset '"c:x"'
pages 3 "$cursor"
is "$(sort "$work/versions" | tr '\n' ' ')" '"id":"a:x","version":1 "id":"c:x","version":1 ' "a cursor of the epoch before leads to what came after it"
unlike "$cursor" "^$epoch" "into the new epoch"

# ---- tail ----

tail_of() { "$POCKETBOOK" tail --db "$pg" "$@"; }
tail_of --since 0 --once --out "$work/changes" 2>"$work/tail.log"
is $? 0 "tail of all groups" || cat "$work/tail.log"
like "$(cat "$work/changes.cursor")" '^at [0-9a-f]{16}\.[0-9]+~[0-9]+~[0-9]+~[0-9]+ \*$' "keeps a number of each lane"
for round in 1 2 3 4 5 6; do
	"$POCKETBOOK" tail --db "$pg" --out "$work/changes" 2>>"$work/tail.log" &
	tailing=$!
	use a
	put 1 "tail-a:$round" "tail-b:$round" "tail-c:$round"
	use b
	put 1 "tail-d:$round" "tail-e:$round"
	wait_for "tail follows both hosts ($round)" grep -q "tail-d:$round\"" "$work/changes"
	# Anywhere in what it does.
	kill -KILL "$tailing"
	wait "$tailing" 2>/dev/null
	if [ $round = 3 ]; then
		use b
		kill_all
		host b "$pg" --auth off
	fi
done
tail_of --once --out "$work/changes" 2>>"$work/tail.log"
is "$(versions <"$work/changes" | sort | uniq -d)" "" "no change is in the file twice, though tail and a host were killed"
is "$(grep -o '"tail-.:[0-9]' "$work/changes" | sort -u | wc -l)" 30 "and none is missing"
"$POCKETBOOK" import --changes --db "$work/again.db" "$work/changes" >"$work/out" 2>&1
is $? 0 "a database is made of it" || cat "$work/out"
"$POCKETBOOK" export --db "$work/again.db" 2>/dev/null | versions | grep -v deleted | sort >"$work/made"
"$POCKETBOOK" export --db "$pg" 2>/dev/null | versions | grep -v deleted | sort | diff - "$work/made" >"$work/diff"
ok $? "which has the same documents" || head -5 "$work/diff"
echo "pocketbook tail 1
bytes 0
at $plain.5 *" >"$work/old.cursor"
tail_of --once --cursor-file "$work/old.cursor" >"$work/old.out" 2>"$work/tail.log"
like "$(cat "$work/old.out")" '^\{"reset":true,"group":"\*"\}' "a position of one lane that cannot be followed begins anew"
"$POCKETBOOK" tail --db "$pg" --once --group a --since "$plain.1~.2.3" >"$work/out" 2>&1
is "$? $(grep -c 'since: not a cursor of a$' "$work/out")" "1 1" "a cursor of all in a snapshot is none of one group"

# ---- A file that was moved into lanes ----

hosts_stop
pg_sql one postgres "CREATE DATABASE moved OWNER app"
moved="postgresql://app@/moved?host=$work/pg/one.s"
db=$work/file.db
serve_open
put 1 a:1 b:1 c:1 d:1
cursor=$(pull 'group=*' | field cursor)
put 2 d:1
stop
"$POCKETBOOK" copy --db "$work/file.db" --to "$moved" --lanes 4 >"$work/out" 2>&1
is $? 0 "a file is copied" || cat "$work/out"
host c "$moved" --auth off
like "$(pull "group=d&since=$cursor")" '"docs":\[\{"id":"d:1","version":2.*"reset":false' "cursors of groups go on"
pull "group=*&since=$cursor" >"$work/page"
is "$(versions <"$work/page" | sort | tr '\n' ' ')" '"id":"a:1","version":1 "id":"b:1","version":1 "id":"c:1","version":1 "id":"d:1","version":2 ' "behind one of all groups everything comes"
like "$(cat "$work/page")" '"reset":false' "without a reset"
use c
stop

# ---- Tokens and the admin page ----

ann=$("$POCKETBOOK" token add --user ann --group '*' --db "$pg" 2>/dev/null)
bob=$("$POCKETBOOK" token add --user bob --group a --db "$pg" 2>/dev/null)
ada=$("$POCKETBOOK" token add --user ada --admin --db "$pg" 2>/dev/null)
host d "$pg" --admin 127.0.0.1:0
bearer() { status_of -H "Authorization: Bearer $1" "$url/sync?group=*&limit=1"; }
is "$(bearer "$ann") $(bearer "$bob")" "200 403" "all groups are for a token of all"
stream anns 'group=*&docs=1' -H "Authorization: Bearer $ann"
anns=$stream
admin_url=$(sed -n 's/.*admin page at \(http:[^ ]*\).*/\1/p' "$log" | head -1)
api() { curl -s -H 'X-Pocketbook-Admin: 1' -H "Authorization: Bearer $ada" "$admin_url/api/$1"; }
api 'documents?group=*&limit=1000' >"$work/listed"
for id in a:1 b:1 c:2 d:1; do
	grep -q "\"id\":\"$id\"" "$work/listed"
	ok $? "the admin page lists $id"
done
curl -s -H "Authorization: Bearer $ann" "$url/sync" -H 'Content-Type: application/json' \
	-d '{"docs":[{"id":"b:1","base":1,"deleted":true},{"id":"d:n:1","base":1,"deleted":true}]}' >"$work/out"
is "$(api 'documents?group=*&deleted=1&limit=1000' | grep -oE '"id":"(b:1|d:n:1)","version":2' | sort | tr '\n' ' ')" '"id":"b:1","version":2 "id":"d:n:1","version":2 ' "and what was deleted"
like "$(api 'documents?group=d&deleted=1&limit=1000')" '"id":"d:n:1".*"deleted":true' "also of a group in another lane than most"
like "$(api 'documents?group=*&limit=2')" '"cursor":"[0-9a-f]{16}\.[0-9]+(~[0-9]+)*~\.' "page by page"
"$POCKETBOOK" token revoke "$(printf %s "$ann" | cut -d_ -f2)" --db "$pg" 2>/dev/null
wait_for "a revocation ends the stream" gone "$anns"
hosts_stop

"$POCKETBOOK" check --db "$pg" >"$work/out" 2>&1
is $? 0 "the database is whole" || cat "$work/out"
finish
