# shellcheck shell=bash
# For a script that wants systemd as process 1 (t/0530-boot.sh): namespaces of its own,
# with a copy of the machine's files that is thrown away, no network but loopback, and
# read-only kernel settings, so that nothing of it reaches the machine.
#
#     boot SCRIPT   runs `bash SCRIPT inside` as a service there; its output comes to $work/out/tap, systemd's to $work/console
#
# Steps, each in the namespaces of the one before: boot, boot_group (mounts, and a
# control group to clean up), boot_root (all the others).

boot() {
	mkdir -p "$work/out"
	unshare --mount --propagation private bash "$here/boot.sh" group "$work" "$here" "$POCKETBOOK" "$1" 2>"$work/boot.log" &
	wait $!
}

boot_impossible() { printf 'cannot: %s\n' "$1" >"$work/out/impossible"; exit 77; }

boot_group() {
	local group=$work/cgroup/pocketbook-$$ status
	mkdir "$work/cgroup" "$work/layers" "$work/root"
	# shellcheck disable=SC2015 # either may fail
	mount -t cgroup2 cgroup2 "$work/cgroup" && mkdir "$group" || boot_impossible "make a control group"
	echo $$ >"$group/cgroup.procs"
	# A terminal for systemd to talk to. Each process ends with the one that started
	# it, and so all of them with this one.
	setpriv --pdeathsig KILL timeout -s KILL 240 setpriv --pdeathsig KILL script -qefc \
		"exec setpriv --pdeathsig KILL unshare --mount --pid --cgroup --net --ipc --uts --fork --kill-child bash $(printf '%q ' "$here/boot.sh" root "$work" "$here" "$POCKETBOOK" "$1")" \
		"$work/console" </dev/null >/dev/null
	status=$?
	# Moves out, so that the group can go. The last of its processes may still be on
	# their way.
	echo $$ >"$work/cgroup/cgroup.procs"
	for _ in $(seq 600); do
		find "$group" -depth -type d -exec rmdir {} + 2>/dev/null
		[ -e "$group" ] || break
		sleep 0.05
	done
	exit $status
}

boot_devices() {
	local device
	mount -t tmpfs -o mode=755 tmpfs dev
	for device in null zero full random urandom tty; do
		: >"dev/$device"
		mount --bind "/dev/$device" "dev/$device"
	done
	: >dev/console
	mount --bind "$(tty)" dev/console
	mkdir dev/shm dev/pts dev/mqueue
	mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
	ln -s pts/ptmx dev/ptmx
}

boot_mount() {
	mount -t tmpfs tmpfs "$work/layers"
	mkdir "$work/layers/upper" "$work/layers/work"
	mount -t overlay overlay -o "lowerdir=/,upperdir=$work/layers/upper,workdir=$work/layers/work" "$work/root"
	cd "$work/root"
	mkdir -p old tests out
	mount -t proc proc proc
	mount --bind proc/sys proc/sys
	mount -o remount,ro,bind proc/sys
	mount -t sysfs -o ro sysfs sys
	mount -t cgroup2 cgroup2 sys/fs/cgroup
	mount -t tmpfs tmpfs run
	mount -t tmpfs tmpfs tmp
	mount --bind "$here/.." tests
	mount --bind "$work/out" out
	boot_devices
}

# The machine's units stay out, but for those that have to be.
boot_units() {
	rm -rf lib/systemd/system/*.wants usr/lib/systemd/system/*.wants etc/systemd/system/*
	cat >etc/systemd/system/script.service <<-UNIT
		[Unit]
		DefaultDependencies=no
		[Service]
		Type=oneshot
		Environment=POCKETBOOK=/usr/bin/pocketbook
		ExecStart=/bin/bash /tests/t/$1 inside
		ExecStopPost=/bin/systemctl --no-block exit
		TimeoutStartSec=200
		StandardOutput=file:/out/tap
		StandardError=file:/out/tap
	UNIT
	rm -f usr/bin/pocketbook
	cp "$POCKETBOOK" usr/bin/pocketbook
}

boot_root() {
	# Each step stands on the one before: without the copy, boot_units would be at
	# work on who knows what.
	set -eE
	trap 'boot_impossible "make a copy of the machine: $BASH_COMMAND"' ERR
	boot_mount
	boot_units "$1"
	ip link set lo up
	# Not chroot(2): behind one the kernel makes no user namespaces, which the unit
	# asks for.
	pivot_root . old
	umount -l /old
	exec env -i container=test PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system --unit=script.service \
		--log-target=console --log-level=info --show-status=no
}

case ${1:-} in
group | root)
	step=$1 work=$2 here=$3 POCKETBOOK=$4
	"boot_$step" "$5"
	;;
esac
