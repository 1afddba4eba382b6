/*
 * publish_notify.c - a DNS NOTIFY by UDP.
 */
#include "feeds/publish_notify.h"

#include <errno.h>
#include <ldns/ldns.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#define HOST_SIZE 256

/* HOST:PORT, [ADDRESS]:PORT; *ret_port is a pointer into the text. */
static bool
split(const char *text, char host[HOST_SIZE], const char **ret_port)
{
	const char *colon = strrchr(text, ':');
	size_t len = colon != NULL ? (size_t)(colon - text) : 0;

	if (len == 0 || len >= HOST_SIZE || colon[1] == '\0' ||
	    strspn(colon + 1, "0123456789") != strlen(colon + 1) ||
	    strtoul(colon + 1, NULL, 10) - 1 >= 65535)
		return false;
	*ret_port = colon + 1;
	if (text[0] == '[' && text[len - 1] == ']') {
		text++;
		len -= 2;
	} else if (memchr(text, ':', len) != NULL)
		return false; /* an address of IPv6 without brackets */
	memcpy(host, text, len);
	host[len] = '\0';
	return len > 0;
}

bool
weir_publish_is_target(const char *text)
{
	char host[HOST_SIZE];
	const char *port;

	return split(text, host, &port);
}

/* The packet; *ret_wire is malloced. */
static int
make_packet(const char *feed, uint8_t **ret_wire, size_t *ret_len)
{
	ldns_rdf *name = ldns_dname_new_frm_str(feed);
	ldns_pkt *packet = NULL;
	uint16_t id = 0;
	int ret = WEIR_EFORMAT;

	if (name == NULL)
		return ret;
	packet = ldns_pkt_query_new(
	    name, LDNS_RR_TYPE_SOA, LDNS_RR_CLASS_IN, 0);
	if (packet == NULL) {
		ldns_rdf_deep_free(name);
		return WEIR_EMEMORY;
	}
	(void)getrandom(&id, sizeof(id), 0);
	ldns_pkt_set_id(packet, id);
	ldns_pkt_set_opcode(packet, LDNS_PACKET_NOTIFY);
	ldns_pkt_set_aa(packet, true);
	if (ldns_pkt2wire(ret_wire, packet, ret_len) == LDNS_STATUS_OK)
		ret = 0;
	ldns_pkt_free(packet);
	return ret;
}

static int
send_to(const struct addrinfo *address, const uint8_t *wire, size_t len)
{
	int fd, ret = WEIR_ESYSTEM;

	fd = socket(
	    address->ai_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return ret;
	if (sendto(fd, wire, len, 0, address->ai_addr, address->ai_addrlen) ==
	    (ssize_t)len)
		ret = 0;
	(void)close(fd);
	return ret;
}

int
weir_publish_notify(
    const char *to, const char *feed, struct weir_problem *problem)
{
	struct addrinfo hints = { .ai_socktype = SOCK_DGRAM,
		.ai_flags = AI_NUMERICSERV };
	struct addrinfo *addresses, *address;
	char host[HOST_SIZE];
	const char *port;
	uint8_t *wire = NULL;
	size_t len = 0;
	int ret, wrong;

	if (!split(to, host, &port))
		return weir_problem_set(
		    problem, WEIR_EFORMAT, "%s: not HOST:PORT", to);
	ret = make_packet(feed, &wire, &len);
	if (ret < 0)
		return weir_problem_set(
		    problem, ret, "%s: no name for a NOTIFY", feed);
	wrong = getaddrinfo(host, port, &hints, &addresses);
	if (wrong != 0) {
		LDNS_FREE(wire);
		return weir_problem_set(
		    problem, WEIR_ESYSTEM, "%s: %s", to, gai_strerror(wrong));
	}
	ret = WEIR_ESYSTEM;
	for (address = addresses; address != NULL && ret < 0;
	     address = address->ai_next)
		ret = send_to(address, wire, len);
	freeaddrinfo(addresses);
	LDNS_FREE(wire);
	return ret < 0 ? weir_problem_set(
			     problem, ret, "%s: %s", to, strerror(errno))
		       : 0;
}
