#!/usr/bin/env bash
# The numbered scripts once more, on PostgreSQL: each with a database of its own in one
# cluster, and with two hosts, or one if it is about what a host does for itself. Prints
# what fails, and lines `passed: N`, `failed: N`, `skipped: N`. With NUMBERs, only
# those.
#
#   FAULTS=yes POCKETBOOK=build/check/pocketbook bash t/on-postgres.sh [NUMBER...]
export POSTGRESQL=yes
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/postgres.sh"

# With two hosts; pushes go to the first, pulls and streams to the second.
two="0010 0020 0045 0050 0080 0230 0240 0245 0250 0320 0325 0327 0430 0820 0890 0895"
# With one: what they count or limit is a host's own.
one="0040 0046 0055 0070 0085 0365 0505 0507 0710"
# All others are left out:
#
#   0030 0100 0105 0107 0810 0830 0840 0850 0860 0870   HTTP, which asks for no database
#   0060                          which second write meets the ring's fault points:
#                                 news of PostgreSQL come there too; t/history kills
#                                 and freezes the processes of several hosts
#   0130                          the lock that lies beside a file
#   0350                          the files that a writer has open
#   0540 0880                     they pass, and take long: the watchdog asks for no
#                                 database, and shares of a writer are a host's own
#   0090 0200 0210 0220 0270 0275 0280 0290 0300 0310 0330   files
#   0340 0360 0370 0375 0670                                 files
#   0095 0110 0260 0400 0410 0420 0425 0500 0510 0520 0530   the program, its manual,
#   0640 0660 0720                its installation
#   0600 0610 0620 0630           numbers and logs of a file; 0910 and 0945 have others
#   0730                          the sandbox of a file; 0915 and 0948 connect in theirs
#   0435 1000                     0955 and 1005 do the same there

run_one() {
	local number=$1 script hosts=2
	script=$(echo "$here/$number"-*.sh)
	[[ " $one " != *" $number "* ]] || hosts=1
	POCKETBOOK_TEST_HOSTS=$hosts POCKETBOOK_TEST_CLUSTER=$work/pg/one.s timeout 300 bash "$script" >"$work/$number.tap" 2>&1 ||
		{ echo "# $(basename "$script"), hosts: $hosts" && grep -E -A4 '^not ok|^# ' "$work/$number.tap"; [ -s "$work/$number.tap" ] || echo "not ok - it prints nothing"; } >"$work/$number.failed"
	grep -q '^not ok\|^1\.\.' "$work/$number.tap" || echo "not ok - $(basename "$script") ends early: $(tail -3 "$work/$number.tap")" >"$work/$number.failed"
}

numbers=("$@")
[ ${#numbers[@]} != 0 ] || read -ra numbers <<<"$one $two"
pg_make one
pg_start one max_connections=400 >"$work/out"
pg_app one
jobs=()
for number in "${numbers[@]}"; do
	run_one "$number" &
	jobs+=($!)
	[ ${#jobs[@]} -lt "$(nproc)" ] || { wait "${jobs[0]}"; jobs=("${jobs[@]:1}"); }
done
wait "${jobs[@]}"
for number in "${numbers[@]}"; do
	[ ! -e "$work/$number.failed" ] || cat "$work/$number.failed"
done
printf 'passed: %d\nfailed: %d\nskipped: %d\n' "$(cat "$work"/*.tap | grep -c '^ok')" "$(cat "$work"/*.failed 2>/dev/null | grep -c '^not ok')" \
	"$(cat "$work"/*.tap | grep -c '^1..0 # SKIP')"
[ "$(find "$work" -name '*.failed' | wc -l)" = 0 ]
