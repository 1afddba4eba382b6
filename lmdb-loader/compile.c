/*
 * compile.c - reads what the configuration names into one sort.
 *
 * Between feeds/list.c, which reads list files, and sort.c.  The local rules
 * are feeds 0 and 1 of the policy; those of feeds: follow in their order.
 *
 * Two guards stand here: names that the guard rails protect are refused
 * whichever feed has them, and a feed whose file cannot be read, has no usable
 * name or waits for `accept`, keeps the names it had.
 *
 * The presets, if any are on, are the first of the feeds: names of weir's own,
 * which no guard rail is asked about.
 */
#include "lmdb-loader/compile.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "lib/bytes.h"
#include "lib/log.h"
#include "lib/work.h"
#include "lmdb-loader/guard.h"
#include "lmdb-loader/item.h"
#include "lmdb-loader/origin.h"
#include "lmdb-loader/signed.h"

/* Of the table of answers, at least, for each feed. */
#define SHARE_ANSWERS    16
#define SHARE_OCTETS     1024
#define NS_PER_S         1000000000U
#define LOCAL_CONFIDENCE 100
#define THREAD_MEMORY_MB 8 /* for less a thread has too little to sort */
/* Text of a list that a thread has before it, of all memory. */
#define TEXT_SHARE       16
#define TEXT_SIZE_MAX    ((size_t)4 << 20)

/* What one thread has. */
struct worker {
	struct weir_sort_part *part; /* NULL: none yet */
	uint64_t piece;              /* of the list */
	/* The last category that the list named, and its number. */
	char category[WEIR_CATEGORY_SIZE];
	uint16_t category_number;
};

struct compiler {
	const struct weir_settings *settings;
	const bool *is_held;
	const struct weir_generation *old;
	struct weir_compiled *out;
	struct weir_problem why; /* it cannot go on */
	struct weir_guard guard;
	pthread_mutex_t mutex; /* over the policy's tables */
	struct weir_progress progress, sorting;
	uint64_t octets_before; /* of the files that are read already */
	unsigned int thread_count;
	struct worker workers[WEIR_WORK_THREADS];
	/* The feed at work: */
	unsigned int feed;
	struct weir_entry entry;
	const struct weir_feed_settings *feed_settings;
	unsigned int answers_max; /* in the policy's table */
	size_t answers_size_max;
	/* Taking over: */
	uint16_t old_feed;
};

const char *
weir_compile_state_text(enum weir_compile_state state)
{
	static const char *const texts[] = { "read", "kept", "lost", "held" };

	return texts[state];
}

/* One name of the generation before is protected now. */
static void
count_guarded(
    struct compiler *compiler, int reason, const struct weir_name *name)
{
	struct weir_list_report *report =
	    &compiler->out->feeds[compiler->feed].report;
	unsigned long place = report->refused[reason]++;
	char text[WEIR_NAME_TEXT_SIZE];
	struct weir_list_example *example;

	if (place >= WEIR_LIST_EXAMPLES)
		return;
	example = &report->examples[reason][place];
	weir_name_print(name, text);
	snprintf(example->text, sizeof(example->text), "%.*s",
	    (int)sizeof(example->text) - 1, text);
}

/* The number of a category for which the table has no room: the feed's, but if
 * the feed is to use some categories alone, it is none of them. */
static uint16_t
rest_category(const struct compiler *compiler)
{
	const struct weir_feed *feed =
	    &compiler->out->policy->feeds[compiler->entry.feed];

	return feed->has_categories ? 0 : compiler->entry.category;
}

/* The number of a category that a list names. */
static uint16_t
category_number(struct compiler *compiler, struct worker *worker,
    const struct weir_list_item *item)
{
	char name[WEIR_CATEGORY_SIZE];
	int number;

	weir_item_category(item->category, name);
	if (name[0] == '\0')
		return compiler->entry.category;
	if (strcmp(worker->category, name) != 0) {
		(void)pthread_mutex_lock(&compiler->mutex);
		number = weir_policy_add_category(compiler->out->policy, name);
		compiler->out->has_lost_categories |= number < 0;
		(void)pthread_mutex_unlock(&compiler->mutex);
		memcpy(worker->category, name, sizeof(name));
		worker->category_number = number < 0 ? rest_category(compiler)
						     : (uint16_t)number;
	}
	return worker->category_number;
}

/* How much of the table of answers the feed at work may fill: something is left
 * for each feed behind that may have answers too, so that a list with a thousand
 * of them does not take the next one's only sinkhole. */
