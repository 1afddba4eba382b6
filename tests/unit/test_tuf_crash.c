/*
 * test_tuf_crash.c - a TUF client that is stopped: at each request, before each
 * fsync and rename, by each of them failing, and without memory.  The state is
 * that of before or a step further; the next cycle makes it whole, and an older
 * repository is refused all the same.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "tests/unit/suite.h"
#include "tests/unit/tuf_world.h"

static struct world world;
static struct repo *const repo = &world.repo;

/* --- the system calls that make a state ------------------------------------------- */

enum fate {
	GO_ON,
	FAIL,
	KILL
};
static enum fate fate;
static unsigned int calls, fatal_call;

static bool
is_fatal(void)
{
	if (fate == GO_ON || ++calls != fatal_call)
		return false;
	if (fate == KILL)
		_exit(9);
	errno = EIO;
	return true;
}

/* In place of libc's, for the whole program. */
int
fsync(int fd)
{
	if (is_fatal())
		return -1;
	return (int)syscall(SYS_fsync, fd);
}

int
rename(const char *from, const char *to)
{
	if (is_fatal())
		return -1;
	return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

/* --- an update that writes every file ------------------------------------------------ */

/* A client of version 1 of all; the repository has version 2, and roots 2, 3. */
static void
prepare(const char *name)
{
	fate = GO_ON;
	world_begin(&world, name);
	world_expect(&world, WEIR_TUF_NEW, "1 1 1 1", NULL, "");
	repo->roles[ROOT].version = 2;
	repo_root(repo, NULL);
	repo_set_keys(repo, ROOT, "r2 r3 r4", 2);
	repo->roles[ROOT].version = 3;
	repo_root(repo, "r2 r3");
	repo_bump(repo);
	repo_publish(repo);
}

/* Whatever was stopped: nothing is lost, and nothing older is taken. */
static void
expect_whole(void)
{
	fate = GO_ON;
	repo->fail_at = 0;
	ck_assert_msg(
	    world_open(&world) == 0, "%s: %s", world.name, world.problem.text);
	(void)world_refresh(&world);
	world_expect(&world, WEIR_TUF_SAME, "3 2 2 2", NULL, "");
	world_expect_stored(&world, "root.json", "metadata/3.root.json");
	world_expect_stored(
	    &world, "timestamp.json", "metadata/timestamp.json");
	world_expect_stored(
	    &world, "snapshot.json", "metadata/2.snapshot.json");
	world_expect_stored(&world, "targets.json", "metadata/2.targets.json");
}

START_TEST(stopped_at_any_request_it_goes_on)
{
	unsigned int i, count = 0;

	prepare("requests");
	world_expect(&world, WEIR_TUF_NEW, "3 2 2 2", NULL, "");
	count = repo->request_count;
	ck_assert_uint_eq(count, 6);
	world_done(&world);
	for (i = 1; i <= count; i++) {
		prepare("stopped at a request");
		repo->fail_at = i;
		world_expect(
		    &world, WEIR_TUF_UNREACHABLE, NULL, NULL, "no answer");
		expect_whole();
		world_done(&world);
	}
}
END_TEST

/* How many calls an update makes. */
static unsigned int
count_calls(void)
{
	prepare("calls");
	fate = FAIL;
	calls = 0;
	fatal_call = 0;
	ck_assert_int_eq(world_refresh(&world), 0);
	fate = GO_ON;
	world_done(&world);
	/* Five files, each: fsync, rename, fsync of the folder. */
	ck_assert_uint_eq(calls, 15);
	return calls;
}

START_TEST(killed_at_any_call_it_goes_on)
{
	unsigned int i, count = count_calls();
	int status;
	pid_t pid;

	for (i = 1; i <= count; i++) {
		prepare("killed");
		pid = fork();
		ck_assert_int_ge(pid, 0);
		if (pid == 0) {
			fate = KILL;
			calls = 0;
			fatal_call = i;
			(void)world_refresh(&world);
			_exit(0);
		}
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 9);
		expect_whole();
		world_done(&world);
	}
}
END_TEST

