#!/usr/bin/env bash
# The units, and what the server says to systemd and takes from it: READY, STATUS, the
# watchdog, sockets.
. "$(dirname "$0")/lib.sh"
command -v systemd-analyze >/dev/null || skip_all "systemd is not installed"
command -v node >/dev/null || skip_all "node is not installed"
deploy=$here/../deploy

# ---- The units. The program and its manual page lie where a package puts them; here,
# links in a root of the test's own stand for both.
root=$work/root
mkdir -p "$root/usr/bin" "$root/etc/systemd/system" "$root/usr/lib/systemd/system"
cp "$POCKETBOOK" "$root/usr/bin/pocketbook"
cp /usr/bin/kill "$root/usr/bin"
cp "$deploy/pocketbook.service" "$deploy/pocketbook.socket" "$root/etc/systemd/system/"
cp /usr/lib/systemd/system/*.target "$root/usr/lib/systemd/system/" 2>/dev/null || cp /lib/systemd/system/*.target "$root/usr/lib/systemd/system/"
got=$(systemd-analyze verify --man=no --recursive-errors=no --root="$root" pocketbook.service pocketbook.socket 2>&1)
is "$got" "" "systemd-analyze verify has nothing to say"
systemd-analyze security --offline=yes --threshold=15 "$deploy/pocketbook.service" >"$work/security" 2>&1
is "$?" 0 "its exposure is at most 1.5: $(tail -1 "$work/security")"

# Which calls the unit allows: its lines in their order, as systemd reads them.
expand() {
	local word=$1
	case $word in
	@*) systemd-analyze syscall-filter "$word" </dev/null | sed -n 's/^ *\([@a-z0-9_-]*\)$/\1/p' | grep -vxF -- "$word" | while read -r inner; do expand "$inner"; done ;;
	*) echo "$word" ;;
	esac
}
# @default is always allowed; @system-service does not name all of it
expand @default >"$work/allowed"
sed -n 's/^SystemCallFilter=//p' "$deploy/pocketbook.service" | while read -r line; do
	case $line in
	'~'*) for word in ${line#'~'}; do expand "$word"; done | sort -u >"$work/denied" && sort -u "$work/allowed" | comm -23 - "$work/denied" >"$work/left" && mv "$work/left" "$work/allowed" ;;
	*) for word in $line; do expand "$word"; done >>"$work/allowed" ;;
	esac
done
sort -u -o "$work/allowed" "$work/allowed"
ok "$([ "$(wc -l <"$work/allowed")" -gt 150 ]; echo $?)" "the unit allows some calls"
if command -v strace >/dev/null && ! nm "$POCKETBOOK" 2>/dev/null | grep -q __asan_init; then
	real=$POCKETBOOK
	printf '#!/bin/sh\nexec strace -f -qq -o "%s/trace" "%s" "$@"\n' "$work" "$real" >"$work/traced"
	chmod +x "$work/traced"
	POCKETBOOK=$work/traced
	serve_open --workers 2
	POCKETBOOK=$real
	push '{"docs":[{"id":"todos:1","value":1}]}' >/dev/null
	stream one 'group=todos&docs=1'
	push '{"docs":[{"id":"todos:2","value":2}]}' >/dev/null
	wait_for "a stream under trace hears of a push" saw one 'todos:2'
	# shellcheck disable=SC2046 # a list of ids
	kill -TERM $(cat "/proc/$server/task/$server/children")
	wait "$server"
	server=
	sed -n 's/^[0-9]* *\([a-z0-9_]*\)(.*/\1/p' "$work/trace" | sort -u | comm -23 - "$work/allowed" >"$work/missing"
	# SQLite gives its files to the database's owner where it runs as root, as this
	# test may and the unit does not.
	is "$(grep -vx fchown "$work/missing" | tr '\n' ' ')" "" "the server makes no call that the unit forbids"
fi

# ---- Notifications.
perl "$here/notify.pl" "$work/notify" >"$work/notified" &
listener=$!
wait_for "somebody listens for notifications" test -S "$work/notify"
export NOTIFY_SOCKET=$work/notify WATCHDOG_USEC=1000000
serve_open --workers 2
unset NOTIFY_SOCKET WATCHDOG_USEC
wait_for "it says READY when it serves" grep -q '^READY=1$' "$work/notified"
wait_for "and how it goes" grep -q '^STATUS=2 workers, 0 streams$' "$work/notified"
stream one 'group=todos'
wait_for "streams are counted" grep -q '^STATUS=2 workers, 1 streams$' "$work/notified"
wait_for "it gives signs of life" grep -q '^WATCHDOG=1$' "$work/notified"
hung=$(workers | head -1)
kill -STOP "$hung"
quiet() {
	local before after
	before=$(grep -c WATCHDOG "$work/notified")
	status_before=$(grep -c STATUS "$work/notified")
	until [ "$(grep -c STATUS "$work/notified")" -ge $((status_before + 3)) ]; do sleep 0.05; done
	after=$(grep -c WATCHDOG "$work/notified")
	[ "$before" = "$after" ]
}
wait_for "but none while one of its processes hangs" quiet
kill -CONT "$hung"
count_before=$(grep -c WATCHDOG "$work/notified")
lives() { [ "$(grep -c WATCHDOG "$work/notified")" -gt "$count_before" ]; }
wait_for "and again when it goes on" lives
stop
is "$status" 0 "the server stops"
wait_for "having said so" grep -q '^STOPPING=1$' "$work/notified"
kill "$listener"

# ---- Sockets that are passed.
if command -v systemd-socket-activate >/dev/null; then
	for share in no yes; do
		port=$(node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close() })')
		log=$work/activated.$share.log
		if [ $share = no ]; then
			systemd-socket-activate -l "127.0.0.1:$port" "$POCKETBOOK" serve --db "$work/$share.db" --auth off --workers 2 2>"$log" &
		else
			perl "$here/pass.pl" "$port" "$POCKETBOOK" serve --db "$work/$share.db" --auth off --workers 2 2>"$log" &
		fi
		server=$!
		url=http://127.0.0.1:$port
		wait_for "a passed socket is served (of its own for each worker: $share)" curl -s -o /dev/null "$url/healthz"
		# One worker may answer before all are ready, which is when it is said.
		wait_for "and said to be ($share)" grep -q "serving http://127.0.0.1:$port " "$log"
		like "$(push '{"docs":[{"id":"todos:1","value":1}]}')" '"ok"' "it takes a push ($share)"
		stop
		is "$status" 0 "it stops ($share)"
	done
fi
finish
