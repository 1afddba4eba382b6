/*
 * guard.c - what no feed may block.  Used by whatever takes names of feeds:
 * compile.c and delta.c.
 *
 * Asked for each name of each list: one look-up in a hash table that fits into
 * the processor's cache decides for most of them.
 */
#include "lmdb-loader/guard.h"

#include <string.h>

#define REASON(of) ((unsigned int)(of) + 1)

/* A name as it is judged. */
struct asked {
	const uint8_t *key;
	unsigned int count; /* labels */
	uint16_t ends[WEIR_NAME_LABELS + 1];
};

static int
add_never_block(struct weir_guard *guard, const struct weir_name_rules *rules)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < rules->count && ret == 0; i++)
		ret = weir_guard_table_add(&guard->table, &rules->items[i].name,
		    REASON(WEIR_LIST_NEVER_BLOCK), true, 0);
	return ret;
}

static int
fail(struct weir_guard *guard, int error, const struct weir_problem *why,
    struct weir_problem *problem)
{
	weir_guard_done(guard);
	return weir_problem_set(problem, error,
	    "guard in weir.yaml: %.440s; without it no list is taken",
	    why->text[0] != '\0' ? why->text : weir_error_text(error));
}

int
weir_guard_init_names(struct weir_guard *guard,
    const struct weir_settings *settings, struct weir_problem *problem)
{
	const struct weir_guard_settings *rails = &settings->guard;
	const struct weir_problem why = { "" };
	int ret;

	memset(guard, 0, sizeof(*guard));
	guard->has_public_suffixes = rails->has_public_suffixes;
	guard->has_private_suffixes = rails->has_private_suffixes;
	ret = weir_guard_table_init(&guard->table);
	if (ret == 0)
		ret = add_never_block(guard, &settings->never_block);
	if (ret == 0)
		ret = weir_guard_names_add(guard, rails->has_well_known);
	return ret == 0 ? 0 : fail(guard, ret, &why, problem);
}

int
weir_guard_init_files(struct weir_guard *guard,
    const struct weir_settings *settings, struct weir_problem *problem)
{
	const struct weir_guard_settings *rails = &settings->guard;
	struct weir_problem why = { "" };
	int ret;

	ret = weir_guard_suffix_open(guard, rails, &why);
	if (ret == 0 && rails->popular_file != NULL)
		ret = weir_guard_popular_read(guard, rails->popular_file, &why);
	return ret == 0 ? 0 : fail(guard, ret, &why, problem);
}

int
weir_guard_init(struct weir_guard *guard, const struct weir_settings *settings,
    struct weir_problem *problem)
{
	int ret;

	ret = weir_guard_init_names(guard, settings, problem);
	return ret == 0 ? weir_guard_init_files(guard, settings, problem) : ret;
}

void
weir_guard_done(struct weir_guard *guard)
{
	weir_guard_table_done(&guard->table);
	psl_free(guard->own_psl);
	guard->own_psl = NULL;
	guard->psl = NULL;
}

int
weir_guard_add_top(struct weir_guard *guard, const struct weir_name *name,
    unsigned int reason, unsigned int flags)
{
	struct weir_guard_top *top;

	if (guard->top_count == WEIR_GUARD_TOPS)
		return WEIR_ELIMIT;
	top = &guard->tops[guard->top_count++];
	memcpy(top->key, name->wire, 1U + name->wire[0]);
	top->reason = (uint8_t)reason;
	top->flags = (uint8_t)flags;
	return 0;
}

static const struct weir_guard_top *
find_top(const struct weir_guard *guard, const struct asked *asked)
{
	const uint8_t *label = asked->key + 1;
	unsigned int i;

	for (i = 0; i < guard->top_count; i++)
		if (guard->tops[i].key[0] == label[0] &&
		    memcmp(guard->tops[i].key + 1, label + 1, label[0]) == 0)
			return &guard->tops[i];
	return NULL;
}

static void
ask(struct asked *asked, const uint8_t *key, size_t len)
{
	size_t at;

	asked->key = key;
	asked->count = 0;
	asked->ends[0] = 1;
	for (at = 1; at < len; at += 1U + key[at])
		asked->ends[++asked->count] = (uint16_t)(at + 1U + key[at]);
}

static const struct weir_guard_item *
find(const struct weir_guard *guard, const struct asked *asked,
    unsigned int labels)
{
	return weir_guard_table_find(
	    &guard->table, asked->key, asked->ends[labels]);
}

