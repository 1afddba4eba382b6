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

/* Answers that are remembered: as many as a cache line takes, so many times (a
 * power of two). */
#define WAYS          8
#define SETS          8192
/* No rule of the list has so many labels. */
#define SUFFIX_LABELS 8

struct weir_domains {
	const psl_ctx_t *list;
	uint8_t hash_key[WEIR_SIPHASH_KEY_SIZE]; /* names come from clients */
	/* A suffix's hash, its lowest bit the answer; 0: nothing.  Pages of it
	 * are touched when they are needed. */
	uint64_t answers[SETS][WAYS];
	unsigned int next; /* way that is given up */
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

/* --- hashes --------------------------------------------------------------- */

/* What is hashed: the labels from the top down, each with its length octet, and
 * filled up with zeroes to whole words.  They are read where they are: octets that
 * were put together just before would have to be waited for. */
struct labels {
	const uint8_t *wire;
	size_t len; /* of wire, 255 at most */
	unsigned int count;
	uint8_t at[WEIR_NAME_LABELS]; /* the first one's, and so on */
};

/* What is no name ends where its octets end. */
static void
take_labels(const uint8_t *wire, size_t len, struct labels *labels)
{
	unsigned int count = 0;
	size_t at = 0;

	if (len > WEIR_NAME_SIZE)
		len = WEIR_NAME_SIZE;
	while (at < len && wire[at] != 0 && at + 1 + wire[at] <= len &&
	       count < WEIR_NAME_LABELS) {
		labels->at[count++] = (uint8_t)at;
		at += 1 + (size_t)wire[at];
	}
	labels->wire = wire;
	labels->len = len;
	labels->count = count;
}

/* The place of a label: 0 is the topmost one. */
static size_t
place_of(const struct labels *labels, unsigned int number)
{
	return labels->at[labels->count - 1 - number];
}

/* Up to eight octets at a place, as weir_bytes_get64 reads them; zeroes behind. */
static uint64_t
octets_at(const struct labels *labels, size_t at, size_t count)
{
	uint64_t word = 0;

	if (at + 8 <= labels->len) {
		word = weir_bytes_get64(labels->wire + at);
	} else if (labels->len >= 8) {
		word = weir_bytes_get64(labels->wire + labels->len - 8);
		word >>= 8 * (at + 8 - labels->len);
	} else {
		while (at + count > labels->len)
			count--;
		for (size_t i = count; i-- > 0;)
			word = word << 8 | labels->wire[at + i];
	}
	return count >= 8 ? word : word & ((1ULL << 8 * count) - 1);
}

struct pass {
	struct weir_siphash sip;
	unsigned int words;
};

static void
begin_pass(struct pass *pass, const struct weir_domains *domains)
{
	weir_siphash_init(&pass->sip, domains->hash_key);
	pass->words = 0;
}

static void
add_label(struct pass *pass, const struct labels *labels, size_t at)
{
	size_t end = at + 1 + labels->wire[at];

	for (; at < end; at += 8) {
		weir_siphash_word(
		    &pass->sip, octets_at(labels, at, end - at), 1);
		pass->words++;
	}
}

/* The hash of what was added so far. */
static uint64_t
hash_so_far(const struct pass *pass)
{
	return weir_siphash_finish(pass->sip, 0, (size_t)8 * pass->words, 1, 3);
}

/* --- domains -------------------------------------------------------------- */

/* Whether the suffix with that hash is a public one. */
static bool
is_public(struct weir_domains *domains, const uint8_t *wire, size_t len,
    uint64_t hash)
{
	uint64_t *answers = domains->answers[(hash >> 1) % SETS];
	char text[WEIR_NAME_SIZE + 1];
	bool is_suffix;
	unsigned int i;

	hash |= 1;
	for (i = 0; i < WAYS && answers[i] != 0; i++)
		if ((answers[i] | 1) == hash)
			return answers[i] & 1;
	if (i == WAYS)
		i = domains->next++ % WAYS;
	is_suffix = domains->list && to_text(wire, len, text) &&
		    psl_is_public_suffix(domains->list, text);
	answers[i] = is_suffix ? hash : hash - 1;
	return is_suffix;
}

void
weir_domains_find(struct weir_domains *domains, const uint8_t *wire, size_t len,
    struct weir_domain *ret_domain)
{
	struct weir_domain domain = { 0, 0, 0 };
	bool is_suffix = true; /* so far */
	struct labels labels;
	struct pass pass;
	unsigned int i;

	take_labels(wire, len, &labels);
	begin_pass(&pass, domains);
	for (i = 0; i < labels.count; i++) {
		size_t at = place_of(&labels, i);

		add_label(&pass, &labels, at);
		/* Each name of one label is a suffix. */
		if ((i == 0 && labels.count > 1) ||
		    (i >= SUFFIX_LABELS && !is_suffix))
			continue;
		domain.name_hash = hash_so_far(&pass);
		if (is_suffix) {
			domain.at = at;
			domain.hash = domain.name_hash;
		}
		is_suffix = i == 0 || (i < SUFFIX_LABELS &&
					  is_public(domains, wire + at,
					      len - at, domain.name_hash));
	}
	if (i > SUFFIX_LABELS)
		domain.name_hash = hash_so_far(&pass);
	if (is_suffix) {
		domain.at = 0;
		domain.hash = domain.name_hash;
	}
	*ret_domain = domain;
}

uint64_t
weir_domains_hash(
    const struct weir_domains *domains, const uint8_t *wire, size_t len)
{
	struct labels labels;
	struct pass pass;
	unsigned int i;

	take_labels(wire, len, &labels);
	begin_pass(&pass, domains);
	for (i = 0; i < labels.count; i++)
		add_label(&pass, &labels, place_of(&labels, i));
	return labels.count > 0 ? hash_so_far(&pass) : 0;
}
