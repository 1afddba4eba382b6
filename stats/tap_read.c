/*
 * tap_read.c - a dnstap frame as a record.  See tap_read.h.
 */
#include "stats/tap_read.h"

#include <jansson.h>
#include <libpsl.h>
#include <string.h>

#include "lib/dnstap.pb-c.h"
#include "lib/name.h"

#define NS_PER_S   1000000000ULL
#define TIME_MAX_S (1ULL << 33) /* in the year 2242 */

#define HEADER_LEN 12
#define LOST_MAX   (1ULL << 48) /* no sender has had so many */

/* What is no printable ASCII is replaced: texts go to terminals and pages. */
static void
put_text(char *to, size_t size, const char *text)
{
	size_t i;

	for (i = 0; i + 1 < size && text[i] != '\0'; i++)
		to[i] = text[i] < 0x20 || text[i] > 0x7e ? '?' : text[i];
	to[i] = '\0';
}

/* --- the messages --------------------------------------------------------- */

static unsigned int
get16(const uint8_t *bytes)
{
	return (unsigned int)(bytes[0] << 8 | bytes[1]);
}

/* How long a name without compression is, root label included; 0: it does not
 * end. */
static size_t
name_len(const uint8_t *bytes, size_t len)
{
	size_t at = 0;

	while (at < len && bytes[at] != 0) {
		if (bytes[at] > WEIR_LABEL_SIZE)
			return 0;
		at += 1U + bytes[at];
	}
	return at < len && at < WEIR_NAME_SIZE ? at + 1 : 0;
}

static bool
read_question(const ProtobufCBinaryData *message, struct weir_tap_frame *frame)
{
	const uint8_t *name = message->data + HEADER_LEN;
	struct weir_name qname;
	size_t rest, len;

	if (message->len < HEADER_LEN || get16(message->data + 4) != 1)
		return false;
	rest = message->len - HEADER_LEN;
	len = name_len(name, rest);
	if (len == 0 || rest - len < 4 ||
	    weir_name_from_wire(name, len, &qname) != WEIR_OK)
		return false;
	(void)weir_name_print(&qname, frame->qname);
	frame->record.qtype = (uint16_t)get16(name + len);
	return true;
}

/* The response's, if there is one: it has the rcode as well. */
static bool
read_messages(const Dnstap__Message *message, struct weir_tap_frame *frame)
{
	if (message->has_response_message &&
	    read_question(&message->response_message, frame)) {
		frame->record.rcode = message->response_message.data[3] & 0x0f;
		return true;
	}
	if (!message->has_query_message ||
	    !read_question(&message->query_message, frame))
		return false;
	if (message->has_response_message &&
	    message->response_message.len >= HEADER_LEN)
		frame->record.rcode = message->response_message.data[3] & 0x0f;
	return true;
}

/* --- what stands beside them ------------------------------------------------ */

static bool
read_client(const Dnstap__Message *message, struct weir_client *client)
{
	size_t len = message->query_address.len;

	if (message->has_query_port) {
		if (message->query_port > UINT16_MAX)
			return false;
		client->port = (uint16_t)message->query_port;
	}
	if (!message->has_query_address)
		return true;
	if (len != 4 && len != 16)
		return false;
	client->family = len == 4 ? 4 : 6;
	client->prefix = len == 4 ? 32 : 128;
	if (message->has_socket_family &&
	    (message->socket_family == DNSTAP__SOCKET_FAMILY__INET) !=
		(len == 4))
		return false;
	memcpy(client->address, message->query_address.data, len);
	return true;
}

static uint8_t
read_transport(const Dnstap__Message *message)
{
	unsigned int protocol = (unsigned int)message->socket_protocol;

	if (!message->has_socket_protocol || protocol >= WEIR_TRANSPORT_COUNT)
		return WEIR_TRANSPORT_UNKNOWN;
	if (protocol == DNSTAP__SOCKET_PROTOCOL__DNSCryptTCP)
		return WEIR_TRANSPORT_DNSCRYPT;
	return (uint8_t)protocol;
}

