/*
 * list_record.h - one record of a table or a document, as an item.  For the
 * formats whose entries say more than a name: CSV, JSON, STIX, MISP.
 */
#ifndef WEIR_FEEDS_LIST_RECORD_H
#define WEIR_FEEDS_LIST_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include "feeds/list.h"

struct weir_list_value {
	const char *text; /* NULL: the record does not have it */
	size_t len;
};

/** What a record says; the texts are the caller's. */
struct weir_list_record {
	/* By enum weir_list_field. */
	struct weir_list_value values[WEIR_LIST_FIELD_COUNT];
	bool is_from_url; /* another part of it says that there is a path */
};

/** Hands the record's name on, or refuses it, by these rules:
 *    name         a name, *.NAME, or a URL, of which the host is taken;
 *                 defanged ("hxxp", "[.]") or not.  "a|b": a
 *    type         empty, or a word for names and URLs; others are passed over
 *    status       offline, inactive ...: passed over
 *    confidence   0 to 100, or none, low, medium, high
 *    first-seen, valid-until: see feeds/list_time.h
 *  A value that makes no sense says nothing, other than a name's.
 *  0, or what the consumer returned. */
int weir_list_record_give(struct weir_list_reader *reader,
    const struct weir_list_record *record) WEIR_CHECKED;

/** Whether the text is a name or a URL with a host, as a guess: 1; 0: an
 *  address, which says nothing; -1: neither. */
int weir_list_record_recognise(const char *text, size_t len);

#endif
