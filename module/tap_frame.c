/*
 * tap_frame.c - an event as a dnstap frame.  See tap.h.
 *
 * Written octet by octet, and not by libprotobuf-c, which other parts read it with:
 * that takes ten times as long, and a resolver that is asked for nothing but
 * blocked names would feel it (bench/events).  The protocol's rules are few: a
 * field is a key, which is its number and kind, and a value: a number in groups of
 * seven bits, or a length and as many octets.  No memory is taken: everything has
 * a largest size.
 */
#include "module/tap_frame.h"

#include <string.h>

#include "lib/dnstap.pb-c.h" /* names of the protocol's numbers */
#include "lib/entry.h"
#include "lib/policy.h"

#define NS_PER_S 1000000000ULL

#define HEADER_LEN   12
#define MESSAGE_SIZE (HEADER_LEN + WEIR_NAME_SIZE + 4)

/* Flags of a DNS header, first and second octet (RFC 1035, 4.1.1). */
#define FLAG_QR 0x80
#define FLAG_TC 0x02
#define FLAG_RD 0x01
#define FLAG_RA 0x80

/* The largest of each part, keys and lengths included. */
#define NUMBER_SIZE 11 /* a key of one octet, 64 bits */
#define EXTRA_SIZE \
	(4 * (2 * WEIR_CATEGORY_SIZE + sizeof(",'shadow_category':''")) + 512)
#define POLICY_SIZE \
	(3 + WEIR_FEED_NAME_SIZE + 2 * (4 + WEIR_NAME_SIZE) + 2 * NUMBER_SIZE)
#define BODY_SIZE \
	(2 * (3 + MESSAGE_SIZE) + 4 + POLICY_SIZE + 10 * NUMBER_SIZE + 18)
#define ENDS_SIZE (2 * 260) /* identity, version */

_Static_assert(WEIR_FEED_NAME_SIZE <= WEIR_CATEGORY_SIZE &&
		   ENDS_SIZE + 4 + EXTRA_SIZE + 4 + BODY_SIZE + NUMBER_SIZE <=
		       WEIR_TAP_FRAME_SIZE,
    "every frame fits");

/* --- fields ------------------------------------------------------------------- */

/* Kinds of fields (protobuf.dev, Encoding: wire types). */
enum kind {
	KIND_VARINT = 0,
	KIND_LEN = 2,
	KIND_I32 = 5
};

static uint8_t *
put_varint(uint8_t *to, uint64_t value)
{
	for (; value > 0x7f; value >>= 7)
		*to++ = (uint8_t)(value | 0x80);
	*to++ = (uint8_t)value;
	return to;
}

static uint8_t *
put_key(uint8_t *to, unsigned int field, enum kind kind)
{
	*to++ = (uint8_t)(field << 3 |
			  kind); /* no field has a number over 15 */
	return to;
}

static uint8_t *
put_number(uint8_t *to, unsigned int field, uint64_t value)
{
	return put_varint(put_key(to, field, KIND_VARINT), value);
}

static uint8_t *
put_fixed32(uint8_t *to, unsigned int field, uint32_t value)
{
	unsigned int i;

	to = put_key(to, field, KIND_I32);
	for (i = 0; i < 4; i++, value >>= 8)
		*to++ = (uint8_t)value;
	return to;
}

static uint8_t *
put_octets(uint8_t *to, unsigned int field, const void *octets, size_t len)
{
	to = put_varint(put_key(to, field, KIND_LEN), len);
	memcpy(to, octets, len);
	return to + len;
}

/* A field whose length is not known yet: the place behind its length, for which
 * two octets are kept, as most need. */
static uint8_t *
begin_field(uint8_t *to, unsigned int field)
{
	return put_key(to, field, KIND_LEN) + 2;
}

/* Puts the length in front of what was written since.  The end. */
static uint8_t *
end_field(uint8_t *begin, uint8_t *end)
{
	size_t len = (size_t)(end - begin);

	if (len < 0x80) {
		memmove(begin - 1, begin, len);
		begin[-2] = (uint8_t)len;
		return end - 1;
	}
	begin[-2] = (uint8_t)(len | 0x80);
	begin[-1] = (uint8_t)(len >> 7); /* no part has 2^14 octets */
	return end;
}

/* --- the two messages ----------------------------------------------------- */

static void
put16(uint8_t *bytes, uint16_t value)
{
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
}

