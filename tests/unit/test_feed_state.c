/*
 * test_feed_state.c - a signed feed's state: what payloads make of it, what it
 * refuses, and a model of a publisher that it is held against.
 */
#include "feeds/feed_state.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/file.h"
#include "tests/unit/feed_world.h"
#include "tests/unit/scratch.h"
#include "tests/unit/suite.h"

static struct scratch scratch;
static struct world world;
static struct weir_feed_state *state;
static struct weir_feed_taken taken;
static struct weir_problem problem;

static void
open_state(void)
{
	int ret;

	weir_feed_state_close(state);
	state = NULL;
	ret = weir_feed_state_open(
	    scratch.folder, WORLD_FEED, &state, &problem);
	ck_assert_msg(ret == 0, "%s", problem.text);
}

static void
begin(unsigned int steps)
{
	scratch_init(&scratch);
	world_init(&world);
	srand(1);
	while (steps-- > 0)
		world_step(&world, 6);
	open_state();
}

static void
end(void)
{
	weir_feed_state_close(state);
	state = NULL;
	world_done(&world);
	scratch_done(&scratch);
}

/* Takes what the world had between; then all is as it was there. */
static void
take(unsigned int kind, uint64_t from, uint64_t to)
{
	struct weir_feed_target target;
	int ret;

	world_publish(&world, kind, from, to, &target);
	ret = world_take(&world, &scratch, state, &target, &taken, &problem);
	ck_assert_msg(ret == 0, "%s", problem.text);
	ck_assert(world_is_state(&world, state, to));
	ck_assert_uint_eq(taken.to, to);
}

static bool
is_there(const char *file)
{
	char path[160];

	(void)snprintf(path, sizeof(path), "%s/%s", scratch.folder, file);
	return access(path, F_OK) == 0;
}

/* changes.add and .del hold the difference of two sequence numbers: no name
 * more, no name less. */
static void
check_changes(uint64_t from, uint64_t to)
{
	char *path, *add, *del, line[300], entry[256];
	size_t len, lines = 0, i;
	unsigned int was, is;

	path = weir_feed_state_changes(state, true);
	ck_assert_int_eq(weir_file_read(path, 1U << 20, &add, &len), 0);
	free(path);
	for (i = 0; i < len; i++)
		lines += add[i] == '\n';
	path = weir_feed_state_changes(state, false);
	ck_assert_int_eq(weir_file_read(path, 1U << 20, &del, &len), 0);
	free(path);
	for (i = 0; i < len; i++)
		lines += del[i] == '\n';
	lines -= 2; /* the headers */
	for (i = 0; i < WORLD_NAMES; i++) {
		was = world.was[from][i];
		is = world.was[to][i];
		if (was == is)
			continue;
		(void)world_entry(&world, (unsigned int)i, is, entry);
		(void)snprintf(line, sizeof(line), "\n+%s\n",
		    is != 0 ? entry : world.names[i]);
		ck_assert_msg(strstr(is != 0 ? add : del, line) != NULL,
		    "%s of %u to %u is missing", line, (unsigned int)from,
		    (unsigned int)to);
		lines--;
	}
	ck_assert_uint_eq(lines, 0);
	(void)snprintf(line, sizeof(line), " %u %u\n", (unsigned int)from,
	    (unsigned int)to);
	ck_assert(strstr(add, line) != NULL && strstr(del, line) != NULL);
	free(add);
	free(del);
}

/* --- taking -------------------------------------------------------------- */

START_TEST(a_folder_without_a_state_is_an_empty_one)
{
	const char *entry;
	size_t len;

	begin(0);
	ck_assert_uint_eq(state->file_count, 0);
	ck_assert_str_eq(state->gen, "");
	ck_assert_int_eq(
	    weir_feed_state_lookup(state, "a.test", 6, &entry, &len), 0);
	end();
}
END_TEST

START_TEST(a_full_begins_and_replaces_all)
{
	begin(40);
	take(WEIR_FEED_FULL, 0, 10);
	ck_assert(taken.is_whole);
	ck_assert_uint_eq(taken.from, 0);
	take(WEIR_FEED_HEAD, 10, 20);
	take(WEIR_FEED_FULL, 0, 30);
	ck_assert_uint_eq(state->file_count, 1);
	ck_assert(!is_there("changes.add") && !is_there("changes.del"));
	open_state();
	ck_assert(world_is_state(&world, state, 30));
	end();
}
END_TEST

