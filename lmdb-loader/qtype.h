/*
 * qtype.h - query types by name, for `explain --type`.
 */
#ifndef WEIR_LMDB_LOADER_QTYPE_H
#define WEIR_LMDB_LOADER_QTYPE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"

#define WEIR_QTYPE_TEXT_SIZE 16

enum weir_qtype {
	WEIR_QTYPE_A = 1,
	WEIR_QTYPE_AAAA = 28
};

/** "aaaa", "HTTPS", "TYPE65" (RFC 3597).  WEIR_EFORMAT. */
int weir_qtype_parse(const char *text, uint16_t *ret_qtype) WEIR_CHECKED;

/** `text` has WEIR_QTYPE_TEXT_SIZE octets. */
void weir_qtype_print(uint16_t qtype, char *text);

#endif