/* The names above it, from two labels on, and itself, as far as the table goes.
 * NULL at `labels`: not there. */
struct path {
	const struct weir_guard_item *last, *parent;
	unsigned int below; /* the reason of one above it that is BELOW */
};

static void
walk(const struct weir_guard *guard, const struct asked *asked,
    struct path *path)
{
	const struct weir_guard_item *item;
	unsigned int i;

	memset(path, 0, sizeof(*path));
	for (i = 2; i <= asked->count; i++) {
		item = find(guard, asked, i);
		path->parent = path->last;
		path->last = item;
		if (item == NULL)
			break;
		if (i < asked->count && (item->flags & WEIR_GUARD_BELOW) != 0) {
			path->below = item->self;
			break;
		}
	}
	/* One above its parent is missing, so is its parent. */
	if (i < asked->count)
		path->last = path->parent = NULL;
}

/* By "*.ck" of the suffixes: what is above the name says that it is one.  Its
 * WILD flags, or 0. */
static unsigned int
wild_flags(const struct weir_guard_top *top, const struct asked *asked,
    const struct path *path)
{
	unsigned int flags = 0;

	if (path->last != NULL &&
	    (path->last->flags & WEIR_GUARD_NO_SUFFIX) != 0)
		return 0;
	if (asked->count == 2 && top != NULL)
		flags = top->flags;
	else if (asked->count > 2 && path->parent != NULL)
		flags = path->parent->flags;
	return flags & (WEIR_GUARD_WILD | WEIR_GUARD_WILD_PRIVATE);
}

static unsigned int
judge_wild(const struct weir_guard *guard, unsigned int flags)
{
	if ((flags & WEIR_GUARD_WILD) != 0 && guard->has_public_suffixes)
		return REASON(WEIR_LIST_PUBLIC_SUFFIX);
	if ((flags & WEIR_GUARD_WILD_PRIVATE) != 0 &&
	    guard->has_private_suffixes)
		return REASON(WEIR_LIST_PRIVATE_SUFFIX);
	return 0;
}

/* The first `labels` labels of the key, as text. */
static void
print(const struct asked *asked, unsigned int labels, char *text)
{
	unsigned int i;
	size_t at = 0, len;

	for (i = labels; i > 0; i--) {
		len = (size_t)(asked->ends[i] - asked->ends[i - 1]) - 1;
		memcpy(text + at, asked->key + asked->ends[i - 1] + 1, len);
		at += len;
		text[at++] = i > 1 ? '.' : '\0';
	}
}

static bool
is_psl_suffix(const struct weir_guard *guard, const char *text, int type)
{
	return psl_is_public_suffix2(
		   guard->psl, text, type | PSL_TYPE_NO_STAR_RULE) != 0;
}

/* Where no file tells all suffixes, libpsl is asked for each name. */
static unsigned int
judge_by_psl(const struct weir_guard *guard, const struct asked *asked)
{
	char text[WEIR_NAME_SIZE + 1];

	print(asked, asked->count, text);
	if (!is_psl_suffix(guard, text, PSL_TYPE_ANY))
		return 0;
	if (guard->has_public_suffixes &&
	    is_psl_suffix(guard, text, PSL_TYPE_ICANN))
		return REASON(WEIR_LIST_PUBLIC_SUFFIX);
	if (guard->has_private_suffixes &&
	    is_psl_suffix(guard, text, PSL_TYPE_PRIVATE))
		return REASON(WEIR_LIST_PRIVATE_SUFFIX);
	return 0;
}

/* Whether the first `labels` labels are a suffix, guarded or not. */
static bool
is_suffix(const struct weir_guard *guard, const struct asked *asked,
    unsigned int labels)
{
	struct asked above = *asked;
	char text[WEIR_NAME_SIZE + 1];
	struct path path;

	if (labels < 2)
		return true;
	if (guard->psl != NULL) {
		print(asked, labels, text);
		return is_psl_suffix(guard, text, PSL_TYPE_ANY);
	}
	above.count = labels;
	walk(guard, &above, &path);
	if (path.last != NULL && (path.last->flags & WEIR_GUARD_SUFFIX) != 0)
		return true;
	return wild_flags(find_top(guard, asked), &above, &path) != 0;
}

