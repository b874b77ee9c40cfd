#!/usr/bin/env bash
# Root runs each command on a database in a directory whose owner is hostile: links lie
# in the place of all files, names and directories are exchanged meanwhile. No file of
# root's is changed, made or shown, and every command still does what it is for.
. "$(dirname "$0")/lib.sh"
[ "$(id -u)" = 0 ] || skip_all "needs root"
# Looking for leaks takes half of the time of each of the many commands.
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0"
user=nobody
uid=$(id -u "$user")
as_user() { setpriv --reuid "$user" --regid "$(id -g "$user")" --clear-groups "$@"; }
chmod 755 "$work"
home=$work/home
data=$home/data
db=$data/test.db
mkdir "$home" "$work/roots" "$work/out"
chown "$user" "$home"
chmod 700 "$work/roots" "$work/out"
secret=$work/roots/secret
printf 'classified %s\n' 1 2 3 >"$secret"
printf '{"id":"secret:1","value":"classified"}\n' | "$POCKETBOOK" import --db "$work/roots/secret.db" >/dev/null 2>&1
roots() { (cd "$work/roots" && stat -c "%n %u %g %a ${links-%h} %s" -- * && cksum -- *); }

# What each attempt begins with.
mkdir "$work/model"
chown "$user" "$work/model"
as_user "$POCKETBOOK" token add --user ann --group '*' --db "$work/model/test.db" >/dev/null 2>&1
db=$work/model/test.db
serve --auth on --history 5 # whose rule the database keeps
stop
db=$data/test.db
for value in 1 one; do as_user "$POCKETBOOK" doc put todos:1 "$value" --db "$work/model/test.db" >/dev/null; done
as_user "$POCKETBOOK" doc put todos:2 2 --db "$work/model/test.db" >/dev/null
as_user "$POCKETBOOK" doc rm todos:2 --db "$work/model/test.db" >/dev/null
id=$("$POCKETBOOK" token list --db "$work/model/test.db" | sed -n 's/^\([0-9a-f]\{16\}\) .*/\1/p')
invite=$(as_user "$POCKETBOOK" token invite --group todos --db "$work/model/test.db" 2>/dev/null | sed 's/.*pbi_\([0-9a-f]*\)_.*/\1/')
like "$id $invite" '^[0-9a-f]{16} [0-9a-f]{16}$' "a database of another user is made"
"$POCKETBOOK" backup "$work/out/good.bak" --db "$work/model/test.db" 2>/dev/null
is "$(stat -c '%u %a' "$work/out/good.bak")" "0 600" "a backup that root makes is root's"
printf '{"id":"lines:1","value":1}\n' >"$work/out/lines"
fresh() {
	rm -rf "$data" "$home/real"
	cp -a "$work/model" "$data"
	rm -f "$work/out/made"
}

commands=(
	"token add --user bob --group todos"
	"token list"
	"token rotate $id"
	"token revoke $id"
	"token set $id --note x"
	"token invite --group todos"
	"token invites"
	"token uninvite $invite"
	"doc put todos:1 3"
	"doc get todos:1"
	"doc ls"
	"doc rm todos:1"
	"doc log todos:1"
	"doc restore todos:1 1"
	"check"
	"export"
	"export $work/out/made"
	"backup $work/out/made"
	"import $work/out/lines"
	"purge --older-than 0s"
	"restore $work/out/good.bak --force"
	"stats"
	"top"
	"epoch --new"
	"tail --since 0 --once"
)
# Only in a build with PostgreSQL.
! "$POCKETBOOK" help copy >/dev/null 2>&1 || commands+=("init" "copy --to $work/out/made")
names=$("$POCKETBOOK" help | sed -n 's/^  \([a-z]\{2,\}\( [a-z]\{2,\}\)\{0,1\}\)  .*/\1/p' | grep -vx -e serve -e completion -e help -e version)
missing=
for name in ${names// /_}; do
	printf '%s\n' "${commands[@]}" | grep -q "^${name/_/ }\( \|$\)" || missing="$missing ${name/_/ }"
done
is "$(wc -l <<<"$names" | awk '{ print ($1 > 20) }')$missing" 1 "each command with a database is tried"
before=$(roots)
# run COMMAND: its output is in $work/said, its status in $status
run() {
	# shellcheck disable=SC2086
	"$POCKETBOOK" $1 --db "$db" </dev/null >"$work/said" 2>&1
	status=$?
}
# harm NAME: what an attempt has done to root's files, if anything
harm() {
	[ "$(roots)" = "$before" ] || bad="$bad; $1 changes root's files"
	! grep -q classified "$work/said" || bad="$bad; $1 shows root's files"
	[ ! -e "$work/out/made" ] || ! grep -q classified "$work/out/made" || bad="$bad; $1 copies root's files"
	[ ! -e "$work/out/made" ] || [ "$(stat -c %u "$work/out/made")" = 0 ] || bad="$bad; $1 gives its output away"
}

turn=0
for command in "${commands[@]}"; do
	bad=
	for suffix in -wal -shm -journal .lock .sock .audit; do
		# In turn, from one command to the next as well.
		turn=$((turn + 1))
		target=$secret
		[ $(((turn + turn / 6) % 2)) = 0 ] || target=$work/roots/new
		fresh
		rm -f "$db$suffix"
		as_user ln -s "$target" "$db$suffix"
		run "$command"
		harm "a link $suffix"
	done
	for target in "$secret" "$work/roots/secret.db" "$work/roots/new"; do
		fresh
		rm -f "$db"
		as_user ln -s "$target" "$db"
		run "$command"
		harm "a link to ${target##*/}"
	done
	fresh
	ln -f "$work/roots/secret.db" "$work/roots/second.db"
	ln -f "$work/roots/second.db" "$db"
	before_links=$before
	# restore takes the name away, which is the user's
	links=
	before=$(roots)
	run "$command"
	harm "a second name"
	unset links
	rm "$work/roots/second.db" "$db"
	before=$before_links
	fresh
	mv "$data" "$home/real"
	as_user ln -s "$work/roots" "$data"
	run "$command"
	harm "a link for the directory"
	is "${bad#; }" "" "${command%% "$work"*}: links lead nowhere"
	rm -f "$data"
	fresh
	run "$command"
	case $command in
	top) like "$status $(cat "$work/said")" '^1 .*no server runs on it' "${command%% "$work"*}: and without them it works" ;;
	init) like "$status $(cat "$work/said")" '^1 .*exists already' "init: and without them it works" ;;
	*) is "$status" 0 "${command%% "$work"*}: and without them it works" ;;
	esac
	is "$(stat -c %u "$data"/* | sort -u)" "$uid" "${command%% "$work"*}: whose files are the user's"
