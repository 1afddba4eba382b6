/*
 * test_publish.c - a publisher against a naive model of it: whatever changes,
 * and whatever the clock does, who follows the deltas has the set.
 */
#include "tests/unit/suite.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <zstd.h>

#include "tests/unit/publisher.h"

#define NAMES    120
#define STEPS    400
#define VARIANTS 4 /* 0: not listed */

/* The set after each publish. */
struct model {
	uint8_t now[NAMES];
	uint8_t past[STEPS + 2][NAMES];
	uint64_t last; /* sequence number */
	uint64_t fulls[2];
	struct publisher publisher;
	int64_t now_unix;
	struct weir_publish_limits limits;
	unsigned int seed, reached, tried;
};

static const char *const variants[VARIANTS] = { NULL, "", " scope=subdomains",
	" scope=name" };
static const char *const marks[VARIANTS] = { NULL, "", "*.", "=" };

static unsigned int
dice(struct model *model, unsigned int sides)
{
	model->seed = model->seed * 1103515245U + 12345U;
	return (model->seed >> 8) % sides;
}

static void
name_of(unsigned int number, char *text)
{
	/* Neighbours of all kinds: "n1", "n1-1", "n1.n1" ... */
	static const char *const begins[] = { "n", "n", "a.n", "n" };
	static const char *const ends[] = { "", "-1", "", "x0" };

	sprintf(text, "%s%u%s.example", begins[number % 4], number / 4,
	    ends[number % 4]);
}

static void
sum_of(const uint8_t *set, uint64_t *count, char *text)
{
	struct weir_feed_sum sum = { 0, 0 };
	char name[64], entry[128];
	unsigned int i;

	*count = 0;
	for (i = 0; i < NAMES; i++)
		if (set[i] != 0) {
			name_of(i, name);
			sprintf(entry, "%s%s", name, variants[set[i]]);
			weir_feed_sum_add(&sum, entry, strlen(entry));
			++*count;
		}
	weir_feed_sum_print(&sum, text);
}

/* Lets a payload change a set, as a subscriber would. */
static void
apply(struct model *model, const struct weir_publish *publish,
    const struct weir_feed_target *target, uint8_t *set)
{
	static char raw[1 << 20];
	char path[512], *packed, *at, *end, *stop, name[64], entry[128], *last;
	struct weir_feed_header header;
	struct weir_feed_line line;
	size_t len, raw_len;
	const char *why;
	uint64_t count;
	char wanted[WEIR_FEED_SUM_SIZE], sum[WEIR_FEED_SUM_SIZE];
	unsigned int i, variant;

	snprintf(path, sizeof(path), "%s/%s.%s", publish->payloads,
	    target->sha256, weir_feed_kind_text(target->header.kind));
	ck_assert_int_eq(weir_file_read(path, 1 << 20, &packed, &len), 0);
	ck_assert_uint_eq(len, target->length);
	ck_assert(ZSTD_getFrameContentSize(packed, len) == target->raw);
	raw_len = ZSTD_decompress(raw, sizeof(raw), packed, len);
	free(packed);
	ck_assert_uint_eq(raw_len, target->raw);
	end = raw + raw_len;
	at = memchr(raw, '\n', raw_len);
	ck_assert(weir_feed_header_parse(raw, (size_t)(at - raw), &header));
	ck_assert_uint_eq(header.kind, target->header.kind);
	ck_assert_uint_eq(header.from, target->header.from);
	ck_assert_uint_eq(header.to, target->header.to);
	ck_assert_str_eq(header.gen, target->header.gen);
	if (header.kind == WEIR_FEED_FULL)
		memset(set, 0, NAMES);
	last = NULL;
	for (at++; at < end; at = stop + 1) {
		stop = memchr(at, '\n', (size_t)(end - at));
		ck_assert_ptr_nonnull(stop);
		ck_assert_msg(weir_feed_line_parse(
				  at, (size_t)(stop - at), &line, &why) == 0,
		    "%.*s: %s", (int)(stop - at), at, why);
		ck_assert(header.kind != WEIR_FEED_FULL || line.is_listed);
		if (last != NULL)
			ck_assert_msg(
			    weir_feed_line_compare(last, strcspn(last, " \n"),
				line.name, line.name_len) < 0,
			    "not in order: %.*s", (int)(stop - at), at);
		last = at + 1;
		for (i = 0; i < NAMES; i++) {
			name_of(i, name);
			if (strlen(name) == line.name_len &&
			    memcmp(name, line.name, line.name_len) == 0)
				break;
		}
		ck_assert_uint_lt(i, NAMES);
		for (variant = 1; variant < VARIANTS && line.is_listed;
		     variant++) {
			sprintf(entry, "%s%s", name, variants[variant]);
			if (strlen(entry) == line.entry_len &&
			    memcmp(entry, line.entry, line.entry_len) == 0)
				break;
		}
		ck_assert_uint_lt(variant, VARIANTS);
		set[i] = line.is_listed ? (uint8_t)variant : 0;
	}
	sum_of(model->past[header.to], &count, wanted);
	weir_feed_sum_print(&target->sum, sum);
	ck_assert_uint_eq(target->count, count);
	ck_assert_str_eq(sum, wanted);
}

