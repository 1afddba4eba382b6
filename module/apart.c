/*
 * apart.c - the housekeeper's file descriptors, apart from the workers'.
 *
 * Housekeeper's and recorder's threads only.
 */
#include "module/apart.h"

#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#ifndef LOG_SOCKET /* a test has its own */
#define LOG_SOCKET "/dev/log"
#endif
#define LINE_SIZE   1024
#define LOG_FD_SEEK 256 /* Unbound connects to the log before it does much */

/* Whether it is the system's log.  The kernel tells the name that the socket
 * was bound to: with systemd /dev/log is but a link to ".../dev-log". */
static bool
is_log_socket(const char *path)
{
	const char *slash = strrchr(path, '/');

	return strcmp(path, LOG_SOCKET) == 0 ||
	       (slash && (strcmp(slash, "/log") == 0 ||
			     strcmp(slash, "/dev-log") == 0));
}

/* The descriptor that is connected to the system's log: behind a chroot it
 * cannot be connected anew. */
static int
find_log_socket(void)
{
	char path[sizeof(struct sockaddr_un)];
	struct sockaddr_un peer;
	socklen_t len;
	int fd;

	for (fd = 3; fd < LOG_FD_SEEK; fd++) {
		len = sizeof(peer);
		memset(&peer, 0, sizeof(peer));
		if (getpeername(fd, (struct sockaddr *)&peer, &len) != 0 ||
		    peer.sun_family != AF_UNIX)
			continue;
		(void)snprintf(path, sizeof(path), "%.*s",
		    (int)sizeof(peer.sun_path), peer.sun_path);
		if (is_log_socket(path))
			return fd;
	}
	return -1;
}

static bool
is_kept(const int *kept, unsigned int count, int fd)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		if (kept[i] == fd)
			return true;
	return fd <= 2;
}

/* The next one above `fd` that is kept; INT_MAX: none. */
static int
next_kept(const int *kept, unsigned int count, int fd)
{
	int next = INT_MAX;
	unsigned int i;

	for (i = 0; i < count; i++)
		if (kept[i] > fd && kept[i] < next)
			next = kept[i];
	return next;
}

/* Our copies of what is Unbound's.  An old kernel leaves them open. */
static void
close_others(const int *kept, unsigned int count)
{
	int from = 3, next;

	while (from < INT_MAX) {
		if (is_kept(kept, count, from)) {
			from++;
			continue;
		}
		next = next_kept(kept, count, from);
		(void)close_range((unsigned int)from,
		    next == INT_MAX ? ~0U : (unsigned int)next - 1, 0);
		from = next;
	}
}

/* Where Unbound logs to.  A path is taken as Unbound takes it: as it is seen
 * from inside the chroot. */
static void
note_log(struct weir_apart *apart, const struct config_file *cfg)
{
	const char *file = cfg->logfile ? cfg->logfile : "";
	size_t len = cfg->chrootdir ? strlen(cfg->chrootdir) : 0;

	if (len > 0 && strncmp(file, cfg->chrootdir, len) == 0)
		file += len;
	apart->is_syslog = cfg->use_syslog;
	apart->has_ascii_time = cfg->log_time_ascii;
	(void)snprintf(apart->ident, sizeof(apart->ident), "%s",
	    cfg->log_identity && cfg->log_identity[0] ? cfg->log_identity
						      : "unbound");
	(void)snprintf(apart->log_file, sizeof(apart->log_file), "%s", file);
	apart->log_fd = -1;
	if (apart->is_syslog)
		apart->log_fd = find_log_socket();
	else if (apart->log_file[0] == '\0')
		apart->log_fd = STDERR_FILENO;
}

void
weir_apart_spare(void)
{
	int before;

	(void)pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &before);
}

void
weir_apart_begin(struct weir_apart *apart, struct weir_module *module,
    int stop_fd, int status_fd)
{
	int kept[3];

	apart->status_fd = status_fd;
	if (module->worker_count != 1)
		return;
	note_log(apart, module->env->cfg);
	if (unshare(CLONE_FILES) != 0)
		return;
	apart->is_apart = true;
	kept[0] = stop_fd;
	kept[1] = status_fd;
	kept[2] = apart->log_fd;
	close_others(kept, 3);
}

void
weir_apart_end(struct weir_apart *apart, struct weir_module *module)
{
	if (!apart->is_apart || module->status.fd == apart->status_fd)
		return;
	/* Shared anew meanwhile: the new one is ours, the old one the
	 * worker's. */
	if (module->status.fd >= 0)
		(void)close(module->status.fd);
	module->status.fd = apart->status_fd;
}

/* A line as Unbound writes it to a file or to standard error. */
static size_t
print_line(const struct weir_apart *apart, const char *level, const char *text,
    char *line, size_t size)
{
	time_t now = time(NULL);
	char when[32];
	struct tm tm;
	int len;

	if (!apart->has_ascii_time || !localtime_r(&now, &tm) ||
	    strftime(when, sizeof(when), "%b %d %H:%M:%S", &tm) == 0)
		(void)snprintf(when, sizeof(when), "[%lld]", (long long)now);
	len = snprintf(line, size, "%s %s[%d:0] %s: weir: %s\n", when,
	    apart->ident, (int)getpid(), level, text);
	return len < 0 ? 0 : (size_t)len < size ? (size_t)len : size - 1;
}

static void
write_file(const struct weir_apart *apart, const char *line, size_t len)
{
	int fd = apart->log_fd;

	if (fd < 0) /* opened for each line: it may have been rotated */
		fd = open(apart->log_file,
		    O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return;
	(void)!write(fd, line, len);
	if (fd != apart->log_fd)
		(void)close(fd);
}

/* The log's owner was started anew, or its socket was not found. */
static void
send_anew(const char *line, size_t len)
{
	struct sockaddr_un log = { .sun_family = AF_UNIX,
		.sun_path = LOG_SOCKET };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return;
	if (connect(fd, (struct sockaddr *)&log, sizeof(log)) == 0)
		(void)send(fd, line, len, MSG_NOSIGNAL);
	(void)close(fd);
}

static void
write_syslog(const struct weir_apart *apart, int priority, const char *level,
    const char *text)
{
	char line[LINE_SIZE + 128], when[32];
	time_t now = time(NULL);
	struct tm tm;
	int len;

	if (!localtime_r(&now, &tm) ||
	    strftime(when, sizeof(when), "%b %e %H:%M:%S", &tm) == 0)
		return;
	len = snprintf(line, sizeof(line), "<%d>%s %s[%d]: [%d:0] %s: weir: %s",
	    LOG_DAEMON | priority, when, apart->ident, (int)getpid(),
	    (int)getpid(), level, text);
	if (len <= 0)
		return;
	if ((size_t)len >= sizeof(line))
		len = sizeof(line) - 1;
	if (apart->log_fd < 0 || send(apart->log_fd, line, (size_t)len,
				     MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		send_anew(line, (size_t)len);
}

void
weir_note(const struct weir_apart *apart, enum weir_note_level level,
    const char *format, ...)
{
	bool is_error = level == WEIR_NOTE_ERROR;
	const char *word = is_error ? "error" : "info";
	char text[LINE_SIZE], line[LINE_SIZE + 128];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (!apart->is_apart && is_error)
		log_err("weir: %s", text);
	else if (!apart->is_apart)
		log_info("weir: %s", text);
	else if (apart->is_syslog)
		write_syslog(apart, is_error ? LOG_ERR : LOG_INFO, word, text);
	else
		write_file(apart, line,
		    print_line(apart, word, text, line, sizeof(line)));
}
