/*
 * cmd_tail.c - weir-stat tail: queries as they are answered.
 *
 * Follows the ring of recent events of each running module (lib/status.h), by
 * the events' numbers.  Looks every 50 ms, and once a second for modules that
 * came or went.  Between the answer and its line lie the module's recorder (20
 * ms) and that.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/name.h"
#include "stats/database.h"
#include "stats/live.h"
#include "stats/stat.h"

#define LOOK_MS      25
#define RESCAN_LOOKS 20
#define LAST_DEFAULT 10
#define NARROW       110U /* columns below which a line has no date */
#define TINY         72U  /* ... and has no type and no reason */
#define NAME_MIN     12U  /* a narrower terminal breaks the line */

struct source {
	struct weir_status module;
	uint64_t sequence;
};

struct tail {
	const struct weir_stat *stat;
	struct weir_screen screen;
	struct weir_client client; /* of the filters */
	struct weir_name name;
	struct source *sources;
	unsigned int source_count;
	const struct weir_status *module; /* whose event it is */
	json_t *kept;                     /* the last ones, before it follows */
	int failed;
};

static volatile sig_atomic_t is_over;

static void
end(int number)
{
	(void)number;
	is_over = 1;
}

/* Whether the name is, or lies below, that of the filter. */
static bool
is_at_or_below(const struct weir_event *event, const struct weir_name *top)
{
	struct weir_name name;
	unsigned int skip;

	if (weir_name_from_wire(event->qname, event->qname_len, &name) != 0 ||
	    name.label_count < top->label_count)
		return false;
	skip = name.offset[name.label_count - top->label_count];
	return name.len - skip == top->len &&
	       memcmp(name.wire + skip, top->wire, top->len) == 0;
}

static bool
is_wanted(const struct tail *tail, const struct weir_event *event)
{
	const struct weir_stat *stat = tail->stat;
	char feed[WEIR_FEED_NAME_SIZE], shadow[WEIR_FEED_NAME_SIZE];

	if (stat->outcome >= 0 && event->outcome != stat->outcome)
		return false;
	if (stat->client &&
	    !weir_stat_client_meets(&event->client, &tail->client))
		return false;
	if (stat->name && !is_at_or_below(event, &tail->name))
		return false;
	if (!stat->feed)
		return true;
	weir_live_feed(tail->module, event->feed, feed);
	weir_live_feed(tail->module, event->shadow_feed, shadow);
	return strcmp(feed, stat->feed) == 0 || strcmp(shadow, stat->feed) == 0;
}

