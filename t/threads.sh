#!/usr/bin/env bash
# The ring and the writer under ThreadSanitizer, as threads: threads.sh BUILD, a folder
# configured with --enable-tsan. The same with an order of memory taken away must be
# told of, or the detector would see nothing at all.
set -uo pipefail
build=${1:?usage: threads.sh BUILD}
passed=0 failed=0

result() {
	if [ "$1" = 0 ]; then
		passed=$((passed + 1))
		printf 'ok - %s\n' "$2"
	else
		failed=$((failed + 1))
		printf 'not ok - %s\n' "$2"
	fi
}

# The detector keeps a shadow at fixed places, which a random layout may lie in.
run() { setarch "$(uname -m)" -R "$@"; }

for test in test_ring test_ring_model test_histogram test_generation test_threads; do
	run "$build/t/unit/$test" >"$build/$test.threads.log" 2>&1
	status=$?
	[ $status = 0 ] || tail -n 60 "$build/$test.threads.log"
	result $status "$test has no race"
done
run "$build/t/unit/test_threads_relaxed" >"$build/test_threads_relaxed.log" 2>&1
grep -q 'WARNING: ThreadSanitizer: data race' "$build/test_threads_relaxed.log"
result $? "a ring whose stores are in no order is found out"
printf 'passed: %d\nfailed: %d\n' "$passed" "$failed"
[ "$failed" = 0 ]
