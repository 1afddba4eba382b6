/*
 * test_tap.c - dnstap streams over real sockets: module/tap.c as the sender,
 * stats/tap_listen.c as the reader, and readers and senders that misbehave.
 */
#include "module/tap.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/framestream.h"
#include "lib/tap_address.h"
#include "stats/tap_listen.h"
#include "tests/unit/scratch.h"
#include "tests/unit/suite.h"
#include "tests/unit/tap_events.h"

static struct scratch scratch;
static char address[128];
static uint64_t frame_count, lost_count, next_port;

static uint64_t
now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void
begin(void)
{
	scratch_init(&scratch);
	(void)snprintf(address, sizeof(address), "%s/tap.sock", scratch.folder);
	frame_count = lost_count = 0;
	next_port = 1;
}

/* Ports count up: each frame comes once, in the order of the events. */
static void
count_frame(void *arg, const struct weir_tap_frame *frame)
{
	(void)arg;
	frame_count++;
	lost_count += frame->lost;
	next_port += frame->lost;
	ck_assert_uint_eq(frame->record.client.port, next_port % UINT16_MAX);
	next_port++;
	ck_assert_str_eq(frame->record.qname, "www.bad.example");
	ck_assert_str_eq(frame->record.feed, "urlhaus");
}

static void
send_events(struct weir_tap *tap, uint64_t from, uint64_t count)
{
	struct weir_event event;
	uint64_t i;

	tap_event(&event, "www.bad.example");
	for (i = from; i < from + count; i++) {
		/* Port 0 is none; it is read as 0 all the same. */
		event.client.port = (uint16_t)(i % UINT16_MAX);
		weir_tap_send(tap, &event, &tap_texts);
	}
}

static struct weir_tap *
make_tap(const char *to)
{
	struct weir_problem problem = { "" };
	struct weir_tap *tap = NULL;

	ck_assert_msg(weir_tap_new(to, "unbound 0", &tap, &problem) == WEIR_OK,
	    "%s", problem.text);
	return tap;
}

static struct weir_tap_listen *
make_listen(const char *at)
{
	struct weir_problem problem = { "" };
	struct weir_tap_listen *listen = NULL;

	ck_assert_msg(weir_tap_listen_open(at, &listen, &problem) == WEIR_OK,
	    "%s", problem.text);
	return listen;
}

static struct weir_tap_listen_counts
counts_of(const struct weir_tap_listen *listen)
{
	struct weir_tap_listen_counts counts;

	weir_tap_listen_counts(listen, &counts);
	return counts;
}

/* Both work until so many frames have come. */
static void
run(struct weir_tap *tap, struct weir_tap_listen *listen, uint64_t wanted)
{
	uint64_t end = now_ms() + 20000;

	while (frame_count < wanted && now_ms() < end) {
		weir_tap_work(tap);
		ck_assert_int_eq(
		    weir_tap_listen_wait(listen, 1, count_frame, NULL),
		    WEIR_OK);
	}
	ck_assert_uint_eq(frame_count, wanted);
}

static void
listen_until(struct weir_tap_listen *listen, unsigned int connected)
{
	uint64_t end = now_ms() + 20000;

	while (counts_of(listen).connected != connected && now_ms() < end)
		ck_assert_int_eq(
		    weir_tap_listen_wait(listen, 1, count_frame, NULL),
		    WEIR_OK);
	ck_assert_uint_eq(counts_of(listen).connected, connected);
}

/* Several times around the queue. */
static void
through(const char *at)
{
	enum {
		ROUNDS = 40
	};
	struct weir_tap_listen *listen = make_listen(at);
	struct weir_tap *tap = make_tap(at);
	struct weir_tap_counts counts;
	uint64_t i;

	for (i = 0; i < ROUNDS; i++) {
		send_events(tap, 1 + i * 1000, 1000);
		run(tap, listen, (i + 1) * 1000);
	}
	weir_tap_counts(tap, &counts);
	ck_assert_uint_eq(counts.sent, ROUNDS * 1000);
	ck_assert_uint_eq(counts.lost, 0);
	ck_assert_uint_eq(counts.connects, 1);
	ck_assert(counts.is_connected);
	weir_tap_finish(tap);
	weir_tap_free(tap);
	listen_until(listen, 0);
	ck_assert_uint_eq(counts_of(listen).cut_off, 0);
	ck_assert_uint_eq(counts_of(listen).frames, ROUNDS * 1000);
	weir_tap_listen_close(listen);
}

