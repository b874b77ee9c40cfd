#!/usr/bin/env bash
# A start that cannot be ends in one line that says what and what to do, and a status
# that is not 0.
. "$(dirname "$0")/lib.sh"

# fails STATUS PATTERN NAME WORD...: the program ends with that status and one line
fails() {
	local wanted=$1 pattern=$2 name=$3
	shift 3
	timeout 60 "$POCKETBOOK" "$@" >"$work/out" 2>"$work/err"
	is "$?" "$wanted" "$name: status $wanted"
	is "$(wc -l <"$work/err")" 1 "$name: one line"
	like "$(cat "$work/err")" "^pocketbook: .*$pattern" "$name: says what"
}
start() { fails "$1" "$2" "$3" serve --auth off --listen 127.0.0.1:0 "${@:4}"; }

serve_open
port=${url##*:}
fails 1 "127.0.0.1:$port" "a port in use" serve --auth off --db "$work/other.db" --listen "127.0.0.1:$port"
start 1 "$db" "a database in use" --db "$db"
start 1 test.db "the same by another path" --db "$work/./test.db"
is "$(stat -c %a "$db.sock" "$db" | tr '\n' ' ')" "600 600 " "the control socket and the database are their owner's alone"
is "$(status_of "$url/readyz")" 200 "the first server is not disturbed"
stop

printf 'this is no database, however long it may be: %4096d' 0 >"$work/text"
start 1 text "not a database" --db "$work/text"
if command -v sqlite3 >/dev/null; then
	sqlite3 "$work/foreign.db" 'create table t (a)'
	before=$(md5sum "$work/foreign.db")
	start 1 foreign.db "another program's database" --db "$work/foreign.db"
	is "$(md5sum "$work/foreign.db")" "$before" "another program's database is left as it is"
	cp "$db" "$work/newer.db"
	sqlite3 "$work/newer.db" 'pragma user_version = 999'
	before=$(md5sum "$work/newer.db")
	start 1 newer "a database of a newer version" --db "$work/newer.db"
	is "$(md5sum "$work/newer.db")" "$before" "a database of a newer version is left as it is"
	fails 1 newer "a token for a database of a newer version" token add --user a --group b --db "$work/newer.db"
fi
start 1 missing "a directory that is not there" --db "$work/missing/x.db"
start 1 text "a file for a directory" --db "$work/text/x.db"
mkdir "$work/folder"
start 1 folder "a folder for a database" --db "$work/folder"
fails 1 missing "a token for a directory that is not there" token add --user a --group b --db "$work/missing/x.db"
fails 1 text "a list of tokens of no database" token list --db "$work/text"
fails 1 '192.0.2.1:0' "an address of another machine" serve --auth on --db "$work/a.db" --listen 192.0.2.1:0

fails 2 "unknown option --wrokers.*help serve" "an unknown option" serve --wrokers 2
fails 2 "workers" "a number that is none" serve --workers many
for number in 0 1025 -1 1.5 ''; do fails 2 "workers" "--workers \"$number\"" serve --workers "$number"; done
fails 2 "max-body" "a size that is too small" serve --max-body 1
fails 2 "max-body" "a size that is none" serve --max-body 1Q
fails 2 "ping-interval" "a time that is too long" serve --ping-interval 1h
fails 2 "auth off|loopback" "no authentication on all addresses" serve --auth off --listen '[::]:0'
fails 2 "loopback" "one address of two is not loopback" serve --auth off --listen 127.0.0.1:0 --listen 0.0.0.0:0
fails 2 "listen" "a port that is none" serve --auth off --listen 127.0.0.1:65536
fails 2 "token" "half a command" token
fails 2 "listen" "an address that is none" serve --auth off --listen localhost
fails 2 "auth" "a word that is neither on nor off" serve --auth maybe
fails 2 "db" "an option without its value" serve --db
fails 2 "www" "a folder that is not there" serve --www "$work/nowhere"
fails 2 "cors" "an origin that is none" serve --cors-origin example.org
fails 2 "sreve" "an unknown command" sreve
printf 'workers = 2\nworkers = 3\n' >"$work/twice.conf"
fails 2 "twice.conf:2: workers" "a name twice in the file" serve --config "$work/twice.conf"
printf '# mine\nwrokers = 2\n' >"$work/unknown.conf"
fails 2 "unknown.conf:2: .*wrokers" "an unknown name in the file" serve --config "$work/unknown.conf"
printf 'workers = none\n' >"$work/value.conf"
fails 2 "value.conf:1: workers" "a bad value in the file" serve --config "$work/value.conf"
printf '\n# x\nworkers 2\n' >"$work/broken.conf"
fails 2 "broken.conf:3: " "a line that is no entry" serve --config "$work/broken.conf"
printf 'workers =\n' >"$work/empty.conf"
fails 2 "empty.conf:1: workers" "an entry without a value" serve --config "$work/empty.conf"
fails 2 "absent.conf" "a file that is not there" serve --config "$work/absent.conf"
POCKETBOOK_WORKERS=x fails 2 "POCKETBOOK_WORKERS" "a bad value in the environment" serve

printf 'db = %s\nworkers = 1\nauth = off\nlisten = 127.0.0.1:0\n' "$work/file.db" >"$work/good.conf"
log=$work/good.log
POCKETBOOK_WORKERS=2 "$POCKETBOOK" serve --config "$work/good.conf" --db "$work/line.db" >/dev/null 2>"$log" &
server=$!
wait_for "the file, the environment and the command line are read" grep -q 'serving http' "$log"
like "$(cat "$log")" "2 workers, database $work/line.db" "the command line goes before the environment, that before the file"
stop
is "$status" 0 "it stops"
log=$work/file.log
"$POCKETBOOK" serve --config "$work/good.conf" >/dev/null 2>"$log" &
server=$!
wait_for "the file alone is enough" grep -q 'serving http' "$log"
like "$(cat "$log")" "127.0.0.1:[0-9]+ \(1 worker, database $work/file.db" "it says what it says"
stop

# Names that options had in earlier releases.
fails 2 "--max-guesses: " "a bad value under a former name" serve --max-guesses x
POCKETBOOK_CORS=example.org fails 2 "POCKETBOOK_CORS: " "the same in the environment" serve
fails 2 "--keep: given twice" "both names of an option" serve --retention 1d --keep 1d
printf 'metrics = 127.0.0.1:0\nkeep = 30d\n' >"$work/former.conf"
log=$work/former.log
POCKETBOOK_CORS=https://app.example "$POCKETBOOK" serve --config "$work/former.conf" --db "$work/former.db" --auth off --listen 127.0.0.1:0 \
	--workers 1 --host notes.example.org --max-guesses 5 >/dev/null 2>"$log" &
server=$!
wait_for "former names work on the command line, in the environment and in the file" grep -q 'serving http' "$log"
url=$(sed -n 's/.*serving \(http:\/\/[^ ,]*\).*/\1/p' "$log" | head -1)
like "$(cat "$log")" 'metrics at http' "of the file"
like "$(curl -si "$url/sync?group=a" -H 'Origin: https://app.example')" '^Access-Control-Allow-Origin: https://app.example' "of the environment"
is "$(status_of "$url/sync?group=a" -H 'Host: notes.example.org')" 200 "of the command line"
stop
is "$("$POCKETBOOK" help serve | grep -Ec -- '--(keep|max-guesses|host|cors|metrics) ')" 0 "help lists new names only"
is "$("$POCKETBOOK" completion bash | grep -Ec -- '--(keep|max-guesses|host|cors|metrics)[ '"'"']')" 0 "completion too"

is "$("$POCKETBOOK" version | head -1 | cut -d' ' -f1)" pocketbook "version tells the name"
like "$("$POCKETBOOK" help)" 'serve.*' "help tells the commands"
like "$("$POCKETBOOK" help serve)" '--listen ADDR:PORT' "help serve tells its options"
"$POCKETBOOK" help >/dev/full 2>/dev/null
is $? 1 "help that cannot be written has failed"
finish
