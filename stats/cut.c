/*
 * cut.c - files that are cut while they are mapped.  See cut.h.
 *
 * The page that is not there any more becomes one of zeroes, and the access is
 * tried again.  mmap(2) is not on POSIX's list of what a handler may call; on
 * Linux it is a system call and nothing else.
 */
#include "stats/cut.h"

#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static uintptr_t page_size;

static void
fill(int number, siginfo_t *info, void *context)
{
	uintptr_t at = (uintptr_t)info->si_addr / page_size * page_size;

	(void)context;
	if (info->si_code == BUS_ADRERR &&
	    mmap((void *)at, page_size, PROT_READ,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED)
		return;
	/* It comes again, and ends us. */
	(void)signal(number, SIG_DFL);
}

void
weir_cut_survive(void)
{
	struct sigaction action;
	long size = sysconf(_SC_PAGESIZE);

	if (size <= 0)
		return;
	page_size = (uintptr_t)size;
	memset(&action, 0, sizeof(action));
	action.sa_sigaction = fill;
	action.sa_flags = SA_SIGINFO | SA_NODEFER;
	(void)sigemptyset(&action.sa_mask);
	(void)sigaction(SIGBUS, &action, NULL);
}
