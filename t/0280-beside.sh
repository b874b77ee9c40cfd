#!/usr/bin/env bash
# Administrators' commands beside a server that root has started for two other users,
# and on its database when it has stopped: run by root and by the database's owner. All
# files stay the owner's, mode 0600, and the server goes on with them.
. "$(dirname "$0")/lib.sh"
[ "$(id -u)" = 0 ] || skip_all "needs root"
user=nobody
gid=$(id -g "$user")
chmod 755 "$work"
mkdir "$work/data" "$work/of-root" "$work/of-owner"
chown "$user:$gid" "$work/data" "$work/of-owner"
db=$work/data/test.db
as_root() { "$@"; }
as_owner() { setpriv --reuid "$user" --regid "$gid" --clear-groups "$@"; }
start() { serve --auth on --workers 2 --user "$user" --worker-user daemon; }

# whose NAME: all files beside the database, with what a command leaves there
whose() {
	is "$(cd "$work/data" && stat -c '%n %U:%G %a' -- * | grep -v " $user:$(id -gn "$user") 600\$")" "" "$1: all files are the owner's, 0600"
}
# writes NAME: does the server write and read?
writes() {
	n=$((n + 1))
	like "$(curl -s -H "Authorization: Bearer $token" "$url/sync" -H 'Content-Type: application/json' -d "{\"docs\":[{\"id\":\"todos:$n\",\"value\":$n}]}")" '"ok"' "$1: the server writes"
	like "$(curl -s -H "Authorization: Bearer $token" "$url/sync?group=todos")" "\"todos:$n\"" "$1: and its workers read it"
}
# done_by WHO NAME WANTED-STATUS WORD...: a command on the database
done_by() {
	local who=$1 name=$2 wanted=$3 status
	shift 3
	"as_$who" "$POCKETBOOK" "$@" --db "$db" >"$work/out" 2>"$work/said"
	status=$?
	is "$status" "$wanted" "$name by $who"
	[ "$status" = "$wanted" ] || note "$(cat "$work/said")"
	whose "$name by $who"
}
n=0

start
token=$("$POCKETBOOK" token add --user ann --group '*' --db "$db" 2>/dev/null)
whose "a new database"
writes "at first"

# round WHEN: all commands, by both
round() {
	local who id copies
	for who in root owner; do
		copies=$work/of-$who
		done_by $who "$1, token add" 0 token add --user "bob-$who" --group todos
		done_by $who "$1, token list" 0 token list
		like "$(cat "$work/out")" "bob-$who" "which lists it"
		id=$(sed -n "s/^\([0-9a-f]*\) *bob-$who .*/\1/p" "$work/out" | head -1)
		done_by $who "$1, token rotate" 0 token rotate "$id"
		id=$(sed -n 's/.*its id is \([0-9a-f]*\).*/\1/p' "$work/said")
		done_by $who "$1, token revoke" 0 token revoke "$id"
		printf '{"id":"lines:%s","value":"%s"}\n' "$who" "$1" >"$work/lines"
		chmod 644 "$work/lines"
		done_by $who "$1, import" 0 import "$work/lines" --existing replace
		done_by $who "$1, doc put" 0 doc put "doc:$who" '{"n":1}'
		done_by $who "$1, export" 0 export --force "$copies/lines"
		like "$(cat "$copies/lines")" "lines:$who" "with what was imported"
		done_by $who "$1, backup" 0 backup --force "$copies/copy.bak"
		is "$(stat -c '%U %a' "$copies/copy.bak" "$copies/lines" | sort -u)" "$([ $who = root ] && echo root || echo "$user") 600" "the copies are who made them's"
		done_by $who "$1, check" 0 check
		done_by $who "$1, purge" 0 purge --older-than 1d
	done
}

round "beside the server"
writes "after that"
kill -KILL "$(writer)"
wait_for "a writer that died is replaced" grep -q 'event=child_start child=writer' "$log"
wait_for "and answers" as_owner "$POCKETBOOK" token list --db "$db"
kill -KILL "$(workers | head -1)"
wait_for "a worker too" grep -q 'event=child_start child=worker' "$log"
writes "with new processes"
done_by root "beside the server, restore" 1 restore "$work/of-root/copy.bak" --force
like "$(cat "$work/said")" 'stop it first; nothing was restored' "as the server runs"
done_by owner "beside the server, restore" 1 restore "$work/of-owner/copy.bak" --force
stop
whose "the server has stopped"

round "without a server"
start
writes "after that"
# Killed, all of it: a log is left, and the next to come upon it may be root.
kill_all
round "on what a killed server left"

for who in root owner; do
	done_by $who "restore" 0 restore "$work/of-$who/copy.bak" --force
	if [ "$FAULTS" = yes ]; then
		POCKETBOOK_FAULTS=restore_retired=kill "as_$who" "$POCKETBOOK" restore "$work/of-$who/copy.bak" --force --db "$db" 2>"$work/said"
		is "$(ls "$work/data" | grep -c unfinished)" 1 "a restore by $who that is killed leaves its file"
		whose "a restore by $who that is killed"
	fi
	start
	writes "after a restore by $who"
	stop
done
if [ "$FAULTS" = yes ]; then
	done_by root "restore" 0 restore "$work/of-root/copy.bak" --force
	is "$(ls "$work/data" | grep -c unfinished)" 0 "by root removes what was left by its owner"
	POCKETBOOK_FAULTS=restore_made=kill "$POCKETBOOK" restore "$work/of-root/copy.bak" --force --db "$db" 2>"$work/said"
	done_by owner "restore" 0 restore "$work/of-owner/copy.bak" --force
	is "$(ls "$work/data" | grep -c unfinished)" 0 "and by the owner what root left for it"
fi
rm "$work/data"/*
done_by root "restore where there is nothing" 0 restore "$work/of-root/copy.bak"
start
writes "after that"
as_owner "$POCKETBOOK" restore "$work/of-root/copy.bak" --db "$work/of-owner/new.db" 2>"$work/said"
is "$?" 1 "who may not read a backup cannot restore it"
like "$(cat "$work/said")" 'copy.bak: Permission denied' "which is said"
setpriv --reuid daemon --regid "$(id -g daemon)" --clear-groups "$POCKETBOOK" backup "$work/of-daemon" --db "$db" 2>"$work/said"
is "$?" 1 "the workers' user can make no backup"
whose "at the end"
finish
