/*
 * name.c - domain names: wire format, text, database keys.
 *
 * The first step of every path: list words, command lines and queries all
 * become a struct weir_name here before anything looks at them.
 */
#include "lib/name.h"

#include <string.h>

static uint8_t
lower(uint8_t octet)
{
	return octet >= 'A' && octet <= 'Z' ? octet | 0x20 : octet;
}

/* Eight octets at once: those from A to Z get the bit that makes them small.
 * Length octets are below A. */
static inline uint64_t
lower_word(uint64_t word)
{
	const uint64_t ones = 0x0101010101010101ULL;
	uint64_t seven = word & (0x7f * ones);
	uint64_t from_a = seven + (0x80 - 'A') * ones;
	uint64_t past_z = seven + (0x80 - 'Z' - 1) * ones;
	uint64_t is_upper = (from_a ^ past_z) & ~word & (0x80 * ones);

	return word | is_upper >> 2;
}

/* `out` may be `wire`. */
static inline void
copy_lower_word(uint8_t *out, const uint8_t *wire)
{
	uint64_t word;

	memcpy(&word, wire, 8);
	word = lower_word(word);
	memcpy(out, &word, 8);
}

static void
copy_lower(uint8_t *out, const uint8_t *wire, size_t len)
{
	size_t at;

	for (at = 0; at + 8 <= len; at += 8)
		copy_lower_word(out + at, wire + at);
	if (at < len && len >= 8) /* some octets twice: that changes nothing */
		copy_lower_word(out + len - 8, wire + len - 8);
	else
		for (; at < len; at++)
			out[at] = lower(wire[at]);
}

int
weir_name_from_wire(const uint8_t *wire, size_t len, struct weir_name *ret_name)
{
	unsigned int labels = 0;
	size_t at = 0;

	if (len == 0 || len > WEIR_NAME_SIZE)
		return WEIR_EFORMAT;
	/* First the form, so that *ret_name stays untouched on failure. */
	while (wire[at] != 0) {
		if (wire[at] > WEIR_LABEL_SIZE)
			return WEIR_EFORMAT;
		at += 1 + (size_t)wire[at];
		if (at >= len)
			return WEIR_EFORMAT;
	}
	if (at != len - 1)
		return WEIR_EFORMAT;
	for (at = 0; wire[at] != 0; at += 1 + (size_t)wire[at])
		ret_name->offset[labels++] = (uint8_t)at;
	copy_lower(ret_name->wire, wire, len);
	ret_name->offset[labels] = (uint8_t)at;
	ret_name->label_count = (uint8_t)labels;
	ret_name->len = (uint8_t)len;
	return WEIR_OK;
}

/* The octet that the text at *at stands for, an escape resolved; moves *at
 * on.  -1 if it is not ASCII or a broken escape. */
static int
text_octet(const char *text, size_t len, size_t *at)
{
	unsigned char c = (unsigned char)text[(*at)++];
	unsigned int value = 0;
	int digits;

	if (c >= 0x80)
		return -1;
	if (c != '\\')
		return c;
	if (*at >= len)
		return -1;
	c = (unsigned char)text[*at];
	if (c < '0' || c > '9') {
		(*at)++;
		return c < 0x80 ? c : -1;
	}
	for (digits = 0; digits < 3; digits++, (*at)++) {
		if (*at >= len || text[*at] < '0' || text[*at] > '9')
			return -1;
		value = value * 10 + (unsigned int)(text[*at] - '0');
	}
	return value <= 255 ? (int)value : -1;
}

/* Copies octets that stand for themselves, up to a dot, a backslash, what is not
 * ASCII, or `len`; returns how many. */
static size_t
copy_plain(const char *text, size_t len, uint8_t *out)
{
	uint8_t octet;
	size_t at;

	for (at = 0; at < len; at++) {
		octet = (uint8_t)text[at];
		if (octet == '.' || octet == '\\' || octet >= 0x80)
			break;
		out[at] = lower(octet);
	}
	return at;
}

/* Takes one label of the text, up to a dot or the end: moves *at on and returns
 * how long it is, 0 if it is none.  wire has room for WEIR_LABEL_SIZE octets. */
