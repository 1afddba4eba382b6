/*
 * answers.h - answers that a list gives of its own (RPZ calls them local data),
 * as the table of a policy.
 *
 * An answer is a row of records, each u16 type, u32 TTL, u16 length (little-
 * endian) and RDATA in wire format, names uncompressed and in small letters.
 * There is one form of each answer, so that equal ones are equal as octets:
 *   - types are A, AAAA, TXT, or one CNAME and nothing else;
 *   - records are sorted by type, then by RDATA, and none is there twice;
 *   - the records of one type have one TTL (RFC 2181, 5.2).
 * Entries name an answer by its place in the table, from 0.
 */
#ifndef WEIR_LIB_ANSWERS_H
#define WEIR_LIB_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"
#include "lib/limits.h"

enum weir_answer_type {
	WEIR_ANSWER_A = 1,
	WEIR_ANSWER_CNAME = 5,
	WEIR_ANSWER_TXT = 16,
	WEIR_ANSWER_AAAA = 28
};

/** All distinct answers of a policy; about 70 KB. */
struct weir_answers {
	unsigned int count;
	uint32_t ends[WEIR_ANSWERS]; /* where each ends in the octets */
	uint8_t octets[WEIR_ANSWERS_SIZE];
};

/** One record of an answer. */
struct weir_answer_record {
	uint16_t type;
	uint16_t len; /* of the RDATA */
	uint32_t ttl_s;
	const uint8_t *rdata;
};

#define WEIR_ANSWER_RECORD_BYTES 8 /* before the RDATA */

/** Takes the next record off an answer.  false: none is left, or what is left
 *  is no whole record. */
bool weir_answers_next(
    const uint8_t **octets, size_t *len, struct weir_answer_record *ret_record);

/** Whether it is an answer as above, not larger than WEIR_ANSWER_SIZE. */
bool weir_answers_is_valid(const uint8_t *octets, size_t len);

/** The answer at that place; it lives as long as the table.  false: there is
 *  none. */
bool weir_answers_get(const struct weir_answers *answers, unsigned int place,
    const uint8_t **ret_octets, size_t *ret_len);

/** The place of an answer, -1 if it is not there. */
int weir_answers_find(
    const struct weir_answers *answers, const uint8_t *octets, size_t len);
/** The same, added if it is not there.  WEIR_EFORMAT: it is none; WEIR_ELIMIT:
 *  there is no room for it. */
int weir_answers_add(struct weir_answers *answers, const uint8_t *octets,
    size_t len) WEIR_CHECKED;

/** Whether the table begins with all of `old`, so that old places hold. */
bool weir_answers_extends(
    const struct weir_answers *answers, const struct weir_answers *old);

/** Whether a table that grows from this one has much room left.  What no list
 *  says any more stays in such a table; so it is begun anew when it is half
 *  full. */
bool weir_answers_has_room(const struct weir_answers *answers);

#endif
