/*
 * current.h - which generation holds: the contract between weir-load and the
 * module.
 *
 * The database folder:
 *
 *   current           text, see below; replaced by rename(2): the commit
 *   N.generation      the same text, kept for rollback
 *   N.base            a database file (lib/format.h)
 *   N.overlay         one that lies over a base, of an older generation
 *   local.rules       the rules of `weir-load allow` and `deny`
 *                     (lmdb-loader/rules.h); N.rules: those in generation N
 *   lock              weir-load's flock(2); the module never looks at it
 *   *.tmp             being written; left over after a crash, removed later
 *   compact.lock      of the one `weir-load compact` at work, and ...
 *   compact.base      ... what it writes, until that becomes N.base
 *
 * The text, each line once and in this order:
 *
 *   weir-current 1
 *   serial 17              counts swaps up, rollbacks too; what the modules
 *                          acknowledge
 *   generation 12
 *   base 12.base SIZE CHECKSUM QUICK
 *                          octets; the content checksum of the header, 64 hex
 *                          digits; the quick checksum of the file, 32
 *   overlay 14.overlay SIZE CHECKSUM QUICK
 *                          the same; or "overlay -"
 *   names 53880            of both together
 *   created 1790000000     Unix seconds
 */
#ifndef WEIR_LIB_CURRENT_H
#define WEIR_LIB_CURRENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"
#include "lib/format.h"
#include "lib/limits.h"

#define WEIR_CURRENT_FILE "current"

/** One file of a generation. */
struct weir_current_file {
	char name[64]; /* without a slash */
	uint64_t size;
	uint8_t checksum[WEIR_CHECKSUM_BYTES];
	uint8_t quick[WEIR_QUICK_BYTES];
};

struct weir_current {
	uint64_t serial;
	uint64_t generation;
	struct weir_current_file base;
	bool has_overlay;
	struct weir_current_file overlay;
	uint64_t name_count;
	uint64_t created_unix;
};

/** Names one swap for good: files are made with random keys, so no two have
 *  one checksum, and each swap has a serial of its own. */
uint64_t weir_current_tag(const struct weir_current *current);

/** The octets of its files together. */
uint64_t weir_current_octets(const struct weir_current *current);

/** Whether FOLDER's files are, octet for octet, those that were published
 *  (lib/proof.h).  WEIR_EMISSING, WEIR_EFORMAT, WEIR_ECHECKSUM, with the path
 *  in *problem. */
int weir_current_prove(const char *folder, const struct weir_current *current,
    struct weir_problem *problem) WEIR_CHECKED;

/** Writes the text, NUL-terminated; `text` has WEIR_CURRENT_SIZE octets.
 *  Returns its length. */
size_t weir_current_print(const struct weir_current *current, char *text);

/** WEIR_EFORMAT with the line in *problem; WEIR_EVERSION. */
int weir_current_parse(const char *text, size_t len,
    struct weir_current *ret_current,
    struct weir_problem *problem) WEIR_CHECKED;

/** Reads FOLDER/FILE and parses it.  WEIR_EMISSING if it is not there. */
int weir_current_read(const char *folder, const char *file,
    struct weir_current *ret_current,
    struct weir_problem *problem) WEIR_CHECKED;

#endif