/* A subscriber that has what was published as `have`. */
static bool
follow(struct model *model, const struct weir_publish *publish, uint64_t have)
{
	const struct weir_feed_target *target, *best;
	uint8_t set[NAMES];
	unsigned int kind;

	memcpy(set, model->past[have], NAMES);
	while (have < model->last) {
		best = NULL;
		for (kind = 1; kind < WEIR_FEED_KIND_COUNT; kind++) {
			target = &publish->state.targets[kind];
			if (target->name[0] != '\0' &&
			    target->header.from <= have &&
			    target->header.to > have &&
			    (best == NULL ||
				target->header.to > best->header.to))
				best = target;
		}
		if (best == NULL)
			return false;
		apply(model, publish, best, set);
		have = best->header.to;
	}
	ck_assert_mem_eq(set, model->now, NAMES);
	return true;
}

static void
check(struct model *model, const struct weir_publish *publish)
{
	const struct weir_feed_target *full =
	    &publish->state.targets[WEIR_FEED_FULL];
	uint8_t set[NAMES];
	unsigned int i, kind;

	ck_assert_str_eq(full->name, "feed/full");
	apply(model, publish, full, set);
	ck_assert_mem_eq(set, model->past[full->header.to], NAMES);
	for (kind = 0; kind < WEIR_FEED_KIND_COUNT; kind++)
		ck_assert(
		    publish->state.targets[kind].header.to <= model->last);
	if (full->header.to != model->fulls[1]) {
		model->fulls[0] = model->fulls[1];
		model->fulls[1] = full->header.to;
	}
	/* Who has a full gets on, and, unless a delta was too long, who has the
	 * one before. */
	ck_assert(follow(model, publish, full->header.to));
	if (model->fulls[0] != 0 && model->limits.delta_raw == 0)
		ck_assert(follow(model, publish, model->fulls[0]));
	/* A clock that went back does not keep the cuts from being made. */
	ck_assert_int_le(publish->state.minute_unix, model->now_unix);
	for (i = 0; i < 12; i++) {
		model->tried++;
		if (follow(model, publish,
			i < 4 && model->last > i
			    ? model->last - i
			    : 1 + dice(model, (unsigned int)model->last)))
			model->reached++;
	}
}

/* All of what is listed, or what changes, in the words of a list. */
static void
change(struct model *model, struct weir_publish *publish)
{
	static char add[NAMES * 64], del[NAMES * 64];
	struct weir_publish_list *lists[2];
	struct weir_problem problem = { "" };
	char name[64];
	bool is_whole = dice(model, 6) == 0;
	unsigned int changes = dice(model, 12) == 0 ? NAMES : dice(model, 5);
	unsigned int i, number;
	size_t add_len = 0, del_len = 0;
	int ret;

	add[0] = del[0] = '\0';
	for (i = 0; i < changes; i++) {
		number = dice(model, NAMES);
		model->now[number] = (uint8_t)dice(model, VARIANTS);
		name_of(number, name);
		if (is_whole)
			continue;
		if (model->now[number] == 0)
			del_len += (size_t)sprintf(del + del_len, "%s\n", name);
	}
	for (i = 0; i < NAMES && is_whole; i++) {
		name_of(i, name);
		if (model->now[i] != 0)
			add_len += (size_t)sprintf(add + add_len, "%s%s\n",
			    marks[model->now[i]], name);
	}
	/* A delta says each name once, as it came to be, and some besides that
	 * have not changed. */
	if (!is_whole) {
		del_len = 0;
		for (i = 0; i < NAMES; i++) {
			if (model->now[i] == model->past[model->last][i] &&
			    dice(model, 20) != 0)
				continue;
			name_of(i, name);
			if (model->now[i] == 0)
				del_len += (size_t)sprintf(
				    del + del_len, "%s\n", name);
			else
				add_len += (size_t)sprintf(add + add_len,
				    "%s%s\n", marks[model->now[i]], name);
		}
	}
	lists[0] = publisher_list(&model->publisher, add, NULL, NULL);
	lists[1] = publisher_list(&model->publisher, del, NULL, NULL);
	ret = is_whole
		  ? weir_publish_set(publish, lists[0], &problem)
		  : weir_publish_delta(publish, lists[0], lists[1], &problem);
	ck_assert_msg(ret == 0, "%s", problem.text);
	weir_publish_list_free(lists[0]);
	weir_publish_list_free(lists[1]);
}

