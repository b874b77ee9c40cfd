#!/usr/bin/env bash
# pocketbook top: one picture as text, and live in a terminal, which it leaves as it
# was.
. "$(dirname "$0")/lib.sh"
command -v tmux >/dev/null || skip_all "tmux is not installed"
terminal=$work/tmux
trap 'tmux -S "$terminal" kill-server 2>/dev/null; clean' EXIT
pane() { tmux -S "$terminal" capture-pane -p -t test; }
keys() { tmux -S "$terminal" send-keys -t test "$@"; }
shows() { pane | grep -Eq -- "$1"; }
hides() { ! shows "$1"; }

"$POCKETBOOK" top --db "$work/none.db" >"$work/out" 2>&1
is "$? $(cat "$work/out")" "1 pocketbook: $work/none.db: No such file or directory; check the name of the database (--db FILE); a server makes it when it starts" "a database that is not there"
serve_open --workers 2
stop
"$POCKETBOOK" top --db "$db" >"$work/out" 2>&1
is "$? $(cat "$work/out")" "1 pocketbook: $db: no server runs on it" "one without a server"

serve_open --workers 2
stream one group=g
push '{"docs":[{"id":"g:1","value":1},{"id":"g:2","value":1}]}' >/dev/null
push '{"docs":[{"id":"g:2","base":1,"deleted":true}]}' >/dev/null
text=$("$POCKETBOOK" top --db "$db")
like "$text" "^pocketbook on $db, running for " "one picture says of what it is"
like "$text" '^Documents 1, tombstones 1, sequence 3, file [0-9.]+ KiB, log [0-9.]+ KiB$' "what is there"
like "$text" '^Streams 1, connections [0-9]+, pushes waiting 0$' "who is there"
like "$text" '^Pushes +[0-9.]+ +2$' "what has happened"
is "$(printf '%s\n' "$text" | grep -cE '^(writer|worker\.[01]) +[0-9]+ serving +0')" 3 "and each process"
is "$(printf '%s' "$text" | tr -d '\n' | LC_ALL=C grep -c '[[:cntrl:]]')" 0 "as plain text"
is "$(printf '%s\n' "$text" | awk 'length > 80' | wc -l)" 0 "80 columns wide"
"$POCKETBOOK" top --db "$db" --interval 0s >/dev/null 2>"$work/out"
is "$?" 2 "an interval out of bounds is refused"

tmux -S "$terminal" -f /dev/null new-session -d -s test -x 90 -y 24 "env PS1='prompt> ' bash --norc" || { ok 1 "a terminal opens"; finish; }
tmux -S "$terminal" set-option -g remain-on-exit on >/dev/null
wait_for "a shell in a terminal" shows '^prompt>'
keys 'before=$(stty -g); echo "this" "was here"' Enter
wait_for "has something on its screen" shows '^this was here'
settings() {
	keys "clear; [ \"\$(stty -g)\" = \"\$before\" ] && echo same\"\" settings" Enter
	wait_for "$1: the terminal is as it was" shows '^same settings'
	keys 'clear' Enter
}
start() {
	keys "'$POCKETBOOK' top --db '$db'" Enter
	wait_for "$1" shows '^worker\.1 +[0-9]+ serving'
	wait_for "$1: it has the screen for itself" hides 'prompt>'
}
start "top in a terminal"
is "$(tmux -S "$terminal" display-message -p -t test '#{alternate_on} #{cursor_flag}')" '1 0' "on the alternate screen, without a cursor"
push '{"docs":[{"id":"g:3","value":1}]}' >/dev/null
wait_for "it moves" shows '^Documents 2, tombstones 1, sequence 4'
kill "$stream"
wait_for "on" shows '^Streams 0,'
wait_for "it says how to leave" shows '^pocketbook on .*q leaves$|^q leaves$'
tmux -S "$terminal" resize-window -t test -x 60 -y 24
fits() { shows 'PER SECOND +HALF IN +99 % IN *$' && shows 'STREAMS +REQ/S +PUSH/S +EVENTS/S *$' && hides 'RESPAWNS'; }
wait_for "what does not fit 60 columns is left out as a column" fits
tmux -S "$terminal" resize-window -t test -x 40 -y 10
narrow() { shows '^pocketbook on ' && [ "$(pane | grep -c 'PER SECOND')" = 1 ] && hides '^worker'; }
wait_for "it fits a smaller window" narrow
tmux -S "$terminal" resize-window -t test -x 90 -y 24
wait_for "and a larger one" shows '^worker\.1'
keys C-z
wait_for "it can be stopped" shows 'Stopped'
is "$(tmux -S "$terminal" display-message -p -t test '#{alternate_on} #{cursor_flag}')" '0 1' "which gives the terminal back"
keys 'fg; echo "left" with $?' Enter
wait_for "and goes on" shows '^worker\.1 +[0-9]+ serving'
stop
wait_for "when the server has gone it says so" shows 'no server runs on it'
serve_open --workers 2
wait_for "and goes on with the next one" shows '^worker\.1 +[0-9]+ serving'
keys q
wait_for "q leaves" shows '^left with 0'
is "$(tmux -S "$terminal" display-message -p -t test '#{alternate_on} #{cursor_flag}')" '0 1' "with the screen as it was"
settings "q"
for signal in INT TERM HUP; do
	start "top once more"
	case $signal in
	INT) keys C-c ;;
	*) kill -s $signal "$(pgrep -f "$POCKETBOOK top --db $db" | head -1)" ;;
	esac
	wait_for "SIG$signal ends it" shows '^prompt>'
	is "$(tmux -S "$terminal" display-message -p -t test '#{alternate_on} #{cursor_flag}')" '0 1' "SIG$signal: the screen is given back"
	settings "SIG$signal"
done
keys "TERM=dumb '$POCKETBOOK' top --db '$db' | head -1" Enter
wait_for "a terminal that cannot draw gets text" shows "^pocketbook on $db"
keys "clear; '$POCKETBOOK' top --db '$db' </dev/null" Enter
wait_for "without keys it still draws" shows '^worker\.1 +[0-9]+ serving'
keys C-c
wait_for "until a signal comes" shows '^prompt>'
stop
finish
