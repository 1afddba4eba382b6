/*
 * sync_supervisor.c - starts the worker, starts weir-load for it, and starts the
 * worker again if it dies.
 *
 * One thread, no network.  A new worker comes only when no weir-load runs on
 * behalf of the old one: it might write the files that are being read.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "feeds/sync.h"
#include "feeds/sync_loader.h"
#include "feeds/sync_schedule.h"
#include "lib/file.h"
#include "lib/log.h"

#define TICK_MS       1000
#define CALM_MS       600000 /* a worker that lived so long is a good one */
#define RESTART_CAP_S 60

struct supervisor {
	struct weir_sync *sync;
	struct weir_sync_loader loader;
	struct weir_sync_start start;
	int lock_fd, signal_fd;
	int socket;                    /* to the worker; -1 */
	pid_t worker;                  /* 0: none */
	uint64_t started_ms, start_ms; /* the worker; the next one */
	unsigned int failures;         /* of workers, in a row */
	bool is_cold;                  /* no worker yet */
	bool is_ending, is_reloading;
	int exit_code;
};

static uint64_t
clock_ms(void)
{
	return weir_clock_ns() / 1000000;
}

/* --- the worker ---------------------------------------------------------------- */

static void
be_worker(struct supervisor *supervisor, int socket)
{
	sigset_t none;

	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)close(supervisor->signal_fd);
	if (supervisor->loader.output_fd >= 0)
		(void)close(supervisor->loader.output_fd);
	supervisor->start.socket = socket;
	supervisor->start.is_cold = supervisor->is_cold;
	/* No exit handlers of ours, no buffers of the parent's. */
	_exit(weir_sync_work(supervisor->sync, &supervisor->start));
}

static void
start_worker(struct supervisor *supervisor)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		goto failed;
	supervisor->worker = fork();
	if (supervisor->worker == 0) {
		(void)close(ends[0]);
		be_worker(supervisor, ends[1]);
	}
	(void)close(ends[1]);
	if (supervisor->worker < 0) {
		(void)close(ends[0]);
		goto failed;
	}
	supervisor->socket = ends[0];
	supervisor->is_cold = false;
	supervisor->started_ms = clock_ms();
	return;
failed:
	weir_log_error("the worker cannot be started: %s", strerror(errno));
	supervisor->worker = 0;
	supervisor->start_ms = clock_ms() + TICK_MS;
}

/* It is gone.  When the next one comes. */
static void
bury_worker(struct supervisor *supervisor, int status)
{
	bool is_wanted = supervisor->sync->is_once || supervisor->is_ending;

	supervisor->worker = 0;
	if (supervisor->socket >= 0)
		(void)close(supervisor->socket);
	supervisor->socket = -1;
	weir_sync_loader_clear(&supervisor->loader);
	if (is_wanted || supervisor->is_reloading) {
		supervisor->exit_code = WIFEXITED(status)
					    ? WEXITSTATUS(status)
					    : WEIR_SYNC_EXIT_FAILED;
		supervisor->start_ms = clock_ms();
		supervisor->is_ending |= supervisor->sync->is_once;
		return;
	}
	if (clock_ms() - supervisor->started_ms > CALM_MS)
		supervisor->failures = 0;
	supervisor->start.restarts++;
	supervisor->start_ms = clock_ms() +
			       weir_sync_backoff_ms(++supervisor->failures,
				   RESTART_CAP_S * 1000, 0);
	weir_log_error("the worker has ended (%s %d); another one is started",
	    WIFEXITED(status) ? "exit" : "signal",
	    WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
}

/* 0; negative: nothing more comes from there. */
static int
take_order(struct supervisor *supervisor)
{
	struct weir_sync_message message;
	ssize_t got = recv(
	    supervisor->socket, &message, sizeof(message), MSG_DONTWAIT);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (got == (ssize_t)sizeof(message) &&
	    weir_sync_loader_take(
		&supervisor->loader, supervisor->sync->settings, &message))
		return 0;
	if (got > 0) { /* one that says such things has been taken over */
		weir_log_error("the worker asks for what it may not have; it "
			       "is ended");
		(void)kill(supervisor->worker, SIGKILL);
	}
	(void)close(supervisor->socket);
	supervisor->socket = -1;
	return WEIR_ESYSTEM;
}

static void
tell_result(void *arg, const struct weir_sync_message *result)
{
	struct supervisor *supervisor = arg;

	if (supervisor->socket >= 0)
		(void)!send(
		    supervisor->socket, result, sizeof(*result), MSG_NOSIGNAL);
}

/* --- signals ------------------------------------------------------------------- */

static void
bury_children(struct supervisor *supervisor)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == supervisor->worker)
			bury_worker(supervisor, status);
		else if (pid == supervisor->loader.pid)
			weir_sync_loader_end(&supervisor->loader,
			    supervisor->sync->settings, status, tell_result,
			    supervisor);
	}
}

