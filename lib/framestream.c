/*
 * framestream.c - control frames.  See framestream.h.
 */
#include "lib/framestream.h"

#include <string.h>

#define FIELD_CONTENT 1
#define CONTENT_LEN   (sizeof(WEIR_FRAMESTREAM_CONTENT) - 1)

static bool
has_content(enum weir_framestream_type type)
{
	return type == WEIR_FRAMESTREAM_READY ||
	       type == WEIR_FRAMESTREAM_ACCEPT ||
	       type == WEIR_FRAMESTREAM_START;
}

size_t
weir_framestream_encode(enum weir_framestream_type type, uint8_t *bytes)
{
	size_t len = 12;

	weir_framestream_put32(bytes, 0);
	weir_framestream_put32(bytes + 8, type);
	if (has_content(type)) {
		weir_framestream_put32(bytes + len, FIELD_CONTENT);
		weir_framestream_put32(bytes + len + 4, CONTENT_LEN);
		memcpy(bytes + len + 8, WEIR_FRAMESTREAM_CONTENT, CONTENT_LEN);
		len += 8 + CONTENT_LEN;
	}
	weir_framestream_put32(bytes + 4, (uint32_t)len - 8);
	return len;
}

/* One field; how long it is, 0: it is none. */
static size_t
read_field(const uint8_t *bytes, size_t len, bool *is_dnstap)
{
	size_t content_len;

	if (len < 8 || weir_framestream_get32(bytes) != FIELD_CONTENT)
		return 0;
	content_len = weir_framestream_get32(bytes + 4);
	if (content_len > len - 8 || content_len > WEIR_FRAMESTREAM_CONTENT_MAX)
		return 0;
	if (content_len == CONTENT_LEN &&
	    memcmp(bytes + 8, WEIR_FRAMESTREAM_CONTENT, CONTENT_LEN) == 0)
		*is_dnstap = true;
	return 8 + content_len;
}

int
weir_framestream_decode(const uint8_t *bytes, size_t len,
    enum weir_framestream_type *ret_type, bool *ret_is_dnstap)
{
	bool is_dnstap = false;
	size_t at = 4, field;
	uint32_t type;

	if (len < 4 || len > WEIR_FRAMESTREAM_CONTROL_MAX)
		return WEIR_EFORMAT;
	type = weir_framestream_get32(bytes);
	if (type < WEIR_FRAMESTREAM_ACCEPT || type > WEIR_FRAMESTREAM_FINISH)
		return WEIR_EFORMAT;
	if (at < len && !has_content(type))
		return WEIR_EFORMAT;
	for (; at < len; at += field) {
		field = read_field(bytes + at, len - at, &is_dnstap);
		if (field == 0)
			return WEIR_EFORMAT;
	}
	*ret_type = type;
	*ret_is_dnstap = is_dnstap || len == 4;
	return WEIR_OK;
}
