#!/usr/bin/env bash
# A revocation that has been answered is in force in every worker.
. "$(dirname "$0")/lib.sh"

add() { "$POCKETBOOK" token add --db "$db" --user ann --group todos 2>"$work/hint"; }
revoke() { perl "$(dirname "$0")/revoke.pl" "$(control_socket)" "${url##*:}" 6 <"$work/tokens"; }

rounds=30
for _ in $(seq $rounds); do add; done >"$work/tokens"
serve --workers 2 --max-auth-failures 0
counts=$(revoke)
is "${counts% *}" $((6 * rounds)) "a token is accepted before it is revoked"
is "${counts#* }" 0 "and by no worker once that has been answered"
stop

if [ "$FAULTS" = yes ]; then
	# The writer stands still between its answer and what it would do next.
	add >"$work/tokens"
	faults=writer_after_answer=stop
	serve --workers 2
	faults=
	is "$(revoke)" "6 0" "nor if the writer stops right after its answer"
	kill -CONT "$(writer)"
	stop

	# A server that keeps the generation of tokens is found out.
	for _ in 1 2 3; do add; done >"$work/tokens"
	faults=revoked_later=wrong
	serve --workers 2
	faults=
	counts=$(revoke)
	ok "$([ "${counts#* }" -gt 0 ]; echo $?)" "a revocation that is not in force is noticed"
	stop
fi
finish
