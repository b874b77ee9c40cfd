#!/usr/bin/env bash
# Two builds of one release, in two folders, must give the same program. Not among the
# numbered scripts, as it compiles everything twice: ./dev test runs it.
#
#   reproducible.sh BUILD    BUILD: a configured build folder, from which a release is made
. "$(dirname "$0")/lib.sh"
release=${1:-$here/../build/release}
unset MAKEFLAGS MFLAGS MAKELEVEL

make -s -C "$release" distdir >"$work/dist.out" 2>&1
is "$?" 0 "the files of a release are gathered"
for folder in first second/of-another-depth; do
	mkdir -p "$work/$folder"
	cp -R "$release"/pocketbook-*/. "$work/$folder/"
	(cd "$work/$folder" && ./configure --quiet && make -s -j"$(nproc)" pocketbook pocketbook.cdx.json) >"$work/build.out" 2>&1
	is "$?" 0 "it is built in $folder" || tail -20 "$work/build.out"
done
is "$(sha256sum <"$work/second/of-another-depth/pocketbook")" "$(sha256sum <"$work/first/pocketbook")" "both programs have the same bytes"

is "$(sha256sum <"$work/second/of-another-depth/pocketbook.cdx.json")" "$(sha256sum <"$work/first/pocketbook.cdx.json")" "and both bills of materials"
like "$(cat "$work/first/pocketbook.cdx.json")" '"bomFormat": "CycloneDX"' "which are there"

# What the compiler and the linker were asked for, read from the program itself.
program=$work/first/pocketbook
like "$(readelf --debug-dump=info "$program" | grep -m1 DW_AT_producer)" "ftrivial-auto-var-init=zero" "unwritten variables are zero"
like "$(readelf --syms --wide "$program")" "__[a-z]+_chk@" "calls of the C library are fortified"
like "$(readelf --dynamic "$program")" "BIND_NOW|FLAGS .*NOW" "symbols are bound at the start"
like "$(readelf --file-header "$program")" "DYN" "its place in memory is random"
unlike "$(readelf --program-headers --wide "$program" | grep GNU_STACK)" "RWE" "the stack is not executable"
finish
