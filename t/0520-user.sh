#!/usr/bin/env bash
# Started as root with --user: who runs as whom, and whose the files are.
. "$(dirname "$0")/lib.sh"
[ "$(id -u)" = 0 ] || skip_all "needs root"
user=nobody
uid=$(id -u "$user")
gid=$(id -g "$user")
chmod 755 "$work"
mkdir "$work/data"
chown "$user" "$work/data"
db=$work/data/test.db

serve_open --workers 2 --user "$user"
ids() { sed -n "s/^$2:\t//p" "/proc/$1/status" | tr '\t' ' '; }
for child in $(children); do
	is "$(ids "$child" Uid)" "$uid $uid $uid $uid" "a child has all of the user's ids"
	is "$(ids "$child" Gid)" "$gid $gid $gid $gid" "and its group"
	is "$(ids "$child" Groups | tr -d ' ')" "$(id -G "$user" | tr -d ' ')" "and its groups alone"
	is "$(ids "$child" CapEff)$(ids "$child" CapPrm)" 00000000000000000000000000000000 "and no capability"
done
is "$(ids "$server" Uid | cut -d' ' -f2)" 0 "the master stays who it is"
# CAP_KILL, CAP_SETGID, CAP_SETUID, CAP_NET_BIND_SERVICE, as far as this root had them
least=$(printf '%016x' $((0x4e0 & 0x$(ids $$ CapPrm))))
is "$(ids "$server" CapPrm) $(ids "$server" CapEff)" "$least $least" "but keeps only what it needs"
is "$(ids "$server" CapBnd) $(ids "$server" CapInh)" "$least 0000000000000000" "also in programs that it starts"
like "$(push '{"docs":[{"id":"todos:1","value":1}]}')" '"ok"' "a push is taken"
for file in test.db test.db-wal test.db-shm test.db.lock test.db.sock; do
	is "$(stat -c '%u %a' "$work/data/$file")" "$uid 600" "$file is the user's, and nobody else's to read"
done
like "$("$POCKETBOOK" token add --user ann --group todos --db "$db" 2>/dev/null)" '^pbk_' "root may use the control socket"
old=$(workers | head -1)
kill -KILL "$old"
wait_for "a worker that died is replaced" grep -q 'event=child_start child=worker' "$log"
for child in $(children); do is "$(ids "$child" Uid | cut -d' ' -f1)" "$uid" "also by one of the user's"; done
unlike "$(cat "$log")" 'runs as root' "it has nothing to warn of"
kill -USR2 "$server"
wait_for "an upgrade goes on as the user" grep -q 'event=upgraded' "$log"
for child in $(children); do is "$(ids "$child" Uid | cut -d' ' -f1)" "$uid" "in all of its processes"; done

# The children must go when the master is killed, also after a change of user.
pids=$(children)
kill -KILL "$server"
wait "$server" 2>/dev/null
server=
all_gone() { for pid in $pids; do [ ! -e "/proc/$pid" ] || return 1; done; }
wait_for "all go home when the master is killed" all_gone

serve --user "$user" --auth on
is "$(stat -c %u "$db")" "$uid" "with authentication too, where the database is opened before"
stop
is "$status $(ls "$work/data" | grep -c sock)" "0 0" "the master, who may no longer do all, leaves no control socket behind"

# Workers of another user.
other=daemon
other_uid=$(id -u "$other")
as_other() { setpriv --reuid "$other" --regid "$(id -g "$other")" --clear-groups "$@"; }
uids() { for child in $(children); do ids "$child" Uid | cut -d' ' -f1; done | sort | uniq -c | awk '{ print $2 "x" $1 }' | sort | tr '\n' ' '; }
wanted=$(printf '%sx1\n%sx2\n' "$uid" "$other_uid" | sort | tr '\n' ' ')
are_apart() { [ "$(uids)" = "$wanted" ]; }
apart() { wait_for "$1" are_apart; }
serve_open --workers 2 --user "$user" --worker-user "$other"
apart "the writer is one user's, the workers another's"
is "$(ids "$(writer)" Uid | cut -d' ' -f1)" "$uid" "the database's owner writes"
for child in $(workers); do
	is "$(ids "$child" Groups | tr -d ' ')" "$(id -G "$other" | tr -d ' ')" "a worker has its user's groups alone"
	is "$(ids "$child" CapEff)$(ids "$child" CapPrm)" 00000000000000000000000000000000 "and no capability"
	# The last octal digit of its flags is 0 for O_RDONLY.
	is "$(for fd in "/proc/$child/fd"/*; do [ "$(readlink "$fd")" = "$db" ] && sed -n 's/^flags:.*\([0-7]\)$/\1/p' "${fd%/fd/*}/fdinfo/${fd##*/}"; done)" 0 \
		"its handle to the database is one to read"
done
like "$(push '{"docs":[{"id":"todos:apart","value":1}]}')" '"ok"' "a push is taken"
like "$(pull group=todos)" 'todos:apart' "and read"
chmod 755 "$work/data"
for file in test.db test.db-wal test.db-shm test.db.lock; do
	as_other sh -c 'printf x >>"$1"' - "$work/data/$file" 2>/dev/null
	is "$?" 2 "the workers' user cannot write $file"
	as_other cat "$work/data/$file" >/dev/null 2>&1
	is "$?" 1 "nor read it"
done
as_other "$POCKETBOOK" token list --db "$db" >/dev/null 2>&1
is "$?" 1 "nor command the writer"
kill -KILL "$(writer)"
wait_for "a writer that died is replaced" grep -q 'event=child_start child=writer' "$log"
is_written() { push '{"docs":[{"id":"todos:again","value":1}]}' | grep -q '"ok"\|exists\|conflict'; }
wait_for "and writes" is_written
like "$(pull group=todos)" 'todos:again' "what workers that opened before read"
kill -KILL "$(workers | head -1)"
wait_for "a worker that died is replaced" grep -q 'event=child_start child=worker' "$log"
apart "in its user"
kill -HUP "$server"
wait_for "a reload replaces the workers" grep -q 'event=reloaded' "$log"
apart "in their user"
kill -USR2 "$server"
wait_for "an upgrade replaces all" grep -q 'event=upgraded' "$log"
apart "in their users"
like "$(push '{"docs":[{"id":"todos:upgraded","value":1}]}')$(pull group=todos)" '"ok".*todos:upgraded' "and they write and read"
stop
is "$status" 0 "and stop"
"$POCKETBOOK" serve --worker-user no-such-user --db "$db" 2>"$work/error"
is "$? $(cat "$work/error")" "2 pocketbook: --worker-user: there is no user no-such-user" "an unknown one is refused"

serve_open
like "$(cat "$log")" "runs as the user $user, to whom the directory" "without --user it says as whom it runs"
stop
mkdir "$work/roots"
"$POCKETBOOK" serve --auth off --listen 127.0.0.1:0 --db "$work/roots/test.db" 2>"$work/warned" &
server=$!
wait_for "in a directory of root's it warns" grep -q 'runs as root; --user NAME' "$work/warned"
stop
"$POCKETBOOK" serve --user no-such-user --db "$db" 2>"$work/error"
is "$? $(cat "$work/error")" "2 pocketbook: --user: there is no user no-such-user" "an unknown user is refused"
setpriv --reuid "$user" --regid "$gid" --clear-groups "$POCKETBOOK" serve --user daemon --db "$db" 2>"$work/error"
is "$? $(cut -c1-53 "$work/error")" "2 pocketbook: --user: only root can become the user dae" "only root can become another"
finish
