/*
 * test_apart.c - what the housekeeper says reaches the system's log.
 *
 * LOG_SOCKET is a name in the scratch folder here, where the test stands.
 */
#include "module/apart.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "tests/unit/scratch.h"
#include "tests/unit/suite.h"

#define BOUND "journal/dev-log" /* LOG_SOCKET is a link to that */

static struct scratch scratch;
static struct config_file cfg;
static struct module_env env;
static struct weir_module module;
static pthread_barrier_t has_begun, may_speak;
static int log_fd;

/* Unbound's, for a housekeeper that is not apart: never called here. */
void
log_err(const char *format, ...)
{
	ck_abort_msg("%s", format);
}

void
log_info(const char *format, ...)
{
	ck_abort_msg("%s", format);
}

static struct sockaddr_un
address(const char *path)
{
	struct sockaddr_un where = { .sun_family = AF_UNIX };

	(void)snprintf(where.sun_path, sizeof(where.sun_path), "%s", path);
	return where;
}

static void
start_log(void)
{
	struct sockaddr_un where = address(BOUND);

	(void)unlink(BOUND);
	log_fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	ck_assert_int_ge(log_fd, 0);
	ck_assert_int_eq(
	    bind(log_fd, (struct sockaddr *)&where, sizeof(where)), 0);
}

static void
setup(void)
{
	scratch_init(&scratch);
	ck_assert_int_eq(chdir(scratch.folder), 0);
	ck_assert_int_eq(mkdir("journal", 0755), 0);
	ck_assert_int_eq(symlink(BOUND, LOG_SOCKET), 0);
	start_log();
	cfg.use_syslog = 1;
	env.cfg = &cfg;
	module.env = &env;
	module.worker_count = 1;
	module.stop_fd = -1;
	module.status.fd = -1;
}

static void
teardown(void)
{
	(void)close(log_fd);
	scratch_done(&scratch);
}

/* A housekeeper's life. */
static void *
say(void *arg)
{
	struct weir_apart apart = { 0 };

	(void)arg;
	weir_apart_begin(&apart, &module, module.stop_fd, module.status.fd);
	(void)pthread_barrier_wait(&has_begun);
	(void)pthread_barrier_wait(&may_speak);
	weir_note(&apart, WEIR_NOTE_ERROR, "the %s is damaged", "database");
	weir_apart_end(&apart, &module);
	return NULL;
}

static const struct {
	const char *label;
	bool is_known; /* Unbound is connected to it */
	bool is_restarted;
} cases[] = {
	{ "Unbound's connection, by the link's name", true, false },
	{ "no connection is found", false, false },
	{ "the log is started anew", true, true },
};

START_TEST(a_spared_thread_may_be_cancelled_anywhere)
{
	int type;

	/* What a thread begins with. */
	ck_assert_int_eq(
	    pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &type), 0);
	weir_apart_spare();
	ck_assert_int_eq(
	    pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &type), 0);
	ck_assert_int_eq(type, PTHREAD_CANCEL_ASYNCHRONOUS);
}
END_TEST

START_TEST(a_note_reaches_the_systems_log)
{
	struct sockaddr_un where = address(LOG_SOCKET);
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	struct pollfd wanted;
	char line[256] = "";
	pthread_t keeper;

	if (cases[_i].is_known)
		ck_assert_int_eq(
		    connect(fd, (struct sockaddr *)&where, sizeof(where)), 0);
	ck_assert_int_eq(pthread_barrier_init(&has_begun, NULL, 2), 0);
	ck_assert_int_eq(pthread_barrier_init(&may_speak, NULL, 2), 0);
	ck_assert_int_eq(pthread_create(&keeper, NULL, say, NULL), 0);
	(void)pthread_barrier_wait(&has_begun);
	/* Behind a chroot the link is not there. */
	if (cases[_i].is_known && !cases[_i].is_restarted)
		ck_assert_int_eq(unlink(LOG_SOCKET), 0);
	if (cases[_i].is_restarted) {
		(void)close(log_fd);
		start_log();
	}
	(void)pthread_barrier_wait(&may_speak);
	ck_assert_int_eq(pthread_join(keeper, NULL), 0);
	wanted = (struct pollfd){ log_fd, POLLIN, 0 };
	ck_assert_msg(poll(&wanted, 1, 30000) == 1, "%s", cases[_i].label);
	ck_assert_int_gt(recv(log_fd, line, sizeof(line) - 1, 0), 0);
	ck_assert_msg(strstr(line, "weir: the database is damaged") != NULL,
	    "%s: %s", cases[_i].label, line);
	(void)close(fd);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("apart");
	TCase *tcase = tcase_create("apart");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_spared_thread_may_be_cancelled_anywhere);
	tcase_add_loop_test(tcase, a_note_reaches_the_systems_log, 0,
	    (int)(sizeof(cases) / sizeof(cases[0])));
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
