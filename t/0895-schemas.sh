#!/usr/bin/env bash
# Apps whose schema is too old for a group are told so, in every request, and write
# nothing.
. "$(dirname "$0")/lib.sh"
json='Content-Type: application/json'

# write SCHEMA ID: the status of a push by an app of that schema
write() { status_of "$url/sync${1:+?schema=$1}" -H "$json" -d "{\"docs\":[{\"id\":\"$2\",\"value\":1}]}"; }
# read_group SCHEMA GROUP
read_group() { status_of "$url/sync?group=$2${1:+&schema=$1}"; }

serve_open --min-schema todos=3 --min-schema work:secret=2
is "$(write 3 todos:1) $(write 4 todos:2) $(write 3 todos:home:1)" "200 200 200" "an app of that schema, or a later one, writes"
is "$(write 2 todos:3) $(write '' todos:3) $(write 2 todos:home:3)" "426 426 426" "an older one, or one without a number, does not"
is "$(jq -r '.code + ": " + .detail' "$work/body")" \
	"upgrade-required: group: todos needs an app of schema 3 or later, and this is 2; renew the app, for example by a reload of its page" "and is told why"
is "$(status_of "$url/sync?schema=2" -H "$json" -d '{"docs":[{"id":"free:1","value":1},{"id":"todos:4","value":1}]}')" 426 "a push with one such document is refused"
is "$(pull 'group=free' | jq -c .docs)" "[]" "as a whole"
is "$(read_group 3 todos) $(read_group 3 todos:home) $(read_group 2 todos) $(read_group '' todos:home)" "200 200 426 426" "so it is with pulls"
is "$(read_group 1 work) $(read_group 2 work) $(read_group 1 work:open)" "426 200 200" "and with pulls of an outer group, but not of a sibling"
is "$(write '' todosx:1) $(read_group '' todosx)" "200 200" "a longer name is another group"
is "$(status_of "$url/events?group=free&group=todos&schema=2")" 426 "so it is with streams"
stream new 'group=todos&schema=3'
ok 0 "an app of that schema has its stream"
for bad in x -1 3.0 '' 99999999999999999999; do is "$(status_of "$url/sync?group=todos&schema=$bad") $(jq -r .code "$work/body")" "400 bad-request" "schema=$bad is none"; done
is "$(status_of "$url/sync?group=todos&schema=3&schema=3")" 400 "nor are two"
is "$(status_of "$url/sync?group=free&schema=x")" 400 "wherever it is looked at"
stop

serve_open --min-schema '*=2'
is "$(read_group 1 anything) $(read_group 2 anything) $(write '' a:1)" "426 200 426" "* is every group"
stop
serve_open
is "$(read_group x anything) $(write x a:1)" "200 200" "without the option nobody looks"
stop

for bad in todos todos= todos=0 todos=-1 todos=x =3 todos:=3 todos=1000000001; do
	"$POCKETBOOK" serve --auth off --db "$db" "${serve_with[@]}" --listen 127.0.0.1:0 --min-schema "$bad" >/dev/null 2>"$work/err"
	is "$? $(wc -l <"$work/err")" "2 1" "--min-schema $bad is refused in one line"
done
like "$(cat "$work/err")" "^pocketbook: --min-schema: the schema must be a whole number from 1 to 1000000000" "with its place and reason"
finish
