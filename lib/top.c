/*
 * top.c - counters in a hash table, and the table that readers see.
 *
 *   slots: the high half of a key's hash, and its item      linear probing
 *   items: count, error; in the order in which they came    2 * size
 *   keys:  their octets, in the same order
 *
 * A key that is not there begins with `floor`, which is its error.  When all items
 * are in use, the floor rises to a count that at least half of them do not exceed,
 * and these go.
 *
 * Why that holds what top.h promises.  Let W be the sum of count - floor over all
 * items: an event adds 1 to it.  When the floor rises by d, `size` + 1 items or
 * more had d at least, and lose as much of W.  So (size + 1) * floor <= N - W, and
 * the floor, of which each error was one once, is at most N / (size + 1).  A key
 * that goes, or is not published, has a count of at most the floor that is
 * published; publishing keeps the `size` largest, so the same sum holds for it.
 *
 * What readers may see is written by words with release, so after the odd
 * sequence number that announces it; they read by words with acquire, so before
 * they look at that number again.
 */
#include "lib/top.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define READ_TRIES        200
#define SIZE_MAX_COUNTERS (1U << 24)
#define NO_PLACE          UINT32_MAX

_Static_assert(sizeof(struct weir_top_counter) % 8 == 0 &&
		   sizeof(struct weir_top_table) % 8 == 0 &&
		   offsetof(struct weir_top_counter, key) % 8 == 0 &&
		   WEIR_TOP_KEY_SIZE % 8 == 0,
    "tables are copied by words");

struct item {
	uint64_t hash, count, error;
	uint32_t first_unix, last_unix;
	uint32_t key_at, key_len;
	uint32_t place; /* in the table; NO_PLACE */
};

struct slot {
	uint32_t tag;
	uint32_t item; /* its number, plus one; 0: free */
};

struct weir_top {
	struct weir_top_table *table;
	weir_top_hash *hash;
	const void *arg;
	unsigned int size, room;          /* counters in the table, items */
	uint32_t used;                    /* items */
	uint64_t floor, total, published; /* total as readers see it */
	bool is_changed;
	struct item *items;
	struct slot *slots;
	uint32_t slot_mask;
	uint8_t *keys;
	size_t keys_len;
	uint64_t *counts; /* to be sorted, `room` */
	/* Of each place in the table: the hash of the key that was written there,
	 * its lowest bit set (0: none); and the item that belongs there, plus
	 * one. */
	uint64_t *written;
	uint32_t *owners;
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

/* --- items ---------------------------------------------------------------- */

/* The slot that holds the key, or the free one where it belongs. */
static struct slot *
find_slot(const struct weir_top *top, uint64_t hash)
{
	uint32_t at = (uint32_t)hash & top->slot_mask;
	uint32_t tag = (uint32_t)(hash >> 32);

	while (top->slots[at].item != 0 &&
	       (top->slots[at].tag != tag ||
		   top->items[top->slots[at].item - 1].hash != hash))
		at = (at + 1) & top->slot_mask;
	return &top->slots[at];
}

static void
fill_slot(struct weir_top *top, struct slot *slot, uint32_t number)
{
	slot->tag = (uint32_t)(top->items[number].hash >> 32);
	slot->item = number + 1;
}

static void
swap(uint64_t *a, uint64_t *b)
{
	uint64_t value = *a;

	*a = *b;
	*b = value;
}

/* The value that would be at `rank` if they were sorted; moves them about.
 * Quickselect in three parts: many counts are equal. */
static uint64_t
select_rank(uint64_t *values, size_t count, size_t rank)
{
	size_t begin = 0, end = count, low, high, at;

	while (end - begin > 1) {
		uint64_t pivot = values[begin + (end - begin) / 2];

		low = at = begin;
		high = end;
		while (at < high)
			if (values[at] < pivot)
				swap(&values[at++], &values[low++]);
			else if (values[at] > pivot)
				swap(&values[at], &values[--high]);
			else
				at++;
		if (rank < low)
			end = low;
		else if (rank >= high)
			begin = high;
		else
			return pivot;
	}
	return values[begin];
}

/* The count that `number` items do not exceed, the smallest such. */
static uint64_t
small_count(struct weir_top *top, uint32_t number)
{
	uint32_t i;

	for (i = 0; i < top->used; i++)
		top->counts[i] = top->items[i].count;
	return select_rank(top->counts, top->used, number - 1);
}

/* Raises the floor; what does not stand above it goes, the others move up. */
static void
make_room(struct weir_top *top)
{
	uint32_t i, used = 0;
	size_t keys_len = 0;

	top->floor = small_count(top, top->room - top->size);
	memset(top->slots, 0, (top->slot_mask + 1) * sizeof(*top->slots));
	for (i = 0; i < top->used; i++) {
		struct item *item = &top->items[used];

		if (top->items[i].count <= top->floor)
			continue;
		*item = top->items[i];
		memmove(top->keys + keys_len, top->keys + item->key_at,
		    item->key_len);
		item->key_at = (uint32_t)keys_len;
		keys_len += item->key_len;
		fill_slot(top, find_slot(top, item->hash), used++);
	}
	top->used = used;
	top->keys_len = keys_len;
}

static struct item *
add_item(
    struct weir_top *top, const struct weir_top_key *key, uint64_t now_unix)
{
	struct item *item;

