/*
 * list_config.h - what the formats have in common that are pieces of some
 * program's configuration: list_dnsmasq.c, list_unbound.c, list_bind.c,
 * list_tpl.c, list_privoxy.c.
 */
#ifndef WEIR_FEEDS_LIST_CONFIG_H
#define WEIR_FEEDS_LIST_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "feeds/list.h"

/** Takes the blanks off both ends. */
void weir_list_config_trim(const char **text, size_t *len);

/** Whether the text is that word, in any case. */
bool weir_list_config_is(const char *text, size_t len, const char *word);

/** Whether it is one of the words of a NULL-terminated table, in any case. */
bool
weir_list_config_is_one(const char *text, size_t len, const char *const *words);

struct weir_list_token {
	const char *text; /* in the line, without its quotes */
	size_t len;       /* may be 0 if it is quoted */
	bool is_quoted;
};

/** Cuts a token off *text: a word, a text in '' or "" (which ends with the line
 *  at the latest), or one of `marks`.  False at the end or before a "#". */
bool weir_list_config_token(const char **text, size_t *len, const char *marks,
    struct weir_list_token *ret_token);

/** Takes a text that should be a domain name, and hands it on with that scope
 *  and action; what it is, or is not, is counted.  0 or what weir_list_item
 *  returned. */
int weir_list_config_name(struct weir_list_reader *reader, const char *text,
    size_t len, unsigned int scope, unsigned int action);

/** The action of an exception in this list. */
unsigned int weir_list_config_exception(const struct weir_list_reader *reader);

#endif
