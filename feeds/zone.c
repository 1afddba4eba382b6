/*
 * zone.c - zone file text, line by line.
 */
#include "feeds/zone.h"

#include <ldns/ldns.h>
#include <string.h>
#include <strings.h>

#include "lib/idn.h"

#define TTL_MAX 0x7fffffffU /* RFC 2181, 8 */

static bool
is_blank(char octet)
{
	return octet == ' ' || octet == '\t' || octet == '\v' || octet == '\f';
}

/* --- fields -------------------------------------------------------------- */

static void
start_record(struct weir_zone *zone, const char *line, size_t len)
{
	zone->field_count = 0;
	zone->len = 0;
	zone->text[0] = '\0';
	zone->depth = 0;
	zone->is_indented = len > 0 && is_blank(line[0]);
}

/* false: the record has too many of them, or too long ones, or a NUL. */
static bool
add_field(struct weir_zone *zone, const char *text, size_t len, bool is_string)
{
	struct weir_zone_field *field;

	if (zone->field_count == WEIR_ZONE_FIELDS ||
	    len >= sizeof(zone->text) - zone->len ||
	    memchr(text, '\0', len) != NULL)
		return false;
	field = &zone->fields[zone->field_count++];
	field->text = zone->text + zone->len;
	field->len = (uint16_t)len;
	field->is_string = is_string;
	memcpy(zone->text + zone->len, text, len);
	zone->len += len;
	zone->text[zone->len++] = '\0';
	return true;
}

/* Where a field ends: at `end` if nothing ends it.  A backslash hides what is
 * behind it. */
static const char *
field_end(const char *at, const char *end, bool is_string)
{
	for (; at < end; at++) {
		if (*at == '\\') {
			at += at + 1 < end;
			continue;
		}
		if (*at == '"')
			return at;
		if (!is_string &&
		    (is_blank(*at) || *at == ';' || *at == '(' || *at == ')'))
			return at;
	}
	return end;
}

/* The fields of one line. */
static bool
take_fields(struct weir_zone *zone, const char *at, const char *end)
{
	const char *stop;
	bool is_string;

	while (at < end && *at != ';') {
		if (is_blank(*at)) {
			at++;
			continue;
		}
		if (*at == '(' || *at == ')') {
			if (*at == ')' && zone->depth == 0)
				return false;
			zone->depth += *at++ == '(' ? 1U : -1U;
			continue;
		}
		is_string = *at == '"';
		at += is_string;
		stop = field_end(at, end, is_string);
		if ((is_string && stop == end) ||
		    !add_field(zone, at, (size_t)(stop - at), is_string))
			return false;
		at = stop + is_string;
	}
	return true;
}

/* --- names, numbers ------------------------------------------------------ */

/* A dot at the end that no backslash hides. */
static bool
is_absolute(const char *text, size_t len)
{
	size_t hidden = 0;

	if (len == 0 || text[len - 1] != '.')
		return false;
	while (hidden + 1 < len && text[len - 2 - hidden] == '\\')
		hidden++;
	return hidden % 2 == 0;
}

int
weir_zone_complete(const struct weir_zone *zone, const char *text, size_t len,
    struct weir_zone_name *ret_name)
{
	const struct weir_name *origin = &zone->origin.name;
	uint8_t wire[2 * WEIR_NAME_SIZE];
	struct weir_zone_name found;

	if (len == 1 && text[0] == '@') {
		*ret_name = zone->origin;
		return 0;
	}
	if (len == 1 && text[0] == '.') { /* the target of most records */
		memset(ret_name, 0, sizeof(*ret_name));
		ret_name->name.len = 1;
		ret_name->is_absolute = true;
		return 0;
	}
	if (len == 0 || weir_idn_parse(text, len, &found.name) != 0)
		return WEIR_EFORMAT;
	found.is_absolute = is_absolute(text, len);
	if (!found.is_absolute && origin->label_count > 0) {
		memcpy(wire, found.name.wire, found.name.len - 1U);
		memcpy(wire + found.name.len - 1, origin->wire, origin->len);
		if (weir_name_from_wire(wire, found.name.len - 1U + origin->len,
			&found.name) != 0)
			return WEIR_EFORMAT;
	}
	if (!found.is_absolute)
		found.is_absolute = zone->origin.is_absolute;
	*ret_name = found;
	return 0;
}

static uint64_t
seconds_of(char unit)
{
	switch (unit) {
	case 'w':
	case 'W':
		return 604800;
	case 'd':
	case 'D':
		return 86400;
	case 'h':
	case 'H':
		return 3600;
	case 'm':
	case 'M':
		return 60;
	case 's':
	case 'S':
		return 1;
	default:
		return 0;
	}
}

bool
weir_zone_parse_ttl(const char *text, size_t len, uint32_t *ret_ttl_s)
{
	uint64_t sum = 0, number = 0;
	bool has_number = false;
	size_t i;

	for (i = 0; i < len; i++) {
		if (text[i] >= '0' && text[i] <= '9') {
			number = number * 10 + (uint64_t)(text[i] - '0');
			has_number = true;
		} else if (has_number && seconds_of(text[i]) > 0) {
			sum += number * seconds_of(text[i]);
			number = 0;
			has_number = false;
		} else {
			return false;
		}
		if (number > TTL_MAX || sum > TTL_MAX)
			return false;
	}
	if (len == 0 || sum + number > TTL_MAX)
		return false;
	*ret_ttl_s = (uint32_t)(sum + number);
	return true;
}

