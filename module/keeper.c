/*
 * keeper.c - the housekeeper thread.  See keeper.h.
 *
 * Its state is local to the thread: workers see only what it publishes.
 */
#include "module/keeper.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "lib/proof.h"
#include "module/apart.h"
#include "module/recorder.h"
#include "module/snapshot.h"
#include "module/sweep.h"

#define RETIRED_SIZE 16 /* snapshots that wait for their last reader */

struct keeper {
	struct weir_module *module;
	struct weir_apart apart;
	int inotify_fd;
	int watch;     /* of the database folder; -1: none */
	bool is_swept; /* the current snapshot's sweep is done */
	struct weir_snapshot *retired[RETIRED_SIZE];
	unsigned int retired_count;
	char last_problem[512];
	time_t problem_logged;
	uint64_t failures_logged;
	time_t failures_logged_at;
	time_t shared_at;
	time_t paths_read;
	uint64_t refused_tag; /* of the swap that could not be opened */
	time_t refused_at;
	time_t sweep_due;         /* the next one without a swap */
	struct weir_proof *proof; /* of a large base, at work */
	/* Checksums of bases: the one that is proven, or is being proven; and
	 * the last one that was not what it should be. */
	uint8_t proven[WEIR_CHECKSUM_BYTES];
	uint8_t damaged[WEIR_CHECKSUM_BYTES];
};

