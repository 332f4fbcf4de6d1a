#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Checks a linked hypervisor image for what must not be in it: indirect calls and jumps (so no jump tables either:
# ring 1 shares ring 0's branch predictor), calls and returns in the gate, relocations, a global offset table.
set -eu
image=$1
failed=0

complain()
{
	echo "$image: $1" >&2
	echo "$2" | head -n 10 >&2
	failed=1
}

code=$(${OBJDUMP:-objdump} -d --no-show-raw-insn "$image")
found=$(echo "$code" | grep -P '\t(notrack |bnd |rex\S* )*l?(call|jmp)[a-z]* +\*' || true)
[ -z "$found" ] || complain "indirect call or jump" "$found"

gate=$(${OBJDUMP:-objdump} -d --no-show-raw-insn -j .gate "$image" 2>/dev/null || true)
found=$(echo "$gate" | grep -P '\t(notrack |bnd |rex\S* |rep[a-z]* )*(call|ret)[a-z]*( |$)' || true)
[ -z "$found" ] || complain "call or return in the gate" "$found"

found=$(${READELF:-readelf} -rW "$image" | grep -i 'R_X86_64' || true)
[ -z "$found" ] || complain "relocations" "$found"
found=$(${READELF:-readelf} -SW "$image" | grep -P '\.(got|plt|dynamic|rela)' || true)
[ -z "$found" ] || complain "sections of a dynamic image" "$found"

[ $failed -eq 0 ] && echo "$image: clean"
exit $failed
