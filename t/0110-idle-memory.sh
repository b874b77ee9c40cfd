#!/usr/bin/env bash
# An event stream that is open and idle costs a worker less than 5 KB.
. "$(dirname "$0")/lib.sh"

STREAMS=${STREAMS:-$here/../build/check/bench/streams}
[ -x "$STREAMS" ] || skip_all "bench/streams is not built (make check builds it)"
grep -q __asan_init "$POCKETBOOK" && skip_all "a sanitizer's memory is not the program's"
count_of_streams=2000

serve_open --workers 1
pss() { awk '/^Pss:/ { print $2 }' "/proc/$(workers | head -1)/smaps_rollup"; }
curl -s -o /dev/null "$url/readyz"
before=$(pss)
mkfifo "$work/hold"
"$STREAMS" --count $count_of_streams "${url##*:}" '/events?group=idle' <"$work/hold" >"$work/streams.out" 2>&1 &
exec 8>"$work/hold"
wait_for "$count_of_streams streams are open" grep -q open "$work/streams.out"
each=$((($(pss) - before) * 1024 / count_of_streams))
note "an idle stream costs $each bytes"
[ "$each" -lt 5120 ]
ok $? "each costs less than 5 KB"
exec 8>&-
stop
finish
