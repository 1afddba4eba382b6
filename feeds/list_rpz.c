/*
 * list_rpz.c - RPZ, a policy as a DNS zone (draft-vixie-dnsop-dns-rpz): from
 * records (feeds/zone.c) to triggers, actions and answers.
 *
 *   bad.example        CNAME .              NXDOMAIN
 *   *.bad.example      CNAME *.             NODATA, for what is below it
 *   good.example       CNAME rpz-passthru.  resolved as usual
 *   x                  CNAME rpz-drop.      no answer
 *   x                  CNAME rpz-tcp-only.  come back over TCP
 *   x                  A 192.0.2.1          an answer of the zone's own: A,
 *                                           AAAA, TXT, or CNAME to a name
 *   32.1.2.0.192.rpz-ip ...                 other triggers: counted, skipped
 *
 * A trigger is the owner without the zone's own name.  That is known from the
 * SOA, or from the first $ORIGIN; in a zone `@` that never says its name, owners
 * without a dot at the end are triggers as they stand, and those with one are
 * outside of it.  In a fragment that has neither, both are triggers.
 *
 * Records of one owner may stand apart: owners with answers of their own wait
 * until the end of the file.  If there are more of them than MAX_OWNERS, those
 * at hand are given on; what comes later for one of these stands behind it.
 */
#include <ldns/ldns.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "feeds/list.h"
#include "feeds/list_line.h"
#include "feeds/zone.h"
#include "lib/answers.h"
#include "lib/bytes.h"

#define DEFAULT_TTL_S    60 /* that of a block, if a record does not say it */
#define MAX_OWNERS       65536
#define MAX_OWNER_OCTETS ((size_t)16 << 20) /* of all of them */

/* An owner that waits for more records. */
struct owner {
	struct owner *next;
	unsigned long line;
	bool is_wildcard;
	uint8_t name_len;
	const uint8_t *name; /* behind the struct */
	uint8_t *records;    /* an answer, lib/answers.h */
	size_t len;
};

enum apex {
	APEX_NONE,    /* there was no SOA yet */
	APEX_UNNAMED, /* `@`, and the file does not say what that is */
	APEX_KNOWN
};

struct rpz {
	struct weir_zone zone;
	enum apex apex;
	struct weir_name apex_name;
	void *tree; /* of owners, for tsearch(3) */
	struct owner *first, *last;
	unsigned int owner_count;
	size_t octets;
};

/* Whom a record is about. */
struct trigger {
	struct weir_name name;
	bool is_wildcard;
};

/* --- refusing ------------------------------------------------------------ */

/* Counts the record at hand under the line where it begins. */
static int
refuse(struct weir_list_reader *reader, enum weir_list_reason reason,
    const char *text, size_t len)
{
	const struct rpz *rpz = weir_list_state(reader);
	unsigned long line = weir_list_line_number(reader);

	if (rpz->zone.first_line != line) {
		weir_list_set_line(reader, rpz->zone.first_line);
		text = rpz->zone.text; /* its first word */
		len = strlen(text);
	}
	weir_list_refuse(reader, reason, text, len);
	weir_list_set_line(reader, line);
	return 0;
}

/* --- triggers ------------------------------------------------------------ */

static bool
has_label(const struct weir_name *name, unsigned int label, const char *text,
    bool is_whole)
{
	const uint8_t *at = name->wire + name->offset[label];
	size_t len = strlen(text);

	return (is_whole ? at[0] == len : at[0] >= len) &&
	       memcmp(at + 1, text, len) == 0;
}

/* Cuts the zone's name off.  false: the owner is outside of the zone. */
static bool
cut_apex(const struct rpz *rpz, const struct weir_zone_name *owner,
    struct weir_name *ret_name)
{
	const struct weir_name *name = &owner->name, *apex = &rpz->apex_name;
	uint8_t wire[WEIR_NAME_SIZE];
	unsigned int above;
	size_t len;

	if (!owner->is_absolute || rpz->apex != APEX_KNOWN) {
		*ret_name = *name;
		return !owner->is_absolute || rpz->apex == APEX_NONE;
	}
	if (name->label_count < apex->label_count)
		return false;
	above = name->label_count - apex->label_count;
	len = name->offset[above];
	if (name->len - len != apex->len ||
	    memcmp(name->wire + len, apex->wire, apex->len) != 0)
		return false;
	memcpy(wire, name->wire, len);
	wire[len] = 0;
	return weir_name_from_wire(wire, len + 1, ret_name) == 0;
}