static void
step(struct model *model)
{
	static const int64_t leaps[] = { 0, 0, 0, 1, 1, 5, 20, 61, 61, 61, 300,
		1900, 3601, 40000, 90000, -30, -4000, -100000 };
	struct weir_publish publish;
	struct weir_problem problem = { "" };
	bool is_different;
	unsigned int leap;

	leap = dice(model, dice(model, 3) == 0 ? 18 : 9);
	model->now_unix += leaps[leap];
	publisher_clock(model->now_unix);
	ck_assert_msg(
	    weir_publish_open(model->publisher.folder, &publish, &problem) == 0,
	    "%s", problem.text);
	if (model->limits.delta_raw != 0)
		publish.limits = model->limits;
	ck_assert_msg(
	    weir_publish_cut(&publish, &problem) == 0, "%s", problem.text);
	if (model->last == 0 || dice(model, 10) != 0)
		change(model, &publish);
	ck_assert_msg(
	    weir_publish_commit(&publish, &problem) == 0, "%s", problem.text);
	is_different = model->last == 0 ||
		       memcmp(model->now, model->past[model->last], NAMES) != 0;
	ck_assert_uint_eq(weir_publish_state_last(&publish.state)->to,
	    model->last + (is_different ? 1 : 0));
	if (is_different)
		memcpy(model->past[++model->last], model->now, NAMES);
	check(model, &publish);
	weir_publish_close(&publish);
}

static struct model model;

static void
run_model(unsigned int seed, unsigned int steps)
{
	unsigned int i;

	model.seed = seed;
	model.now_unix = 1800000000;
	publisher_init(&model.publisher, "model");
	for (i = 0; i < steps; i++)
		step(&model);
	publisher_done(&model.publisher);
}

START_TEST(who_follows_the_deltas_has_the_set)
{
	memset(&model, 0, sizeof(model));
	run_model(7, STEPS);
	/* A full is what those need who were away for long, and no others. */
	ck_assert_uint_gt(model.reached * 10, model.tried * 3);
}
END_TEST

START_TEST(deltas_that_are_too_long_are_left_out)
{
	memset(&model, 0, sizeof(model));
	model.limits = (struct weir_publish_limits){
		.delta_size = 600, .delta_raw = 1500, .change_raw = 1200
	};
	run_model(11, 150);
}
END_TEST

static struct weir_publish_state
publish_text(
    struct publisher *publisher, const char *text, int64_t now_unix, int wanted)
{
	struct weir_publish_list *list = NULL;
	struct weir_publish_state state;
	struct weir_publish publish;
	struct weir_problem problem = { "" };
	int ret;

	memset(&state, 0, sizeof(state));
	publisher_clock(now_unix);
	ret = weir_publish_open(publisher->folder, &publish, &problem);
	if (ret == 0)
		ret = weir_publish_cut(&publish, &problem);
	if (ret == 0 && text != NULL) {
		list = publisher_list(publisher, text, NULL, NULL);
		ret = weir_publish_set(&publish, list, &problem);
		weir_publish_list_free(list);
	}
	if (ret == 0)
		ret = weir_publish_commit(&publish, &problem);
	ck_assert_msg(ret == wanted, "%d: %s", ret, problem.text);
	if (ret == 0)
		state = publish.state;
	weir_publish_close(&publish);
	return state;
}

