// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/ringbolt, in the control domain: its tools make calls of the control family. Which, and with what, is theirs to know; here is only the way, and memory
 * that calls can be given. The hypervisor checks them as it checks all calls.
 */
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/uaccess.h>

#include <uapi/asm/ringbolt.h>

#include "ringbolt.h"

static int control_open(struct inode *inode, struct file *file)
{
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	/* In one chunk, as calls want it: its size is a power of two. */
	file->private_data = alloc_pages_exact(RINGBOLT_BUFFER_BYTES, GFP_KERNEL | __GFP_ZERO);
	return file->private_data ? 0 : -ENOMEM;
}

static int control_release(struct inode *inode, struct file *file)
{
	free_pages_exact(file->private_data, RINGBOLT_BUFFER_BYTES);
	return 0;
}

static int control_mmap(struct file *file, struct vm_area_struct *vma)
{
	if (vma->vm_pgoff || vma_pages(vma) > RINGBOLT_BUFFER_BYTES / PAGE_SIZE)
		return -EINVAL;
	for (unsigned long i = 0; i < vma_pages(vma); i++) {
		struct page *page = virt_to_page(file->private_data + i * PAGE_SIZE);
		int error = vm_insert_page(vma, vma->vm_start + i * PAGE_SIZE, page);

		if (error)
			return error;
	}
	return 0;
}

static long control_call(struct ringbolt_call __user *user)
{
	struct ringbolt_call call;
	u64 result = 0;

	if (copy_from_user(&call, user, sizeof(call)))
		return -EFAULT;
	if (call.number < RB_HC_DOMAIN_CREATE || call.number > RB_HC_MACHINE_INFO)
		return -EPERM;
	call.status = rb_hypercall6(call.number, call.argument[0], call.argument[1], call.argument[2], call.argument[3],
				    call.argument[4], call.argument[5], &result);
	call.result = result;
	return copy_to_user(user, &call, sizeof(call)) ? -EFAULT : 0;
}

static long control_ioctl(struct file *file, unsigned int command, unsigned long argument)
{
	switch (command) {
	case RINGBOLT_IOC_CALL:
		return control_call((struct ringbolt_call __user *)argument);
	case RINGBOLT_IOC_BUFFER:
		return put_user((u64)__pa(file->private_data), (u64 __user *)argument);
	default:
		return -ENOTTY;
	}
}

static const struct file_operations control_operations = {
	.owner = THIS_MODULE,
	.open = control_open,
	.release = control_release,
	.mmap = control_mmap,
	.unlocked_ioctl = control_ioctl,
};

static struct miscdevice control_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "ringbolt",
	.fops = &control_operations,
	.mode = 0600,
};

static int __init ringbolt_control_init(void)
{
	if (!on_ringbolt() || ringbolt_start_info->domain_id)
		return 0;
	return misc_register(&control_device);
}
device_initcall(ringbolt_control_init);
