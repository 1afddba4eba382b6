/*
 * feed_line.h - the lines of a signed feed: weir-feed(5).
 *
 *   weir-feed 1 malware 3f0a9c5e77d1b2a4 hour 120 4711     header
 *   +evil.example                                          listed
 *   +ads.example scope=subdomains category=ads confidence=80
 *   +two.example scope=name action=nodata | scope=subdomains action=pass
 *   -gone.example                                          not listed
 *
 * A name has one line, and each state of a name one form:
 *   - the name in lower case, without a dot at its end, of letters, digits, "-",
 *     "_" and ".", two labels at least;
 *   - statements, with " | " between them, sorted by their octets, none twice,
 *     WEIR_FEED_STATEMENTS at most;
 *   - in a statement attributes in the order of enum weir_feed_attribute, each
 *     at most once, one blank before it.  What is not said, the subscriber's
 *     settings say.
 * Lines are sorted by the octets of the name (which is `LC_ALL=C sort`, as a
 * blank stands before all characters of names), and end with LF.
 *
 * The entry of a name is its line without the sign and the LF: that is what
 * count and sum are made of.
 */
#ifndef WEIR_FEEDS_FEED_LINE_H
#define WEIR_FEEDS_FEED_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feeds/list.h"
#include "lib/error.h"
#include "lib/limits.h"

#define WEIR_FEED_LINE_SIZE  2048 /* with its LF */
#define WEIR_FEED_STATEMENTS 4
#define WEIR_FEED_SUM_BYTES  16
#define WEIR_FEED_SUM_SIZE   33 /* as hex, with NUL */
#define WEIR_FEED_HEADER     "weir-feed 1 "

/* scope=name|subdomains|both  action=ACTION  important=yes  category=WORD
 * confidence=0..100  first-seen=UNIX  valid-until=UNIX */
enum weir_feed_attribute {
	WEIR_FEED_SCOPE,
	WEIR_FEED_ACTION, /* all of lib/entry.h but default, local */
	WEIR_FEED_IMPORTANT,
	WEIR_FEED_CATEGORY,
	WEIR_FEED_CONFIDENCE,
	WEIR_FEED_FIRST_SEEN,
	WEIR_FEED_VALID_UNTIL,
	WEIR_FEED_ATTRIBUTE_COUNT
};

enum weir_feed_kind {
	WEIR_FEED_FULL,
	WEIR_FEED_DAY,
	WEIR_FEED_HOUR,
	WEIR_FEED_HEAD,
	WEIR_FEED_KIND_COUNT
};

/** "full", "day", "hour", "head". */
const char *weir_feed_kind_text(unsigned int kind);
/** -1: none. */
int weir_feed_kind_parse(const char *text);

/** A feed's name as weir.yaml has it: 1 to 63 of a-z, 0-9, "." "_" "-".  NULL is
 *  none. */
bool weir_feed_name_is_valid(const char *text);
/** 16 hex digits in lower case. */
bool weir_feed_gen_is_valid(const char *text);

struct weir_feed_header {
	char feed[WEIR_FEED_NAME_SIZE];
	char gen[WEIR_FEED_GEN_SIZE];
	uint8_t kind;
	uint64_t from,
	    to; /* sequence numbers; a full has from 0, else from < to */
};

/** Prints it with its LF; the length.  `text` has WEIR_FEED_LINE_SIZE. */
size_t
weir_feed_header_print(const struct weir_feed_header *header, char *text);
/** A line without its LF.  False: it is none. */
bool weir_feed_header_parse(
    const char *line, size_t len, struct weir_feed_header *ret_header);

/** One line cut up: pointers into it. */
struct weir_feed_line {
	bool is_listed;   /* "+" */
	const char *name; /* not NUL-terminated */
	size_t name_len;
	const char *entry; /* name and statements */
	size_t entry_len;
};

/** Reads a line without its LF, whether it is of that one form.  WEIR_EFORMAT:
 *  *ret_why, a constant, says what is wrong. */
int weir_feed_line_parse(const char *line, size_t len,
    struct weir_feed_line *ret_line, const char **ret_why) WEIR_CHECKED;

/** Hands each statement of a line that was parsed on as an item of a list.
 *  Stops with what `each` returns other than 0. */
int weir_feed_line_items(const struct weir_feed_line *line,
    int (*each)(void *arg, const struct weir_list_item *item), void *arg);

/** Prints one item as a statement: "scope=both category=ads", or "" if it says
 *  nothing.  The length; WEIR_EFORMAT: an action that feeds do not have.
 *  `text` has WEIR_FEED_LINE_SIZE. */
int weir_feed_statement_print(
    const struct weir_list_item *item, char *text) WEIR_CHECKED;

/** The order of lines. */
int weir_feed_line_compare(
    const char *left, size_t left_len, const char *right, size_t right_len);

/** The sum of a set: that of the BLAKE2b-128 of its entries, as numbers with the
 *  least octet first, modulo 2^128.  Zero for none. */
struct weir_feed_sum {
	uint64_t low, high;
};
void
weir_feed_sum_add(struct weir_feed_sum *sum, const char *entry, size_t len);
void
weir_feed_sum_take(struct weir_feed_sum *sum, const char *entry, size_t len);
/** 32 hex digits, the greatest first. */
void weir_feed_sum_print(
    const struct weir_feed_sum *sum, char text[WEIR_FEED_SUM_SIZE]);
bool weir_feed_sum_parse(const char *text, struct weir_feed_sum *ret_sum);

#endif