START_TEST(the_same_set_changes_the_timestamp_only)
{
	struct publisher publisher;
	struct weir_publish_state one, two;

	publisher_init(&publisher, "same");
	one = publish_text(&publisher, "a.example\nb.example\n", 1800000000, 0);
	two = publish_text(&publisher, "b.example\na.example\n", 1800000010, 0);
	ck_assert_int_eq(one.documents[WEIR_PUBLISH_TIMESTAMP].version + 1,
	    two.documents[WEIR_PUBLISH_TIMESTAMP].version);
	two.documents[WEIR_PUBLISH_TIMESTAMP] =
	    one.documents[WEIR_PUBLISH_TIMESTAMP];
	ck_assert_mem_eq(&one, &two, sizeof(one));
	publisher_done(&publisher);
}
END_TEST

START_TEST(metadata_are_signed_anew_before_they_expire)
{
	static const struct {
		int64_t after_s;
		int targets, snapshot; /* new ones */
	} rows[] = {
		{ 10, 0, 0 },
		{ 42000, 0, 0 },
		{ 1500, 0, 1 }, /* half a day */
		{ 100, 0, 0 },
		{ 258000, 0, 1 },
		{ 1000, 1, 1 }, /* half a week; it names the other one */
		{ 300000, 0, 1 },
		{ 300000, 1, 1 },
		{ -300000, 1, 1 }, /* signed too far ahead */
		{ 10, 0, 0 },
	};
	struct publisher publisher;
	struct weir_publish_state before, state;
	int64_t now_unix = 1800000000;
	size_t i;

	publisher_init(&publisher, "old");
	before = publish_text(&publisher, "a.example\n", now_unix, 0);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		now_unix += rows[i].after_s;
		state = publish_text(&publisher, NULL, now_unix, 0);
		ck_assert_msg(
		    state.documents[WEIR_PUBLISH_TARGETS].version ==
			    before.documents[WEIR_PUBLISH_TARGETS].version +
				rows[i].targets &&
			state.documents[WEIR_PUBLISH_SNAPSHOT].version ==
			    before.documents[WEIR_PUBLISH_SNAPSHOT].version +
				rows[i].snapshot,
		    "row %zu", i);
		ck_assert_int_eq(
		    state.documents[WEIR_PUBLISH_TIMESTAMP].version,
		    before.documents[WEIR_PUBLISH_TIMESTAMP].version + 1);
		ck_assert_int_eq(
		    state.documents[WEIR_PUBLISH_TIMESTAMP].expires_unix,
		    now_unix + 3600);
		before = state;
	}
	publisher_done(&publisher);
}
END_TEST

static unsigned int
count_files(const struct publisher *publisher, const char *folder)
{
	char path[256];
	struct dirent *entry;
	unsigned int count = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/%s", publisher->folder, folder);
	dir = opendir(path);
	ck_assert_ptr_nonnull(dir);
	while ((entry = readdir(dir)) != NULL)
		count += entry->d_name[0] != '.';
	closedir(dir);
	return count;
}

/* Or the newest version of another feed that the same keys sign would stay with
 * a subscriber to whom it was served. */
START_TEST(each_document_says_whose_it_is)
{
	static const char *const files[] = { "1.root.json", "1.targets.json",
		"1.snapshot.json", "timestamp.json" };
	struct publisher publisher;
	char path[256], *text;
	json_t *document;
	const char *name;
	size_t i, len;

	publisher_init(&publisher, "whose");
	(void)publish_text(&publisher, "a.example\n", 1800000000, 0);
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/public/metadata/%s",
		    publisher.folder, files[i]);
		ck_assert_int_eq(weir_file_read(path, 1 << 20, &text, &len), 0);
		document = json_loadb(text, len, 0, NULL);
		ck_assert_ptr_nonnull(document);
		name = weir_feed_name_parse(
		    json_object_get(document, "signed"));
		ck_assert_msg(name != NULL && strcmp(name, "whose") == 0,
		    "%s: %s", files[i], name != NULL ? name : "nobody's");
		json_decref(document);
		free(text);
	}
	publisher_done(&publisher);
}
END_TEST

