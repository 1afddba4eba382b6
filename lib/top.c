/*
 * top.c - Space-Saving over counters that lie flat.
 *
 *   hash table (slots): hash of a key -> counter     linear probing
 *   heap: the counters by their count, the smallest first
 *
 * A key that is there: its count grows, and it sinks in the heap.  One that is
 * not, while counters are free: takes one.  Else it takes over the smallest, whose
 * count it inherits as its error.
 *
 * What readers may see is written by words with release, so after the odd
 * sequence number that announces it; they read by words with acquire, so before
 * they look at that number again.
 */
#include "lib/top.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "lib/siphash.h"

#define SLOTS_PER_COUNTER 4
#define READ_TRIES        200
#define SIZE_MAX_COUNTERS (1U << 24)

_Static_assert(sizeof(struct weir_top_counter) % 8 == 0 &&
		   sizeof(struct weir_top_table) % 8 == 0 &&
		   offsetof(struct weir_top_counter, key) % 8 == 0 &&
		   WEIR_TOP_KEY_SIZE % 8 == 0,
    "tables are copied by words");

struct weir_top {
	struct weir_top_table *table;
	unsigned int size;
	uint32_t *heap;   /* counters' numbers */
	uint32_t *place;  /* of a counter in the heap */
	uint64_t *hashes; /* of a counter's key */
	uint32_t *slots;  /* a counter's number, plus one; 0: free */
	uint32_t slot_mask;
	uint8_t hash_key[WEIR_SIPHASH_KEY_SIZE];
};

size_t
weir_top_table_size(unsigned int size)
{
	return sizeof(struct weir_top_table) +
	       (size_t)size * sizeof(struct weir_top_counter);
}

static void
put(uint64_t *word, uint64_t value)
{
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
}

static void
put32(uint32_t *word, uint32_t value)
{
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
}

static uint64_t
hash_of(const struct weir_top *top, const uint8_t *key, size_t len)
{
	struct weir_siphash sip;
	uint64_t rest = 0;
	size_t at, i;

	weir_siphash_init(&sip, top->hash_key);
	for (at = 0; at + 8 <= len; at += 8)
		weir_siphash_word(&sip, weir_bytes_get64(key + at), 1);
	for (i = len - at; i-- > 0;)
		rest = rest << 8 | key[at + i];
	return weir_siphash_finish(sip, rest, len, 1, 3);
}

/* The slot that holds the key, or the free one where it belongs. */
static uint32_t
find_slot(
    const struct weir_top *top, uint64_t hash, const void *key, size_t key_len)
{
	uint32_t slot = (uint32_t)hash & top->slot_mask;

	while (top->slots[slot] != 0) {
		uint32_t number = top->slots[slot] - 1;
		const struct weir_top_counter *counter =
		    &top->table->counters[number];

		if (top->hashes[number] == hash &&
		    counter->key_len == key_len &&
		    memcmp(counter->key, key, key_len) == 0)
			break;
		slot = (slot + 1) & top->slot_mask;
	}
	return slot;
}

/* Frees the slot; those behind it that would not be found any more move up. */
static void
free_slot(struct weir_top *top, uint32_t slot)
{
	uint32_t next = slot, home;

	for (;;) {
		next = (next + 1) & top->slot_mask;
		if (top->slots[next] == 0)
			break;
		home = (uint32_t)top->hashes[top->slots[next] - 1] &
		       top->slot_mask;
		/* It may stay if its home lies in (slot, next]. */
		if (((next - home) & top->slot_mask) <
		    ((next - slot) & top->slot_mask))
			continue;
		top->slots[slot] = top->slots[next];
		slot = next;
	}
	top->slots[slot] = 0;
}

static uint64_t
count_at(const struct weir_top *top, uint32_t place)
{
	return top->table->counters[top->heap[place]].count;
}

static void
heap_set(struct weir_top *top, uint32_t place, uint32_t number)
{
	top->heap[place] = number;
	top->place[number] = place;
}

static void
sink(struct weir_top *top, uint32_t place, uint32_t used)
{
	uint32_t number = top->heap[place], child;
	uint64_t count = top->table->counters[number].count;

	while ((child = 2 * place + 1) < used) {
		if (child + 1 < used &&
		    count_at(top, child + 1) < count_at(top, child))
			child++;
		if (count <= count_at(top, child))
			break;
		heap_set(top, place, top->heap[child]);
		place = child;
	}
	heap_set(top, place, number);
}

