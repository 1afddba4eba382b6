/*
 * lint.c - reads the files of `weir-load lint` into one sort.
 */
#include "lmdb-loader/lint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/work.h"
#include "lmdb-loader/item.h"

#define DAY_S        86400
/* 1995-01-01: no list of bad names is older. */
#define ANCIENT_UNIX 788918400U
#define PIECE_SIZE   ((size_t)1 << 20)

static const char *const finding_words[WEIR_LINT_COUNT] = {
	[WEIR_LINT_DUPLICATE] = "duplicates",
	[WEIR_LINT_REDUNDANT] = "redundant",
	[WEIR_LINT_USELESS] = "useless_exceptions",
	[WEIR_LINT_FUTURE] = "seen_in_future",
	[WEIR_LINT_ANCIENT] = "seen_long_ago",
	[WEIR_LINT_BACKWARDS] = "ends_before_seen",
	[WEIR_LINT_FAR] = "ends_far_off",
};

const char *
weir_lint_finding_word(unsigned int finding)
{
	return finding < WEIR_LINT_COUNT ? finding_words[finding] : NULL;
}

bool
weir_lint_is_dangerous(unsigned int reason)
{
	switch (reason) {
	case WEIR_LIST_SINGLE_LABEL:
	case WEIR_LIST_NEVER_BLOCK:
	case WEIR_LIST_WELL_KNOWN:
	case WEIR_LIST_PUBLIC_SUFFIX:
	case WEIR_LIST_PRIVATE_SUFFIX:
	case WEIR_LIST_SPECIAL_USE:
	case WEIR_LIST_POPULAR:
	case WEIR_LIST_WHOLE_HOST:
		return true;
	default:
		return false;
	}
}

bool
weir_lint_is_harmless(unsigned int reason)
{
	return reason == WEIR_LIST_LOCAL_NAME ||
	       weir_list_reason_is_skipped(reason);
}

static void
print_key(const uint8_t *key, size_t len, char *text)
{
	char whole[WEIR_NAME_TEXT_SIZE];
	struct weir_name name;

	text[0] = '\0';
	if (key == NULL || weir_name_from_key(key, len, &name) != 0)
		return;
	weir_name_print(&name, whole);
	snprintf(text, WEIR_LINT_TEXT, "%.*s", WEIR_LINT_TEXT - 1, whole);
}

void
weir_lint_find(struct weir_lint_file *file, unsigned int finding,
    const uint8_t *key, size_t len, unsigned long line, const uint8_t *other,
    size_t other_len, unsigned long other_line)
{
	uint64_t place = file->cases[finding].count++;
	struct weir_lint_example *example;

	if (place >= WEIR_LINT_EXAMPLES)
		return;
	example = &file->cases[finding].examples[place];
	print_key(key, len, example->name);
	example->line = line;
	print_key(other, other_len, example->other);
	example->other_line = other_line;
}

/* Ages and ends that cannot be, or are hardly meant. */
static void
judge_times(struct weir_lint *lint, const struct weir_list_item *item,
    const uint8_t *key, size_t len)
{
	struct weir_lint_file *file = &lint->files[lint->file];
	uint64_t far = (uint64_t)lint->now_unix +
		       (uint64_t)WEIR_LINT_FAR_YEARS * 365 * DAY_S;
	unsigned int finding;

	if (item->first_seen == 0 && item->valid_until == 0)
		return;
	if (item->first_seen > (uint64_t)lint->now_unix + DAY_S)
		finding = WEIR_LINT_FUTURE;
	else if (item->first_seen != 0 && item->first_seen < ANCIENT_UNIX)
		finding = WEIR_LINT_ANCIENT;
	else if (item->valid_until != 0 && item->valid_until < item->first_seen)
		finding = WEIR_LINT_BACKWARDS;
	else if (item->valid_until > far)
		finding = WEIR_LINT_FAR;
	else
		return;
	weir_lint_find(file, finding, key, len, item->line, NULL, 0, 0);
}

/* What stands behind the key: the line, and how many in the line came before.
 */
static void
put_tail(struct weir_lint *lint, unsigned long line, uint8_t *tail)
{
	if (line != lint->line)
		lint->number_in_line = 0;
	lint->line = line;
	tail[0] = 0;
	tail[1] = (uint8_t)(line >> 24);
	tail[2] = (uint8_t)(line >> 16);
	tail[3] = (uint8_t)(line >> 8);
	tail[4] = (uint8_t)line;
	tail[5] = (uint8_t)(lint->number_in_line >> 8);
	tail[6] = (uint8_t)lint->number_in_line;
	lint->number_in_line++;
}

