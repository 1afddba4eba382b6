/*
 * sync_notify.c - DNS NOTIFY (RFC 1996) as a hint that a feed may be newer.
 */
#include "feeds/sync_notify.h"

#include <ctype.h>
#include <ldns/ldns.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/error.h"

/* The header alone, with that code: for what is not understood. */
static size_t
answer_header(const uint8_t *packet, unsigned int rcode, uint8_t *answer)
{
	memset(answer, 0, LDNS_HEADER_SIZE);
	memcpy(answer, packet, 2);
	answer[2] = (uint8_t)(0x80 | (packet[2] & 0x79)); /* QR; opcode, RD */
	answer[3] = (uint8_t)rcode;
	return LDNS_HEADER_SIZE;
}

/* The question as it came, whose name is not compressed: it is the first. */
static size_t
answer_question(const uint8_t *packet, size_t question_len, uint8_t *answer)
{
	(void)answer_header(packet, LDNS_RCODE_NOERROR, answer);
	answer[2] |= 0x04; /* AA */
	answer[5] = 1;
	memcpy(
	    answer + LDNS_HEADER_SIZE, packet + LDNS_HEADER_SIZE, question_len);
	return LDNS_HEADER_SIZE + question_len;
}

/* "malware." as "malware". */
static bool
take_name(const ldns_rdf *owner, char *feed)
{
	char *text = ldns_rdf2str(owner);
	size_t len, i;

	if (text == NULL)
		return false;
	len = strlen(text);
	if (len > 0 && text[len - 1] == '.')
		len--;
	if (len >= WEIR_NAME_TEXT_SIZE)
		len = 0;
	for (i = 0; i < len; i++)
		feed[i] = (char)tolower((unsigned char)text[i]);
	feed[len] = '\0';
	free(text);
	return len > 0;
}

int
weir_sync_notify(const uint8_t *packet, size_t len,
    char feed[WEIR_NAME_TEXT_SIZE], uint8_t answer[WEIR_NOTIFY_SIZE],
    size_t *ret_len)
{
	ldns_pkt *parsed = NULL;
	const ldns_rr *question;
	size_t question_len;
	int ret = 0;

	/* An answer is never answered: two could go on for ever. */
	if (len < LDNS_HEADER_SIZE || len > WEIR_NOTIFY_SIZE ||
	    (packet[2] & 0x80) != 0)
		return WEIR_EFORMAT;
	if ((packet[2] >> 3 & 0x0f) != LDNS_PACKET_NOTIFY) {
		*ret_len = answer_header(packet, LDNS_RCODE_NOTIMPL, answer);
		return 0;
	}
	if (ldns_wire2pkt(&parsed, packet, len) != LDNS_STATUS_OK) {
		*ret_len = answer_header(packet, LDNS_RCODE_FORMERR, answer);
		return 0;
	}
	question = ldns_rr_list_rr(ldns_pkt_question(parsed), 0);
	if (question == NULL || ldns_pkt_qdcount(parsed) != 1 ||
	    ldns_rr_get_class(question) != LDNS_RR_CLASS_IN ||
	    ldns_rr_get_type(question) != LDNS_RR_TYPE_SOA ||
	    !take_name(ldns_rr_owner(question), feed)) {
		*ret_len = answer_header(packet, LDNS_RCODE_FORMERR, answer);
		goto out;
	}
	question_len = ldns_rdf_size(ldns_rr_owner(question)) + 4;
	/* A name by way of a pointer is another one than those octets. */
	if (LDNS_HEADER_SIZE + question_len > len ||
	    memcmp(packet + LDNS_HEADER_SIZE,
		ldns_rdf_data(ldns_rr_owner(question)),
		question_len - 4) != 0) {
		*ret_len = answer_header(packet, LDNS_RCODE_FORMERR, answer);
		goto out;
	}
	*ret_len = answer_question(packet, question_len, answer);
	ret = 1;
out:
	ldns_pkt_free(parsed);
	return ret;
}