START_TEST(any_call_that_fails_is_said)
{
	unsigned int i, count = count_calls();

	for (i = 1; i <= count; i++) {
		prepare("failing");
		fate = FAIL;
		calls = 0;
		fatal_call = i;
		ck_assert_int_eq(world_refresh(&world), WEIR_ESYSTEM);
		ck_assert_int_eq(world.outcome, WEIR_TUF_LOCAL);
		ck_assert_ptr_nonnull(
		    strstr(world.problem.text, strerror(EIO)));
		fate = GO_ON;
		/* The very client goes on as well as one that opens anew. */
		(void)world_refresh(&world);
		ck_assert_int_eq(world.outcome, WEIR_TUF_NEW);
		expect_whole();
		world_done(&world);
	}
}
END_TEST

/* --- between two cycles ----------------------------------------------------------------- */

/* After each prefix of what an update writes, an older repository is older. */
START_TEST(half_an_update_still_refuses_what_is_older)
{
	static const struct {
		unsigned int fail_at;
		enum weir_tuf_outcome outcome;
		const char *versions;
	} rows[] = {
		{ 4, WEIR_TUF_SAME, "3 1 1 1" }, /* the timestamp */
		{ 5, WEIR_TUF_ROLLBACK, "3 2 1 1" },
		{ 6, WEIR_TUF_ROLLBACK, "3 2 2 1" },
	};
	unsigned int i, role;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		prepare("older");
		repo->fail_at = rows[i].fail_at;
		world_expect(&world, WEIR_TUF_UNREACHABLE, rows[i].versions,
		    NULL, "no answer");
		repo->fail_at = 0;
		for (role = TIMESTAMP; role < WEIR_TUF_ROLE_COUNT; role++)
			repo->roles[role].version = 1;
		repo_publish(repo);
		ck_assert_int_eq(world_open(&world), 0);
		world_expect(
		    &world, rows[i].outcome, rows[i].versions, NULL, NULL);
		world_done(&world);
	}
}
END_TEST

/* A temporary file that a kill has left does not stand in the way. */
START_TEST(what_a_kill_leaves_is_written_over)
{
	prepare("left over");
	(void)scratch_write(&world.scratch, "timestamp.json.tmp", "{", 1);
	(void)scratch_write(&world.scratch, "root.json.tmp", "{", 1);
	expect_whole();
	world_done(&world);
}
END_TEST

/* --- memory ------------------------------------------------------------------------------ */

static unsigned int allocations, fatal_allocation;

static void *
allocate(size_t size)
{
	return ++allocations == fatal_allocation ? NULL : malloc(size);
}

/* JSON is most of what is allocated; the n-th time there is none. */
START_TEST(without_memory_it_trusts_nothing_new)
{
	unsigned int n;
	int error;

	for (n = 1; n < 20000; n += 7) {
		prepare("memory");
		allocations = 0;
		fatal_allocation = n;
		json_set_alloc_funcs(allocate, free);
		error = world_refresh(&world);
		json_set_alloc_funcs(malloc, free);
		if (allocations < n)
			break;
		ck_assert_int_eq(error, WEIR_EMEMORY);
		ck_assert_int_eq(world.outcome, WEIR_TUF_LOCAL);
		expect_whole();
		world_done(&world);
	}
	ck_assert_uint_gt(n, 100);
	world_done(&world);
}
END_TEST

START_TEST(without_memory_a_stored_file_is_not_forgotten)
{
	unsigned int n;
	char text[100];
	int error = -1;

	prepare("memory of the state");
	world_expect(&world, WEIR_TUF_NEW, "3 2 2 2", NULL, "");
	for (n = 1; n < 5000; n++) {
		allocations = 0;
		fatal_allocation = n;
		json_set_alloc_funcs(allocate, free);
		error = world_open(&world);
		json_set_alloc_funcs(malloc, free);
		if (allocations < n)
			break;
		ck_assert_int_eq(error, WEIR_EMEMORY);
	}
	ck_assert_int_eq(error, 0);
	ck_assert_str_eq(world_versions(world.client, text), "3 2 2 2");
	ck_assert_uint_gt(n, 100);
	world_done(&world);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		stopped_at_any_request_it_goes_on,
		killed_at_any_call_it_goes_on,
		any_call_that_fails_is_said,
		half_an_update_still_refuses_what_is_older,
		what_a_kill_leaves_is_written_over,
		without_memory_it_trusts_nothing_new,
		without_memory_a_stored_file_is_not_forgotten,
		NULL,
	};

	return suite_run("tuf_crash", tests);
}
