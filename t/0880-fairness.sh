#!/usr/bin/env bash
# One token that fills the queue of pushes with large ones keeps no other from writing.
. "$(dirname "$0")/lib.sh"

# The writer stands still for as long as the machine needs to fill the queue. Heeded by
# builds for tests alone.
export POCKETBOOK_REPLY_TIMEOUT_MS=300000
add() { "$POCKETBOOK" token add --db "$db" --user "$1" --group todos 2>"$work/hint"; }
put() { # put NAME TOKEN BODY: a push in the background; its status goes to NAME.status
	{ curl -s -o /dev/null -w '%{http_code}\n' "$url/sync" -H "Authorization: Bearer $2" -H 'Content-Type: application/json' --data-binary "$3" >"$work/$1.part"; mv "$work/$1.part" "$work/$1.status"; } &
}
statuses() { cat "$work"/greedy.*.status 2>/dev/null | grep -c "$1"; }
# The pushes that wait for the writer, as none has been answered;
# pocketbook_queued_pushes also counts other requests.
queued() { curl -s "$metrics" | awk '$1 == "pocketbook_pushes_total" { n = $2 } END { print n + 0 }'; }

greedy=$(add greedy) modest=$(add modest)
serve --workers 1 --metrics-listen 127.0.0.1:0
metrics=$(sed -n 's/.*metrics at \(http:[^ ]*\)$/\1/p' "$log")
head -c 1000000 /dev/zero | tr '\0' x >"$work/x"
kill -STOP "$(writer)"
for n in $(seq 40); do
	{ printf '{"docs":[{"id":"todos:big%s","value":"' "$n"; cat "$work/x"; printf '"}]}'; } >"$work/body.$n"
	put "greedy.$n" "$greedy" "@$work/body.$n"
done
full() { [ "$(($(queued) + $(statuses 503)))" -eq 40 ] && [ "$(statuses 503)" -gt 0 ]; }
wait_for "a token that fills the queue is refused in the end" full
refused=$(statuses 503)
put modest "$modest" '{"docs":[{"id":"todos:small","value":1}]}'
settled() { [ -e "$work/modest.status" ] || [ "$(queued)" -eq $((41 - refused)) ]; }
wait_for "another token pushes" settled
kill -CONT "$(writer)"
answered() { [ -e "$work/modest.status" ] && [ "$(statuses .)" -eq 40 ]; }
wait_for "the others are answered when the writer goes on" answered
is "$(cat "$work/modest.status")" 200 "the small push of another token was taken"
is "$(statuses 200)" $((40 - refused)) "as were the large ones that had room"

# In the order of the commits: a page has the documents in it.
cursor=0
while :; do
	page=$(curl -s "$url/sync?group=todos&since=$cursor" -H "Authorization: Bearer $modest")
	printf '%s' "$page" | grep -o '"id":"[^"]*"'
	cursor=$(printf '%s' "$page" | grep -o '"cursor":"[^"]*"' | cut -d'"' -f4)
	case $page in *'"more":true'*) ;; *) break ;; esac
done >"$work/order"
place=$(grep -n small "$work/order" | cut -d: -f1)
note "it is number ${place:-none} of $(wc -l <"$work/order")"
is "$place" 1 "before all of them, although some were sent before it"
stop
finish
