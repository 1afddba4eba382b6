/*
 * work.h - several threads at one piece of work.
 *
 * For programs: the work is cut up by those who do it, each taking the next
 * part from a common place, so that it gets done with however many there are.
 */
#ifndef WEIR_LIB_WORK_H
#define WEIR_LIB_WORK_H

/* More would wait for the one that writes. */
#define WEIR_WORK_THREADS 16

/** As many as there are processors that this process may use, at most
 *  WEIR_WORK_THREADS. */
unsigned int weir_work_thread_count(void);

/** Calls `work` in thread_count threads, numbered from 0, the caller's; comes
 *  back when all are through.  A thread that the system does not give is left
 *  out.  They have the caller's priority. */
void weir_work_run(unsigned int thread_count,
    void (*work)(void *arg, unsigned int thread), void *arg);

#endif