static size_t
take_label(const char *text, size_t len, size_t *at, uint8_t *wire)
{
	size_t from = *at, out = 0, run;
	int octet;

	for (;;) {
		run = len - from;
		if (run > WEIR_LABEL_SIZE - out)
			run = WEIR_LABEL_SIZE - out;
		run = copy_plain(text + from, run, wire + out);
		from += run;
		out += run;
		if (from == len || text[from] == '.')
			break;
		octet = text_octet(text, len, &from);
		if (octet < 0 || out == WEIR_LABEL_SIZE)
			return 0;
		wire[out++] = lower((uint8_t)octet);
	}
	*at = from;
	return out;
}

int
weir_name_parse(const char *text, size_t len, struct weir_name *ret_name)
{
	/* A label may reach over the end before it is seen to be too much. */
	uint8_t wire[WEIR_NAME_SIZE + 1 + WEIR_LABEL_SIZE];
	uint8_t offset[WEIR_NAME_LABELS + 1];
	size_t at = 0, out = 0, label;
	unsigned int labels = 0;

	if (len == 0)
		return WEIR_EFORMAT;
	if (len == 1 && text[0] == '.')
		len = 0; /* the root */
	while (at < len) {
		label = take_label(text, len, &at, wire + out + 1);
		if (label == 0 || out + 1 + label >= WEIR_NAME_SIZE)
			return WEIR_EFORMAT;
		wire[out] = (uint8_t)label;
		offset[labels++] = (uint8_t)out;
		out += 1 + label;
		at += at < len; /* the dot */
	}
	wire[out] = 0;
	offset[labels] = (uint8_t)out;
	memcpy(ret_name->wire, wire, out + 1);
	memcpy(ret_name->offset, offset, labels + 1);
	ret_name->len = (uint8_t)(out + 1);
	ret_name->label_count = (uint8_t)labels;
	return WEIR_OK;
}

static size_t
print_octet(uint8_t octet, char *text)
{
	if (octet == '.' || octet == '\\' || octet == '"' || octet == ';' ||
	    octet == '(' || octet == ')' || octet == '@' || octet == '$') {
		text[0] = '\\';
		text[1] = (char)octet;
		return 2;
	}
	if (octet > 0x20 && octet < 0x7f) {
		text[0] = (char)octet;
		return 1;
	}
	text[0] = '\\';
	text[1] = (char)('0' + octet / 100);
	text[2] = (char)('0' + octet / 10 % 10);
	text[3] = (char)('0' + octet % 10);
	return 4;
}

size_t
weir_name_print_from(
    const struct weir_name *name, unsigned int label, char *text)
{
	size_t out = 0, at, end;

	if (label >= name->label_count) {
		text[out++] = '.';
		text[out] = '\0';
		return out;
	}
	for (; label < name->label_count; label++) {
		at = (size_t)name->offset[label] + 1;
		end = name->offset[label + 1];
		for (; at < end; at++)
			out += print_octet(name->wire[at], text + out);
		text[out++] = '.';
	}
	text[--out] = '\0';
	return out;
}

size_t
weir_name_print(const struct weir_name *name, char *text)
{
	return weir_name_print_from(name, 0, text);
}

bool
weir_name_is_equal(const struct weir_name *a, const struct weir_name *b)
{
	return a->len == b->len && memcmp(a->wire, b->wire, a->len) == 0;
}

bool
weir_name_is_top_numeric(const struct weir_name *name)
{
	const uint8_t *top;
	unsigned int i;

	if (name->label_count == 0)
		return false;
	top = name->wire + name->offset[name->label_count - 1];
	for (i = 1; i <= top[0]; i++)
		if (top[i] < '0' || top[i] > '9')
			return false;
	return true;
}

size_t
weir_name_to_key(const struct weir_name *name, enum weir_trigger trigger,
    uint8_t *key, uint16_t *ret_ends)
{
	unsigned int label, labels = name->label_count;
	size_t out = 0, len;

	key[out++] = (uint8_t)trigger;
	if (ret_ends)
		ret_ends[0] = (uint16_t)out;
	for (label = labels; label-- > 0;) {
		len = 1 + (size_t)name->wire[name->offset[label]];
		memcpy(key + out, name->wire + name->offset[label], len);
		out += len;
		if (ret_ends)
			ret_ends[labels - label] = (uint16_t)out;
	}
	return out;
}

