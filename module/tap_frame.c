/*
 * tap_frame.c - an event as a dnstap frame.  See tap.h.
 *
 * No memory is taken: everything has a largest size (WEIR_TAP_FRAME_SIZE).
 */
#include "module/tap_frame.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/dnstap.pb-c.h"
#include "lib/entry.h"
#include "lib/policy.h"

#define NS_PER_S 1000000000ULL

#define HEADER_LEN   12
#define MESSAGE_SIZE (HEADER_LEN + WEIR_NAME_SIZE + 4)
#define EXTRA_SIZE   2048

/* Flags of a DNS header, first and second octet (RFC 1035, 4.1.1). */
#define FLAG_QR 0x80
#define FLAG_TC 0x02
#define FLAG_RD 0x01
#define FLAG_RA 0x80

/* --- the two messages ----------------------------------------------------- */

static void
put16(uint8_t *bytes, uint16_t value)
{
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
}

/* Header and question.  The id, which we do not know, is zero. */
static size_t
make_message(
    const struct weir_event *event, uint8_t flags, uint8_t low, uint8_t *bytes)
{
	memset(bytes, 0, HEADER_LEN);
	bytes[2] = flags;
	bytes[3] = low;
	put16(bytes + 4, 1);
	memcpy(bytes + HEADER_LEN, event->qname, event->qname_len);
	put16(bytes + HEADER_LEN + event->qname_len, event->qtype);
	put16(bytes + HEADER_LEN + event->qname_len + 2, event->qclass);
	return HEADER_LEN + event->qname_len + 4U;
}

/* --- why, in JSON ----------------------------------------------------------- */

struct json {
	char *text;
	size_t len;
};

static void __attribute__((format(printf, 2, 3)))
add(struct json *json, const char *format, ...)
{
	size_t room = EXTRA_SIZE - json->len;
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(json->text + json->len, room, format, args);
	va_end(args);
	if (len > 0 && (size_t)len < room)
		json->len += (size_t)len;
}

/* Categories come from lists: they may hold anything.  As weir-stat --json does,
 * what is no printable ASCII is replaced, so that the document stays valid. */
static void
add_text(struct json *json, const char *name, const char *text)
{
	const uint8_t *octet = (const uint8_t *)text;

	if (text[0] == '\0')
		return;
	add(json, ",\"%s\":\"", name);
	for (; *octet != '\0'; octet++)
		if (*octet < 0x20 || *octet > 0x7e)
			add(json, "?");
		else if (*octet == '"' || *octet == '\\')
			add(json, "\\%c", *octet);
		else
			add(json, "%c", *octet);
	add(json, "\"");
}

static void
add_number(struct json *json, const char *name, uint64_t number)
{
	if (number != 0)
		add(json, ",\"%s\":%llu", name, (unsigned long long)number);
}