/* Header and question.  The id, which we do not know, is zero. */
static uint8_t *
put_message(uint8_t *to, unsigned int field, const struct weir_event *event,
    uint8_t flags, uint8_t low)
{
	static const uint8_t header[HEADER_LEN] = { 0, 0, 0, 0, 0, 1 };

	to = put_varint(put_key(to, field, KIND_LEN),
	    HEADER_LEN + (uint64_t)event->qname_len + 4);
	memcpy(to, header, HEADER_LEN);
	to[2] = flags;
	to[3] = low;
	to += HEADER_LEN;
	memcpy(to, event->qname, event->qname_len);
	to += event->qname_len;
	put16(to, event->qtype);
	put16(to + 2, event->qclass);
	return to + 4;
}

/* --- why, in JSON ----------------------------------------------------------- */

static inline uint8_t *
add(uint8_t *to, const char *text)
{
	size_t len = strlen(text);

	memcpy(to, text, len);
	return to + len;
}

/* Names lie in the status file: a file is not trusted to end them.  Categories
 * come from lists: they may hold anything.  As weir-stat --json does,
 * what is no printable ASCII is replaced, so that the document stays valid. */
static uint8_t *
add_text(uint8_t *to, const char *name, const char *text)
{
	const uint8_t *octet = (const uint8_t *)text;
	const uint8_t *end = octet + strnlen(text, WEIR_CATEGORY_SIZE - 1);

	if (octet == end)
		return to;
	to = add(to, name);
	for (; octet < end; octet++) {
		if (*octet == '"' || *octet == '\\')
			*to++ = '\\';
		*to++ = *octet < 0x20 || *octet > 0x7e ? '?' : *octet;
	}
	*to++ = '"';
	return to;
}

static inline uint8_t *
add_number(uint8_t *to, const char *name, uint64_t number)
{
	uint8_t digits[20];
	unsigned int count = 0;

	to = add(to, name);
	do
		digits[count++] = (uint8_t)('0' + number % 10);
	while ((number /= 10) > 0);
	while (count > 0)
		*to++ = digits[--count];
	return to;
}

static bool
is_cut(const struct weir_client *client)
{
	return (client->family == 4 && client->prefix < 32) ||
	       (client->family == 6 && client->prefix < 128);
}

static bool
has_rule(const struct weir_event *event)
{
	return event->outcome != WEIR_EVENT_PASSED;
}

static uint8_t *
add_rule(uint8_t *to, const struct weir_event *event,
    const struct weir_tap_texts *texts)
{
	const char *action = weir_action_text(event->action);

	to = add_text(to, ",\"feed\":\"", texts->feed);
	to = add_text(to, ",\"category\":\"", texts->category);
	if (has_rule(event)) {
		to = add_text(to, ",\"action\":\"", action ? action : "");
		to = add_number(to, ",\"confidence\":", event->confidence);
	}
	return to;
}

static uint8_t *
add_extra(uint8_t *to, const struct weir_event *event,
    const struct weir_tap_texts *texts, uint64_t lost)
{
	const char *outcome = weir_event_outcome_text(event->outcome);

	to = add(to, "{\"outcome\":\"");
	to = add(to, outcome ? outcome : "");
	to = add(to, "\"");
	to = add_rule(to, event, texts);
	if (event->is_alias)
		to = add(to, ",\"alias\":true");
	if (event->is_from_cache)
		to = add(to, ",\"cached\":true");
	if (event->is_shadowed) {
		to = add_text(to, ",\"shadow_feed\":\"", texts->shadow_feed);
		to = add_text(
		    to, ",\"shadow_category\":\"", texts->shadow_category);
	}
	if (is_cut(&event->client))
		to = add_number(to, ",\"prefix\":", event->client.prefix);
	if (event->generation != 0)
		to = add_number(to, ",\"generation\":", event->generation);
	if (event->work_ns != 0)
		to = add_number(to, ",\"work_ns\":", event->work_ns);
	if (lost != 0)
		to = add_number(to, ",\"lost\":", lost);
	return add(to, "}");
}

/* --- policy --------------------------------------------------------------------- */

/* What became of the answer.  0: dnstap has no word for it (refused). */
static unsigned int
action_of(const struct weir_event *event)
{
	if (event->outcome != WEIR_EVENT_BLOCKED)
		return DNSTAP__POLICY__ACTION__PASS;
	switch (event->action) {
	case WEIR_ACTION_NXDOMAIN:
		return DNSTAP__POLICY__ACTION__NXDOMAIN;
	case WEIR_ACTION_NODATA:
		return DNSTAP__POLICY__ACTION__NODATA;
	case WEIR_ACTION_SINKHOLE:
	case WEIR_ACTION_LOCAL:
		return DNSTAP__POLICY__ACTION__LOCAL_DATA;
	case WEIR_ACTION_DROP:
		return DNSTAP__POLICY__ACTION__DROP;
	case WEIR_ACTION_TRUNCATE:
		return DNSTAP__POLICY__ACTION__TRUNCATE;
	default:
		return 0;
	}
}

