#!/bin/sh
# Runs a systemd of its own for a test, with a D-Bus of its own: systemd.sh DIRECTORY, in new namespaces for mounts, processes,
# names, messages, network and control groups. DIRECTORY has `units`, `none` (empty) and `run`, which is /run in there.
# The systemd sees no unit but those, and can write nowhere else: all other files are read-only to it.
set -eu
dir=$1
mount --make-rprivate /
umount -R /sys/fs/cgroup
mount -t proc proc /proc
mount --bind "$dir" "$dir"
mount --bind "$dir/run" /run
mount -o remount,bind,ro /
mount -o remount,bind,ro /dev
mount --bind /proc/sys /proc/sys
mount -o remount,bind,ro /proc/sys
mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup 2>/dev/null || true
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -o remount,bind,ro /sys
# This is looked at, not believed: a systemd clears directories of the machine that it boots.
for place in / /etc /tmp /var/tmp /var/lib /var/log /home /root /dev /proc/sys/kernel; do
    if touch "$place/.tablecloth-test" 2>/dev/null; then
        rm -f "$place/.tablecloth-test"
        echo "$place can be written: no systemd is started" >&2
        exit 1
    fi
done
export container=tablecloth
export SYSTEMD_UNIT_PATH="$dir/units" SYSTEMD_GENERATOR_PATH="$dir/none" SYSTEMD_ENVIRONMENT_GENERATOR_PATH="$dir/none"
exec /lib/systemd/systemd --system --log-target=console --unit=test.target --show-status=0 --crash-shell=no
