/*
 * test_top.c - the most frequent keys of a stream, against exact counts.
 *
 * WEIR_TOP_EVENTS: events of the long stream (1,000,000; a release is tried with
 * ten million).  tests/lint/tsan.sh runs the same program under ThreadSanitizer.
 */
#include "lib/top.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/unit/suite.h"

#define NAMES 1000000

static struct weir_top_table *
new_table(unsigned int size)
{
	struct weir_top_table *table = calloc(1, weir_top_table_size(size));

	ck_assert_ptr_nonnull(table);
	return table;
}

static struct weir_top_table *
read_table(const struct weir_top_table *table, unsigned int size)
{
	struct weir_top_table *copy = NULL;

	ck_assert_int_eq(
	    weir_top_read(table, weir_top_table_size(size), &copy), WEIR_OK);
	return copy;
}

static uint64_t
hash_of(const void *arg, const uint8_t *key, size_t key_len)
{
	uint64_t hash = 14695981039346656037ULL;

	(void)arg;
	while (key_len-- > 0)
		hash = (hash ^ *key++) * 1099511628211ULL;
	return (hash ^ hash >> 32) * 0x9e3779b97f4a7c15ULL;
}

static struct weir_top *
new_top(struct weir_top_table *table, unsigned int size)
{
	return weir_top_new(table, size, hash_of, NULL);
}

/* A key as one piece, or as two. */
static void
count_key(struct weir_top *top, const void *octets, size_t len, uint64_t times,
    uint64_t now_unix)
{
	struct weir_top_key key = { hash_of(NULL, octets, len), octets, NULL,
		len, 0 };

	if (len % 2 == 0) {
		key.head_len = key.tail_len = len / 2;
		key.tail = key.head + key.head_len;
	}
	weir_top_count(top, &key, times, now_unix);
}

static void
count_text(struct weir_top *top, const char *text, uint64_t times)
{
	count_key(top, text, strlen(text), times, 1000);
}

START_TEST(few_keys_are_counted_exactly)
{
	struct weir_top_table *table = new_table(8), *copy;
	struct weir_top *top = new_top(table, 8);

	count_text(top, "a", 1);
	count_text(top, "b", 3);
	count_key(top, "a", 1, 1, 2000);
	count_text(top, "bb", 1);
	count_text(top, "b", 0);
	weir_top_publish(top);
	copy = read_table(table, 8);
	ck_assert_uint_eq(copy->used, 3);
	ck_assert_uint_eq(copy->total, 6);
	ck_assert_mem_eq(copy->counters[0].key, "b", 2);
	ck_assert_uint_eq(copy->counters[0].count, 3);
	ck_assert_mem_eq(copy->counters[1].key, "a", 2);
	ck_assert_uint_eq(copy->counters[1].count, 2);
	ck_assert_uint_eq(copy->counters[1].first_unix, 1000);
	ck_assert_uint_eq(copy->counters[1].last_unix, 2000);
	ck_assert_mem_eq(copy->counters[2].key, "bb", 3);
	ck_assert_uint_eq(copy->counters[2].error, 0);
	free(copy);
	weir_top_free(top);
	free(table);
}
END_TEST

START_TEST(the_smallest_give_way_and_leave_their_count)
{
	struct weir_top_table *table = new_table(2), *copy;
	struct weir_top *top = new_top(table, 2);

	count_text(top, "a", 5);
	count_text(top, "b", 2);
	count_text(top, "c", 1);
	count_text(top, "d", 1);
	weir_top_publish(top);
	ck_assert_uint_eq(table->floor, 1);
	count_text(top, "e", 1);
	count_text(top, "e", 1);
	weir_top_publish(top);
	copy = read_table(table, 2);
	ck_assert_uint_eq(copy->used, 2);
	ck_assert_uint_eq(copy->total, 11);
	ck_assert_uint_eq(copy->floor, 2); /* of b */
	ck_assert_mem_eq(copy->counters[0].key, "a", 2);
	ck_assert_mem_eq(copy->counters[1].key, "e", 2);
	ck_assert_uint_eq(copy->counters[1].count, 3);
	ck_assert_uint_eq(copy->counters[1].error, 1);
	free(copy);
	weir_top_free(top);
	free(table);
}
END_TEST

START_TEST(keys_of_odd_sizes)
{
	char key[WEIR_TOP_KEY_SIZE + 1];
	struct weir_top_table *table = new_table(512), *copy;
	struct weir_top *top = new_top(table, 512);
	size_t len;

	memset(key, 0, sizeof(key));
	for (len = 0; len <= sizeof(key); len++)
		count_key(top, key, len, len + 1, 1);
	weir_top_publish(top);
	copy = read_table(table, 512);
	ck_assert_uint_eq(copy->used, WEIR_TOP_KEY_SIZE);
	ck_assert_uint_eq(copy->counters[0].key_len, WEIR_TOP_KEY_SIZE);
	free(copy);
	weir_top_free(top);
	free(table);
}
END_TEST

