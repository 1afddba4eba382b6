/*
 * scratch.h - a folder for the files of one test, under TMPDIR or /tmp; removed
 * at its end.
 */
#ifndef WEIR_TESTS_UNIT_SCRATCH_H
#define WEIR_TESTS_UNIT_SCRATCH_H

#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Tests print paths below it into buffers of 128 octets. */
#define SCRATCH_FOLDER_SIZE 80

struct scratch {
	char folder[SCRATCH_FOLDER_SIZE];
	char file[SCRATCH_FOLDER_SIZE + 64]; /* the last one written */
};

/* Not by ck_assert: this holds outside of a test of libcheck's too. */
static inline void
scratch_need(bool is_done, const char *what)
{
	if (is_done)
		return;
	perror(what);
	abort();
}

static inline void
scratch_init(struct scratch *scratch)
{
	const char *tmp = getenv("TMPDIR");
	char found[4096];

	if (tmp == NULL || tmp[0] != '/' ||
	    snprintf(scratch->folder, sizeof(scratch->folder),
		"%s/weir-test-XXXXXX", tmp) >= (int)sizeof(scratch->folder))
		strcpy(scratch->folder, "/tmp/weir-test-XXXXXX");
	scratch_need(mkdtemp(scratch->folder) != NULL, scratch->folder);
	scratch_need(realpath(scratch->folder, found) != NULL, scratch->folder);
	scratch_need(strlen(found) < sizeof(scratch->folder), found);
	strcpy(scratch->folder, found);
}

/** Writes FOLDER/NAME and returns its path, which lives until the next call. */
static inline const char *
scratch_write(
    struct scratch *scratch, const char *name, const void *data, size_t len)
{
	FILE *stream;

	snprintf(scratch->file, sizeof(scratch->file), "%s/%s", scratch->folder,
	    name);
	stream = fopen(scratch->file, "wb");
	scratch_need(stream != NULL, scratch->file);
	scratch_need(fwrite(data, 1, len, stream) == len, scratch->file);
	scratch_need(fclose(stream) == 0, scratch->file);
	return scratch->file;
}

static inline void
scratch_done(struct scratch *scratch)
{
	char command[SCRATCH_FOLDER_SIZE + 16];

	snprintf(command, sizeof(command), "rm -rf '%s'", scratch->folder);
	scratch_need(system(command) == 0, command);
}

#endif
