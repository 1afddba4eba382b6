/*
 * store_clean.c - what no longer belongs into the database folder.
 *
 * A base may be of several generations, so a file goes when no text names it,
 * and no sooner; if one of the texts cannot be read, nobody knows what it
 * names, and all files stay.
 */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/file.h"
#include "lmdb-loader/report.h"
#include "lmdb-loader/store_files.h"

static bool
has_ending(const char *file, const char *ending)
{
	size_t len = strlen(file), ending_len = strlen(ending);

	return len > ending_len && strcmp(file + len - ending_len, ending) == 0;
}

static void
remove_file(const struct weir_store *store, const char *file)
{
	char *path = weir_path_join(store->folder, file);

	if (path != NULL)
		(void)unlink(path);
	free(path);
}

/* Whether a kept generation, or the current one, has that file. */
static bool
is_named(const char *file, const struct weir_current *texts, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (strcmp(texts[i].base.name, file) == 0 ||
		    (texts[i].has_overlay &&
			strcmp(texts[i].overlay.name, file) == 0))
			return true;
	return false;
}

static bool
has_generation(uint64_t number, const struct weir_current *texts, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (texts[i].generation == number)
			return true;
	return false;
}

/* The texts of all generations, and the current one; false if one of them
 * cannot be read: then nobody knows which files it names. */
static bool
read_texts(const struct weir_store *store, struct weir_current **ret_texts,
    size_t *ret_count)
{
	struct weir_current *texts;
	uint64_t *generations;
	unsigned int count, i;
	bool is_known = true;

	if (weir_store_list(store, &generations, &count) < 0)
		return false;
	texts = calloc((size_t)count + 1, sizeof(*texts));
	for (i = 0; texts != NULL && i < count; i++)
		if (weir_store_read(store, generations[i], &texts[i], NULL) < 0)
			is_known = false;
	free(generations);
	if (texts == NULL || !is_known) {
		free(texts);
		return false;
	}
	if (store->has_current)
		texts[count++] = store->current;
	*ret_texts = texts;
	*ret_count = count;
	return true;
}

/* A file of ours that no text names: of a generation that was removed, or that
 * never came to be. */
static bool
is_orphan(const char *file, const struct weir_current *texts, size_t count)
{
	uint64_t number;

	if (weir_store_file_number(file, WEIR_STORE_BASE, &number) ||
	    weir_store_file_number(file, WEIR_STORE_OVERLAY, &number))
		return !is_named(file, texts, count);
	return (weir_store_file_number(file, WEIR_STORE_REPORT, &number) ||
		   weir_store_file_number(file, WEIR_STORE_RULES, &number)) &&
	       !has_generation(number, texts, count);
}

static void
remove_orphans(const struct weir_store *store)
{
	struct weir_current *texts;
	struct dirent *dirent;
	size_t count;
	DIR *dir;

	if (!read_texts(store, &texts, &count))
		return;
	dir = opendir(store->folder);
	while (dir != NULL && (dirent = readdir(dir)) != NULL)
		if (is_orphan(dirent->d_name, texts, count))
			remove_file(store, dirent->d_name);
	if (dir != NULL)
		closedir(dir);
	free(texts);
}

void
weir_store_clean(const struct weir_store *store, bool are_orphans_removed)
{
	struct dirent *dirent;
	DIR *dir = opendir(store->folder);

	while (dir != NULL && (dirent = readdir(dir)) != NULL)
		if (has_ending(dirent->d_name, ".tmp"))
			remove_file(store, dirent->d_name);
	if (dir != NULL)
		closedir(dir);
	if (are_orphans_removed)
		remove_orphans(store);
}

/* Of the generations that were looked at, from the newest on: how many with
 * other lists than the next newer one, and how many with the same. */
struct newer {
	unsigned int count, repeats;
	uint64_t lists_of; /* the last one */
};

/* Whether there are enough newer ones.  Those that have the lists of the next
 * newer one are no way back, and take no place of one that is. */
static bool
is_spare(struct newer *newer, uint64_t lists_of, unsigned int keep)
{
	if (newer->count > 0 && newer->lists_of == lists_of)
		return ++newer->repeats > keep || newer->count > keep;
	newer->lists_of = lists_of;
	return ++newer->count > keep;
}

struct made {
	uint64_t generation,
	    serial; /* of when it was current last; 0: damaged */
};

static int
compare_serials(const void *left, const void *right)
{
	const struct made *a = left, *b = right;

	return (a->serial > b->serial) - (a->serial < b->serial);
}

/* In the order in which they were current last: what was rolled back from is
 * older than what it was rolled back to.  NULL: there is none, or no memory. */
static struct made *
list_made(const struct weir_store *store, unsigned int *ret_count)
{
	struct weir_current text;
	struct made *made;
	uint64_t *generations;
	unsigned int i;

	if (weir_store_list(store, &generations, ret_count) < 0)
		return NULL;
	made = calloc(*ret_count + 1, sizeof(*made));
	for (i = 0; made != NULL && i < *ret_count; i++) {
		made[i].generation = generations[i];
		if (weir_store_read(store, generations[i], &text, NULL) == 0)
			made[i].serial = text.serial;
	}
	free(generations);
	if (made != NULL)
		qsort(made, *ret_count, sizeof(*made), compare_serials);
	return made;
}

void
weir_store_prune(const struct weir_store *store, unsigned int keep)
{
	struct newer newer = { .count = 0 };
	char file[WEIR_STORE_FILE_SIZE];
	struct made *made;
	unsigned int count, i;
	bool is_removed = false;

	if (!store->has_current)
		return;
	made = list_made(store, &count);
	/* The text first: files without one are known as leftovers. */
	for (i = made != NULL ? count : 0; i-- > 0;) {
		if (!is_spare(&newer,
			weir_report_lists_of(store, made[i].generation),
			keep) ||
		    made[i].generation == store->current.generation)
			continue;
		snprintf(file, sizeof(file), "%" PRIu64 "." WEIR_STORE_TEXT,
		    made[i].generation);
		remove_file(store, file);
		is_removed = true;
	}
	free(made);
	if (is_removed)
		remove_orphans(store);
}
