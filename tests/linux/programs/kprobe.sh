#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# kprobe - the kernel's text changes while it runs
#
# Probes at the entry and the return of a function that files are opened with: each
# must be hit as often as a file is opened, give the argument, and be gone
# when it is removed; many times over.
# needs: test
# Defends: patching of kernel text, INT3 and single steps in the kernel.

t=/sys/kernel/tracing
fail() { echo "FAIL $*"; exit 1; }

mount -t tracefs trace $t 2>/dev/null || [ -e $t/kprobe_events ] || fail "no tracefs"
echo "- probes that count"
for round in 1 2 3 4 5; do
	echo 'p:opened do_sys_openat2 name=+0(%si):ustring' >$t/kprobe_events || fail "cannot probe the entry"
	echo 'r:done do_sys_openat2 result=$retval' >>$t/kprobe_events || fail "cannot probe the return"
	echo >$t/trace
	echo 1 >$t/events/kprobes/enable
	for i in 1 2 3 4 5 6 7 8 9 10; do
		cat /tmp/kprobe-no-such-file 2>/dev/null
	done
	echo 0 >$t/events/kprobes/enable
	opened=$(grep -c 'opened:.*kprobe-no-such-file' $t/trace)
	done=$(grep -c 'done:.*result=0xfffffffffffffffe' $t/trace)
	[ "$opened" -eq 10 ] && [ "$done" -ge 10 ] || {
		tail -n 20 $t/trace
		fail "round $round: $opened entries and $done returns of 10"
	}
	echo >$t/kprobe_events || fail "cannot remove the probes"
done
echo "- a probe inside a function, single-stepped or emulated"
# Some offset is an instruction's start; where none of these is, the kernel refuses.
probed=
for offset in 4 5 6 7 8 9 10 11 12 13 14 15 16; do
	echo "p:inside do_sys_openat2+$offset" >$t/kprobe_events 2>/dev/null || continue
	echo >$t/trace
	echo 1 >$t/events/kprobes/enable
	cat /tmp/kprobe-no-such-file 2>/dev/null
	echo 0 >$t/events/kprobes/enable
	grep -q inside: $t/trace || fail "the probe at $offset was not hit"
	echo >$t/kprobe_events
	probed="$probed $offset"
done
[ "$probed" ] || fail "nothing inside could be probed"
echo "  offsets:$probed"
echo PASS
