/*
 * fuzz_list.c - any octets as a list of one format: nothing breaks, and what is
 * handed on is a name that a list may hold.
 *
 * Without libFuzzer it is a test: the program fuzz_replay reads every file of
 * the folders below tests/fuzz/corpus, each folder by the format that it is
 * called after.  To search, see tests/fuzz/search.
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

int
main(void)
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
	return 0;
}

#endif
