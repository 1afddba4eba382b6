/*
 * store.c - the database folder: lock, list, publish, roll back, prune.
 *
 * The last step of the loader: what write.c has written becomes what the
 * modules read.  The order of steps is the invariant; each leaves the folder
 * in a state that the module and the next weir-load can work with:
 *
 *   1. N.base.tmp or N.overlay.tmp is written and on the disk  (write.c)
 *   2. it is read back whole and proved
 *   3. renamed to N.base or N.overlay, folder synced
 *   4. N.generation written                          (weir_file_replace)
 *   5. `current` replaced: the commit                (weir_file_replace)
 *
 * A crash before 3 leaves *.tmp, one before 4 a file that no text names: both
 * are removed under the next lock.  A base lives as long as any text names it.
 */
#include "lmdb-loader/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/checksum.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lmdb-loader/rules.h"
#include "lmdb-loader/store_files.h"

#define LOCK_FILE "lock"

int
weir_store_file_number(
    const char *file, const char *suffix, uint64_t *ret_number)
{
	char *end;
	uint64_t number;

	if (file[0] < '1' || file[0] > '9')
		return 0;
	errno = 0;
	number = strtoull(file, &end, 10);
	if (errno != 0 || *end != '.' || strcmp(end + 1, suffix) != 0)
		return 0;
	*ret_number = number;
	return 1;
}

char *
weir_store_path(
    const struct weir_store *store, uint64_t generation, const char *suffix)
{
	char file[WEIR_STORE_FILE_SIZE];

	snprintf(file, sizeof(file), "%" PRIu64 ".%s", generation, suffix);
	return weir_path_join(store->folder, file);
}

static int
compare_numbers(const void *a, const void *b)
{
	const uint64_t *left = a, *right = b;

	return *left < *right ? -1 : *left > *right;
}

int
weir_store_list(const struct weir_store *store, uint64_t **ret_generations,
    unsigned int *ret_count)
{
	uint64_t *numbers = NULL, *grown, number;
	unsigned int count = 0;
	struct dirent *dirent;
	DIR *dir;

	dir = opendir(store->folder);
	if (dir == NULL && errno != ENOENT)
		return WEIR_ESYSTEM;
	while (dir != NULL && (dirent = readdir(dir)) != NULL) {
		if (!weir_store_file_number(
			dirent->d_name, WEIR_STORE_TEXT, &number))
			continue;
		grown = reallocarray(numbers, count + 1, sizeof(*numbers));
		if (grown == NULL) {
			free(numbers);
			closedir(dir);
			return WEIR_EMEMORY;
		}
		numbers = grown;
		numbers[count++] = number;
	}
	if (dir != NULL)
		closedir(dir);
	if (count > 1)
		qsort(numbers, count, sizeof(*numbers), compare_numbers);
	*ret_generations = numbers;
	*ret_count = count;
	return 0;
}

int
weir_store_read(const struct weir_store *store, uint64_t generation,
    struct weir_current *ret_text, struct weir_problem *problem)
{
	struct weir_problem what = { "" };
	char file[WEIR_STORE_FILE_SIZE];
	int ret;

	if (store->has_current && generation == store->current.generation) {
		*ret_text = store->current;
		return 0;
	}
	snprintf(
	    file, sizeof(file), "%" PRIu64 "." WEIR_STORE_TEXT, generation);
	ret = weir_current_read(store->folder, file, ret_text, &what);
	if (ret == WEIR_EMISSING)
		return weir_problem_set(problem, ret,
		    "%s: there is no generation %" PRIu64
		    " (weir-load status lists them)",
		    store->folder, generation);
	if (ret < 0)
		return weir_problem_set(problem, ret, "%s", what.text);
	return 0;
}

int
weir_store_open_generation(const struct weir_store *store,
    const struct weir_current *text, bool is_proven,
    struct weir_generation *ret_generation, struct weir_problem *problem)
{
	int ret = 0;