void
weir_zone_suggest_origin(struct weir_zone *zone, const struct weir_name *origin)
{
	if (zone->has_origin)
		return;
	zone->origin.name = *origin;
	zone->origin.is_absolute = true;
	zone->has_origin = true;
}

void
weir_zone_suggest_ttl(struct weir_zone *zone, uint32_t ttl_s)
{
	if (zone->has_default_ttl)
		return;
	zone->default_ttl_s = ttl_s;
	zone->has_default_ttl = true;
}

/* --- records ------------------------------------------------------------- */

static bool
is_word(const struct weir_zone_field *field, const char *word)
{
	return !field->is_string && strcasecmp(field->text, word) == 0;
}

static enum weir_zone_state
take_directive(struct weir_zone *zone)
{
	const struct weir_zone_field *fields = zone->fields;

	if (is_word(&fields[0], "$INCLUDE") || is_word(&fields[0], "$GENERATE"))
		return WEIR_ZONE_DIRECTIVE;
	if (zone->field_count != 2)
		return WEIR_ZONE_BROKEN;
	if (is_word(&fields[0], "$ORIGIN")) {
		if (weir_zone_complete(zone, fields[1].text, fields[1].len,
			&zone->origin) != 0)
			return WEIR_ZONE_BROKEN;
		zone->has_origin = true;
		return WEIR_ZONE_NOTHING;
	}
	if (!is_word(&fields[0], "$TTL") ||
	    !weir_zone_parse_ttl(
		fields[1].text, fields[1].len, &zone->default_ttl_s))
		return WEIR_ZONE_BROKEN;
	zone->has_default_ttl = true;
	return WEIR_ZONE_NOTHING;
}

/* The type of most records of most lists, without a walk through ldns's table.
 */
static uint16_t
type_called(const struct weir_zone_field *field)
{
	unsigned int type;

	if (field->is_string)
		return 0;
	if (strcasecmp(field->text, "CNAME") == 0)
		return LDNS_RR_TYPE_CNAME;
	type = ldns_get_rr_type_by_name(field->text);
	return type > UINT16_MAX ? 0 : (uint16_t)type;
}

/* TTL and class, which may stand in either order and be left out.  Returns how
 * many fields they are, or -1 for a class that is not IN. */
static int
take_ttl_and_class(struct weir_zone *zone, const struct weir_zone_field *fields,
    unsigned int count)
{
	bool has_class = false, has_ttl = false;
	unsigned int i;

	zone->has_ttl = zone->has_default_ttl;
	zone->ttl_s = zone->default_ttl_s;
	for (i = 0; i < count && !fields[i].is_string; i++) {
		if (!has_ttl && weir_zone_parse_ttl(fields[i].text,
				    fields[i].len, &zone->ttl_s)) {
			has_ttl = true;
			zone->has_ttl = true;
		} else if (!has_class && is_word(&fields[i], "IN")) {
			has_class = true;
		} else if (is_word(&fields[i], "CH") ||
			   is_word(&fields[i], "HS")) {
			return -1;
		} else {
			break;
		}
	}
	return (int)i;
}

static enum weir_zone_state
take_record(struct weir_zone *zone)
{
	const struct weir_zone_field *fields = zone->fields;
	unsigned int at = 0;
	int more;

	if (!zone->is_indented) {
		at = 1;
		zone->has_owner = !fields[0].is_string &&
				  weir_zone_complete(zone, fields[0].text,
				      fields[0].len, &zone->owner) == 0;
	}
	if (!zone->has_owner)
		return WEIR_ZONE_NO_OWNER;
	more = take_ttl_and_class(zone, fields + at, zone->field_count - at);
	if (more < 0)
		return WEIR_ZONE_BROKEN;
	at += (unsigned int)more;
	if (at == zone->field_count)
		return WEIR_ZONE_BROKEN;
	zone->type = type_called(&fields[at++]);
	zone->rdata = fields + at;
	zone->rdata_count = zone->field_count - at;
	if (zone->type == 0 || zone->rdata_count == 0)
		return WEIR_ZONE_BROKEN;
	return WEIR_ZONE_RECORD;
}

/* Gives the record up.  Who would inherit its owner is nobody's. */
static enum weir_zone_state
give_up(struct weir_zone *zone)
{
	zone->depth = 0;
	zone->has_owner = false;
	return WEIR_ZONE_BROKEN;
}

bool
weir_zone_is_open(const struct weir_zone *zone)
{
	return zone->depth > 0;
}

static void
begin(struct weir_zone *zone)
{
	zone->is_begun = true;
	zone->origin.name.len = 1; /* the root, relative: the zone itself */
}

enum weir_zone_state
weir_zone_take(
    struct weir_zone *zone, const char *line, size_t len, unsigned long number)
{
	bool has_gap = zone->is_begun && number != zone->last_line + 1;
	enum weir_zone_state state;

	if (!zone->is_begun)
		begin(zone);
	zone->last_line = number;
	if (has_gap)
		zone->has_owner = false;
	if (zone->depth == 0 || has_gap) {
		start_record(zone, line, len);
		zone->first_line = number;
	}
	if (!take_fields(zone, line, line + len))
		return give_up(zone);
	if (zone->depth > 0)
		return WEIR_ZONE_MORE;
	if (zone->field_count == 0)
		return WEIR_ZONE_NOTHING;
	if (!zone->is_indented && !zone->fields[0].is_string &&
	    zone->fields[0].text[0] == '$')
		state = take_directive(zone);
	else
		state = take_record(zone);
	/* What it would have made, nobody knows. */
	if (state == WEIR_ZONE_DIRECTIVE)
		zone->has_owner = false;
	return state;
}
