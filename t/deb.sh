#!/usr/bin/env bash
# The Debian package: built from a release, looked at by lintian, installed, run,
# removed and purged, in a copy of this system that vanishes with the script (an overlay
# in a mount namespace). Not among the numbered ones, as it takes minutes: ./dev test
# runs it.
[ "$(id -u)" = 0 ] || { echo '1..0 # SKIP needs root'; exit 0; }
# Inside, this is process 1: a variable that somebody has set would not do, as what
# follows mounts things.
[ "${DEB_INSIDE:-} $$" = "1 1" ] ||
	DEB_INSIDE=1 exec unshare --mount --propagation private --pid --fork --kill-child --mount-proc bash "$0" "$@"
. "$(dirname "$0")/lib.sh"
release=${1:-$here/../build/release}

# ---- Build and lint ----
unset MAKEFLAGS MFLAGS MAKELEVEL
make -s -C "$release" dist >"$work/dist.out" 2>&1
is "$?" 0 "a release is made"
tar -tzf "$release"/pocketbook-*.tgz package/package.json >/dev/null
is "$?" 0 "and the npm package beside it"
unlike "$(cat "$release"/pocketbook-*.cdx.json)" 'VERSION-OF' "and the bill of materials, with all versions"
tar -C "$work" -xf "$(ls -t "$release"/pocketbook-*.tar.xz | head -1)"
if git -C "$here/.." rev-parse 2>/dev/null; then
	missing=$(git -C "$here/.." ls-files | grep -v '^\.' | while read -r file; do [ -e "$(echo "$work"/pocketbook-*/)$file" ] || echo "$file"; done)
	is "$missing" "" "all that is kept under version control is in it"
fi
cd "$work"/pocketbook-*/ || exit 1
DEB_BUILD_OPTIONS="nocheck noautodbgsym parallel=$(nproc)" PATH=$(printf '%s' "$PATH" | tr : '\n' | grep -v node | paste -sd:) \
	dpkg-buildpackage -b -us -uc >"$work/build.out" 2>&1
status=$?
is "$status" 0 "dpkg-buildpackage builds it"
[ "$status" = 0 ] || { tail -50 "$work/build.out" | sed 's/^/# /'; finish; }
cd "$work" || exit 1
deb=$(ls "$work"/pocketbook_*.deb)
lintian --allow-root --fail-on error,warning "$work"/pocketbook_*.changes >"$work/lintian.out" 2>&1
is "$? $(grep '^[EW]: ' "$work/lintian.out")" "0 " "lintian has no error and no warning"
contents=$(dpkg --contents "$deb" | awk '{ print $6 }')
for path in usr/bin/pocketbook etc/pocketbook/pocketbook.conf lib/systemd/system/pocketbook.service lib/systemd/system/pocketbook.socket \
	usr/share/man/man1/pocketbook.1.gz usr/share/man/man1/pocketbook-serve.1.gz usr/share/man/man5/pocketbook.conf.5.gz \
	usr/share/man/man7/pocketbook-protocol.7.gz usr/share/bash-completion/completions/pocketbook \
	usr/share/zsh/vendor-completions/_pocketbook usr/share/doc/pocketbook/copyright usr/share/doc/pocketbook/examples/nginx.conf \
	usr/share/pocketbook/pocketbook.tgz usr/share/pocketbook/pocketbook.cdx.json; do
	like "$contents" "^\./$path\$" "it has /$path"
done

# ---- A copy of this system ----
# Nothing of the real system is mounted into it, so that no mishap there can reach it,
# and all is unmounted before anything is removed.
clean() {
	local pid
	for pid in $(jobs -p); do kill -KILL "$pid" 2>/dev/null; done
	wait 2>/dev/null
	! grep -q " $work/layer" /proc/self/mountinfo || umount --recursive --lazy "$work/layer"
	grep -q " $work/" /proc/self/mountinfo || rm -rf --one-file-system "$work"
}
mkdir "$work/layer" && mount -t tmpfs -o mode=755 tmpfs "$work/layer" && mkdir "$work/layer/"{upper,work,root}
root=$work/layer/root
mount -t overlay overlay -o "lowerdir=/,upperdir=$work/layer/upper,workdir=$work/layer/work" "$root"
is "$?" 0 "there is a copy of this system"
[ -d "$root/usr" ] || finish
for dir in dev run tmp; do mount -t tmpfs -o mode=755 tmpfs "$root/$dir" || exit 1; done
mount -t proc proc "$root/proc"
chmod 1777 "$root/tmp"
node() { mknod -m 666 "$root/dev/$1" c 1 "$2"; }
node null 3 && node zero 5 && node full 7 && node random 8 && node urandom 9
ln -s /proc/self/fd "$root/dev/fd"
in_root() { chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 "$@"; }
as_user() { in_root runuser -u pocketbook -- "$@"; }
if [ -e "$root/usr/bin/pocketbook" ] || in_root getent passwd pocketbook >/dev/null; then
	in_root dpkg --purge pocketbook >/dev/null 2>&1
	in_root deluser --quiet pocketbook >/dev/null 2>&1