START_TEST(files_stay_fifteen_minutes_longer)
{
	struct publisher publisher;
	char text[64];
	int i;

	publisher_init(&publisher, "linger");
	for (i = 0; i < 10; i++) {
		sprintf(text, "n%d.example\n", i);
		publish_text(&publisher, text, 1800000000 + i, 0);
	}
	/* A full and nine heads; root, timestamp, ten of the two others. */
	ck_assert_uint_eq(count_files(&publisher, "public/targets/feed"), 10);
	ck_assert_uint_eq(count_files(&publisher, "public/metadata"), 22);
	publish_text(&publisher, text, 1800000000 + 899, 0);
	ck_assert_uint_ge(count_files(&publisher, "public/targets/feed"), 10);
	publish_text(&publisher, text, 1800000000 + 2000, 0);
	publish_text(&publisher, text, 1800000000 + 4000, 0);
	publish_text(&publisher, text, 1800000000 + 8000, 0);
	publish_text(&publisher, text, 1800000000 + 12000, 0);
	ck_assert_uint_le(count_files(&publisher, "public/targets/feed"), 3);
	ck_assert_uint_le(count_files(&publisher, "public/metadata"), 6);
	ck_assert_uint_le(count_files(&publisher, "private"), 9);
	publisher_done(&publisher);
}
END_TEST

START_TEST(a_root_key_below_the_folder_stops_it)
{
	static const char *const places[] = { "a.key", "private/x",
		"public/metadata/.hidden" };
	struct publisher publisher;
	char path[256];
	size_t i;

	publisher_init(&publisher, "locked");
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(
		    path, sizeof(path), "%s/%s", publisher.folder, places[i]);
		ck_assert_int_eq(
		    weir_key_file_write(publisher.root[i], path, NULL, NULL),
		    0);
		publish_text(
		    &publisher, "a.example\n", 1800000000, WEIR_EFORMAT);
		ck_assert_int_eq(unlink(path), 0);
	}
	publish_text(&publisher, "a.example\n", 1800000000, 0);
	publisher_done(&publisher);
}
END_TEST

/* Renames next.json back, as if the program had ended before. */
START_TEST(a_commit_that_broke_off_is_told_by_the_timestamp)
{
	struct publisher publisher;
	struct weir_publish_state one, two, three;
	char from[256], to[256], copy[2048];

	publisher_init(&publisher, "broken");
	snprintf(from, sizeof(from), "%s/private/state.json", publisher.folder);
	snprintf(to, sizeof(to), "%s/private/next.json", publisher.folder);
	one = publish_text(&publisher, "a.example\n", 1800000000, 0);
	snprintf(copy, sizeof(copy),
	    "cd '%s' && rm -rf ../before && cp -a . ../before",
	    publisher.folder);
	ck_assert_int_eq(system(copy), 0);
	two = publish_text(&publisher, "b.example\n", 1800000001, 0);
	ck_assert_uint_eq(weir_publish_state_last(&two)->to, 2);

	/* After timestamp.json: it holds. */
	ck_assert_int_eq(rename(from, to), 0);
	snprintf(copy, sizeof(copy),
	    "cp '%s/../before/private/state.json' '%s'", publisher.folder,
	    from);
	ck_assert_int_eq(system(copy), 0);
	three = publish_text(&publisher, "c.example\n", 1800000002, 0);
	ck_assert_uint_eq(weir_publish_state_last(&three)->to, 3);
	ck_assert_str_eq(three.gen, one.gen);
	ck_assert_int_eq(three.documents[WEIR_PUBLISH_TIMESTAMP].version, 3);
	ck_assert_int_eq(access(to, F_OK), -1);

	/* Before: it does not, and its numbers are not used again. */
	ck_assert_int_eq(rename(from, to), 0);
	snprintf(copy, sizeof(copy),
	    "cp -a '%s/../before/private/state.json' '%s' && "
	    "cp -a '%s/../before/private/'*.run '%s/private' && "
	    "cp -a '%s/../before/public/.' '%s/public'",
	    publisher.folder, from, publisher.folder, publisher.folder,
	    publisher.folder, publisher.folder);
	ck_assert_int_eq(system(copy), 0);
	three = publish_text(&publisher, "d.example\n", 1800000003, 0);
	ck_assert_uint_eq(weir_publish_state_last(&three)->to, 4);
	ck_assert_int_eq(three.documents[WEIR_PUBLISH_TIMESTAMP].version, 4);
	ck_assert_uint_eq(weir_publish_state_last(&three)->count, 1);
	ck_assert_str_eq(three.gen, one.gen);
	publisher_done(&publisher);
}
END_TEST

