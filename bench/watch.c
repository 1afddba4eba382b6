/*
 * watch.c - asks at an even rate while a list changes, and says what a client
 * would have noticed.
 *
 *   watch [-r RATE] [-s SECONDS] [-b NAME] [-u NAME] PORT < NAMES
 *
 * NAMES are cached and allowed, one a line; they are asked in turn.  One query
 * of four goes to each of the watched names:
 *
 * -b  a name that will be blocked, as it is (let the resolver cache it before)
 * -u  a name that will be blocked with what is below it: a fresh name below it
 *     each time, which no cache can have
 * -r  queries a second, 2000 without it
 * -s  ends after so many seconds; else at SIGTERM
 *
 * At a watched name's first NXDOMAIN, a line goes to standard output at once:
 *
 *   blocked b|u MICROSECONDS        CLOCK_MONOTONIC, when it came
 *
 * The last line is an object of JSON.  `lost` queries had no answer within five
 * seconds, `silence_us` is the longest time between two answers (or the
 * beginning or the last query), `longest_us` the longest time that an answer to
 * one of NAMES took (a lost one: five seconds), `wrong` how many answers to NAMES were no NOERROR,
 * `slipped` how many queries for a watched name brought no NXDOMAIN although
 * they were sent after its first.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SOCKETS     8
#define NAMES_MAX   100000
#define NAME_SIZE   256
#define HEADER_SIZE 12
#define LOST_US     5000000
#define NXDOMAIN    3

enum kind {
	PLAIN,
	BLOCKED, /* -b */
	FRESH,   /* -u */
	KIND_COUNT
};

/* One for each socket and message ID; sent_us is 0 if nothing is awaited. */
struct sent {
	uint64_t sent_us;
	uint8_t kind;
};

struct watch {
	uint16_t port;
	uint64_t rate, end_us;
	const char *watched[KIND_COUNT];
	char *names[NAMES_MAX];
	size_t name_count;
	struct pollfd sockets[SOCKETS];
	uint64_t start_us, last_answer_us, last_sent_us;
	uint64_t count, answered, lost, wrong, slipped;
	uint64_t silence_us, longest_us;
	uint64_t blocked_us[KIND_COUNT];
};

static struct sent table[SOCKETS][65536];
static volatile sig_atomic_t is_ended;

static void
end(int signal_number)
{
	(void)signal_number;
	is_ended = 1;
}

