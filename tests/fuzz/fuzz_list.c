/*
 * fuzz_list.c - any octets as a list of one format: nothing breaks, and what is
 * handed on is a name that a list may hold.
 *
 * Without libFuzzer it is a test: the program fuzz_replay reads every file of
 * the folders below tests/fuzz/corpus, each folder by the format that it is
 * called after.  To search, see tests/fuzz/search.  Given files, it reads each by
 * `auto` and by every format, whole and in random cuts, some damaged: see
 * tests/fuzz/rough.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "feeds/list.h"

/* By which format; search sets it, replay does for each folder. */
static const char *format;
static int memory = -1;
static char memory_path[32];

/* What broke: libFuzzer and a test see it alike. */
static void
fail(const char *what)
{
	(void)fprintf(stderr, "fuzz_list: %s: %s\n", format, what);
	abort();
}

static int
take(void *arg, const struct weir_list_item *item)
{
	unsigned long *count = arg;
	struct weir_name again;

	(*count)++;
	if (weir_name_from_wire(item->name->wire, item->name->len, &again) !=
		0 ||
	    !weir_name_is_equal(item->name, &again))
		fail("a name that is none");
	if (item->name->label_count < 2)
		fail("a top-level name");
	if (item->scope > WEIR_SCOPE_BOTH ||
	    item->action >= WEIR_ACTION_COUNT ||
	    (item->confidence > 100 &&
		item->confidence != WEIR_LIST_NO_CONFIDENCE))
		fail("an entry out of range");
	if ((item->action == WEIR_ACTION_LOCAL) != (item->answer.len > 0))
		fail("an answer without its action, or the other way round");
	/* Now and then what a loader does. */
	return *count % 7 == 0 ? WEIR_LIST_REFUSED(WEIR_LIST_POPULAR) : 0;
}

static void
try_one(const uint8_t *data, size_t size)
{
	static struct weir_list_report report;
	struct weir_problem problem = { "" };
	unsigned long count = 0;

	if (memory < 0) {
		memory = memfd_create("list", MFD_CLOEXEC);
		(void)snprintf(memory_path, sizeof(memory_path),
		    "/proc/self/fd/%d", memory);
	}
	if (memory < 0 || ftruncate(memory, 0) != 0 ||
	    pwrite(memory, data, size, 0) != (ssize_t)size)
		fail("no memory for the list");
	(void)!weir_list_read(
	    memory_path, format, NULL, take, NULL, &count, &report, &problem);
	if (report.entry_count > count)
		fail("more entries counted than were handed on");
}

#ifdef WEIR_FUZZ

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (format == NULL)
		format = getenv("WEIR_FUZZ_FORMAT");
	if (format == NULL || !weir_list_format_is_known(format)) {
		format = "?";
		fail("WEIR_FUZZ_FORMAT names no format");
	}
	try_one(data, size);
	return 0;
}

#else

static void
replay_file(const char *folder, const char *name)
{
	static uint8_t data[1 << 20];
	char path[2560];
	FILE *file;
	size_t len;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "rb");
	if (file == NULL)
		fail(path);
	len = fread(data, 1, sizeof(data), file);
	(void)fclose(file);
	try_one(data, len);
}

/* The number of files. */
static unsigned int
replay_folder(const char *folder)
{
	struct dirent *entry;
	unsigned int count = 0;
	DIR *dir = opendir(folder);

	if (dir == NULL)
		fail(folder);
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		replay_file(folder, entry->d_name);
		count++;
	}
	(void)closedir(dir);
	return count;
}

/* --- files that are given -------------------------------------------------- */

#define CUTS     20
#define CUT_SIZE 200000
#define TIME_S   60 /* for one reading, with sanitizers on a busy machine */

static uint64_t state = 88172645463325252ULL;

static size_t
chance(size_t count)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return count == 0 ? 0 : (size_t)(state >> 11) % count;
}

/* By all formats; one that takes too long is ended by SIGALRM. */
static void
try_formats(const uint8_t *data, size_t size)
{
	char names[256], *at, *name;

	(void)snprintf(names, sizeof(names), "%s", weir_list_format_names());
	for (name = strtok_r(names, ", ", &at); name != NULL;
	     name = strtok_r(NULL, ", ", &at)) {
		format = name;
		(void)alarm(TIME_S);
		try_one(data, size);
		(void)alarm(0);
	}
}

/* A piece from somewhere to somewhere, with some octets that are not its own.
 */
static void
try_cut(const uint8_t *data, size_t size)
{
	static uint8_t cut[CUT_SIZE];
	size_t begin = chance(size), len = chance(size - begin), i;

	if (len > sizeof(cut))
		len = sizeof(cut);
	memcpy(cut, data + begin, len);
	for (i = chance(3) == 0 ? chance(1 + len / 50) : 0; i > 0; i--)
		cut[chance(len)] = (uint8_t)chance(256);
	try_formats(cut, len);
}

static void
try_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data = NULL;
	long size = -1;
	unsigned int i;

	if (file != NULL && fseek(file, 0, SEEK_END) == 0)
		size = ftell(file);
	if (size >= 0)
		data = malloc((size_t)size + 1);
	if (data == NULL || fseek(file, 0, SEEK_SET) != 0 ||
	    fread(data, 1, (size_t)size, file) != (size_t)size)
		fail(path);
	(void)fclose(file);
	printf("%s\n", path);
	(void)fflush(stdout);
	try_formats(data, (size_t)size);
	for (i = 0; i < CUTS && size > 0; i++)
		try_cut(data, (size_t)size);
	free(data);
}

/* --- the corpus --------------------------------------------------------- */

static void
replay(void)
{
	const char *top = getenv("srcdir");
	char path[1024], folder[2048];
	struct dirent *entry;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "%s/tests/fuzz/corpus",
	    top != NULL ? top : ".");
	format = "auto";
	dir = opendir(path);
	if (dir == NULL)
		fail(path);
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		format = entry->d_name;
		if (!weir_list_format_is_known(format))
			fail("a folder that is called after no format");
		(void)snprintf(
		    folder, sizeof(folder), "%s/%s", path, entry->d_name);
		printf("%s: %u files\n", format, replay_folder(folder));
	}
	(void)closedir(dir);
}

int
main(int argc, char **argv)
{
	int i;

	if (argc == 1)
		replay();
	for (i = 1; i < argc; i++)
		try_file(argv[i]);
	return 0;
}

#endif
