/*
 * tops.c - the top lists.
 *
 * A name's hash is made in one pass together with that of its registrable domain;
 * that of a client and a name together, of both of theirs.  All are keyed: who
 * sends queries cannot foresee which keys fall together.
 */
#include "module/tops.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "lib/siphash.h"
#include "module/domain.h"

#define WORDS ((WEIR_CLIENT_KEY_SIZE + 7) / 8)

struct weir_tops {
	struct weir_status *status;
	struct weir_domains *domains;
	uint8_t hash_key[WEIR_SIPHASH_KEY_SIZE]; /* of clients */
	struct weir_top *lists[WEIR_TOP_COUNT];
	bool is_changed;
};

static uint64_t
hash_client(const struct weir_tops *tops, const uint8_t *client)
{
	uint8_t octets[8 * WORDS] = { 0 };
	struct weir_siphash sip;
	unsigned int i;

	memcpy(octets, client, WEIR_CLIENT_KEY_SIZE);
	weir_siphash_init(&sip, tops->hash_key);
	for (i = 0; i < WORDS; i++)
		weir_siphash_word(&sip, weir_bytes_get64(octets + 8 * i), 1);
	return weir_siphash_finish(sip, 0, sizeof(octets), 1, 3);
}

static uint64_t
hash_pair(uint64_t client, uint64_t name)
{
	return client ^ weir_siphash_rotate(name, 32);
}

/* --- what an earlier recorder left: weir_top_hash ------------------------------- */

static uint64_t
name_key_hash(const void *arg, const uint8_t *key, size_t key_len)
{
	const struct weir_tops *tops = arg;

	return weir_domains_hash(tops->domains, key, key_len);
}

static uint64_t
client_key_hash(const void *arg, const uint8_t *key, size_t key_len)
{
	uint8_t client[WEIR_CLIENT_KEY_SIZE] = { 0 };

	memcpy(
	    client, key, key_len < sizeof(client) ? key_len : sizeof(client));
	return hash_client(arg, client);
}

static uint64_t
pair_key_hash(const void *arg, const uint8_t *key, size_t key_len)
{
	const struct weir_tops *tops = arg;
	size_t client_len = key_len < WEIR_CLIENT_KEY_SIZE
				? key_len
				: WEIR_CLIENT_KEY_SIZE;

	return hash_pair(client_key_hash(arg, key, client_len),
	    weir_domains_hash(
		tops->domains, key + client_len, key_len - client_len));
}

/* --- events --------------------------------------------------------------------- */

static void
count_name(struct weir_tops *tops, enum weir_status_top top, uint64_t hash,
    const uint8_t *name, size_t len, uint64_t now_unix)
{
	const struct weir_top_key key = { hash, name, NULL, len, 0 };

	weir_top_count(tops->lists[top], &key, 1, now_unix);
}

static void
count_client(struct weir_tops *tops, enum weir_status_top top, uint64_t hash,
    const uint8_t *client, uint64_t now_unix)
{
	count_name(tops, top, hash, client, WEIR_CLIENT_KEY_SIZE, now_unix);
}

static void
add_blocked(struct weir_tops *tops, const struct weir_event *event,
    const uint8_t *client, uint64_t client_hash, uint64_t now_unix)
{
	struct weir_domain domain;
	struct weir_top_key pair = { 0, client, event->qname,
		WEIR_CLIENT_KEY_SIZE, event->qname_len };

	weir_domains_find(
	    tops->domains, event->qname, event->qname_len, &domain);
	count_name(tops, WEIR_TOP_NAMES, domain.name_hash, event->qname,
	    event->qname_len, now_unix);
	count_name(tops, WEIR_TOP_DOMAINS, domain.hash,
	    event->qname + domain.at, event->qname_len - domain.at, now_unix);
	if (event->client.family == 0)
		return;
	count_client(tops, WEIR_TOP_CLIENTS, client_hash, client, now_unix);
	pair.hash = hash_pair(client_hash, domain.name_hash);
	weir_top_count(tops->lists[WEIR_TOP_CLIENT_NAMES], &pair, 1, now_unix);
}

static void
add_shadowed(struct weir_tops *tops, const struct weir_event *event,
    const uint8_t *client, uint64_t client_hash, uint64_t now_unix)
{
	count_name(tops, WEIR_TOP_SHADOW_NAMES,
	    weir_domains_hash(tops->domains, event->qname, event->qname_len),
	    event->qname, event->qname_len, now_unix);
	if (event->client.family != 0)
		count_client(tops, WEIR_TOP_SHADOW_CLIENTS, client_hash, client,
		    now_unix);
}

void
weir_tops_add(struct weir_tops *tops, const struct weir_event *event)
{
	uint64_t now_unix = event->time_ns / 1000000000;
	uint8_t client[WEIR_CLIENT_KEY_SIZE];
	uint64_t client_hash;

	if (event->outcome != WEIR_EVENT_BLOCKED &&
	    event->outcome != WEIR_EVENT_SHADOWED)
		return;
	tops->is_changed = true;
	weir_client_key(&event->client, client);
	client_hash = hash_client(tops, client);
	if (event->outcome == WEIR_EVENT_BLOCKED)
		add_blocked(tops, event, client, client_hash, now_unix);
	else
		add_shadowed(tops, event, client, client_hash, now_unix);
}

void
weir_tops_publish(struct weir_tops *tops)
{
	unsigned int i;

	for (i = 0; i < WEIR_TOP_COUNT && tops->is_changed; i++)
		weir_top_publish(tops->lists[i]);
	tops->is_changed = false;
}

void
weir_tops_move(struct weir_tops *tops)
{
	unsigned int i;

	for (i = 0; i < WEIR_TOP_COUNT; i++)
		weir_top_move(tops->lists[i], weir_status_top(tops->status, i));
	tops->is_changed = true;
}

void
weir_tops_free(struct weir_tops *tops)
{
	unsigned int i;

	if (!tops)
		return;
	for (i = 0; i < WEIR_TOP_COUNT; i++)
		weir_top_free(tops->lists[i]);
	weir_domains_free(tops->domains);
	free(tops);
}

static bool
make_tops(struct weir_tops *tops)
{
	static weir_top_hash *const hashes[WEIR_TOP_COUNT] = {
		[WEIR_TOP_NAMES] = name_key_hash,
		[WEIR_TOP_DOMAINS] = name_key_hash,
		[WEIR_TOP_CLIENTS] = client_key_hash,
		[WEIR_TOP_CLIENT_NAMES] = pair_key_hash,
		[WEIR_TOP_SHADOW_NAMES] = name_key_hash,
		[WEIR_TOP_SHADOW_CLIENTS] = client_key_hash,
	};
	unsigned int i;

	for (i = 0; i < WEIR_TOP_COUNT; i++) {
		tops->lists[i] = weir_top_new(weir_status_top(tops->status, i),
		    WEIR_STATUS_TOP_COUNTERS, hashes[i], tops);
		if (!tops->lists[i])
			return false;
	}
	return true;
}

struct weir_tops *
weir_tops_new(struct weir_status *status)
{
	struct weir_tops *tops = calloc(1, sizeof(*tops));

	if (!tops)
		return NULL;
	tops->status = status;
	tops->domains = weir_domains_new();
	if (!tops->domains ||
	    getrandom(tops->hash_key, sizeof(tops->hash_key), 0) !=
		(ssize_t)sizeof(tops->hash_key) ||
	    !make_tops(tops)) {
		weir_tops_free(tops);
		return NULL;
	}
	return tops;
}
