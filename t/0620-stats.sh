#!/usr/bin/env bash
# pocketbook stats: what the database holds and what the server on it does.
. "$(dirname "$0")/lib.sh"
stats() { "$POCKETBOOK" stats --db "$db" "$@"; }
member() { stats --json | jq -r "$1"; }

stats >"$work/out" 2>&1
is "$?" 1 "of a database that is not there nothing is told"
like "$(cat "$work/out")" "^pocketbook: .*test\.db: No such file" "but that"
ok "$([ -e "$db" ] && echo 1 || echo 0)" "none is made"
echo 'no database, by far' >"$work/text"
"$POCKETBOOK" stats --db "$work/text" >"$work/out" 2>&1
is "$?" 1 "a file that is none"
like "$(cat "$work/out")" 'is not a database' "is told"

serve --workers 2
token=$("$POCKETBOOK" token add --user ann --group '*' --db "$db" 2>/dev/null)
write() { curl -s "$url/sync" -H "Authorization: Bearer $token" -H 'Content-Type: application/json' -d "$1"; }
write '{"docs":[{"id":"a:1","value":1},{"id":"a:b:1","value":1},{"id":"c:1","value":1}]}' >/dev/null
write '{"docs":[{"id":"c:1","base":1,"deleted":true},{"id":"a:1","value":"stale"}]}' >/dev/null
stream one group=a -H "Authorization: Bearer $token"
epoch=$(curl -s "$url/sync?group=a" -H "Authorization: Bearer $token" | field cursor)
epoch=${epoch%%.*}
want='[2,1,3,1,4,0]'
is "$(stats --json | jq -c '[.documents, .tombstones, .groups, .tokens, .sequence, .horizon]')" "$want" "what it holds, in JSON"
is "$(member .epoch)" "$epoch" "its epoch, as cursors have it"
is "$(stats --json | jq -c '[.database_bytes, .wal_bytes]')" "[$(stat -c %s "$db"),$(stat -c %s "$db-wal")]" "the files"
is "$(stats --json | jq -c '.server | [.workers, .serving, .streams, .queued, .pushes, .written, .conflicts, .pulls]')" '[2,2,1,0,2,4,1,1]' \
	"what the server has done"
is "$(stats --json | jq -c '.server.rates | map(. >= 0) | all, (keys | length)' | tr '\n' ' ')" 'true 8 ' "and does"
while :; do write "{\"docs\":[{\"id\":\"load:$RANDOM$RANDOM\",\"value\":1}]}" >/dev/null; done &
load=$!
moving() { stats --json | jq -e '.server.rates | .pushes > 0 and .commits > 0 and .requests > 0 and .written > 0' >/dev/null; }
wait_for "while something happens, the rates tell" moving
kill "$load"
wait "$load" 2>/dev/null
text=$(stats)
like "$text" '^Tombstones +1$' "a person reads it too"
like "$text" "^Epoch +$epoch$" "every word of it"
like "$text" '^Server +running for [0-9]+ .*, 2 of 2 workers serving$' "and how long the server has run"
like "$text" '^Pushes +[0-9.,]+ +[0-9,]+$' "with rates"
is "$(printf '%s\n' "$text" | sed -n '/PER SECOND/,$p' | awk '{ print length }' | sort -u | wc -l)" 1 "in columns"
unlike "$text" "$(printf '\033')" "without colours or other tricks"
stop
before=$(sha256sum "$db")
is "$(stats --json | jq -c '[.tombstones, .tokens, .server]')" '[1,1,null]' "without a server the database still tells"
like "$(stats)" '^Server +none runs on it$' "a person too"
is "$(sha256sum "$db")" "$before" "which leaves it as it was"

# A server that does not understand, such as an older one.
cat >"$work/older.pl" <<'END'
use IO::Socket::UNIX;
my $listener = IO::Socket::UNIX->new(Local => $ARGV[0], Listen => 1) or die;
while (my $client = $listener->accept) {
	sysread $client, my $question, 100;
	# A frame: length, the question's tag, the payload.
	syswrite $client, pack('L', 50) . substr($question, 4, 8) . "\0" x 50;
}
END
perl "$work/older.pl" "$db.sock" &
older=$!
wait_for "a server of another version" test -S "$db.sock"
text=$(stats 2>"$work/out")
is "$? $(cat "$work/out")" "1 pocketbook: $db: the server that runs on it is of another version than this program" "is told of"
like "$text" '^Tombstones +1$' "with what the database holds"
like "$text" '^Server +no answer$' "and without what it does not know"
"$POCKETBOOK" top --db "$db" >/dev/null 2>"$work/out"
is "$? $(cat "$work/out")" "1 pocketbook: $db: the server that runs on it is of another version than this program" "top has nothing to show"
kill "$older"
"$POCKETBOOK" stats --db "$db" >/dev/full 2>"$work/out"
is "$?" 1 "what cannot be printed is a failure"
finish
