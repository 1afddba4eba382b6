/*
 * answers.c - the table of a policy's answers.
 */
#include "lib/answers.h"

#include <string.h>

#include "lib/bytes.h"
#include "lib/name.h"

bool
weir_answers_next(
    const uint8_t **octets, size_t *len, struct weir_answer_record *ret_record)
{
	const uint8_t *at = *octets;
	size_t size;

	if (*len < WEIR_ANSWER_RECORD_BYTES)
		return false;
	size = WEIR_ANSWER_RECORD_BYTES + (size_t)weir_bytes_get16(at + 6);
	if (*len < size)
		return false;
	ret_record->type = weir_bytes_get16(at);
	ret_record->ttl_s = weir_bytes_get32(at + 2);
	ret_record->len = weir_bytes_get16(at + 6);
	ret_record->rdata = at + WEIR_ANSWER_RECORD_BYTES;
	*octets += size;
	*len -= size;
	return true;
}

/* One string or more, each with its length before it. */
static bool
is_text(const uint8_t *rdata, size_t len)
{
	size_t at = 0;

	while (at < len)
		at += 1 + (size_t)rdata[at];
	return len > 0 && at == len;
}

static bool
is_canonical_name(const uint8_t *rdata, size_t len)
{
	struct weir_name name;

	return weir_name_from_wire(rdata, len, &name) == 0 &&
	       memcmp(name.wire, rdata, len) == 0;
}

static bool
is_record(const struct weir_answer_record *record)
{
	if (record->ttl_s > WEIR_ANSWER_TTL_MAX_S)
		return false;
	switch (record->type) {
	case WEIR_ANSWER_A:
		return record->len == 4;
	case WEIR_ANSWER_AAAA:
		return record->len == 16;
	case WEIR_ANSWER_TXT:
		return is_text(record->rdata, record->len);
	case WEIR_ANSWER_CNAME:
		return is_canonical_name(record->rdata, record->len);
	default:
		return false;
	}
}

/* Whether `next` may come right behind `record`. */
static bool
is_in_order(const struct weir_answer_record *record,
    const struct weir_answer_record *next)
{
	size_t least = record->len < next->len ? record->len : next->len;
	int order;

	if (record->type == WEIR_ANSWER_CNAME ||
	    next->type == WEIR_ANSWER_CNAME)
		return false;
	if (record->type != next->type)
		return record->type < next->type;
	order = memcmp(record->rdata, next->rdata, least);
	return record->ttl_s == next->ttl_s &&
	       (order < 0 || (order == 0 && record->len < next->len));
}

bool
weir_answers_is_valid(const uint8_t *octets, size_t len)
{
	struct weir_answer_record record = { .type = 0 }, next;
	unsigned int count = 0;

	if (len > WEIR_ANSWER_SIZE)
		return false;
	while (weir_answers_next(&octets, &len, &next)) {
		if (!is_record(&next) || ++count > WEIR_ANSWER_RECORDS ||
		    (count > 1 && !is_in_order(&record, &next)))
			return false;
		record = next;
	}
	return count > 0 && len == 0;
}

bool
weir_answers_get(const struct weir_answers *answers, unsigned int place,
    const uint8_t **ret_octets, size_t *ret_len)
{
	uint32_t begin;

	if (place >= answers->count)
		return false;
	begin = place == 0 ? 0 : answers->ends[place - 1];
	*ret_octets = answers->octets + begin;
	*ret_len = answers->ends[place] - begin;
	return true;
}

int
weir_answers_find(
    const struct weir_answers *answers, const uint8_t *octets, size_t len)
{
	uint32_t begin = 0, end;
	unsigned int i;

	for (i = 0; i < answers->count; i++, begin = end) {
		end = answers->ends[i];
		if (end - begin == len &&
		    memcmp(answers->octets + begin, octets, len) == 0)
			return (int)i;
	}
	return -1;
}

int
weir_answers_add(
    struct weir_answers *answers, const uint8_t *octets, size_t len)
{
	int found = weir_answers_find(answers, octets, len);
	uint32_t used;

	if (found >= 0)
		return found;
	if (!weir_answers_is_valid(octets, len))
		return WEIR_EFORMAT;
	used = answers->count == 0 ? 0 : answers->ends[answers->count - 1];
	if (answers->count == WEIR_ANSWERS || len > WEIR_ANSWERS_SIZE - used)
		return WEIR_ELIMIT;
	memcpy(answers->octets + used, octets, len);
	answers->ends[answers->count] = used + (uint32_t)len;
	return (int)answers->count++;
}

bool
weir_answers_extends(
    const struct weir_answers *answers, const struct weir_answers *old)
{
	uint32_t used = old->count == 0 ? 0 : old->ends[old->count - 1];

	return answers->count >= old->count &&
	       memcmp(answers->ends, old->ends,
		   old->count * sizeof(old->ends[0])) == 0 &&
	       memcmp(answers->octets, old->octets, used) == 0;
}

bool
weir_answers_has_room(const struct weir_answers *answers)
{
	uint32_t used = answers->count == 0 ? 0
					    : answers->ends[answers->count - 1];

	return answers->count <= WEIR_ANSWERS / 2 &&
	       used <= WEIR_ANSWERS_SIZE / 2;
}