START_TEST(deltas_fit_whatever_lies_between_from_and_to)
{
	uint64_t have, from, to;

	begin(20);
	for (from = 1; from < 12; from += 2)
		for (to = from + 1; to < 14; to += 3)
			for (have = from; have <= to; have++) {
				take(WEIR_FEED_FULL, 0, have);
				take(WEIR_FEED_HOUR, from, to);
				check_changes(have, to);
				take(WEIR_FEED_HOUR, from, to);
				check_changes(to, to);
				open_state();
				ck_assert(world_is_state(&world, state, to));
			}
	end();
}
END_TEST

/* A delta on the state before or behind its span. */
START_TEST(deltas_that_do_not_lead_on_are_refused)
{
	static const struct {
		uint64_t have, from, to;
	} rows[] = { { 5, 6, 9 }, { 9, 4, 8 }, { 9, 10, 12 } };
	struct weir_feed_target target;
	size_t i;

	begin(20);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		take(WEIR_FEED_FULL, 0, rows[i].have);
		world_publish(
		    &world, WEIR_FEED_HEAD, rows[i].from, rows[i].to, &target);
		ck_assert_int_eq(world_take(&world, &scratch, state, &target,
				     &taken, &problem),
		    WEIR_EFORMAT);
		ck_assert(world_is_state(&world, state, rows[i].have));
	}
	end();
}
END_TEST

START_TEST(a_file_goes_when_a_later_one_reaches_as_far_back)
{
	begin(200);
	take(WEIR_FEED_FULL, 0, 10);
	take(WEIR_FEED_DAY, 10, 100);
	take(WEIR_FEED_HOUR, 90, 120);
	take(WEIR_FEED_HEAD, 110, 121);
	ck_assert_uint_eq(state->file_count, 4);
	take(WEIR_FEED_HEAD, 110, 122);
	ck_assert_uint_eq(state->file_count, 4);
	take(WEIR_FEED_HOUR, 90, 130);
	ck_assert_uint_eq(state->file_count, 3);
	take(WEIR_FEED_DAY, 5, 131);
	ck_assert_uint_eq(state->file_count, 2);
	ck_assert_int_eq(state->files[0].header.kind, WEIR_FEED_FULL);
	end();
}
END_TEST

START_TEST(too_many_files_are_folded)
{
	uint64_t at;
	bool was_folded = false;

	begin(WORLD_STEPS);
	take(WEIR_FEED_FULL, 0, 1);
	for (at = 1; at < WORLD_STEPS; at++) {
		take(WEIR_FEED_HEAD, at, at + 1);
		check_changes(at, at + 1);
		ck_assert_uint_le(state->file_count, WEIR_FEED_FILES);
		was_folded |= strncmp(state->files[0].name, "fold-0-", 7) == 0;
		ck_assert_ptr_null(memmem(
		    state->files[0].text, state->files[0].text_len, "\n-", 2));
		if (at % 7 == 0) {
			open_state();
			ck_assert(world_is_state(&world, state, at + 1));
		}
	}
	ck_assert(was_folded); /* the full too */
	end();
}
END_TEST

/* --- what is hostile ----------------------------------------------------- */

static char long_line[WEIR_FEED_LINE_SIZE + 100];

/* Puts another text in place of the payload's lines. */
static void
replace_lines(struct weir_feed_target *target, const char *lines)
{
	const char *end = memchr(world.text, '\n', world.text_len);

	world.text_len = (size_t)(end + 1 - world.text);
	memcpy(world.text + world.text_len, lines, strlen(lines));
	world.text_len += strlen(lines);
	world_pack(&world, target);
}

static void
refused(const struct weir_feed_target *target, int error, const char *why)
{
	int ret;

	problem.text[0] = '\0';
	ret = world_take(&world, &scratch, state, target, &taken, &problem);
	ck_assert_msg(ret == error, "%d, not %d: %s", ret, error, problem.text);
	ck_assert_msg(strstr(problem.text, why) != NULL, "\"%s\" is not in %s",
	    why, problem.text);
	ck_assert(world_is_state(&world, state, 10));
	open_state();
	ck_assert(world_is_state(&world, state, 10));
}

