# ./dev fresh: builds and tests the committed tree on a minimal Debian in a folder of
# its own, which shows what the package lists lack. Sourced by dev.
#
#   fresh              makes the folder and, when all is over, removes it
#   └ fresh_inside     in namespaces of its own: mmdebstrap, then ./dev build and ./dev test in that root
#
# Mounts are made in those namespaces alone, and nothing of this system is mounted: they
# end with their last process. Its package sources, proxies, certificates and npm's
# configuration are copied in. Exit status 77: it cannot run here.
# shellcheck shell=bash disable=SC2154 # lists and tables of the other parts

fresh_refuse() {
	printf 'fresh: cannot run here: %s\n' "$1" >&2
	exit 77
}

# fresh [ARGUMENT...]: of ./dev test; --quick if there are none.
fresh() {
	local status=0
	[ $# -gt 0 ] || set -- --quick
	[ "$(id -u)" = 0 ] || fresh_refuse "it needs root, for mounts; try sudo ./dev fresh"
	command -v apt-get >/dev/null || fresh_refuse "this is not Debian"
	git rev-parse --verify -q HEAD >/dev/null || fresh_refuse "it builds what is committed, and this is not a git work tree"
	"${fresh_unshared[@]}" true 2>/dev/null || fresh_refuse "namespaces cannot be made"
	(install "$fresh_packages") >&2 || fresh_refuse "mmdebstrap is not installed"
	[ -n "$(fresh_sources)" ] || fresh_refuse "there is no package source in /etc/apt"

	fresh_dir=$(mktemp -d "${TMPDIR:-/var/tmp}/pocketbook-fresh.XXXXXX")
	trap fresh_clean EXIT
	trap 'exit 130' INT TERM HUP
	mkdir "$fresh_dir/root"
	git -c core.hooksPath=/dev/null bundle create -q "$fresh_dir/tree" HEAD
	(exec "${fresh_unshared[@]}" ./dev fresh-inside "$fresh_dir" "$@") &
	wait $! || status=$?
	return $status
}

# Process 1 of the namespaces ends with unshare, and everything in them with process 1.
fresh_unshared=(unshare --mount --pid --ipc --uts --propagation private --fork --kill-child --mount-proc)

fresh_clean() {
	local pid
	# Process 1 first: unshare then ends by itself, when nothing in the namespaces
	# is left that could still write.
	# shellcheck disable=SC2046 # a list of ids
	for pid in $(jobs -p); do kill -KILL $(cat "/proc/$pid/task/$pid/children" 2>/dev/null || echo "$pid") 2>/dev/null || true; done
	wait 2>/dev/null || true
	if grep -q " $fresh_dir/" /proc/self/mountinfo; then
		say "something is mounted in $fresh_dir; it stays"
	else
		rm -rf --one-file-system "$fresh_dir"
	fi
}

fresh_sources() {
	local file
	for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.{list,sources}; do [ ! -s "$file" ] || echo "$file"; done
}

# Settings for transfers only: hooks of this system's apt would run on this system's
# files.
fresh_apt_settings() { apt-config dump | grep '^Acquire::' || true; }

# Files that these settings and the environment name: certificates.
fresh_named_files() {
	{
		fresh_apt_settings | sed -n 's/^.* "\(\/.*\)";$/\1/p'
		env | sed -nE 's/^(SSL_CERT_FILE|NODE_EXTRA_CA_CERTS|CURL_CA_BUNDLE|(npm|NPM)_(config|CONFIG)_ca.*)=(\/.*)$/\4/p'
		printf '%s\n' /etc/ssl/certs/ca-certificates.crt
	} | sort -u | while read -r file; do [ ! -f "$file" ] || echo "$file"; done
}

# fresh_copy ROOT PATH...: to the same place in the root; what is not here is left out.
fresh_copy() {
	local root=$1 path
	shift
	for path in "$@"; do
		[ -e "$path" ] || continue
		mkdir -p "$root$(dirname "$path")"
		cp -rL --no-clobber "$path" "$root$(dirname "$path")/"
	done
}

fresh_configure() {
	local root=$1 npmrc
	rm -rf --one-file-system "$root/etc/apt/sources.list" "$root/etc/apt/sources.list.d"
	fresh_copy "$root" /etc/apt/sources.list /etc/apt/sources.list.d /etc/apt/keyrings /usr/share/keyrings /etc/apt/trusted.gpg.d \
		/etc/apt/trusted.gpg /etc/apt/auth.conf /etc/apt/auth.conf.d /usr/local/share/ca-certificates /etc/resolv.conf /etc/hosts
	fresh_named_files | while read -r file; do fresh_copy "$root" "$file"; done
	fresh_apt_settings >"$root/etc/apt/apt.conf.d/90host"
	# Debian's own packages, node above all, also if this system has other sources.
	printf 'Package: *\nPin: release o=Debian\nPin-Priority: 1001\n' >"$root/etc/apt/preferences.d/debian"
	[ ! -f ~/.npmrc ] || cp ~/.npmrc "$root/root/.npmrc"
	npmrc=$(npm config get globalconfig 2>/dev/null || true)
	[ ! -f "$npmrc" ] || cp "$npmrc" "$root/etc/npmrc.host"
}

# New devices, not this system's.
fresh_mount() {
	local root=$1 device
	# Itself onto itself: a test that makes namespaces wants / to be a mount.
	mount --bind "$root" "$root"
	mount -t proc proc "$root/proc"
	mount -t sysfs -o ro sysfs "$root/sys"
	mount -t tmpfs -o mode=755 tmpfs "$root/dev"
	mount -t tmpfs -o mode=755 tmpfs "$root/run"
	for device in null:3 zero:5 full:7 random:8 urandom:9; do mknod -m 666 "$root/dev/${device%:*}" c 1 "${device#*:}"; done
	mknod -m 666 "$root/dev/tty" c 5 0
	mkdir "$root/dev/pts" "$root/dev/shm"
	mount -t devpts -o newinstance,ptmxmode=666,mode=620 devpts "$root/dev/pts"
	mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
	ln -s pts/ptmx "$root/dev/ptmx"
	ln -s /proc/self/fd "$root/dev/fd"
	ln -s /proc/self/fd/0 "$root/dev/stdin"
	ln -s /proc/self/fd/1 "$root/dev/stdout"
	ln -s /proc/self/fd/2 "$root/dev/stderr"
}

# Of the environment only what transfers need.
fresh_environment() {
	printf '%s\n' HOME=/root USER=root LC_ALL=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
	[ ! -f "$1/etc/npmrc.host" ] || echo npm_config_globalconfig=/etc/npmrc.host
	env | grep -iE '^((https?|no|all|ftp)_proxy|npm_config_[a-z_]+|SSL_CERT_FILE|NODE_EXTRA_CA_CERTS|CURL_CA_BUNDLE)=' |
		grep -ivE '^npm_config_(globalconfig|prefix|cache|userconfig|local_prefix|global_prefix|node_gyp)=' || true
}

# A container may have namespaces and yet neither mounts nor devices.
fresh_probe() {
	mkdir "$1/probe" && mount -t tmpfs tmpfs "$1/probe" && mknod -m 666 "$1/probe/null" c 1 3 &&
		echo >"$1/probe/null" && mount -t proc proc "$1/probe" && umount "$1/probe" && umount "$1/probe"
}

# Not chroot(2): behind one the kernel makes no user namespaces, which a test of the
# units asks for. What is unmounted are these namespaces' own views of this system's
# files.
fresh_enter() {
	mkdir "$1/old"
	cd "$1" || exit
	pivot_root . old
	cd /
	hash -r # this system may have its commands elsewhere
	PATH=/usr/sbin:/usr/bin:/sbin:/bin
	umount -l /old
	rmdir /old
}

# fresh_inside FOLDER ARGUMENT...: runs as process 1 of the namespaces.
fresh_inside() {
	[ $$ = 1 ] || die "only ./dev fresh calls this"
	local root=$1/root sources words
	fresh_probe "$1" 2>/dev/null || fresh_refuse "mounts or devices cannot be made"
	mapfile -t sources < <(fresh_sources)
	fresh_apt_settings >"$1/apt.conf"
	say "making a minimal Debian"
	# An installed Debian has /bin merged into /usr/bin.
	mmdebstrap --mode=root --variant=minbase --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr \
		--skip=chroot/mount/dev,chroot/mount/sys --aptopt="$1/apt.conf" \
		"$(. /etc/os-release && echo "$VERSION_CODENAME")" "$root" "${sources[@]}" >"$1/log" 2>&1 </dev/null ||
		{ cat "$1/log" >&2; fresh_refuse "mmdebstrap failed; are the package sources reachable?"; }
	fresh_configure "$root"
	fresh_mount "$root"
	git -c advice.detachedHead=false clone -q "$1/tree" "$root/root/pocketbook"
	mapfile -t words < <(fresh_environment "$root")
	say "./dev build, ./dev test ${*:2}"
	fresh_enter "$root"
	exec env -i "${words[@]}" sh -c 'cd /root/pocketbook && ./dev build && exec ./dev test "$@"' sh "${@:2}"
}
