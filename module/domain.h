/*
 * domain.h - the registrable domain of a name, by the public suffix list:
 * www.example.co.uk -> example.co.uk.  For the recorder alone: it takes memory.
 *
 * libpsl takes some microseconds for a name, most of it for suffixes that it was
 * asked about a moment ago; so its answers are remembered, some thousands of
 * them.
 */
#ifndef WEIR_MODULE_DOMAIN_H
#define WEIR_MODULE_DOMAIN_H

#include <stddef.h>
#include <stdint.h>

struct weir_domains;

/** NULL: no memory. */
struct weir_domains *weir_domains_new(void);
void weir_domains_free(struct weir_domains *domains);

/** How many octets of the name, in wire form and lower case, stand before its
 *  registrable domain.  A name that has none (it is a public suffix, or holds
 *  what no host name does) is its own: 0. */
size_t weir_domains_offset(
    struct weir_domains *domains, const uint8_t *wire, size_t len);

#endif
