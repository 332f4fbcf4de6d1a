#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# identity - the system says what it runs on
#
# The kernel's release, its log, /proc/cpuinfo and /sys/hypervisor name Ringbolt
# and agree with each other; natively, nothing but the release does. RB_MODE
# tells which is expected.
# needs: machine
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
has() { grep -qi "$1" "$2" 2>/dev/null; }
has_not() { ! has "$1" "$2"; }

uname -r >/tmp/identity-release
dmesg >/tmp/identity-log
expect "the kernel's release names Ringbolt" has ringbolt /tmp/identity-release
if [ "$RB_MODE" = native ]; then
	expect "the kernel's log names no such hypervisor" has_not 'hypervisor.*: *ringbolt' /tmp/identity-log
	expect "there is no /sys/hypervisor/type" [ ! -e /sys/hypervisor/type ]
else
	expect "the kernel's log names Ringbolt" has 'hypervisor.*: *ringbolt' /tmp/identity-log
	expect "the processor says that there is a hypervisor" has '^flags.* hypervisor' /proc/cpuinfo
	expect "/sys/hypervisor/type" has '^ringbolt$' /sys/hypervisor/type
	for counter in entries hypercalls interrupts exceptions events pt_ops frames_total frames_typed frames_linked; do
		expect "counter $counter" has '^[0-9][0-9]*$' /sys/hypervisor/counters/$counter
	done
	expect "no page-table operation was refused" has '^0$' /sys/hypervisor/counters/pt_refused
fi
rm -f /tmp/identity-release /tmp/identity-log
[ $failures = 0 ] && echo PASS
exit $failures
