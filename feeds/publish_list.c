/*
 * publish_list.c - lists as the sorted entries of a feed.
 *
 * Each thread keeps what it reads as texts "NAME STATEMENT", and sorts them; the
 * walk merges the threads' parts.  As a blank stands before all characters of
 * names, the order of these texts is that of names, then of statements.
 */
#include "feeds/publish_list.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/bytes.h"
#include "lib/work.h"

#define CHUNK_SIZE (1U << 20)
#define PIECE_SIZE (1U << 20)
#define BETWEEN    " | "

struct chunk {
	struct chunk *next;
	size_t len;
	char text[CHUNK_SIZE];
};

struct record {
	uint64_t prefix; /* the first octets, for comparing */
	const char *text;
	uint32_t len, name_len;
};

struct part {
	struct chunk *chunks; /* the one at hand first */
	struct record *records;
	size_t count, size, at;
	int error;
};

struct weir_publish_list {
	struct part parts[WEIR_WORK_THREADS];
	atomic_uint next_to_sort;
	uint64_t dropped;
	char line[2 * WEIR_FEED_LINE_SIZE];
	/* While a file is read. */
	const struct weir_publish_defaults *defaults;
	uint32_t written_unix;
};

struct weir_publish_list *
weir_publish_list_new(void)
{
	return calloc(1, sizeof(struct weir_publish_list));
}

void
weir_publish_list_free(struct weir_publish_list *list)
{
	struct chunk *chunk, *next;
	unsigned int i;

	if (list == NULL)
		return;
	for (i = 0; i < WEIR_WORK_THREADS; i++) {
		for (chunk = list->parts[i].chunks; chunk != NULL;
		     chunk = next) {
			next = chunk->next;
			free(chunk);
		}
		free(list->parts[i].records);
	}
	free(list);
}

/* Room for a text, and for its record. */
static char *
reserve(struct part *part, size_t len)
{
	struct chunk *chunk = part->chunks;
	struct record *records;
	size_t size;

	if (part->count == part->size) {
		size = part->size == 0 ? 1024 : 2 * part->size;
		records = realloc(part->records, size * sizeof(*records));
		if (records == NULL)
			return NULL;
		part->records = records;
		part->size = size;
	}
	if (chunk == NULL || CHUNK_SIZE - chunk->len < len) {
		chunk = malloc(sizeof(*chunk));
		if (chunk == NULL)
			return NULL;
		chunk->next = part->chunks;
		chunk->len = 0;
		part->chunks = chunk;
	}
	return chunk->text + chunk->len;
}

static uint64_t
prefix_of(const char *text, size_t len)
{
	uint64_t prefix = 0;
	size_t i;

	for (i = 0; i < sizeof(prefix); i++)
		prefix = prefix << 8 | (i < len ? (uint8_t)text[i] : 0);
	return prefix;
}

static int
keep(struct part *part, const char *text, size_t len, size_t name_len)
{
	char *place = reserve(part, len);

	if (place == NULL)
		return WEIR_EMEMORY;
	memcpy(place, text, len);
	part->chunks->len += len;
	part->records[part->count++] = (struct record){ .prefix = prefix_of(
							    text, len),
		.text = place,
		.len = (uint32_t)len,
		.name_len = (uint32_t)name_len };
	return 0;
}

static bool
is_category_octet(char octet)
{
	return (octet >= 'a' && octet <= 'z') ||
	       (octet >= '0' && octet <= '9') || octet == '.' || octet == '_' ||
	       octet == '-';
}

const char *
weir_publish_category(const char *category, char *text)
{
	size_t len = 0;
	char octet;

	for (; *category != '\0' && len < WEIR_CATEGORY_SIZE - 1; category++) {
		octet = *category;
		if (octet >= 'A' && octet <= 'Z')
			octet = (char)(octet - 'A' + 'a');
		if (is_category_octet(octet))
			text[len++] = octet;
		else if (len > 0 && text[len - 1] != '-')
			text[len++] = '-';
	}
	while (len > 0 && text[len - 1] == '-')
		len--;
	text[len] = '\0';
	return len > 0 ? text : NULL;
}

static uint32_t
end_of(uint32_t from_unix, uint32_t lifetime_s)
{
	return from_unix > UINT32_MAX - lifetime_s ? UINT32_MAX
						   : from_unix + lifetime_s;
}

static void
fill(const struct weir_publish_list *list, struct weir_list_item *item,
    char *category)
{
	const struct weir_publish_defaults *defaults = list->defaults;

	if (item->category == NULL)
		item->category = defaults->category;
	if (item->category != NULL)
		item->category = weir_publish_category(
		    item->category, category);
	if (item->confidence == WEIR_LIST_NO_CONFIDENCE)
		item->confidence = defaults->confidence;
	if (item->valid_until == 0 && defaults->lifetime_s != 0)
		item->valid_until = end_of(item->first_seen != 0
					       ? item->first_seen
					       : list->written_unix,
		    defaults->lifetime_s);
}