/* The fields of a Policy. */
static uint8_t *
put_policy(uint8_t *to, const struct weir_event *event,
    const struct weir_tap_texts *texts)
{
	const char *feed = texts->feed[0] != '\0' ? texts->feed
						  : texts->shadow_feed;
	unsigned int action = action_of(event);

	if (feed[0] != '\0')
		to = put_octets(
		    to, 1, feed, strnlen(feed, WEIR_FEED_NAME_SIZE - 1));
	if (event->rule_len > 0)
		to = put_octets(to, 2, weir_event_rule(event), event->rule_len);
	if (action != 0)
		to = put_number(to, 3, action);
	to = put_number(to, 4, DNSTAP__POLICY__MATCH__QNAME);
	if (event->matched_len > 0)
		to = put_octets(to, 5, event->matched, event->matched_len);
	return to;
}

/* --- the frame --------------------------------------------------------------- */

static uint8_t *
put_client(uint8_t *to, const struct weir_event *event)
{
	const struct weir_client *client = &event->client;
	bool is_known = client->family == 4 || client->family == 6;
	bool is_ipv6 = client->family == 6;

	if (is_known)
		to = put_number(to, 2,
		    is_ipv6 ? DNSTAP__SOCKET_FAMILY__INET6
			    : DNSTAP__SOCKET_FAMILY__INET);
	if (event->transport != WEIR_TRANSPORT_UNKNOWN &&
	    event->transport < WEIR_TRANSPORT_COUNT)
		to = put_number(to, 3, event->transport); /* the same numbers */
	if (is_known)
		to = put_octets(to, 4, client->address, is_ipv6 ? 16 : 4);
	if (is_known && client->port != 0)
		to = put_number(to, 6, client->port);
	return to;
}

static uint8_t
response_flags(const struct weir_event *event)
{
	bool is_truncated = event->outcome == WEIR_EVENT_BLOCKED &&
			    event->action == WEIR_ACTION_TRUNCATE;

	return FLAG_QR | FLAG_RD | (is_truncated ? FLAG_TC : 0);
}

/* Nothing was sent: there is no response. */
static bool
is_dropped(const struct weir_event *event)
{
	return event->outcome == WEIR_EVENT_BLOCKED &&
	       event->action == WEIR_ACTION_DROP;
}

/* The query came when the answer was given, less what the module did for it:
 * nobody tells the module when it really came. */
static uint8_t *
put_body(uint8_t *to, const struct weir_event *event,
    const struct weir_tap_texts *texts)
{
	uint64_t began = event->time_ns - event->work_ns;
	uint8_t *body = begin_field(to, 14), *policy;

	to = put_number(body, 1, DNSTAP__MESSAGE__TYPE__CLIENT_RESPONSE);
	to = put_client(to, event);
	to = put_number(to, 8, began / NS_PER_S);
	to = put_fixed32(to, 9, (uint32_t)(began % NS_PER_S));
	to = put_message(to, 10, event, FLAG_RD, 0);
	to = put_number(to, 12, event->time_ns / NS_PER_S);
	to = put_fixed32(to, 13, (uint32_t)(event->time_ns % NS_PER_S));
	if (!is_dropped(event))
		to = put_message(to, 14, event, response_flags(event),
		    FLAG_RA | (event->rcode & 0x0f));
	if (has_rule(event)) {
		policy = begin_field(to, 15);
		to = end_field(policy, put_policy(policy, event, texts));
	}
	return end_field(body, to);
}

size_t
weir_tap_frame(const struct weir_event *event,
    const struct weir_tap_texts *texts, const char *identity,
    const char *version, uint64_t lost, uint8_t *bytes)
{
	uint8_t *to = bytes, *extra;

	to = put_octets(to, 1, identity, strnlen(identity, 255));
	to = put_octets(to, 2, version, strnlen(version, 255));
	extra = begin_field(to, 3);
	to = end_field(extra, add_extra(extra, event, texts, lost));
	to = put_body(to, event, texts);
	to = put_number(to, 15, DNSTAP__DNSTAP__TYPE__MESSAGE);
	return (size_t)(to - bytes);
}
