#!/usr/bin/env bash
# The commands of doc/operators.md, in their order, on a new database: each does what it
# is there for.
. "$(dirname "$0")/lib.sh"
command -v jq >/dev/null || skip_all "jq is not installed"
command -v node >/dev/null || skip_all "node is not installed"

# In place of /etc/pocketbook/pocketbook.conf. Its history is not that of purge.
printf 'db = %s\nhistory = 20\n' "$db" >"$work/pocketbook.conf"
export POCKETBOOK_CONFIG=$work/pocketbook.conf
POCKETBOOK=$(realpath "$POCKETBOOK")
here=$(realpath "$here")
pocketbook() { "$POCKETBOOK" "$@"; }
mkdir "$work/here" "$work/keys"
cd "$work/here" || exit 1
printf '#!/bin/sh\ncat >>hooked\n' >hook.sh
chmod +x hook.sh
node "$here/jwt.mjs" "$work/keys" keys

# Each command in a line, with the files moved below $work
commands() {
	awk '/^    pocketbook / || on { line = $0; sub(/^ +/, "", line); on = sub(/\\$/, "", line); printf "%s", line; if (!on) print "" }' "$here/../doc/operators.md" |
		sed "s|/etc/pocketbook/keys.json|$work/keys/jwks.json|"
}
commands >"$work/commands"
[ "$(wc -l <"$work/commands")" -ge 18 ]
ok $? "the document has commands"

# The id of the invitation or of ann's token, whichever the command is about
id_for() {
	case $1 in
	*uninvite*) pocketbook token invites --json | jq -r '.[0].id' ;;
	*) pocketbook token list --user ann --json | jq -r '.[0].id' ;;
	esac
}
# What the commands about documents are about: a document with thirteen versions
prepare() {
	serve_open --history 20
	for i in $(seq 0 12); do push "{\"docs\":[{\"id\":\"notes:7\",\"base\":$i,\"value\":$i}]}" >/dev/null; done
	push '{"docs":[{"id":"notes:8","value":1}]}' >/dev/null
	push '{"docs":[{"id":"notes:8","base":1,"deleted":true}]}' >/dev/null
	stop
	prepared=yes
}

prepared=no
while read -r command; do
	[[ $command != *" doc "* ]] || [ $prepared = yes ] || prepare
	[[ $command != *0123456789abcdef* ]] || command=${command//0123456789abcdef/$(id_for "$command")}
	case $command in
	*--jwt-keys*) [ "${JWT:-yes}" = yes ] || continue ;;&
	"pocketbook serve "*)
		eval "serve ${command#pocketbook serve }"
		is "$(status_of "$url/readyz")" 200 "$command"
		stop
		continue
		;;
	"pocketbook tail"*) command="${command%%#*} --once" ;;
	esac
	eval "$command" >"$work/out" 2>"$work/said" </dev/null
	is "$?" 0 "$command"
	[ ! -s "$work/said" ] || sed 's/^/# /; s/\(pb[ki]_[0-9a-f]*\)_.*/\1/' "$work/said"
done <"$work/commands"

is "$(pocketbook token list --json | jq -r '.[].user' | sort | paste -sd' ')" "ada root" "of the users, ann was removed"
is "$(pocketbook token invites --json)" "[]" "the invitation was withdrawn"
is "$(pocketbook doc get notes:7 --json)" '{"id":"notes:7","version":14,"value":11}' "version 12 came back"
is "$(jq -c 'select(.id == "notes:7") | .version' changes.ndjson)" 14 "all changes are in the file"
pocketbook purge --history 0s >"$work/out" 2>"$work/said"
is "$?" 0 "a purge is not misled by the file"
cd / || exit 1
finish