START_TEST(lines_that_are_wrong_are_refused)
{
	static const struct {
		const char *lines, *why;
	} rows[] = {
		{ "+b.test\n+a.test\n", "out of order" },
		{ "+a.test\n+a.test\n", "out of order" },
		{ "+a.test\n-a.test\n", "out of order" },
		{ "+a.test category=x\n+a.test\n", "out of order" },
		{ "+A.test\n", "lower case" },
		{ "+a.test.\n", "no name" },
		{ "+test\n", "one label" },
		{ "a.test\n", "neither" },
		{ "\n", "neither" },
		{ "+a.test \n", "form" },
		{ "+a.test  scope=name\n", "form" },
		{ "+a.test confidence=07\n", "form" },
		{ "+a.test confidence=1 scope=name\n", "form" },
		{ "+a.test action=local\n", "form" },
		{ "-a.test scope=name\n", "behind a name" },
		{ "+a.test\r\n", "character" },
		{ "+a.test", "has no end" },
		{ "+a.test scope=name | action=pass\n", "out of order" },
		{ long_line, "too long" },
	};
	struct weir_feed_target target;
	unsigned int kind;
	size_t i;

	memset(long_line, 'a', sizeof(long_line) - 2);
	long_line[0] = '+';
	long_line[sizeof(long_line) - 2] = '\n';
	begin(20);
	take(WEIR_FEED_FULL, 0, 10);
	for (kind = WEIR_FEED_FULL; kind <= WEIR_FEED_DAY; kind++)
		for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			world_publish(&world, kind,
			    kind == WEIR_FEED_FULL ? 0 : 8, 12, &target);
			replace_lines(&target, rows[i].lines);
			refused(&target, WEIR_EFORMAT, rows[i].why);
		}
	world_publish(&world, WEIR_FEED_FULL, 0, 12, &target);
	replace_lines(&target, "-a.test\n");
	refused(&target, WEIR_EFORMAT, "not listed");
	end();
}
END_TEST

START_TEST(headers_that_are_not_as_announced_are_refused)
{
	static const char *const headers[] = {
		"weir-feed 1 other 0123456789abcdef hour 8 12\n",
		"weir-feed 1 malware 1123456789abcdef hour 8 12\n",
		"weir-feed 1 malware 0123456789abcdef head 8 12\n",
		"weir-feed 1 malware 0123456789abcdef hour 7 12\n",
		"weir-feed 1 malware 0123456789abcdef hour 8 13\n",
		"weir-feed 2 malware 0123456789abcdef hour 8 12\n",
		"+a.test\n",
		"\n",
	};
	struct weir_feed_target target;
	size_t i;

	begin(20);
	take(WEIR_FEED_FULL, 0, 10);
	for (i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		world_publish(&world, WEIR_FEED_HOUR, 8, 12, &target);
		strcpy(world.text, headers[i]);
		world.text_len = strlen(headers[i]);
		world_pack(&world, &target);
		refused(&target, WEIR_EFORMAT, "not the header");
	}
	end();
}
END_TEST

START_TEST(targets_that_do_not_fit_are_refused)
{
	struct weir_feed_target target, good;

	begin(20);
	take(WEIR_FEED_FULL, 0, 10);
	world_publish(&world, WEIR_FEED_HOUR, 8, 12, &good);
	target = good;
	strcpy(target.header.feed, "other");
	refused(&target, WEIR_EFORMAT, "another feed");
	target = good;
	target.header.gen[0] = 'f';
	refused(&target, WEIR_EFORMAT, "gen");
	target = good;
	target.count++;
	refused(&target, WEIR_ECHECKSUM, "come out");
	target = good;
	target.sum.low++;
	refused(&target, WEIR_ECHECKSUM, "come out");
	target = good;
	target.sum.high++;
	refused(&target, WEIR_ECHECKSUM, "come out");
	target = good;
	target.raw = WEIR_FEED_DELTA_RAW + 1;
	refused(&target, WEIR_ELIMIT, "too large");
	target = good;
	strcpy(target.sha256, "../../etc/passwd");
	refused(&target, WEIR_EFORMAT, "hash");
	world_publish(&world, WEIR_FEED_FULL, 0, 12, &target);
	target.count--;
	refused(&target, WEIR_ECHECKSUM, "come out");
	end();
}
END_TEST

