/*
 * status_events.c - recent events and top tables in the status file, both sides.
 *
 * A slot's words are written with release after its number was taken away, and
 * read with acquire before that number is looked at again: a reader never takes
 * half an event for a whole one.
 */
#include <string.h>

#include "lib/status.h"

#define WORDS (WEIR_EVENT_BYTES / 8)

_Static_assert(WEIR_EVENT_BYTES % 8 == 0, "events are copied by words");

const char *
weir_status_top_text(unsigned int top)
{
	static const char *const texts[WEIR_TOP_COUNT] = { "names", "domains",
		"clients", "client-names", "shadow-names", "shadow-clients" };

	return top < WEIR_TOP_COUNT ? texts[top] : NULL;
}

void
weir_client_key(const struct weir_client *client, uint8_t *key)
{
	key[0] = client->family;
	key[1] = client->prefix;
	memcpy(key + 2, client->address, sizeof(client->address));
}

bool
weir_client_of_key(
    const uint8_t *key, size_t key_len, struct weir_client *ret_client)
{
	struct weir_client client = { 0 };

	if (key_len < WEIR_CLIENT_KEY_SIZE)
		return false;
	client.family = key[0];
	client.prefix = key[1];
	memcpy(client.address, key + 2, sizeof(client.address));
	*ret_client = client;
	return true;
}

static struct weir_recent_slot *
slot_of(const struct weir_status *status, uint64_t number)
{
	struct weir_recent_slot *slots = weir_status_recent_slots(status);

	return &slots[number % WEIR_STATUS_RECENT];
}

void
weir_status_record(
    struct weir_status *status, const uint64_t *words, size_t len)
{
	struct weir_status_header *header = status->header;
	uint64_t number = atomic_load_explicit(
	    &header->recent_next, memory_order_relaxed);
	struct weir_recent_slot *slot = slot_of(status, number);
	size_t count = (len + 7) / 8, i;

	atomic_store_explicit(&slot->sequence, 0, memory_order_relaxed);
	__atomic_store_n(&slot->len, len, __ATOMIC_RELEASE);
	for (i = 0; i < count && i < WORDS; i++)
		__atomic_store_n(&slot->words[i], words[i], __ATOMIC_RELEASE);
	atomic_store_explicit(&slot->sequence, number, memory_order_release);
	atomic_store_explicit(
	    &header->recent_next, number + 1, memory_order_release);
}

/* Event `number`; false: it is gone, or was overwritten just now. */
static bool
read_slot(const struct weir_status *status, uint64_t number,
    struct weir_event *ret_event)
{
	const struct weir_recent_slot *slot = slot_of(status, number);
	uint64_t words[WORDS], len;
	size_t i;

	if (atomic_load_explicit(&slot->sequence, memory_order_acquire) !=
	    number)
		return false;
	len = __atomic_load_n(&slot->len, __ATOMIC_ACQUIRE);
	if (len > sizeof(words))
		return false;
	for (i = 0; i < (len + 7) / 8; i++)
		words[i] = __atomic_load_n(&slot->words[i], __ATOMIC_ACQUIRE);
	return atomic_load_explicit(&slot->sequence, memory_order_relaxed) ==
		   number &&
	       weir_event_decode((uint8_t *)words, (size_t)len, ret_event);
}

int
weir_status_recent(const struct weir_status *status, uint64_t *sequence,
    uint64_t *ret_missed,
    int (*each)(void *arg, const struct weir_event *event), void *arg)
{
	uint64_t next = atomic_load_explicit(
	    &status->header->recent_next, memory_order_acquire);
	uint64_t oldest = next > WEIR_STATUS_RECENT ? next - WEIR_STATUS_RECENT
						    : 1;
	uint64_t at = *sequence, missed = 0;
	struct weir_event event;
	int stopped = 0;

	if (at == 0)
		at = oldest;
	else if (at > next) /* newest, or of a file that began anew */
		at = next;
	if (at < oldest) {
		missed = oldest - at;
		at = oldest;
	}
	for (; at < next && stopped == 0; at++) {
		if (read_slot(status, at, &event))
			stopped = each(arg, &event);
		else
			missed++;
	}
	*sequence = at;
	*ret_missed = missed;
	return stopped;
}

size_t
weir_status_top_size(void)
{
	return weir_top_table_size(WEIR_STATUS_TOP_COUNTERS);
}

const char *
weir_status_dnstap_text(unsigned int dnstap)
{
	static const char *const texts[WEIR_DNSTAP_COUNT] = { "none", "away",
		"connected" };

	return dnstap < WEIR_DNSTAP_COUNT ? texts[dnstap] : NULL;
}
