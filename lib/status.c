/*
 * status.c - the shared file of a running module, both sides.
 */
#include "lib/status.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/file.h"

#define PAGE_SIZE    4096
#define NAMES_TO_TRY 64
#define SUFFIX       ".module"

const char *
weir_way_text(unsigned int way)
{
	static const char *const texts[WEIR_WAY_COUNT] = { "queries", "passed",
		"allowed", "blocked-name", "blocked-alias", "bogus",
		"resolve-failed", "failed-pass", "failed-servfail", "shadow",
		"shelf-hit", "shelf-stored", "evicted", "internal" };

	return way < WEIR_WAY_COUNT ? texts[way] : NULL;
}

static const struct {
	uint16_t number;
	const char *text;
} types[WEIR_TYPE_COUNT] = {
	[WEIR_TYPE_A] = { 1, "A" },
	[WEIR_TYPE_NS] = { 2, "NS" },
	[WEIR_TYPE_CNAME] = { 5, "CNAME" },
	[WEIR_TYPE_SOA] = { 6, "SOA" },
	[WEIR_TYPE_PTR] = { 12, "PTR" },
	[WEIR_TYPE_MX] = { 15, "MX" },
	[WEIR_TYPE_TXT] = { 16, "TXT" },
	[WEIR_TYPE_AAAA] = { 28, "AAAA" },
	[WEIR_TYPE_SRV] = { 33, "SRV" },
	[WEIR_TYPE_NAPTR] = { 35, "NAPTR" },
	[WEIR_TYPE_DS] = { 43, "DS" },
	[WEIR_TYPE_DNSKEY] = { 48, "DNSKEY" },
	[WEIR_TYPE_SVCB] = { 64, "SVCB" },
	[WEIR_TYPE_HTTPS] = { 65, "HTTPS" },
	[WEIR_TYPE_ANY] = { 255, "ANY" },
	[WEIR_TYPE_OTHER] = { 0, "other" },
};

enum weir_type_slot
weir_type_slot(uint16_t qtype)
{
	unsigned int i;

	for (i = 0; i < WEIR_TYPE_OTHER; i++)
		if (types[i].number == qtype)
			return (enum weir_type_slot)i;
	return WEIR_TYPE_OTHER;
}

const char *
weir_type_slot_text(unsigned int slot)
{
	return slot < WEIR_TYPE_COUNT ? types[slot].text : NULL;
}