/* Another process's table, or this one's after a reload. */
START_TEST(a_table_is_taken_up_or_emptied)
{
	struct weir_top_table *table = new_table(4), *other = new_table(4);
	struct weir_top *top = new_top(table, 4);

	count_text(top, "a", 5);
	count_text(top, "b", 9);
	weir_top_publish(top);
	weir_top_free(top);
	top = new_top(table, 4);
	count_text(top, "a", 1);
	count_text(top, "c", 1);
	weir_top_publish(top);
	ck_assert_uint_eq(table->used, 3);
	ck_assert_uint_eq(table->total, 16);
	weir_top_move(top, other); /* which is empty: another's */
	weir_top_publish(top);
	ck_assert_uint_eq(other->used, 3);
	count_text(top, "b", 1);
	weir_top_publish(top);
	ck_assert_uint_eq(other->total, 17);
	ck_assert_uint_eq(table->total, 16);
	/* A copy of what was published: what came since is not lost. */
	memcpy(table, other, weir_top_table_size(4));
	count_text(top, "d", 1);
	weir_top_move(top, table);
	weir_top_publish(top);
	ck_assert_uint_eq(table->used, 4);
	ck_assert_uint_eq(table->total, 18);
	/* An earlier writer's. */
	weir_top_move(top, other);
	count_text(top, "e", 3);
	weir_top_publish(top);
	ck_assert_uint_eq(other->used, 4);
	ck_assert_uint_eq(other->total, 20);
	weir_top_free(top);

	atomic_store(&table->sequence, 7); /* its writer was killed */
	top = new_top(table, 4);
	ck_assert_uint_eq(table->used, 0);
	ck_assert_uint_eq(atomic_load(&table->sequence) % 2, 0);
	weir_top_free(top);
	other->used = 5;
	top = new_top(other, 4);
	ck_assert_uint_eq(other->used, 0);
	count_text(top, "a", 2);
	count_text(top, "b", 2);
	weir_top_publish(top);
	weir_top_free(top);
	memcpy(&other->counters[1], &other->counters[0],
	    sizeof(other->counters[0])); /* twice the same key */
	top = new_top(other, 4);
	ck_assert_uint_eq(other->used, 0);
	ck_assert_uint_eq(other->total, 0);
	count_text(top, "a", 2);
	weir_top_publish(top);
	weir_top_free(top);
	other->floor = 3; /* more than a count that is there */
	top = new_top(other, 4);
	ck_assert_uint_eq(other->used, 0);
	weir_top_free(top);
	ck_assert_ptr_null(new_top(other, 0));
	free(table);
	free(other);
}
END_TEST

START_TEST(what_is_no_table_is_not_read)
{
	struct weir_top_table *table = new_table(4), *copy;
	struct weir_top *top = new_top(table, 4);
	size_t size = weir_top_table_size(4);

	count_text(top, "a", 5);
	weir_top_publish(top);
	atomic_fetch_add(&table->sequence, 1);
	ck_assert_int_eq(weir_top_read(table, size, &copy), WEIR_EBUSY);
	atomic_fetch_add(&table->sequence, 1);
	ck_assert_int_eq(weir_top_read(table, size - 1, &copy), WEIR_EFORMAT);
	ck_assert_int_eq(weir_top_read(table, 3, &copy), WEIR_EFORMAT);
	table->size = UINT32_MAX;
	ck_assert_int_eq(weir_top_read(table, size, &copy), WEIR_EFORMAT);
	table->size = 4;
	table->used = 5;
	ck_assert_int_eq(weir_top_read(table, size, &copy), WEIR_EFORMAT);
	table->used = 1;
	table->counters[0].key_len = WEIR_TOP_KEY_SIZE + 1;
	ck_assert_int_eq(weir_top_read(table, size, &copy), WEIR_EFORMAT);
	weir_top_free(top);
	free(table);
}
END_TEST

static uint64_t state;

