/*
 * idn.h - names as people write them in any script: IDNA 2008 with UTS #46
 * non-transitional mapping, through libidn2.
 */
#ifndef WEIR_LIB_IDN_H
#define WEIR_LIB_IDN_H

#include <stddef.h>

#include "lib/name.h"

/** As weir_name_parse, but octets over 0x7f are read as UTF-8 and turned into
 *  A-labels.  WEIR_EFORMAT: not UTF-8, or not a name that IDNA knows. */
int weir_idn_parse(
    const char *text, size_t len, struct weir_name *ret_name) WEIR_CHECKED;

#endif
