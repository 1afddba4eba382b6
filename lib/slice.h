/*
 * slice.h - asks the scheduler for short turns.
 */
#ifndef WEIR_LIB_SLICE_H
#define WEIR_LIB_SLICE_H

/** From now on the calling thread, and those that it starts, want the processor
 *  for a tenth of a millisecond at a time: a thread that wakes meanwhile, of the
 *  resolver or of its clients, need not wait for the end of an ordinary turn
 *  (some three).  Not for what holds locks that others spin on: it would lose the
 *  processor more often.  Linux 6.12 and later; elsewhere nothing happens. */
void weir_slice_shorten(void);

#endif