static bool
read_time(const Dnstap__Message *message, uint64_t *ret_time_ns)
{
	uint64_t s = message->query_time_sec;
	uint32_t ns = message->query_time_nsec;

	if (message->has_response_time_sec) {
		s = message->response_time_sec;
		ns = message->response_time_nsec;
	}
	if (s == 0 || s > TIME_MAX_S || ns >= NS_PER_S)
		return false;
	*ret_time_ns = s * NS_PER_S + ns;
	return true;
}

/* --- the policy, and why ------------------------------------------------------- */

static const char *
action_text(const Dnstap__Policy *policy)
{
	static const char *const texts[] = {
		[DNSTAP__POLICY__ACTION__NXDOMAIN] = "nxdomain",
		[DNSTAP__POLICY__ACTION__NODATA] = "nodata",
		[DNSTAP__POLICY__ACTION__PASS] = "pass",
		[DNSTAP__POLICY__ACTION__DROP] = "drop",
		[DNSTAP__POLICY__ACTION__TRUNCATE] = "truncate",
		[DNSTAP__POLICY__ACTION__LOCAL_DATA] = "local",
	};
	unsigned int action = (unsigned int)policy->action;

	if (!policy->has_action || action >= sizeof(texts) / sizeof(*texts) ||
	    !texts[action])
		return "";
	return texts[action];
}

/* Of any sender. */
static void
read_policy(const Dnstap__Policy *policy, struct weir_tap_frame *frame)
{
	struct weir_name rule;

	if (policy->type)
		put_text(frame->feed, sizeof(frame->feed), policy->type);
	if (policy->has_rule && weir_name_from_wire(policy->rule.data,
				    policy->rule.len, &rule) == WEIR_OK)
		(void)weir_name_print(&rule, frame->rule);
	put_text(frame->action, sizeof(frame->action), action_text(policy));
	frame->record.outcome = policy->has_action &&
					policy->action ==
					    DNSTAP__POLICY__ACTION__PASS
				    ? WEIR_EVENT_ALLOWED
				    : WEIR_EVENT_BLOCKED;
}

/* A text of the object, if it is there. */
static void
get_text(const json_t *extra, const char *name, char *to, size_t size)
{
	const char *text = json_string_value(json_object_get(extra, name));

	if (text)
		put_text(to, size, text);
}

/* A number of the object; `otherwise` if it is not there.  False: it is there,
 * but not from 0 to `max`. */
static bool
get_number(const json_t *extra, const char *name, uint64_t max,
    uint64_t otherwise, uint64_t *ret_number)
{
	const json_t *value = json_object_get(extra, name);

	*ret_number = otherwise;
	if (!value)
		return true;
	if (!json_is_integer(value) || json_integer_value(value) < 0 ||
	    (uint64_t)json_integer_value(value) > max)
		return false;
	*ret_number = (uint64_t)json_integer_value(value);
	return true;
}

static bool
get_outcome(const json_t *extra, uint8_t *ret_outcome)
{
	const char *text = json_string_value(json_object_get(extra, "outcome"));
	unsigned int i;

	for (i = 0; text && i < WEIR_EVENT_OUTCOME_COUNT; i++)
		if (strcmp(text, weir_event_outcome_text(i)) == 0) {
			*ret_outcome = (uint8_t)i;
			return true;
		}
	return false;
}

/* A sender's client cannot have a longer prefix than its address, and what lies
 * behind the prefix is nothing. */
static bool
get_prefix(const json_t *extra, struct weir_client *client)
{
	uint64_t prefix;

	if (!get_number(
		extra, "prefix", client->prefix, client->prefix, &prefix))
		return false;
	weir_client_cut(client, (unsigned int)prefix, (unsigned int)prefix);
	return true;
}

