/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Running under the Ringbolt hypervisor: what the rest of the kernel needs to
 * know. The interface itself is generated, see ringbolt-abi.h and
 * ringbolt-calls.h; what the port's own files share is in ringbolt/ringbolt.h.
 */
#ifndef _ASM_X86_RINGBOLT_H
#define _ASM_X86_RINGBOLT_H

#include <asm/ringbolt-abi.h>

#ifndef __ASSEMBLY__

#include <linux/percpu-defs.h>
#include <linux/types.h>

#include <asm/cpufeature.h>
#include <asm/unwind_hints.h>

#ifdef CONFIG_RINGBOLT_GUEST

/*
 * The hypervisor returns to the instruction after SYSCALL with the stack as it
 * was; objtool must be told.
 */
#define RB_HYPERCALL_INSTRUCTION				\
	UNWIND_HINT(UNWIND_HINT_TYPE_SAVE, 0, 0, 0)		\
	"syscall\n\t"						\
	UNWIND_HINT(UNWIND_HINT_TYPE_RESTORE, 0, 0, 0)

#include <asm/ringbolt-calls.h>

/* The vCPU page of each CPU: the virtual interrupt flag and more. */
DECLARE_PER_CPU_PAGE_ALIGNED(struct rb_vcpu_page, ringbolt_vcpu);

/* What the domain was told at its start; valid for good. */
extern const struct rb_start_info *ringbolt_start_info;

static __always_inline bool on_ringbolt(void)
{
	return cpu_feature_enabled(X86_FEATURE_XENPV);
}

void ringbolt_set_xcr0(u64 value);

int ringbolt_console_write(const char *text, int bytes);
int ringbolt_console_read(char *buffer, int bytes);
int ringbolt_vector_irq(unsigned int vector);

#else

static __always_inline bool on_ringbolt(void) { return false; }
static inline void ringbolt_set_xcr0(u64 value) { }

#endif /* CONFIG_RINGBOLT_GUEST */
#endif /* !__ASSEMBLY__ */
#endif /* _ASM_X86_RINGBOLT_H */