/* The trigger of the record at hand.  0, or why there is none, plus 1. */
static int
find_trigger(const struct rpz *rpz, struct trigger *ret_trigger)
{
	struct weir_name *name = &ret_trigger->name;
	char text[WEIR_NAME_TEXT_SIZE];
	unsigned int skip = 0;
	size_t len;
	int reason;

	if (!cut_apex(rpz, &rpz->zone.owner, name))
		return 1 + WEIR_LIST_BROKEN;
	if (name->label_count == 0)
		return 1 + WEIR_LIST_ZONE_DATA;
	if (has_label(name, name->label_count - 1U, "rpz-", false))
		return 1 + WEIR_LIST_TRIGGER;
	ret_trigger->is_wildcard = has_label(name, 0, "*", true);
	if (ret_trigger->is_wildcard)
		skip = 1;
	if (name->label_count == skip)
		return 1 + WEIR_LIST_SINGLE_LABEL;
	len = weir_name_print_from(name, skip, text);
	reason = weir_list_judge(text, len, name);
	return reason == 1 + WEIR_LIST_NOT_THIS_FORMAT
		   ? 1 + WEIR_LIST_NOT_A_NAME
		   : reason;
}

static int
give(struct weir_list_reader *reader, const struct trigger *trigger,
    enum weir_action action, const uint8_t *records, size_t len)
{
	const struct rpz *rpz = weir_list_state(reader);
	unsigned long line = weir_list_line_number(reader);
	struct weir_list_item item = WEIR_LIST_ITEM(&trigger->name);
	int ret;

	item.scope = trigger->is_wildcard ? WEIR_SCOPE_SUBDOMAINS
					  : WEIR_SCOPE_NAME;
	item.action = (uint8_t)action;
	item.answer.records = records;
	item.answer.len = len;
	weir_list_set_line(reader, rpz->zone.first_line);
	ret = weir_list_give(reader, &item, NULL, 0);
	weir_list_set_line(reader, line);
	return ret;
}

/* --- owners with answers of their own ------------------------------------ */

static int
compare_owners(const void *left, const void *right)
{
	const struct owner *a = left, *b = right;

	if (a->is_wildcard != b->is_wildcard)
		return a->is_wildcard ? 1 : -1;
	if (a->name_len != b->name_len)
		return a->name_len < b->name_len ? -1 : 1;
	return memcmp(a->name, b->name, a->name_len);
}

static struct owner *
find_owner(const struct rpz *rpz, const struct trigger *trigger)
{
	const struct owner key = { .is_wildcard = trigger->is_wildcard,
		.name_len = trigger->name.len,
		.name = trigger->name.wire };
	struct owner **found = tfind(&key, &rpz->tree, compare_owners);

	return found != NULL ? *found : NULL;
}

/* NULL: out of memory. */
static struct owner *
add_owner(struct rpz *rpz, const struct trigger *trigger)
{
	struct owner *owner = calloc(1, sizeof(*owner) + trigger->name.len);

	if (owner == NULL)
		return NULL;
	memcpy(owner + 1, trigger->name.wire, trigger->name.len);
	owner->name = (const uint8_t *)(owner + 1);
	owner->name_len = trigger->name.len;
	owner->is_wildcard = trigger->is_wildcard;
	owner->line = rpz->zone.first_line;
	if (tsearch(owner, &rpz->tree, compare_owners) == NULL) {
		free(owner);
		return NULL;
	}
	if (rpz->last != NULL)
		rpz->last->next = owner;
	else
		rpz->first = owner;
	rpz->last = owner;
	rpz->owner_count++;
	rpz->octets += sizeof(*owner) + owner->name_len;
	return owner;
}

static void
leave_in_tree(void *owner)
{
	(void)owner;
}