START_TEST(frames_go_through_a_local_socket)
{
	struct stat status;
	struct weir_tap_listen *listen;

	begin();
	listen = make_listen(address);
	ck_assert_int_eq(stat(address, &status), 0);
	ck_assert_uint_eq(status.st_mode & 0777, 0660);
	weir_tap_listen_close(listen);
	ck_assert_int_ne(stat(address, &status), 0);
	through(address);
	scratch_done(&scratch);
}
END_TEST

START_TEST(frames_go_through_tcp)
{
	static const char *const hosts[] = { "127.0.0.1", "[::1]" };
	struct weir_tap_listen *listen;
	struct weir_problem problem;
	unsigned int port, i, done = 0;
	int error;

	begin();
	for (i = 0; i < 2; i++)
		for (port = 21000 + (unsigned int)getpid() % 9000, error = -1;
		     error != WEIR_OK && port < 32000; port++) {
			(void)snprintf(address, sizeof(address), "tcp:%s:%u",
			    hosts[i], port);
			error = weir_tap_listen_open(
			    address, &listen, &problem);
			if (error == WEIR_ESYSTEM)
				break; /* a machine without IPv6 */
			if (error != WEIR_OK)
				continue;
			weir_tap_listen_close(listen);
			frame_count = 0;
			next_port = 1;
			through(address);
			done++;
		}
	ck_assert_uint_ge(done, 1);
	scratch_done(&scratch);
}
END_TEST

/* What is left in the queue goes out when the module ends. */
START_TEST(what_is_queued_goes_out_at_the_end)
{
	struct weir_tap_listen *listen;
	struct weir_tap *tap;

	begin();
	listen = make_listen(address);
	tap = make_tap(address);
	send_events(tap, 1, 1);
	run(tap, listen, 1);
	send_events(tap, 2, 100);
	weir_tap_finish(tap);
	weir_tap_free(tap);
	listen_until(listen, 0);
	ck_assert_uint_eq(frame_count, 101);
	ck_assert_uint_eq(counts_of(listen).cut_off, 0);
	weir_tap_listen_close(listen);
	scratch_done(&scratch);
}
END_TEST

/* --- readers that misbehave ------------------------------------------------------ */

static struct weir_tap_address
parsed(void)
{
	struct weir_tap_address found;

	ck_assert_int_eq(
	    weir_tap_address_parse(address, &found, NULL), WEIR_OK);
	return found;
}

static int
listen_raw(void)
{
	struct weir_tap_address local = parsed();
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(bind(fd, &local.peer.any, local.len), 0);
	ck_assert_int_eq(listen(fd, 4), 0);
	return fd;
}

static void
work(struct weir_tap *tap)
{
	int i;

	for (i = 0; i < 10; i++)
		weir_tap_work(tap);
}

static void
say(int fd, enum weir_framestream_type type)
{
	uint8_t bytes[WEIR_FRAMESTREAM_CONTROL_SIZE];
	size_t len = weir_framestream_encode(type, bytes);

	ck_assert_int_eq(send(fd, bytes, len, MSG_NOSIGNAL), (ssize_t)len);
}

/* Nobody is there, one that is stuck: events are queued, then counted as lost,
 * and a reader that comes learns of each. */
START_TEST(no_reader_no_waiting_and_every_lost_event_is_told)
{
	struct weir_tap_counts counts;
	struct weir_tap_listen *listen;
	struct weir_tap *tap;
	uint64_t began;

	begin();
	tap = make_tap(address);
	began = now_ms();
	send_events(tap, 1, 50000);
	work(tap);
	weir_tap_counts(tap, &counts);
	ck_assert_uint_eq(counts.sent, 0);
	ck_assert_uint_gt(counts.lost, 20000);
	ck_assert_uint_lt(counts.lost, 49000);
	ck_assert(!counts.is_connected);
	listen = make_listen(address);
	run(tap, listen, 50000 - counts.lost);
	weir_tap_lose(tap, 7);
	counts.lost += 7;
	/* The first tells it, the second has nothing to tell. */
	send_events(tap, 50008, 2);
	run(tap, listen, 50009 - counts.lost);
	ck_assert_uint_eq(frame_count + lost_count, 50009);
	ck_assert_uint_eq(lost_count, counts.lost);
	weir_tap_finish(tap);
	weir_tap_free(tap);
	weir_tap_listen_close(listen);
	ck_assert_uint_lt(now_ms() - began, 60000);
	scratch_done(&scratch);
}
END_TEST

