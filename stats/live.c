/*
 * live.c - tables and events out of status files.
 *
 * A status file is another process's: nothing in it is trusted, names end where
 * their slot ends, and what is no name or address is shown as "?".
 */
#include "stats/live.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/name.h"
#include "stats/stat.h"

/* One key of one module, on its way into the sum. */
struct part {
	const struct weir_top_counter *counter;
	unsigned int module;
};

static int
compare_keys(const struct weir_top_counter *a, const struct weir_top_counter *b)
{
	return weir_name_compare_keys(
	    a->key, (size_t)a->key_len, b->key, (size_t)b->key_len);
}

static int
compare_parts(const void *left, const void *right)
{
	const struct part *a = left, *b = right;

	return compare_keys(a->counter, b->counter);
}

static int
compare_rows(const void *left, const void *right)
{
	const struct weir_live_row *a = left, *b = right;

	if (a->count != b->count)
		return a->count < b->count ? 1 : -1;
	return weir_name_compare_keys(a->key, a->key_len, b->key, b->key_len);
}

static void
add_part(struct weir_live_row *row, const struct part *part,
    const struct weir_top_table *table)
{
	const struct weir_top_counter *counter = part->counter;
	uint64_t floor = table->floor;

	/* The floors of all tables are in it already. */
	row->count += counter->count - floor;
	row->error += counter->error;
	row->error -= floor < row->error ? floor : row->error;
	if (row->first_unix == 0 || counter->first_unix < row->first_unix)
		row->first_unix = counter->first_unix;
	if (counter->last_unix > row->last_unix)
		row->last_unix = counter->last_unix;
	row->key_len = (size_t)counter->key_len;
	memcpy(row->key, counter->key, sizeof(row->key));
}

/* Makes one row of the parts of each key. */
static void
join_parts(struct weir_top_table **tables, unsigned int table_count,
    struct part *parts, size_t part_count, struct weir_live_top *top)
{
	struct weir_live_row *row = NULL;
	uint64_t floors = 0;
	unsigned int i;
	size_t p;

	for (i = 0; i < table_count; i++)
		floors += tables[i]->floor;
	qsort(parts, part_count, sizeof(*parts), compare_parts);
	for (p = 0; p < part_count; p++) {
		if (!row ||
		    compare_keys(parts[p - 1].counter, parts[p].counter) != 0) {
			row = &top->rows[top->row_count++];
			memset(row, 0, sizeof(*row));
			row->count = row->error = floors;
		}
		add_part(row, &parts[p], tables[parts[p].module]);
	}
	qsort(top->rows, top->row_count, sizeof(*top->rows), compare_rows);
}

static int
join(struct weir_top_table **tables, unsigned int table_count,
    struct weir_live_top *top)
{
	size_t all = 0, used = 0;
	struct part *parts;
	unsigned int i, j;

	for (i = 0; i < table_count; i++) {
		all += tables[i]->used;
		top->total += tables[i]->total;
	}
	parts = calloc(all + 1, sizeof(*parts));
	top->rows = calloc(all + 1, sizeof(*top->rows));
	if (!parts || !top->rows) {
		free(parts);
		weir_live_done(top);
		return WEIR_EMEMORY;
	}
	for (i = 0; i < table_count; i++)
		for (j = 0; j < tables[i]->used; j++) {
			parts[used].counter = &tables[i]->counters[j];
			parts[used++].module = i;
		}
	join_parts(tables, table_count, parts, used, top);
	free(parts);
	return WEIR_OK;
}

int
weir_live_read(const struct weir_status *modules, unsigned int module_count,
    unsigned int top, struct weir_live_top *ret_top)
{
	struct weir_top_table **tables;
	struct weir_live_top made = { NULL, 0, 0 };
	int ret = WEIR_OK;
	unsigned int i;

	tables = calloc(module_count + 1, sizeof(struct weir_top_table *));
	if (!tables)
		return WEIR_EMEMORY;
	for (i = 0; i < module_count && ret == WEIR_OK; i++)
		ret = weir_top_read(weir_status_top(&modules[i], top),
		    weir_status_top_size(), &tables[i]);
	if (ret == WEIR_OK)
		ret = join(tables, module_count, &made);
	if (ret == WEIR_OK)
		*ret_top = made;
	for (i = 0; i < module_count; i++)
		free(tables[i]);
	free(tables);
	return ret;
}

void
weir_live_done(struct weir_live_top *top)
{
	free(top->rows);
	memset(top, 0, sizeof(*top));
}

static void
name_text(const uint8_t *wire, size_t len, char *text)
{
	struct weir_name name;

	if (weir_name_from_wire(wire, len, &name) == 0)
		weir_name_print(&name, text);
	else
		memcpy(text, "?", 2);
}