	if (is_proven)
		ret = weir_current_prove(store->folder, text, problem);
	if (ret == 0)
		ret = weir_generation_open(
		    store->folder, text, NULL, ret_generation, problem);
	return ret;
}

static void
show_names(void *arg, uint64_t names)
{
	weir_progress_show(arg, names);
}

static int
check_file(
    const struct weir_db *db, const char *file, struct weir_problem *problem)
{
	struct weir_problem what = { "" };
	struct weir_progress progress;
	int ret;

	weir_progress_init(
	    &progress, "proving names", weir_db_header(db)->name_count);
	ret = weir_db_check_shown(db, show_names, &progress, &what);
	weir_progress_done(&progress);
	if (ret < 0)
		return weir_problem_set(
		    problem, ret, "%s: %s", file, what.text);
	return 0;
}

int
weir_store_check(const struct weir_store *store,
    const struct weir_current *text, struct weir_problem *problem)
{
	struct weir_generation generation;
	int ret;

	ret = weir_store_open_generation(
	    store, text, true, &generation, problem);
	if (ret < 0)
		return ret;
	ret = check_file(generation.base, text->base.name, problem);
	if (ret == 0 && generation.overlay != NULL)
		ret = check_file(
		    generation.overlay, text->overlay.name, problem);
	weir_generation_close(&generation);
	return ret;
}

static int
read_current(struct weir_store *store, struct weir_problem *problem)
{
	struct weir_problem what = { "" };
	int ret;

	ret = weir_current_read(
	    store->folder, WEIR_CURRENT_FILE, &store->current, &what);
	store->has_current = ret == 0;
	if (ret == 0 || ret == WEIR_EMISSING)
		return 0;
	return weir_problem_set(problem, ret, "%s", what.text);
}

int
weir_store_open(const char *folder, struct weir_store *ret_store,
    struct weir_problem *problem)
{
	struct weir_store store = { .lock_fd = -1 };
	int ret;

	store.folder = strdup(folder);
	if (store.folder == NULL)
		return weir_problem_set(problem, WEIR_EMEMORY, "out of memory");
	ret = read_current(&store, problem);
	if (ret < 0) {
		free(store.folder);
		return ret;
	}
	*ret_store = store;
	return 0;
}

/* Unbound runs under another user and has to get in: the umask has no say in
 * that.  Bits that are inherited (setgid) stay. */
static int
make_one(const char *path)
{
	struct stat st;

	if (mkdir(path, 0755) != 0)
		return -1;
	return stat(path, &st) == 0 && (st.st_mode & 0755) != 0755
		   ? chmod(path, (st.st_mode & 07777) | 0755)
		   : 0;
}

/* The folder and those above it. */
static int
make_folder(const char *folder, struct weir_problem *problem)
{
	char *path = strdup(folder), *slash;
	int ret = 0;

	if (path == NULL)
		return weir_problem_set(problem, WEIR_EMEMORY, "out of memory");
	for (slash = strchr(path + 1, '/'); slash != NULL;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)make_one(path); /* the last one tells */
		*slash = '/';
	}
	if (make_one(path) != 0 && errno != EEXIST)
		ret = weir_problem_set(
		    problem, WEIR_ESYSTEM, "%s: %s", folder, strerror(errno));
	free(path);
	return ret;
}

/* Tries until the time is over; waiting in the kernel has no end. */
static bool
flock_within(int fd, unsigned int wait_ms)
{
	const struct timespec pause = { 0, 2000000 };
	uint64_t end_ns = weir_clock_ns() + (uint64_t)wait_ms * 1000000;

	while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (weir_clock_ns() >= end_ns)
			return false;
		(void)nanosleep(&pause, NULL);
	}
	return true;
}

/* What root makes is given to whom the folder belongs to: other files are
 * replaced, but a lock is opened again.  Never what somebody else has put
 * there: it could be another name of any file. */
