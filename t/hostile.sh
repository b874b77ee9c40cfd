# shellcheck shell=bash disable=SC2034,SC2154 # variables shared with scripts
# For the scripts about hostile clients: t/hostile, and what its victims take of memory.

HOSTILE=${HOSTILE:-$here/../build/check/t/hostile}
[ -x "$HOSTILE" ] || skip_all "t/hostile is not built (make check builds it)"

# hostile NAME ARGUMENT...: starts t/hostile against the server of lib.sh, and waits
# until it has sent all
hostile() {
	hostile_name=$1
	shift
	rm -f "$work/$hostile_name.hold"
	mkfifo "$work/$hostile_name.hold"
	"$HOSTILE" "${url##*:}" "$@" <"$work/$hostile_name.hold" >"$work/$hostile_name.out" 2>&1 &
	hostile_pid=$!
	exec 8>"$work/$hostile_name.hold"
	wait_for "$hostile_name: all is sent" grep -q sent "$work/$hostile_name.out"
}

# hostile_end: lets it go; how many of its connections the server has closed is in
# $closed
hostile_end() {
	exec 8>&-
	wait "$hostile_pid"
	closed=$(sed -n 's/^closed //p' "$work/$hostile_name.out")
}

# peak: the most kilobytes that the workers ever had together since peak_begin, less
# what they had then
peak_begin() {
	local pid
	for pid in $(workers); do echo 5 >"/proc/$pid/clear_refs"; done
	peak_before=0
	peak_before=$(peak)
}
peak() {
	local pid
	for pid in $(workers); do cat "/proc/$pid/status"; done | awk -v before="$peak_before" '/^VmHWM:/ { sum += $2 } END { print sum - before }'
}

# number NAME: of the server's metrics ($metrics); of one with labels the sum
number() { curl -s "$metrics" | awk -v name="pocketbook_$1" '$1 == name || index($1, name "{") == 1 { sum += $2 } END { print sum + 0 }'; }
at_least() {
	local reached
	reached=$(number "$1")
	[ "$reached" = "${at_least_before-}" ] || tries=0
	at_least_before=$reached
	[ "$reached" -ge "$2" ]
}
metrics_url() { metrics=$(sed -n 's/.*metrics at \(http:[^ ]*\)$/\1/p' "$log"); }

# A sanitizer's memory is not the program's: then nothing is said of it.
measured=yes
! grep -q __asan_init "$POCKETBOOK" || measured=no

# bounded KILOBYTES LIMIT NAME
bounded() {
	if [ $measured = no ]; then
		note "$3: not measured with a sanitizer"
		return
	fi
	note "$3: $1 KB, of at most $2"
	[ "$1" -le "$2" ]
	ok $? "$3"
}
