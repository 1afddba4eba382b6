/*
 * event.c - events as octets, and the queue that they go through.
 *
 * The queue is a ring of octets.  A record in it is its length, in eight octets,
 * and the event; it lies in one piece, for what does not fit before the end of
 * the ring begins anew at its start (WRAP stands in the length's place).  So does,
 * now and then, what comes when the ring is empty.
 *
 * `head` and `tail` only grow; their low bits are places.  Invariant: tail <= head
 * <= tail + size.  The writer owns head, the reader tail; each publishes its own
 * with release and reads the other's with acquire.  The writer remembers the tail
 * that it saw last, and looks again only if that leaves no room: so it mostly
 * touches no cache line that the reader writes.
 */
#include "lib/event.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define FIXED     offsetof(struct weir_event, qname)
#define QUEUE_MIN 4096
#define WRAP      UINT64_MAX
/* Octets after which the writer looks whether the ring is empty, so that it can
 * begin anew where memory is warm; a power of two. */
#define STRETCH   16384

_Static_assert(FIXED == 63 && sizeof(struct weir_client) == 20,
    "no gap between the fields, which are copied as they are");
_Static_assert(FIXED + 2 * 255 <= WEIR_EVENT_BYTES, "every event fits");

const char *
weir_event_outcome_text(unsigned int outcome)
{
	static const char *const texts[WEIR_EVENT_OUTCOME_COUNT] = { "blocked",
		"shadowed", "allowed", "passed" };

	return outcome < WEIR_EVENT_OUTCOME_COUNT ? texts[outcome] : NULL;
}

const char *
weir_transport_text(unsigned int transport)
{
	static const char *const texts[WEIR_TRANSPORT_COUNT] = { "unknown",
		"udp", "tcp", "tls", "https", "dnscrypt", NULL, "quic" };

	return transport < WEIR_TRANSPORT_COUNT ? texts[transport] : NULL;
}

size_t
weir_client_print(const struct weir_client *client, char *text)
{
	bool is_v4 = client->family == 4;
	unsigned int bits = is_v4 ? 32 : 128;
	size_t len;

	if (client->family != 4 && client->family != 6) {
		strcpy(text, "?");
		return 1;
	}
	if (!inet_ntop(is_v4 ? AF_INET : AF_INET6, client->address, text,
		WEIR_CLIENT_TEXT_SIZE))
		return 0;
	len = strlen(text);
	if (client->prefix < bits)
		len += (size_t)snprintf(text + len, WEIR_CLIENT_TEXT_SIZE - len,
		    "/%u", client->prefix);
	return len;
}

void
weir_client_cut(
    struct weir_client *client, unsigned int prefix_v4, unsigned int prefix_v6)
{
	unsigned int bits = client->family == 4 ? 32 : 128;
	unsigned int prefix = client->family == 4 ? prefix_v4 : prefix_v6;

	if ((client->family != 4 && client->family != 6) ||
	    prefix >= client->prefix || prefix >= bits)
		return;
	client->prefix = (uint8_t)prefix;
	client->port = 0;
	if (prefix % 8 != 0) {
		client->address[prefix / 8] &= (uint8_t)(0xff00 >> prefix % 8);
		prefix += 8 - prefix % 8;
	}
	memset(client->address + prefix / 8, 0,
	    sizeof(client->address) - prefix / 8);
}

/* Octets of `matched`, if it has to be written. */
static size_t
extra_len(const struct weir_event *event)
{
	size_t len = event->matched_len;

	return len == event->qname_len &&
		       memcmp(event->qname, event->matched, len) == 0
		   ? 0
		   : len;
}

static void
encode(const struct weir_event *event, size_t matched_len, uint8_t *bytes)
{
	memcpy(bytes, event, FIXED);
	memcpy(bytes + FIXED, event->qname, event->qname_len);
	memcpy(bytes + FIXED + event->qname_len, event->matched, matched_len);
}

size_t
weir_event_encode(const struct weir_event *event, uint8_t *bytes)
{
	size_t matched_len = extra_len(event);

	encode(event, matched_len, bytes);
	return FIXED + event->qname_len + matched_len;
}

/* Whether the octets are a name in wire form that ends where they do. */
static bool
is_name(const uint8_t *wire, size_t len)
{
	size_t at = 0;

	while (at < len && wire[at] != 0) {
		if (wire[at] > WEIR_LABEL_SIZE)
			return false;
		at += 1 + (size_t)wire[at];
	}
	return at + 1 == len;
}

static bool
is_flag(const uint8_t *bytes, size_t place)
{
	return bytes[place] <= 1;
}

/* Whether the last rule_len octets of a name are a name: a label begins there. */
static bool
is_rule(const uint8_t *name, size_t len, size_t rule_len)
{
	size_t at = 0;

	if (rule_len == 0)
		return true;
	while (at + rule_len < len)
		at += 1 + (size_t)name[at];
	return at + rule_len == len;
}

bool
weir_event_decode(
    const uint8_t *bytes, size_t len, struct weir_event *ret_event)
{
	size_t qname_len, matched_len, rule_len;
	const uint8_t *matched;

	if (len < FIXED)
		return false;
	qname_len = bytes[offsetof(struct weir_event, qname_len)];
	matched_len = bytes[offsetof(struct weir_event, matched_len)];
	rule_len = bytes[offsetof(struct weir_event, rule_len)];
	matched = bytes + FIXED + qname_len;
	if (matched_len == qname_len && len == FIXED + qname_len)
		matched = bytes + FIXED;
	else if (len != FIXED + qname_len + matched_len)
		return false;
	if (bytes[offsetof(struct weir_event, outcome)] >=
		WEIR_EVENT_OUTCOME_COUNT ||
	    bytes[offsetof(struct weir_event, transport)] >=
		WEIR_TRANSPORT_COUNT ||
	    !is_flag(bytes, offsetof(struct weir_event, is_alias)) ||
	    !is_flag(bytes, offsetof(struct weir_event, is_from_cache)) ||
	    !is_flag(bytes, offsetof(struct weir_event, is_shadowed)) ||
	    !is_name(bytes + FIXED, qname_len) ||
	    (matched_len > 0 && !is_name(matched, matched_len)) ||
	    !is_rule(matched, matched_len, rule_len))
		return false;
	memcpy(ret_event, bytes, FIXED);
	memcpy(ret_event->qname, bytes + FIXED, qname_len);
	memcpy(ret_event->matched, matched, matched_len);
	return true;
}

