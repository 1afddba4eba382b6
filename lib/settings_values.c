/*
 * settings_values.c - single values of weir.yaml(5) with a unit.
 */
#include "lib/settings_values.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/settings.h"

static const struct {
	char letter;
	uint32_t seconds;
} units[] = { { 'w', 604800 }, { 'd', 86400 }, { 'h', 3600 }, { 'm', 60 },
	{ 's', 1 } };

#define UNIT_COUNT (sizeof(units) / sizeof(units[0]))

/* The digits at the beginning: their count, and the number if they are not too
 * many. */
static size_t
take_digits(const char *text, uint32_t *ret_number)
{
	size_t len = strspn(text, "0123456789");

	if (len > 0 && len <= 9)
		*ret_number = (uint32_t)strtoul(text, NULL, 10);
	return len <= 9 ? len : 0;
}

bool
weir_settings_duration_parse(const char *text, uint32_t *ret_seconds)
{
	uint32_t number = 0;
	size_t len = take_digits(text, &number), i;

	if (len == 0 || number == 0 || text[len] == '\0' ||
	    text[len + 1] != '\0')
		return false;
	for (i = 0; i < UNIT_COUNT; i++)
		if (units[i].letter == text[len])
			break;
	if (i == UNIT_COUNT || number > WEIR_LIFETIME_MAX_S / units[i].seconds)
		return false;
	*ret_seconds = number * units[i].seconds;
	return true;
}

void
weir_settings_duration_print(uint32_t seconds, char *text)
{
	size_t i = 1; /* seven days read better than a week */

	while (seconds % units[i].seconds != 0)
		i++;
	snprintf(text, WEIR_VALUE_SIZE, "%u%c", seconds / units[i].seconds,
	    units[i].letter);
}

bool
weir_settings_size_parse(const char *text, uint64_t *ret_size)
{
	static const char letters[] = "KMG";
	uint32_t number = 0;
	size_t len = take_digits(text, &number);
	const char *letter = letters;

	if (len == 0)
		return false;
	if (text[len] == '\0') {
		*ret_size = number;
		return true;
	}
	letter = strchr(letters, text[len]);
	if (letter == NULL || text[len + 1] != '\0')
		return false;
	*ret_size = (uint64_t)number << (10 * (letter - letters + 1));
	return true;
}

void
weir_settings_size_print(uint64_t size, char *text)
{
	static const char letters[] = "KMG";
	unsigned int i = 0;

	while (i < 3 && size > 0 && size % 1024 == 0) {
		size /= 1024;
		i++;
	}
	snprintf(text, WEIR_VALUE_SIZE, "%llu%.*s", (unsigned long long)size,
	    i > 0, letters + i - (i > 0));
}

/* The host part, without its brackets; where the port begins. */
static const char *
split_address(const char *text, char *host, size_t size)
{
	bool is_v6 = text[0] == '[';
	const char *end = is_v6 ? strstr(text, "]:") : strchr(text, ':');
	size_t len;

	if (end == NULL)
		return NULL;
	text += is_v6;
	len = (size_t)(end - text);
	if (len == 0 || len >= size)
		return NULL;
	memcpy(host, text, len);
	host[len] = '\0';
	return end + 1 + is_v6;
}

bool
weir_settings_address_parse(
    const char *text, struct weir_settings_address *ret_address)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	struct weir_settings_address address = { .len = 0 };
	char host[INET6_ADDRSTRLEN];
	const char *at = split_address(text, host, sizeof(host));
	uint32_t port = 0;

	if (at == NULL)
		return false;
	if (take_digits(at, &port) != strlen(at) || port == 0 || port > 65535)
		return false;
	v4.sin_port = htons((uint16_t)port);
	v6.sin6_port = htons((uint16_t)port);
	if (text[0] != '[' && inet_pton(AF_INET, host, &v4.sin_addr) == 1) {
		memcpy(&address.storage, &v4, sizeof(v4));
		address.len = sizeof(v4);
	} else if (text[0] == '[' &&
		   inet_pton(AF_INET6, host, &v6.sin6_addr) == 1) {
		memcpy(&address.storage, &v6, sizeof(v6));
		address.len = sizeof(v6);
	}
	if (address.len == 0)
		return false;
	*ret_address = address;
	return true;
}

bool
weir_settings_percent_parse(const char *text, uint32_t *ret_percent)
{
	uint32_t number = 0;
	size_t len = take_digits(text, &number);

	if (strcmp(text, "none") == 0) {
		*ret_percent = WEIR_NO_LIMIT;
		return true;
	}
	if (len == 0 || strcmp(text + len, "%") != 0 ||
	    number > WEIR_PERCENT_MAX)
		return false;
	*ret_percent = number;
	return true;
}

void
weir_settings_percent_print(uint32_t percent, char *text)
{
	if (percent == WEIR_NO_LIMIT)
		strcpy(text, "none");
	else
		snprintf(text, WEIR_VALUE_SIZE, "%u%%", percent);
}
