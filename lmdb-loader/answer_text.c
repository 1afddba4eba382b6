/*
 * answer_text.c - answers of a list's own, as text.
 */
#include "lmdb-loader/answer_text.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>

#include "lib/name.h"
#include "lmdb-loader/qtype.h"

/* Each octet as \DDD, and quotes around its strings. */
#define TEXT_SIZE (4 * WEIR_ANSWER_SIZE + 64)

static size_t
print_string(const uint8_t *octets, size_t len, char *text)
{
	size_t at = 0, i;

	text[at++] = '"';
	for (i = 0; i < len; i++) {
		if (octets[i] < 0x20 || octets[i] > 0x7e) {
			at += (size_t)sprintf(text + at, "\\%03u", octets[i]);
			continue;
		}
		if (octets[i] == '"' || octets[i] == '\\')
			text[at++] = '\\';
		text[at++] = (char)octets[i];
	}
	text[at++] = '"';
	text[at] = '\0';
	return at;
}

static void
print_strings(const struct weir_answer_record *record, char *text)
{
	const uint8_t *at = record->rdata, *end = at + record->len;

	while (at < end) {
		text += print_string(at + 1, at[0], text);
		at += 1 + (size_t)at[0];
		if (at < end)
			*text++ = ' ';
	}
}

/* text: TEXT_SIZE octets. */
static void
print_record(const struct weir_answer_record *record, char *text)
{
	char type[WEIR_QTYPE_TEXT_SIZE];
	struct weir_name name;

	weir_qtype_print(record->type, type);
	text += sprintf(text, "%" PRIu32 " IN %s ", record->ttl_s, type);
	switch (record->type) {
	case WEIR_ANSWER_A:
		(void)inet_ntop(AF_INET, record->rdata, text, INET_ADDRSTRLEN);
		break;
	case WEIR_ANSWER_AAAA:
		(void)inet_ntop(
		    AF_INET6, record->rdata, text, INET6_ADDRSTRLEN);
		break;
	case WEIR_ANSWER_CNAME:
		if (weir_name_from_wire(record->rdata, record->len, &name) ==
		    0) {
			text += weir_name_print(&name, text);
			if (name.label_count > 0)
				(void)sprintf(text, ".");
		}
		break;
	default:
		print_strings(record, text);
		break;
	}
}

json_t *
weir_answer_text_list(const uint8_t *octets, size_t len)
{
	struct weir_answer_record record;
	json_t *list = json_array();
	char text[TEXT_SIZE];

	while (list != NULL && weir_answers_next(&octets, &len, &record)) {
		print_record(&record, text);
		if (json_array_append_new(list, json_string(text)) != 0) {
			json_decref(list);
			list = NULL;
		}
	}
	return list;
}

json_t *
weir_answer_text_of(const struct weir_policy *policy, unsigned int place)
{
	const uint8_t *octets;
	size_t len;

	if (!weir_answers_get(&policy->answers, place, &octets, &len))
		return json_array();
	return weir_answer_text_list(octets, len);
}