static void
poll_now(struct supervisor *supervisor)
{
	struct weir_sync_message message = { .word = WEIR_SYNC_POLL };

	if (supervisor->socket >= 0)
		(void)!send(supervisor->socket, &message, sizeof(message),
		    MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* weir.yaml again: if it is right, another worker with it. */
static void
reload(struct supervisor *supervisor)
{
	struct weir_settings *settings = NULL;

	if (supervisor->sync->is_once)
		return;
	if (weir_sync_read_settings(supervisor->sync->config, &settings) != 0) {
		weir_log_error("the settings stay as they were");
		return;
	}
	if (strcmp(settings->sync.state,
		supervisor->sync->settings->sync.state) != 0) {
		weir_log_error("another sync.state needs a restart; the "
			       "settings stay as they were");
		weir_settings_free(settings);
		return;
	}
	weir_settings_free(settings);
	supervisor->is_reloading = true;
	if (supervisor->worker > 0)
		(void)kill(supervisor->worker, SIGKILL);
}

/* Between two workers, while nothing uses the old ones. */
static void
finish_reload(struct supervisor *supervisor)
{
	struct weir_settings *settings = NULL;

	supervisor->is_reloading = false;
	if (weir_sync_read_settings(supervisor->sync->config, &settings) != 0)
		return;
	weir_settings_free(supervisor->sync->settings);
	supervisor->sync->settings = settings;
	weir_log_note("%s was read again", supervisor->sync->config);
}

static void
take_signal(struct supervisor *supervisor)
{
	struct signalfd_siginfo info;

	while (read(supervisor->signal_fd, &info, sizeof(info)) ==
	       (ssize_t)sizeof(info)) {
		switch (info.ssi_signo) {
		case SIGCHLD:
			bury_children(supervisor);
			break;
		case SIGUSR1:
			poll_now(supervisor);
			break;
		case SIGHUP:
			reload(supervisor);
			break;
		default:
			supervisor->is_ending = true;
			if (supervisor->worker > 0)
				(void)kill(supervisor->worker, SIGKILL);
			break;
		}
	}
}

static int
open_signals(void)
{
	static const int wanted[] = { SIGCHLD, SIGUSR1, SIGHUP, SIGTERM,
		SIGINT };
	sigset_t set;
	size_t i;

	sigemptyset(&set);
	for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		sigaddset(&set, wanted[i]);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* --- the state folder ------------------------------------------------------------ */

static int
make_folder(const char *path)
{
	char part[WEIR_PATH_SIZE + 16];
	size_t i, len = strlen(path);

	if (len >= sizeof(part))
		return WEIR_ELIMIT;
	for (i = 1; i <= len; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		if (mkdir(part, 0755) != 0 && errno != EEXIST)
			return WEIR_ESYSTEM;
	}
	return 0;
}

static int
prepare(struct supervisor *supervisor)
{
	static const char *const folders[] = { "feeds", "record" };
	const char *state = supervisor->sync->settings->sync.state;
	struct weir_problem problem = { "" };
	int32_t owner = 0;
	char *path;
	size_t i;
	int error = 0;

	for (i = 0; i < sizeof(folders) / sizeof(folders[0]) && error == 0;
	     i++) {
		path = weir_path_join(state, folders[i]);
		error = path == NULL ? WEIR_EMEMORY : make_folder(path);
		if (error != 0)
			weir_log_error("%s: %s", path == NULL ? state : path,
			    strerror(errno));
		free(path);
	}
	if (error != 0)
		return error;
	error = weir_sync_lock(state, &supervisor->lock_fd, &owner, &problem);
	if (error != 0)
		weir_log_error("%s%s", problem.text,
		    error == WEIR_EBUSY && supervisor->sync->is_once
			? ": weir-sync poll makes it ask now"
			: "");
	return error;
}

/* --- the life of it ---------------------------------------------------------------- */

static void
wait_for_something(struct supervisor *supervisor)
{
	struct pollfd fds[3] = {
		{ .fd = supervisor->signal_fd, .events = POLLIN },
		{ .fd = supervisor->socket, .events = POLLIN },
		{ .fd = supervisor->loader.output_fd, .events = POLLIN },
	};
	uint64_t now_ms = clock_ms();
	int wait_ms = TICK_MS;

	if (supervisor->worker == 0 && supervisor->start_ms < now_ms + TICK_MS)
		wait_ms = supervisor->start_ms <= now_ms
			      ? (supervisor->loader.pid == 0 ? 0 : TICK_MS)
			      : (int)(supervisor->start_ms - now_ms);
	if (poll(fds, 3, wait_ms) <= 0)
		return;
	if (fds[2].revents != 0)
		weir_sync_loader_read(&supervisor->loader);
	if (fds[1].revents != 0)
		(void)take_order(supervisor);
	if (fds[0].revents != 0)
		take_signal(supervisor);
}

static bool
has_ended(const struct supervisor *supervisor)
{
	return supervisor->is_ending && supervisor->worker == 0 &&
	       supervisor->loader.pid == 0;
}

static void
run(struct supervisor *supervisor)
{
	while (!has_ended(supervisor)) {
		if (supervisor->worker == 0 && !supervisor->is_ending &&
		    supervisor->loader.pid == 0 &&
		    clock_ms() >= supervisor->start_ms) {
			if (supervisor->is_reloading)
				finish_reload(supervisor);
			start_worker(supervisor);
		}
		wait_for_something(supervisor);
		if (!supervisor->is_ending || supervisor->sync->is_once)
			weir_sync_loader_start(
			    &supervisor->loader, supervisor->sync->settings);
	}
}

int
weir_sync_supervise(struct weir_sync *sync)
{
	struct supervisor supervisor = { .sync = sync,
		.lock_fd = -1,
		.signal_fd = -1,
		.socket = -1,
		.is_cold = true,
		.start = { .supervisor_pid = (int32_t)getpid(),
		    .started_unix = (int64_t)time(NULL) } };

	if (weir_sync_loader_init(&supervisor.loader, sync->config) != 0) {
		weir_log_error("there is no weir-load beside this program");
		return WEIR_SYNC_EXIT_FAILED;
	}
	if (prepare(&supervisor) != 0)
		return WEIR_SYNC_EXIT_FAILED;
	supervisor.signal_fd = open_signals();
	if (supervisor.signal_fd < 0) {
		weir_log_error("signals: %s", strerror(errno));
		return WEIR_SYNC_EXIT_FAILED;
	}
	run(&supervisor);
	free(supervisor.loader.output);
	(void)close(supervisor.signal_fd);
	(void)close(supervisor.lock_fd);
	return sync->is_once ? supervisor.exit_code : WEIR_SYNC_EXIT_DONE;
}