static int
take(void *arg, unsigned int thread, const struct weir_list_item *given)
{
	char text[WEIR_NAME_TEXT_SIZE + WEIR_FEED_LINE_SIZE + 2];
	struct weir_publish_list *list = arg;
	struct weir_list_item item = *given;
	char category[WEIR_CATEGORY_SIZE];
	struct weir_feed_line line;
	const char *why;
	size_t name_len, len;
	int more;

	/* A feed has no answers of its own. */
	if (item.action == WEIR_ACTION_LOCAL)
		return WEIR_LIST_REFUSED(WEIR_LIST_ACTION);
	fill(list, &item, category);
	text[0] = '+';
	name_len = weir_name_print(item.name, text + 1);
	len = 1 + name_len;
	text[len] = ' ';
	more = weir_feed_statement_print(&item, text + len + 1);
	if (more > 0)
		len += 1 + (size_t)more;
	/* Whatever a list brings, subscribers find nothing to refuse. */
	if (more < 0 || weir_feed_line_parse(text, len, &line, &why) < 0)
		return WEIR_LIST_REFUSED(WEIR_LIST_NOT_A_NAME);
	return keep(&list->parts[thread], text + 1, len - 1, name_len);
}

int
weir_publish_list_read(struct weir_publish_list *list, const char *path,
    const struct weir_publish_defaults *defaults,
    struct weir_list_report *ret_report, struct weir_problem *problem)
{
	struct weir_list_options options = { .now_unix = defaults->now_unix };
	struct weir_list_sink sink = { .thread_count = weir_work_thread_count(),
		.piece_size = PIECE_SIZE,
		.arg = list,
		.options = &options,
		.each = take };
	struct stat info;
	int ret;

	list->defaults = defaults;
	list->written_unix = 0;
	if (stat(path, &info) == 0 && info.st_mtime > 0 &&
	    info.st_mtime <= UINT32_MAX)
		list->written_unix = (uint32_t)info.st_mtime;
	ret = weir_list_read_by(
	    path, defaults->format, &sink, ret_report, problem);
	if (ret == WEIR_EMEMORY)
		(void)weir_problem_set(problem, ret, "out of memory");
	return ret;
}

static int
compare(const void *left, const void *right)
{
	const struct record *a = left, *b = right;

	if (a->prefix != b->prefix)
		return a->prefix < b->prefix ? -1 : 1;
	return weir_feed_line_compare(a->text, a->len, b->text, b->len);
}

static void
sort_part(void *arg, unsigned int thread)
{
	struct weir_publish_list *list = arg;
	struct part *part;
	unsigned int i;

	(void)thread;
	while ((i = atomic_fetch_add(&list->next_to_sort, 1)) <
	       WEIR_WORK_THREADS) {
		part = &list->parts[i];
		if (part->count > 0)
			qsort(part->records, part->count,
			    sizeof(*part->records), compare);
	}
}

void
weir_publish_list_sort(struct weir_publish_list *list)
{
	atomic_store(&list->next_to_sort, 0);
	weir_work_run(weir_work_thread_count(), sort_part, list);
	weir_publish_list_rewind(list);
}

void
weir_publish_list_rewind(struct weir_publish_list *list)
{
	unsigned int i;

	for (i = 0; i < WEIR_WORK_THREADS; i++)
		list->parts[i].at = 0;
	list->dropped = 0;
}

/* The least record of all parts, or NULL. */
static const struct record *
least(struct weir_publish_list *list, unsigned int *ret_part)
{
	const struct record *found = NULL, *record;
	unsigned int i;

	for (i = 0; i < WEIR_WORK_THREADS; i++) {
		if (list->parts[i].at == list->parts[i].count)
			continue;
		record = &list->parts[i].records[list->parts[i].at];
		if (found == NULL || compare(record, found) < 0) {
			found = record;
			*ret_part = i;
		}
	}
	return found;
}

/* Puts a record's statement behind the line. */
static size_t
add_statement(
    char *line, size_t len, unsigned int count, const struct record *record)
{
	const char *statement = record->text + record->name_len;
	size_t more = record->len - record->name_len;

	if (count > 0) {
		memcpy(line + len, BETWEEN, strlen(BETWEEN));
		len += strlen(BETWEEN);
		statement++;
		more--;
	}
	memcpy(line + len, statement, more);
	return len + more;
}

int
weir_publish_list_next(
    struct weir_publish_list *list, struct weir_feed_line *ret_line)
{
	const struct record *first, *record, *last = NULL;
	unsigned int part = 0, count = 0;
	size_t len;

	first = least(list, &part);
	if (first == NULL)
		return 0;
	list->line[0] = '+';
	memcpy(list->line + 1, first->text, first->name_len);
	len = 1 + first->name_len;
	for (record = first; record != NULL; record = least(list, &part)) {
		if (record->name_len != first->name_len ||
		    memcmp(record->text, first->text, first->name_len) != 0)
			break;
		list->parts[part].at++;
		if (last != NULL && compare(last, record) == 0)
			continue;
		last = record;
		if (count == WEIR_FEED_STATEMENTS) {
			list->dropped++;
			continue;
		}
		len = add_statement(list->line, len, count++, record);
	}
	ret_line->is_listed = true;
	ret_line->name = ret_line->entry = list->line + 1;
	ret_line->name_len = first->name_len;
	ret_line->entry_len = len - 1;
	return 1;
}

uint64_t
weir_publish_list_dropped(const struct weir_publish_list *list)
{
	return list->dropped;
}