static void
add_flag(struct json *json, const char *name, bool is_set)
{
	if (is_set)
		add(json, ",\"%s\":true", name);
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

static size_t
make_extra(const struct weir_event *event, const struct weir_tap_texts *texts,
    uint64_t lost, char *text)
{
	const char *outcome = weir_event_outcome_text(event->outcome);
	const char *action = weir_action_text(event->action);
	struct json json = { text, 0 };

	add(&json, "{\"outcome\":\"%s\"", outcome ? outcome : "");
	add_text(&json, "feed", texts->feed);
	add_text(&json, "category", texts->category);
	if (has_rule(event)) {
		add_text(&json, "action", action ? action : "");
		add(&json, ",\"confidence\":%u", event->confidence);
	}
	add_flag(&json, "alias", event->is_alias);
	add_flag(&json, "cached", event->is_from_cache);
	if (event->is_shadowed) {
		add_text(&json, "shadow_feed", texts->shadow_feed);
		add_text(&json, "shadow_category", texts->shadow_category);
	}
	if (is_cut(&event->client))
		add(&json, ",\"prefix\":%u", event->client.prefix);
	add_number(&json, "generation", event->generation);
	add_number(&json, "work_ns", event->work_ns);
	add_number(&json, "lost", lost);
	add(&json, "}");
	return json.len;
}

/* --- the frame --------------------------------------------------------------- */

/* protobuf-c's data is not const, but it only reads. */
static ProtobufCBinaryData
data_of(const void *bytes, size_t len)
{
	ProtobufCBinaryData data;
	union {
		const void *given;
		uint8_t *taken;
	} pointer = { bytes };

	data.data = pointer.taken;
	data.len = len;
	return data;
}

static char *
text_of(const char *text)
{
	union {
		const char *given;
		char *taken;
	} pointer = { text };

	return pointer.taken;
}

/* What became of the answer.  False: dnstap has no word for it (refused). */
static bool
find_action(const struct weir_event *event, Dnstap__Policy__Action *ret_action)
{
	if (event->outcome != WEIR_EVENT_BLOCKED) {
		*ret_action = DNSTAP__POLICY__ACTION__PASS;
		return true;
	}
	switch (event->action) {
	case WEIR_ACTION_NXDOMAIN:
		*ret_action = DNSTAP__POLICY__ACTION__NXDOMAIN;
		return true;
	case WEIR_ACTION_NODATA:
		*ret_action = DNSTAP__POLICY__ACTION__NODATA;
		return true;
	case WEIR_ACTION_SINKHOLE:
	case WEIR_ACTION_LOCAL:
		*ret_action = DNSTAP__POLICY__ACTION__LOCAL_DATA;
		return true;
	case WEIR_ACTION_DROP:
		*ret_action = DNSTAP__POLICY__ACTION__DROP;
		return true;
	case WEIR_ACTION_TRUNCATE:
		*ret_action = DNSTAP__POLICY__ACTION__TRUNCATE;
		return true;
	default:
		return false;
	}
}

static void
fill_policy(Dnstap__Policy *policy, const struct weir_event *event,
    const struct weir_tap_texts *texts)
{
	Dnstap__Policy__Action action;

	if (texts->feed[0] != '\0')
		policy->type = text_of(texts->feed);
	else if (texts->shadow_feed[0] != '\0')
		policy->type = text_of(texts->shadow_feed);
	if (event->rule_len > 0) {
		policy->has_rule = 1;
		policy->rule = data_of(event->rule, event->rule_len);
	}
	if (find_action(event, &action)) {
		policy->has_action = 1;
		policy->action = action;
	}
	policy->has_match = 1;
	policy->match = DNSTAP__POLICY__MATCH__QNAME;
	/* Of an alias we only know the rule. */
	if (!event->is_alias) {
		policy->has_value = 1;
		policy->value = data_of(event->qname, event->qname_len);
	}
}

static void
fill_client(Dnstap__Message *message, const struct weir_event *event)
{
	const struct weir_client *client = &event->client;
	bool is_ipv6 = client->family == 6;

	if (event->transport != WEIR_TRANSPORT_UNKNOWN &&
	    event->transport < WEIR_TRANSPORT_COUNT) {
		message->has_socket_protocol = 1;
		message->socket_protocol =
		    (Dnstap__SocketProtocol)event->transport;
	}
	if (!is_ipv6 && client->family != 4)
		return;
	message->has_socket_family = 1;
	message->socket_family = is_ipv6 ? DNSTAP__SOCKET_FAMILY__INET6
					 : DNSTAP__SOCKET_FAMILY__INET;
	message->has_query_address = 1;
	message->query_address = data_of(client->address, is_ipv6 ? 16 : 4);
	if (client->port != 0) {
		message->has_query_port = 1;
		message->query_port = client->port;
	}
}

/* The query came when the answer was given, less what the module did for it:
 * nobody tells the module when it really came. */
static void
fill_times(Dnstap__Message *message, const struct weir_event *event)
{
	uint64_t began = event->time_ns - event->work_ns;

	message->has_query_time_sec = message->has_query_time_nsec = 1;
	message->query_time_sec = began / NS_PER_S;
	message->query_time_nsec = (uint32_t)(began % NS_PER_S);
	message->has_response_time_sec = message->has_response_time_nsec = 1;
	message->response_time_sec = event->time_ns / NS_PER_S;
	message->response_time_nsec = (uint32_t)(event->time_ns % NS_PER_S);
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

size_t
weir_tap_frame(const struct weir_event *event,
    const struct weir_tap_texts *texts, const char *identity,
    const char *version, uint64_t lost, uint8_t *bytes)
{
	uint8_t query[MESSAGE_SIZE], response[MESSAGE_SIZE];
	Dnstap__Message message = DNSTAP__MESSAGE__INIT;
	Dnstap__Policy policy = DNSTAP__POLICY__INIT;
	Dnstap__Dnstap frame = DNSTAP__DNSTAP__INIT;
	char extra[EXTRA_SIZE];

	frame.type = DNSTAP__DNSTAP__TYPE__MESSAGE;
	frame.message = &message;
	frame.has_identity = frame.has_version = frame.has_extra = 1;
	frame.identity = data_of(identity, strlen(identity));
	frame.version = data_of(version, strlen(version));
	frame.extra = data_of(extra, make_extra(event, texts, lost, extra));
	message.type = DNSTAP__MESSAGE__TYPE__CLIENT_RESPONSE;
	fill_client(&message, event);
	fill_times(&message, event);
	message.has_query_message = 1;
	message.query_message = data_of(
	    query, make_message(event, FLAG_RD, 0, query));
	if (!is_dropped(event)) {
		message.has_response_message = 1;
		message.response_message = data_of(
		    response, make_message(event, response_flags(event),
				  FLAG_RA | (event->rcode & 0x0f), response));
	}
	if (has_rule(event)) {
		fill_policy(&policy, event, texts);
		message.policy = &policy;
	}
	if (dnstap__dnstap__get_packed_size(&frame) > WEIR_TAP_FRAME_SIZE)
		return 0;
	return dnstap__dnstap__pack(&frame, bytes);
}