START_TEST(a_stuck_reader_stops_nobody)
{
	struct weir_tap_counts counts;
	struct weir_tap *tap;
	uint64_t began;
	int fd, reader, round;

	begin();
	fd = listen_raw();
	tap = make_tap(address);
	work(tap);
	reader = accept(fd, NULL, NULL);
	ck_assert_int_ge(reader, 0);
	say(reader, WEIR_FRAMESTREAM_ACCEPT);
	/* From here on it reads nothing. */
	for (round = 0; round < 50; round++) {
		send_events(tap, 1, 1000);
		weir_tap_work(tap);
	}
	weir_tap_counts(tap, &counts);
	ck_assert_uint_eq(counts.connects, 1);
	ck_assert_uint_gt(counts.lost, 0);
	ck_assert_uint_lt(counts.sent + counts.lost, 50000);
	began = now_ms();
	weir_tap_finish(tap);
	/* What the reader has not taken is known to be lost. */
	weir_tap_counts(tap, &counts);
	ck_assert_uint_eq(counts.sent + counts.lost, 50000);
	ck_assert_uint_eq(counts.untold, counts.lost);
	weir_tap_free(tap);
	ck_assert_uint_lt(now_ms() - began, 5000);
	(void)close(reader);
	(void)close(fd);
	scratch_done(&scratch);
}
END_TEST

/* A frame that tells of lost ones is lost itself. */
START_TEST(what_a_lost_frame_tells_is_not_forgotten)
{
	struct weir_tap_counts counts;
	struct weir_tap *tap;

	begin();
	tap = make_tap(address);
	weir_tap_lose(tap, 7);
	send_events(tap, 1, 3);
	weir_tap_counts(tap, &counts);
	ck_assert_uint_eq(counts.untold, 0);
	weir_tap_finish(tap);
	weir_tap_counts(tap, &counts);
	ck_assert_uint_eq(counts.lost, 3);
	ck_assert_uint_eq(counts.untold, 10);
	weir_tap_free(tap);
	scratch_done(&scratch);
}
END_TEST

START_TEST(it_takes_leave)
{
	uint8_t stop[WEIR_FRAMESTREAM_CONTROL_SIZE], bytes[4096];
	size_t stop_len = weir_framestream_encode(WEIR_FRAMESTREAM_STOP, stop);
	size_t len = 0;
	struct weir_tap *tap;
	ssize_t more;
	int fd, reader;

	begin();
	fd = listen_raw();
	tap = make_tap(address);
	work(tap);
	reader = accept(fd, NULL, NULL);
	say(reader, WEIR_FRAMESTREAM_ACCEPT);
	work(tap);
	send_events(tap, 1, 1);
	weir_tap_finish(tap);
	weir_tap_free(tap);
	while ((more = recv(reader, bytes + len, sizeof(bytes) - len, 0)) > 0)
		len += (size_t)more;
	ck_assert_int_eq(more, 0);
	ck_assert_uint_gt(len, stop_len);
	ck_assert_mem_eq(bytes + len - stop_len, stop, stop_len);
	(void)close(reader);
	(void)close(fd);
	scratch_done(&scratch);
}
END_TEST