fi
cp "$deb" "$root/tmp/pocketbook.deb"
config=/etc/pocketbook/pocketbook.conf
data=/var/lib/pocketbook
start() {
	log=$work/server.$count.log
	# In the place of the shell's own process, so that it is the server that gets
	# the signals.
	(exec chroot "$root" /usr/bin/env -i PATH=/usr/bin:/bin pocketbook serve --user pocketbook --listen 127.0.0.1:0 >"$log.out" 2>"$log") &
	server=$!
	wait_for "$1" grep -q 'serving http://' "$log" || { cat "$log"; finish; }
	url=$(sed -n 's/.*serving \(http:\/\/[^ ,]*\).*/\1/p' "$log" | head -1)
}
owner() { in_root stat -c '%U:%G %a' "$1"; }

# ---- Installed ----
in_root dpkg --install /tmp/pocketbook.deb >"$work/install.out" 2>&1
is "$?" 0 "it installs where systemd does not run"
is "$(in_root dpkg-query -W -f '${Status}' pocketbook)" "install ok installed" "all the way"
like "$(in_root getent passwd pocketbook)" ":$data:/usr/sbin/nologin\$" "there is a user who cannot log in"
is "$(owner $data)" "pocketbook:pocketbook 700" "its directory is its own"
like "$(in_root dpkg-query -W -f '${Conffiles}' pocketbook)" " $config [0-9a-f]+" "the configuration is a conffile"
is "$(in_root pocketbook version | head -1 | cut -d' ' -f1)" pocketbook "the program runs"
like "$(in_root pocketbook init --db 'postgresql://app@/none?host=/nonexistent' 2>&1)" '^pocketbook: .*/nonexistent' "and has the PostgreSQL back end"
[ -e "$root/etc/systemd/system/multi-user.target.wants/pocketbook.service" ] || [ -L "$root/etc/systemd/system/multi-user.target.wants/pocketbook.service" ]
ok $? "the unit is enabled"
[ ! -L "$root/etc/systemd/system/sockets.target.wants/pocketbook.socket" ]
ok $? "the socket is not"
like "$(in_root man -l /usr/share/man/man1/pocketbook-serve.1.gz 2>/dev/null | col -b)" 'max-connections' "a manual page is readable"

start "it serves as its user, by its configuration"
is "$(stat -c %u "/proc/$(writer)")" "$(in_root id -u pocketbook)" "who is pocketbook"
token=$(as_user pocketbook token add --user ann --group todos 2>/dev/null)
like "$token" '^pbk_' "a token is made beside it, by its configuration"
as_user pocketbook token list --db /tmp/none.db 2>"$work/none.err"
like "$? $(cat "$work/none.err")" "^1 .*none.db" "which a database that is named leaves unread"
is "$(status_of "$url/sync" -H "Authorization: Bearer $token" -H 'Content-Type: application/json' -d '{"docs":[{"id":"todos:1","value":"cheese"}]}')" 200 \
	"a push is taken"
is "$(owner $data/pocketbook.db)" "pocketbook:pocketbook 600" "the database is in its directory"
stop
is "$status" 0 "it stops"

# ---- Upgraded, removed, installed again, purged ----
echo 'max-body = 2M' >>"$root$config"
in_root dpkg --install /tmp/pocketbook.deb >"$work/again.out" 2>&1
is "$? $(tail -1 "$root$config")" "0 max-body = 2M" "installing over it keeps a changed configuration"
in_root dpkg --remove pocketbook >"$work/remove.out" 2>&1
is "$?" 0 "it can be removed"
[ ! -e "$root/usr/bin/pocketbook" ] && [ -s "$root$data/pocketbook.db" ] && [ -s "$root$config" ]
ok $? "which keeps the data and the configuration"
in_root dpkg --install /tmp/pocketbook.deb >"$work/back.out" 2>&1
is "$?" 0 "and installed again"
start "it serves again"
like "$(curl -s "$url/sync?group=todos" -H "Authorization: Bearer $token")" '"value":"cheese"' "what it had"
stop
in_root dpkg --purge pocketbook >"$work/purge.out" 2>&1
is "$?" 0 "it can be purged"
is "$(in_root dpkg-query -W -f '${Status}' pocketbook 2>/dev/null)" "" "dpkg has forgotten it"
left=$(cd "$work/layer/upper" && find . ! -type c ! -path './var/cache/*' ! -path './var/log/*' -name '*pocketbook*')
is "$left" "" "no file of it is left, and no data"
in_root getent passwd pocketbook >/dev/null
is "$?" 0 "but the user"
finish
