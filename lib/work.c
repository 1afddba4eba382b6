/*
 * work.c - several threads at one piece of work.
 */
#include "lib/work.h"

#include <pthread.h>
#include <sched.h>
#include <stddef.h>

struct worker {
	void (*work)(void *arg, unsigned int thread);
	void *arg;
	unsigned int number;
	pthread_t thread;
};

unsigned int
weir_work_thread_count(void)
{
	cpu_set_t set;
	int count;

	/* It fails on machines with more processors than the set has. */
	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		return WEIR_WORK_THREADS;
	count = CPU_COUNT(&set);
	if (count < 1)
		return 1;
	return count < WEIR_WORK_THREADS ? (unsigned int)count
					 : WEIR_WORK_THREADS;
}

static void *
start(void *arg)
{
	const struct worker *worker = arg;

	worker->work(worker->arg, worker->number);
	return NULL;
}

void
weir_work_run(unsigned int thread_count,
    void (*work)(void *arg, unsigned int thread), void *arg)
{
	struct worker workers[WEIR_WORK_THREADS];
	unsigned int i, started = 1;

	for (i = 1; i < thread_count && i < WEIR_WORK_THREADS; i++) {
		workers[i] =
		    (struct worker){ .work = work, .arg = arg, .number = i };
		if (pthread_create(
			&workers[i].thread, NULL, start, &workers[i]) != 0)
			break;
		started++;
	}
	work(arg, 0);
	for (i = 1; i < started; i++)
		(void)pthread_join(workers[i].thread, NULL);
}
