/*
 * test_ack.c - waiting for modules, with child processes in their place.
 */
#include <check.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/status.h"
#include "lmdb-loader/ack.h"

static char folder[64];
static struct weir_problem problem;

static void
setup(void)
{
	strcpy(folder, "/tmp/weir-ack-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void
teardown(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	ck_assert_int_eq(system(command), 0);
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
		if (weir_status_create(folder, 1, "1.17.1", &status, NULL) < 0)
			_exit(1);
		weir_status_set_problem(&status, "the file is damaged");
		if (write(pipe_fds[1], "x", 1) != 1)
			_exit(1);
		usleep(after_ms * 1000);
		atomic_store(&status.header->serial_acknowledged, serial);
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

	ck_assert_int_eq(weir_ack_wait(folder, 5, 60000, &ack, &problem), 0);
	ck_assert_uint_eq(ack.module_count, 0);
	weir_ack_done(&ack);
	ck_assert_int_eq(
	    weir_ack_wait("/nonexistent/weir", 5, 60000, &ack, &problem), 0);
	weir_ack_done(&ack);
}
END_TEST

START_TEST(waits_until_every_module_has_acknowledged)
{
	uint64_t start_ns = weir_clock_ns();
	pid_t first = start_module(5, 0, 60000);
	pid_t second = start_module(6, 300, 60000);
	struct weir_ack ack;

	ck_assert_int_eq(weir_ack_wait(folder, 5, 30000, &ack, &problem), 0);
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

	ck_assert_int_eq(weir_ack_wait(folder, 5, 200, &ack, &problem), 0);
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

START_TEST(a_module_that_ends_meanwhile_does_not_count)
{
	uint64_t start_ns = weir_clock_ns();
	pid_t pid = start_module(4, 0, 300);
	struct weir_ack ack;

	ck_assert_int_eq(weir_ack_wait(folder, 5, 30000, &ack, &problem), 0);
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
	tcase_add_test(tcase, waits_until_every_module_has_acknowledged);
	tcase_add_test(tcase, a_module_that_lags_is_named_with_its_problem);
	tcase_add_test(tcase, a_module_that_ends_meanwhile_does_not_count);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