/* Whether one of eight octets is a letter from A to Z. */
static uint64_t
capitals_of(uint64_t octets)
{
	uint64_t seven_bits = octets & 0x7f7f7f7f7f7f7f7fULL;
	uint64_t from_a = seven_bits + 0x0101010101010101ULL * (0x80 - 'A');
	uint64_t over_z = seven_bits + 0x0101010101010101ULL * (0x80 - 'Z' - 1);

	return from_a & ~over_z & ~octets & 0x8080808080808080ULL;
}

static bool
has_capitals(const uint8_t *octets, size_t len)
{
	uint64_t word, found = 0;
	size_t at;

	for (at = 0; at + 8 <= len; at += 8) {
		memcpy(&word, octets + at, 8);
		found |= capitals_of(word);
	}
	word = 0;
	memcpy(&word, octets + at, len - at);
	return (found | capitals_of(word)) != 0;
}

bool
weir_name_is_key(const uint8_t *key, size_t len)
{
	size_t at;

	if (len < 2 || len > WEIR_NAME_SIZE || key[0] != WEIR_TRIGGER_QNAME)
		return false;
	for (at = 1; at < len; at += 1 + (size_t)key[at])
		if (key[at] == 0 || key[at] > WEIR_LABEL_SIZE)
			return false;
	if (at != len)
		return false;
	/* The length of a label is below 'A'. */
	return !has_capitals(key, len);
}

/* Where the labels begin; their number, or WEIR_EFORMAT. */
static inline int
find_labels(const uint8_t *wire, size_t len, uint8_t offsets[WEIR_NAME_LABELS])
{
	unsigned int labels = 0;
	size_t at = 0;

	if (len == 0 || len > WEIR_NAME_SIZE)
		return WEIR_EFORMAT;
	while (wire[at] != 0) {
		if (wire[at] > WEIR_LABEL_SIZE || labels == WEIR_NAME_LABELS)
			return WEIR_EFORMAT;
		offsets[labels++] = (uint8_t)at;
		at += 1 + (size_t)wire[at];
		if (at >= len)
			return WEIR_EFORMAT;
	}
	return at == len - 1 ? (int)labels : WEIR_EFORMAT;
}

/* The key of the labels from `first` to before `end`, the last one first. */
static inline size_t
write_key(const uint8_t *wire, const uint8_t *offsets, int first, int end,
    enum weir_trigger trigger, uint8_t *key, uint16_t *ret_ends)
{
	size_t out = 1, size;
	int label;

	key[0] = (uint8_t)trigger;
	for (label = end; label-- > first;) {
		size = 1 + (size_t)wire[offsets[label]];
		memcpy(key + out, wire + offsets[label], size);
		out += size;
		if (ret_ends)
			ret_ends[end - label] = (uint16_t)out;
	}
	copy_lower(key, key, out); /* the trigger is below A */
	return out;
}

int
weir_name_wire_to_key(const uint8_t *wire, size_t len,
    enum weir_trigger trigger, uint8_t *key, uint16_t *ret_ends)
{
	uint8_t offsets[WEIR_NAME_LABELS];
	int labels = find_labels(wire, len, offsets);

	if (labels < 0)
		return labels;
	ret_ends[0] = 1;
	(void)write_key(wire, offsets, 0, labels, trigger, key, ret_ends);
	return labels;
}

size_t
weir_name_wire_to_top_key(const uint8_t *wire, size_t len,
    enum weir_trigger trigger, unsigned int labels, uint8_t *key)
{
	uint8_t offsets[WEIR_NAME_LABELS];
	int all = find_labels(wire, len, offsets);

	if (all < (int)labels)
		return 0;
	return write_key(
	    wire, offsets, all - (int)labels, all, trigger, key, NULL);
}

int
weir_name_from_key(const uint8_t *key, size_t len, struct weir_name *ret_name)
{
	uint8_t wire[WEIR_NAME_SIZE];
	size_t at = 1, to = WEIR_NAME_SIZE - 1;

	if (len < 2 || len > WEIR_NAME_SIZE || key[0] != WEIR_TRIGGER_QNAME)
		return WEIR_EFORMAT;
	wire[to] = 0;
	while (at < len) {
		size_t label = 1 + (size_t)key[at];

		if (key[at] == 0 || key[at] > WEIR_LABEL_SIZE ||
		    at + label > len)
			return WEIR_EFORMAT;
		to -= label;
		memcpy(wire + to, key + at, label);
		at += label;
	}
	return weir_name_from_wire(wire + to, WEIR_NAME_SIZE - to, ret_name);
}