void
weir_live_text(unsigned int top, const struct weir_live_row *row, char *text)
{
	struct weir_client client;
	bool is_pair = top == WEIR_TOP_CLIENT_NAMES;

	if (top != WEIR_TOP_CLIENTS && top != WEIR_TOP_SHADOW_CLIENTS) {
		if (is_pair && row->key_len < WEIR_CLIENT_KEY_SIZE)
			memcpy(text, "?", 2);
		else
			name_text(
			    row->key + (is_pair ? WEIR_CLIENT_KEY_SIZE : 0),
			    row->key_len - (is_pair ? WEIR_CLIENT_KEY_SIZE : 0),
			    text);
	} else if (weir_client_of_key(row->key, row->key_len, &client)) {
		(void)weir_client_print(&client, text);
	} else {
		memcpy(text, "?", 2);
	}
}

static void
slot_text(const char *slot, size_t size, char *text)
{
	memcpy(text, slot, size);
	text[size - 1] = '\0';
}

void
weir_live_feed(const struct weir_status *module, unsigned int slot,
    char text[WEIR_FEED_NAME_SIZE])
{
	text[0] = '\0';
	if (slot > 0 && slot < WEIR_STATUS_FEEDS)
		slot_text(module->header->feed_names[slot], WEIR_FEED_NAME_SIZE,
		    text);
}

void
weir_live_category(const struct weir_status *module, unsigned int slot,
    char text[WEIR_CATEGORY_SIZE])
{
	text[0] = '\0';
	if (slot > 0 && slot < WEIR_STATUS_CATEGORIES)
		slot_text(module->header->category_names[slot],
		    WEIR_CATEGORY_SIZE, text);
}

void
weir_live_type(uint16_t qtype, char text[WEIR_LIVE_TYPE_SIZE])
{
	enum weir_type_slot slot = weir_type_slot(qtype);

	if (slot != WEIR_TYPE_OTHER)
		(void)snprintf(
		    text, WEIR_LIVE_TYPE_SIZE, "%s", weir_type_slot_text(slot));
	else
		(void)snprintf(text, WEIR_LIVE_TYPE_SIZE, "TYPE%u", qtype);
}

void
weir_live_rcode(unsigned int rcode, char text[WEIR_LIVE_TYPE_SIZE])
{
	static const char *const texts[] = { "NOERROR", "FORMERR", "SERVFAIL",
		"NXDOMAIN", "NOTIMP", "REFUSED" };

	if (rcode < sizeof(texts) / sizeof(texts[0]))
		(void)snprintf(text, WEIR_LIVE_TYPE_SIZE, "%s", texts[rcode]);
	else
		(void)snprintf(text, WEIR_LIVE_TYPE_SIZE, "RCODE%u", rcode);
}

/* "" for a number without a text. */
static const char *
or_empty(const char *text)
{
	return text ? text : "";
}

json_t *
weir_live_event(
    const struct weir_status *module, const struct weir_event *event)
{
	char name[WEIR_NAME_TEXT_SIZE], rule[WEIR_NAME_TEXT_SIZE] = "";
	char matched[WEIR_NAME_TEXT_SIZE] = "";
	char client[WEIR_CLIENT_TEXT_SIZE], feed[WEIR_FEED_NAME_SIZE];
	char category[WEIR_CATEGORY_SIZE], shadow[WEIR_FEED_NAME_SIZE];
	char type[WEIR_LIVE_TYPE_SIZE], rcode[WEIR_LIVE_TYPE_SIZE];

	name_text(event->qname, event->qname_len, name);
	if (event->rule_len > 0)
		name_text(weir_event_rule(event), event->rule_len, rule);
	if (event->matched_len > 0)
		name_text(event->matched, event->matched_len, matched);
	(void)weir_client_print(&event->client, client);
	weir_live_feed(module, event->feed, feed);
	weir_live_category(module, event->category, category);
	weir_live_feed(module, event->shadow_feed, shadow);
	weir_live_type(event->qtype, type);
	weir_live_rcode(event->rcode, rcode);
	return json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:s, s:s, "
			 "s:s, s:s, s:b, s:b, s:i, s:o}",
	    "time_ms", (json_int_t)(event->time_ns / 1000000), "outcome",
	    or_empty(weir_event_outcome_text(event->outcome)), "name", name,
	    "type", type, "client", client, "transport",
	    or_empty(weir_transport_text(event->transport)), "feed",
	    weir_stat_string(feed), "category", weir_stat_string(category),
	    "action",
	    event->rule_len > 0 ? or_empty(weir_action_text(event->action))
				: "",
	    "rcode", rcode, "rule", rule, "matched", matched, "alias",
	    (int)event->is_alias, "from_cache", (int)event->is_from_cache,
	    "confidence", (int)event->confidence, "shadow_feed",
	    weir_stat_string(shadow));
}
