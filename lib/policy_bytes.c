/*
 * policy_bytes.c - the policy as a generation carries it (record "p").
 *
 *   u32 version 4, u8 on-failure, u8 flags (1 sinkhole IPv4, 2 IPv6, 4 name),
 *   u16 zero, u32 block TTL, 4 octets IPv4, 16 octets IPv6,
 *   u8 length and wire form of the sinkhole name,
 *   u16 feeds, for each: text name, u8 mode, u8 action, u8 min confidence,
 *     u8 1 if it has categories, u16 EDE code, u16 category; if it has: 32
 *     octets, a bit for each category; text gen of its signed state; if that is
 *     not empty: u64 sequence, u64 names in force, u64 names when its day
 *     began, u32 when that was
 *   u16 categories, for each: text name
 *   u16 answers, for each: u16 length and octets (lib/answers.h)
 * where text is u8 length and octets.  Version 3 had no signed states.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/bytes.h"
#include "lib/policy.h"

#define POLICY_VERSION 4
#define VERSION_BEFORE 3 /* is read too */
#define FIXED_BYTES    (4 + 1 + 1 + 2 + 4 + 4 + 16)
#define BITMAP_BYTES   (WEIR_CATEGORIES / 8)
#define STATE_BYTES    28
#define SIGNED_BYTES   (1 + WEIR_FEED_GEN_SIZE + STATE_BYTES)
#define FEED_BYTES     (1 + WEIR_FEED_NAME_SIZE + 8 + BITMAP_BYTES + SIGNED_BYTES)
#define CATEGORY_BYTES (1 + WEIR_CATEGORY_SIZE)

enum {
	FLAG_IPV4 = 1,
	FLAG_IPV6 = 2,
	FLAG_NAME = 4
};

static size_t
put_text(uint8_t *bytes, const char *text, size_t size)
{
	size_t len = strnlen(text, size - 1);

	bytes[0] = (uint8_t)len;
	memcpy(bytes + 1, text, len);
	return 1 + len;
}

static size_t
put_signed(uint8_t *bytes, const struct weir_feed *feed)
{
	size_t len = put_text(bytes, feed->gen, WEIR_FEED_GEN_SIZE);

	if (feed->gen[0] == '\0')
		return len;
	weir_bytes_put64(bytes + len, feed->sequence);
	weir_bytes_put64(bytes + len + 8, feed->names);
	weir_bytes_put64(bytes + len + 16, feed->day_names);
	weir_bytes_put32(bytes + len + 24, feed->day_unix);
	return len + STATE_BYTES;
}

static size_t
put_answers(uint8_t *bytes, const struct weir_answers *answers)
{
	const uint8_t *octets;
	unsigned int i;
	uint8_t *p = bytes;
	size_t len;

	weir_bytes_put16(p, (uint16_t)answers->count);
	p += 2;
	for (i = 0; weir_answers_get(answers, i, &octets, &len); i++) {
		weir_bytes_put16(p, (uint16_t)len);
		memcpy(p + 2, octets, len);
		p += 2 + len;
	}
	return (size_t)(p - bytes);
}

int
weir_policy_encode(
    const struct weir_policy *policy, uint8_t **ret_bytes, size_t *ret_len)
{
	size_t size = FIXED_BYTES + 1 + WEIR_NAME_SIZE + 2 +
		      policy->feed_count * FEED_BYTES + 2 +
		      policy->category_count * CATEGORY_BYTES + 2 +
		      policy->answers.count * 2 + WEIR_ANSWERS_SIZE;
	uint8_t *bytes = calloc(1, size), *p = bytes;
	unsigned int i;

	if (!bytes)
		return WEIR_EMEMORY;
	weir_bytes_put32(p, POLICY_VERSION);
	p[4] = policy->on_failure;
	p[5] = (uint8_t)((policy->has_sinkhole_ipv4 ? FLAG_IPV4 : 0) |
			 (policy->has_sinkhole_ipv6 ? FLAG_IPV6 : 0) |
			 (policy->has_sinkhole_name ? FLAG_NAME : 0));
	weir_bytes_put32(p + 8, policy->block_ttl_s);
	memcpy(p + 12, &policy->sinkhole_ipv4, 4);
	memcpy(p + 16, &policy->sinkhole_ipv6, 16);
	p += FIXED_BYTES;
	*p++ = policy->sinkhole_name.len;
	memcpy(p, policy->sinkhole_name.wire, policy->sinkhole_name.len);
	p += policy->sinkhole_name.len;
	weir_bytes_put16(p, (uint16_t)policy->feed_count);
	p += 2;
	for (i = 0; i < policy->feed_count; i++) {
		const struct weir_feed *feed = &policy->feeds[i];

		p += put_text(p, feed->name, WEIR_FEED_NAME_SIZE);
		p[0] = feed->mode;
		p[1] = feed->action;
		p[2] = feed->min_confidence;
		p[3] = feed->has_categories;
		weir_bytes_put16(p + 4, feed->ede_code);
		weir_bytes_put16(p + 6, feed->category);
		p += 8;
		if (feed->has_categories) {
			memcpy(p, feed->categories, BITMAP_BYTES);
			p += BITMAP_BYTES;
		}
		p += put_signed(p, feed);
	}
	weir_bytes_put16(p, (uint16_t)policy->category_count);
	p += 2;
	for (i = 0; i < policy->category_count; i++)
		p += put_text(p, policy->categories[i], WEIR_CATEGORY_SIZE);
	p += put_answers(p, &policy->answers);
	*ret_len = (size_t)(p - bytes);
	*ret_bytes = bytes;
	return WEIR_OK;
}