/* The frame as such.  world.packed is what is wrong; the target is right. */
START_TEST(frames_that_are_wrong_are_refused)
{
	static char bomb[32U << 20];
	struct weir_feed_target good, target;
	ZSTD_CCtx *zstd;
	size_t len;
	char *packed = world.packed;

	begin(20);
	take(WEIR_FEED_FULL, 0, 10);
	world_publish(&world, WEIR_FEED_HOUR, 8, 12, &good);
	len = world.packed_len;
	target = good;
	target.raw--;
	refused(&target, WEIR_EFORMAT, "length");
	target.raw += 2;
	refused(&target, WEIR_EFORMAT, "length");
	target = good;
	target.length--;
	refused(&target, WEIR_EFORMAT, "more octets");
	target.length += 2;
	refused(&target, WEIR_EFORMAT, "cut off");
	/* cut off, something behind it, a second frame */
	target = good;
	world.packed_len = target.length = len - 1;
	refused(&target, WEIR_EFORMAT, "cut off");
	packed[len] = 'x';
	world.packed_len = target.length = len + 1;
	refused(&target, WEIR_EFORMAT, "behind its frame");
	memcpy(packed + len, packed, len);
	world.packed_len = target.length = 2 * len;
	refused(&target, WEIR_EFORMAT, "behind its frame");
	/* a skippable one before it */
	memmove(packed + 12, packed, len);
	memcpy(packed, "\x50\x2a\x4d\x18\x04\x00\x00\x00wxyz", 12);
	world.packed_len = target.length = len + 12;
	refused(&target, WEIR_EFORMAT, "no zstd frame");
	world.packed_len = target.length = 0;
	refused(&target, WEIR_EFORMAT, "no zstd frame");
	world_publish(&world, WEIR_FEED_HOUR, 8, 12, &good);
	target = good;
	packed[len / 2] ^= 1;
	/* what that makes of it nobody knows; but never a state */
	ck_assert_int_lt(
	    world_take(&world, &scratch, state, &target, &taken, &problem), 0);
	ck_assert(world_is_state(&world, state, 10));

	/* a bomb that does not say its length; a window of 128 MB */
	zstd = ZSTD_createCCtx();
	(void)ZSTD_CCtx_setParameter(zstd, ZSTD_c_contentSizeFlag, 0);
	memcpy(bomb, world.text, world.text_len);
	world.packed_len = ZSTD_compress2(
	    zstd, packed, sizeof(world.packed), bomb, sizeof(bomb));
	ck_assert(!ZSTD_isError(world.packed_len));
	target = good;
	target.length = world.packed_len;
	refused(&target, WEIR_EFORMAT, "longer than was announced");
	{
		ZSTD_inBuffer in = { world.text, world.text_len, 0 };
		ZSTD_outBuffer out = { packed, sizeof(world.packed), 0 };

		(void)ZSTD_CCtx_reset(zstd, ZSTD_reset_session_and_parameters);
		(void)ZSTD_CCtx_setParameter(zstd, ZSTD_c_windowLog, 27);
		ck_assert_uint_eq(
		    ZSTD_compressStream2(zstd, &out, &in, ZSTD_e_flush), 0);
		ck_assert_uint_eq(
		    ZSTD_compressStream2(zstd, &out, &in, ZSTD_e_end), 0);
		world.packed_len = target.length = out.pos;
	}
	refused(&target, WEIR_ELIMIT, "window");
	ZSTD_freeCCtx(zstd);
	/* a dictionary, number 5 */
	memcpy(packed, "\x28\xb5\x2f\xfd\x01\x00\x05\x01\x00\x00", 10);
	world.packed_len = target.length = 10;
	refused(&target, WEIR_EFORMAT, "dictionary");
	ck_assert(world_is_state(&world, state, 10));
	/* none of that has left anything */
	take(WEIR_FEED_HOUR, 8, 12);
	end();
}
END_TEST

/* --- a state that is damaged --------------------------------------------- */