static size_t
page_round(size_t size)
{
	return (size + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE;
}

/* Where the parts begin. */
static size_t
recent_offset(unsigned int workers)
{
	return page_round(sizeof(struct weir_status_header)) +
	       workers * page_round(sizeof(struct weir_worker_counts));
}

static size_t
tops_offset(unsigned int workers)
{
	return recent_offset(workers) +
	       page_round(WEIR_STATUS_RECENT * sizeof(struct weir_recent_slot));
}

static size_t
file_size(unsigned int workers)
{
	return tops_offset(workers) +
	       WEIR_TOP_COUNT * page_round(weir_status_top_size());
}

/* Field 22 of /proc/self/stat: with the process id it names this process and
 * no later one. */
static uint64_t
process_started(void)
{
	char text[1024], *at;
	FILE *file = fopen("/proc/self/stat", "re");
	size_t len;
	int field;

	if (!file)
		return 0;
	len = fread(text, 1, sizeof(text) - 1, file);
	(void)fclose(file);
	text[len] = '\0';
	at = strrchr(text, ')'); /* the program's name may hold anything */
	for (field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	return at ? strtoull(at, NULL, 10) : 0;
}

static bool
has_suffix(const char *name)
{
	size_t len = strlen(name), suffix = strlen(SUFFIX);

	return len > suffix && strcmp(name + len - suffix, SUFFIX) == 0;
}

/* A file of this process: what it counted before a reload goes on. */
static bool
is_own(const char *name)
{
	char own[16];
	size_t len = (size_t)snprintf(own, sizeof(own), "%ld", (long)getpid());

	return strncmp(name, own, len) == 0 &&
	       (name[len] == '.' || name[len] == '-');
}

/* Removes the files of modules that are gone: nobody holds their lock. */
static void
remove_stale(const char *folder)
{
	struct dirent *entry;
	DIR *dir = opendir(folder);
	int fd;

	while (dir && (entry = readdir(dir))) {
		if (!has_suffix(entry->d_name) || is_own(entry->d_name))
			continue;
		fd = openat(dirfd(dir), entry->d_name,
		    O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
		if (fd < 0)
			continue;
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			(void)unlinkat(dirfd(dir), entry->d_name, 0);
		(void)close(fd);
	}
	if (dir)
		(void)closedir(dir);
}

/* Whether the path still names the file that was opened: another process may
 * have removed it as stale before it was locked. */
static bool
is_there(const char *path, int fd)
{
	struct stat named, opened;

	return stat(path, &named) == 0 && fstat(fd, &opened) == 0 &&
	       named.st_ino == opened.st_ino && named.st_dev == opened.st_dev;
}

/* A reader takes a shared lock for a moment to see whether we live: wait that
 * moment. */
static bool
lock_file(int fd)
{
	const struct timespec moment = { 0, 1000000 };
	unsigned int tries;

	for (tries = 0; tries < 20; tries++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return true;
		(void)nanosleep(&moment, NULL);
	}
	return false;
}

/* Opens and locks FOLDER/PID.module, or the first like it that no other
 * process holds. */
static int
open_own(const char *folder, char *path, size_t size, int *ret_fd)
{
	unsigned int i;
	int fd;

	for (i = 1; i <= NAMES_TO_TRY; i++) {
		char number[16] = "";

		if (i > 1)
			(void)snprintf(number, sizeof(number), "-%u", i);
		if (snprintf(path, size, "%s/%ld%s" SUFFIX, folder,
			(long)getpid(), number) >= (int)size)
			return WEIR_ELIMIT;
		fd = open(path,
		    O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
		    0640);
		if (fd < 0)
			return WEIR_ESYSTEM;
		if (lock_file(fd) && is_there(path, fd)) {
			*ret_fd = fd;
			return WEIR_OK;
		}
		(void)close(fd);
	}
	return WEIR_EBUSY;
}

/* A file that readers have mapped neither shrinks nor begins anew under them, which
 * would end them with a signal: they keep the old one, and the path leads to an
 * empty one.  Where that may not be made (the folder is not this user's any more)
 * it is the old one after all. */
static int
open_empty(const char *path, int *fd)
{
	struct stat about;
	int made;

	if (fstat(*fd, &about) != 0)
		return WEIR_ESYSTEM;
	if (about.st_size > 0 && unlink(path) == 0) {
		made = open(path,
		    O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
		if (made < 0)
			return WEIR_ESYSTEM;
		if (!lock_file(made)) {
			(void)close(made);
			errno = EBUSY;
			return WEIR_ESYSTEM;
		}
		(void)close(*fd);
		*fd = made;
	}
	return ftruncate(*fd, 0) == 0 ? WEIR_OK : WEIR_ESYSTEM;
}

/* Whether the file was this process's already, with the same shape: then its
 * counters go on. */
static bool
is_same(const struct weir_status *status, size_t size, unsigned int workers)
{
	const struct weir_status_header *header = status->header;

	return memcmp(header->magic, WEIR_STATUS_MAGIC, 8) == 0 &&
	       header->version == WEIR_STATUS_VERSION &&
	       header->header_size == sizeof(*header) &&
	       header->worker_count == workers && header->file_size == size &&
	       header->pid == (int32_t)getpid() &&
	       header->process_started == process_started();
}

static void
fill_header(struct weir_status *status, unsigned int workers,
    const char *unbound_version)
{
	struct weir_status_header *header = status->header;

	memset(header, 0, status->size);
	header->version = WEIR_STATUS_VERSION;
	header->header_size = sizeof(*header);
	header->worker_size = page_round(sizeof(struct weir_worker_counts));
	header->worker_count = workers;
	header->file_size = status->size;
	header->pid = (int32_t)getpid();
	header->process_started = process_started();
	header->started_unix = (uint64_t)time(NULL);
	(void)snprintf(header->unbound_version, sizeof(header->unbound_version),
	    "%s", unbound_version);
	(void)snprintf(header->weir_version, sizeof(header->weir_version), "%s",
	    WEIR_VERSION);
	(void)snprintf(header->feed_names[0], WEIR_FEED_NAME_SIZE, "(others)");
	atomic_store(&header->feed_count, 1);
	atomic_store(&header->category_count, 1);
	atomic_store(&header->recent_next, 1);
	/* Last: a reader that sees the magic sees the rest. */
	atomic_thread_fence(memory_order_release);
	memcpy(header->magic, WEIR_STATUS_MAGIC, 8);
}

int
weir_status_create(const char *folder, unsigned int worker_count,
    const char *unbound_version, struct weir_status *ret_status,
    struct weir_problem *problem)
{
	struct weir_status status = { .fd = -1, .is_writable = true };
	struct stat st;
	int error;

	if (worker_count < 1 || worker_count > WEIR_WORKERS_MAX)
		return weir_problem_set(problem, WEIR_ELIMIT,
		    "%u workers are too many", worker_count);
	status.size = file_size(worker_count);
	status.workers = worker_count;
	remove_stale(folder);
	error = open_own(folder, status.path, sizeof(status.path), &status.fd);
	if (error)
		return weir_problem_set(problem, error, "%s: %s", folder,
		    error == WEIR_ESYSTEM ? strerror(errno)
					  : weir_error_text(error));
	/* posix_fallocate: a full disk is noticed here, not by a signal. */
	if (fstat(status.fd, &st) != 0 ||
	    ((size_t)st.st_size != status.size &&
		(open_empty(status.path, &status.fd) != WEIR_OK ||
		    (errno = posix_fallocate(
			 status.fd, 0, (off_t)status.size)) != 0)))
		goto failed;
	status.header = mmap(NULL, status.size, PROT_READ | PROT_WRITE,
	    MAP_SHARED, status.fd, 0);
	if (status.header == MAP_FAILED)
		goto failed;
	if (!is_same(&status, status.size, worker_count))
		fill_header(&status, worker_count, unbound_version);
	atomic_fetch_add(&status.header->inits, 1);
	atomic_store(&status.header->serial_current, 0);
	atomic_store(&status.header->serial_acknowledged, 0);
	atomic_store(&status.header->tag_acknowledged, 0);
	*ret_status = status;
	return WEIR_OK;
failed:
	error = weir_problem_set(
	    problem, WEIR_ESYSTEM, "%s: %s", status.path, strerror(errno));
	(void)close(status.fd);
	return error;
}

int
weir_status_private(unsigned int worker_count, const char *unbound_version,
    struct weir_status *ret_status)
{
	struct weir_status status = { .fd = -1, .is_writable = true };

	status.size = file_size(worker_count);
	status.workers = worker_count;
	status.header = mmap(NULL, status.size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (status.header == MAP_FAILED)
		return WEIR_EMEMORY;
	fill_header(&status, worker_count, unbound_version);
	atomic_store(&status.header->inits, 1);
	*ret_status = status;
	return WEIR_OK;
}

bool
weir_status_is_there(const struct weir_status *status)
{
	return status->fd >= 0 && is_there(status->path, status->fd);
}

static void
add_counts(weir_counter *to, const weir_counter *from, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		atomic_fetch_add(&to[i], atomic_load(&from[i]));
}

_Static_assert(
    offsetof(struct weir_worker_counts, ways) == 0 &&
	sizeof(struct weir_worker_counts) % sizeof(weir_counter) == 0,
    "a worker's counts are counters and nothing else");

/* Events and top lists: as no feed had a slot here, nothing was blocked here
 * that would stand in them. */
static void
take_up_events(struct weir_status *status, const struct weir_status *old)
{
	struct weir_status_header *header = status->header;
	size_t recent = recent_offset(status->workers);

	if (atomic_load(&header->recent_next) != 1)
		return;
	memcpy((char *)header + recent, (const char *)old->header + recent,
	    status->size - recent);
	atomic_store(
	    &header->recent_next, atomic_load(&old->header->recent_next));
	atomic_fetch_add(&header->events_recorded,
	    atomic_load(&old->header->events_recorded));
}

/* What this process counted into the file before a reload goes on: its feeds'
 * slots, and its counts beside ours.  Only as long as no feed has a slot here,
 * for the slots would not be the same. */
static void
take_up(struct weir_status *status, int fd)
{
	struct weir_status old = {
		.fd = -1, .size = status->size, .workers = status->workers
	};
	unsigned int i, workers = status->workers;

	old.header = malloc(old.size);
	if (old.header &&
	    pread(fd, old.header, old.size, 0) == (ssize_t)old.size &&
	    is_same(&old, old.size, workers) &&
	    atomic_load(&status->header->feed_count) == 1) {
		for (i = 0; i < workers; i++) {
			struct weir_worker_counts *to = weir_status_worker(
			    status, i);
			const struct weir_worker_counts *from =
			    weir_status_worker(&old, i);

			add_counts(to->ways, from->ways,
			    sizeof(*to) / sizeof(weir_counter));
		}
		memcpy(status->header->feed_names, old.header->feed_names,
		    sizeof(old.header->feed_names));
		atomic_store(&status->header->feed_count,
		    atomic_load(&old.header->feed_count));
		memcpy(status->header->category_names,
		    old.header->category_names,
		    sizeof(old.header->category_names));
		atomic_store(&status->header->category_count,
		    atomic_load(&old.header->category_count));
		take_up_events(status, &old);
		atomic_fetch_add(
		    &status->header->inits, atomic_load(&old.header->inits));
		status->header->started_unix = old.header->started_unix;
	}
	free(old.header);
}

int
weir_status_share(const char *folder, struct weir_status *status,
    struct weir_problem *problem)
{
	char path[sizeof(status->path)];
	int fd = -1, error;

	error = open_own(folder, path, sizeof(path), &fd);
	if (error)
		return weir_problem_set(problem, error, "%s: %s", folder,
		    error == WEIR_ESYSTEM ? strerror(errno)
					  : weir_error_text(error));
	take_up(status, fd);
	if (open_empty(path, &fd) != WEIR_OK ||
	    pwrite(fd, status->header, status->size, 0) !=
		(ssize_t)status->size ||
	    mmap(status->header, status->size, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED) {
		error = weir_problem_set(
		    problem, WEIR_ESYSTEM, "%s: %s", path, strerror(errno));
		(void)unlink(path);
		(void)close(fd);
		return error;
	}
	if (status->fd >= 0)
		(void)close(status->fd);
	status->fd = fd;
	memcpy(status->path, path, sizeof(path));
	return WEIR_OK;
}

static int
check_header(struct weir_status *status, struct weir_problem *problem)
{
	const struct weir_status_header *header = status->header;

	status->workers = __atomic_load_n(
	    &header->worker_count, __ATOMIC_RELAXED);
	if (memcmp(header->magic, WEIR_STATUS_MAGIC, 8) != 0)
		return weir_problem_set(problem, WEIR_EFORMAT,
		    "%s: not a status file of weir", status->path);
	if (header->version != WEIR_STATUS_VERSION)
		return weir_problem_set(problem, WEIR_EVERSION,
		    "%s: of another version of weir", status->path);
	if (header->header_size != sizeof(*header) ||
	    header->worker_size !=
		page_round(sizeof(struct weir_worker_counts)) ||
	    status->workers > WEIR_WORKERS_MAX ||
	    header->file_size != status->size ||
	    file_size(status->workers) != status->size)
		return weir_problem_set(problem, WEIR_EFORMAT,
		    "%s: sizes that do not fit", status->path);
	return WEIR_OK;
}

int
weir_status_open(const char *path, struct weir_status *ret_status,
    struct weir_problem *problem)
{
	struct weir_status status = { .fd = -1 };
	struct stat st;
	int error;

	(void)snprintf(status.path, sizeof(status.path), "%s", path);
	status.fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (status.fd < 0)
		return weir_problem_set(problem,
		    errno == ENOENT ? WEIR_EMISSING : WEIR_ESYSTEM, "%s: %s",
		    path, strerror(errno));
	if (flock(status.fd, LOCK_SH | LOCK_NB) == 0) {
		(void)close(status.fd);
		return weir_problem_set(
		    problem, WEIR_EMISSING, "%s: its module is gone", path);
	}
	if (fstat(status.fd, &st) != 0 || !S_ISREG(st.st_mode) ||
	    (size_t)st.st_size < page_round(sizeof(*status.header))) {
		(void)close(status.fd);
		return weir_problem_set(
		    problem, WEIR_EFORMAT, "%s: too short", path);
	}
	status.size = (size_t)st.st_size;
	status.header = mmap(
	    NULL, status.size, PROT_READ, MAP_SHARED, status.fd, 0);
	if (status.header == MAP_FAILED) {
		error = weir_problem_set(
		    problem, WEIR_ESYSTEM, "%s: %s", path, strerror(errno));
		(void)close(status.fd);
		return error;
	}
	error = check_header(&status, problem);
	if (error)
		weir_status_close(&status);
	else
		*ret_status = status;
	return error;
}

void
weir_status_close(struct weir_status *status)
{
	if (status->header)
		(void)munmap(status->header, status->size);
	if (status->fd >= 0)
		(void)close(status->fd);
	status->header = NULL;
	status->fd = -1;
}

/* The part of the file that begins there. */
static void *
part_at(const struct weir_status *status, size_t offset)
{
	return (char *)status->header + offset;
}

struct weir_worker_counts *
weir_status_worker(const struct weir_status *status, unsigned int worker)
{
	if (worker >= status->workers)
		worker = 0;
	return part_at(
	    status, page_round(sizeof(*status->header)) +
			worker * page_round(sizeof(struct weir_worker_counts)));
}

struct weir_recent_slot *
weir_status_recent_slots(const struct weir_status *status)
{
	return part_at(status, recent_offset(status->workers));
}

struct weir_top_table *
weir_status_top(const struct weir_status *status, unsigned int top)
{
	return part_at(status, tops_offset(status->workers) +
				   top * page_round(weir_status_top_size()));
}

/* The slot of a name in one of the header's tables. */
static unsigned int
name_slot(char *names, size_t name_size, unsigned int max,
    _Atomic uint32_t *count, const char *name, bool is_new_allowed)
{
	unsigned int used = atomic_load(count), i;

	if (used > max)
		return 0;
	for (i = 1; i < used; i++)
		if (strncmp(names + i * name_size, name, name_size) == 0)
			return i;
	if (!is_new_allowed || used == max)
		return 0;
	(void)snprintf(names + used * name_size, name_size, "%s", name);
	atomic_store(count, used + 1);
	return used;
}

unsigned int
weir_status_feed_slot(
    struct weir_status *status, const char *name, bool is_new_allowed)
{
	return name_slot(status->header->feed_names[0], WEIR_FEED_NAME_SIZE,
	    WEIR_STATUS_FEEDS, &status->header->feed_count, name,
	    is_new_allowed);
}

unsigned int
weir_status_category_slot(
    struct weir_status *status, const char *name, bool is_new_allowed)
{
	if (name[0] == '\0')
		return 0;
	return name_slot(status->header->category_names[0], WEIR_CATEGORY_SIZE,
	    WEIR_STATUS_CATEGORIES, &status->header->category_count, name,
	    is_new_allowed);
}

bool
weir_status_is_hidden(const char *folder)
{
	bool is_hidden = access(folder, F_OK) == 0 &&
			 access(folder, R_OK | X_OK) != 0;
	DIR *dir = opendir(folder);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)) && !is_hidden) {
		char *path = weir_path_join(folder, entry->d_name);

		is_hidden = path && has_suffix(entry->d_name) &&
			    access(path, R_OK) != 0;
		free(path);
	}
	if (dir)
		(void)closedir(dir);
	return is_hidden;
}

int
weir_status_open_all(const char *folder, struct weir_status **ret_items,
    unsigned int *ret_count, struct weir_problem *problem)
{
	struct weir_status *items;
	struct dirent *entry;
	unsigned int count = 0;
	DIR *dir;

	items = calloc(WEIR_STATUS_FILES, sizeof(*items));
	if (!items)
		return weir_problem_set(problem, WEIR_EMEMORY, "out of memory");
	dir = opendir(folder);
	if (!dir && errno != ENOENT) {
		free(items);
		return weir_problem_set(
		    problem, WEIR_ESYSTEM, "%s: %s", folder, strerror(errno));
	}
	while (dir && (entry = readdir(dir)) && count < WEIR_STATUS_FILES) {
		char *path;
		int error;

		if (!has_suffix(entry->d_name))
			continue;
		path = weir_path_join(folder, entry->d_name);
		if (!path)
			break;
		error = weir_status_open(path, &items[count], NULL);
		if (error == WEIR_OK)
			count++;
		free(path);
	}
	if (dir)
		(void)closedir(dir);
	*ret_items = items;
	*ret_count = count;
	return WEIR_OK;
}

void
weir_status_set_problem(struct weir_status *status, const char *text)
{
	struct weir_status_header *header = status->header;

	atomic_fetch_add(&header->problem_seq, 1);
	(void)snprintf(header->problem, sizeof(header->problem), "%s", text);
	atomic_fetch_add(&header->problem_seq, 1);
}

void
weir_status_get_problem(
    const struct weir_status *status, char *text, size_t size)
{
	const struct weir_status_header *header = status->header;
	uint32_t before, after;
	unsigned int tries;

	text[0] = '\0';
	for (tries = 0; tries < 100; tries++) {
		before = atomic_load(&header->problem_seq);
		(void)snprintf(text, size, "%.*s",
		    (int)sizeof(header->problem) - 1, header->problem);
		after = atomic_load(&header->problem_seq);
		if (before == after && (before & 1) == 0)
			return;
	}
}
