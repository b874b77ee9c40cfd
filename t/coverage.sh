#!/usr/bin/env bash
# How much of our C the tests run: coverage.sh BUILD [LEAST], a folder configured with
# --enable-coverage in which the tests have run. Prints lines and branches of each
# folder; fails where fewer than LEAST percent of all lines were run (90 unless told). A
# process that is killed takes its counts with it, so kills make the figures lower than
# they are.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:?usage: coverage.sh BUILD [LEAST]}
least=${2:-90}
gcovr --root . --object-directory "$build" --exclude 'www/.*' --exclude 't/.*' --exclude 'bench/.*' --exclude 'build/.*' \
	--json-summary "$build/coverage.json" --html-details "$build/coverage.html" >/dev/null
jq -r --argjson least "$least" '
	def percent($part; $all): if $all == 0 then "-" else "\($part * 1000 / $all | round / 10) %" end;
	([.files[] | . + {folder: (.filename | split("/")[0])}] | group_by(.folder)[] |
		[.[0].folder, percent(map(.line_covered) | add; map(.line_total) | add), percent(map(.branch_covered) | add; map(.branch_total) | add)]),
	["all", percent(.line_covered; .line_total), percent(.branch_covered; .branch_total)] | @tsv' "$build/coverage.json" |
	awk -F'\t' 'BEGIN { printf "%-10s %8s %10s\n", "folder", "lines", "branches" } { printf "%-10s %8s %10s\n", $1, $2, $3 }'
jq -e --argjson least "$least" '.line_covered * 100 >= .line_total * $least' "$build/coverage.json" >/dev/null || {
	echo "fewer than $least % of the lines were run" >&2
	exit 1
}