START_TEST(a_reader_that_answers_nonsense_is_left)
{
	static const char *const answers[] = {
		"GET / HTTP/1.0\r\n\r\n",
		"\0\0\0\0\377\377\377\377",
		"\0\0\0\0\0\0\0\4\0\0\0\2",                   /* START */
		"\0\0\0\0\0\0\0\15\0\0\0\1\0\0\0\1\0\0\0\1x", /* of x */
		"\0\0\0\0\0\0\0\0\0\0\0\0",
	};
	static const size_t lens[] = { 18, 8, 12, 21, 12 };
	struct weir_tap_counts counts;
	struct weir_tap *tap;
	int fd, reader;
	char octet;
	size_t i;

	begin();
	fd = listen_raw();
	for (i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		tap = make_tap(address);
		work(tap);
		reader = accept(fd, NULL, NULL);
		ck_assert_int_ge(reader, 0);
		ck_assert_int_eq(
		    send(reader, answers[i], lens[i], MSG_NOSIGNAL),
		    (ssize_t)lens[i]);
		send_events(tap, 1, 1);
		work(tap);
		weir_tap_counts(tap, &counts);
		ck_assert_uint_eq(counts.connects, 0);
		ck_assert_uint_eq(counts.sent, 0);
		/* READY came, and then the end. */
		while (recv(reader, &octet, 1, MSG_DONTWAIT) == 1)
			;
		ck_assert(recv(reader, &octet, 1, MSG_DONTWAIT) == 0 ||
			  errno == ECONNRESET);
		weir_tap_finish(tap);
		weir_tap_free(tap);
		(void)close(reader);
	}
	(void)close(fd);
	scratch_done(&scratch);
}
END_TEST

/* A frame that a reader has got in part comes whole on the next connection. */
START_TEST(a_new_reader_begins_with_a_whole_frame)
{
	struct weir_tap_listen *listen;
	struct weir_tap_counts counts;
	struct weir_tap *tap;
	int fd, reader;

	begin();
	fd = listen_raw();
	tap = make_tap(address);
	work(tap);
	reader = accept(fd, NULL, NULL);
	say(reader, WEIR_FRAMESTREAM_ACCEPT);
	send_events(tap, 1, 2000); /* more than the kernel takes */
	work(tap);
	weir_tap_counts(tap, &counts);
	ck_assert_uint_gt(counts.sent, 0);
	ck_assert_uint_lt(counts.sent, 2000);
	(void)close(reader);
	(void)close(fd);
	(void)unlink(address);
	listen = make_listen(address);
	next_port = counts.sent + 1;
	run(tap, listen, 2000 - counts.sent);
	weir_tap_counts(tap, &counts);
	ck_assert_uint_eq(counts.sent, 2000);
	ck_assert_uint_eq(counts.lost, 0);
	ck_assert_uint_eq(counts.connects, 2);
	weir_tap_finish(tap);
	weir_tap_free(tap);
	weir_tap_listen_close(listen);
	scratch_done(&scratch);
}
END_TEST

/* --- senders that misbehave --------------------------------------------------------- */

static int
dial_raw(void)
{
	struct weir_tap_address local = parsed();
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(connect(fd, &local.peer.any, local.len), 0);
	return fd;
}

#define START     "\0\0\0\0\0\0\0\4\0\0\0\2"
#define STOP      "\0\0\0\0\0\0\0\4\0\0\0\3"
#define READY     "\0\0\0\0\0\0\0\4\0\0\0\4"
#define ROW(text) text, sizeof(text) - 1