static const char *
text_of(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static enum weir_colour
outcome_colour(const char *outcome)
{
	if (strcmp(outcome, "blocked") == 0)
		return WEIR_COLOUR_RED;
	if (strcmp(outcome, "shadowed") == 0)
		return WEIR_COLOUR_YELLOW;
	return strcmp(outcome, "allowed") == 0 ? WEIR_COLOUR_GREEN
					       : WEIR_COLOUR_DIM;
}

/* "feed/category by alias: the listed name", if it is another one. */
static void
print_why(json_t *object, char *text, size_t size)
{
	const char *rule = text_of(object, "rule");
	bool has_rule = rule[0] != '\0' &&
			strcmp(rule, text_of(object, "name")) != 0;

	(void)snprintf(text, size, "%s%s%s%s%s%s", text_of(object, "feed"),
	    text_of(object, "category")[0] != '\0' ? "/" : "",
	    text_of(object, "category"),
	    json_is_true(json_object_get(object, "alias")) ? " by alias" : "",
	    has_rule ? ": " : "", has_rule ? rule : "");
}

/* "2026-01-31 09:00:00.123Z"; on narrow terminals less of it.  Its columns. */
static unsigned int
print_when(const struct weir_screen *screen, json_int_t ms)
{
	char when[WEIR_SHEET_TIME_SIZE];
	unsigned int width = screen->width;
	bool is_narrow = width > 0 && width < NARROW;
	int columns;

	weir_sheet_time((long long)(ms / 1000), when);
	weir_screen_begin(screen, WEIR_COLOUR_DIM);
	columns = fprintf(screen->stream, "%.*s", is_narrow ? 8 : 19,
	    when + (is_narrow && when[0] ? 11 : 0));
	if (width == 0 || width >= TINY)
		columns += fprintf(screen->stream, ".%03dZ", (int)(ms % 1000));
	weir_screen_end(screen);
	return columns > 0 ? (unsigned int)columns : 0;
}

static void
print_column(
    const struct weir_screen *screen, const char *text, unsigned int width)
{
	(void)fputs("  ", screen->stream);
	weir_screen_text(screen, text, width, false);
}

/* Name and reason, in the columns that are left; 0: in a pipe. */
static void
print_rest(const struct weir_screen *screen, json_t *object, unsigned int left)
{
	char why[WEIR_NAME_TEXT_SIZE + 256];
	unsigned int width = left * 3 / 5;
	bool is_whole;

	if (left > 0 && screen->width < TINY) {
		width = left;
		why[0] = '\0';
	} else {
		print_why(object, why, sizeof(why));
	}
	/* No blanks at the end of the line. */
	if (why[0] == '\0' &&
	    weir_screen_columns(text_of(object, "name")) <= width)
		width = 0;
	print_column(screen, text_of(object, "name"), width);
	if (why[0] == '\0')
		return;
	left = left > width + 4 ? left - width - 2 : 0;
	is_whole = left == 0 || weir_screen_columns(why) <= left;
	weir_screen_begin(screen, WEIR_COLOUR_DIM);
	print_column(screen, is_whole ? why : text_of(object, "feed"),
	    is_whole ? 0 : left);
	weir_screen_end(screen);
}

/* "2026-01-31 09:00:00.123Z  blocked   192.0.2.1  A  name  feed: rule" */
static void
print_line(struct tail *tail, json_t *object)
{
	const struct weir_screen *screen = &tail->screen;
	const char *outcome = text_of(object, "outcome");
	bool is_tiny = screen->width > 0 && screen->width < TINY;
	unsigned int used, left = 0;

	used = print_when(
	    screen, json_integer_value(json_object_get(object, "time_ms")));
	weir_screen_begin(screen, outcome_colour(outcome));
	print_column(screen, outcome, 8);
	weir_screen_end(screen);
	print_column(screen, text_of(object, "client"), 15);
	if (!is_tiny)
		print_column(screen, text_of(object, "type"), 5);
	used += 2 + 8 + 2 + 15 + (is_tiny ? 0 : 2 + 5) + 2;
	if (screen->width > 0)
		left = screen->width > used + NAME_MIN ? screen->width - used
						       : NAME_MIN;
	print_rest(screen, object, left);
	(void)fputc('\n', screen->stream);
}

static int
print_event(struct tail *tail, json_t *object)
{
	if (!tail->stat->is_json)
		print_line(tail, object);
	else if (json_dumpf(object, stdout, JSON_COMPACT) != 0 ||
		 fputc('\n', stdout) == EOF)
		return -1;
	return ferror(stdout) ? -1 : 0;
}

static int
take_event(void *arg, const struct weir_event *event)
{
	struct tail *tail = arg;
	json_t *object;
	int ret;

	if (!is_wanted(tail, event))
		return 0;
	object = weir_live_event(tail->module, event);
	if (!object)
		return WEIR_EMEMORY;
	if (tail->kept)
		return json_array_append_new(tail->kept, object) == 0
			   ? 0
			   : WEIR_EMEMORY;
	ret = print_event(tail, object);
	json_decref(object);
	return ret == 0 ? 0 : WEIR_ESYSTEM;
}

/* Events that came and went between two looks. */
static void
say_missed(struct tail *tail, uint64_t missed)
{
	if (tail->stat->is_json) {
		(void)printf("{\"missed\":%" PRIu64 "}\n", missed);
		return;
	}
	weir_screen_begin(&tail->screen, WEIR_COLOUR_YELLOW);
	(void)printf("-- %" PRIu64 " %s missed: they came faster than they "
		     "could be shown --",
	    missed, missed == 1 ? "event" : "events");
	weir_screen_end(&tail->screen);
	(void)fputc('\n', stdout);
}

static int
look(struct tail *tail)
{
	uint64_t missed;
	unsigned int i;
	int ret = 0;

	for (i = 0; i < tail->source_count && ret == 0; i++) {
		missed = 0;
		tail->module = &tail->sources[i].module;
		ret = weir_status_recent(tail->module,
		    &tail->sources[i].sequence, &missed, take_event, tail);
		if (missed > 0 && !tail->kept)
			say_missed(tail, missed);
	}
	if (fflush(stdout) != 0 && ret == 0)
		ret = WEIR_ESYSTEM;
	return ret;
}

static bool
is_same(const struct weir_status *one, const struct weir_status *other)
{
	struct stat a, b;

	return fstat(one->fd, &a) == 0 && fstat(other->fd, &b) == 0 &&
	       a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

/* Takes the modules that run now; of those it knows already, the place in their
 * events.  The array is used up. */
static int
take_modules(struct tail *tail, struct weir_status *modules, unsigned int count)
{
	struct source *sources = calloc(count + 1, sizeof(*sources));
	unsigned int i, j;

	for (i = 0; i < count && sources; i++) {
		sources[i].module = modules[i];
		for (j = 0; j < tail->source_count; j++)
			if (is_same(&modules[i], &tail->sources[j].module))
				sources[i].sequence = tail->sources[j].sequence;
	}
	for (i = 0; i < count && !sources; i++)
		weir_status_close(&modules[i]);
	free(modules);
	if (!sources)
		return WEIR_EMEMORY;
	for (j = 0; j < tail->source_count; j++)
		weir_status_close(&tail->sources[j].module);
	free(tail->sources);
	tail->sources = sources;
	tail->source_count = count;
	return 0;
}

static int
rescan(struct tail *tail)
{
	struct weir_problem problem = { "" };
	struct weir_status *modules;
	unsigned int count;

	/* Not readable for a moment: those that are open go on. */
	if (weir_status_open_all(
		tail->stat->folder, &modules, &count, &problem) != 0)
		return 0;
	return take_modules(tail, modules, count);
}

static int
compare_times(const void *left, const void *right)
{
	json_int_t a = json_integer_value(
	    json_object_get(*(json_t *const *)left, "time_ms"));
	json_int_t b = json_integer_value(
	    json_object_get(*(json_t *const *)right, "time_ms"));

	return (a > b) - (a < b);
}

/* The last ones of all modules, in order. */
static int
print_last(struct tail *tail)
{
	size_t count,
	    want = tail->stat->count > 0 ? tail->stat->count : LAST_DEFAULT, i;
	json_t **items;
	int ret;

	tail->kept = json_array();
	ret = tail->kept ? look(tail) : WEIR_EMEMORY;
	count = json_array_size(tail->kept);
	items = calloc(count + 1, sizeof(*items));
	if (!items)
		ret = WEIR_EMEMORY;
	for (i = 0; i < count && ret == 0; i++)
		items[i] = json_array_get(tail->kept, i);
	if (ret == 0 && tail->source_count > 1)
		qsort(items, count, sizeof(*items), compare_times);
	for (i = count > want ? count - want : 0; i < count && ret == 0; i++)
		ret = print_event(tail, items[i]) == 0 ? 0 : WEIR_ESYSTEM;
	free(items);
	json_decref(tail->kept);
	tail->kept = NULL;
	if (ret == 0 && fflush(stdout) != 0)
		ret = WEIR_ESYSTEM;
	return ret;
}

/* Until a signal comes, or whoever reads the pipe is gone. */
static int
follow(struct tail *tail)
{
	struct pollfd reader = { .fd = STDOUT_FILENO };
	unsigned int looks;
	int ret = 0;

	for (looks = 1; !is_over && ret == 0; looks++) {
		if (poll(&reader, 1, LOOK_MS) > 0 &&
		    (reader.revents & (POLLERR | POLLHUP)) != 0)
			break;
		if (reader.revents != 0)
			(void)poll(NULL, 0, LOOK_MS);
		ret = look(tail);
		if (ret != 0 || looks % RESCAN_LOOKS != 0)
			continue;
		/* A window may have been made narrower. */
		weir_screen_init(&tail->screen, stdout);
		ret = rescan(tail);
	}
	return ret;
}

/* Whether a running module or the database knows a feed of that name. */
static bool
is_feed_known(const struct weir_stat *stat, const char *feed)
{
	char text[WEIR_FEED_NAME_SIZE];
	struct weir_database database;
	unsigned int i, slot;
	bool is_known = false;

	if (feed[0] == '\0')
		return false;
	for (i = 0; i < stat->module_count && !is_known; i++)
		for (slot = 1; slot < WEIR_STATUS_FEEDS && !is_known; slot++) {
			weir_live_feed(&stat->modules[i], slot, text);
			is_known = strcmp(text, feed) == 0;
		}
	if (is_known || weir_database_open(stat, false, &database) != 1)
		return is_known;
	is_known = weir_policy_find_feed(database.policy, feed) >= 0;
	weir_database_close(&database);
	return is_known;
}

/* The modules of weir-stat.c, opened once more: these come and go. */
static int
begin(struct tail *tail)
{
	const struct weir_stat *stat = tail->stat;
	struct sigaction action = { .sa_handler = end };
	int ret;

	weir_screen_init(&tail->screen, stdout);
	if (stat->client) {
		ret = weir_stat_client(stat->client, &tail->client);
		if (ret != 0)
			return ret;
	}
	if (stat->name) {
		ret = weir_stat_name(stat->name, &tail->name);
		if (ret != 0)
			return ret;
	}
	if (stat->module_count == 0)
		return weir_stat_say_none(stat);
	if (stat->feed && !is_feed_known(stat, stat->feed))
		return weir_stat_usage("%s: no such feed is known (weir-stat "
				       "feeds shows them)",
		    stat->feed);
	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
	return 0;
}

int
weir_cmd_tail(const struct weir_stat *stat)
{
	struct tail tail = { .stat = stat };
	unsigned int i;
	int ret;

	ret = begin(&tail);
	if (ret != 0)
		return ret;
	ret = rescan(&tail);
	if (ret == 0)
		ret = print_last(&tail);
	if (ret == 0 && !stat->is_once)
		ret = follow(&tail);
	if (ret == WEIR_EMEMORY)
		weir_log_error("%s", weir_error_text(ret));
	else if (ret != 0 && errno != EPIPE)
		weir_log_error("cannot print: %s", strerror(errno));
	for (i = 0; i < tail.source_count; i++)
		weir_status_close(&tail.sources[i].module);
	free(tail.sources);
	return ret == 0 ? WEIR_EXIT_DONE : WEIR_EXIT_FAILED;
}