static void
share_answers(struct compiler *compiler)
{
	const struct weir_feed_settings *feed;
	unsigned int i, behind = 0, count = SHARE_ANSWERS;
	unsigned int octets = SHARE_OCTETS;

	for (i = compiler->feed + 1; i < compiler->settings->feed_count; i++) {
		feed = &compiler->settings->feeds[i];
		behind += feed->file != NULL &&
			  (strcmp(feed->format, "rpz") == 0 ||
			      strcmp(feed->format, "auto") == 0);
	}
	if (behind * count > WEIR_ANSWERS / 2)
		count = WEIR_ANSWERS / 2 / behind;
	if (behind * octets > WEIR_ANSWERS_SIZE / 2)
		octets = WEIR_ANSWERS_SIZE / 2 / behind;
	compiler->answers_max = WEIR_ANSWERS - behind * count;
	compiler->answers_size_max = WEIR_ANSWERS_SIZE - behind * octets;
}

/* The place of an answer in the policy's table; < 0: there is no room for it. */
static int
place_answer(struct compiler *compiler, const struct weir_list_answer *answer)
{
	struct weir_answers *answers = &compiler->out->policy->answers;
	size_t used = answers->count == 0 ? 0
					  : answers->ends[answers->count - 1];
	int place;

	place = weir_answers_find(answers, answer->records, answer->len);
	if (place >= 0)
		return place;
	if (answers->count >= compiler->answers_max ||
	    used + answer->len > compiler->answers_size_max)
		return WEIR_ELIMIT;
	return weir_answers_add(answers, answer->records, answer->len);
}

/* Puts the item's own answer into the policy's table, and its place into the
 * entry.  false: there are too many answers. */
static bool
take_answer(struct compiler *compiler, const struct weir_list_item *item,
    struct weir_entry *entry)
{
	int place;

	if (item->action != WEIR_ACTION_LOCAL)
		return true;
	(void)pthread_mutex_lock(&compiler->mutex);
	place = place_answer(compiler, &item->answer);
	(void)pthread_mutex_unlock(&compiler->mutex);
	if (place >= 0)
		weir_item_set_answer((unsigned int)place, entry);
	return place >= 0;
}

/* One name of a list. */
static int
take_item(void *arg, unsigned int thread, const struct weir_list_item *item)
{
	struct compiler *compiler = arg;
	struct worker *worker = &compiler->workers[thread];
	struct weir_entry entry = compiler->entry;
	uint8_t key[WEIR_KEY_SIZE];
	size_t len;
	int reason;

	weir_item_entry(item, compiler->feed_settings->subdomains,
	    compiler->feed_settings->lifetime_s, &entry);
	if (item->category != NULL)
		entry.category = category_number(compiler, worker, item);
	len = weir_name_to_key(item->name, WEIR_TRIGGER_QNAME, key, NULL);
	reason = weir_guard_judge(&compiler->guard, key, len, &entry,
	    compiler->out->policy->feeds[entry.feed].action,
	    weir_guard_url(item, compiler->feed_settings));
	if (reason != WEIR_GUARD_FINE)
		return WEIR_LIST_REFUSED(reason);
	if (!take_answer(compiler, item, &entry))
		return WEIR_LIST_REFUSED(WEIR_LIST_ANSWERS);
	return weir_sort_part_add(
	    worker->part, worker->piece, key, len, &entry);
}

static int
begin_piece(void *arg, unsigned int thread, uint64_t piece)
{
	struct compiler *compiler = arg;
	struct worker *worker = &compiler->workers[thread];

	worker->piece = piece;
	return worker->part != NULL
		   ? 0
		   : weir_sort_part_new(compiler->out->sort, &worker->part);
}

static int
end_piece(void *arg, unsigned int thread, uint64_t piece)
{
	struct compiler *compiler = arg;
	struct worker *worker = &compiler->workers[thread];

	return weir_sort_part_end(worker->part, piece);
}

static void
show_octets(void *arg, uint64_t done, uint64_t total)
{
	struct compiler *compiler = arg;

	(void)total;
	weir_progress_show(&compiler->progress, compiler->octets_before + done);
}

/* The category of the old policy under its number in the new one. */
static uint16_t
map_category(struct compiler *compiler, unsigned int old_category)
{
	const struct weir_policy *old = weir_generation_policy(compiler->old);
	int number = -1;

	if (old_category < old->category_count)
		number = weir_policy_add_category(
		    compiler->out->policy, old->categories[old_category]);
	compiler->out->has_lost_categories |= number < 0;
	return number < 0 ? rest_category(compiler) : (uint16_t)number;
}

