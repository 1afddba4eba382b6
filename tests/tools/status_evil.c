/*
 * status_evil.c - the status file of a module that says what no module should.
 *
 *   status_evil FOLDER
 *
 * Feeds, categories, names, clients and events with markup, quotes, control
 * octets, escape sequences, formulas and numbers at the end of their range.
 * Prints "ready" and stays until a signal ends it: a status file counts only as
 * long as its process lives.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/name.h"
#include "lib/status.h"

/* What a list's author, an administrator or a client might write; some are the
 * same once control characters are taken out. */
static const char *const texts[] = {
	"<img src=x onerror=alert(1)>",
	"</script><script>alert(2)</script>",
	"a\"b\\c",
	"new\nline",
	"ret\r\nX-Evil: 1",
	"\033[31mred\033[0m",
	"\033]0;title\a",
	"same\001",
	"same\002",
	"c1 \xc2\x9b"
	"31m",
	"\xff\xfe no utf-8",
	"\xff\xfd no utf-8",
	"bidi \xe2\x80\xae"
	"evil",
	"=cmd|'/c calc'!A0",
	"+1+1",
	"@SUM(1)",
	"a,b;c",
	"{x=\"y\"} 1\n# EOF",
};
#define TEXT_COUNT (sizeof(texts) / sizeof(texts[0]))

static size_t
make_name(unsigned int number, uint8_t *wire)
{
	const char *text = texts[number % TEXT_COUNT];
	size_t len = strlen(text);
	struct weir_name name;

	wire[0] = (uint8_t)len;
	memcpy(wire + 1, text, len);
	memcpy(wire + 1 + len, "\7example", 9);
	if (weir_name_from_wire(wire, len + 10, &name) != WEIR_OK)
		return 0;
	memcpy(wire, name.wire, name.len);
	return name.len;
}

static uint64_t
hash_of(const void *arg, const uint8_t *key, size_t key_len)
{
	uint64_t hash = 14695981039346656037ULL;

	(void)arg;
	while (key_len-- > 0)
		hash = (hash ^ *key++) * 1099511628211ULL;
	return hash;
}

static void
count(struct weir_top *top, const uint8_t *octets, size_t len, uint64_t times,
    uint64_t now_unix)
{
	const struct weir_top_key key = { hash_of(NULL, octets, len), octets,
		NULL, len, 0 };

	weir_top_count(top, &key, times, now_unix);
}

static void
add_tops(struct weir_status *status)
{
	uint8_t key[WEIR_TOP_KEY_SIZE];
	struct weir_client client = { 6, 128, 0, { 0x20, 0x01, 0x0d, 0xb8 } };
	struct weir_top *top;
	unsigned int table, i;
	size_t len;

	for (table = 0; table < WEIR_TOP_COUNT; table++) {
		top = weir_top_new(weir_status_top(status, table),
		    WEIR_STATUS_TOP_COUNTERS, hash_of, NULL);
		if (!top)
			exit(1);
		for (i = 0; i < TEXT_COUNT; i++) {
			client.address[15] = (uint8_t)i;
			len = 0;
			if (table == WEIR_TOP_CLIENTS ||
			    table == WEIR_TOP_SHADOW_CLIENTS ||
			    table == WEIR_TOP_CLIENT_NAMES) {
				weir_client_key(&client, key);
				len = WEIR_CLIENT_KEY_SIZE;
			}
			if (len == 0 || table == WEIR_TOP_CLIENT_NAMES)
				len += make_name(i, key + len);
			count(top, key, len, i == 0 ? UINT64_MAX - 100 : i + 1,
			    (uint64_t)time(NULL));
		}
		/* No name, and no client. */
		memset(key, 0xff, sizeof(key));
		count(top, key, 5, 3, 1);
		weir_top_publish(top);
		weir_top_free(top);
	}
}

static void
add_events(struct weir_status *status)
{
	uint64_t words[WEIR_EVENT_BYTES / 8] = { 0 };
	struct weir_event event;
	unsigned int i;

	for (i = 0; i < 4 * TEXT_COUNT; i++) {
		memset(&event, 0, sizeof(event));
		event.time_ns = (uint64_t)time(NULL) * 1000000000;
		event.outcome = (uint8_t)(i % WEIR_EVENT_OUTCOME_COUNT);
		event.transport = (uint8_t)(i % 11);
		event.action = (uint8_t)i;
		event.rcode = (uint8_t)i;
		event.qtype = (uint16_t)(i * 997);
		event.feed = (uint16_t)(i == 5 ? 65535 : i % 20);
		event.category = (uint16_t)(i == 6 ? 65535 : i % 20);
		event.shadow_feed = (uint16_t)(i % 3 ? 0 : i % 20);
		event.client.family = (uint8_t)(i % 4 ? 6 : i);
		event.client.prefix = (uint8_t)(i % 2 ? 128 : 255);
		event.qname_len = (uint8_t)make_name(i, event.qname);
		event.matched_len = event.rule_len = (uint8_t)make_name(
		    i + 1, event.matched);
		weir_status_record(
		    status, words, weir_event_encode(&event, (uint8_t *)words));
	}
}

int
main(int argc, char **argv)
{
	struct weir_problem problem = { "" };
	struct weir_worker_counts *counts;
	struct weir_status status;
	unsigned int i;

	if (argc != 2 || weir_status_create(argv[1], 1, "1.0\033[31m\"<b>",
			     &status, &problem) != WEIR_OK) {
		(void)fprintf(stderr, "status_evil: %s\n", problem.text);
		return 2;
	}
	counts = weir_status_worker(&status, 0);
	for (i = 0; i < TEXT_COUNT; i++) {
		(void)weir_status_feed_slot(&status, texts[i], true);
		(void)weir_status_category_slot(&status, texts[i], true);
		atomic_store(&counts->feeds[i + 1][WEIR_FEED_BLOCKED], i + 1);
		atomic_store(
		    &counts->categories[i + 1][WEIR_CATEGORY_BLOCKED], i + 1);
	}
	atomic_store(&counts->ways[0], UINT64_MAX);
	atomic_store(&counts->work_sum_ns, UINT64_MAX);
	atomic_store(&counts->types[0], UINT64_MAX);
	atomic_store(&status.header->generation, UINT64_MAX);
	atomic_store(&status.header->sweep_us, UINT64_MAX);
	atomic_store(&status.header->dnstap, 77);
	weir_status_set_problem(
	    &status, "broken \033[2J<script>alert(3)</script>\n\xff");
	add_tops(&status);
	add_events(&status);
	(void)puts("ready");
	(void)fflush(stdout);
	for (;;)
		(void)pause();
}
