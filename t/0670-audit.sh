#!/usr/bin/env bash
# The audit file: every command that changes a database leaves a line in it, with a
# server and without one, and nothing else does.
. "$(dirname "$0")/lib.sh"
audit=$db.audit
lines() { grep -c . "$audit" 2>/dev/null; }
last() { tail -1 "$audit"; }
# leaves PATTERN WORD...: the command leaves one more line, which matches
leaves() {
	local pattern=$1 before
	shift
	before=$(lines)
	"$POCKETBOOK" "$@" --db "$db" >"$work/out" 2>"$work/said" </dev/null
	is "$? $(($(lines) - before))" "0 1" "$when, ${*:1:2} leaves a line"
	like "$(last)" "^time=20[^ ]*Z $pattern" "$when, ${*:1:2}: who and what"
	[ "$(id -u)" != 0 ] || like "$(last)" ' pid=[0-9]+ uid=0 ' "$when, ${*:1:2}: by whom"
}
# leaves_none WORD...
leaves_none() {
	local before
	before=$(lines)
	"$POCKETBOOK" "$@" --db "$db" >"$work/out" 2>"$work/said" </dev/null
	is "$(lines)" "$before" "$when, ${*:1:2} leaves none"
}
printf '{"id":"lines:1","value":"private"}\n{"id":"lines:2","value":1}\n' >"$work/lines"

# round WHEN: all commands
round() {
	local id new
	when=$1
	leaves 'act=token_add .*command="token add" token=[0-9a-f]{16} user=ann groups="todos:rw, news:ro" expires=20' \
		token add --user ann --group todos --group news:ro --expires 9d
	cat "$work/out" >>"$work/secrets"
	id=$(sed 's/^pbk_\([0-9a-f]*\)_.*/\1/' "$work/out")
	leaves "act=token_rotate .*token=$id new_token=[0-9a-f]{16} old_ends=20.* user=ann groups=" token rotate "$id"
	cat "$work/out" >>"$work/secrets"
	new=$(sed 's/^pbk_\([0-9a-f]*\)_.*/\1/' "$work/out")
	leaves "act=token_set .*token=$new quota=\"documents=100, streams=off\"" token set "$new" --quota documents=100,streams=off
	leaves "act=token_list .*tokens=[0-9]" token list
	leaves "act=token_revoke .*token=$new" token revoke "$new"
	leaves_none token revoke "$new"
	leaves 'act=push .*command="doc put" written=1 deleted=0 first=todos:1' doc put todos:1 '"private"'
	leaves_none doc put todos:1 --base 77 2
	leaves 'act=push .*command="doc rm" written=1 deleted=1 first=todos:1' doc rm todos:1
	sed -i "s/private.*\"/private $when\"/" "$work/lines"
	leaves 'act=push .*command=import written=[12] deleted=0 first=lines:1' import "$work/lines" --existing replace
	leaves 'act=purge .*command=purge tombstones=1' purge --older-than 0s
	leaves_none purge --older-than 0s
	leaves_none doc get lines:1
	leaves_none doc ls
	leaves_none check
	leaves_none export
	leaves_none stats
	leaves_none backup "$work/backup" --force
}
"$POCKETBOOK" token add --user first --group '*' --db "$db" >"$work/secrets" 2>/dev/null
is "$(stat -c '%a %h' "$audit")" "600 1" "the file is made with the database, private"
round "without a server"

config=$work/serve.conf
echo "max-body = 1M" >"$config"
serve --auth on --config "$config"
round "with a server"
before=$(lines)
curl -s "$url/sync" -H "Authorization: Bearer $(head -1 "$work/secrets")" -H 'Content-Type: application/json' -d '{"docs":[{"id":"todos:5","value":1}]}' >"$work/body"
like "$(cat "$work/body")" '"ok"' "a client writes"
is "$(lines)" "$before" "which is none of the audit file's"
kill -HUP "$server"
wait_for "a reload leaves a line" grep -Eq " act=reload pid=$$ uid=$(id -u) command=serve$" "$audit"
printf 'max-body = 2M\ncors-origin = https://private.example\nlog-level = warn\n' >"$config"
kill -HUP "$server"
wait_for "and what it changed" grep -Eq ' act=reload pid=.* command=serve changed="cors-origin log-level max-body"$' "$audit"
unlike "$(cat "$audit")" 'private.example' "by name alone"

# As logrotate does.
mv "$audit" "$work/rotated"
when="when it was renamed"
"$POCKETBOOK" doc put todos:7 7 --db "$db" >/dev/null
is "$(lines) $(stat -c %a "$audit")" "1 600" "a file that was renamed is made anew"

# What cannot be recorded.
rm "$audit"
mkdir "$audit"
"$POCKETBOOK" doc put todos:8 8 --db "$db" >/dev/null
is "$?" 0 "an act that cannot be recorded is done"
like "$(cat "$log")" 'level=error .*event=audit_failed .*first=todos:8' "and in the log, with its line"
stop
"$POCKETBOOK" doc put todos:9 9 --db "$db" >/dev/null 2>"$work/said"
like "$? $(cat "$work/said")" '^0 .*not recorded in the audit file, .*first=todos:9' "without a server, it is said"
is "$(grep -c '^$' "$work/said")" 0 "without an empty line after it"
rmdir "$audit"

when="at last"
leaves 'act=restore .*command=restore file=.*backup documents=[0-9]' restore "$work/backup" --force
while IFS= read -r secret; do
	! grep -qF -- "${secret#pbk_*_}" "$audit" "$work/rotated" "$log"
	ok $? "no secret is in it"
done <"$work/secrets"
unlike "$(cat "$audit" "$work/rotated")" private "and no value"
finish