done

# The directory is exchanged for a link all the time.
swap() {
	while [ -e "$home" ]; do
		mv -T "$data" "$home/real"
		ln -s "$work/roots" "$data"
		rm "$data"
		mv -T "$home/real" "$data"
	done 2>/dev/null
}
fresh
export -f swap
export data home work
setpriv --reuid "$user" --regid "$(id -g "$user")" --clear-groups bash -c swap &
swapper=$!
for command in "${commands[@]}"; do
	bad=
	for _ in 1 2 3; do
		rm -f "$work/out/made"
		run "$command"
		harm "the exchange"
	done
	is "${bad#; }" "" "${command%% "$work"*}: nor does a directory that is exchanged"
done
kill -KILL "$swapper"
wait "$swapper" 2>/dev/null
rm -rf "$home/real" "$data"

# The same at the moments that are dangerous.
stopped() { grep -q '^State:.*stopped' "/proc/$child/status"; }
exchange() {
	mv -T "$data" "$home/real"
	as_user ln -s "$work/roots" "$data"
}
# at POINT COMMAND
at() {
	fresh
	# shellcheck disable=SC2086
	POCKETBOOK_FAULTS=$1=stop "$POCKETBOOK" $2 --db "$db" >"$work/said" 2>&1 &
	child=$!
	wait_for "$1 is reached" stopped || return
	is "$(sed -n 's/^Uid:\t//p' "/proc/$child/status" | tr '\t' ' ')" "$uid $uid $uid $uid" "by a process that is the user"
	exchange
	kill -CONT "$child"
	wait "$child"
	bad=
	harm "$1"
	is "${bad#; }" "" "at $1 the directory may be exchanged"
	rm -f "$data"
}
if [ "$FAULTS" = yes ]; then
	at backup_copied "backup $work/out/made"
	is "$(stat -c %u "$work/out/made")" 0 "and the backup is root's"
	at restore_verified "restore $work/out/good.bak --force"
	at restore_made "restore $work/out/good.bak --force"
	at restore_retired "restore $work/out/good.bak --force"
	at import_batch "import $work/out/lines"
	# What is killed leaves nothing where its user may not remove it.
	fresh
	POCKETBOOK_FAULTS=backup_copied=kill "$POCKETBOOK" backup "$work/out/made" --db "$db" 2>/dev/null
	nothing_left() { [ -z "$(find "$work/out" -name 'made*')" ]; }
	wait_for "a backup that is killed leaves nothing" nothing_left
fi

# Files of root's own, in the directory of another.
fresh
as_user ln -s "$work/roots" "$home/way"
as_user ln -s "$secret" "$home/lines"
as_user ln -s "$work/roots/secret.db" "$home/bak"
ln "$work/roots/secret.db" "$home/second.bak"
before=$(roots)
for command in "backup $home/way/made" "export $home/way/made" "import $home/lines" "restore $home/bak --force" "restore $home/second.bak --force"; do
	run "$command"
	bad=
	harm "${command%% "$work"*}"
	is "$status ${bad#; }" "1 " "${command%% "$work"*}: root follows no links of others"
