/*
 * domain.h - the registrable domain of a name, by the public suffix list:
 * www.example.co.uk -> example.co.uk.  For the recorder alone: it takes memory.
 */
#ifndef WEIR_MODULE_DOMAIN_H
#define WEIR_MODULE_DOMAIN_H

#include <stddef.h>
#include <stdint.h>

/** How many octets of the name, in wire form and lower case, stand before its
 *  registrable domain.  A name that has none (it is a public suffix, or holds
 *  what no host name does) is its own: 0. */
size_t weir_domain_offset(const uint8_t *wire, size_t len);

#endif