START_TEST(senders_that_break_the_rules_are_cut_off)
{
	static const struct {
		const char *text;
		size_t len;
		unsigned int cut_off, broken;
	} rows[] = {
		{ ROW(""), 0, 0 }, { ROW("GET / HTTP/1.0\r\n\r\n"), 1, 0 },
		{ ROW("\0\0\0\1x"), 1, 0 },       /* before START */
		{ ROW(READY "\0\0\0\1x"), 1, 0 }, /* before START */
		{ ROW(READY READY), 1, 0 }, { ROW(START START), 1, 0 },
		{ ROW(STOP), 1, 0 },
		{ ROW("\0\0\0\0\0\0\2\1"), 1, 0 }, /* control: too long */
		{ ROW(START "\0\2\200\1"), 1, 0 }, /* frame: too long */
		{ ROW(START "\377\377\377\377"), 1, 0 },
		{ ROW("\0\0\0\0\0\0\0\15\0\0\0\2\0\0\0\1\0\0\0\1x"), 1, 0 },
		{ ROW(START "\0\0\0\1\377\0\0\0\2\377\377" STOP), 0, 2 },
		{ ROW(START STOP "\0\0\0\1x"), 0, 0 },
		{ ROW(READY START STOP), 0, 0 },
		{ ROW(START "\0\0\0\5x"), 0, 0 }, /* and then the end */
	};
	struct weir_tap_listen_counts before, after;
	struct weir_tap_listen *listen;
	size_t i, at;
	int fd;

	begin();
	listen = make_listen(address);
	for (i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
		before = counts_of(listen);
		fd = dial_raw();
		listen_until(listen, 1);
		/* At once, and octet by octet. */
		for (at = 0; at < rows[i / 2].len;
		     at += i % 2 ? 1 : rows[i / 2].len) {
			(void)!send(fd, rows[i / 2].text + at,
			    i % 2 ? 1 : rows[i / 2].len, MSG_NOSIGNAL);
			ck_assert_int_eq(
			    weir_tap_listen_wait(listen, 0, count_frame, NULL),
			    WEIR_OK);
		}
		(void)shutdown(fd, SHUT_WR);
		listen_until(listen, 0);
		(void)close(fd);
		after = counts_of(listen);
		ck_assert_msg(
		    after.cut_off - before.cut_off == rows[i / 2].cut_off &&
			after.broken - before.broken == rows[i / 2].broken,
		    "row %zu: %d cut off, %d broken", i / 2,
		    (int)(after.cut_off - before.cut_off),
		    (int)(after.broken - before.broken));
	}
	weir_tap_listen_close(listen);
	scratch_done(&scratch);
}
END_TEST

START_TEST(several_senders_and_a_largest_frame)
{
	enum {
		SENDERS = 20
	};
	static uint8_t large[4 + WEIR_FRAMESTREAM_FRAME_MAX];
	struct weir_tap_listen *listen;
	struct weir_tap *taps[SENDERS];
	int fd, i, round;
	size_t at;
	ssize_t len;

	begin();
	listen = make_listen(address);
	for (i = 0; i < SENDERS; i++)
		taps[i] = make_tap(address);
	fd = dial_raw();
	ck_assert_int_eq(send(fd, START, 12, 0), 12);
	weir_framestream_put32(large, WEIR_FRAMESTREAM_FRAME_MAX);
	for (at = 0; at < sizeof(large); at += (size_t)len) {
		len = send(fd, large + at, sizeof(large) - at, MSG_DONTWAIT);
		if (len < 0)
			len = 0;
		(void)!weir_tap_listen_wait(listen, 0, count_frame, NULL);
	}
	listen_until(listen, 1);
	while (counts_of(listen).broken == 0)
		(void)!weir_tap_listen_wait(listen, 1, count_frame, NULL);
	for (round = 1; round <= 50; round++)
		for (i = 0; i < SENDERS; i++) {
			send_events(taps[i], next_port, 1);
			run(taps[i], listen, frame_count + 1);
		}
	ck_assert_uint_eq(counts_of(listen).connected, SENDERS + 1);
	ck_assert_uint_eq(frame_count, 50 * SENDERS);
	for (i = 0; i < SENDERS; i++) {
		weir_tap_finish(taps[i]);
		weir_tap_free(taps[i]);
	}
	listen_until(listen, 1);
	ck_assert_uint_eq(counts_of(listen).cut_off, 0);
	(void)close(fd);
	weir_tap_listen_close(listen);
	scratch_done(&scratch);
}
END_TEST

START_TEST(more_senders_than_allowed_are_turned_away)
{
	enum {
		SENDERS = WEIR_TAP_SENDERS + 5
	};
	static int fds[SENDERS];
	struct weir_tap_listen *listen;
	char octet;
	int i, away = 0;

	begin();
	listen = make_listen(address);
	for (i = 0; i < SENDERS; i++) {
		fds[i] = dial_raw();
		(void)!weir_tap_listen_wait(listen, 0, count_frame, NULL);
	}
	ck_assert_uint_eq(counts_of(listen).connected, WEIR_TAP_SENDERS);
	ck_assert_uint_eq(counts_of(listen).turned_away, 5);
	for (i = 0; i < SENDERS; i++) {
		away += recv(fds[i], &octet, 1, MSG_DONTWAIT) == 0;
		(void)close(fds[i]);
	}
	ck_assert_int_eq(away, 5);
	listen_until(listen, 0);
	weir_tap_listen_close(listen);
	scratch_done(&scratch);
}
END_TEST

