/*
 * tap.c - a dnstap stream: its queue and its connection.  See tap.h.
 *
 * The queue is a ring of octets as they go out: frames, each with its length in
 * front.  `head` and `tail` count octets since it was made; the frame at `head`
 * is the one that is being sent, `head_sent` octets of it are with the kernel.
 * It leaves the ring when all of it is: a connection that breaks in the middle
 * begins with it again.
 *
 *   AWAY ──connect──► CONNECTING ──READY──► GREETING ──ACCEPT, START──► SENDING
 *     ▲                                                                    │
 *     └──────────────── anything that goes wrong ◄─────────────────────────┘
 */
#include "module/tap.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "lib/framestream.h"
#include "lib/tap_address.h"
#include "module/tap_frame.h"

#define LENGTH_LEN 4     /* in front of each frame */
#define DEAD_MS    30000 /* TCP: a peer that acknowledges nothing is gone */

enum phase {
	AWAY,
	CONNECTING,
	GREETING,
	SENDING
};

struct weir_tap {
	struct weir_tap_address address;
	char identity[256], version[128];

	enum phase phase;
	int fd; /* -1: AWAY */
	uint64_t phase_ms, retry_ms;
	/* Control frames: on their way out, coming in. */
	uint8_t out[2 * WEIR_FRAMESTREAM_CONTROL_SIZE];
	size_t out_len, out_sent;
	uint8_t in[2 * LENGTH_LEN + WEIR_FRAMESTREAM_CONTROL_MAX];
	size_t in_len;

	uint64_t head, tail; /* octets */
	size_t head_sent;
	uint64_t first, next; /* frames: numbers of the one at head, at tail */
	/* Of each frame in the ring, how many lost events it tells of: it may
	 * be lost itself. */
	uint32_t told[WEIR_TAP_QUEUE_FRAMES];
	struct weir_tap_counts counts;
	uint8_t ring[WEIR_TAP_QUEUE_SIZE];
};

static uint64_t
now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* --- the queue --------------------------------------------------------------- */

static void
ring_put(struct weir_tap *tap, const uint8_t *bytes, size_t len)
{
	size_t at = tap->tail % WEIR_TAP_QUEUE_SIZE;
	size_t first = WEIR_TAP_QUEUE_SIZE - at;

	if (first > len)
		first = len;
	memcpy(tap->ring + at, bytes, first);
	memcpy(tap->ring, bytes + first, len - first);
	tap->tail += len;
}

/* The frame at `head`, with its length in front. */
static size_t
head_len(const struct weir_tap *tap)
{
	uint8_t length[LENGTH_LEN];
	size_t i;

	for (i = 0; i < LENGTH_LEN; i++)
		length[i] = tap->ring[(tap->head + i) % WEIR_TAP_QUEUE_SIZE];
	return LENGTH_LEN + weir_framestream_get32(length);
}

/* What is not with the kernel, in at most two pieces. */
static int
ring_pieces(struct weir_tap *tap, struct iovec *pieces)
{
	uint64_t begin = tap->head + tap->head_sent;
	size_t at = begin % WEIR_TAP_QUEUE_SIZE;
	size_t len = (size_t)(tap->tail - begin);
	size_t first = WEIR_TAP_QUEUE_SIZE - at;

	if (first > len)
		first = len;
	pieces[0].iov_base = tap->ring + at;
	pieces[0].iov_len = first;
	pieces[1].iov_base = tap->ring;
	pieces[1].iov_len = len - first;
	return len > first ? 2 : 1;
}

/* Frames that the kernel has taken whole leave the ring. */
static void
ring_taken(struct weir_tap *tap, size_t len)
{
	tap->head_sent += len;
	while (tap->head < tap->tail && tap->head_sent >= head_len(tap)) {
		len = head_len(tap);
		tap->head += len;
		tap->head_sent -= len;
		tap->first++;
		tap->counts.sent++;
	}
}

void
weir_tap_lose(struct weir_tap *tap, uint64_t count)
{
	tap->counts.untold += count;
}

/* Nobody will get what is in the ring. */
static void
ring_drop(struct weir_tap *tap)
{
	for (; tap->head < tap->tail; tap->head += head_len(tap)) {
		tap->counts.lost++;
		tap->counts.untold +=
		    1U + tap->told[tap->first++ % WEIR_TAP_QUEUE_FRAMES];
	}
}

