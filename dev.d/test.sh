# ./dev test: runs suites or single tests and adds up their results. Sourced by dev,
# after suites.sh.
# shellcheck shell=bash disable=SC2154 # lists and tables of the other parts

passed=0 failed=0 skipped=0
declare -A running began # suites: process, time in seconds

# last LOG WORDS: the last number behind each of the words (a regular expression) at the
# start of a line, added up.
last() {
	sed -nE "s/^($2):? +([0-9]+)\$/\1=\2/p" "$1" | awk -F= '{ n[$1] = $2 } END { for (word in n) sum += n[word]; print sum + 0 }'
}

# count LOG KIND: adds the numbers in a log to the totals; fails if there are none.
count() {
	local pass fail skip p f s
	case $2 in
	make) pass='# PASS' fail='# (FAIL|ERROR|XPASS)' skip='# SKIP' ;;
	node) pass='# pass' fail='# fail' skip='# skipped' ;;
	lines) pass='passed' fail='failed' skip='skipped' ;;
	esac
	fail=${fail/(FAIL|ERROR|XPASS)/FAIL|# ERROR|# XPASS}
	p=$(last "$1" "$pass") f=$(last "$1" "$fail") s=$(last "$1" "$skip")
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
	[ $((p + f + s)) -gt 0 ]
}

# begin NAME COMMAND...: starts a suite; its output goes to build/NAME.log.
begin() {
	local name=$1
	shift
	began[$name]=$SECONDS
	set -m # a process group of its own, for stop_running
	{ "$@" || exit; } >"build/$name.log" 2>&1 </dev/null &
	running[$name]=$!
	set +m
}

# end NAME KIND: waits for it and counts its results; its output goes onto the terminal
# if it has failed. One that fails without counting a failure counts as one, and one
# that passes without counting anything too.
end() {
	local name=$1 kind=$2 log=build/$1.log before=$failed status=0 counted=yes
	say "$name"
	wait "${running[$name]}" || status=$?
	unset "running[$name]"
	printf '%d s\n' $((SECONDS - began[$name])) >&2
	count "$log" "$kind" || counted=no
	if [ "$status" = 0 ]; then
		[ $counted = yes ] || passed=$((passed + 1))
		grep -E '# SKIP [^:0-9]|^skip: ' "$log" >&2 || true
	else
		[ "$failed" -gt "$before" ] || failed=$((failed + 1))
		tail -n 200 "$log"
		say "$name failed; all of its output is in $log"
	fi
}

# run NAME KIND COMMAND...: one suite.
run() {
	local name=$1 kind=$2
	shift 2
	begin "$name" "$@"
	end "$name" "$kind"
}

# Suites do not get the interrupt of the terminal: end them, with their tests.
stop_running() {
	local name
	for name in "${!running[@]}"; do kill -- "-${running[$name]}" 2>/dev/null || true; done
}
trap stop_running EXIT
trap 'exit 130' INT TERM

# begin_suite NAME: unless it is running.
begin_suite() {
	# shellcheck disable=SC2086
	[ -n "${running[$1]:-}" ] || begin "$1" ${suite_command[$1]}
}

run_suite() {
	begin_suite "$1"
	end "$1" "${suite_counts[$1]}"
}

install_suites() {
	local name packages=''
	for name in "$@"; do packages+=" ${suite_packages[$name]}"; done
	install "$packages"
	case " $* " in *" processes"*) fetch_prometheus ;; esac
}

# ---- Single tests ----

# Names of automake's tests, as the fragments of the Makefile list them: one a line.
automake_tests() {
	local fragment
	for fragment in t/local.mk t/*/local.mk; do
		sed -nE "s#^\t%D%/((test|fuzz)_[a-z0-9_]+|[0-9]{4}-.*\.sh)( \\\\)?\$#${fragment%/local.mk}/\1#p" "$fragment"
	done
}

node_files() { ls www/test/*.test.mjs t/*/*.test.mjs; }