static void
now_ms(uint64_t *ret_ms)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	*ret_ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* For what is measured: the time of day may be set back, by hours. */
static time_t
clock_s(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* In init, before the thread runs, there is no keeper. */
static const struct weir_apart *
apart_of(const struct keeper *keeper)
{
	static const struct weir_apart none;

	return keeper ? &keeper->apart : &none;
}

/* Says what is wrong: once, and again after a minute if it still is. */
static void
complain(struct weir_module *module, struct keeper *keeper, const char *text)
{
	time_t now = clock_s();

	if (keeper && strcmp(text, keeper->last_problem) == 0 &&
	    now - keeper->problem_logged < WEIR_LOG_INTERVAL_S)
		return;
	weir_note(apart_of(keeper), WEIR_NOTE_ERROR, "%s", text);
	weir_status_set_problem(&module->status, text);
	weir_count(&module->status.header->failures);
	if (!keeper)
		return;
	keeper->problem_logged = now;
	(void)snprintf(
	    keeper->last_problem, sizeof(keeper->last_problem), "%s", text);
}

static void
praise(struct weir_module *module, struct keeper *keeper)
{
	if (module->status.header->problem[0] != '\0')
		weir_status_set_problem(&module->status, "");
	if (keeper)
		keeper->last_problem[0] = '\0';
}

/* As long as no database is in force, weir.yaml is read again once a second: it
 * may have been unreadable, or half written, when it was read last. */
static bool
read_paths(struct weir_module *module, struct keeper *keeper)
{
	struct weir_problem problem;
	struct weir_paths paths;
	time_t now = clock_s();

	if (module->has_paths && (!keeper || atomic_load(&module->current) ||
				     keeper->paths_read == now))
		return true;
	if (weir_paths_read(module->config, &paths, &problem) != WEIR_OK) {
		complain(module, keeper, problem.text);
		return false;
	}
	if (keeper) {
		keeper->paths_read = now;
		if (keeper->watch >= 0 &&
		    strcmp(paths.database, module->paths.database) != 0) {
			(void)inotify_rm_watch(
			    keeper->inotify_fd, keeper->watch);
			keeper->watch = -1;
		}
	}
	if (!module->has_paths) {
		weir_recorder_set(module, &paths.statistics);
		if (paths.statistics_fault[0] != '\0')
			weir_note(apart_of(keeper), WEIR_NOTE_ERROR,
			    "no client is named in statistics: %s",
			    paths.statistics_fault);
	}
	module->paths = paths;
	module->has_paths = true;
	atomic_store(&module->on_failure, paths.on_failure);
	return true;
}

/* Puts the snapshot in force, or none. */
static void
replace(struct weir_module *module, struct keeper *keeper,
    struct weir_snapshot *snapshot)
{
	struct weir_snapshot *old = weir_snapshot_publish(module, snapshot);

	if (!keeper)
		return;
	keeper->is_swept = false;
	if (old)
		keeper->retired[keeper->retired_count++] = old;
}

static void
publish(struct weir_module *module, struct keeper *keeper,
    struct weir_snapshot *snapshot)
{
	struct weir_status_header *header = module->status.header;

	replace(module, keeper, snapshot);
	(void)snprintf(header->database, sizeof(header->database), "%s",
	    module->paths.database);

	atomic_store(&header->serial_current, snapshot->current.serial);
	atomic_store(&header->generation, snapshot->current.generation);
	weir_note(apart_of(keeper), WEIR_NOTE_INFO,
	    "generation %llu (%llu names) is in force, swap %llu",
	    (unsigned long long)snapshot->current.generation,
	    (unsigned long long)snapshot->current.name_count,
	    (unsigned long long)snapshot->current.serial);
}

/* The newest generation below `limit` that the folder has; 0: none. */
static uint64_t
generation_below(const char *folder, uint64_t limit)
{
	uint64_t number, best = 0;
	struct dirent *entry;
	DIR *dir = opendir(folder);
	char *end;

	while (dir && (entry = readdir(dir))) {
		number = strtoull(entry->d_name, &end, 10);
		if (strcmp(end, ".generation") == 0 && number < limit &&
		    number > best)
			best = number;
	}
	if (dir)
		(void)closedir(dir);
	return best;
}

/* `current` cannot be used: the last good state is the newest older generation
 * that is whole. */
static bool
fall_back(struct weir_module *module, struct keeper *keeper, uint64_t limit)
{
	const char *folder = module->paths.database;
	struct weir_snapshot *older;
	struct weir_current current;
	char file[64];

	while ((limit = generation_below(folder, limit)) > 0) {
		(void)snprintf(file, sizeof(file), "%llu.generation",
		    (unsigned long long)limit);
		if (weir_current_read(folder, file, &current, NULL) ==
			WEIR_OK &&
		    weir_snapshot_open(module, &current, NULL,
			WEIR_SNAPSHOT_PROVE_ALL, &older, NULL) == WEIR_OK) {
			publish(module, keeper, older);
			return true;
		}
	}
	return false;
}

/* Whether just this swap was refused a moment ago: proving a big file again and
 * again costs time. */
static bool
is_refused(const struct keeper *keeper, const struct weir_current *current)
{
	return keeper && keeper->refused_tag == weir_current_tag(current) &&
	       clock_s() - keeper->refused_at < WEIR_RETRY_S;
}

/* Whether its base has failed its proof. */
static bool
has_failed(const struct keeper *keeper, const struct weir_current *current)
{
	return keeper && memcmp(keeper->damaged, current->base.checksum,
			     WEIR_CHECKSUM_BYTES) == 0;
}

static void
refuse(struct weir_module *module, struct keeper *keeper,
    const struct weir_current *current, const struct weir_problem *problem)
{
	complain(module, keeper, problem->text);
	if (keeper) {
		keeper->refused_tag = weir_current_tag(current);
		keeper->refused_at = clock_s();
	}
	if (!atomic_load(&module->current))
		(void)fall_back(module, keeper, current->generation);
}

/* Reads `current`; opens and publishes what it names, if that is not in force
 * already. */
static void
follow(struct weir_module *module, struct keeper *keeper)
{
	const struct weir_snapshot *snapshot = atomic_load(&module->current);
	struct weir_snapshot *next = NULL;
	struct weir_current current;
	struct weir_problem problem;

	if (!read_paths(module, keeper) ||
	    (keeper && keeper->retired_count == RETIRED_SIZE))
		return;
	if (weir_current_read(module->paths.database, WEIR_CURRENT_FILE,
		&current, &problem) != WEIR_OK) {
		complain(module, keeper, problem.text);
		if (!snapshot)
			(void)fall_back(module, keeper, UINT64_MAX);
		return;
	}
	if (snapshot && weir_current_tag(&snapshot->current) ==
			    weir_current_tag(&current)) {
		praise(module, keeper);
		return;
	}
	if (is_refused(keeper, &current))
		return;
	if (weir_snapshot_open(module, &current, snapshot,
		has_failed(keeper, &current) ? WEIR_SNAPSHOT_PROVE_ALL
					     : WEIR_SNAPSHOT_PROVE_SMALL,
		&next, &problem) != WEIR_OK) {
		refuse(module, keeper, &current, &problem);
		return;
	}
	publish(module, keeper, next);
	praise(module, keeper);
}

/* The status folder was not there at the start, or not ours to write in; or it
 * was removed, and our file with it. */
static void
share_status(struct keeper *keeper)
{
	struct weir_module *module = keeper->module;
	time_t now = clock_s();

	if (!module->has_paths || now == keeper->shared_at)
		return;
	keeper->shared_at = now; /* once a second */
	if (module->has_status && weir_status_is_there(&module->status))
		return;
	(void)pthread_mutex_lock(&module->recording);
	module->has_status = weir_status_share(module->paths.status,
				 &module->status, NULL) == WEIR_OK;
	module->is_shared_anew = true;
	(void)pthread_mutex_unlock(&module->recording);
	if (module->has_status)
		weir_note(&keeper->apart, WEIR_NOTE_INFO, "status file %s",
		    module->status.path);
}

/* Cleans Unbound's cache after a swap, and says that it is clean. */
static void
acknowledge(struct weir_module *module, struct keeper *keeper)
{
	const struct weir_snapshot *snapshot = atomic_load(&module->current);
	struct weir_status_header *header = module->status.header;
	struct weir_sweep_report report;
	uint64_t ms;
	int error;

	if (!snapshot || keeper->is_swept)
		return;
	error = weir_sweep(module, snapshot, &report);
	if (error > 0)
		return;
	if (error < 0)
		complain(module, keeper,
		    "the database is damaged: what could not be judged was "
		    "removed from the cache");
	now_ms(&ms);
	atomic_store(&header->sweep_entries, report.entries);
	atomic_store(&header->sweep_removed, report.removed);
	atomic_store(&header->sweep_us, report.us);
	atomic_store(&header->sweep_table_max_ns, report.tables.max_ns);
	atomic_store(
	    &header->sweep_table_running_max_ns, report.tables.running_max_ns);
	atomic_store(&header->sweep_bins_max_ns, report.bins.max_ns);
	atomic_store(
	    &header->sweep_bins_running_max_ns, report.bins.running_max_ns);
	atomic_store(&header->sweep_holds_preempted, report.preempted);
	weir_count(&header->sweeps);
	atomic_store(&header->acknowledged_unix_ms, ms);
	atomic_store(&header->serial_acknowledged, snapshot->current.serial);
	atomic_store(
	    &header->tag_acknowledged, weir_current_tag(&snapshot->current));
	keeper->is_swept = true;
	keeper->sweep_due = clock_s() + (report.is_doubtful ? WEIR_DOUBT_S
							    : WEIR_RESWEEP_S);
}

/* Messages may have come into the cache past the module. */
static void
sweep_again(struct weir_module *module, struct keeper *keeper)
{
	const struct weir_snapshot *snapshot = atomic_load(&module->current);
	struct weir_sweep_report report;
	time_t now = clock_s();

	if (!snapshot || !keeper->is_swept || now < keeper->sweep_due)
		return;
	keeper->sweep_due = now + WEIR_RESWEEP_S;
	if (weir_sweep(module, snapshot, &report) == 0 && report.removed > 0)
		weir_note(&keeper->apart, WEIR_NOTE_INFO,
		    "%llu cached answers had come in past the "
		    "module and were removed",
		    (unsigned long long)report.removed);
}

/* The base in force is not what was published: back to the last good state; if
 * there is none, to none. */
static void
distrust(struct weir_module *module, struct keeper *keeper,
    const struct weir_snapshot *snapshot, const struct weir_problem *problem)
{
	memcpy(keeper->damaged, snapshot->current.base.checksum,
	    WEIR_CHECKSUM_BYTES);
	refuse(module, keeper, &snapshot->current, problem);
	if (!fall_back(module, keeper, snapshot->current.generation))
		replace(module, keeper, NULL);
}

/* One step of the proof of a large base that is in force already; the first
 * step, if it is a new one. */
static void
prove_aside(struct weir_module *module, struct keeper *keeper)
{
	const struct weir_snapshot *snapshot = atomic_load(&module->current);
	const struct weir_current_file *base;
	struct weir_problem problem;
	int state = 0;

	if (!snapshot || keeper->retired_count == RETIRED_SIZE)
		return;
	base = &snapshot->current.base;
	if (memcmp(keeper->proven, base->checksum, WEIR_CHECKSUM_BYTES) != 0) {
		weir_proof_free(keeper->proof);
		keeper->proof = NULL;
		memcpy(keeper->proven, base->checksum, WEIR_CHECKSUM_BYTES);
		if (base->size > WEIR_PROVE_FIRST)
			state = weir_proof_new(module->paths.database, base,
			    &keeper->proof, &problem);
	}
	if (state == 0 && keeper->proof)
		state = weir_proof_step(keeper->proof, &problem);
	if (state == 0)
		return;
	weir_proof_free(keeper->proof);
	keeper->proof = NULL;
	/* A file that is not there any more is no damage: it stays mapped. */
	if (state < 0 && state != WEIR_EMISSING && state != WEIR_EMEMORY)
		distrust(module, keeper, snapshot, &problem);
}

static void
close_retired(struct keeper *keeper)
{
	unsigned int i = 0;

	while (i < keeper->retired_count) {
		struct weir_snapshot *old = keeper->retired[i];

		if (weir_snapshot_is_used(keeper->module, old)) {
			i++;
			continue;
		}
		weir_snapshot_close(old);
		keeper->retired[i] = keeper->retired[--keeper->retired_count];
	}
}

/* Workers only count; the log is written here, once a minute at most. */
static void
log_failures(struct keeper *keeper)
{
	uint64_t failures = atomic_load(&keeper->module->lookup_failures);
	time_t now = clock_s();

	if (failures == keeper->failures_logged ||
	    now - keeper->failures_logged_at < WEIR_LOG_INTERVAL_S)
		return;
	weir_note(&keeper->apart, WEIR_NOTE_ERROR,
	    "no database, or a damaged one: %llu queries were %s",
	    (unsigned long long)(failures - keeper->failures_logged),
	    atomic_load(&keeper->module->on_failure) == WEIR_ON_FAILURE_PASS
		? "not checked"
		: "refused with SERVFAIL");
	keeper->failures_logged = failures;
	keeper->failures_logged_at = now;
}

/* Sets the watch, or sets it again after the folder went away. */
static void
watch_folder(struct keeper *keeper)
{
	if (keeper->watch >= 0 || keeper->inotify_fd < 0 ||
	    !keeper->module->has_paths)
		return;
	keeper->watch = inotify_add_watch(keeper->inotify_fd,
	    keeper->module->paths.database,
	    IN_MOVED_TO | IN_MOVE_SELF | IN_DELETE_SELF | IN_ONLYDIR);
}

static void
drain_inotify(struct keeper *keeper)
{
	alignas(struct inotify_event) char events[4096];
	ssize_t len;
	char *at;

	while ((len = read(keeper->inotify_fd, events, sizeof(events))) > 0) {
		for (at = events; at < events + len;) {
			const struct inotify_event *event =
			    (const struct inotify_event *)(void *)at;

			/* The folder is another one now, or none. */
			if (event->mask & IN_MOVE_SELF)
				(void)inotify_rm_watch(
				    keeper->inotify_fd, keeper->watch);
			if (event->mask &
			    (IN_MOVE_SELF | IN_DELETE_SELF | IN_IGNORED))
				keeper->watch = -1;
			at += sizeof(*event) + event->len;
		}
	}
}

static void *
keep(void *arg)
{
	struct keeper keeper = { .module = arg,
		.watch = -1,
		.failures_logged_at = clock_s() - WEIR_LOG_INTERVAL_S };
	struct weir_module *module = arg;
	struct pollfd fds[2];

	weir_apart_begin(
	    &keeper.apart, module, module->stop_fd, module->status.fd);
	/* So that the sweep's naps are not five times as long as it wants. */
	(void)prctl(PR_SET_TIMERSLACK, 1UL);
	keeper.inotify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	while (!atomic_load(&module->is_stopping)) {
		/* In this order: the status file gives the feeds their slots
		 * before a snapshot asks for them. */
		(void)read_paths(module, &keeper);
		share_status(&keeper);
		watch_folder(&keeper);
		follow(module, &keeper);
		acknowledge(module, &keeper);
		sweep_again(module, &keeper);
		prove_aside(module, &keeper);
		close_retired(&keeper);
		log_failures(&keeper);
		fds[0] = (struct pollfd){ module->stop_fd, POLLIN, 0 };
		fds[1] = (struct pollfd){ keeper.inotify_fd, POLLIN, 0 };
		(void)poll(fds, keeper.inotify_fd >= 0 ? 2 : 1,
		    keeper.proof ? 0 : WEIR_NOTICE_MS / 2);
		if (keeper.inotify_fd >= 0)
			drain_inotify(&keeper);
	}
	if (keeper.inotify_fd >= 0)
		(void)close(keeper.inotify_fd);
	weir_apart_end(&keeper.apart, module);
	weir_proof_free(keeper.proof);
	/* The workers stand still while the module stops. */
	while (keeper.retired_count > 0)
		weir_snapshot_close(keeper.retired[--keeper.retired_count]);
	return NULL;
}

void
weir_keeper_first(struct weir_module *module)
{
	follow(module, NULL);
}

int
weir_keeper_start(struct weir_module *module)
{
	sigset_t all, old;
	int error;

	module->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (module->stop_fd < 0)
		return WEIR_ESYSTEM;
	/* Signals are Unbound's. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	error = pthread_create(&module->keeper, NULL, keep, module);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (error) {
		(void)close(module->stop_fd);
		errno = error;
		return WEIR_ESYSTEM;
	}
	module->has_keeper = true;
	return WEIR_OK;
}

void
weir_keeper_stop(struct weir_module *module)
{
	uint64_t one = 1;

	if (!module->has_keeper)
		return;
	atomic_store(&module->is_stopping, true);
	(void)!write(module->stop_fd, &one, sizeof(one));
	(void)pthread_join(module->keeper, NULL);
	(void)close(module->stop_fd);
	module->has_keeper = false;
}
