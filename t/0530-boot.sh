#!/usr/bin/env bash
# The units under systemd itself: the sandbox of deploy/pocketbook.service around a
# server at work, its notifications, its watchdog and the passed socket. A call that the
# unit's filter forbids ends the process here, where the unit says EPERM: nothing is to
# depend on that.
. "$(dirname "$0")/lib.sh"

outside() {
	local missing
	[ "$(id -u)" = 0 ] || skip_all "needs root, to make namespaces"
	for missing in unshare pivot_root setpriv script ip systemctl; do
		command -v $missing >/dev/null || skip_all "$missing is not installed"
	done
	[ -x /lib/systemd/systemd ] || skip_all "systemd is not installed"
	grep -q __asan_init "$POCKETBOOK" && skip_all "a sanitizer needs calls that the unit forbids"
	. "$here/boot.sh"
	boot "$(basename "$0")"
	[ ! -e "$work/out/impossible" ] || skip_all "$(cat "$work/out/impossible")"
	cat "$work/out/tap"
	if ! grep -q '^1\.\.' "$work/out/tap"; then
		sed 's/^/# /' "$work/boot.log" "$work/console"
		echo "Bail out! systemd did not come so far"
		exit 1
	fi
	if grep -q '^not ok' "$work/out/tap"; then exit 1; fi
	exit 0
}

# show NAME: a property of the service
show() { systemctl show -P "$1" pocketbook.service; }
shows() { [ "$(show "$1")" = "$2" ]; }
status_like() { show StatusText | grep -q -- "$1"; }
processes() { cat /sys/fs/cgroup/system.slice/pocketbook.service/cgroup.procs; }
# each NAME WANTED: has each process of the service this in its status?
each() {
	local pid got
	for pid in $(processes); do
		got=$(sed -n "s/^$1:\t//p" "/proc/$pid/status" | tr '\t' ' ')
		[ "$got" = "$2" ] || { note "$1 of $pid: $got"; return 1; }
	done
}

install_units() {
	local units=/etc/systemd/system files
	useradd --system --no-create-home --home-dir /var/lib/pocketbook --shell /usr/sbin/nologin pocketbook
	mkdir -p /etc/pocketbook $units/pocketbook.service.d
	printf 'workers = 2\n' >/etc/pocketbook/pocketbook.conf
	cp "$here/../deploy/pocketbook.service" "$here/../deploy/pocketbook.socket" $units
	# A test may be allowed fewer descriptors than a machine that serves.
	files=$(sed -n 's/^LimitNOFILE=//p' $units/pocketbook.service)
	[ "$(ulimit -Hn)" = unlimited ] || [ "$files" -le "$(ulimit -Hn)" ] || files=$(ulimit -Hn)
	cat >$units/pocketbook.service.d/test.conf <<-UNIT
		[Service]
		SystemCallErrorNumber=kill
		WatchdogSec=2s
		RestartSec=100ms
		LimitNOFILE=$files
		StandardOutput=file:/out/server
		StandardError=append:/out/server
	UNIT
	systemctl daemon-reload
}

served() { [ "$(status_of "$url/readyz")" = 200 ]; }
# write N: one todo
write() { curl -s "$url/sync" "${bearer[@]}" -H 'Content-Type: application/json' -d "{\"docs\":[{\"id\":\"todos:$1\",\"value\":\"$1\"}]}"; }