/* A URL names one page; the host of a popular domain has others. */
static unsigned int
judge_url(const struct weir_guard *guard, const struct asked *asked,
    enum weir_guard_url url)
{
	const struct weir_guard_item *item = NULL;
	unsigned int labels = asked->count;

	if (url == WEIR_GUARD_NO_URL)
		return 0;
	while (labels > 1 && !is_suffix(guard, asked, labels - 1))
		labels--;
	if (labels > 1)
		item = find(guard, asked, labels);
	if (item != NULL && item->self != 0)
		return item->self;
	return url == WEIR_GUARD_URL ? REASON(WEIR_LIST_WHOLE_HOST) : 0;
}

/* www.example.com is the site that example.com is popular for. */
static bool
is_site(const struct asked *asked, const struct path *path)
{
	static const uint8_t www[] = { 3, 'w', 'w', 'w' };
	const uint8_t *last = asked->key + asked->ends[asked->count - 1];

	return path->parent != NULL &&
	       path->parent->self == REASON(WEIR_LIST_POPULAR) &&
	       memcmp(last, www, last[0] == 3 ? 4 : 1) == 0;
}

static unsigned int
judge(const struct weir_guard *guard, const struct asked *asked,
    unsigned int scope, enum weir_guard_url url)
{
	const struct weir_guard_top *top;
	unsigned int reason;
	struct path path;

	if (asked->count < 2)
		return REASON(WEIR_LIST_SINGLE_LABEL);
	top = find_top(guard, asked);
	if (top != NULL && top->reason != 0)
		return top->reason;
	walk(guard, asked, &path);
	if (path.below != 0)
		return path.below;
	if (path.last != NULL && path.last->self != 0)
		return path.last->self;
	if (path.last != NULL && path.last->above != 0 &&
	    (scope & WEIR_SCOPE_SUBDOMAINS) != 0)
		return path.last->above;
	if (is_site(asked, &path))
		return REASON(WEIR_LIST_POPULAR);
	reason = judge_wild(guard, wild_flags(top, asked, &path));
	if (reason == 0 && guard->psl != NULL)
		reason = judge_by_psl(guard, asked);
	return reason != 0 ? reason : judge_url(guard, asked, url);
}

/* What the entry says of the name itself or of what is below it. */
static unsigned int
word(const struct weir_entry *entry, bool is_below, unsigned int feed_action)
{
	unsigned int action = weir_entry_action(entry, is_below);

	if ((entry->scope &
		(is_below ? WEIR_SCOPE_SUBDOMAINS : WEIR_SCOPE_NAME)) == 0)
		return WEIR_ACTION_CANCELLED;
	return action == WEIR_ACTION_DEFAULT ? feed_action : action;
}

/* The places of which the entry's word would be a block. */
static unsigned int
blocked_scope(const struct weir_entry *entry, unsigned int feed_action)
{
	unsigned int scope = 0, i, action;

	for (i = 0; i < 2; i++) {
		action = word(entry, i == 1, feed_action);
		if (action != WEIR_ACTION_PASS &&
		    action != WEIR_ACTION_EXCEPT &&
		    action != WEIR_ACTION_CANCELLED)
			scope |= i == 1 ? WEIR_SCOPE_SUBDOMAINS
					: WEIR_SCOPE_NAME;
	}
	return scope;
}

/* What does not block: "*.com" would switch all feeds behind off, and one page
 * does not vouch for its whole host. */
static int
judge_pass(const struct asked *asked, const struct weir_entry *entry,
    unsigned int feed_action, enum weir_guard_url url)
{
	if (url == WEIR_GUARD_URL)
		return WEIR_LIST_WHOLE_HOST;
	if (asked->count < 2 &&
	    (word(entry, false, feed_action) == WEIR_ACTION_PASS ||
		word(entry, true, feed_action) == WEIR_ACTION_PASS))
		return WEIR_LIST_SINGLE_LABEL;
	return WEIR_GUARD_FINE;
}

int
weir_guard_judge(const struct weir_guard *guard, const uint8_t *key, size_t len,
    const struct weir_entry *entry, unsigned int feed_action,
    enum weir_guard_url url)
{
	unsigned int scope = blocked_scope(entry, feed_action), reason;
	struct asked asked;

	ask(&asked, key, len);
	if (scope == 0)
		return judge_pass(&asked, entry, feed_action, url);
	reason = judge(guard, &asked, scope, url);
	return reason == 0 ? WEIR_GUARD_FINE : (int)reason - 1;
}
