#!/usr/bin/env bash
# Looks at all C with three analyzers, each of which must have nothing to say:
# analyze.sh BUILD [NAME...]
# BUILD is a configured build folder (its config.h is used); NAME: cppcheck, gcc,
# clang-tidy. A place where one of them is wrong is told so in the code, beside its
# reason.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
build=${1:?usage: analyze.sh BUILD [NAME...]}
shift
[ $# -gt 0 ] || set -- cppcheck gcc clang-tidy

libraries="libpq libevent sqlite3 libsodium inih libsystemd libcap-ng libseccomp libxxhash zlib cmocka"
# SYSTEM_CONFIG is a path that the Makefile gives; any text will do here.
# shellcheck disable=SC2086
flags="-std=gnu11 -DSYSTEM_CONFIG=__FILE__ -include $build/config.h -I. $(pkg-config --cflags $libraries)"
warnings=$(sed -n 's/^WARN_CFLAGS = //p' "$build/Makefile")
# What is made, not written, is left out: builds and the bundled page.
sources() { find [a-z]* \( -name node_modules -o -path build -o -name build-aux \) -prune -o -name '*.c' ! -name embedded.c -print | sort; }
jobs=$(nproc)
passed=0 failed=0

# verdict NAME LOG: what it said is in LOG.
verdict() {
	if [ -s "$2" ]; then
		failed=$((failed + 1))
		cat "$2"
		printf 'not ok - %s\n' "$1"
	else
		passed=$((passed + 1))
		printf 'ok - %s has nothing to say\n' "$1"
	fi
}

# The lists of sys/queue.h are macros that it must see.
run_cppcheck() {
	sources | cppcheck --file-list=- --quiet -j"$jobs" --std=c11 --enable=warning,performance,portability --inline-suppr --suppress=missingIncludeSystem \
		--include="/usr/include/$(gcc -print-multiarch)/sys/queue.h" --include="$build/config.h" -I. 2>&1
}

# gcc's analyzer is made for C; -O1 lets it see through small functions. Tests are left
# to cppcheck: one that gets no memory may crash.
run_gcc() {
	# shellcheck disable=SC2086
	sources | grep -v '^t/' | xargs -P"$jobs" -I{} gcc $flags -O1 -fanalyzer -c -o /dev/null {} 2>&1
}

run_clang_tidy() {
	# shellcheck disable=SC2086
	sources | grep -v '^t/' | xargs -P"$jobs" -I{} clang-tidy --quiet {} -- $flags $warnings 2>&1 | grep -vE '^[0-9]+ warnings? (generated|treated as errors?)\.?$|^Suppressed |^Use -header-filter'
}

for name in "$@"; do
	log=$build/analyze-$name.log
	case $name in
	cppcheck) run_cppcheck >"$log" ;;
	gcc) run_gcc >"$log" ;;
	clang-tidy) run_clang_tidy >"$log" ;;
	*)
		echo "analyze.sh: no analyzer is called '$name'" >&2
		exit 2
		;;
	esac
	verdict "$name" "$log"
done
printf 'passed: %d\nfailed: %d\n' "$passed" "$failed"
[ "$failed" = 0 ]
