# Building: build/release is what is shipped; build/check, build/thread and
# build/coverage are for tests. Sourced by dev.
# shellcheck shell=bash disable=SC2154 # lists and tables of the other parts

# configure_in DIR OPTION...: once, and again when configure itself is new.
configure_in() {
	local dir=$1
	shift
	if [ -e config.status ]; then
		say "cleaning the build in the source folder: this one has folders of its own, build/*"
		make -s distclean
	fi
	[ -e configure ] || autoreconf --install
	if [ ! -e "$dir/config.status" ]; then
		mkdir -p "$dir"
		(cd "$dir" && ../../configure --quiet "$@")
	fi
}

build() {
	install "$build_packages"
	install_node
	configure_in build/release --with-postgresql --with-jwt
	make -s -C build/release -j"$(nproc)" >&2
	# Renamed into place, as the old one may be running.
	cmp -s build/release/pocketbook pocketbook || { cp build/release/pocketbook pocketbook.new && mv pocketbook.new pocketbook; }
}

# make_site DIR: the documentation as a site.
make_site() {
	[ www/node_modules/.package-lock.json -nt www/package-lock.json ] || npm --prefix www ci --silent --no-audit --no-fund
	[ site/node_modules/.package-lock.json -nt site/package-lock.json ] || npm --prefix site ci --silent --no-audit --no-fund
	node site/build.mjs "$1"
}

configure_check() {
	configure_in build/check --enable-werror --enable-asan --enable-ubsan --enable-faults --with-postgresql --with-jwt
}

build_check() {
	configure_check
	make -s -C build/check -j"$(nproc)" "$@" >&2
}
