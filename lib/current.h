/*
 * current.h - which generation holds: the contract between weir-load and the
 * module.
 *
 * The database folder:
 *
 *   current           text, see below; replaced by rename(2): the commit
 *   N.generation      the same text, kept for rollback
 *   N.base            a database file (lib/format.h)
 *   N.overlay         (to come)
 *   lock              weir-load's flock(2); the module never looks at it
 *   *.tmp             being written; left over after a crash, removed later
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
 *   overlay -                      (to come: as base)
 *   names 53880
 *   created 1790000000     Unix seconds
 */
#ifndef WEIR_LIB_CURRENT_H
#define WEIR_LIB_CURRENT_H

#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"
#include "lib/format.h"
#include "lib/limits.h"

#define WEIR_CURRENT_FILE "current"

struct weir_current {
	uint64_t serial;
	uint64_t generation;
	char base[64]; /* a file name, without a slash */
	uint64_t base_size;
	uint8_t base_checksum[WEIR_CHECKSUM_BYTES];
	uint8_t base_quick[WEIR_QUICK_BYTES];
	uint64_t name_count;
	uint64_t created_unix;
};

/** Names one swap for good: generation files are made with random keys, so no
 *  two have one checksum, and each swap has a serial of its own. */
uint64_t weir_current_tag(const struct weir_current *current);

/** Whether FOLDER's base file is, octet for octet, the one that was published;
 *  before anybody opens it (lib/checksum.h).  WEIR_EMISSING, WEIR_EFORMAT,
 *  WEIR_ECHECKSUM, with the path in *problem. */
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