inside() {
	local pid hung
	install_units
	db=/var/lib/pocketbook/pocketbook.db
	url=http://127.0.0.1:8080
	uid=$(id -u pocketbook) gid=$(id -g pocketbook)

	systemctl start pocketbook.service
	is "$?" 0 "the unit starts: it says that it is ready"
	is "$(show ActiveState)" active "and stays"
	is "$(processes | wc -l)" 4 "with a master, a writer and two workers"
	each Uid "$uid $uid $uid $uid" && each Gid "$gid $gid $gid $gid"
	ok $? "each is the user's"
	each CapEff 0000000000000000 && each CapPrm 0000000000000000 && each CapBnd 0000000000000000
	ok $? "without any capability"
	each NoNewPrivs 1 && each Seccomp 2
	ok $? "and behind the filter of system calls"
	is "$(stat -c '%U %a' /var/lib/pocketbook "$db" "$db.sock" | tr '\n' ' ')" "pocketbook 700 pocketbook 600 pocketbook 600 " "its files are its own"

	token=$("$POCKETBOOK" token add --user ann --group todos --db "$db" 2>/dev/null)
	like "$token" '^pbk_' "root makes a token through its control socket"
	bearer=(-H "Authorization: Bearer $token")
	like "$(write 1)" '"status":"ok","version":1' "a push is taken"
	like "$(curl -s "$url/sync?group=todos" "${bearer[@]}")" '"todos:1"' "a pull brings it"
	is "$(curl -s -H 'Accept-Encoding: gzip' "$url/" | head -c 2 | od -An -tx1)" " 1f 8b" "the page is served"
	stream live 'group=todos&docs=1' "${bearer[@]}"
	write 2 >/dev/null
	wait_for "a stream brings a change" saw live '"todos:2"'
	wait_for "systemd is told of two workers" status_like '2 workers'
	wait_for "and of the stream" status_like '1 stream'

	pid=$(show MainPID)
	systemctl reload pocketbook.service
	is "$?" 0 "the unit can be reloaded"
	wait_for "its workers are replaced" grep -q 'event=reloaded' /out/server
	wait_for "systemd knows that it is done" shows ActiveState active
	write reloaded >/dev/null
	wait_for "the stream goes on" saw live '"todos:reloaded"'
	is "$(grep -c 'event: connected' "$work/live") $(show MainPID)" "1 $pid" "as the same one, of the same server"
	each Seccomp 2 && each CapPrm 0000000000000000
	ok $? "the new workers are confined as the old ones"
	few() { [ "$(processes | wc -l)" = 4 ]; }
	wait_for "which go" few

	hung=$(awk '{ print $NF }' "/proc/$pid/task/$pid/children")
	kill -STOP "$hung"
	wait_for "a process that hangs brings the watchdog" shows NRestarts 1
	wait_for "the unit starts anew" shows ActiveState active
	is "$([ "$(show MainPID)" != "$pid" ] && echo another)" another "as another process"
	wait_for "and serves" served
	like "$(curl -s "$url/sync?group=todos" "${bearer[@]}")" '"todos:2"' "what it was told before"
	ok "$([ -e "/proc/$hung" ] && echo 1 || echo 0)" "what hung is gone"

	systemctl stop pocketbook.service
	is "$? $(show Result) $(show ExecMainStatus)" "0 success 0" "it stops when told to"
	[ ! -s /sys/fs/cgroup/system.slice/pocketbook.service/cgroup.procs ] 2>/dev/null
	ok $? "and leaves no process behind"

	systemctl start pocketbook.socket
	is "$? $(show ActiveState)" "0 inactive" "systemd opens the port for a server that does not run"
	is "$(status_of "$url/readyz")" 200 "the first request starts it"
	# One of them may have answered before all are ready, which is when systemd is
	# told.
	has_all() { [ "$(show ActiveState) $(processes | wc -l)" = "active 4" ]; }
	wait_for "with all its processes" has_all
	like "$(write 3)" '"status":"ok","version":1' "it takes a push through the passed socket"
	for _ in 1 2 3 4 5 6 7 8; do status_of "$url/readyz"; echo; done >"$work/codes"
	is "$(sort -u "$work/codes")" 200 "whichever worker a connection comes to"
	systemctl restart --no-block pocketbook.service
	is "$(status_of "$url/readyz")" 200 "a request that comes while it restarts is not refused"
	systemctl stop pocketbook.socket pocketbook.service
	is "$(show Result)" success "both stop"
	grep -h 'level=error' /out/server | sed 's/^/# /'
	finish
}

case ${1:-outside} in
inside) inside ;;
*) outside ;;
esac
