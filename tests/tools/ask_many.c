/*
 * ask_many.c - asks for many names at once, over UDP, and says what came.
 *
 *   ask_many [-t TYPE] [-w WINDOW] [-x MS] [-n TRIES] [-l] PORT < NAMES
 *
 * One name a line on standard input, plain labels only.  For each, in the order
 * in which the answers come, a line on standard output:
 *
 *   SENT DONE NAME RCODE ANSWERS      times in microseconds since 1970
 *
 * RCODE is a number, or "lost" after TRIES queries without an answer.  SENT is
 * when the last of them left.
 *
 * -t  query type, as a number (1)
 * -w  queries in flight (64)
 * -x  milliseconds until a query is sent again (2000)
 * -n  how often it is sent at most (3)
 * -l  again from the first name, in another order, until SIGTERM
 *
 * It has several sockets, so that all threads of a server get a part.
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

#define SOCKETS     16
#define WINDOW_MAX  1024
#define NAME_SIZE   255
#define HEADER_SIZE 12

struct slot {
	bool is_used;
	uint16_t id;
	size_t name; /* its number */
	unsigned int tries;
	uint64_t sent_us;
};

struct asker {
	uint16_t port;
	uint16_t type;
	unsigned int window;
	uint64_t timeout_us;
	unsigned int tries;
	bool is_loop;
	char **names;
	size_t count;
	size_t next;
	unsigned int in_flight;
	struct pollfd sockets[SOCKETS];
	struct slot slots[WINDOW_MAX];
};

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
	fprintf(stderr, "ask_many: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t
clock_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void
read_names(struct asker *asker)
{
	size_t size = 0;
	char line[NAME_SIZE + 3];

	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '\0')
			continue;
		if (asker->count == size) {
			size = size ? 2 * size : 1024;
			asker->names = realloc(
			    asker->names, size * sizeof(char *));
			if (!asker->names)
				die("names");
		}
		asker->names[asker->count] = strdup(line);
		if (!asker->names[asker->count++])
			die("names");
	}
}

static void
open_sockets(struct asker *asker)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(asker->port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int size = 1 << 20;
	unsigned int i;

	for (i = 0; i < SOCKETS; i++) {
		int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);

		if (fd < 0 ||
		    connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0)
			die("socket");
		(void)setsockopt(
		    fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
		asker->sockets[i] = (struct pollfd){ fd, POLLIN, 0 };
	}
}

/* Puts the query together; returns its length. */
static size_t
make_query(uint8_t *wire, const char *name, uint16_t id, uint16_t type)
{
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
	wire[at++] = 0;
	wire[at++] = (uint8_t)(type >> 8);
	wire[at++] = (uint8_t)type;
	wire[at++] = 0;
	wire[at++] = 1; /* IN */
	return at;
}

static void
send_slot(struct asker *asker, unsigned int number)
{
	struct slot *slot = &asker->slots[number];
	uint8_t wire[HEADER_SIZE + NAME_SIZE + 4];
	size_t len;

	/* An answer to the query before must not be taken for this one's. */
	slot->id = (uint16_t)(number | (unsigned int)rand() % 64 << 10);
	len = make_query(wire, asker->names[slot->name], slot->id, asker->type);
	slot->sent_us = clock_us();
	slot->tries++;
	(void)!send(asker->sockets[number % SOCKETS].fd, wire, len, 0);
}

static void
report(struct asker *asker, struct slot *slot, const char *rcode,
    unsigned int answers)
{
	printf("%llu %llu %s %s %u\n", (unsigned long long)slot->sent_us,
	    (unsigned long long)clock_us(), asker->names[slot->name], rcode,
	    answers);
	slot->is_used = false;
	asker->in_flight--;
}

static void
take_answers(struct asker *asker, unsigned int number)
{
	uint8_t wire[4096];
	ssize_t len;
	char rcode[8];

	while ((len = recv(asker->sockets[number].fd, wire, sizeof(wire), 0)) >=
	       HEADER_SIZE) {
		unsigned int id = (unsigned int)wire[0] << 8 | wire[1];
		struct slot *slot = &asker->slots[id % WINDOW_MAX];

		if (!slot->is_used || slot->id != id ||
		    id % WINDOW_MAX % SOCKETS != number)
			continue;
		(void)snprintf(rcode, sizeof(rcode), "%u", wire[3] & 15U);
		report(
		    asker, slot, rcode, (unsigned int)wire[6] << 8 | wire[7]);
	}
}

static void
send_again(struct asker *asker)
{
	uint64_t now_us = clock_us();
	unsigned int i;

	for (i = 0; i < asker->window; i++) {
		struct slot *slot = &asker->slots[i];

		if (!slot->is_used ||
		    now_us - slot->sent_us < asker->timeout_us)
			continue;
		if (slot->tries >= asker->tries)
			report(asker, slot, "lost", 0);
		else
			send_slot(asker, i);
	}
}

static void
shuffle(struct asker *asker)
{
	size_t i;

	for (i = asker->count; i > 1; i--) {
		size_t other = (size_t)rand() % i;
		char *name = asker->names[i - 1];

		asker->names[i - 1] = asker->names[other];
		asker->names[other] = name;
	}
}

static bool
has_next(struct asker *asker)
{
	if (is_ended)
		return false;
	if (asker->next < asker->count)
		return true;
	/* The slots name their names by number. */
	if (!asker->is_loop || asker->in_flight > 0)
		return false;
	shuffle(asker);
	asker->next = 0;
	return true;
}

static void
fill_window(struct asker *asker)
{
	unsigned int i;

	for (i = 0; i < asker->window && has_next(asker); i++) {
		struct slot *slot = &asker->slots[i];

		if (slot->is_used)
			continue;
		slot->is_used = true;
		slot->tries = 0;
		slot->name = asker->next++;
		asker->in_flight++;
		send_slot(asker, i);
	}
}

static void
run(struct asker *asker)
{
	unsigned int i;

	for (;;) {
		fill_window(asker);
		if (asker->in_flight == 0)
			return;
		if (poll(asker->sockets, SOCKETS, 20) < 0 && errno != EINTR)
			die("poll");
		for (i = 0; i < SOCKETS; i++)
			if (asker->sockets[i].revents)
				take_answers(asker, i);
		send_again(asker);
	}
}

int
main(int argc, char **argv)
{
	static struct asker asker = {
		.type = 1, .window = 64, .timeout_us = 2000000, .tries = 3
	};
	int option;

	while ((option = getopt(argc, argv, "t:w:x:n:l")) != -1) {
		switch (option) {
		case 't':
			asker.type = (uint16_t)atoi(optarg);
			break;
		case 'w':
			asker.window = (unsigned int)atoi(optarg);
			break;
		case 'x':
			asker.timeout_us = (uint64_t)atoi(optarg) * 1000;
			break;
		case 'n':
			asker.tries = (unsigned int)atoi(optarg);
			break;
		case 'l':
			asker.is_loop = true;
			break;
		default:
			return 2;
		}
	}
	if (optind + 1 != argc || asker.window < 1 ||
	    asker.window > WINDOW_MAX) {
		fprintf(stderr, "usage: ask_many [-t TYPE] [-w WINDOW] [-x MS] "
				"[-n TRIES] [-l] PORT < NAMES\n");
		return 2;
	}
	asker.port = (uint16_t)atoi(argv[optind]);
	srand((unsigned int)getpid());
	(void)signal(SIGTERM, end);
	(void)signal(SIGINT, end);
	read_names(&asker);
	open_sockets(&asker);
	if (asker.count > 0)
		run(&asker);
	return fflush(stdout) == 0 ? 0 : 1;
}
