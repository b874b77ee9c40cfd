#!/usr/bin/env bash
# run.sh SECONDS [TARGET...]: runs libFuzzer (clang) on the targets of t/fuzz (default:
# all), one after the other, SECONDS each, and prints the number of inputs tried. New
# corpus entries are kept in build/fuzz/corpus/TARGET for the next run; an input that
# violates a guarantee is saved in build/fuzz/found/, and the exit status is 1.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:?usage: t/fuzz/run.sh SECONDS [TARGET...]}
shift
[ $# -gt 0 ] || set -- config control fields jwt push query request ring transit
command -v clang >/dev/null || { echo "run.sh: clang is missing: apt-get install clang" >&2; exit 1; }

[ -e configure ] || autoreconf --install
mkdir -p build/fuzz/found
if [ ! -e build/fuzz/config.status ]; then
	(cd build/fuzz && ../../configure --quiet CC=clang CFLAGS='-O1 -g' --enable-fuzzer --enable-asan --enable-ubsan --with-jwt)
fi
make -s -C build/fuzz -j"$(nproc)" "${@/#/t/fuzz/fuzz_}" >&2

failed=0
for target; do
	mkdir -p "build/fuzz/corpus/$target"
	log=build/fuzz/$target.log status=0
	"build/fuzz/t/fuzz/fuzz_$target" -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
		-artifact_prefix="build/fuzz/found/$target-" "build/fuzz/corpus/$target" "t/fuzz/corpus/$target" >"$log" 2>&1 || status=$?
	tried=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
	printf '%-8s %12s inputs  %s\n' "$target" "${tried:-0}" "$([ "$status" = 0 ] && echo 'nothing found' || echo "FAILED, see $log")"
	[ "$status" = 0 ] || failed=1
done
exit "$failed"
