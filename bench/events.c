/*
 * events.c - what one event costs on its way: the worker's queue, the recorder's
 * lists, the dnstap frame.
 *
 *   events [NAMES]
 *
 * Events of NAMES (20,000) different blocked names, each as likely as any other,
 * of 20 clients: for top lists and caches as bad as can be.  In each round a batch
 * goes through all steps, one after the other.  Printed for each step, in
 * nanoseconds of processor time for each event: the median of the rounds, and the
 * first and third quarter.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/name.h"
#include "module/tap_frame.h"
#include "module/tops.h"

#define BATCH  256
#define ROUNDS 4001

enum step {
	PUSH,
	PEEK,
	RECENT,
	LISTS,
	FRAME,
	PUBLISH,
	STEP_COUNT
};

static const char *const steps[STEP_COUNT] = {
	"worker: into the queue",
	"recorder: out of it",
	"recorder: recent events",
	"recorder: top lists",
	"recorder: dnstap frame",
	"lists published, us",
};

static double results[STEP_COUNT][ROUNDS];
static uint64_t state = 88172645463325252ULL;

static uint64_t
next_random(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	return state ^= state << 17;
}

static double
now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void
make_event(struct weir_event *event)
{
	static const char *const ends[] = { "com", "net", "org", "co.uk",
		"top" };
	char text[64], label[16] = { 0 };
	struct weir_name name;
	size_t i, len = 6 + next_random() % 9;

	for (i = 0; i < len; i++)
		label[i] = (char)('a' + next_random() % 26);
	(void)snprintf(text, sizeof(text), "%s%s.%s",
	    next_random() % 3 == 0 ? "www." : "", label,
	    ends[next_random() % (sizeof(ends) / sizeof(ends[0]))]);
	if (weir_name_parse(text, strlen(text), &name) != WEIR_OK)
		abort();
	memset(event, 0, sizeof(*event));
	event->time_ns = 1800000000000000000ULL;
	event->generation = 7;
	event->client.family = 4;
	event->client.prefix = 32;
	event->client.address[0] = 127;
	event->client.address[3] = (uint8_t)(1 + next_random() % 20);
	event->work_ns = 900;
	event->qtype = event->qclass = 1;
	event->feed = event->category = 1;
	event->transport = WEIR_TRANSPORT_UDP;
	event->rcode = 3;
	event->qname_len = event->matched_len = event->rule_len = name.len;
	memcpy(event->qname, name.wire, name.len);
	memcpy(event->matched, name.wire, name.len);
}

static double
ended(enum step step, unsigned int round, double began)
{
	double now = now_ns();

	results[step][round] = (now - began) / (step == PUBLISH ? 1e3 : BATCH);
	return now_ns();
}

/* One batch through all steps. */
static void
run_round(unsigned int round, struct weir_event_queue *queue,
    struct weir_status *status, struct weir_tops *tops,
    const struct weir_event *events, unsigned int count)
{
	static const struct weir_tap_texts texts = { "malware-feed", "malware",
		"", "" };
	static struct weir_event batch[BATCH];
	static uint8_t frame[WEIR_TAP_FRAME_SIZE];
	uint64_t words[WEIR_EVENT_BYTES / 8] = { 0 };
	const uint64_t *peeked;
	double began;
	size_t len, i;

	for (i = 0; i < BATCH; i++)
		batch[i] = events[next_random() % count];
	began = now_ns();
	for (i = 0; i < BATCH; i++)
		(void)weir_event_push(queue, &batch[i]);
	began = ended(PUSH, round, began);
	for (i = 0; i < BATCH && (peeked = weir_event_peek(queue, &len)); i++) {
		if (!weir_event_decode((const uint8_t *)peeked, len, &batch[i]))
			abort();
		weir_event_drop(queue);
	}
	began = ended(PEEK, round, began);
	len = weir_event_encode(&batch[0], (uint8_t *)words);
	for (i = 0; i < BATCH; i++)
		weir_status_record(status, words, len);
	began = ended(RECENT, round, began);
	for (i = 0; i < BATCH; i++)
		weir_tops_add(tops, &batch[i]);
	began = ended(LISTS, round, began);
	for (i = 0; i < BATCH; i++)
		(void)weir_tap_frame(&batch[i], &texts, "resolver.example",
		    "weir 0, unbound 0", 0, frame);
	began = ended(FRAME, round, began);
	weir_tops_publish(tops);
	(void)ended(PUBLISH, round, began);
}

static int
compare(const void *left, const void *right)
{
	const double *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

int
main(int argc, char **argv)
{
	unsigned int count = argc > 1 ? (unsigned int)strtoul(argv[1], NULL, 10)
				      : 20000;
	struct weir_event_queue *queue = weir_event_queue_new(
	    WEIR_EVENT_QUEUE_SIZE);
	struct weir_event *events = calloc(count + 1, sizeof(*events));
	struct weir_status status;
	struct weir_tops *tops;
	unsigned int i;

	if (argc > 2 || count == 0) {
		(void)fprintf(stderr, "usage: events [NAMES]\n");
		return 2;
	}
	if (!queue || !events ||
	    weir_status_private(1, "bench", &status) != WEIR_OK ||
	    !(tops = weir_tops_new(&status))) {
		(void)fprintf(stderr, "events: no memory\n");
		return 1;
	}
	for (i = 0; i < count; i++)
		make_event(&events[i]);
	/* Each name once, so that its suffixes are known. */
	for (i = 0; i < count; i++)
		weir_tops_add(tops, &events[i]);
	for (i = 0; i < ROUNDS; i++)
		run_round(i, queue, &status, tops, events, count);
	printf("%-26s %7s %7s %7s\n", "ns for each event", "median", "25 %",
	    "75 %");
	for (i = 0; i < STEP_COUNT; i++) {
		qsort(results[i], ROUNDS, sizeof(results[i][0]), compare);
		printf("%-26s %7.0f %7.0f %7.0f\n", steps[i],
		    results[i][ROUNDS / 2], results[i][ROUNDS / 4],
		    results[i][3 * ROUNDS / 4]);
	}
	weir_tops_free(tops);
	weir_status_close(&status);
	weir_event_queue_free(queue);
	free(events);
	return 0;
}