/* Gives all owners on, or only frees them.  0, or what the consumer said. */
static int
empty_owners(struct weir_list_reader *reader, bool is_given)
{
	struct rpz *rpz = weir_list_state(reader);
	unsigned long line = rpz->zone.first_line;
	struct trigger trigger;
	struct owner *owner;
	int ret = 0;

	tdestroy(rpz->tree, leave_in_tree);
	rpz->tree = NULL;
	while ((owner = rpz->first) != NULL) {
		rpz->first = owner->next;
		if (is_given && ret == 0 && owner->len > 0)
			ret = weir_name_from_wire(
			    owner->name, owner->name_len, &trigger.name);
		if (is_given && ret == 0 && owner->len > 0) {
			trigger.is_wildcard = owner->is_wildcard;
			rpz->zone.first_line = owner->line;
			ret = give(reader, &trigger, WEIR_ACTION_LOCAL,
			    owner->records, owner->len);
		}
		free(owner->records);
		free(owner);
	}
	rpz->last = NULL;
	rpz->owner_count = 0;
	rpz->octets = 0;
	rpz->zone.first_line = line;
	return ret;
}

/* --- answers ------------------------------------------------------------- */

static size_t
put_record(uint8_t *octets, uint16_t type, uint32_t ttl_s, const uint8_t *rdata,
    size_t len)
{
	weir_bytes_put16(octets, type);
	weir_bytes_put32(octets + 2, ttl_s);
	weir_bytes_put16(octets + 6, (uint16_t)len);
	memcpy(octets + WEIR_ANSWER_RECORD_BYTES, rdata, len);
	return WEIR_ANSWER_RECORD_BYTES + len;
}

static uint32_t
ttl_of(const struct weir_zone *zone)
{
	uint32_t ttl_s = zone->has_ttl ? zone->ttl_s : DEFAULT_TTL_S;

	return ttl_s < WEIR_ANSWER_TTL_MAX_S ? ttl_s : WEIR_ANSWER_TTL_MAX_S;
}

/* < 0, 0, > 0: before, the same, behind. */
static int
compare_records(
    const struct weir_answer_record *a, const struct weir_answer_record *b)
{
	size_t least = a->len < b->len ? a->len : b->len;
	int order;

	if (a->type != b->type)
		return a->type < b->type ? -1 : 1;
	order = memcmp(a->rdata, b->rdata, least);
	if (order != 0)
		return order;
	return a->len < b->len ? -1 : a->len > b->len;
}

/* The answer with one record more, in its order; all of a type get the shortest
 * TTL.  Returns its length, 0 if it is too large. */
static size_t
merge_record(const struct owner *owner, const struct weir_answer_record *record,
    uint8_t *out)
{
	struct weir_answer_record more = *record, next;
	const uint8_t *at = owner->records;
	size_t left = owner->len, len = 0;
	unsigned int count = 0;
	bool is_put = false;
	int order;

	while (weir_answers_next(&at, &left, &next))
		if (next.type == more.type && next.ttl_s < more.ttl_s)
			more.ttl_s = next.ttl_s;
	at = owner->records;
	left = owner->len;
	while (weir_answers_next(&at, &left, &next)) {
		order = is_put ? -1 : compare_records(&next, &more);
		if (order >= 0) {
			len += put_record(out + len, more.type, more.ttl_s,
			    more.rdata, more.len);
			is_put = true;
			count++;
		}
		if (order == 0)
			continue;
		len += put_record(out + len, next.type,
		    next.type == more.type ? more.ttl_s : next.ttl_s,
		    next.rdata, next.len);
		count++;
	}
	if (!is_put)
		len += put_record(
		    out + len, more.type, more.ttl_s, more.rdata, more.len);
	count += !is_put;
	return len > WEIR_ANSWER_SIZE || count > WEIR_ANSWER_RECORDS ? 0 : len;
}

static int
add_record(struct weir_list_reader *reader, const struct trigger *trigger,
    const struct weir_answer_record *record, const char *line, size_t line_len)
{
	/* What there is, one record of the largest size, and a slip. */
	uint8_t out[WEIR_ANSWER_SIZE + 2 * WEIR_LINE_SIZE];
	struct rpz *rpz = weir_list_state(reader);
	struct owner *owner = find_owner(rpz, trigger);
	uint8_t *records;
	size_t len;
	int ret;

	if (owner == NULL && (rpz->owner_count == MAX_OWNERS ||
				 rpz->octets > MAX_OWNER_OCTETS)) {
		ret = empty_owners(reader, true);
		if (ret != 0)
			return ret;
	}
	if (owner == NULL)
		owner = add_owner(rpz, trigger);
	if (owner == NULL)
		return WEIR_EMEMORY;
	len = merge_record(owner, record, out);
	if (len == 0)
		return refuse(reader, WEIR_LIST_ACTION, line, line_len);
	records = realloc(owner->records, len);
	if (records == NULL)
		return WEIR_EMEMORY;
	memcpy(records, out, len);
	rpz->octets += len - owner->len;
	owner->records = records;
	owner->len = len;
	return 0;
}

