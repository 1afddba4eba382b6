/*
 * lint.h - judges lists without loading them.
 *
 *   files --feeds/list.h--> items --lint.c--> sort.h --lint_walk.c--> findings
 *
 * The sort's keys are those of names, behind them a zero octet, the line and a
 * number in the line: so all that the files say of a name comes in one row,
 * line by line, before what lies below the name, and nothing is held in memory
 * but the names above.  The feed of an entry is the number of its file.
 */
#ifndef WEIR_LMDB_LOADER_LINT_H
#define WEIR_LMDB_LOADER_LINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feeds/list.h"
#include "lib/error.h"
#include "lib/generation.h"
#include "lib/settings.h"
#include "lmdb-loader/guard.h"
#include "lmdb-loader/sort.h"

#define WEIR_LINT_FILES    32 /* beside one another; each pair is compared */
#define WEIR_LINT_EXAMPLES 3
#define WEIR_LINT_TEXT     80 /* of a name in an example; longer ones are cut */

/* What is found out beyond the reasons of feeds/list.h. */
enum weir_lint_finding {
	WEIR_LINT_DUPLICATE, /* said before, of that scope */
	WEIR_LINT_REDUNDANT, /* a name above it says it already */
	WEIR_LINT_USELESS,   /* an exception from nothing */
	WEIR_LINT_FUTURE,    /* first seen in the future */
	WEIR_LINT_ANCIENT,   /* first seen before there were such lists */
	WEIR_LINT_BACKWARDS, /* ends before it was first seen */
	WEIR_LINT_FAR,       /* ends in more than WEIR_LINT_FAR_YEARS */
	WEIR_LINT_COUNT
};

#define WEIR_LINT_FAR_YEARS 20

/** "duplicates", ... as in JSON. */
const char *weir_lint_finding_word(unsigned int finding);

struct weir_lint_example {
	char name[WEIR_LINT_TEXT];
	unsigned long line;
	char other[WEIR_LINT_TEXT]; /* what it repeats, or is below; "" */
	unsigned long other_line;
};

struct weir_lint_case {
	uint64_t count;
	struct weir_lint_example examples[WEIR_LINT_EXAMPLES];
};

/** Names of one list that another one has too, or has a name above of. */
struct weir_lint_overlap {
	uint64_t same, covered;
};

struct weir_lint_file {
	const char *path;
	int error; /* it cannot be read: `problem` says why */
	struct weir_problem problem;
	struct weir_list_report report;
	uint64_t names;       /* each once */
	uint64_t block_names; /* of which something is blocked */
	uint64_t exceptions, important, cancelled;
	struct weir_lint_case cases[WEIR_LINT_COUNT];
	struct weir_lint_overlap files[WEIR_LINT_FILES];
	/* Against the current generation: */
	struct weir_lint_overlap feeds[WEIR_FEEDS];
	uint64_t known; /* names that one of the feeds has, or covers */
};

struct weir_lint {
	/* Set by the caller, all else zero: */
	const struct weir_settings *settings;
	const struct weir_generation *generation; /* NULL: none */
	const char *format;
	uint32_t now_unix;
	/* Made by weir_lint_read: */
	unsigned int file_count;
	struct weir_lint_file *files;
	struct weir_guard guard;
	struct weir_sort *sort;
	/* The file at work: */
	unsigned int file;
	unsigned long line;
	unsigned int number_in_line;
};

/** Reads the files; what cannot be read is noted in it and no failure.
 *  WEIR_EMEMORY, WEIR_ESYSTEM, WEIR_ELIMIT: the sort, or a file of the guard. */
int weir_lint_read(struct weir_lint *lint, char *const *paths,
    unsigned int count, struct weir_problem *problem) WEIR_CHECKED;
/** Then: finds what the names together say.  WEIR_EFORMAT: the generation. */
int weir_lint_walk(
    struct weir_lint *lint, struct weir_problem *problem) WEIR_CHECKED;
void weir_lint_done(struct weir_lint *lint);

/** Counts a finding; `key` and `other` (NULL: none) are keys of names. */
void weir_lint_find(struct weir_lint_file *file, unsigned int finding,
    const uint8_t *key, size_t len, unsigned long line, const uint8_t *other,
    size_t other_len, unsigned long other_line);

/** What stands behind a name's key in the sort. */
#define WEIR_LINT_TAIL 7 /* zero, u32 line, u16 number, big-endian */

/** Whether a block of the list would be dangerous, and not just no name. */
bool weir_lint_is_dangerous(unsigned int reason);
/** Whether a reason to refuse something is no trouble: what a DNS firewall has
 *  no use for, and names that each hosts file has. */
bool weir_lint_is_harmless(unsigned int reason);

#endif