# tests_of modules|processes|TEST...
tests_of() {
	case $1 in
	modules) automake_tests | grep -v '\.sh$' ;;
	processes) automake_tests | grep '\.sh$' ;;
	*) printf '%s\n' "$@" ;;
	esac
}

# matching NAME: the single tests that a name stands for: a path, a file's name without
# its ending, or a script's number.
matching() {
	local name=${1#./} test bare
	{ automake_tests; node_files; } | while read -r test; do
		bare=${test##*/}
		case $name in
		"$test" | "$test.c" | "$bare" | "${bare%.sh}" | "${bare%.test.mjs}") echo "$test" ;;
		[0-9][0-9][0-9][0-9]) case $bare in "$name"-*) echo "$test" ;; esac ;;
		esac
	done
}

# suite_of TEST: the suite that has a single test.
suite_of() {
	case $1 in
	www/test/*) echo client ;;
	t/history/*) echo histories ;;
	t/*.test.mjs) basename "$(dirname "$1")" ;;
	*.sh) echo processes ;;
	*) echo modules ;;
	esac
}

unknown() {
	{
		printf "dev: no suite or test is called '%s'. Suites:\n" "$1"
		list_suites
		printf 'Tests:\n'
		{ automake_tests; node_files; } | sed 's/^/  /'
	} >&2
	exit 2
}

list_suites() {
	local name
	for name in "${suites[@]}"; do printf '  %-21s %s\n' "$name" "${suite_about[$name]}"; done
}

is_suite() { [ -n "${suite_command[${1:-none}]:-}" ]; }

# ---- What the command line asks for ----

total() {
	printf '%d passed, %d failed' "$passed" "$failed"
	[ "$skipped" = 0 ] || printf ', %d skipped' "$skipped"
	printf '\n'
	[ "$failed" = 0 ]
}

# run_named NAME...: suites in the order of the table, then single tests, each kind in
# one run.
run_named() {
	local name test automake=() node=() needed=()
	for name in "$@"; do
		if is_suite "$name"; then
			needed+=("$name")
			continue
		fi
		for test in $(matching "$name"); do
			needed+=("$(suite_of "$test")")
			case $test in *.test.mjs) node+=("$test") ;; *) automake+=("$test") ;; esac
		done
	done
	install_suites "${needed[@]}"
	for name in "${suites[@]}"; do
		case " $* " in
		*" $name "*)
			begin_suite "$name"
			case " $* " in *" ${suite_beside[$name]:-none} "*) begin_suite "${suite_beside[$name]}" ;; esac
			run_suite "$name"
			;;
		esac
	done
	[ ${#automake[@]} = 0 ] || run named make make_check "${automake[@]}"
	for test in "${node[@]}"; do run "$(basename "$test" .test.mjs)" node node_tests "$test"; done
}

run_quick() {
	local processes=() name number
	# shellcheck disable=SC2086 # lists
	install_suites $quick_suites processes
	for name in $quick_suites; do run_suite "$name"; done
	for number in $quick_processes; do processes+=("$(matching "$number")"); done
	run processes make make_check "${processes[@]}"
}

test_all() {
	local without=' ' name chosen=()
	while [ $# -gt 0 ]; do
		case $1 in
		--quick)
			build && configure_check
			run_quick
			total
			return
			;;
		--without)
			is_suite "${2:-}" || die "--without takes the name of a suite"
			without="$without$2 "
			shift
			;;
		-*) die "test: unknown option '$1'; see ./dev help" ;;
		*) chosen+=("$1") ;;
		esac
		shift
	done
	for name in "${chosen[@]}"; do
		is_suite "$name" || [ -n "$(matching "$name")" ] || unknown "$name"
	done
	build && configure_check
	if [ ${#chosen[@]} = 0 ]; then
		for name in "${suites[@]}"; do
			case $without in *" $name "*) ;; *) chosen+=("$name") ;; esac
		done
	fi
	run_named "${chosen[@]}"
	total
}
