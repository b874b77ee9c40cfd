#!/usr/bin/env bash
# A full disk: writes are refused with 507, everything else goes on, and all is well
# when there is room again. The disk is a small one in memory, mounted where nobody else
# sees it.
user=
[ "$(id -u)" = 0 ] || user=--map-root-user
if [ "${OWN_MOUNTS:-}" != yes ] && unshare --mount $user true 2>/dev/null; then
	OWN_MOUNTS=yes exec unshare --mount $user bash "$0"
fi
. "$(dirname "$0")/lib.sh"
[ "${OWN_MOUNTS:-}" = yes ] || skip_all "no mount namespace of one's own here (unshare --mount)"
mkdir "$work/disk"
mount -t tmpfs -o size=8m,mode=700 none "$work/disk" 2>/dev/null || skip_all "no disk in memory can be mounted here"
trap 'umount -l "$work/disk"; clean' EXIT
db=$work/disk/test.db
json='Content-Type: application/json'

fill() { cat /dev/zero >"$work/disk/ballast" 2>/dev/null; }
empty() { rm -f "$work/disk/ballast"; }
# write_one ID: a document of 20 KB; prints the status
printf '%020000d' 0 >"$work/value"
write_one() {
	printf '{"docs":[{"id":"%s","op":"op-%s","value":"%s"}]}' "$1" "$1" "$(cat "$work/value")" >"$work/push"
	curl -s -D "$work/head" -o "$work/body" -w '%{http_code}' "$url/sync" -H "$json" --data-binary @"$work/push"
}
taken() { [ "$(write_one "$1")" = 200 ]; }
# write_until STATUS: writes on until it comes; the documents that were taken before are
# counted in $acknowledged
acknowledged=0
write_until() {
	local got=200
	for _ in $(seq 1000); do
		got=$(write_one "todos:$((acknowledged + 1))")
		[ "$got" = 200 ] || break
		acknowledged=$((acknowledged + 1))
	done
	is "$got" "$1" "a write is answered $1 in the end"
}
documents() { pull 'group=todos&limit=10000' | grep -o '"id"' | wc -l; }

serve_open --workers 2
stream early 'group=todos'
is "$(write_one todos:1)" 200 "there is room at first"
acknowledged=1
before=$(writer)
fill
write_until 507
is "$(field code <"$work/body")" insufficient-storage "of that code"
like "$(cat "$work/head")" '^Content-Type: application/problem\+json' "as a problem"
like "$(cat "$work/head")" '^Retry-After: [0-9]+' "with a time to come back"
like "$(field detail <"$work/body")" 'disk is full' "and words that say why"
is "$(documents)" "$acknowledged" "pulls go on, and show what was acknowledged and nothing else"
wait_for "so do streams" saw early "\"cursor\":\"$(pull group=todos | field cursor)\""
stream late 'group=todos&docs=1&since=0'
wait_for "new ones too" saw late "\"todos:$acknowledged\""
is "$(status_of "$url/readyz")" 200 "the server is ready"
for _ in 1 2 3 4 5 6 7 8 9 10; do write_one todos:more >/dev/null; done
is "$(write_one todos:more)" 507 "and says the same again and again"
is "$(grep -c 'level=error' "$log")" 1 "its log does so once"
like "$(cat "$log")" 'level=error .*event=commit_failed .*rc=full' "with the reason"
"$POCKETBOOK" token add --user ann --group todos --db "$db" >"$work/out" 2>"$work/err"
is "$?" 1 "a token cannot be made"
like "$(cat "$work/err")" '^pocketbook: .*disk is full' "and the command says why"
kill -KILL "$before"
wait_for "a writer that is killed is replaced on the full disk" sh -c "grep -q 'event=child_start child=writer' '$log'"
is "$(status_of "$url/sync?group=todos")" 200 "pulls do not need it"
wait_for "the new one refuses as well" sh -c '[ "$(curl -s -o /dev/null -w "%{http_code}" "$1/sync" -H "$2" --data-binary @"$3")" = 507 ]' - "$url" "$json" "$work/push"
before=$(writer)
kill -KILL "$(workers | head -1)"
wait_for "so is a worker" sh -c "grep -q 'event=child_start child=worker' '$log'"
wait_for "which reads as before" sh -c 'for i in 1 2 3 4 5 6 7 8; do curl -sf --max-time 5 "$1/sync?group=todos&limit=1" | grep -q todos || exit 1; done' - "$url"
stream late 'group=todos&docs=1&since=0'

empty
wait_for "when there is room, writes are taken again" taken todos:again
acknowledged=$((acknowledged + 1))
wait_for "streams hear of it" saw late '"todos:again"'
is "$(documents)" "$acknowledged" "nothing was lost, and nothing came that was refused"
is "$(writer)" "$before" "by the same writer"
like "$(cat "$log")" 'event=commits_resumed' "its log says so"
fill
write_until 507
empty
wait_for "it may happen again" taken todos:once-more
stop
is "$status" 0 "the server stops"

# At the start.
fill
log=$work/full.log
timeout 60 "$POCKETBOOK" serve --auth off --db "$db" --listen 127.0.0.1:0 >/dev/null 2>"$log"
is $? 1 "a server does not start on a full disk"
is "$(wc -l <"$log")" 1 "it says so in one line"
like "$(cat "$log")" '^pocketbook: .*(disk is full|No space left on device)' "with the reason"
empty
serve_open
is "$(documents)" "$((acknowledged + 1))" "with room it starts, and has everything"
stop
mount -o remount,ro,bind "$work/disk"
log=$work/read-only.log
timeout 60 "$POCKETBOOK" serve --auth off --db "$db" --listen 127.0.0.1:0 >/dev/null 2>"$log"
is $? 1 "nor does it on a read-only one"
is "$(wc -l <"$log")" 1 "it says so in one line"
like "$(cat "$log")" '^pocketbook: .*Read-only file system' "with the reason"
finish