struct weir_event_queue {
	/* The writer's line. */
	alignas(64) _Atomic size_t head;
	size_t seen_tail;
	_Atomic uint64_t lost;
	/* The reader's. */
	alignas(64) _Atomic size_t tail;
	/* Nobody writes these. */
	alignas(64) size_t size;
	uint8_t *bytes;
};

struct weir_event_queue *
weir_event_queue_new(size_t size)
{
	struct weir_event_queue *queue;

	if (size < QUEUE_MIN || (size & (size - 1)) != 0 ||
	    posix_memalign((void **)&queue, 64, sizeof(*queue)) != 0)
		return NULL;
	memset(queue, 0, sizeof(*queue));
	queue->size = size;
	/* Not malloc: as soon as a piece of that size is freed, the C library
	 * keeps others like it, in a process that is not ours. */
	queue->bytes = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (queue->bytes != MAP_FAILED)
		return queue;
	free(queue);
	return NULL;
}

void
weir_event_queue_free(struct weir_event_queue *queue)
{
	if (!queue)
		return;
	(void)munmap(queue->bytes, queue->size);
	free(queue);
}

/* Octets of a record. */
static size_t
record_size(size_t len)
{
	return 8 + ((len + 7) & ~(size_t)7);
}

static void
look_at_tail(struct weir_event_queue *queue)
{
	queue->seen_tail = atomic_load_explicit(
	    &queue->tail, memory_order_acquire);
}

static bool
has_room(struct weir_event_queue *queue, size_t head, size_t size)
{
	if (head + size - queue->seen_tail <= queue->size)
		return true;
	look_at_tail(queue);
	return head + size - queue->seen_tail <= queue->size;
}

/* Whether the record is to begin at the start of the ring: there is no room for it
 * before the end, or it would go into memory that no cache has, and the reader has
 * taken all the others. */
static bool
begins_anew(struct weir_event_queue *queue, size_t head, size_t size)
{
	size_t place = head & (queue->size - 1);

	if (size > queue->size - place)
		return true;
	if ((place ^ (place + size)) < STRETCH || place == 0)
		return false;
	look_at_tail(queue);
	return queue->seen_tail == head;
}

void
weir_event_lose(struct weir_event_queue *queue)
{
	atomic_store_explicit(&queue->lost,
	    atomic_load_explicit(&queue->lost, memory_order_relaxed) + 1,
	    memory_order_relaxed);
}

bool
weir_event_push(struct weir_event_queue *queue, const struct weir_event *event)
{
	size_t head = atomic_load_explicit(&queue->head, memory_order_relaxed);
	size_t place = head & (queue->size - 1);
	size_t matched_len = extra_len(event);
	size_t size = record_size(
	    FIXED + (size_t)event->qname_len + matched_len);
	size_t gap = begins_anew(queue, head, size) ? queue->size - place : 0;
	const uint64_t wrap = WRAP;
	uint64_t len = FIXED + (uint64_t)event->qname_len + matched_len;

	if (!has_room(queue, head, gap + size)) {
		weir_event_lose(queue);
		return false;
	}
	if (gap > 0) {
		memcpy(queue->bytes + place, &wrap, sizeof(wrap));
		place = 0;
	}
	memset(queue->bytes + place + size - 8, 0, 8);
	encode(event, matched_len, queue->bytes + place + 8);
	memcpy(queue->bytes + place, &len, sizeof(len));
	atomic_store_explicit(
	    &queue->head, head + gap + size, memory_order_release);
	return true;
}

/* The place of the record at the tail; that is moved over the end of the ring. */
static size_t
record_place(struct weir_event_queue *queue)
{
	size_t tail = atomic_load_explicit(&queue->tail, memory_order_relaxed);
	size_t place = tail & (queue->size - 1);
	uint64_t len;

	memcpy(&len, queue->bytes + place, sizeof(len));
	if (len != WRAP)
		return place;
	atomic_store_explicit(
	    &queue->tail, tail + queue->size - place, memory_order_release);
	return 0;
}

const uint64_t *
weir_event_peek(struct weir_event_queue *queue, size_t *ret_len)
{
	size_t place;
	uint64_t len;

	if (atomic_load_explicit(&queue->tail, memory_order_relaxed) ==
	    atomic_load_explicit(&queue->head, memory_order_acquire))
		return NULL;
	place = record_place(queue);
	memcpy(&len, queue->bytes + place, sizeof(len));
	*ret_len = (size_t)len;
	return (const uint64_t *)(const void *)(queue->bytes + place + 8);
}

void
weir_event_drop(struct weir_event_queue *queue)
{
	size_t place = record_place(queue);
	size_t tail = atomic_load_explicit(&queue->tail, memory_order_relaxed);
	uint64_t len;

	memcpy(&len, queue->bytes + place, sizeof(len));
	atomic_store_explicit(&queue->tail, tail + record_size((size_t)len),
	    memory_order_release);
}

uint64_t
weir_event_queue_lost(const struct weir_event_queue *queue)
{
	return atomic_load_explicit(&queue->lost, memory_order_relaxed);
}
