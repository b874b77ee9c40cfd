#!/usr/bin/env bash
# The page, the folder that can stand in for it, CORS, and what a supervisor asks.
. "$(dirname "$0")/lib.sh"

serve_open --workers 1 --cors-origin https://app.example --cors-origin http://localhost:3000
head=$(curl -si "$url/" | tr -d '\r')
like "$head" '^HTTP/1.1 200 OK' "the page is there"
like "$head" '^Content-Type: text/html' "as HTML"
like "$head" "^Content-Security-Policy: default-src 'self'" "with a policy"
like "$head" '^X-Content-Type-Options: nosniff' "and no guessing of types"
etag=$(printf '%s\n' "$head" | sed -n 's/^ETag: //p')
is "$(status_of "$url/" -H "If-None-Match: $etag")" 304 "it is not sent twice"
is "$(status_of "$url/" -H "If-None-Match: \"x\", W/$etag")" 304 "whatever the list of tags looks like"
is "$(status_of "$url/" -H 'If-None-Match: "x"')" 200 "but for another tag it is"
is "$(curl -sI "$url/" | tr -d '\r' | sed -n 's/^Content-Length: //p')" "$(curl -s "$url/" | wc -c)" "HEAD tells the length"
is "$(curl -s --compressed "$url/pocketbook.js" | md5sum)" "$(curl -s "$url/pocketbook.js" | md5sum)" "compressed and plain are the same"
like "$(curl -sI "$url/pocketbook.js" -H 'Accept-Encoding: gzip')" 'Content-Encoding: gzip' "for those who take it"
plain=$(curl -sI "$url/pocketbook.js" | tr -d '\r' | sed -n 's/^ETag: //p')
packed=$(curl -sI "$url/pocketbook.js" -H 'Accept-Encoding: gzip' | tr -d '\r' | sed -n 's/^ETag: //p')
[ "$plain" != "$packed" ]
ok $? "each has a tag of its own"
is "$(status_of "$url/pocketbook.js" -H 'Accept-Encoding: gzip' -H "If-None-Match: $packed")" 304 "which is known again"
is "$(status_of "$url/pocketbook.js" -H 'Accept-Encoding: gzip' -H "If-None-Match: $plain")" 200 "for that one alone"
like "$(curl -sI "$url/pocketbook.js")" '^Vary: Accept-Encoding' "caches are told"
for refusal in 'gzip;q=0' 'gzip; q=0' 'br, gzip ; q=0.0' identity; do
	unlike "$(curl -sI "$url/pocketbook.js" -H "Accept-Encoding: $refusal")" 'Content-Encoding' "$refusal: gzip is not wanted"
done
like "$(curl -sI "$url/pocketbook.js" -H 'Accept-Encoding: br, gzip;q=0.5, *;q=0')" '^Content-Encoding: gzip' "gzip;q=0.5: it is"
is "$(curl -sI "$url/" | tr -d '\r' | sed -n 's/^ETag: //p')" "$etag" "HEAD tells the tag"
library=$(curl -s "$url/pocketbook.js" | md5sum)
is "$(status_of "$url/nothing.js")" 404 "what is not there is not found"
is "$(curl -s "$url/healthz")" ok "healthz"
is "$(curl -s "$url/readyz")" ready "readyz"

origin='Origin: https://app.example'
like "$(curl -si "$url/sync?group=a" -H "$origin")" 'Access-Control-Allow-Origin: https://app.example' "a page of a configured origin may read"
like "$(curl -si "$url/sync?group=" -H "$origin")" 'Access-Control-Allow-Origin: https://app.example' "refusals too"
like "$head" '^Permissions-Policy: camera=\(\)' "the page may not use what it does not need"
like "$head" '^Referrer-Policy: no-referrer' "tells nobody where it was"
like "$head" '^Cross-Origin-Opener-Policy: same-origin' "and shares no window"
unlike "$head" "unsafe-inline|unsafe-eval|script-src[^;]*(\*|https?:|data:)" "its policy has no hole"
for path in /nothing '/sync?group=' '/sync?group=a' /pocketbook.js //x; do
	head=$(curl -si --path-as-is "$url$path" | tr -d '\r' | sed '/^$/q')
	is "$(printf '%s\n' "$head" | grep -c '^X-Content-Type-Options: nosniff$')" 1 "no guessing of types: $path"
	is "$(printf '%s\n' "$head" | grep -cE "^Cache-Control: (no-store|no-cache)$")" 1 "nor keeping without asking: $path"
	like "$head" "^(Content-Security-Policy: default-src '(none|self)'|Cross-Origin-Resource-Policy: same-origin)" "nor running, nor embedding: $path"
	is "$(printf '%s\n' "$head" | sed 's/:.*//' | grep -v '^Vary$' | sort | uniq -d)" "" "each field once: $path"
