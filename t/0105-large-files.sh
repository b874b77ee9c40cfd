#!/usr/bin/env bash
# Large files of --www: sent without being read into memory, whole and in ranges.
. "$(dirname "$0")/lib.sh"

mkdir "$work/www"
truncate -s 512M "$work/www/large.bin"
printf 'end' >>"$work/www/large.bin"
printf '0123456789' >"$work/www/small.txt"
: >"$work/www/empty.txt"
touch -d '1 hour ago' "$work/www"/*
size=$((512 * 1024 * 1024 + 3))
serve_open --www "$work/www" --workers 1 --max-in-flight 64M
worker=$(workers)
peak() { sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$worker/status"; }
head_of() { curl -s -o /dev/null -D - "$@" | tr -d '\r'; }

# One of each kind first, so that what is allocated once is not counted.
is "$(curl -s "$url/small.txt")" 0123456789 "a small file"
before=$(peak)
is "$(curl -sI "$url/large.bin" | tr -d '\r' | sed -n 's/^Content-Length: //p')" "$size" "HEAD tells the size"
is "$(curl -s -o /dev/null -w '%{size_download}' "$url/large.bin")" "$size" "a large file arrives whole"
is "$(curl -s -r $((size - 5))- "$url/large.bin" | od -An -c | tr -d ' ')" '\0\0end' "its end alone"
[ $(($(peak) - before)) -lt 65536 ]
ok $? "none of them takes memory: $before KiB, then $(peak) KiB"

# A client that reads nothing holds nothing: others are served.
exec 5<>"/dev/tcp/127.0.0.1/${url##*:}"
printf 'GET /large.bin HTTP/1.1\r\nHost: localhost\r\n\r\n' >&5
read -r line <&5
like "$line" '^HTTP/1.1 200 OK' "a large file for a client that stops reading"
is "$(curl -s "$url/small.txt")" 0123456789 "others are served"
# The file shrinks while it is sent: the response ends early, the worker stays.
truncate -s 1M "$work/www/large.bin"
cat <&5 >"$work/rest"
[ "$(wc -c <"$work/rest")" -lt "$size" ]
ok $? "a file that shrinks ends its response"
exec 5>&-
is "$(workers)" "$worker" "and not the worker"

is "$(status_of "$url/small.txt" -r 2-4) $(cat "$work/body")" '206 234' "a range"
head=$(head_of "$url/small.txt" -r 2-4)
like "$head" '^HTTP/1.1 206 Partial Content' "with its status"
like "$head" '^Content-Range: bytes 2-4/10$' "and its place"
like "$head" '^Content-Length: 3$' "and its length"
like "$(head_of "$url/small.txt")" '^Accept-Ranges: bytes$' "ranges are offered"
is "$(status_of "$url/small.txt" -r 7-) $(cat "$work/body")" '206 789' "a range to the end"
is "$(status_of "$url/small.txt" -r -2) $(cat "$work/body")" '206 89' "the last bytes"
is "$(status_of "$url/small.txt" -r 8-99) $(cat "$work/body")" '206 89' "a range that goes beyond the end"
is "$(status_of "$url/small.txt" -r 10-)" 416 "one that begins there"
head=$(head_of "$url/small.txt" -r 10-)
like "$head" '^Content-Range: bytes \*/10$' "is told the size"
is "$(printf '%s\n' "$head" | sed 's/:.*//' | grep -v '^Vary$' | sort | uniq -d)" "" "each field once"
is "$(status_of "$url/empty.txt" -r 0-)" 416 "nothing has no range"
is "$(status_of "$url/small.txt" -r 0-1,4-5) $(cat "$work/body")" '200 0123456789' "several ranges are answered by the whole"
is "$(status_of "$url/small.txt" -H 'Range: lines=1-2')" 200 "other units are ignored"
is "$(status_of -I "$url/small.txt" -r 2-4)" 200 "HEAD has no ranges"
etag=$(head_of "$url/small.txt" | sed -n 's/^ETag: //p')
like "$etag" '^"' "an old file has a strong tag"
is "$(status_of "$url/small.txt" -r 2-4 -H "If-Range: $etag")" 206 "a range of what the client has"
is "$(status_of "$url/small.txt" -r 2-4 -H 'If-Range: "x"')" 200 "of another file all is sent"
is "$(status_of "$url/small.txt" -r 2-4 -H 'If-Range: Sat, 28 Nov 2026 12:00:00 GMT')" 200 "and by a date"
is "$(status_of "$url/small.txt" -r 20- -H "If-None-Match: $etag")" 304 "what is known is not sent"
touch -d 'next year' "$work/www/small.txt"
weak=$(head_of "$url/small.txt" | sed -n 's/^ETag: //p')
like "$weak" '^W/"' "a file that may still change has a weak tag"
is "$(status_of "$url/small.txt" -r 2-4 -H "If-Range: $weak")" 200 "by which no range is sent"
is "$(status_of "$url/small.txt" -H "If-None-Match: $weak")" 304 "but which is known again"
stop
finish
