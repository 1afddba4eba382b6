/*
 * tap_address.h - where a dnstap stream goes to: the text in weir.yaml.
 *
 *   /run/weir/dnstap.sock    a socket in the file system
 *   tcp:192.0.2.1:6000       TCP; tcp:[2001:db8::1]:6000
 *
 * Addresses only: a name would have to be resolved, by whom?
 */
#ifndef WEIR_LIB_TAP_ADDRESS_H
#define WEIR_LIB_TAP_ADDRESS_H

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "lib/error.h"

#define WEIR_TAP_ADDRESS_SIZE 128 /* of the text: longer is no socket's path */

struct weir_tap_address {
	union {
		struct sockaddr any;
		struct sockaddr_un local;
		struct sockaddr_in ipv4;
		struct sockaddr_in6 ipv6;
	} peer;
	socklen_t len;
};

/** WEIR_EFORMAT: it is neither, and what it should be. */
int
weir_tap_address_parse(const char *text, struct weir_tap_address *ret_address,
    struct weir_problem *problem) WEIR_CHECKED;

#endif
