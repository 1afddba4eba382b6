/*
 * test_file.c - files read whole and replaced safely; the words for codes.
 */
#include "lib/file.h"

#include <errno.h>
#include <sys/stat.h>

#include "tests/unit/scratch.h"
#include "tests/unit/suite.h"

START_TEST(a_file_is_read_whole_with_a_nul_behind_it)
{
	struct scratch scratch;
	char *data, big[200000];
	size_t len;

	scratch_init(&scratch);
	memset(big, 'x', sizeof(big));
	scratch_write(&scratch, "f", big, sizeof(big));
	ck_assert_int_eq(
	    weir_file_read(scratch.file, sizeof(big), &data, &len), 0);
	ck_assert_uint_eq(len, sizeof(big));
	ck_assert_int_eq(data[len], '\0');
	ck_assert_mem_eq(data, big, len);
	free(data);
	scratch_write(&scratch, "f", "", 0);
	ck_assert_int_eq(weir_file_read(scratch.file, 0, &data, &len), 0);
	ck_assert_uint_eq(len, 0);
	ck_assert_str_eq(data, "");
	free(data);
	scratch_done(&scratch);
}
END_TEST

START_TEST(a_file_without_a_size_is_read_too)
{
	char *data;
	size_t len;

	ck_assert_int_eq(
	    weir_file_read("/proc/self/status", 1 << 20, &data, &len), 0);
	ck_assert_uint_gt(len, 100);
	ck_assert_uint_eq(strlen(data), len);
	free(data);
}
END_TEST

START_TEST(what_cannot_be_read_has_its_own_code)
{
	struct scratch scratch;
	char mark = 'x', *data = &mark, fifo[128];
	size_t len = 77;

	scratch_init(&scratch);
	scratch_write(&scratch, "f", "12345", 5);
	ck_assert_int_eq(
	    weir_file_read(scratch.file, 4, &data, &len), WEIR_ELIMIT);
	ck_assert_int_eq(
	    weir_file_read("/nonexistent/f", 4, &data, &len), WEIR_EMISSING);
	ck_assert_int_eq(
	    weir_file_read(scratch.folder, 4, &data, &len), WEIR_EFORMAT);
	snprintf(fifo, sizeof(fifo), "%s/fifo", scratch.folder);
	ck_assert_int_eq(mkfifo(fifo, 0600), 0);
	ck_assert_int_eq(weir_file_read(fifo, 4, &data, &len), WEIR_EFORMAT);
	ck_assert_ptr_eq(data, &mark);
	ck_assert_uint_eq(len, 77);
	scratch_done(&scratch);
}
END_TEST

START_TEST(a_replacement_leaves_the_new_content_and_nothing_else)
{
	struct scratch scratch;
	struct stat info;
	char *data, *temporary;
	size_t len;

	scratch_init(&scratch);
	scratch_write(&scratch, "f", "old and longer", 14);
	ck_assert_int_eq(weir_file_replace(scratch.folder, "f", "new", 3), 0);
	ck_assert_int_eq(weir_file_read(scratch.file, 99, &data, &len), 0);
	ck_assert_str_eq(data, "new");
	free(data);
	ck_assert_int_eq(stat(scratch.file, &info), 0);
	ck_assert_uint_eq(info.st_mode & 07777, 0644);
	temporary = weir_path_join(scratch.folder, "f.tmp");
	ck_assert_int_eq(access(temporary, F_OK), -1);
	free(temporary);
	scratch_done(&scratch);
}
END_TEST

START_TEST(a_replacement_that_fails_leaves_the_old_content)
{
	struct scratch scratch;
	char path[128];

	scratch_init(&scratch);
	/* A folder cannot be replaced by a file. */
	snprintf(path, sizeof(path), "%s/d", scratch.folder);
	ck_assert_int_eq(mkdir(path, 0755), 0);
	ck_assert_int_eq(
	    weir_file_replace(scratch.folder, "d", "x", 1), WEIR_ESYSTEM);
	ck_assert_int_eq(access(path, F_OK), 0);
	strcat(path, ".tmp");
	ck_assert_int_eq(access(path, F_OK), -1);
	ck_assert_int_eq(
	    weir_file_replace("/nonexistent", "f", "x", 1), WEIR_ESYSTEM);
	ck_assert_int_eq(weir_folder_sync("/nonexistent"), WEIR_EMISSING);
	scratch_done(&scratch);
}
END_TEST

START_TEST(a_temporary_file_that_is_a_link_is_not_followed)
{
	struct scratch scratch;
	char victim[128], link[128], *data;
	size_t len;

	scratch_init(&scratch);
	strcpy(victim, scratch_write(&scratch, "victim", "safe", 4));
	snprintf(link, sizeof(link), "%s/f.tmp", scratch.folder);
	ck_assert_int_eq(symlink(victim, link), 0);
	ck_assert_int_eq(
	    weir_file_replace(scratch.folder, "f", "x", 1), WEIR_ESYSTEM);
	ck_assert_int_eq(weir_file_read(victim, 99, &data, &len), 0);
	ck_assert_str_eq(data, "safe");
	free(data);
	scratch_done(&scratch);
}
END_TEST

START_TEST(a_path_has_one_slash)
{
	char *path = weir_path_join("/a", "b");

	ck_assert_str_eq(path, "/a/b");
	free(path);
	path = weir_path_join("/", "b");
	ck_assert_str_eq(path, "/b");
	free(path);
}
END_TEST

START_TEST(each_code_has_words)
{
	struct weir_problem problem;
	int code;

	ck_assert_str_eq(weir_error_text(WEIR_ECHECKSUM), "wrong checksum");
	ck_assert_str_eq(weir_error_text(WEIR_EFORMAT), "wrong format");
	for (code = 0; code > -20; code--)
		ck_assert_ptr_nonnull(weir_error_text(code));
	ck_assert_int_eq(weir_problem_set(&problem, -3, "%s %d", "a", 1), -3);
	ck_assert_str_eq(problem.text, "a 1");
	ck_assert_int_eq(weir_problem_set(NULL, -4, "x"), -4);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		a_file_is_read_whole_with_a_nul_behind_it,
		a_file_without_a_size_is_read_too,
		what_cannot_be_read_has_its_own_code,
		a_replacement_leaves_the_new_content_and_nothing_else,
		a_replacement_that_fails_leaves_the_old_content,
		a_temporary_file_that_is_a_link_is_not_followed,
		a_path_has_one_slash,
		each_code_has_words,
		NULL,
	};

	return suite_run("file", tests);
}
