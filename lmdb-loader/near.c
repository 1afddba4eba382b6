/*
 * near.c - entries near a name that is not blocked.
 */
#include "lmdb-loader/near.h"

#include <libpsl.h>
#include <string.h>

/* Of a name with millions below it only the first are looked at. */
#define RECORDS_MAX 100000

#define ENOUGH 1

struct walk {
	int (*each)(void *arg, const struct weir_name *name,
	    const struct weir_db_record *record);
	void *arg;
	unsigned int found, seen;
	/* Keys at and below this one were handed on already. */
	uint8_t done[WEIR_KEY_SIZE];
	size_t done_len;
	size_t top_len; /* of the key at the top: an ancestor, seen elsewhere */
};

static int
take_record(void *arg, const struct weir_db_record *record)
{
	struct walk *walk = arg;
	struct weir_name name;
	int ret;

	if (walk->found == WEIR_NEAR_NAMES || ++walk->seen > RECORDS_MAX)
		return ENOUGH;
	if (record->key_len == walk->top_len ||
	    (walk->done_len > 0 && record->key_len >= walk->done_len &&
		memcmp(record->key, walk->done, walk->done_len) == 0))
		return 0;
	ret = weir_name_from_key(record->key, record->key_len, &name);
	if (ret < 0)
		return ret;
	walk->found++;
	return walk->each(walk->arg, &name, record);
}

/* The place of the registrable domain's first label in the name; -1: none. */
static int
find_registrable(const struct weir_name *name)
{
	const psl_ctx_t *psl = psl_builtin();
	char text[WEIR_NAME_TEXT_SIZE];
	const char *domain, *dot;
	unsigned int labels = 1;

	(void)weir_name_print(name, text);
	domain = psl != NULL ? psl_registrable_domain(psl, text) : NULL;
	if (domain == NULL)
		return -1;
	for (dot = strchr(domain, '.'); dot != NULL; dot = strchr(dot + 1, '.'))
		labels++;
	return labels <= name->label_count ? (int)(name->label_count - labels)
					   : -1;
}

int
weir_near_walk(const struct weir_generation *generation,
    const struct weir_name *name,
    int (*each)(void *arg, const struct weir_name *name,
	const struct weir_db_record *record),
    void *arg)
{
	struct walk walk = { .each = each, .arg = arg };
	int label, last = find_registrable(name), ret = 0;
	uint8_t key[WEIR_KEY_SIZE];
	uint16_t ends[WEIR_NAME_LABELS + 1];
	struct weir_name top;

	(void)weir_name_to_key(name, WEIR_TRIGGER_QNAME, key, ends);
	for (label = 0; label <= last && ret == 0; label++) {
		walk.top_len = ends[name->label_count - label];
		ret = weir_name_from_key(key, walk.top_len, &top);
		if (ret == 0)
			ret = weir_generation_walk(
			    generation, &top, take_record, &walk);
		memcpy(walk.done, key, walk.top_len);
		walk.done_len = walk.top_len;
	}
	return ret == ENOUGH ? 0 : ret;
}
