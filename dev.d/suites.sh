# The suites of ./dev test, in the order in which they run, and what each of them needs.
# Sourced by dev and t/packages.sh. To add one, add a `suite` line and, if it takes more
# than a command, a function below.
# shellcheck shell=bash disable=SC2034,SC2154 # the table is for the other parts

suites=()
declare -A suite_about suite_counts suite_packages suite_command

# suite NAME COUNTS PACKAGES COMMAND ABOUT COUNTS is how its results are printed:
# automake's summary (make), node's TAP reporter (node) or lines `passed: N`,
# `failed: N` and `skipped: N` (lines). PACKAGES come on top of those of the build.
suite() {
	suites+=("$1")
	suite_counts[$1]=$2 suite_packages[$1]=$3 suite_command[$1]=$4 suite_about[$1]=$5
}

suite conventions node "clang-format git shellcheck" "node_tests t/conventions" \
	"format, shellcheck, who includes whom, length of functions and lines"
suite packages node "git shfmt" "node_tests t/packages" \
	"every library and command that is used is in a package list"
suite modules make "libpq-dev" "make_check modules" \
	"module tests and the inputs of the fuzzers, with ASan and UBSan"
suite processes make "
	bash-completion binutils bsdextrautils caddy curl iproute2 jq libpq-dev mandoc man-db nginx openssl postgresql procps sqlite3 strace
	systemd time tmux zsh" "make_check processes" \
	"the numbered scripts, t/NNNN-*.sh, with ASan and UBSan"
suite processes-store-later make "${suite_packages[processes]}" "check_store_later" \
	"those that PostgreSQL does not run, with a store that answers later"
suite postgres lines "curl libpq-dev postgresql" "check_postgres" \
	"numbered scripts that are not about files, on PostgreSQL and with two hosts"
suite threads lines "" "check_threads" \
	"the ring and the writer with TSan"
suite valgrind lines "curl valgrind" "tap t/valgrind.sh" \
	"a served run and the commands under valgrind"
suite analyzers lines "cppcheck libjansson-dev libpq-dev" "t/analyze.sh build/check cppcheck gcc" \
	"cppcheck and gcc's analyzer"
suite memory lines "curl iproute2 time" "check_memory" \
	"limits of memory, of the shipped program"
suite systemd lines "binutils curl iproute2 procps strace systemd" "check_systemd" \
	"the units, of the shipped program"
suite package lines "bsdextrautils build-essential curl debhelper dpkg-dev git libjansson-dev lintian man-db" "tap t/deb.sh build/release" \
	"the Debian package: built, installed, removed"
suite reproducible lines "binutils curl" "tap t/reproducible.sh build/release" \
	"two builds give the same bytes, hardened"
suite cross lines "curl" "tap t/cross.sh build/release" \
	"a cross build runs nothing that it builds"
suite types lines "" "npm --prefix www run --silent check" \
	"the client's types"
suite client node "" "npm --prefix www test --silent -- --test-reporter=tap" \
	"the client library in node"
suite transit node "" "node_tests t/transit" \
	"the transcoder beside transit-js"
suite conformance node "python3 python3-httpx" "node_tests t/conformance" \
	"the cases of the protocol, for servers and clients"
suite bench node "" "node_tests t/bench" \
	"the benchmark's own tests"
suite histories node "libpq-dev postgresql sqlite3" "node_tests t/history" \
	"random histories with faults"
suite page node "chromium-headless-shell" "node_tests t/page" \
	"the page in Chromium"
suite site node "chromium-headless-shell" "site_tests" \
	"the site of the documentation: its links, its search, that it needs no other host"
suite cljs node "chromium-headless-shell" "node_tests t/cljs" \
	"the client in ClojureScript: nbb, cherry, scittle"

# Two that need one processor each run side by side. The second one comes later in the
# table.
declare -A suite_beside=([client]=conformance [site]=cljs)

