#!/usr/bin/env bash
# ./dev fresh as a suite: the tree is built and tested on a minimal Debian, or it is
# said why that cannot be done here.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
status=0
./dev fresh >build/fresh.out 2>&1 || status=$?
cat build/fresh.out
case $status in
0) printf 'passed: 1\n' ;;
77)
	printf 'skip: %s\n' "$(tail -1 build/fresh.out)"
	printf 'skipped: 1\n'
	;;
*)
	printf 'failed: 1\n'
	exit 1
	;;
esac
