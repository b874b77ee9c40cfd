#!/usr/bin/env bash
# Whoever tries tokens is counted and told to come later; nobody else is.
. "$(dirname "$0")/lib.sh"

"$POCKETBOOK" token add --db "$db" --user ann --group todos >"$work/ann" 2>/dev/null
"$POCKETBOOK" token add --db "$db" --user bob --group todos >"$work/bob" 2>/dev/null
ann=$(cat "$work/ann") bob=$(cat "$work/bob")
serve --workers 1 --trusted-proxy 127.0.0.1 --max-auth-failures 5 --metrics-listen 127.0.0.1:0
metrics=$(sed -n 's/.*metrics at \(http:[^ ]*\)$/\1/p' "$log")
# from ADDRESS TOKEN [PATH]: the status of a request that a proxy passes on
from() { status_of -D "$work/head" "$url${3:-/sync?group=todos}" -H "X-Forwarded-For: $1" -H "Authorization: Bearer $2"; }
# guess ADDRESS: five tokens that are not good, each in another way
guess() {
	local token
	for token in x "pbk_${ann:4:16}_$(printf '%048d' 0)" "pbk_0123456789abcdef_${bob#pbk_*_}" "${ann}x" "pbk_${ann:4:16}_${bob#pbk_*_}"; do
		printf '%s ' "$(from "$1" "$token")"
	done
}

is "$(from 192.0.2.1 "$ann")" 200 "a good token is good"
is "$(guess 192.0.2.1)" "401 401 401 401 401 " "five that are not are refused, and nobody is told why"
is "$(from 192.0.2.1 x)" 429 "the sixth is told to come later"
like "$(tr -d '\r' <"$work/head")" '^Retry-After: ([1-9]|[1-5][0-9]|60)$' "and when"
like "$(cat "$work/body")" '"code":"too-many-attempts"' "in words that a program can read"
is "$(from 192.0.2.1 "$bob")" 429 "a token that nobody has seen from here could be a guess as well"
is "$(from 192.0.2.1 "$ann")" 200 "one that was good before goes on being good"
is "$(from 192.0.2.2 "$bob")" 200 "another address is let in"
is "$(from 192.0.2.1 "$bob")" 200 "then the token is known, also from the first one"
is "$(status_of "$url/events?group=todos&token=x" -H 'X-Forwarded-For: 192.0.2.1')" 429 "a token in the query counts as well"
is "$(status_of "$url/sync?group=todos" -H 'X-Forwarded-For: 192.0.2.1')" 401 "none is none, not a guess"
is "$(status_of "$url/" -H 'X-Forwarded-For: 192.0.2.1')" 200 "what is open stays open"
stream open group=todos -H 'X-Forwarded-For: 192.0.2.1' -H "Authorization: Bearer $ann"
kill "$stream"
is "$(guess 2001:db8:1:2::3)" "401 401 401 401 401 " "an address of IPv6 is refused"
is "$(from 2001:db8:1:2:aaaa::1 x) $(from 2001:db8:1:3::1 x)" "429 401" "with its neighbours of the same /64, and no others"
for i in $(seq 0 9); do
	is "$(for j in $(seq 100); do echo "url = $url/sync?group=todos"; echo "header = \"X-Forwarded-For: 10.$i.$j.1\""; echo 'header = "Authorization: Bearer x"'; echo "output = /dev/null"; printf '%s\n' 'write-out = "%{http_code}\n"'; echo next; done |
		sed '$d' | curl -s -K - | sort | uniq -c | awk '{ printf "%s:%s ", $2, $1 }')" "401:100 " "a hundred addresses with one guess each are not throttled ($i)"
done
number() { curl -s "$metrics" | sed -n "s/^pocketbook_$1 //p"; }
is "$(number auth_failures_total) $(number auth_throttled_total)" "1011 4" "all are counted"
is "$(grep -c 'event=auth_throttled client=192.0.2.1$' "$log")" 1 "the log tells of it, once"
ok "$(grep -qF -e "${ann#pbk_*_}" -e "${bob#pbk_*_}" "$log" && echo 1 || echo 0)" "and of no secret"
note "1,015 tokens that are not good: $(number auth_failures_total) refused with 401, $(number auth_throttled_total) with 429"
stop

serve --workers 1 --max-auth-failures off
is "$(for i in $(seq 40); do from 192.0.2.1 x; echo; done | sort | uniq -c | tr -s ' ')" " 40 401" "the limit can be taken away"
stop
finish