/* What was known is gone, or is that of before: other numbers, another gen, and
 * only a whole set. */
START_TEST(a_state_that_was_lost_begins_anew)
{
	struct publisher publisher;
	struct weir_publish_state one, two;
	char command[1024];
	int is_lost;

	for (is_lost = 0; is_lost < 2; is_lost++) {
		publisher_init(&publisher, "lost");
		publish_text(&publisher, "a.example\n", 1800000000, 0);
		snprintf(command, sizeof(command),
		    "cp -a '%s/private' '%s/../private'", publisher.folder,
		    publisher.folder);
		ck_assert_int_eq(system(command), 0);
		one = publish_text(
		    &publisher, "a.example\nb.example\n", 1800000001, 0);
		snprintf(command, sizeof(command), "cd '%s' && %s",
		    publisher.folder,
		    is_lost == 1 ? "rm private/state.json"
				 : "rm -rf private && mv ../private private");
		ck_assert_int_eq(system(command), 0);
		publish_text(&publisher, NULL, 1800000002, WEIR_EMISSING);
		two = publish_text(&publisher, "c.example\n", 1800000003, 0);
		ck_assert_str_ne(one.gen, two.gen);
		ck_assert_str_eq(two.feed, "lost");
		ck_assert_uint_eq(weir_publish_state_last(&two)->count, 1);
		ck_assert_uint_gt(weir_publish_state_last(&two)->to,
		    weir_publish_state_last(&one)->to);
		ck_assert_int_gt(two.documents[WEIR_PUBLISH_TIMESTAMP].version,
		    one.documents[WEIR_PUBLISH_TIMESTAMP].version);
		ck_assert_int_gt(two.documents[WEIR_PUBLISH_TARGETS].version,
		    one.documents[WEIR_PUBLISH_TARGETS].version);
		ck_assert_str_eq(two.targets[WEIR_FEED_HEAD].name, "");
		publisher_done(&publisher);
	}
}
END_TEST

START_TEST(files_that_are_missing_are_made_again)
{
	static const char *const patterns[] = { "targets/feed/*.full",
		"targets/feed/*.head", "metadata/*.targets.json",
		"metadata/*.snapshot.json", "metadata/timestamp.json" };
	struct publisher publisher;
	struct weir_publish_state state;
	char command[512];
	size_t i;

	publisher_init(&publisher, "gone");
	publish_text(&publisher, "a.example\n", 1800000000, 0);
	publish_text(&publisher, "b.example\n", 1800000001, 0);
	for (i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		snprintf(command, sizeof(command), "rm '%s'/public/%s",
		    publisher.folder, patterns[i]);
		ck_assert_int_eq(system(command), 0);
		state = publish_text(
		    &publisher, NULL, 1800000002 + (int64_t)i, 0);
		snprintf(command, sizeof(command),
		    "cd '%s/public' && ls targets/feed/%s.full "
		    "targets/feed/%s.head metadata/%d.targets.json "
		    "metadata/%d.snapshot.json metadata/timestamp.json "
		    ">/dev/null",
		    publisher.folder, state.targets[WEIR_FEED_FULL].sha256,
		    state.targets[WEIR_FEED_HEAD].sha256,
		    (int)state.documents[WEIR_PUBLISH_TARGETS].version,
		    (int)state.documents[WEIR_PUBLISH_SNAPSHOT].version);
		ck_assert_msg(system(command) == 0, "%s", patterns[i]);
	}
	publisher_done(&publisher);
}
END_TEST