static int
open_lock(const char *folder, const char *path)
{
	const int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW;
	struct stat st;
	int fd = open(path, flags | O_CREAT | O_EXCL, 0644);

	if (fd < 0)
		return errno == EEXIST ? open(path, flags) : -1;
	if (geteuid() == 0 && stat(folder, &st) == 0 && st.st_uid != 0 &&
	    fchown(fd, st.st_uid, st.st_gid) != 0)
		return fd; /* whoever comes next is told whose it is */
	return fd;
}

static int
cannot_lock(const char *folder, const char *path, struct weir_problem *problem)
{
	int error = errno;
	struct stat st;
	bool is_owner = stat(folder, &st) == 0 && st.st_uid == geteuid();

	return weir_problem_set(problem, WEIR_ESYSTEM, "%s: %s%s", path,
	    strerror(error),
	    error != EACCES ? ""
	    : is_owner      ? " (it is another user's: chown it, or remove it)"
			    : " (weir-load runs as the folder's owner)");
}

/* The lock's file holds its owner's process id, for people. */
int
weir_store_flock(const char *folder, const char *file, unsigned int wait_ms,
    int *ret_fd, struct weir_problem *problem)
{
	char *path = weir_path_join(folder, file);
	char owner[32] = "";
	int fd, ret = 0;
	ssize_t len;

	if (path == NULL)
		return weir_problem_set(problem, WEIR_EMEMORY, "out of memory");
	fd = open_lock(folder, path);
	if (fd < 0) {
		ret = cannot_lock(folder, path, problem);
	} else if (!flock_within(fd, wait_ms)) {
		len = pread(fd, owner, sizeof(owner) - 1, 0);
		owner[len > 0 ? strspn(owner, "0123456789") : 0] = '\0';
		ret = weir_problem_set(problem, WEIR_EBUSY,
		    "%s: another weir-load is at work (process %s); try again",
		    path, owner[0] != '\0' ? owner : "unknown");
		close(fd);
	} else {
		snprintf(owner, sizeof(owner), "%ld\n", (long)getpid());
		if (ftruncate(fd, 0) != 0 ||
		    pwrite(fd, owner, strlen(owner), 0) < 0)
			owner[0] = '\0'; /* then nobody learns our number */
		*ret_fd = fd;
	}
	free(path);
	return ret;
}

int
weir_store_lock(const char *folder, unsigned int wait_ms,
    struct weir_store *ret_store, struct weir_problem *problem)
{
	struct weir_store store = { .lock_fd = -1 };
	int ret;

	ret = make_folder(folder, problem);
	if (ret < 0)
		return ret;
	store.folder = strdup(folder);
	if (store.folder == NULL)
		return weir_problem_set(problem, WEIR_EMEMORY, "out of memory");
	ret = weir_store_flock(
	    folder, LOCK_FILE, wait_ms, &store.lock_fd, problem);
	if (ret < 0) {
		free(store.folder);
		return ret;
	}
	problem->text[0] = '\0';
	ret = read_current(&store, problem); /* damaged: said, no failure */
	weir_store_clean(&store, ret == 0);
	*ret_store = store;
	return 0;
}

void
weir_store_close(struct weir_store *store)
{
	if (store->lock_fd >= 0)
		close(store->lock_fd);
	store->lock_fd = -1;
	free(store->folder);
	store->folder = NULL;
}

/* The greatest number of an overlay, 0 without any: one may be of a generation
 * with a smaller number, which holds again (weir_store_draft). */
static uint64_t
last_overlay(const struct weir_store *store)
{
	uint64_t number, last = 0;
	struct dirent *dirent;
	DIR *dir = opendir(store->folder);

	while (dir != NULL && (dirent = readdir(dir)) != NULL)
		if (weir_store_file_number(
			dirent->d_name, WEIR_STORE_OVERLAY, &number) &&
		    number > last)
			last = number;
	if (dir != NULL)
		closedir(dir);
	return last;
}