void
weir_tap_send(struct weir_tap *tap, const struct weir_event *event,
    const struct weir_tap_texts *texts)
{
	uint8_t bytes[LENGTH_LEN + WEIR_TAP_FRAME_SIZE];
	size_t room = WEIR_TAP_QUEUE_SIZE - (size_t)(tap->tail - tap->head);
	uint64_t told = tap->counts.untold;
	size_t len = 0;

	if (told > UINT32_MAX)
		told = UINT32_MAX;
	/* Begins anew where memory is warm. */
	if (tap->head == tap->tail && tap->tail % WEIR_TAP_QUEUE_SIZE != 0)
		tap->head = tap->tail += WEIR_TAP_QUEUE_SIZE -
					 tap->tail % WEIR_TAP_QUEUE_SIZE;
	/* With less room it would have to be encoded to learn that. */
	if (room >= sizeof(bytes) &&
	    tap->next - tap->first < WEIR_TAP_QUEUE_FRAMES)
		len = weir_tap_frame(event, texts, tap->identity, tap->version,
		    told, bytes + LENGTH_LEN);
	if (len == 0) {
		tap->counts.lost++;
		tap->counts.untold++;
		return;
	}
	weir_framestream_put32(bytes, (uint32_t)len);
	ring_put(tap, bytes, LENGTH_LEN + len);
	tap->told[tap->next++ % WEIR_TAP_QUEUE_FRAMES] = (uint32_t)told;
	tap->counts.untold -= told;
}

/* --- the connection ----------------------------------------------------------- */

static void
enter(struct weir_tap *tap, enum phase phase)
{
	tap->phase = phase;
	tap->phase_ms = now_ms();
	tap->counts.is_connected = phase == SENDING;
}

static void
hang_up(struct weir_tap *tap)
{
	if (tap->fd >= 0)
		(void)close(tap->fd);
	tap->fd = -1;
	tap->out_len = tap->out_sent = tap->in_len = 0;
	tap->head_sent = 0;
	enter(tap, AWAY);
	tap->retry_ms = tap->phase_ms + WEIR_TAP_RETRY_MS;
}

static void
say(struct weir_tap *tap, enum weir_framestream_type type)
{
	tap->out_len += weir_framestream_encode(type, tap->out + tap->out_len);
}

/* A collector that has vanished without a word is noticed. */
static void
set_options(int fd)
{
	unsigned int dead_ms = DEAD_MS;
	int on = 1;

	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	(void)setsockopt(
	    fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &dead_ms, sizeof(dead_ms));
}

static void
greet(struct weir_tap *tap)
{
	enter(tap, GREETING);
	say(tap, WEIR_FRAMESTREAM_READY);
}

static void
dial(struct weir_tap *tap)
{
	int family = tap->address.peer.any.sa_family;

	tap->fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (tap->fd < 0) {
		hang_up(tap);
		return;
	}
	if (family != AF_UNIX)
		set_options(tap->fd);
	if (connect(tap->fd, &tap->address.peer.any, tap->address.len) == 0)
		greet(tap);
	else if (errno == EINPROGRESS)
		enter(tap, CONNECTING);
	else
		hang_up(tap);
}

