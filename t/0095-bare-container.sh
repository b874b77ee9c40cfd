#!/usr/bin/env bash
# A root file system without /dev, as in a container of one program: the server starts
# and serves, also with its standard descriptors closed.
user=
[ "$(id -u)" = 0 ] || user=--map-root-user
if [ "${OWN_MOUNTS:-}" != yes ] && unshare --mount $user --propagation private true 2>/dev/null; then
	OWN_MOUNTS=yes exec unshare --mount $user --propagation private bash "$0"
fi
. "$(dirname "$0")/lib.sh"
[ "${OWN_MOUNTS:-}" = yes ] || skip_all "no mount namespace of one's own here (unshare --mount)"

# without_dev WORD...: runs the command in a namespace whose /dev is empty
without_dev() {
	# shellcheck disable=SC2016 # expanded there
	exec unshare --mount --propagation private sh -c 'mount -t tmpfs -o size=4k none /dev && [ ! -e /dev/null ] && exec "$@"' sh "$@"
}

log=$work/server.log
(without_dev "$POCKETBOOK" serve --auth off --db "$db" --listen 127.0.0.1:0 >"$log.out" 2>"$log" </proc/self/mounts) &
server=$!
wait_for "the server starts" grep -q 'serving http://' "$log" || { cat "$log"; finish; }
url=$(sed -n 's/.*serving \(http:\/\/[^ ,]*\).*/\1/p' "$log" | head -1)
is "$(curl -s -H 'Content-Type: application/json' -d '{"docs":[{"id":"a:1","op":"1","value":1}]}' "$url/sync" | jq -r '.results[0].status')" ok "a push is written"
is "$(curl -s "$url/sync?group=a" | jq -r '.docs[0].value')" 1 "and read"
unlike "$(cat "$log")" "level=(warn|error)" "without a warning"
stop
is "$status" 0 "it stops"

(without_dev "$POCKETBOOK" export --db "$db" >"$work/export" <&- 2>&-)
is "$?" 0 "a command runs with closed descriptors"
is "$(jq -r .value "$work/export")" 1 "and gives what it should"
(without_dev "$POCKETBOOK" export --db "$db" >&- 2>"$work/err")
is "$?" 1 "a closed standard output is an error"
like "$(cat "$work/err")" "standard output" "which is said"
finish
