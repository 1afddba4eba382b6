/*
 * page_explain.c - why a name is blocked: asks weir-load explain, as a child.
 *
 * What comes from the browser is parsed as a name and printed anew, and stands
 * behind "--": it is never an option, and no shell sees it.  A few children at a
 * time, each with a limit of time and of output.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/idn.h"
#include "stats/page.h"

#define CHILDREN   2
#define LIMIT_MS   10000
#define OUTPUT_MAX ((size_t)1 << 20)

static _Atomic int running;

void
weir_page_find_loader(struct weir_page *page)
{
	static const char *const places[] = { "weir-load",
		"../sbin/weir-load" };
	char *end;
	ssize_t len;
	size_t i;

	len = readlink(
	    "/proc/self/exe", page->weir_load, sizeof(page->weir_load) - 32);
	page->weir_load[len > 0 ? len : 0] = '\0';
	end = strrchr(page->weir_load, '/');
	for (i = 0; end && i < 2; i++) {
		memcpy(end + 1, places[i], strlen(places[i]) + 1);
		if (access(page->weir_load, X_OK) == 0)
			return;
	}
	page->weir_load[0] = '\0';
}

static int64_t
now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* NULL: too long, too late, or no memory. */
static char *
read_all(int fd, size_t *ret_len)
{
	char *text = malloc(OUTPUT_MAX);
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	int64_t end = now_ms() + LIMIT_MS, left;
	size_t len = 0;
	ssize_t got;

	while (text && len < OUTPUT_MAX && (left = end - now_ms()) > 0) {
		if (poll(&wait, 1, (int)left) < 0 && errno != EINTR)
			break;
		if (wait.revents == 0)
			continue;
		got = read(fd, text + len, OUTPUT_MAX - len);
		if (got == 0) {
			*ret_len = len;
			return text;
		}
		if (got < 0 && errno != EINTR)
			break;
		len += got > 0 ? (size_t)got : 0;
	}
	free(text);
	return NULL;
}

static int
start(const struct weir_page *page, char *name, int out, pid_t *ret_pid)
{
	char *argv[] = { (char *)(uintptr_t)page->weir_load,
		(char *)(uintptr_t) "-c", (char *)(uintptr_t)page->stat->config,
		(char *)(uintptr_t) "--json", (char *)(uintptr_t) "explain",
		(char *)(uintptr_t) "--", name, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	int error;

	(void)sigemptyset(&none);
	if (posix_spawn_file_actions_init(&actions) != 0)
		return -1;
	if (posix_spawnattr_init(&attributes) != 0) {
		(void)posix_spawn_file_actions_destroy(&actions);
		return -1;
	}
	/* The signals that the server waits for are blocked here. */
	error = posix_spawnattr_setsigmask(&attributes, &none) ||
		posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK) ||
		posix_spawn_file_actions_adddup2(&actions, out, 1) ||
		posix_spawn_file_actions_addopen(
		    &actions, 0, "/dev/null", O_RDONLY, 0) ||
		posix_spawn_file_actions_addopen(
		    &actions, 2, "/dev/null", O_WRONLY, 0) ||
		posix_spawn(
		    ret_pid, argv[0], &actions, &attributes, argv, environ);
	(void)posix_spawnattr_destroy(&attributes);
	(void)posix_spawn_file_actions_destroy(&actions);
	return error ? -1 : 0;
}

static char *
run(const struct weir_page *page, char *name, size_t *ret_len)
{
	char *text = NULL;
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) != 0)
		return NULL;
	if (start(page, name, fds[1], &pid) != 0) {
		(void)close(fds[0]);
		(void)close(fds[1]);
		return NULL;
	}
	(void)close(fds[1]);
	text = read_all(fds[0], ret_len);
	(void)close(fds[0]);
	if (!text)
		(void)kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return text;
}

void
weir_page_explain(const struct weir_page *page, const char *name,
    struct weir_web_answer *ret_answer)
{
	char printed[WEIR_NAME_TEXT_SIZE];
	struct weir_name parsed;
	size_t len = 0;
	char *text;

	if (!name || weir_idn_parse(name, strlen(name), &parsed) != 0) {
		weir_web_say(ret_answer, 400, "that is not a domain name\n");
		return;
	}
	if (page->weir_load[0] == '\0' || page->stat->has_folder) {
		weir_web_say(
		    ret_answer, 503, "weir-load or weir.yaml is not there\n");
		return;
	}
	if (atomic_fetch_add(&running, 1) >= CHILDREN) {
		(void)atomic_fetch_sub(&running, 1);
		weir_web_say(ret_answer, 503, "busy: try again\n");
		return;
	}
	weir_name_print(&parsed, printed);
	text = run(page, printed, &len);
	(void)atomic_fetch_sub(&running, 1);
	if (text && len > 0 && text[0] == '{') {
		weir_web_give(ret_answer, "application/json", text, len);
		return;
	}
	free(text);
	weir_web_say(ret_answer, 502,
	    "weir-load explain gives no answer; try it in a terminal\n");
}