/* Appends one field as ldns reads it.  false: it cannot be read. */
static bool
put_field(uint16_t type, const char *text, uint8_t *rdata, size_t *len)
{
	ldns_rdf *rdf = NULL;
	ldns_status status;
	bool is_fine;

	if (type == LDNS_RR_TYPE_A)
		status = ldns_str2rdf_a(&rdf, text);
	else if (type == LDNS_RR_TYPE_AAAA)
		status = ldns_str2rdf_aaaa(&rdf, text);
	else
		status = ldns_str2rdf_str(&rdf, text);
	is_fine = status == LDNS_STATUS_OK;
	if (is_fine) {
		memcpy(rdata + *len, ldns_rdf_data(rdf), ldns_rdf_size(rdf));
		*len += ldns_rdf_size(rdf);
	}
	ldns_rdf_deep_free(rdf);
	return is_fine;
}

/* A, AAAA or TXT. */
static int
take_data(struct weir_list_reader *reader, const struct trigger *trigger,
    const char *line, size_t line_len)
{
	const struct rpz *rpz = weir_list_state(reader);
	const struct weir_zone *zone = &rpz->zone;
	/* An octet of text becomes one at most; each field has one before it. */
	uint8_t rdata[WEIR_LINE_SIZE + WEIR_ZONE_FIELDS + 16];
	struct weir_answer_record record = {
		.type = zone->type, .ttl_s = ttl_of(zone), .rdata = rdata
	};
	bool is_text = zone->type == LDNS_RR_TYPE_TXT;
	size_t len = 0;
	unsigned int i;

	if (!is_text && zone->rdata_count != 1)
		return refuse(reader, WEIR_LIST_BROKEN, line, line_len);
	for (i = 0; i < zone->rdata_count; i++)
		if ((!is_text && zone->rdata[i].is_string) ||
		    !put_field(zone->type, zone->rdata[i].text, rdata, &len))
			return refuse(reader, WEIR_LIST_BROKEN, line, line_len);
	record.len = (uint16_t)len;
	return add_record(reader, trigger, &record, line, line_len);
}

/* --- actions ------------------------------------------------------------- */

