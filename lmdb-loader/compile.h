/*
 * compile.h - settings and list files in, sorted entries out.
 */
#ifndef WEIR_LMDB_LOADER_COMPILE_H
#define WEIR_LMDB_LOADER_COMPILE_H

#include <stdbool.h>
#include <stdint.h>

#include "feeds/list.h"
#include "lib/error.h"
#include "lib/generation.h"
#include "lib/settings.h"
#include "lmdb-loader/sort.h"

enum weir_compile_state {
	WEIR_COMPILE_READ, /* its file was read; it may hold no name, then
			    * there were none before either */
	WEIR_COMPILE_KEPT, /* it cannot be read, or holds no usable name: the
			    * names are those of the generation before */
	WEIR_COMPILE_LOST, /* it cannot be read, and there were none */
	WEIR_COMPILE_HELD /* it has too few or too many, and waits for `accept`:
			    * the names are those of the generation before */
};

/** "read", "kept", "lost", "held". */
const char *weir_compile_state_text(enum weir_compile_state state);

/** What became of one of feeds:. */
struct weir_compile_feed {
	enum weir_compile_state state;
	uint64_t kept_count; /* names taken over */
	uint64_t held_count; /* names of the list that waits */
	/* The file as it was before it was read, see weir_origin_stamp. */
	uint64_t size, modified_ns;
	bool has_changed; /* it was another one when it had been read */
	bool is_over;     /* it is older than its feed's lifetime */
	struct weir_problem problem;    /* what is wrong with its file */
	struct weir_list_report report; /* entry_count without those refused
					 * for the never-block list */
};

struct weir_compiled {
	struct weir_sort *sort; /* finished */
	/* That of the settings, with what lists add to its tables. */
	struct weir_policy *policy;
	unsigned int feed_count;
	struct weir_compile_feed *feeds;
	/* Lists name more categories than there may be: entries of the others
	 * have their feed's, or none if their feed is to use some alone. */
	bool has_lost_categories;
	/* Feeds: */
	unsigned int kept_count, lost_count, held_count, changed_count;
};

/** Reads all lists.  `old`, if not NULL, is the current generation: the names
 *  of a feed whose file cannot be read, or has no usable name (as the page of
 *  an error that was downloaded in its place), are taken from it.  Such a list
 *  is no failure, see the states.  is_held, if not NULL, says of each feed
 *  whether its list is left alone, and its names too.  thread_count threads read
 *  and sort, with the same result whatever their number.  WEIR_EMEMORY,
 *  WEIR_ELIMIT; WEIR_ESYSTEM: what does not fit into the memory cannot be
 *  written; as weir_guard_init. */
int weir_compile(const struct weir_settings *settings, const bool *is_held,
    const struct weir_generation *old, unsigned int thread_count,
    struct weir_compiled *ret_compiled,
    struct weir_problem *problem) WEIR_CHECKED;
void weir_compile_done(struct weir_compiled *compiled);

/** Whether the file is still the one that was read for the feed, as far as its
 *  size and the time of its last change tell. */
bool
weir_compile_is_same(const struct weir_compile_feed *feed, const char *file);

#endif
