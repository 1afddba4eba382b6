/*
 * feed_stack.h - the files of a signed feed's state as one: of each name the
 * newest line that there is.
 */
#ifndef WEIR_FEEDS_FEED_STACK_H
#define WEIR_FEEDS_FEED_STACK_H

#include <stddef.h>
#include <stdint.h>

#include "feeds/feed_state.h"

struct weir_feed_stack {
	const struct weir_feed_file *files; /* the newest last */
	unsigned int count;
	size_t at[WEIR_FEED_FILES + 1]; /* what was taken of each */
	/* The other files have no name before the line at `quiet` of the first:
	 * so far it can be taken as it is. */
	size_t quiet;
};

/** The files have to stay.  At most WEIR_FEED_FILES + 1. */
void weir_feed_stack_init(struct weir_feed_stack *stack,
    const struct weir_feed_file *files, unsigned int count);

/** The next line or lines, in the order of names, whole and with their LF, of
 *  `max` octets at most (WEIR_FEED_LINE_SIZE at least); several if they stand
 *  together in the first file, which is the long one.  1; 0 at the end. */
int weir_feed_stack_next(struct weir_feed_stack *stack, size_t max,
    const char **ret_text, size_t *ret_len);

/** Octets that were taken of all files. */
uint64_t weir_feed_stack_done(const struct weir_feed_stack *stack);

#endif