/* The action of a CNAME to that name; LOCAL: an alias; COUNT: none of ours. */
static enum weir_action
action_of(const struct weir_name *target, const struct trigger *trigger)
{
	static const struct {
		const char *label;
		enum weir_action action;
	} actions[] = {
		{ "*", WEIR_ACTION_NODATA },
		{ "rpz-passthru", WEIR_ACTION_PASS },
		{ "rpz-drop", WEIR_ACTION_DROP },
		{ "rpz-tcp-only", WEIR_ACTION_TRUNCATE },
	};
	size_t i;

	if (target->label_count == 0)
		return WEIR_ACTION_NXDOMAIN;
	for (i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (target->label_count == 1 &&
		    has_label(target, 0, actions[i].label, true))
			return actions[i].action;
	/* `*.garden.` would put the query's name in the place of the star. */
	if (has_label(target, 0, "*", true) ||
	    has_label(target, target->label_count - 1U, "rpz-", false))
		return WEIR_ACTION_COUNT;
	/* As rpz-passthru. was written once. */
	if (weir_name_is_equal(target, &trigger->name) && !trigger->is_wildcard)
		return WEIR_ACTION_PASS;
	return WEIR_ACTION_LOCAL;
}

static int
take_cname(struct weir_list_reader *reader, const struct trigger *trigger,
    const char *line, size_t line_len)
{
	const struct rpz *rpz = weir_list_state(reader);
	const struct weir_zone *zone = &rpz->zone;
	uint8_t octets[WEIR_ANSWER_RECORD_BYTES + WEIR_NAME_SIZE];
	struct weir_zone_name target;
	enum weir_action action;
	size_t len = 0;

	/* Another record of its owner is there: a CNAME stands alone. */
	if (zone->rdata_count != 1 || zone->rdata[0].is_string ||
	    weir_zone_complete(
		zone, zone->rdata[0].text, zone->rdata[0].len, &target) != 0 ||
	    !target.is_absolute || find_owner(rpz, trigger) != NULL)
		return refuse(reader, WEIR_LIST_BROKEN, line, line_len);
	action = action_of(&target.name, trigger);
	if (action == WEIR_ACTION_COUNT)
		return refuse(reader, WEIR_LIST_ACTION, line, line_len);
	if (action == WEIR_ACTION_LOCAL)
		len = put_record(octets, WEIR_ANSWER_CNAME, ttl_of(zone),
		    target.name.wire, target.name.len);
	return give(reader, trigger, action, octets, len);
}

/* The zone says where it begins, and for how long what it says holds. */
static void
take_soa(struct rpz *rpz)
{
	struct weir_zone *zone = &rpz->zone;
	uint32_t ttl_s;

	rpz->apex = zone->owner.is_absolute ? APEX_KNOWN : APEX_UNNAMED;
	rpz->apex_name = zone->owner.name;
	if (zone->owner.is_absolute)
		weir_zone_suggest_origin(zone, &zone->owner.name);
	if (zone->rdata_count == 7 && weir_zone_parse_ttl(zone->rdata[6].text,
					  zone->rdata[6].len, &ttl_s))
		weir_zone_suggest_ttl(zone, ttl_s);
}

/* Whether records of that type never say what to do with queries. */
static bool
is_zone_data(uint16_t type)
{
	switch (type) {
	case LDNS_RR_TYPE_SOA:
	case LDNS_RR_TYPE_NS:
	case LDNS_RR_TYPE_DS:
	case LDNS_RR_TYPE_DNSKEY:
	case LDNS_RR_TYPE_CDS:
	case LDNS_RR_TYPE_CDNSKEY:
	case LDNS_RR_TYPE_RRSIG:
	case LDNS_RR_TYPE_NSEC:
	case LDNS_RR_TYPE_NSEC3:
	case LDNS_RR_TYPE_NSEC3PARAM:
		return true;
	default:
		return false;
	}
}

static int
take_record(struct weir_list_reader *reader, const char *line, size_t len)
{
	struct rpz *rpz = weir_list_state(reader);
	struct trigger trigger;
	int reason;

	if (rpz->zone.type == LDNS_RR_TYPE_SOA)
		take_soa(rpz);
	if (is_zone_data(rpz->zone.type))
		return refuse(reader, WEIR_LIST_ZONE_DATA, line, len);
	reason = find_trigger(rpz, &trigger);
	if (reason != 0)
		return refuse(
		    reader, (enum weir_list_reason)(reason - 1), line, len);
	switch (rpz->zone.type) {
	case LDNS_RR_TYPE_CNAME:
		return take_cname(reader, &trigger, line, len);
	case LDNS_RR_TYPE_A:
	case LDNS_RR_TYPE_AAAA:
	case LDNS_RR_TYPE_TXT:
		return take_data(reader, &trigger, line, len);
	default:
		return refuse(reader, WEIR_LIST_ACTION, line, len);
	}
}

/* --- lines --------------------------------------------------------------- */

/* Why the owner at hand is none. */
static enum weir_list_reason
owner_reason(const struct weir_zone *zone)
{
	struct weir_name name;
	int reason = 0;

	if (!zone->is_indented)
		reason = weir_list_judge(
		    zone->fields[0].text, zone->fields[0].len, &name);
	return reason == 0 ? WEIR_LIST_BROKEN
			   : (enum weir_list_reason)(reason - 1);
}

/* A comment, or a directive that was obeyed. */
static void
take_nothing(struct weir_list_reader *reader, const char *line, size_t len)
{
	struct rpz *rpz = weir_list_state(reader);
	struct weir_zone *zone = &rpz->zone;

	if (zone->field_count == 0) {
		weir_list_comment(reader);
		return;
	}
	if (rpz->apex != APEX_KNOWN && zone->has_origin &&
	    zone->origin.is_absolute) {
		rpz->apex = APEX_KNOWN;
		rpz->apex_name = zone->origin.name;
	}
	(void)refuse(reader, WEIR_LIST_ZONE_DATA, line, len);
}

static void
cut_mark(const char **line, size_t *len)
{
	if (*len >= 3 && memcmp(*line, "\357\273\277", 3) == 0) {
		*line += 3;
		*len -= 3;
	}
}

static int
read_rpz(struct weir_list_reader *reader, const char *line, size_t len)
{
	struct rpz *rpz = weir_list_state(reader);
	struct weir_zone *zone = &rpz->zone;
	unsigned long number = weir_list_line_number(reader);

	cut_mark(&line, &len);
	/* A line that was too long lies in the middle of a record. */
	if (weir_zone_is_open(zone) && number != zone->last_line + 1)
		(void)refuse(reader, WEIR_LIST_BROKEN, line, len);
	switch (weir_zone_take(zone, line, len, number)) {
	case WEIR_ZONE_NOTHING:
		take_nothing(reader, line, len);
		return 0;
	case WEIR_ZONE_MORE:
		return 0;
	case WEIR_ZONE_RECORD:
		return take_record(reader, line, len);
	case WEIR_ZONE_DIRECTIVE:
		return refuse(reader, WEIR_LIST_ACTION, line, len);
	case WEIR_ZONE_NO_OWNER:
		return refuse(reader, owner_reason(zone), line, len);
	default:
		return refuse(reader, WEIR_LIST_BROKEN, line, len);
	}
}

static int
end_rpz(struct weir_list_reader *reader, bool is_whole)
{
	struct rpz *rpz = weir_list_state(reader);

	if (is_whole && weir_zone_is_open(&rpz->zone))
		(void)refuse(reader, WEIR_LIST_BROKEN, rpz->zone.text,
		    strlen(rpz->zone.text));
	return empty_owners(reader, is_whole);
}

/* --- recognising --------------------------------------------------------- */

/* Cuts off a word that may stand before the type. */
static size_t
next_type(const char **text, size_t *len, const char **ret_word)
{
	size_t word_len;
	uint32_t ttl_s;

	do
		word_len = weir_list_next_word(text, len, ret_word);
	while (weir_zone_parse_ttl(*ret_word, word_len, &ttl_s) ||
	       (word_len == 2 && strncasecmp(*ret_word, "IN", 2) == 0));
	return word_len;
}

static bool
is_type(const char *word, size_t len, const char *type)
{
	return len == strlen(type) && strncasecmp(word, type, len) == 0;
}

/* A CNAME speaks for RPZ; other records are in every zone. */
static int
recognise_rpz(const char *text, size_t len)
{
	const char *first, *type = "", *rest;
	size_t first_len = weir_list_next_word(&text, &len, &first);
	size_t type_len;

	if (is_type(first, first_len, "$TTL") ||
	    is_type(first, first_len, "$ORIGIN"))
		return 1;
	if (is_type(first, first_len, "NS"))
		return 0;
	type_len = next_type(&text, &len, &type);
	if (weir_list_next_word(&text, &len, &rest) == 0)
		return -1;
	if (is_type(type, type_len, "CNAME"))
		return 1;
	return is_type(type, type_len, "SOA") ||
		       is_type(type, type_len, "NS") ||
		       is_type(type, type_len, "A") ||
		       is_type(type, type_len, "AAAA") ||
		       is_type(type, type_len, "TXT")
		   ? 0
		   : -1;
}

/* Whether a CNAME's target is one that only RPZ knows. */
static bool
is_action(const char *target, size_t len)
{
	return (len == 1 && target[0] == '.') ||
	       (len == 2 && memcmp(target, "*.", 2) == 0) ||
	       (len > 4 && strncasecmp(target, "rpz-", 4) == 0);
}

/* A zone, by its SOA, with an action of RPZ, is nothing else. */
static int
recognise_zone(const char *text, size_t len)
{
	bool has_soa = false, has_action = false;
	const char *line, *first, *type = "", *rest;
	size_t line_len, type_len, rest_len;

	while (len > 0 && !(has_soa && has_action)) {
		line = text;
		line_len = weir_list_line_length(text, len);
		text += line_len + (line_len < len);
		len -= line_len + (line_len < len);
		if (weir_list_next_word(&line, &line_len, &first) == 0)
			continue;
		type_len = next_type(&line, &line_len, &type);
		rest_len = weir_list_next_word(&line, &line_len, &rest);
		if (rest_len == 0)
			continue;
		has_soa |= is_type(type, type_len, "SOA");
		has_action |= is_type(type, type_len, "CNAME") &&
			      is_action(rest, rest_len);
	}
	return has_soa && has_action;
}

const struct weir_list_format weir_list_rpz = {
	.name = "rpz",
	.recognise_file = recognise_zone,
	.recognise = recognise_rpz,
	.line = read_rpz,
	.is_sequential = true,
	.has_raw_lines = true,
	.end = end_rpz,
	.state_size = sizeof(struct rpz),
};
