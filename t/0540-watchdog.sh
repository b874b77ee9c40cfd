#!/usr/bin/env bash
# A worker that a reload has replaced, and that a slow client keeps, does not speak for
# its successor: the signs of life go on.
. "$(dirname "$0")/lib.sh"
command -v perl >/dev/null || skip_all "perl is not installed"

config=$work/test.conf
printf 'auth = off\nworkers = 1\nidle-timeout = 1s\n' >"$config"
perl "$here/notify.pl" "$work/notify" >"$work/notified" &
listener=$!
wait_for "somebody listens for notifications" test -S "$work/notify"
export NOTIFY_SOCKET=$work/notify WATCHDOG_USEC=1000000
serve --config "$config"
unset NOTIFY_SOCKET WATCHDOG_USEC
wait_for "the server says READY" grep -q '^READY=1$' "$work/notified"
signs() { grep -c '^WATCHDOG=1$' "$work/notified"; }
# lives N: there are more than so many signs of life
lives() { [ "$(signs)" -gt "$1" ]; }
wait_for "it gives signs of life" lives 0

# A push that comes byte by byte.
exec 6<>"/dev/tcp/127.0.0.1/${url##*:}"
printf 'POST /sync HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{' >&6
(while printf ' ' >&6; do sleep 0.2; done) 2>/dev/null &
# It came first, so it has been accepted when this is answered.
wait_for "a slow client is there" curl -s "$url/readyz"
kill -HUP "$server"
exec 6>&-
wait_for "the worker is replaced" grep -q 'event=reloaded' "$log"
wait_for "systemd is told that it is done" grep -q '^RELOADING=1$' "$work/notified"
wait_for "the old one, which the client keeps, is told to end" grep -q 'event=draining' "$log"
before=$(signs)
wait_for "there are signs of life" lives "$before"
wait_for "the old one is gone" grep -q 'event=child_exit child=worker.0' "$log"
before=$(signs)
wait_for "and they go on" lives "$before"
stop
is "$status" 0 "the server stops"
kill "$listener"
finish
