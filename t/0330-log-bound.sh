#!/usr/bin/env bash
# The write-ahead log stays short under load, however many readers there are and however
# slowly they take what they asked for.
. "$(dirname "$0")/lib.sh"

# Kept to 16 MiB with readers at work, and what is committed at once comes on top: at
# most 16 MiB and what the last request brought.
bound=$((40 << 20))
pushes=120 # of 1 MB each

value=$(printf '%060000d' 0)
for i in $(seq 16); do printf '%s{"id":"big:%d","base":BASE,"value":"%s"}' "$([ "$i" = 1 ] || echo ,)" "$i" "$value"; done >"$work/docs"
serve_open --workers 3
for slow in 1 2 3 4; do
	curl -sN --limit-rate 20k "$url/events?group=big&docs=1&since=0" >"$work/stream.$slow" 2>/dev/null &
	curl -s --limit-rate 20k "$url/sync?group=big" >"$work/slow.$slow" 2>/dev/null &
done
for reader in 1 2 3; do
	( while [ ! -e "$work/enough" ]; do curl -s "$url/sync?group=big&limit=10000" -o "$work/page.$reader" -w '%{http_code}\n'; done ) >"$work/pulls.$reader" &
done
( while [ ! -e "$work/enough" ]; do stat -c %s "$db-wal"; sleep 0.02; done ) >"$work/sizes" &
watcher=$!
taken=0
for n in $(seq 0 $((pushes - 1))); do
	sed "s/BASE/$n/g; s/.*/{\"docs\":[&]}/" "$work/docs" >"$work/push"
	[ "$(push "@$work/push" | grep -o '"status":"ok"' | wc -l)" = 16 ] && taken=$((taken + 1))
done
touch "$work/enough"
wait "$watcher"
is "$taken" "$pushes" "all pushes are taken"
most=$(sort -n "$work/sizes" | tail -1)
[ "$most" -le "$bound" ]
ok $? "the log never grew beyond $((bound >> 20)) MiB: $((most >> 20)) MiB of $pushes written"
unlike "$(cat "$work"/pulls.*)" '[^20]' "every pull was answered"
unlike "$(cat "$log")" 'event=log_held' "no reader held it"
like "$(pull 'group=big&limit=1')" "\"version\":$pushes" "the last of it is there"
stop
is "$status" 0 "the server stops"
is "$(ls "$db-wal" 2>/dev/null)" "" "and leaves no log behind"
finish
