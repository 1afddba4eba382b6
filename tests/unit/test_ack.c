/*
 * test_ack.c - waiting for modules, with child processes in their place.
 */
#include <check.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/status.h"
#include "lmdb-loader/ack.h"
#include "tests/unit/scratch.h"

static struct scratch scratch;
static struct weir_problem problem;
static struct weir_current swap = { .serial = 5,
	.base = { .checksum = { 1, 2, 3, 4, 5, 6, 7, 8 } } };

static void
setup(void)
{
	scratch_init(&scratch);
}

static void
teardown(void)
{
	scratch_done(&scratch);
}

/* A process with a status file that acknowledges `serial` after a while, then
 * stays for another while. */
static pid_t
start_module(uint64_t serial, unsigned int after_ms, unsigned int stay_ms)
{
	struct weir_status status;
	int pipe_fds[2];
	char octet;
	pid_t pid;

	ck_assert_int_eq(pipe(pipe_fds), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		if (weir_status_create(
			scratch.folder, 1, "1.17.1", &status, NULL) < 0)
			_exit(1);
		weir_status_set_problem(&status, "the file is damaged");
		if (write(pipe_fds[1], "x", 1) != 1)
			_exit(1);
		usleep(after_ms * 1000);
		swap.serial = serial;
		atomic_store(&status.header->serial_acknowledged, serial);
		atomic_store(
		    &status.header->tag_acknowledged, weir_current_tag(&swap));
		usleep(stay_ms * 1000);
		_exit(0);
	}
	ck_assert_int_eq(read(pipe_fds[0], &octet, 1), 1);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	return pid;
}

static void
stop_module(pid_t pid)
{
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}

START_TEST(without_a_module_there_is_nothing_to_wait_for)
{
	struct weir_ack ack;

	ck_assert_int_eq(weir_ack_wait(scratch.folder, scratch.folder, &swap,
			     60000, &ack, &problem),
	    0);
	ck_assert_uint_eq(ack.module_count, 0);
	ck_assert(!ack.is_hidden);
	weir_ack_done(&ack);
	ck_assert_int_eq(weir_ack_wait("/nonexistent/weir", scratch.folder,
			     &swap, 60000, &ack, &problem),
	    0);
	weir_ack_done(&ack);
}
END_TEST

/* As the user nobody, if we are root: root may read everything. */
START_TEST(a_module_that_we_may_not_see_is_not_taken_for_none)
{
	pid_t module = start_module(5, 0, 60000), child;
	struct weir_ack ack;
	char path[512];
	int status;

	snprintf(
	    path, sizeof(path), "%s/%d.module", scratch.folder, (int)module);
	ck_assert_int_eq(chmod(scratch.folder, 0755), 0);
	ck_assert_int_eq(chmod(path, 0), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		if (getuid() == 0 && setuid(65534) != 0)
			_exit(2);
		if (weir_ack_look(scratch.folder, scratch.folder, &swap, &ack,
			&problem) != 0)
			_exit(0); /* not even the folder: a failure */
		_exit(ack.module_count == 0 && ack.is_hidden ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	stop_module(module);
}
END_TEST

START_TEST(waits_until_every_module_has_acknowledged)
{
	uint64_t start_ns = weir_clock_ns();
	pid_t first = start_module(5, 0, 60000);
	pid_t second = start_module(5, 300, 60000);
	struct weir_ack ack;

	ck_assert_int_eq(weir_ack_wait(scratch.folder, scratch.folder, &swap,
			     30000, &ack, &problem),
	    0);
	ck_assert_uint_eq(ack.module_count, 2);
	ck_assert_uint_eq(ack.missing_count, 0);
	ck_assert_uint_gt(weir_clock_ns() - start_ns, 250000000);
	weir_ack_done(&ack);
	stop_module(first);
	stop_module(second);
}
END_TEST

START_TEST(a_module_that_lags_is_named_with_its_problem)
{
	pid_t pid = start_module(4, 0, 60000);
	struct weir_ack ack;
	json_t *module;

	ck_assert_int_eq(weir_ack_wait(scratch.folder, scratch.folder, &swap,
			     200, &ack, &problem),
	    0);
	ck_assert_uint_eq(ack.missing_count, 1);
	module = json_array_get(ack.modules, 0);
	ck_assert_int_eq(
	    json_integer_value(json_object_get(module, "pid")), pid);
	ck_assert_str_eq(json_string_value(json_object_get(module, "problem")),
	    "the file is damaged");
	ck_assert(json_is_false(json_object_get(module, "acknowledged")));
	weir_ack_done(&ack);
	stop_module(pid);
}
END_TEST

/* The database folder was removed and made anew: serials begin again. */
START_TEST(the_same_serial_of_another_file_is_no_acknowledgement)
{
	struct weir_current other = swap;
	pid_t pid = start_module(5, 0, 60000);
	struct weir_ack ack;

	other.base.checksum[0] ^= 1;
	ck_assert_int_eq(weir_ack_wait(scratch.folder, scratch.folder, &other,
			     200, &ack, &problem),
	    0);
	ck_assert_uint_eq(ack.missing_count, 1);
	weir_ack_done(&ack);
	stop_module(pid);
}
END_TEST

START_TEST(a_module_of_another_database_is_left_out)
{
	struct weir_status status;
	struct weir_ack ack;

	/* This process stands for the module: its own lock is in its way, so
	 * the file is opened by a second open file description. */
	ck_assert_int_eq(
	    weir_status_create(scratch.folder, 1, "1.17.1", &status, &problem),
	    0);
	strcpy(status.header->database, "/");
	ck_assert_int_eq(weir_ack_wait(scratch.folder, scratch.folder, &swap,
			     200, &ack, &problem),
	    0);
	ck_assert_uint_eq(ack.module_count, 0);
	weir_ack_done(&ack);
	strcpy(status.header->database, scratch.folder);
	ck_assert_int_eq(weir_ack_wait(scratch.folder, scratch.folder, &swap,
			     200, &ack, &problem),
	    0);
	ck_assert_uint_eq(ack.missing_count, 1);
	weir_ack_done(&ack);
	weir_status_close(&status);
}
END_TEST

START_TEST(a_module_that_ends_meanwhile_does_not_count)
{
	uint64_t start_ns = weir_clock_ns();
	pid_t pid = start_module(4, 0, 300);
	struct weir_ack ack;

	ck_assert_int_eq(weir_ack_wait(scratch.folder, scratch.folder, &swap,
			     30000, &ack, &problem),
	    0);
	ck_assert_uint_eq(ack.module_count, 0);
	ck_assert_uint_lt(weir_clock_ns() - start_ns, 10000000000);
	weir_ack_done(&ack);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("ack");
	TCase *tcase = tcase_create("ack");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tcase);
	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, without_a_module_there_is_nothing_to_wait_for);
	tcase_add_test(
	    tcase, a_module_that_we_may_not_see_is_not_taken_for_none);
	tcase_add_test(tcase, waits_until_every_module_has_acknowledged);
	tcase_add_test(tcase, a_module_that_lags_is_named_with_its_problem);
	tcase_add_test(
	    tcase, the_same_serial_of_another_file_is_no_acknowledgement);
	tcase_add_test(tcase, a_module_of_another_database_is_left_out);
	tcase_add_test(tcase, a_module_that_ends_meanwhile_does_not_count);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