/* What weir says of its own event. */
static bool
read_reason(const json_t *extra, struct weir_tap_frame *frame)
{
	struct weir_record *record = &frame->record;
	uint64_t times;

	if (!get_outcome(extra, &record->outcome) ||
	    !get_prefix(extra, &record->client) ||
	    !get_number(extra, "lost", LOST_MAX, 0, &frame->lost) ||
	    !get_number(extra, "times", UINT32_MAX, 1, &times) || times == 0)
		return false;
	record->times = (uint32_t)times;
	get_text(extra, "action", frame->action, sizeof(frame->action));
	if (record->outcome == WEIR_EVENT_SHADOWED) {
		get_text(
		    extra, "shadow_feed", frame->feed, sizeof(frame->feed));
		get_text(extra, "shadow_category", frame->category,
		    sizeof(frame->category));
	}
	get_text(extra, "feed", frame->feed, sizeof(frame->feed));
	get_text(extra, "category", frame->category, sizeof(frame->category));
	record->is_alias = json_is_true(json_object_get(extra, "alias"));
	record->is_from_cache = json_is_true(json_object_get(extra, "cached"));
	return true;
}

/* Anybody may write anything into `extra`: it is weir's if it is an object with
 * an outcome.  False: it is, and wrong. */
static bool
read_extra(const ProtobufCBinaryData *bytes, struct weir_tap_frame *frame)
{
	json_t *extra = json_loadb((const char *)bytes->data, bytes->len,
	    JSON_REJECT_DUPLICATES, NULL);
	bool is_right = true;

	if (json_object_get(extra, "outcome"))
		is_right = read_reason(extra, frame);
	json_decref(extra);
	return is_right;
}

static void
find_domain(struct weir_tap_frame *frame)
{
	const psl_ctx_t *suffixes = psl_builtin();
	const char *domain = suffixes ? psl_registrable_domain(
					    suffixes, frame->qname)
				      : NULL;

	if (domain)
		put_text(frame->domain, sizeof(frame->domain), domain);
}

/* --- the frame --------------------------------------------------------------------- */

static int
read_message(const Dnstap__Dnstap *dnstap, struct weir_tap_frame *frame)
{
	const Dnstap__Message *message = dnstap->message;
	struct weir_record *record = &frame->record;

	if (dnstap->type != DNSTAP__DNSTAP__TYPE__MESSAGE || !message ||
	    message->type != DNSTAP__MESSAGE__TYPE__CLIENT_RESPONSE)
		return 0;
	if (!read_messages(message, frame) ||
	    !read_client(message, &record->client) ||
	    !read_time(message, &record->time_ns))
		return WEIR_EFORMAT;
	record->transport = read_transport(message);
	record->outcome = WEIR_EVENT_PASSED;
	record->times = 1;
	if (message->policy)
		read_policy(message->policy, frame);
	if (dnstap->has_extra && !read_extra(&dnstap->extra, frame))
		return WEIR_EFORMAT;
	find_domain(frame);
	return 1;
}

static void
begin(struct weir_tap_frame *frame)
{
	memset(&frame->record, 0, sizeof(frame->record));
	frame->lost = 0;
	frame->qname[0] = frame->rule[0] = frame->domain[0] = '\0';
	frame->feed[0] = frame->category[0] = frame->action[0] = '\0';
	frame->record.qname = frame->qname;
	frame->record.rule = frame->rule;
	frame->record.domain = frame->domain;
	frame->record.feed = frame->feed;
	frame->record.category = frame->category;
	frame->record.action = frame->action;
}

int
weir_tap_read(
    const uint8_t *bytes, size_t len, struct weir_tap_frame *ret_frame)
{
	Dnstap__Dnstap *dnstap = dnstap__dnstap__unpack(NULL, len, bytes);
	int result;

	if (!dnstap)
		return WEIR_EFORMAT;
	begin(ret_frame);
	result = read_message(dnstap, ret_frame);
	dnstap__dnstap__free_unpacked(dnstap, NULL);
	return result;
}
