#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# identity - the system says what it runs on
#
# The kernel's release, /proc/cpuinfo, the kernel's log and /sys/hypervisor name
# Ringbolt, and agree with each other.
# needs: ringbolt
# Defends: that nobody takes a native boot for a guest, least of all this suite.

failures=0
expect() { # WHAT COMMAND...
	what=$1
	shift
	if "$@"; then
		echo "- $what"
	else
		echo "FAIL $what: $*"
		failures=1
	fi
}
has() { grep -qi "$1" "$2"; }

uname -r >/tmp/identity-release
dmesg >/tmp/identity-log
expect "the kernel's release" has ringbolt /tmp/identity-release
expect "the kernel's log" has 'hypervisor.*ringbolt' /tmp/identity-log
expect "the processor says that there is a hypervisor" has '^flags.* hypervisor' /proc/cpuinfo
expect "/sys/hypervisor/type" has '^ringbolt$' /sys/hypervisor/type
for counter in entries hypercalls interrupts exceptions events pt_ops frames_total frames_typed frames_linked; do
	expect "counter $counter" has '^[0-9][0-9]*$' /sys/hypervisor/counters/$counter
done
expect "no page-table operation was refused" has '^0$' /sys/hypervisor/counters/pt_refused
rm -f /tmp/identity-release /tmp/identity-log
[ $failures = 0 ] && echo PASS
exit $failures
