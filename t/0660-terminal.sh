#!/usr/bin/env bash
# Texts of others reach neither a terminal nor the log with characters that act there:
# paths of requests, ids, users, groups and values. Tables fit a narrow terminal.
. "$(dirname "$0")/lib.sh"
command -v script >/dev/null || skip_all "script is not installed"
# acts FILE: has it control characters (but line ends), bidirectional marks, or bytes
# that are not UTF-8?
acts() {
	tr -d '\n' <"$1" | LC_ALL=C.UTF-8 grep -cP '[\x{00}-\x{08}\x{0b}-\x{1f}\x{7f}-\x{9f}\x{61c}\x{200e}\x{200f}\x{2028}-\x{202e}\x{2066}-\x{2069}]' >/dev/null && return
	! tr -d '\n' <"$1" | LC_ALL=C.UTF-8 grep -qax '.*'
}
# clean FILE NAME
clean_text() {
	! acts "$1"
	ok $? "$2"
}
# on_terminal COLUMNS WORD...: the output on a terminal of that width, in $work/screen
on_terminal() {
	local columns=$1
	shift
	printf '%q ' "$POCKETBOOK" "$@" >"$work/command"
	script -qec "stty cols $columns rows 40 -onlcr; $(cat "$work/command")" /dev/null </dev/null >"$work/screen" 2>/dev/null
	status=$?
}
# widest: of the screen's lines, in characters
widest() { LC_ALL=C.UTF-8 awk '{ if (length($0) > most) most = length($0) } END { print most + 0 }' "$work/screen"; }

serve --auth on --access-log on
token=$("$POCKETBOOK" token add --user ann --group '*' --db "$db" 2>/dev/null)
for path in '%c2%9b31m%c2%9d0;owned%07' 'a%e2%80%aegpj' '%1b[31m' '%ff%fe' '%e2%80%a8line'; do
	curl -s "$url/$path" "$url/sync?group=$path" >"$work/body"
done
curl -s -o "$work/body" "$url/x" -H "User-Agent: $(printf '\302\233')31m"
value=$(printf '"\302\23331m\342\200\256\177"')
id=$(printf 'a:\342\200\256gpj')
curl -s -H "Authorization: Bearer $token" "$url/sync" -H 'Content-Type: application/json' -d "{\"docs\":[{\"id\":\"$id\",\"value\":$value}]}" >"$work/body"
like "$(cat "$work/body")" '"ok"' "odd texts are written"
clean_text "$log" "the log has none of them as they are"
like "$(cat "$log")" 'u009b31m' "but escaped"

for user in "$(printf 'a\033[31m')" "$(printf 'a\302\233')" "$(printf 'a\342\200\256')" "$(printf 'a\377')" "$(printf 'a\nb')"; do
	"$POCKETBOOK" token add --user "$user" --group todos --db "$db" >"$work/said" 2>&1
	like "$? $(cat "$work/said")" '^2 .*--user: must be UTF-8 without control characters' "no token has such a user"
done
"$POCKETBOOK" token add --user bob --group "$(printf 'g\033')" --db "$db" >"$work/said" 2>&1
is "$?" 2 "nor such a group"
clean_text "$work/said" "which is said in plain text"
"$POCKETBOOK" token add --user "$(printf 'Zo\303\253 \347\224\260')" --group todos --group "$(printf 'g\342\200\256h')" --expires 90d --db "$db" >/dev/null 2>&1

for command in "token list" "doc ls" "doc ls a" "stats"; do
	# shellcheck disable=SC2086
	"$POCKETBOOK" $command --db "$db" >"$work/said" 2>&1
	clean_text "$work/said" "$command: a table is plain text in a pipe, too"
	for columns in 50 200; do
		# shellcheck disable=SC2086
		on_terminal $columns $command --db "$db"
		is "$status" 0 "$command on $columns columns"
		clean_text "$work/screen" "$command: and on a terminal"
		case $command in
		stats) ;;
		*)
			[ "$(widest)" -le "$columns" ]
			ok $? "$command: no line is wider than the terminal"
			;;
		esac
	done
done
on_terminal 50 token list --db "$db"
like "$(cat "$work/screen")" '^USER +Zo' "a narrow terminal gets a line for each field"
on_terminal 200 token list --db "$db"
like "$(cat "$work/screen")" '^ID +USER +CREATED' "a wide one a table"
for command in "token list --json" "doc ls --json" "doc get $id" "doc get $id --json" "export" "export --encoding transit" "check" "doc get a:$(printf '\342\200\256')none" "doc ls $(printf 'no\033')"; do
	# shellcheck disable=SC2086
	on_terminal 120 $command --db "$db"
	clean_text "$work/screen" "${command%% a:*}: escaped on a terminal"
done
"$POCKETBOOK" doc get "$id" --json --db "$db" >"$work/said"
like "$(cat "$work/said")" "$(printf '\302\233')31m" "doc get: what programs read is not changed"
"$POCKETBOOK" export --db "$db" >"$work/said"
like "$(cat "$work/said")" "$(printf '\302\233')31m" "export: nor here"
TERM=xterm script -qec "stty cols 60 rows 20 -onlcr; $(printf '%q ' "$POCKETBOOK" top --db "$work/$(printf 'no\302\233')x.db")" /dev/null </dev/null >"$work/screen" 2>&1
clean_text "$work/screen" "top: an odd name is escaped"
stop
finish
