/*
 * domain.h - the registrable domain of a name, by the public suffix list:
 * www.example.co.uk -> example.co.uk.  For the recorder alone: it takes memory.
 *
 * libpsl takes some microseconds for a name, most of it for suffixes that it was
 * asked about a moment ago; so its answers are remembered, tens of thousands of
 * them.  They are found by hashes, which the names' top lists need as well: one
 * pass over a name gives both.
 */
#ifndef WEIR_MODULE_DOMAIN_H
#define WEIR_MODULE_DOMAIN_H

#include <stddef.h>
#include <stdint.h>

struct weir_domains;

struct weir_domain {
	size_t at; /* octets of the name that stand before the domain */
	uint64_t hash, name_hash; /* of the domain, of the whole name */
};

/** NULL: no memory. */
struct weir_domains *weir_domains_new(void);
void weir_domains_free(struct weir_domains *domains);

/** Finds the registrable domain of a name in wire form and lower case.  A name
 *  that has none, as it is a public suffix, is its own. */
void weir_domains_find(struct weir_domains *domains, const uint8_t *wire,
    size_t len, struct weir_domain *ret_domain);

/** The hash of a name, wire form and lower case: SipHash-1-3 with a key of this
 *  `domains`, over the labels from the top down (what is no name has one, too). */
uint64_t weir_domains_hash(
    const struct weir_domains *domains, const uint8_t *wire, size_t len);

#endif