static int
refuse_old(
    struct compiler *compiler, int reason, const struct weir_db_record *record)
{
	struct weir_name name;
	int ret;

	ret = weir_name_from_key(record->key, record->key_len, &name);
	if (ret == 0)
		count_guarded(compiler, reason, &name);
	return ret;
}

/* The place in the new table of an answer of the old one. */
static int
map_answer(
    const struct compiler *compiler, unsigned int action, uint16_t *place)
{
	const struct weir_policy *old = weir_generation_policy(compiler->old);
	const uint8_t *octets;
	size_t len;
	int found;

	if (action != WEIR_ACTION_LOCAL)
		return 0;
	if (!weir_answers_get(&old->answers, *place, &octets, &len))
		return WEIR_EFORMAT;
	found = weir_answers_add(&compiler->out->policy->answers, octets, len);
	if (found >= 0)
		*place = (uint16_t)found;
	return found < 0 ? found : 0;
}

static int
map_answers(const struct compiler *compiler, struct weir_entry *entry)
{
	int ret = map_answer(compiler, entry->action, &entry->answer);

	return ret < 0 ? ret
		       : map_answer(compiler, entry->below_action,
			     &entry->below_answer);
}

/* One name of the old generation: its entry of the feed at work. */
static int
take_old(void *arg, const struct weir_db_record *record)
{
	const uint8_t *key = record->key, *entries = record->entries;
	unsigned int entry_count = record->entry_count;
	struct compiler *compiler = arg;
	size_t key_len = record->key_len;
	struct weir_entry entry;
	unsigned int i;
	int ret, reason;

	for (i = 0; i < entry_count; i++, entries += WEIR_ENTRY_BYTES)
		if (weir_bytes_get16(entries) == compiler->old_feed)
			break;
	if (i == entry_count)
		return 0;
	ret = weir_entry_decode(entries, &entry);
	if (ret < 0)
		return ret;
	/* The guard rails may be younger than the names. */
	reason = weir_guard_judge(&compiler->guard, key, key_len, &entry,
	    compiler->out->policy->feeds[compiler->entry.feed].action,
	    WEIR_GUARD_NO_URL);
	if (reason != WEIR_GUARD_FINE)
		return refuse_old(compiler, reason, record);
	entry.feed = compiler->entry.feed;
	entry.category = map_category(compiler, entry.category);
	ret = map_answers(compiler, &entry);
	if (ret == WEIR_ELIMIT)
		return refuse_old(compiler, WEIR_LIST_ANSWERS, record);
	if (ret < 0)
		return ret;
	ret = weir_sort_add(compiler->out->sort, key, key_len, &entry);
	if (ret == 0)
		compiler->out->feeds[compiler->feed].kept_count++;
	return ret;
}

/* The feed's names of the generation before; none if it did not know it, or
 * is damaged. */
static int
take_over(struct compiler *compiler)
{
	struct weir_compile_feed *feed = &compiler->out->feeds[compiler->feed];
	const char *name = compiler->settings->feeds[compiler->feed].name;
	uint64_t mark = weir_sort_mark(compiler->out->sort);
	const struct weir_policy *old;
	unsigned int i;
	int ret = 0;

	if (compiler->old == NULL)
		return 0;
	old = weir_generation_policy(compiler->old);
	for (i = WEIR_FEED_FIRST; i < old->feed_count; i++)
		if (strcmp(old->feeds[i].name, name) == 0)
			break;
	if (i < old->feed_count) {
		compiler->old_feed = (uint16_t)i;
		ret = weir_generation_walk(
		    compiler->old, NULL, take_old, compiler);
	}
	if (ret == WEIR_EFORMAT) {
		weir_sort_undo(compiler->out->sort, mark);
		feed->kept_count = 0;
		ret = 0;
	}
	return ret;
}

bool
weir_compile_is_same(const struct weir_compile_feed *feed, const char *file)
{
	uint64_t size, modified_ns;

	return weir_origin_stamp(file, &size, &modified_ns) &&
	       size == feed->size && modified_ns == feed->modified_ns;
}