static void
count_kind(struct weir_lint_file *file, const struct weir_list_item *item)
{
	file->exceptions += item->action == WEIR_ACTION_EXCEPT ||
			    item->action == WEIR_ACTION_PASS;
	file->cancelled += item->action == WEIR_ACTION_CANCELLED;
	file->important += item->is_important;
}

/* An item, guarded as `apply` does it. */
static int
take_item(void *arg, unsigned int thread, const struct weir_list_item *item)
{
	struct weir_lint *lint = arg;
	struct weir_lint_file *file = &lint->files[lint->file];
	struct weir_entry entry = { .feed = (uint16_t)lint->file };
	uint8_t key[WEIR_KEY_SIZE + WEIR_LINT_TAIL];
	size_t len;
	int reason;

	(void)thread;
	weir_item_entry(item, true, 0, &entry);
	if (item->confidence == WEIR_LIST_NO_CONFIDENCE)
		entry.confidence = 100;
	len = weir_name_to_key(item->name, WEIR_TRIGGER_QNAME, key, NULL);
	reason = weir_guard_judge(&lint->guard, key, len, &entry,
	    WEIR_ACTION_NXDOMAIN,
	    item->is_from_url ? WEIR_GUARD_URL : WEIR_GUARD_NO_URL);
	if (reason != WEIR_GUARD_FINE)
		return WEIR_LIST_REFUSED(reason);
	count_kind(file, item);
	judge_times(lint, item, key, len);
	if (len + WEIR_LINT_TAIL >= WEIR_KEY_SIZE) {
		/* No room behind it: taken for the only one of its name. */
		file->names++;
		return 0;
	}
	put_tail(lint, item->line, key + len);
	return weir_sort_add(lint->sort, key, len + WEIR_LINT_TAIL, &entry);
}

/* One file.  What breaks off in the middle counts as not read. */
static int
read_file(struct weir_lint *lint)
{
	struct weir_lint_file *file = &lint->files[lint->file];
	struct weir_list_options options = { .now_unix = lint->now_unix };
	struct weir_list_sink sink = { .thread_count = 1,
		.piece_size = PIECE_SIZE,
		.arg = lint,
		.options = &options,
		.each = take_item };
	uint64_t mark = weir_sort_mark(lint->sort);
	int ret;

	lint->line = 0;
	file->error = weir_list_read_by(
	    file->path, lint->format, &sink, &file->report, &file->problem);
	ret = weir_sort_problem(lint->sort, NULL);
	if (file->error == WEIR_EMEMORY)
		ret = file->error;
	if (ret == 0 && file->error != 0)
		weir_sort_undo(lint->sort, mark);
	return ret;
}

/* Runs that do not fit into the memory go to the folder for such files. */
static int
sort_new(struct weir_lint *lint)
{
	const char *tmp = getenv("TMPDIR");
	struct weir_sort_options options = {
		.folder = tmp != NULL && tmp[0] == '/' ? tmp : "/tmp",
		.memory = (uint64_t)lint->settings->compile_memory_mb << 20,
		.thread_count = 1,
	};

	return weir_sort_new_bounded(&options, &lint->sort);
}

int
weir_lint_read(struct weir_lint *lint, char *const *paths, unsigned int count,
    struct weir_problem *problem)
{
	struct weir_problem why = { "" };
	int ret = 0;

	lint->file_count = count;
	lint->files = calloc(count, sizeof(*lint->files));
	if (lint->files == NULL)
		ret = WEIR_EMEMORY;
	if (ret == 0)
		ret = weir_guard_init(&lint->guard, lint->settings, &why);
	if (ret == 0)
		ret = sort_new(lint);
	for (lint->file = 0; ret == 0 && lint->file < count; lint->file++) {
		lint->files[lint->file].path = paths[lint->file];
		ret = read_file(lint);
	}
	if (ret == 0)
		ret = weir_sort_finish(lint->sort);
	if (ret == 0)
		return 0;
	if (why.text[0] == '\0')
		(void)weir_problem_set(&why, ret, "%s", weir_error_text(ret));
	if (lint->sort != NULL)
		(void)weir_sort_problem(lint->sort, &why);
	return weir_problem_set(
	    problem, ret, "the lists cannot be judged: %.400s", why.text);
}

void
weir_lint_done(struct weir_lint *lint)
{
	weir_guard_done(&lint->guard);
	weir_sort_free(lint->sort);
	free(lint->files);
}