START_TEST(a_state_that_is_damaged_is_no_state)
{
	static const char *const texts[] = { "", "{}", "[]", "{\"v\": 2}",
		"junk" };
	char path[200], *good;
	size_t i, good_len;

	begin(20);
	take(WEIR_FEED_FULL, 0, 10);
	take(WEIR_FEED_HEAD, 9, 12);
	(void)snprintf(path, sizeof(path), "%s/state.json", scratch.folder);
	ck_assert_int_eq(weir_file_read(path, 65536, &good, &good_len), 0);
	weir_feed_state_close(state);
	state = NULL;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		(void)scratch_write(
		    &scratch, "state.json", texts[i], strlen(texts[i]));
		ck_assert_int_eq(weir_feed_state_open(scratch.folder,
				     WORLD_FEED, &state, &problem),
		    WEIR_EFORMAT);
	}
	(void)scratch_write(&scratch, "state.json", good, good_len);
	ck_assert_int_eq(
	    weir_feed_state_open(scratch.folder, "other", &state, &problem),
	    WEIR_EFORMAT);
	open_state();
	(void)snprintf(
	    path, sizeof(path), "%s/%s", scratch.folder, state->files[1].name);
	weir_feed_state_close(state);
	state = NULL;
	ck_assert_int_eq(truncate(path, 50), 0);
	ck_assert_int_eq(
	    weir_feed_state_open(scratch.folder, WORLD_FEED, &state, &problem),
	    WEIR_EFORMAT);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(
	    weir_feed_state_open(scratch.folder, WORLD_FEED, &state, &problem),
	    WEIR_EFORMAT);
	free(good);
	end();
}
END_TEST

/* A full that is older than the state, and what leads on from it. */
START_TEST(a_draft_counts_when_it_is_kept)
{
	struct weir_feed_state *was, *draft;
	char payload[80];
	int kept;

	for (kept = 0; kept < 2; kept++) {
		begin(20);
		take(WEIR_FEED_FULL, 0, 10);
		take(WEIR_FEED_HEAD, 5, 15);
		was = state;
		ck_assert_int_eq(
		    weir_feed_state_draft(was, &draft, &problem), 0);
		state = draft;
		take(WEIR_FEED_FULL, 0, 12);
		take(WEIR_FEED_HEAD, 11, 18);
		(void)strcpy(payload, draft->files[0].name);
		ck_assert(is_there(payload));
		/* Not yet. */
		ck_assert(world_is_state(&world, was, 15));
		state = was;
		check_changes(10, 15);
		state = NULL;
		open_state();
		ck_assert(world_is_state(&world, state, 15));
		if (kept) {
			ck_assert_int_eq(
			    weir_feed_state_keep(draft, &problem), 0);
			weir_feed_state_close(was);
			weir_feed_state_close(draft);
			open_state();
			ck_assert(world_is_state(&world, state, 18));
			ck_assert(!is_there("changes.add"));
		} else {
			weir_feed_state_drop(draft, was);
			weir_feed_state_close(was);
			ck_assert(!is_there(payload));
			check_changes(10, 15);
			open_state();
			ck_assert(world_is_state(&world, state, 15));
		}
		/* It goes on. */
		take(WEIR_FEED_HEAD, 13, 19);
		check_changes(kept ? 18 : 15, 19);
		end();
	}
}
END_TEST

START_TEST(the_folder_holds_what_the_state_names_and_no_more)
{
	begin(100);
	(void)scratch_write(&scratch, "0123.full", "x", 1);
	(void)scratch_write(&scratch, "0123.head.tmp", "x", 1);
	(void)scratch_write(&scratch, "list", "x", 1);
	take(WEIR_FEED_FULL, 0, 10);
	ck_assert(!is_there("0123.full") && !is_there("0123.head.tmp"));
	ck_assert(is_there("list"));
	end();
}
END_TEST

/* --- what to fetch ------------------------------------------------------- */

START_TEST(the_plan_is_the_shortest_way)
{
	static const struct {
		uint64_t have;
		bool is_forced, has_other_gen;
		uint64_t day_length;
		const char *steps; /* f, d, h, e: full, day, hour, head */
	} rows[] = {
		{ 200, false, false, 100, "" },
		{ 199, false, false, 100, "e" },
		{ 190, false, false, 100, "e" },
		{ 189, false, false, 100, "he" },
		{ 150, false, false, 100, "he" },
		{ 149, false, false, 100, "de" },
		{ 100, false, false, 100, "de" },
		{ 100, false, false, 5000, "fde" }, /* longer than the full */
		{ 99, false, false, 100, "fde" },
		{ 0, false, false, 100, "fde" },
		{ 300, false, false, 100, "fde" }, /* beyond: published anew */
		{ 200, true, false, 100, "fde" },
		{ 199, false, true, 100, "fde" },
	};
	struct weir_feed_target targets[4];
	unsigned int steps[WEIR_FEED_KIND_COUNT], count, j;
	char text[8];
	size_t i;

	begin(0);
	memset(targets, 0, sizeof(targets));
	for (i = 0; i < 4; i++) {
		targets[i].header.kind = (uint8_t)i;
		strcpy(targets[i].header.gen, WORLD_GEN);
		targets[i].length = 1000;
	}
	targets[0].header.to = 120;
	targets[1].header.from = 100;
	targets[1].header.to = 195;
	targets[2].header.from = 150;
	targets[2].header.to = 195;
	targets[2].length = 50;
	targets[3].header.from = 190;
	targets[3].header.to = 200;
	targets[3].length = 10;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		targets[1].length = rows[i].day_length;
		state->sequence = rows[i].have;
		strcpy(state->gen,
		    rows[i].has_other_gen ? "1111111111111111" : WORLD_GEN);
		ck_assert_int_eq(
		    weir_feed_state_plan(state, targets, 4, rows[i].is_forced,
			steps, &count, &problem),
		    0);
		for (j = 0; j < count; j++)
			text[j] = "fdhe"[targets[steps[j]].header.kind];
		text[count] = '\0';
		ck_assert_str_eq(text, rows[i].steps);
	}
	/* Nothing leads there. */
	state->sequence = 0;
	ck_assert_int_eq(weir_feed_state_plan(state, targets + 1, 3, false,
			     steps, &count, &problem),
	    WEIR_EMISSING);
	ck_assert_int_eq(weir_feed_state_plan(
			     state, targets, 0, false, steps, &count, &problem),
	    WEIR_EMISSING);
	end();
}
END_TEST

