#!/usr/bin/env bash
# Every process of a served run under valgrind: no error, and no memory that nobody can
# give back any more when it ends. The program is the one that POCKETBOOK names, without
# sanitizers.
. "$(dirname "$0")/lib.sh"
command -v valgrind >/dev/null || skip_all "valgrind is not installed"
grep -q __asan_init "$POCKETBOOK" && skip_all "a program with sanitizers does not run in valgrind"

program=$POCKETBOOK
reports=$work/reports
mkdir "$reports"
# The server and the commands alike; the filter of system calls does not know valgrind's
# own.
cat >"$work/pocketbook" <<END
#!/bin/sh
exec valgrind --quiet --trace-children=yes --child-silent-after-fork=no --leak-check=full --show-leak-kinds=definite,indirect,possible \\
	--errors-for-leak-kinds=definite,indirect,possible --error-exitcode=99 --num-callers=30 --log-file='$reports/%p' '$program' "\$@"
END
chmod +x "$work/pocketbook"
POCKETBOOK=$work/pocketbook
export POCKETBOOK_SANDBOX=off

config=$work/test.conf
printf 'auth = on\nworkers = 2\naccess-log = on\nlog-level = debug\nmetrics = 127.0.0.1:0\n' >"$config"
token=$("$POCKETBOOK" token add --db "$db" --user ann --group todos 2>/dev/null)
ok "$([ -n "$token" ]; echo $?)" "a token is made"
serve --config "$config"
auth="Authorization: Bearer $token"

is "$(status_of "$url/sync" -H "$auth" -H 'Content-Type: application/json' -d '{"docs":[{"id":"todos:1","value":{"a":[1,2.5,"x"]}},{"id":"todos:2","value":null}]}')" 200 "a push"
is "$(status_of "$url/sync" -H "$auth" -H 'Content-Type: application/json' -d '{"docs":[{"id":"todos:1","value":1}]}')" 200 "a stale one"
is "$(status_of "$url/sync" -H "$auth" -H 'Content-Type: application/json' -d '{"docs":[{"id":"todos:2","base":2,"deleted":true},{"id":"todos:3","value":"~x"}],"atomic":true}')" 200 "an atomic one"
is "$(status_of "$url/sync" -H "$auth" -H 'Content-Type: application/json' -d '{"docs":[{')" 400 "a malformed one"
is "$(status_of "$url/sync" -H 'Authorization: Bearer pbk_no' -d '{}')" 401 "one with no token"
is "$(status_of "$url/sync?group=todos" -H "$auth")" 200 "a pull"
is "$(status_of "$url/sync?group=todos" -H "$auth" -H 'Accept: application/transit+json')" 200 "a pull in Transit"
is "$(status_of "$url/")" 200 "the page"
is "$(status_of "$url/nothing")" 404 "no page"
stream plain 'group=todos' -H "$auth"
stream docs 'group=todos&docs=1' -H "$auth"
is "$(status_of "$url/sync" -H "$auth" -H 'Content-Type: application/json' -d '{"docs":[{"id":"todos:4","value":{"big":"'"$(head -c 3000 /dev/zero | tr '\0' x)"'"}}]}')" 200 "a large value"
wait_for "a stream brings it" saw docs 'todos:4'
"$POCKETBOOK" backup "$work/backup.db" --db "$db" >/dev/null 2>&1
ok $? "a backup"
"$POCKETBOOK" purge --older-than 0s --db "$db" >/dev/null 2>&1
ok $? "a purge"
"$POCKETBOOK" stats --json --db "$db" >/dev/null 2>&1
ok $? "numbers"
"$POCKETBOOK" token revoke "$(printf %s "$token" | cut -c5-20)" --db "$db" >/dev/null 2>&1
ok $? "a token is revoked"
wait_for "which ends its streams" gone "$stream"
reloaded() { [ "$(grep -c 'event=child_exit child=worker' "$log")" -ge 2 ]; }
kill -HUP "$server"
wait_for "both workers leave to their successors" reloaded
kill -KILL "$(workers | head -1)"
# A worker that is told to stop while it opens the database ends there, with all that it
# holds.
replaced() {
	[ "$(grep -c 'event=child_exit child=worker' "$log")" -ge 3 ] &&
		curl -s "$metrics" | grep -qxF 'pocketbook_workers{state="serving"} 2'
}
metrics=$(sed -n 's/.*metrics at \(http:[^ ]*\)$/\1/p' "$log")
wait_for "one that was killed is replaced" replaced
is "$(status_of --retry 20 --retry-connrefused "$url/readyz")" 200 "and the server is ready"
stop
is "$status" 0 "the server stops"
for word in check export "doc ls"; do
	# shellcheck disable=SC2086
	"$POCKETBOOK" $word --db "$db" >/dev/null 2>"$work/said"
	ok $? "$word has no error"
done
"$POCKETBOOK" export "$work/all" --db "$db" >/dev/null 2>&1
"$POCKETBOOK" import "$work/all" --db "$work/other.db" >/dev/null 2>&1
ok $? "import has no error"
"$POCKETBOOK" restore "$work/backup.db" --db "$work/third.db" >/dev/null 2>&1
ok $? "restore has no error"

bad=0 processes=0
for report in "$reports"/*; do
	processes=$((processes + 1))
	[ ! -s "$report" ] && continue
	bad=$((bad + 1))
	sed 's/^/# /' "$report" | head -60
done
is "$bad" 0 "of all processes none has an error or a leak"
ok "$([ "$processes" -ge 15 ]; echo $?)" "and these were all ($processes)"
finish
