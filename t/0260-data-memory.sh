#!/usr/bin/env bash
# What reads and writes whole databases takes no more memory for ten times as many
# documents.
. "$(dirname "$0")/lib.sh"
grep -q __asan_init "$POCKETBOOK" && skip_all "a sanitizer's memory is not the program's"
[ -x /usr/bin/time ] || skip_all "time is not installed"

few=5000 many=50000
text=$(printf '%02000d' 0 | tr 0 x)
seq 1 $many | sed "s/.*/{\"id\":\"docs:&\",\"value\":{\"text\":\"$text\",\"n\":&}}/" >"$work/many"
head -$few "$work/many" >"$work/few"

# peak WORD...: the most memory that the command had at a time, in KiB, in $peak
peak() {
	/usr/bin/time -f %M -o "$work/peak" "$POCKETBOOK" "$@" >"$work/out" 2>"$work/said"
	status=$?
	peak=$(tail -1 "$work/peak")
}
# compare NAME: the last peaks of the few and the many. The documents that are more have
# 90 MiB.
compare() {
	# shellcheck disable=SC2154 # set beside the calls of peak
	note "$1: $small KiB for $few documents, $peak KiB for $many"
	[ "$peak" -lt $((small + 8192)) ]
	ok $? "$1 takes no more for ten times as many"
}
for size in few many; do
	peak import "$work/$size" --db "$work/$size.db"
	is "$status" 0 "$size are imported"
	eval "import_$size=\$peak"
	peak export --db "$work/$size.db" "$work/$size.out"
	is "$status $(wc -l <"$work/$size.out")" "0 $(wc -l <"$work/$size")" "$size are exported"
	eval "export_$size=\$peak"
	peak check --db "$work/$size.db"
	is "$status" 0 "$size are checked"
	eval "check_$size=\$peak"
	peak backup "$work/$size.bak" --db "$work/$size.db"
	is "$status" 0 "$size are backed up"
	eval "backup_$size=\$peak"
	peak import "$work/$size" --db "$work/$size.db" --existing replace
	is "$status" 0 "$size are compared with what is there"
	eval "replace_$size=\$peak"
	peak doc ls --json --db "$work/$size.db"
	is "$status $(wc -l <"$work/out")" "0 $(wc -l <"$work/$size")" "$size are listed"
	eval "ls_$size=\$peak"
done
for command in import export check backup replace ls; do
	eval "small=\$${command}_few peak=\$${command}_many"
	compare "$command"
done
finish
