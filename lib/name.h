/*
 * name.h - domain names.
 *
 * One form everywhere: wire format (RFC 1035, 3.1), letters A-Z made lower
 * case (RFC 4343), root label at the end.  Other octets may be anything: what
 * may stand in a list is the lists' business (feeds/), what may be asked for
 * is anything.
 *
 * A key is the name as the database sorts it: a trigger octet, then the
 * labels from the top down, each with its length octet, without the root.
 *   www.example.com  ->  \001 \003com \007example \003www
 * So the key of an ancestor is the beginning of the keys below it, and a
 * subtree lies together.
 */
#ifndef WEIR_LIB_NAME_H
#define WEIR_LIB_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/error.h"
#include "lib/limits.h"

/** A name, canonical; about 400 bytes, lives on the stack. */
struct weir_name {
	uint8_t wire[WEIR_NAME_SIZE];
	uint8_t len;         /* octets of wire in use, root label included */
	uint8_t label_count; /* without the root label; 0 is the root */
	/* offset[i]: where label i begins, 0 the leftmost;
	 * offset[label_count] is the root label. */
	uint8_t offset[WEIR_NAME_LABELS + 1];
};

/** Takes a name in wire format, of any case, and makes it canonical.
 *  Compression pointers, a missing root label, octets after it: WEIR_EFORMAT;
 *  *ret_name is untouched then. */
int weir_name_from_wire(
    const uint8_t *wire, size_t len, struct weir_name *ret_name) WEIR_CHECKED;

/** Takes a name as people write it: labels with dots, one more dot at the
 *  end or not, \DDD and \X escapes (RFC 1035, 5.1).  ASCII only (see
 *  lib/idn.h for others).  "." is the root.  WEIR_EFORMAT: an empty label, a
 *  label over 63 octets, a name over 255, an octet over 0x7f. */
int weir_name_parse(
    const char *text, size_t len, struct weir_name *ret_name) WEIR_CHECKED;

/** Writes the name as text, without a dot at the end ("." for the root), with
 *  \DDD for what is not a printable ASCII character; NUL-terminated.
 *  Returns the length.  `text` has WEIR_NAME_TEXT_SIZE octets. */
size_t weir_name_print(const struct weir_name *name, char *text);

/** Writes the ancestor that begins at label `label` (0: the name itself). */
size_t weir_name_print_from(
    const struct weir_name *name, unsigned int label, char *text);

bool weir_name_is_equal(const struct weir_name *a, const struct weir_name *b);

/** Whether the topmost label is a number, as in 192.0.2.1: no such top-level
 *  domain exists.  False for the root. */
bool weir_name_is_top_numeric(const struct weir_name *name);

/* The first octet of a key: what in a query the entry is about.  Response
 * addresses, clients, name server names and addresses have their place. */
enum weir_trigger {
	WEIR_TRIGGER_QNAME = 0x01
	/* 0x02 response address, 0x03 client address, 0x04 name server name,
	 * 0x05 name server address: reserved.  0xfe: see lib/format.h */
};

/** Writes the key of a name; `key` has WEIR_KEY_SIZE octets.  Returns its
 *  length.  ret_ends, if not NULL, has room for WEIR_NAME_LABELS + 1 numbers:
 *  ret_ends[n] is the length of the key of the ancestor with n labels. */
size_t weir_name_to_key(const struct weir_name *name, enum weir_trigger trigger,
    uint8_t *key, uint16_t *ret_ends);

/** Compares two keys as the database sorts them: as memcmp(3) does, the shorter
 *  one first.  < 0, 0, > 0. */
static inline int
weir_name_compare_keys(
    const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
	int order = memcmp(a, b, a_len < b_len ? a_len : b_len);

	if (order != 0)
		return order;
	return a_len < b_len ? -1 : a_len > b_len;
}

/** Whether it is the key of a name, in the form that weir_name_to_key gives. */
bool weir_name_is_key(const uint8_t *key, size_t len);

/** Both at once: from wire format, of any case, to the key.  Returns the number
 *  of labels, or WEIR_EFORMAT as weir_name_from_wire does. */
int weir_name_wire_to_key(const uint8_t *wire, size_t len,
    enum weir_trigger trigger, uint8_t *key, uint16_t *ret_ends) WEIR_CHECKED;

/** Only the key of the ancestor with `labels` labels; `key` as above.  Returns
 *  its length; 0 if it is no name or one with fewer labels. */
size_t weir_name_wire_to_top_key(const uint8_t *wire, size_t len,
    enum weir_trigger trigger, unsigned int labels, uint8_t *key);

/** The name of a key.  WEIR_EFORMAT if it is none. */
int weir_name_from_key(
    const uint8_t *key, size_t len, struct weir_name *ret_name) WEIR_CHECKED;

#endif
