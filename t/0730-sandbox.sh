#!/usr/bin/env bash
# A running server's processes are each in a sandbox, leave no core, and end where they
# try what they have no need of.
. "$(dirname "$0")/lib.sh"

status_of_process() { sed -n "s/^$2:\t//p" "/proc/$1/status"; }
core_limit() { sed -n 's/^Max core file size *\([^ ]*\) *\([^ ]*\).*/\1 \2/p' "/proc/$1/limits"; }
# Two workers and the writer, none of which is leaving or has only just come.
confined() {
	[ "$(children | wc -w)" = 3 ] || return 1
	for pid in "$server" $(children); do [ "$(status_of_process "$pid" Seccomp)" = 2 ] || return 1; done
}
# each NAME: of all the server's processes
each() {
	wait_for "$1: all have come" confined
	for pid in "$server" $(children); do
		is "$(status_of_process "$pid" NoNewPrivs) $(status_of_process "$pid" Seccomp)" "1 2" "$1: a process has a filter and gets no privileges"
		is "$(core_limit "$pid")" "0 0" "$1: and leaves no core"
	done
}

ulimit -c unlimited 2>/dev/null
mkdir "$work/cwd"
cd "$work/cwd" || exit 1
# Where a core file would be seen: the system names it plainly, and the limit could be
# lifted.
{ sh -c 'kill -QUIT $$'; } 2>/dev/null
[ -n "$(ls)" ] && cores=yes || cores=no
rm -f ./*
note "a process without a sandbox leaves a core file here: $cores"

serve_open --workers 2
like "$(push '{"docs":[{"id":"todos:1","value":1}]}')" '"ok"' "a push is taken"
each "started"
first=$(workers | head -1)
kill -ABRT "$first"
wait_for "a worker that died is replaced" grep -q 'event=child_start child=worker' "$log"
wait_for "in a sandbox" confined
is "$(ls)" "" "the one that died left nothing"
kill -USR2 "$server"
wait_for "an upgrade goes well" grep -q 'event=upgraded' "$log"
each "upgraded"
like "$(push '{"docs":[{"id":"todos:2","value":1}]}')$(pull group=todos)" '"ok".*todos:2' "and it works"
kill -HUP "$server"
wait_for "a reload goes well" grep -q 'event=reloaded' "$log"
each "reloaded"
stop
is "$status $(ls)" "0 " "it stops, and nothing is left"

serve_open --sandbox off
is "$(for pid in "$server" $(children); do status_of_process "$pid" Seccomp; done | sort -u)" "$(status_of_process $$ Seccomp)" "--sandbox off: no filter"
stop

OLD_KERNEL=${OLD_KERNEL:-$here/old_kernel}
if [ -x "$OLD_KERNEL" ]; then
	mkdir -p "$work/www/folder"
	echo page >"$work/www/folder/page.txt"
	ln -s page.txt "$work/www/folder/link.txt"
	ln -s folder "$work/www/other"
	real=$POCKETBOOK
	printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$OLD_KERNEL" "$real" >"$work/on_old_kernel"
	chmod +x "$work/on_old_kernel"
	POCKETBOOK=$work/on_old_kernel
	serve_open --workers 2 --www "$work/www"
	POCKETBOOK=$real
	wait_for "without Landlock: that is logged" grep -q 'event=sandbox_partial reason="this kernel has no Landlock"' "$log"
	each "without Landlock"
	like "$(push '{"docs":[{"id":"todos:5","value":1}]}')$(pull group=todos)" '"ok".*todos:5' "without Landlock: it works"
	is "$(curl -s "$url/folder/page.txt")" page "without Landlock: a file of the page is served"
	is "$(status_of "$url/folder/link.txt") $(status_of "$url/other/page.txt") $(status_of "$url/folder/none")" "404 404 404" "without Landlock: but through no link"
	kill -HUP "$server"
	wait_for "without Landlock: a reload goes well" grep -q 'event=reloaded' "$log"
	stop
	is "$status" 0 "without Landlock: it stops"
fi

if [ "$FAULTS" = yes ]; then
	for try in worker=pull_in_page writer=writer_before_commit; do
		faults="${try#*=}=exec"
		serve_open --workers 1
		faults=
		push '{"docs":[{"id":"todos:3","value":1}]}' >/dev/null
		pull group=todos >/dev/null
		wait_for "a ${try%%=*} that tries to become another program is stopped" grep -Eq "child=${try%%=*}[^ ]* .*signal=(SYS|31)" "$log"
		wait_for "and replaced" grep -q "event=child_start child=${try%%=*}" "$log"
		works() { push '{"docs":[{"id":"todos:4","value":1}]}' | grep -q result && pull group=todos | grep -q todos:4; }
		wait_for "by one that works" works
		stop
	done
fi
finish