static uint64_t
random64(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* A name by Zipf's law with exponent s, by turning the integral over. */
static uint32_t
zipf(double s)
{
	double u = (double)(random64() >> 11) / 9007199254740992.0, x;

	if (s == 1.0)
		x = pow(NAMES + 1.0, u);
	else
		x = pow(1.0 + u * (pow(NAMES + 1.0, 1.0 - s) - 1.0),
		    1.0 / (1.0 - s));
	return x < 1.0 ? 0 : x > NAMES ? NAMES - 1 : (uint32_t)x - 1;
}

static void
check_promise(
    const struct weir_top_table *copy, const uint32_t *exact, unsigned int size)
{
	uint64_t limit = copy->total / size;
	bool *is_there = calloc(NAMES, sizeof(*is_there));
	uint32_t i, name;

	for (i = 0; i < copy->used; i++) {
		const struct weir_top_counter *counter = &copy->counters[i];

		ck_assert_uint_eq(counter->key_len, 10);
		name = (uint32_t)strtoul((const char *)counter->key, NULL, 10);
		ck_assert(!is_there[name]);
		is_there[name] = true;
		ck_assert_uint_ge(counter->count, exact[name]);
		ck_assert_uint_le(counter->count - counter->error, exact[name]);
		ck_assert_uint_le(counter->error, limit);
		ck_assert(i == 0 || counter[-1].count >= counter->count);
	}
	ck_assert_uint_le(copy->floor, limit);
	for (name = 0; name < NAMES; name++)
		ck_assert(is_there[name] || exact[name] <= copy->floor);
	for (name = 0; name < NAMES; name++)
		ck_assert_msg(exact[name] <= limit || is_there[name],
		    "%u came %u times and is not there", name, exact[name]);
	free(is_there);
}

static void
check_stream(double exponent, unsigned int size, unsigned long events)
{
	struct weir_top_table *table = new_table(size), *copy;
	struct weir_top *top = new_top(table, size);
	uint32_t *exact = calloc(NAMES, sizeof(*exact)), name;
	unsigned long i;
	char key[16];

	state = 88172645463325252ULL + size;
	for (i = 0; i < events; i++) {
		name = zipf(exponent);
		exact[name]++;
		(void)snprintf(key, sizeof(key), "%010u", name);
		count_key(top, key, 10, 1, i);
		if (i % 1000 == 0)
			weir_top_publish(top);
		/* A reload: another writer goes on with what is published. */
		if (i % (events / 5) != 7)
			continue;
		weir_top_publish(top);
		weir_top_free(top);
		top = new_top(table, size);
	}
	weir_top_publish(top);
	copy = read_table(table, size);
	ck_assert_uint_eq(copy->total, events);
	check_promise(copy, exact, size);
	free(copy);
	weir_top_free(top);
	free(table);
	free(exact);
}

START_TEST(the_error_is_what_was_promised)
{
	static const struct {
		double exponent;
		unsigned int size;
	} rows[] = { { 1.0, 1024 }, { 0.6, 1024 }, { 1.5, 100 }, { 1.0, 1 } };
	const char *text = getenv("WEIR_TOP_EVENTS");
	unsigned long events = text ? strtoul(text, NULL, 10) : 1000000;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_stream(rows[i].exponent, rows[i].size, events);
}
END_TEST

static _Atomic bool is_over;

static void *
write_pairs(void *arg)
{
	const struct timespec moment = { 0, 20000 };
	struct weir_top *top = arg;
	unsigned int i;
	char key[16];

	/* Two keys that always have the same count. */
	for (i = 0; !atomic_load(&is_over); i++) {
		(void)snprintf(key, sizeof(key), "%u", i % 50);
		count_text(top, key, 1);
		(void)snprintf(key, sizeof(key), "x%u", i % 50);
		count_text(top, key, 1);
		weir_top_publish(top);
		if (i % 100 == 0)
			(void)nanosleep(&moment, NULL);
	}
	return NULL;
}

START_TEST(a_copy_is_of_one_moment)
{
	struct weir_top_table *table = new_table(100), *copy;
	struct weir_top *top = new_top(table, 100);
	unsigned int i, j, read = 0;
	pthread_t writer;
	uint64_t sum;

	ck_assert_int_eq(pthread_create(&writer, NULL, write_pairs, top), 0);
	for (i = 0; i < 500; i++) {
		if (weir_top_read(table, weir_top_table_size(100), &copy) !=
		    WEIR_OK)
			continue;
		read++;
		ck_assert_uint_eq(copy->used % 2, 0);
		for (j = 0, sum = 0; j < copy->used; j++)
			sum += copy->counters[j].count;
		ck_assert_uint_eq(sum, copy->total);
		ck_assert_uint_eq(sum % 2, 0);
		free(copy);
	}
	atomic_store(&is_over, true);
	ck_assert_int_eq(pthread_join(writer, NULL), 0);
	ck_assert_uint_gt(read, 0);
	weir_top_free(top);
	free(table);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		few_keys_are_counted_exactly,
		the_smallest_give_way_and_leave_their_count,
		keys_of_odd_sizes,
		a_table_is_taken_up_or_emptied,
		what_is_no_table_is_not_read,
		the_error_is_what_was_promised,
		a_copy_is_of_one_moment,
		NULL,
	};

	return suite_run("top", tests);
}
