/*
 * zone.h - zone file text (RFC 1035, 5.1), line by line: records and what they
 * inherit from those before them.
 *
 * Between feeds/list.c, which brings lines, and list_rpz.c.  Made for files that
 * people write and download: a record that is damaged is told as such, and the
 * next line is begun anew; a fragment without SOA, or of a zone whose name the
 * file does not say, is read as well.  Reading a zone as a whole, as ldns does,
 * would end at the first such place.
 *
 *   $ORIGIN, $TTL      known; other directives are told, and do nothing
 *   owner              a name, `@`, or a blank: that of the record before
 *   TTL                seconds or 1w2d3h4m5s; before or behind the class
 *   ( )                a record goes on over lines
 *   "..." ; \DDD \X    strings, comments, escapes
 */
#ifndef WEIR_FEEDS_ZONE_H
#define WEIR_FEEDS_ZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"
#include "lib/limits.h"
#include "lib/name.h"

/* A TXT record with 64 strings is larger than an answer may be. */
#define WEIR_ZONE_FIELDS 128

/** A name in a zone file: absolute, or relative to a zone whose own name the
 *  file does not say. */
struct weir_zone_name {
	struct weir_name name;
	bool is_absolute;
};

/** A word or string, with the escapes in it; NUL-terminated. */
struct weir_zone_field {
	const char *text;
	uint16_t len;
	bool is_string; /* stood in quotes */
};

enum weir_zone_state {
	WEIR_ZONE_NOTHING,   /* a comment, an empty line, a known directive */
	WEIR_ZONE_MORE,      /* the record goes on */
	WEIR_ZONE_RECORD,    /* there is one */
	WEIR_ZONE_DIRECTIVE, /* one that is not followed: $INCLUDE ... */
	WEIR_ZONE_NO_OWNER,  /* its owner is no name, or there is none */
	WEIR_ZONE_BROKEN     /* anything else */
};

/** A zone file being read.  All zero, it is at its beginning. */
struct weir_zone {
	/* The record at hand, valid until the next line. */
	struct weir_zone_name owner;
	uint16_t type;
	uint32_t ttl_s;
	bool has_ttl; /* else none is said, neither here nor before */
	const struct weir_zone_field *rdata;
	unsigned int rdata_count;
	unsigned long first_line; /* where it begins */

	/* What is inherited. */
	struct weir_zone_name origin;
	bool is_begun, has_origin, has_owner, has_default_ttl;
	uint32_t default_ttl_s;

	/* What was read of the record. */
	unsigned long last_line;
	unsigned int depth; /* of parentheses */
	bool is_indented;
	struct weir_zone_field fields[WEIR_ZONE_FIELDS];
	unsigned int field_count;
	char text[WEIR_LINE_SIZE]; /* of the fields */
	size_t len;
};

/** Takes the next line, without its end.  `number` counts lines from 1; a gap
 *  in it is a line that was lost, and a record that goes over it is broken. */
enum weir_zone_state weir_zone_take(
    struct weir_zone *zone, const char *line, size_t len, unsigned long number);

/** Whether a record was begun and not ended. */
bool weir_zone_is_open(const struct weir_zone *zone);

/** A name in the zone: `@`, absolute or under the origin.  WEIR_EFORMAT. */
int weir_zone_complete(const struct weir_zone *zone, const char *text,
    size_t len, struct weir_zone_name *ret_name) WEIR_CHECKED;

/** Sets the origin, unless the file has done so. */
void weir_zone_suggest_origin(
    struct weir_zone *zone, const struct weir_name *origin);

/** The same for the TTL of records that do not say it. */
void weir_zone_suggest_ttl(struct weir_zone *zone, uint32_t ttl_s);

/** Whether it is a TTL: seconds, or 1h30m.  *ret_ttl_s: at most 2^31 - 1. */
bool weir_zone_parse_ttl(const char *text, size_t len, uint32_t *ret_ttl_s);

#endif