# What --quick runs: these suites, and of the processes those that tell most in little
# time.
quick_suites="conventions modules types client"
quick_processes="0010 0040 0070 0080 0090 0100 0200 0210 0220 0430"

# make_check SUITE|TEST...: automake's tests of that suite, or those named. VERBOSE
# shows the output of those that fail.
make_check() {
	local tests
	tests=$(tests_of "$@" | paste -sd' ')
	build_check && make -C build/check -j"$(nproc)" check VERBOSE=1 TESTS="$tests"
}

# Numbered scripts that would test the same again: of static files, installation, the
# outside of processes, and PostgreSQL, which answers later as well. So do those that
# t/on-postgres.sh runs.
without_store='00(90|95)|01(00|05|07|10)|02(60|70|75|80|90)|03(40|50)|04(00|10|20)|05..|06(10|40|60)|07(20|30)|08(10|20|40|50|70)|09..|1005'

check_store_later() {
	local scripts on_postgres
	on_postgres=$(sed -nE 's/^(one|two)="(.*)"$/\2/p' t/on-postgres.sh | tr '\n ' '||')
	mapfile -t scripts < <(tests_of processes | grep -vE "/(${on_postgres}$without_store)-")
	POCKETBOOK_STORE=later make_check "${scripts[@]}"
}

# Those that a file would not pass are among the processes: t/09*.
check_postgres() {
	build_check
	FAULTS=yes POCKETBOOK=$PWD/build/check/pocketbook bash t/on-postgres.sh
}

check_threads() {
	configure_in build/thread --enable-werror --enable-tsan
	make -s -C build/thread -j"$(nproc)" threads >&2
	t/threads.sh build/thread
}

# tap SCRIPT [ARGUMENT...]: a numbered script outside automake, with the shipped
# program; its results as lines.
tap() {
	local status=0 results
	results=build/$(basename "$1" .sh).tap
	POCKETBOOK=$PWD/pocketbook bash "$@" | tee "$results" || status=$?
	printf 'passed: %d\nfailed: %d\nskipped: %d\n' "$(grep -c '^ok' "$results")" "$(grep -c '^not ok' "$results")" "$(grep -c '^1..0 # SKIP' "$results")"
	return $status
}

# shipped SCRIPT...: scripts with the shipped program, as sanitizers change what they
# measure.
shipped() {
	local test count=0
	for test in "$@"; do
		POCKETBOOK=$PWD/pocketbook STREAMS=$PWD/build/check/bench/streams HOSTILE=$PWD/build/check/t/hostile bash "$test" || return 1
		count=$((count + 1))
	done
	echo "passed: $count"
}

check_memory() {
	build_check bench/streams t/hostile && shipped t/0110-idle-memory.sh t/0260-data-memory.sh t/0830-slow-clients.sh t/0840-floods.sh
}

check_systemd() { shipped t/0510-systemd.sh t/0530-boot.sh; }

site_tests() { make_site build/site && node_tests t/site; }

# With tools of its own, which the build of the program does not need.
fetch_cljs() {
	[ t/cljs/node_modules/.package-lock.json -nt t/cljs/package-lock.json ] || npm --prefix t/cljs ci --silent --no-audit --no-fund
}

# node_tests FOLDER|FILE...: with node's runner. The page is tested with the shipped
# program, all else with the sanitized one.
node_tests() {
	local files=() path program=$PWD/build/check/pocketbook
	case $1 in t/cljs*) fetch_cljs ;; esac
	for path in "$@"; do
		if [ -d "$path" ]; then files+=("$path"/*.test.mjs); else files+=("$path"); fi
	done
	case ${files[0]} in
	t/page/* | t/cljs/* | t/site/* | t/conformance/*) program=$PWD/pocketbook ;;
	t/history/* | t/transit/*) build_check pocketbook t/transit/transcode ;;
	esac
	TRANSCODE="$PWD/build/check/t/transit/transcode" POCKETBOOK="$program" node --test --test-reporter=tap "${files[@]}"
}