static int
read_list(struct compiler *compiler)
{
	const struct weir_feed_settings *settings =
	    &compiler->settings->feeds[compiler->feed];
	struct weir_compile_feed *feed = &compiler->out->feeds[compiler->feed];
	struct weir_list_options options = weir_item_options(settings);
	struct weir_list_sink sink = { .thread_count = compiler->thread_count,
		.piece_size = ((size_t)compiler->settings->compile_memory_mb
				  << 20) /
			      TEXT_SHARE / compiler->thread_count,
		.arg = compiler,
		.options = &options,
		.each = take_item,
		.begin_piece = begin_piece,
		.end_piece = end_piece,
		.show = show_octets };
	unsigned int i;
	int ret;

	if (sink.piece_size > TEXT_SIZE_MAX)
		sink.piece_size = TEXT_SIZE_MAX;
	for (i = 0; i < compiler->thread_count; i++)
		compiler->workers[i].category[0] = '\0';
	ret = weir_list_read_by(settings->file, settings->format, &sink,
	    &feed->report, &feed->problem);
	feed->has_changed = !weir_compile_is_same(feed, settings->file);
	for (i = 0; i < compiler->thread_count; i++) {
		weir_sort_part_free(compiler->workers[i].part);
		compiler->workers[i].part = NULL;
	}
	return ret;
}

/* The names of a preset, each for itself alone.
 *   doh-canary: Firefox leaves DNS over HTTPS off by itself if the name is not
 *     there (support.mozilla.org, canary domain)
 *   private-relay: Apple asks for either answer, and for no silence
 *     (developer.apple.com, "Prepare your network for iCloud Private Relay")
 *   ddr: no designated resolver is known (RFC 9462, section 6.4) */
static const struct preset_name {
	enum weir_preset preset;
	uint8_t action;
	const char *name;
} preset_names[] = {
	{ WEIR_PRESET_DOH_CANARY, WEIR_ACTION_NXDOMAIN,
	    "use-application-dns.net" },
	{ WEIR_PRESET_PRIVATE_RELAY, WEIR_ACTION_NXDOMAIN, "mask.icloud.com" },
	{ WEIR_PRESET_PRIVATE_RELAY, WEIR_ACTION_NXDOMAIN,
	    "mask-h2.icloud.com" },
	{ WEIR_PRESET_DDR, WEIR_ACTION_NODATA, "_dns.resolver.arpa" },
};

static int
take_presets(struct compiler *compiler)
{
	struct weir_entry entry = compiler->entry;
	const struct preset_name *preset = preset_names;
	unsigned int i, presets = compiler->settings->presets;
	struct weir_compile_feed *feed = &compiler->out->feeds[compiler->feed];
	uint8_t key[WEIR_KEY_SIZE];
	struct weir_name name;
	size_t len;
	int ret = 0;

	entry.scope = WEIR_SCOPE_NAME;
	for (i = 0;
	     ret == 0 && i < sizeof(preset_names) / sizeof(preset_names[0]);
	     i++, preset++) {
		if ((presets & (unsigned int)preset->preset) == 0)
			continue;
		entry.action = preset->action;
		ret = weir_name_parse(
		    preset->name, strlen(preset->name), &name);
		if (ret != 0)
			break;
		len = weir_name_to_key(&name, WEIR_TRIGGER_QNAME, key, NULL);
		ret = weir_sort_add(compiler->out->sort, key, len, &entry);
		feed->report.entry_count++;
	}
	return ret;
}

/* What every entry of the feed begins with. */
static void
start_feed(struct compiler *compiler)
{
	const struct weir_feed_settings *settings =
	    &compiler->settings->feeds[compiler->feed];
	struct weir_compile_feed *feed = &compiler->out->feeds[compiler->feed];

	memset(&compiler->entry, 0, sizeof(compiler->entry));
	compiler->feed_settings = settings;
	compiler->entry.feed = (uint16_t)(WEIR_FEED_FIRST + compiler->feed);
	compiler->entry.category = (uint16_t)weir_policy_find_category(
	    compiler->out->policy,
	    compiler->settings->policy.categories[settings->category]);
	compiler->entry.confidence = settings->confidence;
	share_answers(compiler);
	/* An unchanged file has unchanged entries.  The folder of a signed feed
	 * changes whenever one of its names does. */
	if (settings->file != NULL &&
	    weir_origin_stamp(
		settings->file, &feed->size, &feed->modified_ns) &&
	    settings->lifetime_s != 0 && !weir_signed_is_folder(settings))
		compiler->entry.valid_until = weir_item_end(
		    (int64_t)(feed->modified_ns / NS_PER_S),
		    settings->lifetime_s);
	feed->is_over = compiler->entry.valid_until != 0 &&
			(time_t)compiler->entry.valid_until <= time(NULL);
}