int
weir_store_next(const struct weir_store *store, uint64_t *ret_generation)
{
	uint64_t *generations, next = last_overlay(store) + 1;
	unsigned int count;
	int ret;

	ret = weir_store_list(store, &generations, &count);
	if (ret < 0)
		return ret;
	if (count > 0 && next <= generations[count - 1])
		next = generations[count - 1] + 1;
	if (store->has_current && next <= store->current.generation)
		next = store->current.generation + 1;
	free(generations);
	*ret_generation = next;
	return 0;
}

/* The next serial: over the current one, or, if `current` is lost, over all
 * that the generations tell. */
static uint64_t
next_serial(const struct weir_store *store)
{
	uint64_t *generations, serial = 0;
	struct weir_current text;
	unsigned int count, i;

	if (store->has_current)
		return store->current.serial + 1;
	if (weir_store_list(store, &generations, &count) < 0)
		return 1;
	for (i = 0; i < count; i++)
		if (weir_store_read(store, generations[i], &text, NULL) == 0 &&
		    text.serial > serial)
			serial = text.serial;
	free(generations);
	return serial + 1;
}

/* Writes N.generation, then `current`: the commit. */
static int
swap(struct weir_store *store, const struct weir_current *text,
    struct weir_problem *problem)
{
	char bytes[WEIR_CURRENT_SIZE], file[WEIR_STORE_FILE_SIZE];
	size_t len = weir_current_print(text, bytes);
	int ret;

	snprintf(file, sizeof(file), "%" PRIu64 "." WEIR_STORE_TEXT,
	    text->generation);
	ret = weir_file_replace(store->folder, file, bytes, len);
	if (ret == 0)
		ret = weir_file_replace(
		    store->folder, WEIR_CURRENT_FILE, bytes, len);
	if (ret < 0)
		return weir_problem_set(problem, ret, "%s: %s", store->folder,
		    ret == WEIR_ESYSTEM ? strerror(errno)
					: weir_error_text(ret));
	store->current = *text;
	store->has_current = true;
	return 0;
}

int
weir_store_prove(const struct weir_store *store, const char *file,
    struct weir_current_file *ret_file, struct weir_problem *problem)
{
	char *path = weir_path_join(store->folder, file);
	struct weir_current_file proven = { .name = "" };
	struct weir_db *db = NULL;
	int ret;

	if (path == NULL)
		return weir_problem_set(problem, WEIR_EMEMORY, "out of memory");
	ret = weir_db_open(path, 0, &db, problem);
	if (ret == 0)
		ret = check_file(db, path, problem);
	if (ret == 0) {
		ret = weir_checksum_file(path, &proven.size, proven.quick);
		if (ret < 0)
			(void)weir_problem_set(
			    problem, ret, "%s: %s", path, weir_error_text(ret));
	}
	if (ret == 0) {
		memcpy(proven.checksum, weir_db_header(db)->checksum,
		    WEIR_CHECKSUM_BYTES);
		*ret_file = proven;
	}
	weir_db_close(db);
	free(path);
	return ret;
}

/* Renames a new file to N.SUFFIX and notes the name. */
static int
name_file(const struct weir_store *store, uint64_t generation,
    const char *suffix, const char *file, struct weir_current_file *named,
    struct weir_problem *problem)
{
	char *from = weir_path_join(store->folder, file), *to;
	int ret = 0;

	snprintf(named->name, sizeof(named->name), "%" PRIu64 ".%s", generation,
	    suffix);
	to = weir_path_join(store->folder, named->name);
	if (from == NULL || to == NULL)
		ret = weir_problem_set(problem, WEIR_EMEMORY, "out of memory");
	else if (rename(from, to) != 0)
		ret = weir_problem_set(
		    problem, WEIR_ESYSTEM, "%s: %s", to, strerror(errno));
	free(from);
	free(to);
	return ret;
}

