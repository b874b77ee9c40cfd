#!/usr/bin/env bash
# What root does with a database of another user leaves that one able to use it.
. "$(dirname "$0")/lib.sh"
[ "$(id -u)" = 0 ] || skip_all "needs root"
user=nobody
uid=$(id -u "$user")
chmod 755 "$work"
mkdir "$work/data"
chown "$user" "$work/data"
db=$work/data/test.db
as_user() { setpriv --reuid "$user" --regid "$(id -g "$user")" --clear-groups "$@"; }
owners() { stat -c %u "$work"/data/* | sort -u | tr '\n' ' '; }

"$POCKETBOOK" token add --user ann --group '*' --db "$db" >/dev/null 2>&1
is "$?" 0 "root makes a token before there is a database"
is "$(owners)" "$uid " "all files are the owner's of the directory"
"$POCKETBOOK" doc put todos:1 1 --db "$db" >/dev/null
"$POCKETBOOK" check --db "$db" 2>/dev/null
is "$? $(owners)" "0 $uid " "and stay so"
as_user "$POCKETBOOK" doc put todos:1 2 --db "$db" >/dev/null
is "$?" 0 "who may write, as root may"
"$POCKETBOOK" backup "$work/1.bak" --db "$db" 2>/dev/null
is "$(stat -c %u "$work/1.bak")" 0 "a backup is who made it's"
"$POCKETBOOK" restore "$work/1.bak" --db "$db" --force 2>/dev/null
is "$? $(owners)" "0 $uid " "what root restores is the old one's owner's"
rm "$work"/data/*
"$POCKETBOOK" restore "$work/1.bak" --db "$db" 2>/dev/null
is "$? $(owners)" "0 $uid " "or the directory's"
rm "$work"/data/*
printf '{"id":"todos:1","value":1}\n' | "$POCKETBOOK" import --db "$db" >/dev/null
is "$? $(owners)" "0 $uid " "so is what it imports"
as_user "$POCKETBOOK" doc get todos:1 --db "$db" >/dev/null
is "$?" 0 "and can be read by that user"
# A lock that is another file by a second name is not given away.
rm "$work"/data/*
: >"$work/roots"
ln "$work/roots" "$db.lock"
"$POCKETBOOK" token add --user ann --group '*' --db "$db" >/dev/null 2>&1
is "$(stat -c %u "$work/roots")" 0 "a file with two names is left to its owner"

# The user of the directory puts a link to a file of root's in the place of the copy,
# just before that is given away.
if [ "${FAULTS:-no}" = yes ]; then
	rm "$work"/data/*
	POCKETBOOK_FAULTS=restore_verified=stop "$POCKETBOOK" restore "$work/1.bak" --db "$db" 2>"$work/said" &
	restore=$!
	stopped() { grep -q '^State:.*stopped' "/proc/$restore/status"; }
	wait_for "the copy is verified" stopped
	copy=$(find "$work/data" -name 'test.db.*' ! -name '*.lock' ! -name '*.audit' -type f | head -1)
	ln -sf "$work/roots" "$copy"
	kill -CONT "$restore"
	wait "$restore"
	is "$(stat -c %u "$work/roots")" 0 "restore does not give away what the link leads to"
fi
finish