/* All places are taken by senders that began and say nothing: whoever comes gets
 * the place of the one that has been silent the longest. */
START_TEST(silent_senders_keep_nobody_out)
{
	static int fds[WEIR_TAP_SENDERS];
	struct weir_tap_listen *listen;
	struct weir_tap_counts counts;
	struct weir_tap *tap;
	char octet;
	int i;

	begin();
	listen = make_listen(address);
	for (i = 0; i < WEIR_TAP_SENDERS; i++) {
		fds[i] = dial_raw();
		say(fds[i], WEIR_FRAMESTREAM_START);
		(void)!weir_tap_listen_wait(listen, 0, count_frame, NULL);
	}
	ck_assert_uint_eq(counts_of(listen).connected, WEIR_TAP_SENDERS);
	weir_tap_listen_patience(listen, 0);
	tap = make_tap(address);
	send_events(tap, 1, 10);
	for (i = 0; i < 200 && frame_count < 10; i++) {
		work(tap);
		(void)!weir_tap_listen_wait(listen, 10, count_frame, NULL);
	}
	ck_assert_uint_eq(frame_count, 10);
	weir_tap_counts(tap, &counts);
	ck_assert(counts.is_connected);
	ck_assert_uint_eq(counts_of(listen).connected, WEIR_TAP_SENDERS);
	ck_assert_uint_eq(counts_of(listen).turned_away, 0);
	ck_assert_uint_eq(counts_of(listen).cut_off, 1);
	ck_assert_int_eq(recv(fds[0], &octet, 1, MSG_DONTWAIT), 0);
	/* One that has said something stays rather than one that has not. */
	i = dial_raw();
	(void)!weir_tap_listen_wait(listen, 10, count_frame, NULL);
	send_events(tap, 11, 10);
	work(tap);
	(void)!weir_tap_listen_wait(listen, 10, count_frame, NULL);
	ck_assert_uint_eq(frame_count, 20);
	(void)close(i);
	weir_tap_free(tap);
	for (i = 0; i < WEIR_TAP_SENDERS; i++)
		(void)close(fds[i]);
	listen_until(listen, 0);
	weir_tap_listen_close(listen);
	scratch_done(&scratch);
}
END_TEST

START_TEST(a_stale_socket_is_replaced_and_no_other)
{
	struct weir_tap_listen *listen, *second;
	struct weir_problem problem;
	char path[256];
	FILE *file;

	begin();
	(void)close(listen_raw());
	listen = make_listen(address);
	ck_assert_int_eq(
	    weir_tap_listen_open(address, &second, &problem), WEIR_EBUSY);
	(void)close(dial_raw());
	weir_tap_listen_close(listen);
	(void)snprintf(path, sizeof(path), "%s", address);
	file = fopen(path, "w");
	(void)fclose(file);
	ck_assert_int_eq(
	    weir_tap_listen_open(address, &second, &problem), WEIR_EBUSY);
	ck_assert_int_eq(access(path, F_OK), 0);
	ck_assert_int_eq(
	    weir_tap_listen_open("/nonexistent/x/y", &second, &problem),
	    WEIR_ESYSTEM);
	ck_assert_int_eq(
	    weir_tap_listen_open("x", &second, &problem), WEIR_EFORMAT);
	scratch_done(&scratch);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { frames_go_through_a_local_socket,
		frames_go_through_tcp, what_is_queued_goes_out_at_the_end,
		no_reader_no_waiting_and_every_lost_event_is_told,
		a_stuck_reader_stops_nobody,
		what_a_lost_frame_tells_is_not_forgotten, it_takes_leave,
		a_reader_that_answers_nonsense_is_left,
		a_new_reader_begins_with_a_whole_frame,
		senders_that_break_the_rules_are_cut_off,
		several_senders_and_a_largest_frame,
		more_senders_than_allowed_are_turned_away,
		silent_senders_keep_nobody_out,
		a_stale_socket_is_replaced_and_no_other, NULL };

	return suite_run("tap", tests);
}