/* What is left to read; `is_bad` sticks once something did not fit. */
struct reader {
	const uint8_t *at;
	size_t left;
	uint32_t version;
	bool is_bad;
};

static const uint8_t *
take(struct reader *reader, size_t len)
{
	static const uint8_t nothing[256];
	const uint8_t *at = reader->at;

	if (reader->is_bad || len > reader->left) {
		reader->is_bad = true;
		return nothing;
	}
	reader->at += len;
	reader->left -= len;
	return at;
}

static void
take_text(struct reader *reader, char *text, size_t size)
{
	size_t len = take(reader, 1)[0];

	if (len >= size)
		reader->is_bad = true;
	else
		memcpy(text, take(reader, len), len);
}

static void
take_signed(struct reader *reader, struct weir_feed *feed)
{
	const uint8_t *p;

	take_text(reader, feed->gen, sizeof(feed->gen));
	if (reader->is_bad || feed->gen[0] == '\0')
		return;
	p = take(reader, STATE_BYTES);
	feed->sequence = weir_bytes_get64(p);
	feed->names = weir_bytes_get64(p + 8);
	feed->day_names = weir_bytes_get64(p + 16);
	feed->day_unix = weir_bytes_get32(p + 24);
}

static void
take_feed(struct reader *reader, struct weir_feed *feed)
{
	const uint8_t *p;

	take_text(reader, feed->name, sizeof(feed->name));
	p = take(reader, 8);
	feed->mode = p[0];
	feed->action = p[1];
	feed->min_confidence = p[2];
	feed->ede_code = weir_bytes_get16(p + 4);
	feed->category = weir_bytes_get16(p + 6);
	feed->has_categories = p[3] == 1;
	if (feed->has_categories)
		memcpy(
		    feed->categories, take(reader, BITMAP_BYTES), BITMAP_BYTES);
	if (reader->version > VERSION_BEFORE)
		take_signed(reader, feed);
	if (feed->mode > WEIR_MODE_SHADOW || p[3] > 1 ||
	    !weir_action_is_for_feeds(feed->action))
		reader->is_bad = true;
}

static void
take_fixed(struct reader *reader, struct weir_policy *policy)
{
	const uint8_t *p = take(reader, FIXED_BYTES);
	size_t len;

	policy->on_failure = p[4];
	policy->has_sinkhole_ipv4 = p[5] & FLAG_IPV4;
	policy->has_sinkhole_ipv6 = p[5] & FLAG_IPV6;
	policy->has_sinkhole_name = p[5] & FLAG_NAME;
	policy->block_ttl_s = weir_bytes_get32(p + 8);
	memcpy(&policy->sinkhole_ipv4, p + 12, 4);
	memcpy(&policy->sinkhole_ipv6, p + 16, 16);
	if (policy->on_failure > WEIR_ON_FAILURE_SERVFAIL ||
	    policy->block_ttl_s > WEIR_BLOCK_TTL_MAX_S)
		reader->is_bad = true;
	len = take(reader, 1)[0];
	p = take(reader, len);
	if (reader->is_bad ||
	    weir_name_from_wire(p, len, &policy->sinkhole_name) != WEIR_OK)
		reader->is_bad = true;
}

/* An answer that is there already would have no place of its own. */
static void
take_answers(struct reader *reader, struct weir_answers *answers)
{
	unsigned int count = weir_bytes_get16(take(reader, 2)), i;
	const uint8_t *octets;
	size_t len;

	for (i = 0; i < count && !reader->is_bad; i++) {
		len = weir_bytes_get16(take(reader, 2));
		octets = take(reader, len);
		if (reader->is_bad ||
		    weir_answers_add(answers, octets, len) != (int)i)
			reader->is_bad = true;
	}
}

int
weir_policy_decode(
    const uint8_t *bytes, size_t len, struct weir_policy *ret_policy)
{
	struct reader reader = { .at = bytes, .left = len };
	struct weir_policy *policy;
	unsigned int i;
	int error = WEIR_EFORMAT;

	if (len < 4)
		return WEIR_EFORMAT;
	reader.version = weir_bytes_get32(bytes);
	if (reader.version != POLICY_VERSION &&
	    reader.version != VERSION_BEFORE)
		return WEIR_EVERSION;
	policy = calloc(1, sizeof(*policy));
	if (!policy)
		return WEIR_EMEMORY;
	take_fixed(&reader, policy);
	policy->feed_count = weir_bytes_get16(take(&reader, 2));
	if (policy->feed_count < WEIR_FEED_FIRST ||
	    policy->feed_count > WEIR_FEEDS)
		goto out;
	for (i = 0; i < policy->feed_count; i++)
		take_feed(&reader, &policy->feeds[i]);
	policy->category_count = weir_bytes_get16(take(&reader, 2));
	if (policy->category_count < 1 ||
	    policy->category_count > WEIR_CATEGORIES)
		goto out;
	for (i = 0; i < policy->category_count; i++)
		take_text(&reader, policy->categories[i], WEIR_CATEGORY_SIZE);
	take_answers(&reader, &policy->answers);
	if (reader.is_bad || reader.left != 0)
		goto out;
	*ret_policy = *policy;
	error = WEIR_OK;
out:
	free(policy);
	return error;
}