START_TEST(what_lists_say_becomes_entries)
{
	static const struct {
		const char *format, *text;
		const char *category;
		int confidence;
		uint32_t lifetime_s;
		const char *wanted;
	} rows[] = {
		{ "domains", "B.example\na.example\nb.EXAMPLE.\n", NULL, -1, 0,
		    "+a.example\n+b.example\n" },
		{ "hosts", "0.0.0.0 a.example b.example\n", "Bad Ads!", 70, 0,
		    "+a.example category=bad-ads confidence=70\n"
		    "+b.example category=bad-ads confidence=70\n" },
		{ "domains", "=a.example\n*.a.example\na.example\n", NULL, -1,
		    0, "+a.example | scope=name | scope=subdomains\n" },
		{ "adblock",
		    "||a.example^\n@@||b.a.example^\n||c.example^$important\n",
		    NULL, -1, 0,
		    "+a.example scope=both\n"
		    "+b.a.example scope=both action=except\n"
		    "+c.example scope=both important=yes\n" },
		{ "csv",
		    "domain,category,confidence,first_seen\n"
		    "a.example,phish,90,2026-01-02T00:00:00Z\n"
		    "b.example,,,\n",
		    "other", 10, 3600,
		    "+a.example category=phish confidence=90 "
		    "first-seen=1767312000 valid-until=1767315600\n"
		    "+b.example category=other confidence=10 "
		    "valid-until=1700003600\n" },
		{ "domains", "com\na..example\n\xc3\xbc.example\n", NULL, -1, 0,
		    "+xn--tda.example\n" },
	};
	struct publisher publisher;
	struct weir_publish_list *list;
	struct weir_feed_line line;
	struct timespec times[2] = { { .tv_sec = 1700000000 },
		{ .tv_sec = 1700000000 } };
	static struct weir_list_report report;
	char text[2048], path[256];
	size_t i, len;

	publisher_init(&publisher, "lists");
	snprintf(path, sizeof(path), "%s/list", publisher.scratch.folder);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct weir_publish_defaults defaults = {
			.format = rows[i].format,
			.category = rows[i].category,
			.confidence = rows[i].confidence < 0
					  ? WEIR_LIST_NO_CONFIDENCE
					  : (uint8_t)rows[i].confidence,
			.lifetime_s = rows[i].lifetime_s
		};

		scratch_write(&publisher.scratch, "list", rows[i].text,
		    strlen(rows[i].text));
		ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
		list = weir_publish_list_new();
		ck_assert_int_eq(weir_publish_list_read(
				     list, path, &defaults, &report, NULL),
		    0);
		weir_publish_list_sort(list);
		len = 0;
		while (weir_publish_list_next(list, &line) == 1)
			len += (size_t)sprintf(text + len, "+%.*s\n",
			    (int)line.entry_len, line.entry);
		ck_assert_str_eq(text, rows[i].wanted);
		weir_publish_list_free(list);
	}
	publisher_done(&publisher);
}
END_TEST

START_TEST(more_statements_than_fit_are_counted)
{
	struct publisher publisher;
	struct weir_publish_list *list;
	struct weir_publish_defaults defaults = { .format = "csv",
		.confidence = WEIR_LIST_NO_CONFIDENCE };
	struct weir_feed_line line;
	char text[256] = "domain,confidence\n";
	int i;

	for (i = 1; i < 7; i++)
		sprintf(text + strlen(text), "a.example,%d\n", i);
	publisher_init(&publisher, "many");
	list = publisher_list(&publisher, text, &defaults, NULL);
	ck_assert_int_eq(weir_publish_list_next(list, &line), 1);
	ck_assert_int_eq(strncmp(line.entry,
			     "a.example confidence=1 | confidence=2 | "
			     "confidence=3 | confidence=4",
			     line.entry_len),
	    0);
	ck_assert_int_eq(weir_publish_list_next(list, &line), 0);
	ck_assert_uint_eq(weir_publish_list_dropped(list), 2);
	weir_publish_list_free(list);
	publisher_done(&publisher);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		who_follows_the_deltas_has_the_set,
		deltas_that_are_too_long_are_left_out,
		the_same_set_changes_the_timestamp_only,
		metadata_are_signed_anew_before_they_expire,
		each_document_says_whose_it_is,
		files_stay_fifteen_minutes_longer,
		a_root_key_below_the_folder_stops_it,
		a_commit_that_broke_off_is_told_by_the_timestamp,
		a_state_that_was_lost_begins_anew,
		files_that_are_missing_are_made_again,
		what_lists_say_becomes_entries,
		more_statements_than_fit_are_counted,
		NULL,
	};

	/* Nothing of it has to last: fsync costs nothing there. */
	if (access("/dev/shm", W_OK) == 0)
		(void)setenv("TMPDIR", "/dev/shm", 0);
	return suite_run("publish", tests);
}