	if (top->used == top->room)
		make_room(top);
	item = &top->items[top->used];
	item->hash = key->hash;
	item->count = item->error = top->floor;
	item->first_unix = (uint32_t)now_unix;
	item->key_at = (uint32_t)top->keys_len;
	item->key_len = (uint32_t)(key->head_len + key->tail_len);
	item->place = NO_PLACE;
	memcpy(top->keys + top->keys_len, key->head, key->head_len);
	if (key->tail_len > 0)
		memcpy(top->keys + top->keys_len + key->head_len, key->tail,
		    key->tail_len);
	top->keys_len += item->key_len;
	fill_slot(top, find_slot(top, key->hash), top->used++);
	return item;
}

void
weir_top_count(struct weir_top *top, const struct weir_top_key *key,
    uint64_t times, uint64_t now_unix)
{
	size_t len = key->head_len + key->tail_len;
	const struct slot *slot;
	struct item *item;

	if (len < 1 || len > WEIR_TOP_KEY_SIZE || times == 0)
		return;
	top->is_changed = true;
	top->total += times;
	slot = find_slot(top, key->hash);
	item = slot->item > 0 ? &top->items[slot->item - 1]
			      : add_item(top, key, now_unix);
	item->count += times;
	item->last_unix = (uint32_t)now_unix;
}

/* --- the table ------------------------------------------------------------ */

static void
begin(struct weir_top_table *table)
{
	atomic_store_explicit(&table->sequence,
	    atomic_load_explicit(&table->sequence, memory_order_relaxed) | 1,
	    memory_order_relaxed);
}

static void
end(struct weir_top_table *table)
{
	atomic_store_explicit(&table->sequence,
	    (atomic_load_explicit(&table->sequence, memory_order_relaxed) | 1) +
		1,
	    memory_order_release);
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

static void
put_counter(struct weir_top *top, uint32_t place, const struct item *item)
{
	struct weir_top_counter *counter = &top->table->counters[place];

	put(&counter->count, item->count);
	put(&counter->error, item->error);
	put(&counter->first_unix, item->first_unix);
	put(&counter->last_unix, item->last_unix);
	if (top->written[place] == (item->hash | 1))
		return;
	top->written[place] = item->hash | 1;
	put_key(counter, top->keys + item->key_at, item->key_len);
}

/* Whether the item is published: above the limit, or at it as long as there is
 * room for such. */
static bool
belongs(const struct item *item, uint64_t limit, uint32_t *ties)
{
	if (item->count != limit)
		return item->count > limit;
	if (*ties == 0)
		return false;
	--*ties;
	return true;
}

/* Gives each item that belongs there a place; who has one keeps it.  How many
 * places there are. */
static uint32_t
place_items(struct weir_top *top, uint64_t limit)
{
	uint32_t places = top->used < top->size ? top->used : top->size;
	uint32_t ties = top->size, next = 0, i;

	for (i = 0; i < top->used; i++)
		ties -= top->items[i].count > limit;
	memset(top->owners, 0, places * sizeof(*top->owners));
	for (i = 0; i < top->used; i++) {
		struct item *item = &top->items[i];

		if (item->place < places && belongs(item, limit, &ties))
			top->owners[item->place] = i + 1;
		else
			item->place = NO_PLACE;
	}
	for (i = 0; i < top->used; i++) {
		struct item *item = &top->items[i];

		if (item->place != NO_PLACE || !belongs(item, limit, &ties))
			continue;
		while (top->owners[next] != 0)
			next++;
		item->place = next;
		top->owners[next] = i + 1;
	}
	return places;
}

void
weir_top_publish(struct weir_top *top)
{
	struct weir_top_table *table = top->table;
	uint64_t limit = top->floor;
	uint32_t places, i;

	if (!top->is_changed)
		return;
	top->is_changed = false;
	top->published = top->total;
	if (top->used > top->size)
		limit = small_count(top, top->used - top->size);
	places = place_items(top, limit);
	begin(table);
	put32(&table->size, top->size);
	put32(&table->used, places);
	put(&table->total, top->total);
	put(&table->floor, limit);
	for (i = 0; i < places; i++)
		put_counter(top, i, &top->items[top->owners[i] - 1]);
	end(table);
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
		    table->counters[i].count < table->floor ||
		    table->counters[i].error > table->counters[i].count)
			return false;
	return true;
}

static void
clear(struct weir_top *top)
{
	memset(top->slots, 0, (top->slot_mask + 1) * sizeof(*top->slots));
	top->used = 0;
	top->keys_len = 0;
	top->floor = top->total = 0;
}

/* What an earlier writer published.  False: a key is there twice, or somebody else
 * writes there. */
static bool
take_up(struct weir_top *top)
{
	const struct weir_top_table *table = top->table;
	uint32_t used = __atomic_load_n(&table->used, __ATOMIC_RELAXED), i;

	top->floor = table->floor;
	top->total = table->total;
	for (i = 0; i < used && i < top->size; i++) {
		const struct weir_top_counter *counter = &table->counters[i];
		struct weir_top_key key = { 0, counter->key, NULL, 0, 0 };
		struct item *item;

		key.head_len = (size_t)__atomic_load_n(
		    &counter->key_len, __ATOMIC_RELAXED);
		if (key.head_len < 1 || key.head_len > WEIR_TOP_KEY_SIZE)
			return false; /* it was sound a moment ago */
		key.hash = top->hash(top->arg, key.head, key.head_len);
		if (find_slot(top, key.hash)->item != 0)
			return false;
		item = add_item(top, &key, counter->first_unix);
		item->count = counter->count;
		item->error = counter->error;
		item->last_unix = (uint32_t)counter->last_unix;
	}
	return true;
}

/* Begins with what the table holds, or with nothing. */
static void
settle(struct weir_top *top, struct weir_top_table *table)
{
	top->table = table;
	clear(top);
	if (is_sound(table, top->size) && !take_up(top))
		clear(top);
}

static void
write_anew(struct weir_top *top)
{
	top->is_changed = true;
	memset(top->written, 0, top->size * sizeof(*top->written));
}

void
weir_top_move(struct weir_top *top, struct weir_top_table *table)
{
	top->table = table;
	if (is_sound(table, top->size) && table->total != top->published)
		settle(top, table);
	write_anew(top);
}

struct weir_top *
weir_top_new(struct weir_top_table *table, unsigned int size,
    weir_top_hash *hash, const void *arg)
{
	struct weir_top *top;
	uint32_t slots = 8;

	if (size < 1 || size > SIZE_MAX_COUNTERS)
		return NULL;
	top = calloc(1, sizeof(*top));
	if (!top)
		return NULL;
	top->hash = hash;
	top->arg = arg;
	top->size = size;
	top->room = 2 * size;
	while (slots < 2 * top->room)
		slots *= 2;
	top->slot_mask = slots - 1;
	top->items = calloc(top->room, sizeof(*top->items));
	top->slots = calloc(slots, sizeof(*top->slots));
	/* Pages of it are touched when they are needed. */
	top->keys = calloc(top->room, WEIR_TOP_KEY_SIZE);
	top->counts = calloc(top->room, sizeof(*top->counts));
	top->written = calloc(size, sizeof(*top->written));
	top->owners = calloc(size, sizeof(*top->owners));
	if (!top->items || !top->slots || !top->keys || !top->counts ||
	    !top->written || !top->owners) {
		weir_top_free(top);
		return NULL;
	}
	settle(top, table);
	write_anew(top);
	weir_top_publish(top);
	return top;
}

void
weir_top_free(struct weir_top *top)
{
	if (!top)
		return;
	free(top->items);
	free(top->slots);
	free(top->keys);
	free(top->counts);
	free(top->written);
	free(top->owners);
	free(top);
}

/* --- readers -------------------------------------------------------------- */

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
