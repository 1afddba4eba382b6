/*
 * clock_back.c - preloaded into a resolver: time(2) goes one hour back as soon
 * as there is a file named by $WEIR_CLOCK_BACK.
 */
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

__attribute__((visibility("default"))) time_t time(time_t *ret_now);

time_t
time(time_t *ret_now)
{
	const char *file = getenv("WEIR_CLOCK_BACK");
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	if (file && access(file, F_OK) == 0)
		now.tv_sec -= 3600;
	if (ret_now)
		*ret_now = now.tv_sec;
	return now.tv_sec;
}
