#!/usr/bin/env bash
# A cross build of a release must not run what it builds. The build here is for this
# machine, but configure believes otherwise, and no program that is linked can start: it
# names a dynamic linker that does not exist.
#
#   cross.sh BUILD    BUILD: a configured build folder, from which a release is made
. "$(dirname "$0")/lib.sh"
release=$(realpath "${1:-$here/../build/release}")
unset MAKEFLAGS MFLAGS MAKELEVEL

make -s -C "$release" distdir >"$work/dist.out" 2>&1
is "$?" 0 "the files of a release are gathered"
source=$(echo "$release"/pocketbook-*/)
mkdir "$work/build"
cd "$work/build" || exit 1
"${source}configure" --quiet --build=alpha-linux-gnu --host="$(gcc -dumpmachine)" CC=gcc CFLAGS=-O0 \
	LDFLAGS=-Wl,--dynamic-linker=/nonexistent/ld.so >"$work/build.out" 2>&1 && make -s -j"$(nproc)" >>"$work/build.out" 2>&1
is "$?" 0 "it is built" || tail -20 "$work/build.out"
./pocketbook version >"$work/version" 2>&1
is "$?" 127 "and cannot run here"
make -s install DESTDIR="$work/root" >"$work/install.out" 2>&1
is "$?" 0 "it is installed" || tail -20 "$work/install.out"
for file in share/man/man1/pocketbook-serve.1 share/man/man7/pocketbook-protocol.7 share/bash-completion/completions/pocketbook \
	share/zsh/site-functions/_pocketbook share/doc/pocketbook/examples/pocketbook.conf; do
	[ -s "$work/root/usr/local/$file" ]
	ok $? "with $file"
done

# A clone has no manual yet.
mkdir "$work/clone"
cp -R "$release"/pocketbook-*/. "$work/clone"
rm -r "$work/clone/doc/generated"
(cd "$work/clone" && ./configure --quiet --build=alpha-linux-gnu --host="$(gcc -dumpmachine)" CC=gcc) >"$work/clone.out" 2>&1
is "$?" 1 "a cross build without a release is refused"
like "$(cat "$work/clone.out")" "make dist" "with what to do"
finish
