/*
 * tap_listen.c - takes dnstap streams from several senders.  See tap_listen.h.
 *
 * Each sender has a buffer: what it sent and was not read yet.  Frames are read
 * in place; what is left of the last one moves to the front.  The buffer is born
 * small and grows to what the largest frame takes that is allowed.
 *
 *   NEW ──READY──► GREETED ──START──► SENDING ──STOP──► (FINISH, closed)
 *    └──START (of a sender that does not wait for an answer)──►┘
 */
#include "stats/tap_listen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/framestream.h"
#include "lib/tap_address.h"

#define LENGTH_LEN  4
#define BUFFER_MIN  (16U << 10)
#define BUFFER_MAX  (LENGTH_LEN + WEIR_FRAMESTREAM_FRAME_MAX)
#define ROUND_READS 16 /* of one sender, then it is the next one's turn */
#define EVENTS      64
#define BACKLOG     64

enum phase {
	NEW,
	GREETED,
	SENDING
};

struct sender {
	struct sender *next;
	int fd;
	enum phase phase;
	bool wants_finish;
	bool is_done; /* is freed at the end of the round */
	uint64_t began_ms;
	uint64_t heard_ms; /* its last frame; else when it began */
	uint8_t *bytes;
	size_t len, size;
};

struct weir_tap_listen {
	int epoll_fd, fd;
	int spare_fd; /* given up when there are no descriptors left */
	struct weir_tap_address address;
	struct sender *senders;
	unsigned int done_count; /* that go at the end of the round */
	unsigned int silent_ms;
	struct weir_tap_listen_counts counts;
	struct weir_tap_frame frame;
};

struct reading {
	struct weir_tap_listen *listen;
	struct sender *sender;
	uint64_t now_ms;
	void (*each)(void *arg, const struct weir_tap_frame *frame);
	void *arg;
};

static uint64_t
now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* --- senders come and go ------------------------------------------------------ */