done
for path in /nothing '/sync?group=' //x; do
	like "$(curl -si --path-as-is "$url$path")" "^Content-Security-Policy: default-src 'none'; frame-ancestors 'none'" "a refusal runs nothing: $path"
done

for path in /nothing /events '/events?group=a&since=x' '/sync?group=a&limit=0'; do
	like "$(curl -si "$url$path" -H "$origin")" 'Access-Control-Allow-Origin: https://app.example' "so are $path"
done
like "$(curl -si -X PUT "$url/sync" -H "$origin")" 'Access-Control-Allow-Origin: https://app.example' "and a method that is not allowed"
like "$(curl -si "$url/sync" -H "$origin" -d x)" 'Access-Control-Allow-Origin: https://app.example' "and a type that is not taken"
like "$(curl -si "$url/sync?group=a" -H 'Origin: http://localhost:3000')" 'Access-Control-Allow-Origin: http://localhost:3000' "each origin that is configured"
for other in http://app.example https://app.example:444 https://app.example.evil https://APP.example null; do
	unlike "$(curl -si "$url/sync?group=a" -H "Origin: $other")" 'Access-Control-Allow' "but not $other"
done
unlike "$(curl -si "$url/sync?group=a" -H 'Origin: https://evil.example')" 'Access-Control-Allow' "others may not"
like "$(curl -si "$url/sync?group=a")" '^Vary: Origin' "caches are told"
like "$(curl -si "$url/pocketbook.js" -H "$origin")" 'Access-Control-Allow-Origin: https://app.example' "and load the library"
head=$(curl -si -X OPTIONS "$url/sync" -H "$origin" -H 'Access-Control-Request-Method: POST')
like "$head" '^HTTP/1.1 204' "a preflight is answered"
like "$head" 'Access-Control-Allow-Methods: .*POST' "with methods"
like "$head" 'Access-Control-Allow-Headers: .*Authorization' "and fields"
unlike "$(curl -si -X OPTIONS "$url/sync" -H 'Origin: https://evil.example')" 'Access-Control-Allow' "for others without them"
stream cors 'group=a' -i -H "$origin"
like "$(cat "$work/cors")" 'Access-Control-Allow-Origin: https://app.example' "streams carry it"
stop

