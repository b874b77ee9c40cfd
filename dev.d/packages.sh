# Debian packages: which ones each word of ./dev installs, and how. t/packages.sh checks
# that nothing is missing from these lists; those of the suites stand in
# dev.d/suites.sh. Sourced by dev.
# shellcheck shell=bash disable=SC2034 # lists for the other parts

# README.md and debian/control name the same ones.
build_packages="autoconf automake gcc make pkg-config libc6-dev libcjose-dev libevent-dev libjansson-dev libsqlite3-dev libsodium-dev libssl-dev
	libsystemd-dev libcap-ng-dev libinih-dev libseccomp-dev libcmocka-dev libpq-dev libxxhash-dev zlib1g-dev"
node_packages="nodejs npm"
bench_packages="binutils chromium gnuplot-nox libjansson-dev libnginx-mod-nchan libpq-dev nghttp2-client nginx postgresql sqlite3 valgrind wrk"
soak_packages="clang curl etcd-server haproxy iproute2 libclang-rt-dev libpq-dev llvm nginx openssl patroni postgresql sqlite3"
analyze_packages="clang-tidy cppcheck libjansson-dev libpq-dev"
coverage_packages="gcovr jq"
fresh_packages="git mmdebstrap"

say() { printf '\033[1m%s\033[0m\n' "$*" >&2; }
die() { printf 'dev: %s\n' "$*" >&2; exit 1; }

as_root() {
	if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# install PACKAGE...: those that are not there yet. Words of a list are split here.
install() {
	local package missing=()
	for package in $(printf '%s\n' "$*" | xargs -n1 | sort -u); do
		dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	command -v apt-get >/dev/null || die "this is not Debian; install what corresponds to: ${missing[*]}"
	say "installing ${missing[*]}"
	as_root apt-get update -qq
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null
}

# Prometheus and promtool, unpacked only: an installed one would start as a service.
fetch_prometheus() {
	local folder=build/prometheus
	if { command -v promtool && command -v prometheus; } >/dev/null || [ -x $folder/usr/bin/promtool ]; then return; fi
	say "fetching prometheus"
	mkdir -p $folder
	(
		cd $folder || exit
		apt-get download -qq prometheus || { as_root apt-get update -qq && apt-get download -qq prometheus; }
		dpkg -x prometheus_*.deb .
		rm prometheus_*.deb
	)
}

# The bundler and the tests need node 18 or newer, from Debian or from elsewhere.
install_node() {
	local major
	major=$(node -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0)
	if [ "$major" -lt 18 ] || ! command -v npm >/dev/null; then install "$node_packages"; fi
}
