/*
 * slice.c - asks the scheduler for short turns: sched_setattr(2), which has no
 * function in the C library.
 */
#include "lib/slice.h"

#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SLICE_NS 100000 /* the kernel takes no less */

/* struct sched_attr, as sched_setattr(2) has it. */
struct attributes {
	uint32_t size;
	uint32_t policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

void
weir_slice_shorten(void)
{
#if defined(SYS_sched_setattr) && defined(SYS_sched_getattr)
	struct attributes attributes;

	memset(&attributes, 0, sizeof(attributes));
	/* What holds already, but for the runtime. */
	if (syscall(SYS_sched_getattr, 0, &attributes, sizeof(attributes), 0) !=
	    0)
		return;
	attributes.size = sizeof(attributes);
	attributes.runtime = SLICE_NS;
	(void)syscall(SYS_sched_setattr, 0, &attributes, 0);
#endif
}
