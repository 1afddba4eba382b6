/*
 * test_sync_record.c - what weir-sync remembers of a feed.
 */
#include "feeds/sync_record.h"

#include <sys/stat.h>

#include "tests/unit/scratch.h"
#include "tests/unit/suite.h"

static void
make_folder(const struct scratch *scratch)
{
	char path[SCRATCH_FOLDER_SIZE + 16];

	snprintf(path, sizeof(path), "%s/record", scratch->folder);
	ck_assert_int_eq(mkdir(path, 0755), 0);
}

START_TEST(what_is_written_is_read)
{
	static struct weir_sync_record record = { .url = "http://a/\"\\",
		.etag = "\"x\"",
		.last_modified = "Thu, 01 Jan 1970 00:00:00 GMT",
		.edition = 7,
		.pin = "00ff",
		.floor_unix = 1795800000,
		.checked_unix = 1795800001,
		.newer_unix = 1795800002,
		.retry_unix = { 0, 1795800003, 0, 0, 0, 0, 0, 1795800004 },
		.handed_gen = "0123456789abcdef",
		.handed = 9007199254740991,
		.moved = 12345678901 };
	struct weir_sync_record again;
	struct scratch scratch;

	scratch_init(&scratch);
	make_folder(&scratch);
	ck_assert_int_eq(
	    weir_sync_record_write(scratch.folder, "a.b", &record), 0);
	weir_sync_record_read(scratch.folder, "a.b", &again);
	ck_assert_mem_eq(&again, &record, sizeof(record));
	weir_sync_record_read(scratch.folder, "a", &again);
	ck_assert_uint_eq(again.edition, 0);
	scratch_done(&scratch);
}
END_TEST

START_TEST(a_record_that_is_none_is_empty)
{
	static const char *const texts[] = { "", "{", "[]", "null",
		"{\"edition\": -1, \"etag\": 5, \"retry\": {}}",
		"{\"edition\": 1.5}",
		"{\"handed_gen\": \"0123456789abcdef0\"}" };
	static const struct weir_sync_record empty;
	struct weir_sync_record record;
	struct scratch scratch;
	size_t i;

	scratch_init(&scratch);
	make_folder(&scratch);
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		scratch_write(
		    &scratch, "record/a.json", texts[i], strlen(texts[i]));
		weir_sync_record_read(scratch.folder, "a", &record);
		ck_assert_mem_eq(&record, &empty, sizeof(record));
	}
	scratch_done(&scratch);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		what_is_written_is_read,
		a_record_that_is_none_is_empty,
		NULL,
	};

	return suite_run("sync_record", tests);
}