static int
watch(struct weir_tap_listen *listen, int fd, struct sender *sender)
{
	struct epoll_event event = { .events = EPOLLIN };

	event.data.ptr = sender;
	return epoll_ctl(listen->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

static void
admit(struct weir_tap_listen *listen, int fd)
{
	struct sender *sender = calloc(1, sizeof(*sender));

	if (sender)
		sender->bytes = malloc(BUFFER_MIN);
	if (!sender || !sender->bytes || watch(listen, fd, sender) != 0) {
		if (sender)
			free(sender->bytes);
		free(sender);
		(void)close(fd);
		listen->counts.turned_away++;
		return;
	}
	sender->fd = fd;
	sender->size = BUFFER_MIN;
	sender->began_ms = sender->heard_ms = now_ms();
	sender->next = listen->senders;
	listen->senders = sender;
	listen->counts.senders++;
	listen->counts.connected++;
}

/* No descriptor is left: the one in waiting is turned away by the spare one,
 * else it would be reported again at once, for ever. */
static void
turn_away(struct weir_tap_listen *listen)
{
	int fd;

	(void)close(listen->spare_fd);
	fd = accept(listen->fd, NULL, NULL);
	if (fd >= 0)
		(void)close(fd);
	listen->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	listen->counts.turned_away++;
}

static void
be_done(struct weir_tap_listen *listen, struct sender *sender)
{
	listen->done_count += !sender->is_done;
	sender->is_done = true;
}

static void
cut_off(struct weir_tap_listen *listen, struct sender *sender)
{
	listen->counts.cut_off++;
	be_done(listen, sender);
}

/* Room for one more.  So nobody is kept out by those who say nothing; a module
 * that had nothing to say comes again as soon as it has. */
static bool
has_place(struct weir_tap_listen *listen)
{
	struct sender *sender, *silent = NULL;
	uint64_t now = now_ms();

	if (listen->counts.connected - listen->done_count < WEIR_TAP_SENDERS)
		return true;
	for (sender = listen->senders; sender; sender = sender->next)
		if (!sender->is_done &&
		    now - sender->heard_ms >= listen->silent_ms &&
		    (!silent || sender->heard_ms <= silent->heard_ms))
			silent = sender;
	if (silent)
		cut_off(listen, silent);
	return silent != NULL;
}

static void
accept_all(struct weir_tap_listen *listen)
{
	int fd, i;

	for (i = 0; i < BACKLOG; i++) {
		fd = accept4(
		    listen->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd >= 0 && has_place(listen)) {
			admit(listen, fd);
		} else if (fd >= 0) {
			(void)close(fd);
			listen->counts.turned_away++;
		} else if (errno == EMFILE || errno == ENFILE) {
			turn_away(listen);
			return;
		} else if (errno != EINTR && errno != ECONNABORTED) {
			return;
		}
	}
}

/* Those that are done, and those that never said what they want. */
static void
remove_done(struct weir_tap_listen *listen)
{
	struct sender **at = &listen->senders, *sender;
	uint64_t now = now_ms();

	while ((sender = *at)) {
		if (!sender->is_done && sender->phase != SENDING &&
		    now - sender->began_ms > WEIR_TAP_GREETING_MS)
			cut_off(listen, sender);
		if (!sender->is_done) {
			at = &sender->next;
			continue;
		}
		*at = sender->next;
		(void)close(sender->fd);
		free(sender->bytes);
		free(sender);
		listen->counts.connected--;
	}
	listen->done_count = 0;
}

/* --- what they say ----------------------------------------------------------------- */

/* A few octets into an empty socket: they fit. */
static bool
answer(struct reading *reading, enum weir_framestream_type type)
{
	uint8_t bytes[WEIR_FRAMESTREAM_CONTROL_SIZE];
	size_t len = weir_framestream_encode(type, bytes);

	return send(reading->sender->fd, bytes, len,
		   MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)len;
}

static void
take_control(struct reading *reading, const uint8_t *bytes, size_t len)
{
	struct sender *sender = reading->sender;
	enum weir_framestream_type type;
	bool is_dnstap;

	if (weir_framestream_decode(bytes, len, &type, &is_dnstap) != WEIR_OK ||
	    !is_dnstap) {
		cut_off(reading->listen, sender);
	} else if (type == WEIR_FRAMESTREAM_READY && sender->phase == NEW) {
		sender->phase = GREETED;
		sender->wants_finish = true;
		if (!answer(reading, WEIR_FRAMESTREAM_ACCEPT))
			cut_off(reading->listen, sender);
	} else if (type == WEIR_FRAMESTREAM_START && sender->phase != SENDING) {
		sender->phase = SENDING;
	} else if (type == WEIR_FRAMESTREAM_STOP && sender->phase == SENDING) {
		/* Whether or not it still wants to hear that. */
		if (sender->wants_finish)
			(void)answer(reading, WEIR_FRAMESTREAM_FINISH);
		be_done(reading->listen, sender);
	} else {
		cut_off(reading->listen, sender);
	}
}

static void
take_frame(struct reading *reading, const uint8_t *bytes, size_t len)
{
	struct weir_tap_listen *listen = reading->listen;
	int result;

	if (reading->sender->phase != SENDING) {
		cut_off(listen, reading->sender);
		return;
	}
	result = weir_tap_read(bytes, len, &listen->frame);
	if (result < 0) {
		listen->counts.broken++;
	} else if (result == 0) {
		listen->counts.others++;
	} else {
		listen->counts.frames++;
		reading->sender->heard_ms = reading->now_ms;
		reading->each(reading->arg, &listen->frame);
	}
}

/* The frame at the front of the buffer: how many octets it takes; 0: it is not
 * whole yet, or the sender is cut off. */
static size_t
take_first(struct reading *reading, const uint8_t *bytes, size_t len)
{
	size_t whole, control;

	if (len < LENGTH_LEN)
		return 0;
	whole = weir_framestream_get32(bytes);
	if (whole > WEIR_FRAMESTREAM_FRAME_MAX) {
		cut_off(reading->listen, reading->sender);
		return 0;
	}
	if (whole > 0) {
		if (len < LENGTH_LEN + whole)
			return 0;
		take_frame(reading, bytes + LENGTH_LEN, whole);
		return LENGTH_LEN + whole;
	}
	if (len < 2 * LENGTH_LEN)
		return 0;
	control = weir_framestream_get32(bytes + LENGTH_LEN);
	if (control > WEIR_FRAMESTREAM_CONTROL_MAX) {
		cut_off(reading->listen, reading->sender);
		return 0;
	}
	if (len < 2 * LENGTH_LEN + control)
		return 0;
	take_control(reading, bytes + 2 * LENGTH_LEN, control);
	return 2 * LENGTH_LEN + control;
}

static void
take_all(struct reading *reading)
{
	struct sender *sender = reading->sender;
	size_t at = 0, taken = 1;

	while (taken > 0 && !sender->is_done) {
		taken = take_first(
		    reading, sender->bytes + at, sender->len - at);
		at += taken;
	}
	sender->len -= at;
	memmove(sender->bytes, sender->bytes + at, sender->len);
}

/* Room for the frame that has begun. */
static bool
has_room(struct reading *reading)
{
	struct sender *sender = reading->sender;
	uint8_t *bytes;

	if (sender->len < sender->size)
		return true;
	if (sender->size == BUFFER_MAX) /* a whole frame was not taken? */
		return false;
	bytes = realloc(sender->bytes, BUFFER_MAX);
	if (!bytes)
		return false;
	sender->bytes = bytes;
	sender->size = BUFFER_MAX;
	return true;
}

static void
read_sender(struct reading *reading)
{
	struct sender *sender = reading->sender;
	ssize_t len;
	int i;

	for (i = 0; i < ROUND_READS && !sender->is_done; i++) {
		if (!has_room(reading)) {
			cut_off(reading->listen, sender);
			return;
		}
		len = recv(sender->fd, sender->bytes + sender->len,
		    sender->size - sender->len, MSG_DONTWAIT);
		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return;
		if (len <= 0) {
			be_done(reading->listen, sender);
			return;
		}
		sender->len += (size_t)len;
		take_all(reading);
	}
}

int
weir_tap_listen_wait(struct weir_tap_listen *listen, int timeout_ms,
    void (*each)(void *arg, const struct weir_tap_frame *frame), void *arg)
{
	struct reading reading = { listen, NULL, 0, each, arg };
	struct epoll_event events[EVENTS];
	int count, i;

	count = epoll_wait(listen->epoll_fd, events, EVENTS, timeout_ms);
	if (count < 0)
		return WEIR_ESYSTEM;
	reading.now_ms = now_ms();
	for (i = 0; i < count; i++) {
		reading.sender = events[i].data.ptr;
		if (reading.sender)
			read_sender(&reading);
		else
			accept_all(listen);
	}
	remove_done(listen);
	return WEIR_OK;
}

void
weir_tap_listen_patience(struct weir_tap_listen *listen, unsigned int silent_ms)
{
	listen->silent_ms = silent_ms;
}

int
weir_tap_listen_fd(const struct weir_tap_listen *listen)
{
	return listen->epoll_fd;
}

void
weir_tap_listen_counts(const struct weir_tap_listen *listen,
    struct weir_tap_listen_counts *ret_counts)
{
	*ret_counts = listen->counts;
}

/* --- its life ------------------------------------------------------------------------ */

/* The socket of one that is gone stays in the file system. */
static int
remove_stale(const struct weir_tap_address *address, const char *text,
    struct weir_problem *problem)
{
	const char *path = address->peer.local.sun_path;
	struct stat status;
	int fd, result;

	if (lstat(path, &status) != 0)
		return WEIR_OK;
	if (!S_ISSOCK(status.st_mode))
		return weir_problem_set(
		    problem, WEIR_EBUSY, "%s: is there, and no socket", text);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return weir_problem_set(
		    problem, WEIR_ESYSTEM, "%s: %s", text, strerror(errno));
	result = connect(fd, &address->peer.any, address->len);
	if (result != 0 && errno == ECONNREFUSED)
		result = unlink(path) == 0 ? WEIR_OK : WEIR_EBUSY;
	else
		result = WEIR_EBUSY;
	(void)close(fd);
	if (result)
		return weir_problem_set(
		    problem, result, "%s: another program listens there", text);
	return WEIR_OK;
}

/* With its rights from the first moment on: between bind(2) and a chmod(2) the
 * name may have become another file's. */
static int
bind_socket(const struct weir_tap_listen *made)
{
	mode_t before = umask(0777 & ~0660);
	int result = bind(made->fd, &made->address.peer.any, made->address.len);

	(void)umask(before);
	return result;
}

static int
open_socket(struct weir_tap_listen *made, const char *text,
    struct weir_problem *problem)
{
	bool is_local = made->address.peer.any.sa_family == AF_UNIX;
	int on = 1, error;

	if (is_local) {
		error = remove_stale(&made->address, text, problem);
		if (error)
			return error;
	}
	made->fd = socket(made->address.peer.any.sa_family,
	    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (made->fd >= 0 && !is_local)
		(void)setsockopt(
		    made->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (made->fd >= 0 && bind_socket(made) == 0 &&
	    listen(made->fd, BACKLOG) == 0)
		return WEIR_OK;
	return weir_problem_set(problem,
	    errno == EADDRINUSE ? WEIR_EBUSY : WEIR_ESYSTEM, "%s: %s", text,
	    strerror(errno));
}

int
weir_tap_listen_open(const char *address, struct weir_tap_listen **ret_listen,
    struct weir_problem *problem)
{
	struct weir_tap_listen *made = calloc(1, sizeof(*made));
	int error;

	if (!made)
		return weir_problem_set(
		    problem, WEIR_EMEMORY, "%s: no memory", address);
	made->fd = made->epoll_fd = made->spare_fd = -1;
	made->silent_ms = WEIR_TAP_SILENT_MS;
	error = weir_tap_address_parse(address, &made->address, problem);
	if (!error)
		error = open_socket(made, address, problem);
	if (error)
		goto out;
	made->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	made->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (made->epoll_fd < 0 || watch(made, made->fd, NULL) != 0) {
		error = weir_problem_set(
		    problem, WEIR_ESYSTEM, "%s: %s", address, strerror(errno));
		goto out;
	}
	*ret_listen = made;
	return WEIR_OK;
out:
	if (made->fd >= 0)
		(void)close(made->fd);
	made->fd = -1; /* the name, if there is one, is another's */
	weir_tap_listen_close(made);
	return error;
}

void
weir_tap_listen_close(struct weir_tap_listen *listen)
{
	struct sender *sender;

	if (!listen)
		return;
	while ((sender = listen->senders)) {
		listen->senders = sender->next;
		(void)close(sender->fd);
		free(sender->bytes);
		free(sender);
	}
	if (listen->fd >= 0) {
		(void)close(listen->fd);
		if (listen->address.peer.any.sa_family == AF_UNIX)
			(void)unlink(listen->address.peer.local.sun_path);
	}
	if (listen->spare_fd >= 0)
		(void)close(listen->spare_fd);
	if (listen->epoll_fd >= 0)
		(void)close(listen->epoll_fd);
	free(listen);
}