static void
finish_dialling(struct weir_tap *tap)
{
	struct pollfd ready = { tap->fd, POLLOUT, 0 };
	socklen_t len = sizeof(int);
	int error = 0;

	if (poll(&ready, 1, 0) <= 0)
		return;
	if (getsockopt(tap->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0 ||
	    error != 0)
		hang_up(tap);
	else
		greet(tap);
}

/* Writes what there is.  False: it is broken (and hung up), or would block. */
static bool
write_pieces(
    struct weir_tap *tap, struct iovec *pieces, int count, size_t *ret_len)
{
	struct msghdr header = { .msg_iov = pieces };
	ssize_t len;

	header.msg_iovlen = (size_t)count;
	do
		len = sendmsg(tap->fd, &header, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (len < 0 && errno == EINTR);
	if (len < 0) {
		if (errno != EAGAIN && errno != EWOULDBLOCK)
			hang_up(tap);
		return false;
	}
	*ret_len = (size_t)len;
	return true;
}

/* Control frames go out before all else. */
static bool
write_control(struct weir_tap *tap)
{
	struct iovec piece;
	size_t len;

	while (tap->out_sent < tap->out_len) {
		piece.iov_base = tap->out + tap->out_sent;
		piece.iov_len = tap->out_len - tap->out_sent;
		if (!write_pieces(tap, &piece, 1, &len))
			return false;
		tap->out_sent += len;
	}
	tap->out_len = tap->out_sent = 0;
	return true;
}

static void
write_frames(struct weir_tap *tap)
{
	struct iovec pieces[2];
	size_t len;
	int count;

	while (tap->head + tap->head_sent < tap->tail) {
		count = ring_pieces(tap, pieces);
		if (!write_pieces(tap, pieces, count, &len))
			return;
		ring_taken(tap, len);
	}
}

/* Whether a whole control frame has come in; hangs up if it cannot be one. */
static bool
has_control(struct weir_tap *tap)
{
	size_t len;

	if (tap->in_len < 2 * LENGTH_LEN)
		return false;
	len = weir_framestream_get32(tap->in + LENGTH_LEN);
	if (weir_framestream_get32(tap->in) != 0 ||
	    len > WEIR_FRAMESTREAM_CONTROL_MAX) {
		hang_up(tap);
		return false;
	}
	return tap->in_len >= 2 * LENGTH_LEN + len;
}

/* The answer to READY.  Behind START a reader has nothing to say, but FINISH. */
static void
take_control(struct weir_tap *tap)
{
	enum weir_framestream_type type;
	bool is_dnstap;

	if (weir_framestream_decode(tap->in + 2 * LENGTH_LEN,
		weir_framestream_get32(tap->in + LENGTH_LEN), &type,
		&is_dnstap) != WEIR_OK ||
	    type != WEIR_FRAMESTREAM_ACCEPT || !is_dnstap ||
	    tap->phase != GREETING) {
		hang_up(tap);
		return;
	}
	tap->in_len = 0;
	say(tap, WEIR_FRAMESTREAM_START);
	enter(tap, SENDING);
	tap->counts.connects++;
}

/* Reads no more than one control frame: what comes behind it waits. */
static size_t
wanted_len(const struct weir_tap *tap)
{
	size_t len = 2 * LENGTH_LEN;

	if (tap->in_len >= len)
		len += weir_framestream_get32(tap->in + LENGTH_LEN);
	return len - tap->in_len;
}

static void
read_control(struct weir_tap *tap)
{
	ssize_t len;

	while (tap->fd >= 0) {
		len = recv(tap->fd, tap->in + tap->in_len, wanted_len(tap),
		    MSG_DONTWAIT);
		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return;
		if (len <= 0) {
			hang_up(tap);
			return;
		}
		tap->in_len += (size_t)len;
		if (has_control(tap))
			take_control(tap);
	}
}

void
weir_tap_work(struct weir_tap *tap)
{
	uint64_t now = now_ms();

	if (tap->phase == AWAY && now >= tap->retry_ms)
		dial(tap);
	if (tap->phase == CONNECTING)
		finish_dialling(tap);
	if (tap->phase >= GREETING)
		(void)write_control(tap);
	if (tap->phase >= GREETING)
		read_control(tap);
	if (tap->phase == SENDING && write_control(tap))
		write_frames(tap);
	if ((tap->phase == CONNECTING || tap->phase == GREETING) &&
	    now > tap->phase_ms + WEIR_TAP_HANDSHAKE_MS)
		hang_up(tap);
}

void
weir_tap_poll(const struct weir_tap *tap, struct pollfd *ret_poll)
{
	bool is_waiting = tap->phase == CONNECTING ||
			  tap->out_sent < tap->out_len ||
			  (tap->phase == SENDING && tap->head < tap->tail);

	ret_poll->fd = tap->fd;
	ret_poll->events = is_waiting ? POLLIN | POLLOUT : POLLIN;
	ret_poll->revents = 0;
}

void
weir_tap_counts(const struct weir_tap *tap, struct weir_tap_counts *ret_counts)
{
	*ret_counts = tap->counts;
}

/* --- its life ------------------------------------------------------------------ */

int
weir_tap_new(const char *address, const char *version,
    struct weir_tap **ret_tap, struct weir_problem *problem)
{
	struct weir_tap_address parsed;
	struct weir_tap *tap;
	int error = weir_tap_address_parse(address, &parsed, problem);

	if (error)
		return error;
	/* Pages of the ring are touched when they are needed. */
	tap = calloc(1, sizeof(*tap));
	if (!tap)
		return weir_problem_set(
		    problem, WEIR_EMEMORY, "no memory for dnstap");
	tap->address = parsed;
	tap->fd = -1;
	if (gethostname(tap->identity, sizeof(tap->identity) - 1) != 0)
		tap->identity[0] = '\0';
	(void)snprintf(tap->version, sizeof(tap->version), "weir %s, %s",
	    WEIR_VERSION, version);
	*ret_tap = tap;
	return WEIR_OK;
}

/* What is left, as far as the reader takes it; a new connection is not worth the
 * time. */
static void
send_rest(struct weir_tap *tap, uint64_t end_ms)
{
	struct pollfd ready;
	uint64_t now;

	while (tap->phase == SENDING && tap->head < tap->tail &&
	       (now = now_ms()) < end_ms) {
		weir_tap_work(tap);
		weir_tap_poll(tap, &ready);
		if (tap->head < tap->tail && ready.fd >= 0)
			(void)poll(&ready, 1, (int)(end_ms - now));
	}
}

/* Waits for FINISH, or the end: a TCP socket that is closed before it was read
 * takes back what the reader has not read yet. */
static void
take_leave(struct weir_tap *tap, uint64_t end_ms)
{
	struct pollfd ready = { tap->fd, POLLIN, 0 };
	uint64_t now;

	if (tap->phase != SENDING || tap->head < tap->tail)
		return;
	say(tap, WEIR_FRAMESTREAM_STOP);
	if (!write_control(tap))
		return;
	(void)shutdown(tap->fd, SHUT_WR);
	now = now_ms();
	if (now < end_ms)
		(void)poll(&ready, 1, (int)(end_ms - now));
}

void
weir_tap_finish(struct weir_tap *tap)
{
	uint64_t end_ms = now_ms() + WEIR_TAP_FINISH_MS;

	send_rest(tap, end_ms);
	take_leave(tap, end_ms);
	ring_drop(tap);
	hang_up(tap);
}

void
weir_tap_free(struct weir_tap *tap)
{
	if (!tap)
		return;
	if (tap->fd >= 0)
		(void)close(tap->fd);
	free(tap);
}
