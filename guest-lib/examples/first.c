/* SPDX-License-Identifier: MIT */
/*
 * A guest kernel of Ringbolt: takes a timer event, maps a program into user mode, serves its system calls, ends.
 * docs/reference/porting.md explains it. Passes (code 0) if the program made its calls and the timer went off.
 */
#include <ringbolt/guest.h>

#define TEXT	0x400000ul
#define STACK	0x800000ul

/* The user program: system call 1 writes a character, system call 0 ends. */
__asm__(".pushsection .user, \"ax\"; .balign 4096; program:\n"
	"	lea	text(%rip), %rbx\n"
	"1:	movzbl	(%rbx), %edi\n"
	"	xor	%eax, %eax\n"
	"	test	%edi, %edi\n"
	"	setne	%al\n"
	"	inc	%rbx\n"
	"	syscall\n"
	"	jmp	1b\n"
	"text:	.asciz \"hello from ring 3\\n\"; .popsection");
extern const char program[];

static volatile bool timer_went_off;

static void timer_handler(struct guest_regs *regs, unsigned vector)
{
	timer_went_off = true;
}

int main(struct rb_start_info *start)
{
	struct guest_regs user;
	unsigned characters = 0;

	guest_printf("hello from ring 1, domain %u\n", start->domain_id);

	guest_set_handler(RB_VECTOR_TIMER, timer_handler);
	guest_must(rb_timer_set(guest_time() + 1000000));
	while (!timer_went_off)
		guest_must(rb_sched_block());

	guest_map(start->user_root, TEXT, guest_physical(program), GUEST_USER);
	guest_map(start->user_root, STACK - GUEST_PAGE, guest_page(), GUEST_USER | GUEST_WRITE | GUEST_NX);
	guest_user_regs(&user, TEXT, STACK);
	for (;;) {
		guest_run_user(&user);
		if (!guest_is_syscall(&user))
			guest_panic("vector %u in the user program at %lx", guest_vector(&user), user.ip);
		if (user.rax == 0)
			break;
		guest_printf("%c", (char)user.rdi);
		characters++;
	}
	return characters == 18 ? 0 : 1;
}