static void
rise(struct weir_top *top, uint32_t place)
{
	uint32_t number = top->heap[place], parent;
	uint64_t count = top->table->counters[number].count;

	while (place > 0) {
		parent = (place - 1) / 2;
		if (count_at(top, parent) <= count)
			break;
		heap_set(top, place, top->heap[parent]);
		place = parent;
	}
	heap_set(top, place, number);
}

/* Whether the table is one of ours, as it was left between two batches. */
static bool
is_sound(const struct weir_top_table *table, unsigned int size)
{
	uint32_t i;

	if (atomic_load(&table->sequence) % 2 != 0 || table->size != size ||
	    table->used > size)
		return false;
	for (i = 0; i < table->used; i++)
		if (table->counters[i].key_len < 1 ||
		    table->counters[i].key_len > WEIR_TOP_KEY_SIZE ||
		    table->counters[i].error > table->counters[i].count)
			return false;
	return true;
}

/* Builds slots and heap from the counters.  False: a key is there twice. */
static bool
index_all(struct weir_top *top)
{
	uint32_t i;

	memset(top->slots, 0, (top->slot_mask + 1) * sizeof(*top->slots));
	for (i = 0; i < top->table->used; i++) {
		const struct weir_top_counter *counter =
		    &top->table->counters[i];
		uint32_t slot;

		top->hashes[i] = hash_of(
		    top, counter->key, (size_t)counter->key_len);
		slot = find_slot(top, top->hashes[i], counter->key,
		    (size_t)counter->key_len);
		if (top->slots[slot] != 0)
			return false;
		top->slots[slot] = i + 1;
		heap_set(top, i, i);
		rise(top, i);
	}
	return true;
}

void
weir_top_begin(struct weir_top *top)
{
	atomic_store_explicit(&top->table->sequence,
	    atomic_load_explicit(&top->table->sequence, memory_order_relaxed) |
		1,
	    memory_order_relaxed);
}

void
weir_top_end(struct weir_top *top)
{
	atomic_store_explicit(&top->table->sequence,
	    (atomic_load_explicit(&top->table->sequence, memory_order_relaxed) |
		1) +
		1,
	    memory_order_release);
}

void
weir_top_clear(struct weir_top *top)
{
	weir_top_begin(top);
	put32(&top->table->size, top->size);
	put32(&top->table->used, 0);
	put32(&top->table->reserved, 0);
	put(&top->table->total, 0);
	weir_top_end(top);
	memset(top->slots, 0, (top->slot_mask + 1) * sizeof(*top->slots));
}

void
weir_top_move(struct weir_top *top, struct weir_top_table *table)
{
	top->table = table;
	if (!is_sound(table, top->size) || !index_all(top))
		weir_top_clear(top);
}

struct weir_top *
weir_top_new(struct weir_top_table *table, unsigned int size)
{
	struct weir_top *top;
	uint32_t slots = 8;

	if (size < 1 || size > SIZE_MAX_COUNTERS)
		return NULL;
	top = calloc(1, sizeof(*top));
	if (!top)
		return NULL;
	while (slots < SLOTS_PER_COUNTER * size)
		slots *= 2;
	top->size = size;
	top->slot_mask = slots - 1;
	top->heap = calloc(size, sizeof(*top->heap));
	top->place = calloc(size, sizeof(*top->place));
	top->hashes = calloc(size, sizeof(*top->hashes));
	top->slots = calloc(slots, sizeof(*top->slots));
	if (!top->heap || !top->place || !top->hashes || !top->slots ||
	    getrandom(top->hash_key, sizeof(top->hash_key), 0) !=
		(ssize_t)sizeof(top->hash_key)) {
		weir_top_free(top);
		return NULL;
	}
	weir_top_move(top, table);
	return top;
}

void
weir_top_free(struct weir_top *top)
{
	if (!top)
		return;
	free(top->heap);
	free(top->place);
	free(top->hashes);
	free(top->slots);
	free(top);
}

static void
put_key(struct weir_top_counter *counter, const uint8_t *key, size_t len)
{
	uint64_t word;
	size_t at, step;

	put(&counter->key_len, len);
	for (at = 0; at < WEIR_TOP_KEY_SIZE; at += 8) {
		word = 0;
		step = at >= len ? 0 : len - at < 8 ? len - at : 8;
		memcpy(&word, key + (step > 0 ? at : 0), step);
		put((uint64_t *)(void *)(counter->key + at), word);
	}
}

