#!/usr/bin/env bash
# Disks that fail in other ways than by being full: what is answered meanwhile, and that
# nothing is lost, doubled or left refused.
. "$(dirname "$0")/lib.sh"
[ "$FAULTS" = yes ] || skip_all "this build has no fault points (--enable-faults)"
json='Content-Type: application/json'
export POCKETBOOK_DISK=$work/plan

breaks() { printf '%s\n' "$1" >"$work/plan.new" && mv "$work/plan.new" "$work/plan"; }
mends() { rm -f "$work/plan"; }
write_one() { curl -s -D "$work/head" -o "$work/body" -w '%{http_code}' "$url/sync" -H "$json" -d "{\"docs\":[{\"id\":\"todos:$1\",\"op\":\"$1\",\"value\":1}]}"; }
taken() { [ "$(write_one "$1")" = 200 ]; }
versions() { pull group=todos | grep -o '"version":[0-9]*' | sort | uniq -c | tr -s ' \n' ' '; }

serve_open --workers 2
stream docs 'group=todos&docs=1'
is "$(write_one first)" 200 "the disk works at first"
wait_for "a stream hears of it" saw docs '"todos:first"'

# refused FAULT STATUS CODE WORDS: by the same writer
n=0
refused() {
	local before
	before=$(writer)
	n=$((n + 1))
	breaks "$1"
	is "$(write_one "w$n")" "$2" "$1: $2"
	is "$(field code <"$work/body")" "$3" "$1: code $3"
	like "$(field detail <"$work/body")" "$4" "$1: says what"
	like "$(cat "$work/head")" '^Retry-After: [0-9]+' "$1: with a time to come back"
	is "$(status_of "$url/sync?group=todos")" 200 "$1: pulls go on"
	unlike "$(pull group=todos)" "todos:w$n" "$1: what was refused is not there"
	mends
	is "$(write_one "w$n")" 200 "$1: the next one is taken"
	is "$(writer)" "$before" "$1: by the same writer"
	wait_for "$1: streams hear of it" saw docs "\"todos:w$n\",\"version\":1"
}
refused 'write wal EROFS' 503 unavailable 'read-only'
refused 'write wal ENOSPC' 507 insufficient-storage 'disk is full'
refused 'write wal EDQUOT' 507 insufficient-storage 'disk is full'
refused 'write wal EIO' 503 unavailable 'does not answer'

# A sync that fails: nobody knows what is on the disk, so the writer goes, and its
# successor finds out.
breaks 'sync wal EIO'
is "$(write_one sync) $(field code <"$work/body")" "503 unavailable" "a sync fails: 503"
wait_for "the writer leaves" grep -q 'event=child_exit child=writer' "$log"
for _ in 1 2 3 4 5; do write_one sync >/dev/null; done
is "$(write_one sync)" 503 "writes are refused for as long as the disk fails"
is "$(status_of "$url/sync?group=todos")" 200 "pulls go on"
stream late 'group=todos&docs=1&since=0'
wait_for "so do streams" saw late '"todos:first"'
is "$(kill -0 "$server" && echo running)" running "the server stays"
mends
wait_for "when syncs work again, so do writes" taken sync
wait_for "streams hear of it" saw docs '"todos:sync","version":1'
is "$(versions)" " $((n + 2)) \"version\":1 " "nothing was written twice"

# Copying the log into the database fails; the log has it all.
value=$(printf '%060000d' 0)
for i in $(seq 16); do printf '%s{"id":"big:%d","value":"%s"}' "$([ "$i" = 1 ] || echo ,)" "$i" "$value"; done >"$work/body.json"
big() { printf '{"docs":[%s]}' "$(sed "s/\"big:/\"big$1:/g" "$work/body.json")" >"$work/push.$1" && push "@$work/push.$1"; }
breaks 'sync db EIO'
for i in 1 2 3 4 5 6 7; do big "$i" >/dev/null; done
wait_for "a copy that cannot be synced sends the writer home" grep -q 'event=checkpoint_failed' "$log"
is "$(status_of "$url/sync?group=todos")" 200 "pulls go on"
mends
for i in 1 2 3 4 5 6 7; do wait_for "then it is written: $i" sh -c 'curl -s "$1/sync" -H "Content-Type: application/json" --data-binary @"$2" | grep -q results' - "$url" "$work/push.$i"; done
for i in 1 2 3 4 5 6 7; do is "$(pull "group=big$i" | grep -o '"version":1' | wc -l)" 16 "all of it: $i"; done
breaks 'write db ENOSPC'
for i in 11 12 13 14 15 16 17; do like "$(big "$i" | head -c 300)" results "a database that cannot grow does not keep the log from taking writes: $i"; done
mends
stop
is "$status" 0 "the server stops"
if command -v sqlite3 >/dev/null; then is "$(sqlite3 "$db" 'pragma integrity_check')" ok "the database is sound"; fi

breaks 'read any EIO'
"$POCKETBOOK" serve --auth off --db "$db" --listen 127.0.0.1:0 >/dev/null 2>"$work/read.log"
is $? 1 "a database that cannot be read: no start"
like "$(cat "$work/read.log")" '^pocketbook: .*(cannot be opened|I/O error)' "with the reason"
mends
finish
