/*
 * scratch.h - a folder for the files of one test; removed at its end.
 */
#ifndef WEIR_TESTS_UNIT_SCRATCH_H
#define WEIR_TESTS_UNIT_SCRATCH_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct scratch {
	char folder[64];
	char file[128]; /* the last one written */
};

static inline void
scratch_init(struct scratch *scratch)
{
	char found[4096];

	strcpy(scratch->folder, "/tmp/weir-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(scratch->folder));
	ck_assert_ptr_nonnull(realpath(scratch->folder, found));
	ck_assert(strlen(found) < sizeof(scratch->folder));
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
	ck_assert_ptr_nonnull(stream);
	ck_assert_uint_eq(fwrite(data, 1, len, stream), len);
	ck_assert_int_eq(fclose(stream), 0);
	return scratch->file;
}

static inline void
scratch_done(struct scratch *scratch)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", scratch->folder);
	ck_assert_int_eq(system(command), 0);
}

#endif