/* --- the model ----------------------------------------------------------- */

/* A publisher that cuts at random moments, and a resolver that comes by at
 * random moments too. */
START_TEST(the_state_is_what_was_published)
{
	struct weir_feed_target targets[4];
	/* Of each kind the cut before last, and the last. */
	uint64_t cuts[4][2], to[4], before;
	unsigned int steps[WEIR_FEED_KIND_COUNT], count, kind, i, seed;
	unsigned long takes = 0;

	for (seed = 1; seed <= 5; seed++) {
		begin(1);
		srand(seed);
		memset(cuts, 0, sizeof(cuts));
		for (kind = 0; kind < 4; kind++)
			cuts[kind][0] = cuts[kind][1] = to[kind] = 1;
		while (world.last < WORLD_STEPS) {
			world_step(&world, (unsigned int)rand() % 5);
			to[WEIR_FEED_HEAD] = world.last;
			/* A cut of `kind` renews that kind, and the one below
			 * begins at the cut before last. */
			for (kind = WEIR_FEED_HOUR + 1; kind-- > 0;) {
				if (rand() % (kind == WEIR_FEED_HOUR ? 6
						 : kind == WEIR_FEED_DAY
						     ? 30
						     : 150) !=
				    0)
					break;
				cuts[kind + 1][0] = cuts[kind + 1][1];
				cuts[kind + 1][1] = world.last;
				to[kind] = world.last;
			}
			if (rand() % 3 != 0)
				continue;
			before = state->sequence;
			for (kind = 0; kind < 4; kind++)
				world_publish(&world, kind,
				    kind == 0 ? 0 : cuts[kind][0], to[kind],
				    &targets[kind]);
			ck_assert_int_eq(
			    weir_feed_state_plan(state, targets, 4,
				rand() % 50 == 0, steps, &count, &problem),
			    0);
			for (i = 0; i < count; i++) {
				kind = targets[steps[i]].header.kind;
				before = state->sequence;
				take(kind, targets[steps[i]].header.from,
				    targets[steps[i]].header.to);
				if (!taken.is_whole)
					check_changes(before, taken.to);
				takes++;
			}
			ck_assert_uint_eq(state->sequence, world.last);
			if (rand() % 10 == 0)
				open_state();
		}
		end();
	}
	ck_assert_uint_gt(takes, 500);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { a_folder_without_a_state_is_an_empty_one,
		a_full_begins_and_replaces_all,
		deltas_fit_whatever_lies_between_from_and_to,
		deltas_that_do_not_lead_on_are_refused,
		a_file_goes_when_a_later_one_reaches_as_far_back,
		too_many_files_are_folded, lines_that_are_wrong_are_refused,
		headers_that_are_not_as_announced_are_refused,
		targets_that_do_not_fit_are_refused,
		frames_that_are_wrong_are_refused,
		a_state_that_is_damaged_is_no_state,
		a_draft_counts_when_it_is_kept,
		the_folder_holds_what_the_state_names_and_no_more,
		the_plan_is_the_shortest_way, the_state_is_what_was_published,
		NULL };

	return suite_run("feed_state", tests);
}
