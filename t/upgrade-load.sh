# shellcheck shell=bash disable=SC2154 # variables of lib.sh
# For scripts that put a server under a load that counts what goes wrong
# (upgrade-load.mjs).
command -v node >/dev/null || skip_all "node is not installed"

# load_begin [SECONDS]; load_end: what went wrong, in $work/counts, once the streams
# have all (after so many seconds at the most)
load_begin() {
	rm -f "$work/stop" "$work/stop.begun"
	node "$here/upgrade-load.mjs" "$url" "${1:-60}" "$work/stop" >"$work/counts" 2>"$work/load.err" &
	load=$!
	wait_for "a load begins" test -e "$work/stop.begun"
}
load_end() {
	: >"$work/stop"
	wait "$load"
	note "$(tr '\n' ' ' <"$work/counts")"
	[ ! -s "$work/load.err" ] || note "$(head -5 "$work/load.err")"
}
count_of() { sed -n "s/^$1=//p" "$work/counts"; }
all_zero() { for name in refused broken reconnected ended greeted_again missing; do is "$(count_of $name)" 0 "$1: $name"; done; }
