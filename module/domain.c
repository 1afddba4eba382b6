/*
 * domain.c - the registrable domain of a name.
 */
#include "module/domain.h"

#include <libpsl.h>
#include <stdbool.h>
#include <string.h>

#include "lib/limits.h"

static bool
is_host_octet(uint8_t octet)
{
	return (octet >= 'a' && octet <= 'z') ||
	       (octet >= '0' && octet <= '9') || octet == '-' || octet == '_';
}

/* The name as text; false: it is no host name. */
static bool
to_text(const uint8_t *wire, size_t len, char *text)
{
	size_t at = 0, i;
	char *to = text;

	while (at < len && wire[at] != 0) {
		if (at > 0)
			*to++ = '.';
		for (i = 1; i <= wire[at] && at + i < len; i++) {
			if (!is_host_octet(wire[at + i]))
				return false;
			*to++ = (char)wire[at + i];
		}
		at += 1 + (size_t)wire[at];
	}
	*to = '\0';
	return to > text;
}

size_t
weir_domain_offset(const uint8_t *wire, size_t len)
{
	const psl_ctx_t *list = psl_builtin();
	char text[WEIR_NAME_SIZE + 1];
	const char *domain;

	if (!list || len > WEIR_NAME_SIZE || !to_text(wire, len, text))
		return 0;
	/* It points into the text.  A label's length octet and a dot before
	 * the next one take the same room. */
	domain = psl_registrable_domain(list, text);
	return domain ? (size_t)(domain - text) : 0;
}