/* A file that is never written, only replaced: a second name for it will do. */
static int
copy_file(
    const char *folder, const char *path, const char *to, const char *to_path)
{
	char *data = NULL;
	size_t len;
	int ret;

	if (unlink(to_path) != 0 && errno != ENOENT)
		return WEIR_ESYSTEM;
	if (link(path, to_path) == 0 || errno == ENOENT)
		return 0; /* ENOENT: there are no rules */
	ret = weir_file_read(path, WEIR_RULES_SIZE, &data, &len);
	if (ret == 0)
		ret = weir_file_replace(folder, to, data, len);
	free(data);
	return ret;
}

/* Notes which local rules are in the generation: N.rules. */
static int
keep_rules(const struct weir_store *store, const struct weir_store_draft *draft,
    struct weir_problem *problem)
{
	char from[WEIR_STORE_FILE_SIZE] = WEIR_RULES_FILE;
	char to[WEIR_STORE_FILE_SIZE], *path, *to_path;
	int ret = WEIR_EMEMORY;

	snprintf(to, sizeof(to), "%" PRIu64 "." WEIR_STORE_RULES,
	    draft->again != NULL ? draft->again->generation
				 : draft->generation);
	if (!draft->has_local_rules)
		snprintf(from, sizeof(from), "%" PRIu64 "." WEIR_STORE_RULES,
		    store->current.generation);
	path = weir_path_join(store->folder, from);
	to_path = weir_path_join(store->folder, to);
	if (path != NULL && to_path != NULL)
		ret = copy_file(store->folder, path, to, to_path);
	if (ret < 0)
		(void)weir_problem_set(problem, ret, "%s/%s: %s", store->folder,
		    to,
		    ret == WEIR_ESYSTEM ? strerror(errno)
					: weir_error_text(ret));
	free(path);
	free(to_path);
	return ret;
}

int
weir_store_publish(struct weir_store *store,
    const struct weir_store_draft *draft, struct weir_problem *problem)
{
	struct weir_current text = { .generation = draft->generation,
		.serial = next_serial(store),
		.name_count = draft->name_count,
		.created_unix = (uint64_t)time(NULL),
		.base = store->current.base,
		.has_overlay = draft->overlay_file != NULL };
	int ret = 0;

	if (draft->base_file != NULL)
		text.base = draft->base;
	if (draft->again != NULL) {
		text.generation = draft->again->generation;
		text.created_unix = draft->again->created_unix;
		text.base = draft->again->base;
	}
	if (draft->base_file != NULL)
		ret = name_file(store, draft->generation, WEIR_STORE_BASE,
		    draft->base_file, &text.base, problem);
	if (text.has_overlay)
		text.overlay = draft->overlay;
	if (ret == 0 && text.has_overlay)
		ret = name_file(store, draft->generation, WEIR_STORE_OVERLAY,
		    draft->overlay_file, &text.overlay, problem);
	/* Of a generation that is there, what it has stays noted until then. */
	if (ret == 0 && draft->again == NULL)
		ret = keep_rules(store, draft, problem);
	if (ret == 0 && weir_folder_sync(store->folder) < 0)
		ret = weir_problem_set(problem, WEIR_ESYSTEM, "%s: %s",
		    store->folder, strerror(errno));
	if (ret == 0)
		ret = swap(store, &text, problem);
	if (ret == 0 && draft->again != NULL)
		ret = keep_rules(store, draft, problem);
	return ret;
}

int
weir_store_rollback(
    struct weir_store *store, uint64_t generation, struct weir_problem *problem)
{
	struct weir_current text;
	int ret;

	ret = weir_store_read(store, generation, &text, problem);
	if (ret == 0)
		ret = weir_store_check(store, &text, problem);
	if (ret < 0)
		return ret;
	text.serial = next_serial(store);
	return swap(store, &text, problem);
}