/* A counter for a key that has none. */
static void
take_counter(struct weir_top *top, uint64_t hash, uint32_t slot,
    const void *key, size_t key_len, uint64_t times, uint64_t now_unix)
{
	struct weir_top_table *table = top->table;
	struct weir_top_counter *counter;
	uint32_t number;
	uint64_t error = 0;

	if (table->used < top->size) {
		number = table->used;
		put32(&table->used, number + 1);
		heap_set(top, number, number);
		counter = &table->counters[number];
	} else {
		number = top->heap[0];
		counter = &table->counters[number];
		error = counter->count;
		free_slot(top, find_slot(top, top->hashes[number], counter->key,
				   (size_t)counter->key_len));
		/* What moved may have moved into our slot. */
		slot = find_slot(top, hash, key, key_len);
	}
	put_key(counter, key, key_len);
	put(&counter->count, error + times);
	put(&counter->error, error);
	put(&counter->first_unix, now_unix);
	put(&counter->last_unix, now_unix);
	top->hashes[number] = hash;
	top->slots[slot] = number + 1;
	rise(top, top->place[number]);
	sink(top, top->place[number], table->used);
}

void
weir_top_count(struct weir_top *top, const void *key, size_t key_len,
    uint64_t times, uint64_t now_unix)
{
	struct weir_top_counter *counter;
	uint64_t hash;
	uint32_t slot, number;

	if (key_len < 1 || key_len > WEIR_TOP_KEY_SIZE || times == 0)
		return;
	put(&top->table->total, top->table->total + times);
	hash = hash_of(top, key, key_len);
	slot = find_slot(top, hash, key, key_len);
	if (top->slots[slot] == 0) {
		take_counter(top, hash, slot, key, key_len, times, now_unix);
		return;
	}
	number = top->slots[slot] - 1;
	counter = &top->table->counters[number];
	put(&counter->count, counter->count + times);
	put(&counter->last_unix, now_unix);
	sink(top, top->place[number], top->table->used);
}

static int
compare(const void *left, const void *right)
{
	const struct weir_top_counter *a = left, *b = right;
	size_t len = (size_t)(a->key_len < b->key_len ? a->key_len
						      : b->key_len);
	int order;

	if (a->count != b->count)
		return a->count < b->count ? 1 : -1;
	if (a->error != b->error)
		return a->error > b->error ? 1 : -1;
	order = memcmp(a->key, b->key, len);
	return order != 0
		   ? order
		   : (a->key_len > b->key_len) - (a->key_len < b->key_len);
}

/* The table as it was at one moment; false: it was being written. */
static bool
copy(const struct weir_top_table *table, size_t size, uint64_t *to)
{
	const uint64_t *from = (const uint64_t *)(const void *)table;
	uint32_t before = atomic_load_explicit(
	    &table->sequence, memory_order_acquire);
	size_t i;

	if (before % 2 != 0)
		return false;
	for (i = 0; i < size / 8; i++)
		to[i] = __atomic_load_n(&from[i], __ATOMIC_ACQUIRE);
	return atomic_load_explicit(&table->sequence, memory_order_relaxed) ==
	       before;
}

int
weir_top_read(const struct weir_top_table *table, size_t table_size,
    struct weir_top_table **ret_copy)
{
	const struct timespec moment = { 0, 200000 };
	struct weir_top_table *to;
	unsigned int tries;
	uint32_t size;

	if (table_size < sizeof(*table))
		return WEIR_EFORMAT;
	size = __atomic_load_n(&table->size, __ATOMIC_ACQUIRE);
	if (size > SIZE_MAX_COUNTERS || weir_top_table_size(size) > table_size)
		return WEIR_EFORMAT;
	to = malloc(weir_top_table_size(size));
	if (!to)
		return WEIR_EMEMORY;
	for (tries = 0; tries < READ_TRIES; tries++) {
		if (copy(table, weir_top_table_size(size),
			(uint64_t *)(void *)to))
			break;
		(void)nanosleep(&moment, NULL);
	}
	if (tries == READ_TRIES || to->size != size || !is_sound(to, size)) {
		free(to);
		return tries == READ_TRIES ? WEIR_EBUSY : WEIR_EFORMAT;
	}
	qsort(to->counters, to->used, sizeof(to->counters[0]), compare);
	*ret_copy = to;
	return WEIR_OK;
}
