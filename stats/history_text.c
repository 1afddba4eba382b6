/*
 * history_text.c - the keys under which the history keeps names, clients and
 * reasons.
 *
 * A name's labels are turned round, so that what is below a name is one range of
 * keys: of "com.example" what lies from "com.example." up to "com.example/" (the
 * octet behind the dot).  A dot inside a label is written "\." and stays.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "lib/limits.h"
#include "stats/history_db.h"

/* Octets of the first label. */
static size_t
label_len(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < len && name[i] != '.'; i++)
		if (name[i] == '\\' && i + 1 < len)
			i++;
	return i;
}

static char
lower(char octet)
{
	return octet >= 'A' && octet <= 'Z' ? (char)(octet - 'A' + 'a') : octet;
}

size_t
weir_history_reverse(const char *name, size_t len, char *text)
{
	size_t place, label, i, at = 0;

	if (len >= WEIR_NAME_TEXT_SIZE)
		len = WEIR_NAME_TEXT_SIZE - 1;
	if (len > 0 && name[len - 1] == '.' &&
	    (len < 2 || name[len - 2] != '\\'))
		len--;
	place = len;
	while (at < len) {
		label = label_len(name + at, len - at);
		place -= label;
		for (i = 0; i < label; i++)
			text[place + i] = lower(name[at + i]);
		at += label;
		if (at < len && place > 0) {
			text[--place] = '.';
			at++;
		}
	}
	text[len] = '\0';
	return len;
}

static size_t
address_len(unsigned int family)
{
	return family == 4 ? 4 : family == 6 ? 16 : 0;
}

size_t
weir_history_client_encode(const struct weir_client *client, uint8_t *bytes)
{
	size_t len = address_len(client->family);

	bytes[0] = len > 0 ? client->family : 0;
	bytes[1] = len > 0 ? client->prefix : 0;
	memcpy(bytes + 2, client->address, len);
	return 2 + len;
}

void
weir_history_client_decode(
    const uint8_t *bytes, size_t len, struct weir_client *ret_client)
{
	memset(ret_client, 0, sizeof(*ret_client));
	if (len < 2 || len != 2 + address_len(bytes[0]))
		return;
	ret_client->family = bytes[0];
	ret_client->prefix = bytes[1];
	memcpy(ret_client->address, bytes + 2, len - 2);
}

bool
weir_history_client_parse(const char *text, struct weir_client *ret_client)
{
	const char *slash = strchr(text, '/');
	struct weir_client client = { 0 };
	char address[INET6_ADDRSTRLEN], *end;
	unsigned long prefix, most;

	if (snprintf(address, sizeof(address), "%.*s",
		(int)(slash ? slash - text : (long)strlen(text)),
		text) >= (int)sizeof(address))
		return false;
	if (inet_pton(AF_INET, address, client.address) == 1)
		client.family = 4;
	else if (inet_pton(AF_INET6, address, client.address) == 1)
		client.family = 6;
	else
		return false;
	prefix = most = client.family == 4 ? 32 : 128;
	if (slash) {
		prefix = strtoul(slash + 1, &end, 10);
		if (slash[1] < '0' || slash[1] > '9' || *end || prefix > most)
			return false;
	}
	client.prefix = (uint8_t)prefix;
	*ret_client = client;
	return true;
}

void
weir_history_type_print(unsigned int qtype, char *text)
{
	static const struct {
		unsigned int qtype;
		const char *text;
	} types[] = {
		{ 1, "A" },
		{ 2, "NS" },
		{ 5, "CNAME" },
		{ 6, "SOA" },
		{ 12, "PTR" },
		{ 15, "MX" },
		{ 16, "TXT" },
		{ 28, "AAAA" },
		{ 33, "SRV" },
		{ 35, "NAPTR" },
		{ 43, "DS" },
		{ 46, "RRSIG" },
		{ 47, "NSEC" },
		{ 48, "DNSKEY" },
		{ 52, "TLSA" },
		{ 64, "SVCB" },
		{ 65, "HTTPS" },
		{ 255, "ANY" },
		{ 257, "CAA" },
	};
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i].qtype == qtype) {
			(void)snprintf(
			    text, WEIR_HISTORY_TYPE_SIZE, "%s", types[i].text);
			return;
		}
	(void)snprintf(text, WEIR_HISTORY_TYPE_SIZE, "TYPE%u", qtype);
}

static size_t
put(uint8_t *bytes, size_t at, const char *text, size_t max)
{
	size_t len = strlen(text);

	if (len > max)
		len = max;
	memcpy(bytes + at, text, len);
	bytes[at + len] = '\0';
	return at + len + 1;
}

size_t
weir_history_reason_encode(const struct weir_record *record, uint8_t *bytes)
{
	size_t len;

	len = put(bytes, 0, record->rule, WEIR_NAME_TEXT_SIZE - 1);
	len = put(bytes, len, record->feed, WEIR_FEED_NAME_SIZE - 1);
	len = put(bytes, len, record->category, WEIR_CATEGORY_SIZE - 1);
	len = put(bytes, len, record->action, WEIR_CATEGORY_SIZE - 1);
	bytes[len++] = record->is_alias ? 1 : 0;
	return len;
}

void
weir_history_reason_decode(
    const uint8_t *bytes, size_t len, struct weir_record *record)
{
	const char **texts[] = { &record->rule, &record->feed,
		&record->category, &record->action };
	const uint8_t *end;
	size_t i, at = 0;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		*texts[i] = "";
		end = at < len ? memchr(bytes + at, '\0', len - at) : NULL;
		if (!end)
			continue;
		*texts[i] = (const char *)bytes + at;
		at = (size_t)(end - bytes) + 1;
	}
	record->is_alias = at < len && bytes[at] == 1;
}