/* Which state of a signed feed its names are of: that which was read, or that of
 * the generation before. */
static void
note_sequence(struct compiler *compiler)
{
	const struct weir_compile_feed *feed =
	    &compiler->out->feeds[compiler->feed];
	struct weir_feed *its =
	    &compiler->out->policy->feeds[WEIR_FEED_FIRST + compiler->feed];
	const struct weir_feed *old = NULL;
	int was = -1;

	if (compiler->old != NULL)
		was = weir_policy_find_feed(
		    weir_generation_policy(compiler->old), its->name);
	if (was >= 0)
		old = &weir_generation_policy(compiler->old)->feeds[was];
	if (old != NULL && old->gen[0] != '\0' &&
	    (feed->report.gen[0] != '\0' || feed->kept_count > 0)) {
		its->day_names = old->day_names;
		its->day_unix = old->day_unix;
	}
	if (feed->state == WEIR_COMPILE_READ) {
		memcpy(its->gen, feed->report.gen, sizeof(its->gen));
		its->sequence = feed->report.sequence;
	} else if (feed->kept_count > 0 && old != NULL) {
		memcpy(its->gen, old->gen, sizeof(its->gen));
		its->sequence = old->sequence;
	}
}

static int
read_feed(struct compiler *compiler)
{
	const struct weir_feed_settings *settings =
	    &compiler->settings->feeds[compiler->feed];
	struct weir_compile_feed *feed = &compiler->out->feeds[compiler->feed];
	uint64_t mark = weir_sort_mark(compiler->out->sort);
	int ret;

	start_feed(compiler);
	feed->state = WEIR_COMPILE_READ;
	if (settings->file == NULL)
		return take_presets(compiler);
	if (compiler->is_held != NULL && compiler->is_held[compiler->feed]) {
		feed->state = WEIR_COMPILE_HELD;
		compiler->out->held_count++;
		return take_over(compiler);
	}
	ret = read_list(compiler);
	/* Not the list's fault: the sort's. */
	if (weir_sort_problem(compiler->out->sort, NULL) < 0)
		return weir_sort_problem(compiler->out->sort, NULL);
	if (ret == WEIR_EMISSING || ret == WEIR_ESYSTEM ||
	    ret == WEIR_EFORMAT || ret == WEIR_ELIMIT) {
		weir_sort_undo(compiler->out->sort, mark);
		feed->state = WEIR_COMPILE_LOST;
		ret = take_over(compiler);
	} else if (ret == 0 && feed->report.entry_count == 0) {
		/* A download that broke off, or brought the page of an error:
		 * more likely than a list that has nothing left to say. */
		(void)weir_problem_set(&feed->problem, 0,
		    "%s: holds no usable name", settings->file);
		ret = take_over(compiler);
	}
	if (feed->kept_count > 0)
		feed->state = WEIR_COMPILE_KEPT;
	else if (feed->state == WEIR_COMPILE_READ && feed->has_changed)
		compiler->out->changed_count++;
	if (feed->state == WEIR_COMPILE_KEPT)
		compiler->out->kept_count++;
	else if (feed->state == WEIR_COMPILE_LOST)
		compiler->out->lost_count++;
	return ret;
}

/* allow: or deny: */
static int
take_rules(struct compiler *compiler, const struct weir_name_rules *rules,
    enum weir_feed_number feed)
{
	struct weir_entry entry = { .feed = (uint16_t)feed,
		.confidence = LOCAL_CONFIDENCE };
	uint8_t key[WEIR_KEY_SIZE];
	unsigned int i;
	size_t len;
	int ret = 0;

	for (i = 0; i < rules->count && ret == 0; i++) {
		entry.scope = rules->items[i].scope;
		entry.first_seen = rules->items[i].made_unix;
		entry.valid_until = rules->items[i].until_unix;
		len = weir_name_to_key(
		    &rules->items[i].name, WEIR_TRIGGER_QNAME, key, NULL);
		ret = weir_sort_add(compiler->out->sort, key, len, &entry);
	}
	return ret;
}

static uint64_t
file_size(const char *path)
{
	struct stat st;

	return path != NULL && stat(path, &st) == 0 && S_ISREG(st.st_mode)
		   ? (uint64_t)st.st_size
		   : 0;
}

