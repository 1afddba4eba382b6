/*
 * test_feed_merge.c - a signed feed's state as one text: the names that it has,
 * in order, whatever files they lie in.
 */
#include "feeds/feed_merge.h"

#include <string.h>
#include <sys/wait.h>

#include "feeds/list.h"
#include "tests/unit/feed_world.h"
#include "tests/unit/scratch.h"
#include "tests/unit/suite.h"

static struct scratch scratch;
static struct world world;
static struct weir_feed_state *state;
static struct weir_problem problem;

static void
begin(void)
{
	unsigned int i;

	scratch_init(&scratch);
	world_init(&world);
	srand(2);
	for (i = 0; i < 100; i++)
		world_step(&world, 5);
	ck_assert_int_eq(
	    weir_feed_state_open(scratch.folder, WORLD_FEED, &state, &problem),
	    0);
}

static void
end(void)
{
	weir_feed_state_close(state);
	world_done(&world);
	scratch_done(&scratch);
}

static void
take(unsigned int kind, uint64_t from, uint64_t to)
{
	struct weir_feed_target target;
	struct weir_feed_taken taken;

	world_publish(&world, kind, from, to, &target);
	ck_assert_msg(
	    world_take(&world, &scratch, state, &target, &taken, &problem) == 0,
	    "%s", problem.text);
}

/* All lines that there should be. */
static size_t
expect(char *text, uint64_t at)
{
	size_t len = 0;
	char entry[256];
	unsigned int i;

	for (i = 0; i < WORLD_NAMES; i++)
		if (world.was[at][i] != 0) {
			(void)world_entry(&world, i, world.was[at][i], entry);
			len += (size_t)sprintf(text + len, "+%s\n", entry);
		}
	return len;
}

START_TEST(nothing_was_fetched_yet)
{
	struct weir_feed_merge *merge;

	begin();
	ck_assert_int_eq(weir_feed_merge_open(scratch.folder, &merge, &problem),
	    WEIR_EMISSING);
	end();
}
END_TEST

START_TEST(the_text_is_that_of_the_newest_lines)
{
	static char expected[1U << 16], text[1U << 16];
	size_t sizes[] = { WEIR_FEED_LINE_SIZE, WEIR_FEED_LINE_SIZE + 7,
		sizeof(text) };
	struct weir_feed_merge *merge;
	size_t i, len, more, expected_len;
	uint64_t done, total;
	int ret;

	begin();
	take(WEIR_FEED_FULL, 0, 10);
	take(WEIR_FEED_DAY, 9, 40);
	take(WEIR_FEED_HOUR, 35, 70);
	take(WEIR_FEED_HEAD, 66, 90);
	ck_assert_uint_eq(state->file_count, 4);
	expected_len = expect(expected, 90);
	ck_assert_uint_gt(expected_len, 100);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		ck_assert_int_eq(
		    weir_feed_merge_open(scratch.folder, &merge, &problem), 0);
		ck_assert_uint_eq(weir_feed_merge_state(merge)->sequence, 90);
		len = 0;
		while ((ret = weir_feed_merge_next(merge, text + len,
			    sizes[i] < sizeof(text) - len ? sizes[i]
							  : sizeof(text) - len,
			    &more)) == 1) {
			len += more;
			ck_assert_int_eq(text[len - 1], '\n');
			if (sizeof(text) - len < WEIR_FEED_LINE_SIZE)
				break;
		}
		ck_assert_int_eq(ret, 0);
		ck_assert_uint_eq(len, expected_len);
		ck_assert_mem_eq(text, expected, len);
		weir_feed_merge_progress(merge, &done, &total);
		ck_assert_uint_eq(done, total);
		weir_feed_merge_close(merge);
	}
	end();
}
END_TEST

/* --- as a list ----------------------------------------------------------- */

/* Each thread counts for itself. */
struct counted {
	unsigned long count[8];
	unsigned long octets[8];
};

static int
take_item(void *arg, unsigned int thread, const struct weir_list_item *item)
{
	struct counted *counted = arg;

	counted->count[thread]++;
	counted->octets[thread] += item->name->len;
	return 0;
}

START_TEST(a_folder_is_read_as_a_list)
{
	static const char *const formats[] = { "auto", "feed", "hosts" };
	struct weir_list_report report;
	struct counted counted = { { 0 }, { 0 } };
	struct weir_list_sink sink = { .thread_count = 3,
		.piece_size = 1U << 20,
		.arg = &counted,
		.each = take_item };
	unsigned long expected = 0;
	unsigned int i;

	begin();
	take(WEIR_FEED_FULL, 0, 10);
	take(WEIR_FEED_DAY, 9, 40);
	for (i = 0; i < WORLD_NAMES; i++)
		/* One of the entries makes two items. */
		expected += world.was[40][i] == 4 ? 2 : world.was[40][i] != 0;
	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		memset(&counted, 0, sizeof(counted));
		ck_assert_msg(weir_list_read_by(scratch.folder, formats[i],
				  &sink, &report, &problem) == 0,
		    "%s", problem.text);
		ck_assert_uint_eq(
		    counted.count[0] + counted.count[1] + counted.count[2],
		    expected);
		ck_assert_str_eq(report.format, "feed");
		ck_assert_str_eq(report.gen, WORLD_GEN);
		ck_assert_uint_eq(report.sequence, 40);
		ck_assert_uint_eq(report.entry_count, expected);
	}
	end();
}
END_TEST

/* weir-load reads while weir-sync takes: it sees a state, never half of one. */
START_TEST(who_reads_beside_a_take_reads_a_state)
{
	static char expected[1U << 16], text[1U << 16];
	struct weir_feed_merge *merge;
	unsigned long reads = 0;
	size_t len;
	uint64_t at;
	int status = 0;
	pid_t pid;

	begin();
	take(WEIR_FEED_FULL, 0, 1);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		for (at = 1; at < 100; at++)
			take(at % 10 == 0 ? WEIR_FEED_FULL : WEIR_FEED_HEAD,
			    at % 10 == 0 ? 0 : at, at + 1);
		_exit(0);
	}
	while (waitpid(pid, &status, WNOHANG) == 0) {
		ck_assert_msg(
		    weir_feed_merge_open(scratch.folder, &merge, &problem) == 0,
		    "%s", problem.text);
		at = weir_feed_merge_state(merge)->sequence;
		ck_assert_int_eq(
		    weir_feed_merge_next(merge, text, sizeof(text), &len), 1);
		ck_assert_uint_eq(len, expect(expected, at));
		ck_assert_mem_eq(text, expected, len);
		weir_feed_merge_close(merge);
		reads++;
	}
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	ck_assert_uint_gt(reads, 10);
	end();
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { nothing_was_fetched_yet,
		the_text_is_that_of_the_newest_lines,
		a_folder_is_read_as_a_list,
		who_reads_beside_a_take_reads_a_state, NULL };

	return suite_run("feed_merge", tests);
}
