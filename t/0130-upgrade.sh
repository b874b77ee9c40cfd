#!/usr/bin/env bash
# SIGUSR2: the binary that lies at the program's path takes over, under load, with
# nothing closed, refused or missed.
. "$(dirname "$0")/lib.sh"
. "$here/upgrade-load.sh"

times() { [ "$(grep -c "$2" "$log")" -ge "$1" ]; }
grow() { pull group=odd\&limit=1 | grep -q '"id":"odd'; }

# The program at a path of its own, where another may be put.
program=$work/bin/pocketbook
mkdir "$work/bin"
cp "$POCKETBOOK" "$program"
POCKETBOOK=$program
# install FILE: as a package does it, by a rename
install_program() { cp "$1" "$program.new" && chmod 755 "$program.new" && mv "$program.new" "$program"; }
cp "$program" "$work/good"
inode() { stat -Lc %i "$@"; }

serve_open --workers 2
load_begin
wait_for "a load writes" grow
for round in 1 2 3; do
	install_program "$work/good"
	before=$(workers | sort)
	kill -USR2 "$server"
	wait_for "upgrade $round" times "$round" 'event=upgraded'
	is "$(inode "/proc/$server/exe")" "$(inode "$program")" "the process has become the new binary, and kept its id"
	is "$(workers | sort | comm -12 - <(printf '%s\n' "$before") | wc -l)" 0 "with workers of its own"
done
is "$(for pid in $(children); do inode "/proc/$pid/exe"; done | sort -u)" "$(inode "$program")" "the old binary has gone"

old=$(children)
running=$(inode "/proc/$server/exe")
printf 'no program\n' >"$work/bad"
install_program "$work/bad"
kill -USR2 "$server"
wait_for "what is no program is refused" times 1 'event=upgrade_refused reason="cannot run '
printf '#!/bin/sh\necho "pocketbook: broken at $0" >&2\nexit 1\n' >"$work/bad"
install_program "$work/bad"
kill -USR2 "$server"
wait_for "so is one that fails, with what it says" times 1 'event=upgrade_refused reason="broken at '
rm "$program"
kill -USR2 "$server"
wait_for "so is one that is not there" times 3 'event=upgrade_refused'
is "$(children)" "$old" "and nobody is replaced"
is "$(inode "/proc/$server/exe")" "$running" "nor is the master"
load_end
all_zero "under load"
ok "$([ "$(count_of pushes)" -gt 50 ] && [ "$(count_of events)" -gt 50 ] && echo 0 || echo 1)" "it was a load"
unlike "$(cat "$log")" 'drain_cut_short|child_kill|handoff_failed' "nobody was forced"
kill -HUP "$server"
wait_for "a reload goes on with the binary that runs" times 1 'event=reloaded'
install_program "$work/good"
kill -USR2 "$server"
wait_for "and an upgrade right after it" times 4 'event=upgraded'
unlike "$(cat "$log")" 'has no effect' "its own variable is no mistake"
is "$(children | wc -w)" 3 "with nobody left over"
like "$(head -c 20 "$db.lock")" "^$server" "the lock is held by the same process"
stop
is "$status" 0 "the server stops"
ok "$([ -e "$db.sock" ] && echo 1 || echo 0)" "no control socket is left"
install_program "$work/good"

# A token's stream goes along, and ends with its token.
serve_tokens() {
	secret=$("$program" token add --user anna --group todos --db "$db" | grep -o 'pbk_[A-Za-z0-9_-]*' | head -1)
	serve --workers 2
}
serve_tokens
stream mine 'group=todos&docs=1' -H "Authorization: Bearer $secret"
mine=$stream
kill -USR2 "$server"
wait_for "an upgrade with tokens" times 1 'event=upgraded'
curl -s "$url/sync" -H "Authorization: Bearer $secret" -H 'Content-Type: application/json' -d '{"docs":[{"id":"todos:1","value":"after"}]}' >/dev/null
wait_for "the stream goes on" saw mine '"todos:1"'
is "$(grep -c 'event: connected' "$work/mine")" 1 "without a second greeting"
"$program" token revoke "$("$program" token list --db "$db" | grep -oE '\b[0-9a-f]{16}\b' | head -1)" --db "$db" >/dev/null
wait_for "it ends with its token" gone "$mine"
stop

# The load does notice what is lost without a handover.
serve_open --workers 2
load_begin 2
wait_for "a load writes" grow
# shellcheck disable=SC2046
kill -KILL $(workers)
wait_for "workers that are killed are replaced" times 2 'event=child_exit child=worker.*signal=9'
mark=$(pull group=odd\&limit=10000 | field cursor)
moved() { [ "$(pull group=odd\&limit=10000 | field cursor)" != "$mark" ]; }
wait_for "it writes again" moved
load_end
ok "$([ "$(count_of ended)" -gt 0 ] && [ $(($(count_of broken) + $(count_of reconnected))) -gt 0 ] && echo 0 || echo 1)" "ends and new connections are counted"
stop

# A drain in the middle of everything.
serve_open --workers 2
kill -USR2 "$server"
kill -TERM "$server"
wait "$server"
is $? 0 "SIGTERM while an upgrade begins ends it"
server=

if [ "$FAULTS" = yes ]; then
	idle() { for n in 1 2 3 4 5 6; do stream "idle.$n" 'group=idle'; done; }
	for fault in handoff_received=kill@2 handoff_sent=kill@2; do
		faults=$fault
		serve_open --workers 2
		idle
		push "{\"docs\":[{\"id\":\"kept:$fault\",\"value\":1}]}" >/dev/null
		family=$(children)
		kill -USR2 "$server"
		wait_for "$fault: the upgrade goes on" times 1 'event=upgraded'
		like "$(push "{\"docs\":[{\"id\":\"kept:$fault:2\",\"value\":1}]}")" '"status":"ok"' "writes are taken"
		like "$(pull group=kept)" "\"kept:$fault\"" "what was acknowledged is there"
		stream new 'group=kept&docs=1&since=0'
		wait_for "streams are served" saw new "\"kept:$fault:2\""
		# shellcheck disable=SC2086 # a list of ids
		left=$(comm -12 <(printf '%s\n' $family | sort) <(children | tr ' ' '\n' | sort) | grep -c .)
		is "$left" 0 "nobody of the run before is left"
		stop
		is "$status" 0 "and it stops"
	done
	faults=handover_paired=kill
	serve_open --workers 2
	push '{"docs":[{"id":"kept:master","value":1}]}' >/dev/null
	idle
	family=$(children)
	kill -USR2 "$server"
	wait "$server" 2>/dev/null
	all_gone() { for pid in "$@"; do [ ! -e "/proc/$pid" ] || grep -q '^State:.*[ZX]' "/proc/$pid/status" || return 1; done; }
	# shellcheck disable=SC2086 # a list of ids
	wait_for "where the master dies in the middle everyone goes home" all_gone $family
	faults=
	serve_open --workers 2
	like "$(pull group=kept)" '"kept:master"' "and what was acknowledged is there"
	stop
fi
finish
