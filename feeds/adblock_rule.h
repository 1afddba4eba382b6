/*
 * adblock_rule.h - one rule in AdBlock syntax: text in, what it says of which
 * name out, or why it says nothing that a DNS firewall could obey.  For
 * feeds/list_adblock.c and feeds/list_sample.c.
 */
#ifndef WEIR_FEEDS_ADBLOCK_RULE_H
#define WEIR_FEEDS_ADBLOCK_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/name.h"

struct weir_adblock {
	struct weir_name name;
	uint8_t scope; /* enum weir_scope */
	bool is_exception;
	bool is_important;
	bool is_cancelled;   /* $badfilter: takes the rule back */
	bool is_bare;        /* without an anchor in front: maybe a piece of a
			    * URL; also told if the rule is refused */
	const char *allowed; /* $denyallow: a|b, all of them names; NULL */
	size_t allowed_len;
};

/** Takes a line, trimmed, no comment.  0, or the reason (enum weir_list_reason)
 *  plus 1. */
int
weir_adblock_parse(const char *text, size_t len, struct weir_adblock *ret_rule);

/** Cuts the first name off the text of $denyallow: 1; 0 if none is left; the
 *  reason plus 1, negative, if it is no name. */
int weir_adblock_next_allowed(
    const char **text, size_t *len, struct weir_name *ret_name);

/** Whether `name` is `above` or lies below it. */
bool weir_adblock_is_within(
    const struct weir_name *name, const struct weir_name *above);

/** Whether a line that begins with # is a rule for all sites (##.ad) and no
 *  comment. */
bool weir_adblock_is_generic(const char *text, size_t len);

/** Whether a line is one of a preprocessor: !#if, !#include. */
bool weir_adblock_is_directive(const char *text, size_t len);

/** Whether a line in brackets is the header of such a list. */
bool weir_adblock_is_header(const char *text, size_t len);

/** Whether a line, trimmed, is a rule that only a browser could obey. */
bool weir_adblock_is_for_browsers(const char *text, size_t len);

#endif
