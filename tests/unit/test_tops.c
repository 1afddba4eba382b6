/*
 * test_tops.c - top lists out of events; and over the life of their recorder.
 */
#include "module/tops.h"

#include <stdio.h>
#include <string.h>

#include "lib/name.h"
#include "tests/unit/suite.h"

static struct weir_status status;

static size_t
wire_of(const char *text, uint8_t *wire)
{
	struct weir_name name;

	ck_assert_int_eq(weir_name_parse(text, strlen(text), &name), WEIR_OK);
	memcpy(wire, name.wire, name.len);
	return name.len;
}

static void
add(struct weir_tops *tops, enum weir_event_outcome outcome, uint8_t client,
    const char *name)
{
	struct weir_event event;

	memset(&event, 0, sizeof(event));
	event.outcome = (uint8_t)outcome;
	event.time_ns = 1800000000ULL * 1000000000;
	event.client.family = client ? 4 : 0;
	event.client.prefix = 32;
	event.client.address[3] = client;
	event.qname_len = (uint8_t)wire_of(name, event.qname);
	weir_tops_add(tops, &event);
}

/* How often a name was counted; -1: it is not there. */
static long
count_of(enum weir_status_top top, const char *name, size_t prefix)
{
	uint8_t wire[WEIR_NAME_SIZE];
	size_t len = wire_of(name, wire);
	struct weir_top_table *copy;
	long count = -1;
	uint32_t i;

	ck_assert_int_eq(weir_top_read(weir_status_top(&status, top),
			     weir_status_top_size(), &copy),
	    WEIR_OK);
	for (i = 0; i < copy->used; i++) {
		const struct weir_top_counter *counter = &copy->counters[i];

		if (counter->key_len != prefix + len ||
		    memcmp(counter->key + prefix, wire, len) != 0)
			continue;
		ck_assert_int_eq(count, -1);
		ck_assert_uint_eq(counter->error, 0);
		ck_assert_uint_eq(counter->first_unix, 1800000000);
		count = (long)counter->count;
	}
	free(copy);
	return count;
}

static uint64_t
total_of(enum weir_status_top top)
{
	return weir_status_top(&status, top)->total;
}

static void
check_lists(long factor)
{
	const size_t client = WEIR_CLIENT_KEY_SIZE;

	ck_assert_int_eq(
	    count_of(WEIR_TOP_NAMES, "a.bad.example", 0), 2 * factor);
	ck_assert_int_eq(count_of(WEIR_TOP_NAMES, "bad.example", 0), factor);
	ck_assert_int_eq(count_of(WEIR_TOP_NAMES, "x.co.uk", 0), factor);
	ck_assert_int_eq(count_of(WEIR_TOP_NAMES, "co.uk", 0), factor);
	ck_assert_int_eq(
	    count_of(WEIR_TOP_DOMAINS, "bad.example", 0), 3 * factor);
	ck_assert_int_eq(count_of(WEIR_TOP_DOMAINS, "x.co.uk", 0), factor);
	ck_assert_int_eq(count_of(WEIR_TOP_DOMAINS, "co.uk", 0), factor);
	ck_assert_int_eq(
	    count_of(WEIR_TOP_CLIENT_NAMES, "a.bad.example", client), factor);
	ck_assert_int_eq(
	    count_of(WEIR_TOP_CLIENT_NAMES, "x.co.uk", client), factor);
	ck_assert_int_eq(
	    count_of(WEIR_TOP_SHADOW_NAMES, "a.bad.example", 0), factor);
	ck_assert_int_eq(count_of(WEIR_TOP_NAMES, "ok.example", 0), -1);
	ck_assert_uint_eq(total_of(WEIR_TOP_CLIENTS), 4 * (uint64_t)factor);
	ck_assert_uint_eq(weir_status_top(&status, WEIR_TOP_CLIENTS)->used, 2);
	ck_assert_uint_eq(total_of(WEIR_TOP_SHADOW_CLIENTS), (uint64_t)factor);
}

static void
add_all(struct weir_tops *tops)
{
	add(tops, WEIR_EVENT_BLOCKED, 1, "a.bad.example");
	add(tops, WEIR_EVENT_BLOCKED, 0, "a.bad.example"); /* nobody's */
	add(tops, WEIR_EVENT_BLOCKED, 1, "bad.example");
	add(tops, WEIR_EVENT_BLOCKED, 2, "x.co.uk");
	add(tops, WEIR_EVENT_BLOCKED, 2, "co.uk");
	add(tops, WEIR_EVENT_SHADOWED, 1, "a.bad.example");
	add(tops, WEIR_EVENT_ALLOWED, 1, "ok.example");
	add(tops, WEIR_EVENT_PASSED, 1, "ok.example");
}

START_TEST(events_are_counted_where_they_belong)
{
	struct weir_tops *tops;

	ck_assert_int_eq(weir_status_private(1, "1", &status), WEIR_OK);
	tops = weir_tops_new(&status);
	add_all(tops);
	ck_assert_int_eq(count_of(WEIR_TOP_NAMES, "a.bad.example", 0), -1);
	weir_tops_publish(tops);
	check_lists(1);
	add_all(tops);
	weir_tops_publish(tops);
	check_lists(2);
	weir_tops_free(tops);
	weir_tops_free(NULL);
	weir_status_close(&status);
}
END_TEST

/* After a reload its keys are found again by other hashes. */
START_TEST(the_next_recorder_goes_on)
{
	struct weir_tops *tops;
	unsigned int i;

	ck_assert_int_eq(weir_status_private(1, "1", &status), WEIR_OK);
	for (i = 1; i <= 5; i++) {
		tops = weir_tops_new(&status);
		add_all(tops);
		weir_tops_publish(tops);
		check_lists(i);
		weir_tops_free(tops);
	}
	weir_status_close(&status);
}
END_TEST

/* What is in the file is moved on by the housekeeper, or gone. */
START_TEST(another_file_gets_all_of_it)
{
	struct weir_tops *tops;
	unsigned int i;

	ck_assert_int_eq(weir_status_private(1, "1", &status), WEIR_OK);
	tops = weir_tops_new(&status);
	add_all(tops);
	weir_tops_publish(tops);
	for (i = 0; i < WEIR_TOP_COUNT; i++)
		memset(weir_status_top(&status, i), 0, weir_status_top_size());
	weir_tops_move(tops);
	weir_tops_publish(tops);
	check_lists(1);
	weir_tops_free(tops);
	weir_status_close(&status);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		events_are_counted_where_they_belong,
		the_next_recorder_goes_on,
		another_file_gets_all_of_it,
		NULL,
	};

	return suite_run("tops", tests);
}
