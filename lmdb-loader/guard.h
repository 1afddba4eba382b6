/*
 * guard.h - guard rails: what no feed may block.
 *
 *   the root and top-level names
 *   special-use names (guard_names.c), some with all that is below them
 *   never-block: of weir.yaml, and the well-known names that come with weir
 *   public suffixes (guard_suffix.c)
 *   popular domains, from a file (guard_popular.c)
 *   a whole host for one URL of it
 *
 * An entry is refused if it is for such a name, or for one above it and holds
 * for what is below; of public suffixes, the suffix itself.  An entry that lets
 * a name through blocks nothing, whether the list says so or the feed's action
 * is pass; only top-level names and whole hosts are refused then, too.  Filled
 * once, then asked by many threads.
 */
#ifndef WEIR_LMDB_LOADER_GUARD_H
#define WEIR_LMDB_LOADER_GUARD_H

#include <libpsl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feeds/list.h"
#include "lib/entry.h"
#include "lib/error.h"
#include "lib/settings.h"
#include "lmdb-loader/guard_table.h"

/* Top-level names that say something of all names below them. */
#define WEIR_GUARD_TOPS 64

struct weir_guard_top {
	uint8_t key[1 + WEIR_LABEL_SIZE]; /* length octet and label */
	uint8_t reason; /* of all names below it, plus 1; 0: see flags */
	uint8_t flags;  /* enum weir_guard_flag: WILD */
};

struct weir_guard {
	struct weir_guard_table table;
	unsigned int top_count;
	struct weir_guard_top tops[WEIR_GUARD_TOPS];
	bool has_public_suffixes, has_private_suffixes;
	const psl_ctx_t *psl; /* NULL: suffixes are in the table */
	psl_ctx_t *own_psl;   /* to be freed */
};

/** Fills it from never-block and guard of the settings.  Zero is a guard that
 *  can be done.  WEIR_EMEMORY; WEIR_EMISSING, WEIR_ESYSTEM, WEIR_EFORMAT,
 *  WEIR_ELIMIT: one of its files: what is to guard has to be there. */
int
weir_guard_init(struct weir_guard *guard, const struct weir_settings *settings,
    struct weir_problem *problem) WEIR_CHECKED;
/** The same, from what a call before has kept in the database folder, if it was
 *  made from the same (guard_cache.c): for what runs once a second.  One thread. */
int weir_guard_init_cached(struct weir_guard *guard,
    const struct weir_settings *settings,
    struct weir_problem *problem) WEIR_CHECKED;
void weir_guard_done(struct weir_guard *guard);

#define WEIR_GUARD_FINE (-1)

/* Whether an item was taken from a URL with a path. */
enum weir_guard_url {
	WEIR_GUARD_NO_URL = 0,
	WEIR_GUARD_URL,        /* its whole host is not to be blocked */
	WEIR_GUARD_URL_ALLOWED /* it is: url-hosts */
};

static inline enum weir_guard_url
weir_guard_url(
    const struct weir_list_item *item, const struct weir_feed_settings *feed)
{
	if (!item->is_from_url)
		return WEIR_GUARD_NO_URL;
	return feed->has_url_hosts ? WEIR_GUARD_URL_ALLOWED : WEIR_GUARD_URL;
}

/** Whether a feed with that action may have the entry for that key:
 *  WEIR_GUARD_FINE, or the reason why not, an enum weir_list_reason.  What
 *  blocks nothing is fine, unless it lets a whole top-level name through for all
 *  feeds, or a whole host for one URL. */
int weir_guard_judge(const struct weir_guard *guard, const uint8_t *key,
    size_t len, const struct weir_entry *entry, unsigned int feed_action,
    enum weir_guard_url url);

/* For guard.c and guard_cache.c alone: */

/** weir_guard_init in two steps: what is known without a file, and the files.
 *  Who fails leaves the guard done. */
int weir_guard_init_names(struct weir_guard *guard,
    const struct weir_settings *settings,
    struct weir_problem *problem) WEIR_CHECKED;
int weir_guard_init_files(struct weir_guard *guard,
    const struct weir_settings *settings,
    struct weir_problem *problem) WEIR_CHECKED;

/** The file of suffixes that would be read first; malloced, NULL: none. */
char *weir_guard_suffix_file(const struct weir_guard_settings *settings);

/** Protects the names that come with weir: special-use names, and, if asked
 *  for, the well-known ones. */
int weir_guard_names_add(
    struct weir_guard *guard, bool has_well_known) WEIR_CHECKED;

/** A top-level name that says something of all below it. */
int weir_guard_add_top(struct weir_guard *guard, const struct weir_name *name,
    unsigned int reason, unsigned int flags) WEIR_CHECKED;

/** The public suffixes: of the file (text as publicsuffix.org has it, or what
 *  libpsl reads), or of this machine's, or libpsl's own. */
int weir_guard_suffix_open(struct weir_guard *guard,
    const struct weir_guard_settings *settings,
    struct weir_problem *problem) WEIR_CHECKED;

/** Popular domains: a name on a line, or a table with commas of which the first
 *  column that is a name counts (1,example.com).  May be packed as lists may. */
int weir_guard_popular_read(struct weir_guard *guard, const char *file,
    struct weir_problem *problem) WEIR_CHECKED;

#endif
