#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# In the control domain: makes and ends Linux domains with rb, and looks at what it says. Each line "ok NAME" or "not ok NAME"; then "control: done".

cd /root
# The exit status before it says whether.
verdict()
{
	if [ $? -eq 0 ]; then echo "ok $1"; else echo "not ok $1"; fi
}

# A key of a domain as JSON tells it.
value()
{
	rb list --json "$1" | sed -n "s/.*\"$2\": \"\{0,1\}\([^\",]*\).*/\1/p"
}

free()
{
	rb machine --json | sed -n 's/.*"free_bytes": \([0-9]*\).*/\1/p'
}

refuses()
{
	echo "$2" >bad.json
	rb create bad.json >out 2>&1
	[ $? -eq 1 ] && grep -q "$3" out || { cat out; false; }
	verdict "refuses $1"
}

config()
{
	echo "{\"name\": \"$1\", \"kernel\": \"/root/vmlinux\", \"module\": \"/root/initramfs\", \"memory\": \"96M\", $2 \"command\": \"console=hvc0 quiet panic=-1 $3\"}" >"$1.json"
}

[ "$(rb list | wc -l)" -eq 2 ] && [ "$(value 0 state)" = live ]
verdict "lists itself"

config one '"vcpus": 2, "weight": 300, "cap": 150,' ringbolt.run=/bin/true
rb create one.json && [ "$(value one vcpus)" = 2 ] && [ "$(value one weight)" = 300 ] && [ "$(value one cap)" = 150 ] && [ "$(value one memory_bytes)" = 100663296 ]
verdict "makes a domain as its configuration says"
refuses "a second one of that name" "$(cat one.json)" "already, number 1"
for second in $(seq 60); do
	[ "$(value one state)" = ended ] && break
	sleep 1
done
[ "$(value one state)" = ended ] && [ "$(value one reason)" = power-off ] && [ "$(value one code)" = 0 ]
verdict "it runs and ends in good order"
rb destroy one && [ "$(rb list | wc -l)" -eq 2 ]
verdict "destroys it"

before=$(free)
config two '' ringbolt.run=/bin/cat
rb create two.json && sleep 2 && rb pause two && [ "$(value two state)" = paused ]
verdict "pauses a domain"
ran=$(value two running_ns)
sleep 1
[ "$(value two running_ns)" = "$ran" ]
verdict "which does not run then"
rb unpause two && sleep 1 && [ "$(value two running_ns)" -gt "$ran" ]
verdict "and does after unpause"
rb share two 50 20 && [ "$(value two weight)" = 50 ] && [ "$(value two cap)" = 20 ] && rb share two 60 && [ "$(value two weight)" = 60 ] && [ "$(value two cap)" = 20 ]
verdict "changes its share"
rb read two 0 4096 >page && [ "$(wc -c <page)" -eq 4096 ]
verdict "reads its memory"
! rb read two 0xffffffff000 1 2>out && grep -q "no such domain or memory" out
verdict "says what memory it does not have"
rb destroy two && [ "$(free)" = "$before" ]
verdict "destroys it while it runs, and all its memory is free"

config three '' ''
for cycle in $(seq 10); do
	rb create --paused three.json >/dev/null && rb destroy three || break
done
[ "$cycle" = 10 ] && [ "$(free)" = "$before" ]
verdict "makes and destroys ten"

refuses "a key it does not know" '{"name": "x", "kernel": "/root/vmlinux", "memory": "64M", "color": "red"}' 'no key "color"'
refuses "what is no JSON" '{"name": "x", ' 'bad.json: '
refuses "a configuration without memory" '{"name": "x", "kernel": "/root/vmlinux"}' '"memory" is missing'
refuses "a size that is none" '{"name": "x", "kernel": "/root/vmlinux", "memory": "64 apples"}' 'is not a size'
refuses "too many vCPUs" '{"name": "x", "kernel": "/root/vmlinux", "memory": "64M", "vcpus": 65}' 'number from 1 to 64'
refuses "a kernel that is none" '{"name": "x", "kernel": "/root/initramfs", "memory": "64M"}' 'not a 64-bit ELF file'
refuses "a kernel that is not there" '{"name": "x", "kernel": "/root/nothing", "memory": "64M"}' 'No such file'
refuses "more memory than there is" '{"name": "x", "kernel": "/root/vmlinux", "memory": "4G"}' 'are free'
! rb destroy nobody 2>out && grep -q "there is no domain nobody" out
verdict "says that there is no such domain"
! rb destroy 0 2>out && grep -q "refuses" out
verdict "does not destroy itself"
[ "$(free)" = "$before" ]
verdict "and nothing of what was refused is left"
[ "$(cat /sys/hypervisor/debug_check 2>/dev/null || echo 0)" = 0 ]
verdict "the hypervisor's invariants hold"
echo "control: done"
