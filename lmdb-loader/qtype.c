/*
 * qtype.c - query types by name.
 */
#include "lmdb-loader/qtype.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
	const char *text;
	uint16_t number;
} qtypes[] = {
	{ "A", WEIR_QTYPE_A },
	{ "NS", 2 },
	{ "CNAME", 5 },
	{ "SOA", 6 },
	{ "PTR", 12 },
	{ "MX", 15 },
	{ "TXT", 16 },
	{ "AAAA", WEIR_QTYPE_AAAA },
	{ "SRV", 33 },
	{ "NAPTR", 35 },
	{ "DNAME", 39 },
	{ "DS", 43 },
	{ "RRSIG", 46 },
	{ "NSEC", 47 },
	{ "DNSKEY", 48 },
	{ "TLSA", 52 },
	{ "SVCB", 64 },
	{ "HTTPS", 65 },
	{ "ANY", 255 },
	{ "CAA", 257 },
};

#define QTYPE_COUNT (sizeof(qtypes) / sizeof(qtypes[0]))

int
weir_qtype_parse(const char *text, uint16_t *ret_qtype)
{
	unsigned long number;
	char *end;
	size_t i;

	for (i = 0; i < QTYPE_COUNT; i++) {
		if (strcasecmp(text, qtypes[i].text) == 0) {
			*ret_qtype = qtypes[i].number;
			return 0;
		}
	}
	if (strncasecmp(text, "TYPE", 4) != 0 || text[4] < '0' || text[4] > '9')
		return WEIR_EFORMAT;
	number = strtoul(text + 4, &end, 10);
	if (*end != '\0' || number > UINT16_MAX)
		return WEIR_EFORMAT;
	*ret_qtype = (uint16_t)number;
	return 0;
}

void
weir_qtype_print(uint16_t qtype, char *text)
{
	size_t i;

	for (i = 0; i < QTYPE_COUNT; i++)
		if (qtypes[i].number == qtype)
			break;
	if (i < QTYPE_COUNT)
		snprintf(text, WEIR_QTYPE_TEXT_SIZE, "%s", qtypes[i].text);
	else
		snprintf(
		    text, WEIR_QTYPE_TEXT_SIZE, "TYPE%u", (unsigned int)qtype);
}