static void
die(const char *what)
{
	fprintf(stderr, "watch: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t
clock_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void
read_names(struct watch *watch)
{
	char line[NAME_SIZE];

	while (
	    watch->name_count < NAMES_MAX && fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		watch->names[watch->name_count] = strdup(line);
		if (!watch->names[watch->name_count++])
			die("names");
	}
	if (watch->name_count == 0) {
		fprintf(stderr, "watch: no names\n");
		exit(2);
	}
}

static void
open_sockets(struct watch *watch)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(watch->port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int size = 1 << 22, i;

	for (i = 0; i < SOCKETS; i++) {
		int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);

		if (fd < 0 ||
		    connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0)
			die("socket");
		(void)setsockopt(
		    fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
		watch->sockets[i] = (struct pollfd){ fd, POLLIN, 0 };
	}
}

/* Puts a query for an address together; returns its length. */
static size_t
make_query(uint8_t *wire, const char *name, uint16_t id)
{
	static const uint8_t tail[] = { 0, 0, 1, 0, 1 };
	size_t at = HEADER_SIZE;

	memset(wire, 0, HEADER_SIZE);
	wire[0] = (uint8_t)(id >> 8);
	wire[1] = (uint8_t)id;
	wire[2] = 1; /* RD */
	wire[5] = 1; /* one question */
	while (*name != '\0' && at < HEADER_SIZE + NAME_SIZE - 64) {
		size_t len = strcspn(name, ".");

		if (len > 63)
			len = 63;
		wire[at++] = (uint8_t)len;
		memcpy(wire + at, name, len);
		at += len;
		name += len;
		if (*name == '.')
			name++;
	}
	memcpy(wire + at, tail, sizeof(tail));
	return at + sizeof(tail);
}

static void
lose(struct watch *watch, struct sent *sent)
{
	watch->lost++;
	if (sent->kind == PLAIN)
		watch->longest_us = LOST_US;
	sent->sent_us = 0;
}

static void
send_one(struct watch *watch)
{
	uint8_t wire[HEADER_SIZE + NAME_SIZE + 8];
	char text[2 * NAME_SIZE];
	uint64_t number = watch->count++;
	unsigned int socket = (unsigned int)(number % SOCKETS);
	uint16_t id = (uint16_t)(number / SOCKETS);
	struct sent *sent = &table[socket][id];
	enum kind kind = socket % 4 == 1   ? BLOCKED
			 : socket % 4 == 3 ? FRESH
					   : PLAIN;
	const char *name = watch->names[number % watch->name_count];

	if (!watch->watched[kind])
		kind = PLAIN;
	if (kind != PLAIN)
		name = watch->watched[kind];
	if (kind == FRESH) {
		(void)snprintf(text, sizeof(text), "f%llu.%s",
		    (unsigned long long)number, name);
		name = text;
	}
	if (sent->sent_us != 0)
		lose(watch, sent); /* the ID has come round */
	*sent = (struct sent){ clock_us(), (uint8_t)kind };
	watch->last_sent_us = sent->sent_us;
	(void)!send(
	    watch->sockets[socket].fd, wire, make_query(wire, name, id), 0);
}

static void
judge(struct watch *watch, const struct sent *sent, unsigned int rcode,
    uint64_t now_us)
{
	uint64_t took_us = now_us - sent->sent_us;
	uint64_t *blocked_us = &watch->blocked_us[sent->kind];

	if (sent->kind == PLAIN) {
		watch->wrong += rcode != 0;
		if (took_us > watch->longest_us)
			watch->longest_us = took_us;
	} else if (rcode != NXDOMAIN) {
		watch->slipped += *blocked_us && sent->sent_us > *blocked_us;
	} else if (!*blocked_us) {
		*blocked_us = now_us;
		printf("blocked %c %llu\n", sent->kind == FRESH ? 'u' : 'b',
		    (unsigned long long)now_us);
		(void)fflush(stdout);
	}
}

static void
take_answers(struct watch *watch, unsigned int socket)
{
	uint8_t wire[4096];
	ssize_t len;

	while ((len = recv(watch->sockets[socket].fd, wire, sizeof(wire), 0)) >=
	       HEADER_SIZE) {
		uint64_t now_us = clock_us();
		struct sent *sent = &table[socket][wire[0] << 8 | wire[1]];

		if (sent->sent_us == 0)
			continue;
		if (now_us - watch->last_answer_us > watch->silence_us)
			watch->silence_us = now_us - watch->last_answer_us;
		watch->last_answer_us = now_us;
		if (now_us - sent->sent_us > LOST_US) {
			lose(watch, sent);
		} else {
			watch->answered++;
			judge(watch, sent, wire[3] & 15U, now_us);
		}
		sent->sent_us = 0;
	}
}

static void
take_until(struct watch *watch, uint64_t until_us)
{
	unsigned int i;

	for (;;) {
		uint64_t now_us = clock_us();
		struct timespec left = { 0 };

		if (now_us < until_us)
			left.tv_nsec = (long)(until_us - now_us) % 1000000 *
				       1000;
		if (ppoll(watch->sockets, SOCKETS, &left, NULL) < 0 &&
		    errno != EINTR)
			die("poll");
		for (i = 0; i < SOCKETS; i++)
			if (watch->sockets[i].revents)
				take_answers(watch, i);
		if (now_us >= until_us || is_ended)
			return;
	}
}

/* What is behind its time is sent at once: the rate holds on the whole. */
static void
ask(struct watch *watch)
{
	watch->start_us = watch->last_answer_us = clock_us();
	while (!is_ended) {
		uint64_t due_us = watch->start_us +
				  watch->count * 1000000 / watch->rate;

		take_until(watch, due_us);
		if (watch->end_us &&
		    clock_us() - watch->start_us >= watch->end_us)
			return;
		if (!is_ended)
			send_one(watch);
	}
}

/* Waits for what is still to come, and counts what did not. */
static void
wait_for_rest(struct watch *watch)
{
	uint64_t end_us = watch->last_sent_us + LOST_US;
	unsigned int i, id;

	is_ended = 0;
	while (clock_us() < end_us && !is_ended &&
	       watch->answered + watch->lost < watch->count)
		take_until(watch, clock_us() + 1000);
	for (i = 0; i < SOCKETS; i++)
		for (id = 0; id < 65536; id++)
			if (table[i][id].sent_us != 0)
				lose(watch, &table[i][id]);
	if (watch->last_sent_us > watch->last_answer_us &&
	    watch->last_sent_us - watch->last_answer_us > watch->silence_us)
		watch->silence_us = watch->last_sent_us - watch->last_answer_us;
}

static void
report(const struct watch *watch)
{
	printf("{\"sent\": %llu, \"answered\": %llu, \"lost\": %llu, "
	       "\"wrong\": %llu, \"slipped\": %llu, \"silence_us\": %llu, "
	       "\"longest_us\": %llu}\n",
	    (unsigned long long)watch->count,
	    (unsigned long long)watch->answered,
	    (unsigned long long)watch->lost, (unsigned long long)watch->wrong,
	    (unsigned long long)watch->slipped,
	    (unsigned long long)watch->silence_us,
	    (unsigned long long)watch->longest_us);
}

static int
read_options(struct watch *watch, int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "r:s:b:u:")) != -1) {
		switch (option) {
		case 'r':
			watch->rate = strtoull(optarg, NULL, 10);
			break;
		case 's':
			watch->end_us = (uint64_t)(strtod(optarg, NULL) * 1e6);
			break;
		case 'b':
			watch->watched[BLOCKED] = optarg;
			break;
		case 'u':
			watch->watched[FRESH] = optarg;
			break;
		default:
			return -1;
		}
	}
	if (optind + 1 != argc || watch->rate == 0 || watch->rate > 1000000)
		return -1;
	watch->port = (uint16_t)strtoul(argv[optind], NULL, 10);
	return 0;
}

int
main(int argc, char **argv)
{
	static struct watch watch = { .rate = 2000 };

	if (read_options(&watch, argc, argv) != 0) {
		fprintf(stderr, "usage: watch [-r RATE] [-s SECONDS] "
				"[-b NAME] [-u NAME] PORT < NAMES\n");
		return 2;
	}
	(void)signal(SIGTERM, end);
	(void)signal(SIGINT, end);
	read_names(&watch);
	open_sockets(&watch);
	ask(&watch);
	wait_for_rest(&watch);
	report(&watch);
	return fflush(stdout) == 0 ? 0 : 1;
}
