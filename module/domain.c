/*
 * domain.c - the registrable domain of a name.
 */
#include "module/domain.h"

#include <libpsl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "lib/limits.h"
#include "lib/siphash.h"

#define MEMORY 8192 /* answers; a power of two */

struct weir_domains {
	const psl_ctx_t *list;
	uint8_t hash_key[WEIR_SIPHASH_KEY_SIZE]; /* names come from clients */
	/* A suffix's hash, its lowest bit the answer; 0: nothing. */
	uint64_t answers[MEMORY];
};

struct weir_domains *
weir_domains_new(void)
{
	struct weir_domains *domains = calloc(1, sizeof(*domains));

	if (!domains)
		return NULL;
	domains->list = psl_builtin();
	if (getrandom(domains->hash_key, sizeof(domains->hash_key), 0) ==
	    (ssize_t)sizeof(domains->hash_key))
		return domains;
	free(domains);
	return NULL;
}

void
weir_domains_free(struct weir_domains *domains)
{
	free(domains);
}

static bool
is_host_octet(uint8_t octet)
{
	return (octet >= 'a' && octet <= 'z') ||
	       (octet >= '0' && octet <= '9') || octet == '-' || octet == '_';
}

/* The name as text; false: it is no host name.  A label's length octet and the
 * dot before the next label take the same room, so places are the same. */
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

static uint64_t
hash_of(const struct weir_domains *domains, const uint8_t *wire, size_t len)
{
	struct weir_siphash sip;
	uint64_t rest = 0;
	size_t at, i;

	weir_siphash_init(&sip, domains->hash_key);
	for (at = 0; at + 8 <= len; at += 8)
		weir_siphash_word(&sip, weir_bytes_get64(wire + at), 1);
	for (i = len - at; i-- > 0;)
		rest = rest << 8 | wire[at + i];
	return weir_siphash_finish(sip, rest, len, 1, 3);
}

/* Whether the suffix is a public one: `text` is that of `wire`. */
static bool
is_public(struct weir_domains *domains, const uint8_t *wire, size_t len,
    const char *text)
{
	uint64_t hash = hash_of(domains, wire, len) | 1;
	uint64_t *answer = &domains->answers[(hash >> 1) % MEMORY];

	if ((*answer | 1) != hash)
		*answer = hash -
			  (psl_is_public_suffix(domains->list, text) ? 0 : 1);
	return *answer & 1;
}

size_t
weir_domains_offset(
    struct weir_domains *domains, const uint8_t *wire, size_t len)
{
	char text[WEIR_NAME_SIZE + 1];
	size_t at = 0, domain = 0;

	if (!domains->list || len > WEIR_NAME_SIZE || !to_text(wire, len, text))
		return 0;
	/* What stands before the longest public suffix. */
	while (wire[at] != 0 &&
	       !is_public(domains, wire + at, len - at, text + at)) {
		domain = at;
		at += 1 + (size_t)wire[at];
	}
	return domain;
}
