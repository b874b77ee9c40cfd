#!/usr/bin/env bash
# Manual pages and the sample configuration: well-formed, and with every command and
# option that help tells of.
. "$(dirname "$0")/lib.sh"
BUILD=${BUILD:-$here/../build/release}
pages=$BUILD/doc/man
sample=$BUILD/deploy/pocketbook.conf

command -v mandoc >/dev/null || { ok 1 "mandoc is installed"; finish; }
lint=$(cd "$pages" && mandoc -Tlint -W style ./*.[157] 2>/dev/null)
is "$lint" "" "mandoc has nothing to say of any page"
rendered() { mandoc -Tascii -O width=900 "$pages/$1" | sed 's/.\x08//g'; }

commands=$("$POCKETBOOK" help | sed -n '/^Commands:/,/^$/s/^  \([a-z]\+\( [a-z]\+\)\?\)\(  .*\|\)$/\1/p')
[ "$(printf '%s\n' "$commands" | grep -c .)" -ge 10 ]
ok $? "help lists the commands"
overview=$(rendered pocketbook.1)
missing=
while read -r -a words; do
	page=pocketbook-$(IFS=-; echo "${words[*]}").1
	[ -s "$pages/$page" ] || { missing="$missing $page"; continue; }
	case $overview in *"${page%.1}(1)"*) ;; *) missing="$missing pocketbook.1:${words[*]}" ;; esac
	text=$(rendered "$page")
	for option in $("$POCKETBOOK" help "${words[@]}" | sed -n 's/^  --\([a-z-]*\).*/\1/p'); do
		printf '%s\n' "$text" | grep -Eq "^ +--$option( |\$)" || missing="$missing $page:--$option"
	done
done <<<"$commands"
is "$missing" "" "each command has its page, and each option is on it"
is "$(ls "$pages"/pocketbook-*.1 | wc -l)" "$(printf '%s\n' "$commands" | wc -l)" "and there is no page of another"
like "$(rendered pocketbook-serve.1)" 'POCKETBOOK_MAX_BODY' "variables are there"
for section in SIGNALS ENVIRONMENT FILES 'EXIT STATUS' EXAMPLES 'SEE ALSO'; do
	like "$(rendered pocketbook-serve.1)" "^$section\$" "pocketbook-serve(1) has $section"
done

file_options=$("$POCKETBOOK" help serve | sed -n 's/^  --\([a-z-]*\).*/\1/p' | grep -vx config)
conf=$(rendered pocketbook.conf.5)
missing=
for option in $file_options; do
	printf '%s\n' "$conf" | grep -Eq "^ +$option = " || missing="$missing pocketbook.conf(5):$option"
	grep -Eq "^#?$option = ." "$sample" || missing="$missing sample:$option"
done
is "$missing" "" "each option of serve is in pocketbook.conf(5) and in the sample"

# The protocol: generated, so look that nothing got lost on the way.
protocol=$(rendered pocketbook-protocol.7 | tr -s ' \n' ' ')
missing=
while read -r heading; do
	case $protocol in *"$heading"*) ;; *) missing="$missing [$heading]" ;; esac
done < <(sed -n 's/^## //p' "$here/../doc/protocol.md" | tr -d '`')
# shellcheck disable=SC2013 # words of one letter case and dashes
for code in $(sed -n 's/^| [0-9]* | `\([a-z-]*\)`.*/\1/p' "$here/../doc/protocol.md"); do
	case $protocol in *" $code: "*) ;; *) missing="$missing $code" ;; esac
done
is "$missing" "" "each section and error of protocol.md is in pocketbook-protocol(7)"
words_of() { tr -c 'A-Za-z0-9' '\n' | grep -E '^[A-Za-z]{3,}$' | sort | uniq -c; }
lost=$(comm -23 <(sed '/^|.*|$/{N;/\n|---/d}; 1d' "$here/../doc/protocol.md" | words_of | awk '{ print $2 }' | sort -u) \
	<(rendered pocketbook-protocol.7 | words_of | awk '{ print $2 }' | sort -u) | tr '\n' ' ')
is "$lost" "" "and each of its words"

# ---- What a server makes of the sample, of all defaults, of the example ----
# A test has its own database and port.
cp "$sample" "$work/sample.conf"
serve --config "$work/sample.conf"
stop
is "$status" 0 "the sample is accepted as it is"
sed -n '/^#[a-z-]* = [a-z0-9]/{s/^#//;/^listen/d;p}' "$sample" >"$work/all.conf"
[ "$(grep -c . "$work/all.conf")" -ge 10 ]
ok $? "the sample has defaults"
serve --config "$work/all.conf"
stop
is "$status" 0 "which are accepted when written out"
rendered pocketbook.conf.5 | sed -n '/^EXAMPLES/,/^SEE/s/^ \{5,\}//p' | grep -v '^db\|^listen' >"$work/example.conf"
[ -s "$work/example.conf" ]
ok $? "pocketbook.conf(5) has an example"
serve --config "$work/example.conf"
stop
is "$status" 0 "which is accepted"
printf '%s\n' '# one' '; another' '' 'max-body = 2M ; and one more' >"$work/comments.conf"
serve --config "$work/comments.conf"
stop
is "$status" 0 "and comments are where it says"
finish