done
is "$(find "$work/roots" -name 'made*')" "" "and makes nothing there"
"$POCKETBOOK" restore "$home/bak" --db "$work/out/other.db" >"$work/said" 2>&1
is "$?" 1 "nor for a database of its own"
rm "$home/second.bak"
run "backup $home/made"
is "$status $(stat -c '%u %a' "$home/made")" "0 0 600" "what root makes in a directory of another is root's alone"
"$POCKETBOOK" restore "$home/made" --db "$work/out/other.db" 2>/dev/null
is "$? $(stat -c %u "$work/out/other.db")" "0 0" "and can be restored for root"
run "restore $home/made --force"
is "$status $(stat -c %u "$db")" "0 $uid" "and for the user"
: >"$work/out/raw.db-wal"
cp "$work/out/other.db" "$work/out/raw.db"
printf x >"$work/out/raw.db-wal"
run "restore $work/out/raw.db --force"
like "$status $(cat "$work/said")" '^1 .*raw.db-wal, so it is no backup' "a database with a log is no backup"
run "backup $db --force"
like "$status $(cat "$work/said")" '^1 .*is the database itself' "a backup does not replace the database"
printf '{"id":"lines:2","value":1}\n' | "$POCKETBOOK" import --db "$db" >/dev/null
is "$?" 0 "the standard input is imported"
"$POCKETBOOK" import <(printf '{"id":"lines:3","value":1}\n') --db "$db" >/dev/null
is "$?" 0 "and a pipe"
program=$(realpath "$POCKETBOOK")
(cd "$data" && "$program" doc get lines:3 --db test.db >/dev/null)
is "$?" 0 "a relative name is found"
ln -s "$db" "$work/link.db"
"$POCKETBOOK" doc put todos:9 9 --db "$work/link.db" >/dev/null
is "$? $(stat -c %u "$data"/* | sort -u)" "0 $uid" "root's own link is followed, and what it leads to is the user's"

cp -a "$data" "$work/roots/data"
"$POCKETBOOK" check --db "$work/roots/data/test.db" >"$work/said" 2>&1
like "$? $(cat "$work/said")" "^1 .*Permission denied for the user $uid, to whom its directory belongs" "a directory that its owner cannot reach is refused"
rm -rf "$work/roots/data"

# Others may write to a directory of root's: nobody to become.
mkdir "$work/shared"
chgrp "$(id -g "$user")" "$work/shared"
chmod 770 "$work/shared"
"$POCKETBOOK" token list --db "$work/shared/test.db" >"$work/said" 2>&1
like "$? $(cat "$work/said")" '^1 .*others may write to it; remove that permission' "a directory that is shared is refused"
# A user without a name.
mkdir "$work/number"
chown 4242:4242 "$work/number"
"$POCKETBOOK" token add --user ann --group '*' --db "$work/number/test.db" >/dev/null 2>&1
is "$? $(stat -c %u "$work/number/test.db")" "0 4242" "a user needs no name"

# A server that root starts runs as the owner, too, and its commands reach it.
fresh
serve --auth on
like "$(cat "$log")" "runs as the user $user, to whom the directory" "a server says as whom it runs"
is "$(sed -n 's/^Uid:\t//p' "/proc/$(writer)/status" | cut -f1)" "$uid" "its writer is the user's"
for command in "${commands[@]}"; do
	rm -f "$work/out/made"
	case $command in
	restore* | *"$id"* | *"$invite"* | "doc restore"* | epoch* | init | copy*) continue ;;
	esac
	run "$command"
	is "$status" 0 "${command%% "$work"*}: beside a server"
done
is "$(stat -c %u "$data"/* | sort -u)" "$uid" "all files are the user's"
kill -HUP "$server"
wait_for "it reloads" grep -q 'event=reloaded' "$log"
unlike "$(cat "$log")" 'setting_kept' "with the same user"
kill -USR2 "$server"
wait_for "it is upgraded" grep -q 'event=upgraded' "$log"
is "$(sed -n 's/^Uid:\t//p' "/proc/$(writer)/status" | cut -f1)" "$uid" "and stays the user's"
stop
db=$work/number/test.db
serve --auth off
is "$(sed -n 's/^Uid:\t//p' "/proc/$(writer)/status" | cut -f1)" 4242 "a server's user needs no name either"
like "$(push '{"docs":[{"id":"todos:2","value":1}]}')" '"ok"' "and writes"
run "stats"
is "$status" 0 "and root's commands reach it"
stop
finish