mkdir -p "$work/www/sub"
printf 'mine' >"$work/www/index.html"
printf 'sub' >"$work/www/sub/index.html"
printf 'body{}' >"$work/www/a b.css"
printf 'secret' >"$work/secret"
ln -s ../secret "$work/www/out"
ln -s index.html "$work/www/in"
printf hidden >"$work/www/.env"
mkdir -p "$work/www/.git"
printf hidden >"$work/www/.git/config"
ln -s .env "$work/www/env"
ln -s .git "$work/www/git"
ln -s .. "$work/www/up"
ln -s "$work/secret" "$work/www/absolute"
mkfifo "$work/www/pipe"
: >"$work/www/nothing.txt"
serve_open --www "$work/www"
is "$(curl -s "$url/")" mine "a folder stands in for the page"
is "$(curl -s "$url/sub/")" sub "folders in it have index pages"
like "$(curl -si "$url/a%20b.css")" 'Content-Type: text/css' "types go by the ending"
is "$(curl -s "$url/in")" mine "a link within it is followed"
is "$(status_of "$url/env")" 404 "one to a hidden file in it is not"
is "$(status_of "$url/git/config")" 404 "nor one to a hidden folder"
is "$(status_of "$url/out")" 404 "nor one that leaves it"
is "$(status_of "$url/up/secret")" 404 "nor a folder's that does"
is "$(status_of "$url/absolute")" 404 "nor one by a whole path"
is "$(status_of "$url/pipe" --max-time 20)" 404 "a pipe is no file, and is not waited for"
is "$(status_of "$url/index.html/")" 404 "a file is no folder"
is "$(status_of "$url/$(printf '%05000d' 0)")" 404 "a path may be too long for any file"
is "$(status_of "$url/nothing.txt") $(wc -c <"$work/body")" "200 0" "an empty file is a file"
is "$(status_of "$url/sub")" 404 "a folder is no file"
is "$(status_of --path-as-is "$url/../secret")" 400 "nor do dots leave it"
is "$(status_of --path-as-is "$url/sub/..%2f..%2fsecret")" 400 "nor escaped ones"
etag=$(curl -si "$url/" | tr -d '\r' | sed -n 's/^ETag: //p')
is "$(status_of "$url/" -H "If-None-Match: $etag")" 304 "it is not sent twice"
is "$(curl -s "$url/pocketbook.js" | md5sum)" "$library" "the library stays where it was"
curl -s "$url/pocketbook.tgz" | tar -xzO package/package.json | grep -q '"name": "pocketbook"'
is "$?" 0 "and so does its package"
like "$(curl -sI "$url/pocketbook.tgz")" 'Content-Type: application/gzip' "which is sent as it is"
mkdir -p "$work/www/.git" "$work/www/.well-known/.git" "$work/www/sub/.hidden"
for file in .env .git/config .well-known/security.txt .well-known/.git/config sub/.htpasswd sub/.hidden/index.html sub/a.b; do
	printf '%s' "$file" >"$work/www/$file"
done
for file in .env .git/config .git/ %2eenv .well-known/.git/config sub/.htpasswd sub/%2Ehtpasswd sub/.hidden/ sub/.hidden/index.html; do
	is "$(status_of --path-as-is "$url/$file")" 404 "what is hidden is not served: $file"
done
is "$(curl -s "$url/.well-known/security.txt") $(curl -s "$url/sub/a.b")" ".well-known/security.txt sub/a.b" "what is well known is, and other dots are"
for path in '/sub%2f..%2f..%2fsecret' '/%2e%2e/secret' '/..%5csecret' '/sub/%c0%ae%c0%ae/secret' '/%252e%252e/secret' '/sub/....//secret' '/sub%2findex.html%00.png'; do
	like "$(status_of --path-as-is "$url$path")" '^(400|404)$' "no trick leaves it: $path"
	unlike "$(cat "$work/body")" '^secret$' "nor shows what is outside: $path"
done
like "$(curl -si "$url/")" "^Content-Security-Policy: frame-ancestors 'self'" "its pages are framed by nobody else"
unlike "$(curl -si "$url/")" "default-src" "and say the rest themselves"
printf 'own' >"$work/www/pocketbook.js"
is "$(curl -s "$url/pocketbook.js")" own "unless the folder has one"
printf 'new!' >"$work/www/index.html.new" && mv "$work/www/index.html.new" "$work/www/index.html"
is "$(curl -s "$url/" -H "If-None-Match: $etag")" 'new!' "until it changes"
stop

serve_open --workers 1 --cors-origin '*'
like "$(curl -si "$url/sync?group=a" -H 'Origin: https://any.example')" 'Access-Control-Allow-Origin: https://any.example' "all origins may be let in"
stop
serve_open --workers 1
unlike "$(curl -si "$url/sync?group=a" -H 'Origin: https://any.example')" 'Access-Control-Allow' "none is, unless one is configured"
stop
"$POCKETBOOK" token add --db "$db" --user a --group a >/dev/null 2>&1
serve --workers 1 --cors-origin https://app.example
like "$(curl -si "$url/sync?group=a" -H "$origin")" 'Access-Control-Allow-Origin: https://app.example' "a page may read that it needs a token"
is "$(status_of -X OPTIONS "$url/sync" -H "$origin")" 204 "a preflight needs none"
stop
finish