static int
read_all(struct compiler *compiler)
{
	const struct weir_settings *settings = compiler->settings;
	uint64_t total = 0;
	unsigned int i;
	int ret;

	ret = weir_guard_init(&compiler->guard, settings, &compiler->why);
	if (ret == 0)
		ret = take_rules(compiler, &settings->allow, WEIR_FEED_ALLOW);
	if (ret == 0)
		ret = take_rules(compiler, &settings->deny, WEIR_FEED_DENY);
	for (i = 0; i < settings->feed_count; i++)
		total += file_size(settings->feeds[i].file);
	weir_progress_init(&compiler->progress, "reading lists", total);
	for (i = 0; i < settings->feed_count && ret == 0; i++) {
		compiler->feed = i;
		ret = read_feed(compiler);
		note_sequence(compiler);
		compiler->octets_before += file_size(settings->feeds[i].file);
		weir_progress_show(
		    &compiler->progress, compiler->octets_before);
	}
	weir_progress_done(&compiler->progress);
	return ret;
}

/* Each thread may take a few lists' names: so many as the memory allows. */
static int
sort_new(struct compiler *compiler)
{
	uint64_t memory = compiler->settings->compile_memory_mb;
	uint64_t most = memory / THREAD_MEMORY_MB;
	struct weir_sort_options options = {
		.folder = compiler->settings->database,
		.memory = memory << 20,
		.policy = compiler->out->policy,
		.progress = &compiler->sorting
	};

	if (compiler->thread_count > most)
		compiler->thread_count = (unsigned int)most;
	if (compiler->thread_count > WEIR_WORK_THREADS)
		compiler->thread_count = WEIR_WORK_THREADS;
	options.thread_count = compiler->thread_count;
	return weir_sort_new_bounded(&options, &compiler->out->sort);
}

static int
sort(struct compiler *compiler)
{
	int ret;

	weir_progress_init(&compiler->sorting, "sorting names", 0);
	ret = weir_sort_finish(compiler->out->sort);
	weir_progress_done(&compiler->sorting);
	return ret;
}

/* The settings' policy, with the numbers of the generation before as far as
 * possible: then little change makes a small overlay. */
static int
start_policy(struct compiler *compiler)
{
	struct weir_policy *policy = malloc(sizeof(*policy));

	if (policy == NULL)
		return WEIR_EMEMORY;
	*policy = compiler->settings->policy;
	if (compiler->old != NULL)
		weir_policy_follow(
		    policy, weir_generation_policy(compiler->old));
	compiler->out->policy = policy;
	return 0;
}

int
weir_compile(const struct weir_settings *settings, const bool *is_held,
    const struct weir_generation *old, unsigned int thread_count,
    struct weir_compiled *ret_compiled, struct weir_problem *problem)
{
	struct weir_compiled compiled = { .feed_count = settings->feed_count };
	struct compiler *compiler = calloc(1, sizeof(*compiler));
	struct weir_problem why = { "" };
	int ret = WEIR_EMEMORY;

	compiled.feeds = calloc(
	    settings->feed_count + 1, sizeof(*compiled.feeds));
	if (compiler != NULL && compiled.feeds != NULL) {
		compiler->settings = settings;
		compiler->is_held = is_held;
		compiler->old = old;
		compiler->out = &compiled;
		compiler->thread_count = thread_count;
		(void)pthread_mutex_init(&compiler->mutex, NULL);
		ret = start_policy(compiler);
	}
	if (ret == 0)
		ret = sort_new(compiler);
	if (ret == 0)
		ret = read_all(compiler);
	if (ret == 0)
		ret = sort(compiler);
	if (ret == 0) {
		*ret_compiled = compiled;
	} else if (compiler != NULL && compiler->why.text[0] != '\0') {
		(void)weir_problem_set(problem, ret, "%s", compiler->why.text);
		weir_compile_done(&compiled);
	} else {
		(void)weir_problem_set(&why, ret, "%s", weir_error_text(ret));
		if (compiled.sort != NULL)
			(void)weir_sort_problem(compiled.sort, &why);
		(void)weir_problem_set(problem, ret,
		    "the lists cannot be compiled: %.400s", why.text);
		weir_compile_done(&compiled);
	}
	if (compiler != NULL)
		weir_guard_done(&compiler->guard);
	free(compiler);
	return ret;
}

void
weir_compile_done(struct weir_compiled *compiled)
{
	weir_sort_free(compiled->sort);
	free(compiled->feeds);
	free(compiled->policy);
	memset(compiled, 0, sizeof(*compiled));
}
