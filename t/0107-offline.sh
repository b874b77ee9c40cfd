#!/usr/bin/env bash
# The service worker that the server makes of a folder: which files it names, when its
# version changes, and what it costs.
. "$(dirname "$0")/lib.sh"

hash_of() { openssl dgst -sha256 -binary "$1" | base64; }
tag() { curl -sI "$url/pocketbook-sw.js" | tr -d '\r' | sed -n 's/^ETag: //p'; }
listed() { curl -s "$url/pocketbook-sw.js" | tail -1 | grep -o '\["[^"]*","sha256-' | cut -d'"' -f2 | paste -sd' '; }

serve_open --workers 1
is "$(status_of "$url/pocketbook-sw.js")" 404 "the built-in page has its own"
stop

www=$work/www
mkdir -p "$www/sub/.hidden" "$www/.git" "$work/outside"
printf 'home' >"$www/index.html"
printf 'sub' >"$www/sub/index.html"
printf 'odd' >"$www/a b\"@(1).js"
for file in .env .git/config sub/.hidden/x sub/app.js.map; do printf 'not listed' >"$www/$file"; done
printf 'secret' >"$work/outside/secret"
ln -s ../outside/secret "$www/out"
ln -s ../outside "$www/sub/up"
ln -s . "$www/loop"
mkfifo "$www/pipe"
head -c 9000000 /dev/zero >"$www/film.mp4"
serve_open --workers 1 --www "$www"
like "$(curl -si "$url/pocketbook-sw.js")" 'Content-Type: text/javascript' "a folder has one that is made"
like "$(listed)" '^a%20b%22%40%281%29\.js index\.html sub/index\.html pocketbook\.js pocketbook/history\.js pocketbook/join\.js pocketbook/later-[^ ]* pocketbook/scittle\.js pocketbook/transit-[^ ]* pocketbook/updates\.js$' \
	"it names its files and the library, nothing hidden, too large or outside"
like "$(curl -s "$url/pocketbook-sw.js")" "\[\"index.html\",\"sha256-$(hash_of "$www/index.html" | sed 's/[+]/[+]/g')\"\]" "with hashes of what is in them"
curl -s "$url/pocketbook-sw.js" >"$work/worker.js"
like "$(tail -1 "$work/worker.js")" "\"$(tag | grep -o '[0-9a-f]\{16\}')\")\$" "and with the version that is its tag"

first=$(tag)
is "$(tag)" "$first" "it is the same while nothing changes"
is "$(status_of "$url/pocketbook-sw.js" -H "If-None-Match: $first")" 304 "and not sent twice"
touch "$www/index.html"
is "$(tag)" "$first" "also when a file has another time"
printf 'homf' >"$www/index.html"
second=$(tag)
[ "$second" != "$first" ]
ok $? "but not with another content"
printf 'home' >"$www/index.html"
is "$(tag)" "$first" "and the same again with the one before"
mv "$www/sub" "$www/part"
[ "$(tag)" != "$first" ]
ok $? "a name counts too"
ln -s part/index.html "$www/in"
like "$(listed)" '(^| )in ' "a link within the folder is a file of it"
is "$(curl -s "$url/in")" sub "which is served"
printf 'mine' >"$www/pocketbook.js"
is "$(listed | grep -o 'pocketbook\.js' | wc -l)" 1 "the folder's own library replaces the built-in one"

mkdir "$www/many"
(cd "$www/many" && seq 1 1001 | xargs touch)
is "$(status_of "$url/pocketbook-sw.js")" 404 "with more than 1000 files there is none"
like "$(cat "$work/body")" 'than a device is to keep' "and it says why"
is "$(status_of "$url/pocketbook-sw.js")" 404 "each time it is asked for"
is "$(grep -c 'event=folder_too_large folder=.* files_max=1000' "$log")" 1 "the log says so once"
rm -r "$www/many"
for i in 1 2 3 4 5; do head -c 8000000 /dev/urandom >"$www/$i.bin"; done
is "$(status_of "$url/pocketbook-sw.js")" 404 "nor with more than 32 MiB"
rm "$www"/?.bin
is "$(status_of "$url/pocketbook-sw.js")" 200 "else there is again"
printf 'own' >"$www/pocketbook-sw.js"
is "$(curl -s "$url/pocketbook-sw.js")" own "unless the folder has one of its own"
stop
finish
