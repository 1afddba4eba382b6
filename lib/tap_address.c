/*
 * tap_address.c - where a dnstap stream goes to.  See tap_address.h.
 */
#include "lib/tap_address.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A number from 1 to 65535, and nothing else. */
static bool
parse_port(const char *text, in_port_t *ret_port)
{
	unsigned long port = 0;
	size_t i;

	for (i = 0; text[i] >= '0' && text[i] <= '9' && i < 6; i++)
		port = port * 10 + (unsigned long)(text[i] - '0');
	if (i == 0 || text[i] != '\0' || port == 0 || port > UINT16_MAX)
		return false;
	*ret_port = htons((uint16_t)port);
	return true;
}

/* ADDRESS:PORT, behind "tcp:". */
static bool
parse_tcp(const char *text, struct weir_tap_address *address)
{
	char host[INET6_ADDRSTRLEN];
	const char *colon = strrchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : 0;
	bool is_bracketed = len > 2 && text[0] == '[' && text[len - 1] == ']';

	if (is_bracketed) {
		text++;
		len -= 2;
	}
	if (len == 0 || len >= sizeof(host))
		return false;
	memcpy(host, text, len);
	host[len] = '\0';
	if (is_bracketed) {
		address->peer.ipv6.sin6_family = AF_INET6;
		address->len = sizeof(address->peer.ipv6);
		return inet_pton(AF_INET6, host,
			   &address->peer.ipv6.sin6_addr) == 1 &&
		       parse_port(colon + 1, &address->peer.ipv6.sin6_port);
	}
	address->peer.ipv4.sin_family = AF_INET;
	address->len = sizeof(address->peer.ipv4);
	return inet_pton(AF_INET, host, &address->peer.ipv4.sin_addr) == 1 &&
	       parse_port(colon + 1, &address->peer.ipv4.sin_port);
}

static bool
parse_path(const char *text, struct weir_tap_address *address)
{
	size_t len = strlen(text);

	if (len >= sizeof(address->peer.local.sun_path))
		return false;
	address->peer.local.sun_family = AF_UNIX;
	memcpy(address->peer.local.sun_path, text, len + 1);
	address->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
				   len + 1);
	return true;
}

int
weir_tap_address_parse(const char *text, struct weir_tap_address *ret_address,
    struct weir_problem *problem)
{
	struct weir_tap_address address;

	memset(&address, 0, sizeof(address));
	if (strncmp(text, "tcp:", 4) == 0) {
		if (!parse_tcp(text + 4, &address))
			return weir_problem_set(problem, WEIR_EFORMAT,
			    "%.128s: not tcp:ADDRESS:PORT, as in "
			    "tcp:192.0.2.1:6000 or tcp:[2001:db8::1]:6000",
			    text);
	} else if (text[0] != '/' || !parse_path(text, &address)) {
		return weir_problem_set(problem, WEIR_EFORMAT,
		    "%.128s: neither the path of a socket (from the root, at "
		    "most %zu octets) nor tcp:ADDRESS:PORT",
		    text, sizeof(address.peer.local.sun_path) - 1);
	}
	*ret_address = address;
	return WEIR_OK;
}
