/*
 * idn.c - names in any script, turned into the A-labels that the DNS has.
 *
 * Pure ASCII never goes through IDNA: names as _dmarc.example.com or
 * r3---sn.example.com are real, are asked for, and break its rules.  For a
 * name with one label in another script the rule holds label by label: the
 * ASCII labels stay as they are.
 */
#include "lib/idn.h"

#include <idn2.h>
#include <stdbool.h>
#include <string.h>

/* What UTS #46 takes for a dot between labels. */
static const char *const wide_dots[] = {
	"\343\200\202", /* U+3002 ideographic full stop */
	"\357\274\216", /* U+FF0E fullwidth full stop */
	"\357\275\241", /* U+FF61 halfwidth ideographic full stop */
};

static bool
is_ascii(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if ((unsigned char)text[i] > 0x7f)
			return false;
	return true;
}

/* The octets of a dot at the beginning of text, 0 if there is none. */
static size_t
dot_size(const char *text, size_t len)
{
	size_t i;

	if (len > 0 && text[0] == '.')
		return 1;
	for (i = 0; len >= 3 && i < 3; i++)
		if (memcmp(text, wide_dots[i], 3) == 0)
			return 3;
	return 0;
}

static size_t
label_length(const char *text, size_t len)
{
	size_t at = 0;

	while (at < len && dot_size(text + at, len - at) == 0)
		at++;
	return at;
}

/* Writes the A-label of one label to `out`, which has `size` octets left.
 * Returns its length, 0 if there is none or it does not fit. */
static size_t
to_a_label(const char *label, size_t len, char *out, size_t size)
{
	char written[WEIR_NAME_TEXT_SIZE];
	char *ascii = NULL;
	size_t ascii_len = len;

	if (is_ascii(label, len)) {
		if (len > size)
			return 0;
		memcpy(out, label, len);
		return len;
	}
	if (len >= sizeof(written) || memchr(label, 0, len) != NULL)
		return 0;
	memcpy(written, label, len);
	written[len] = '\0';
	if (idn2_to_ascii_8z(written, &ascii,
		IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK)
		return 0;
	ascii_len = strlen(ascii);
	if (ascii_len > size)
		ascii_len = 0;
	memcpy(out, ascii, ascii_len);
	idn2_free(ascii);
	return ascii_len;
}

int
weir_idn_parse(const char *text, size_t len, struct weir_name *ret_name)
{
	char ascii[WEIR_NAME_TEXT_SIZE];
	size_t label, dot, written, at = 0, out = 0;

	if (is_ascii(text, len))
		return weir_name_parse(text, len, ret_name);
	while (at < len) {
		label = label_length(text + at, len - at);
		dot = dot_size(text + at + label, len - at - label);
		if (label > 0) {
			written = to_a_label(
			    text + at, label, ascii + out, sizeof(ascii) - out);
			if (written == 0)
				return WEIR_EFORMAT;
			out += written;
		}
		if (dot > 0 && out == sizeof(ascii))
			return WEIR_EFORMAT;
		if (dot > 0)
			ascii[out++] = '.';
		at += label + dot;
	}
	/* An empty label is for weir_name_parse to see. */
	return weir_name_parse(ascii, out, ret_name);
}
