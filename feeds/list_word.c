/*
 * list_word.c - one word of a list: is it a domain name, and if not, why.
 *
 * The place where lists meet the DNS.  Whatever is let through here may be
 * blocked, so it is strict about what a name is; and it names the reason, so
 * that a list's keeper can be told.
 */
#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "feeds/list.h"
#include "lib/idn.h"

/* What an octet of a word may be. */
enum octet_class {
	JUNK,
	HOST, /* letters, digits, - and _ */
	DOT,
	WIDE, /* over 0x7f: another script */
	STAR,
	SLASH,   /* of a path */
	COLON,   /* of a scheme, a port, an IPv6 address */
	FOREIGN, /* of the rules of another format */
};

#define MASK(class) (1U << (class))

static const uint8_t classes[256] = {
	['-'] = HOST,
	['_'] = HOST,
	['0' ... '9'] = HOST,
	['A' ... 'Z'] = HOST,
	['a' ... 'z'] = HOST,
	['.'] = DOT,
	[0x80 ... 0xff] = WIDE,
	['*'] = STAR,
	['/'] = SLASH,
	[':'] = COLON,
	['!'] = FOREIGN,
	['"'] = FOREIGN,
	['#'] = FOREIGN,
	['$'] = FOREIGN,
	['%'] = FOREIGN,
	['&'] = FOREIGN,
	['\''] = FOREIGN,
	['('] = FOREIGN,
	[')'] = FOREIGN,
	['+'] = FOREIGN,
	[','] = FOREIGN,
	[';'] = FOREIGN,
	['<'] = FOREIGN,
	['='] = FOREIGN,
	['>'] = FOREIGN,
	['?'] = FOREIGN,
	['@'] = FOREIGN,
	['['] = FOREIGN,
	['\\'] = FOREIGN,
	[']'] = FOREIGN,
	['^'] = FOREIGN,
	['`'] = FOREIGN,
	['{'] = FOREIGN,
	['|'] = FOREIGN,
	['}'] = FOREIGN,
	['~'] = FOREIGN,
};

static enum octet_class
class_of(unsigned char octet)
{
	return (enum octet_class)classes[octet];
}

/* 10, 0177, 0x7f: what inet_aton(3) takes between two dots. */
static bool
is_number(const char *text, size_t len)
{
	const char *digits = "0123456789";
	size_t i;

	if (len > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		digits = "0123456789abcdefABCDEF";
		text += 2;
		len -= 2;
	}
	for (i = 0; i < len; i++)
		if (text[i] == '\0' || strchr(digits, text[i]) == NULL)
			return false;
	return len > 0;
}

/* The length of the label that begins at text. */
static size_t
label_length(const char *text, size_t len)
{
	const char *dot = memchr(text, '.', len);

	return dot == NULL ? len : (size_t)(dot - text);
}

static bool
is_ipv4(const char *text, size_t len)
{
	size_t label;

	/* Most words are told by their first octet. */
	if (len == 0 || text[0] < '0' || text[0] > '9')
		return false;
	for (;;) {
		label = label_length(text, len);
		if (!is_number(text, label))
			return false;
		if (label == len || label + 1 == len)
			return true;
		text += label + 1;
		len -= label + 1;
	}
}

static bool
is_ipv6(const char *text, size_t len)
{
	char copy[INET6_ADDRSTRLEN];
	struct in6_addr address;
	const char *zone;

	if (len > 2 && text[0] == '[' && text[len - 1] == ']') {
		text++;
		len -= 2;
	}
	zone = memchr(text, '%', len);
	if (zone != NULL)
		len = (size_t)(zone - text);
	if (len < 2 || len >= sizeof(copy) || memchr(text, ':', len) == NULL)
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	return inet_pton(AF_INET6, copy, &address) == 1;
}

/* How much of a word stands before :PORT or /PREFIX, if digits follow. */
static size_t
without_suffix(const char *text, size_t len, char mark)
{
	size_t at = len;

	while (at > 0 && text[at - 1] >= '0' && text[at - 1] <= '9')
		at--;
	if (at < 2 || at == len || text[at - 1] != mark)
		return len;
	return at - 1;
}

bool
weir_list_is_address(const char *text, size_t len)
{
	if (is_ipv6(text, len))
		return true;
	len = without_suffix(text, len, '/');
	return is_ipv6(text, len) ||
	       is_ipv4(text, without_suffix(text, len, ':'));
}

/* Names that stand in hosts files for the machine and its network. */
static bool
is_local(const char *text, size_t len)
{
	static const char *const names[] = { "localhost",
		"localhost.localdomain", "localhost4", "localhost6",
		"localhost4.localdomain4", "localhost6.localdomain6",
		"localdomain", "local", "loopback", "broadcasthost",
		"ip6-localhost", "ip6-loopback", "ip6-localnet",
		"ip6-mcastprefix", "ip6-allnodes", "ip6-allrouters",
		"ip6-allhosts" };
	size_t i;

	/* Nearly all words are told by their first letter. */
	if (len == 0 || strchr("lbiLBI", text[0]) == NULL)
		return false;
	if (text[len - 1] == '.')
		len--;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (len == strlen(names[i]) &&
		    strncasecmp(text, names[i], len) == 0)
			return true;
	return false;
}

/* The first octet that no name has says what the word is instead. */
static int
reason_of_octet(const char *text, size_t len, size_t at)
{
	switch (class_of((unsigned char)text[at])) {
	case SLASH:
		return 1 + WEIR_LIST_URL;
	case COLON:
		/* "server:" is a word of a configuration file. */
		return 1 + (at + 1 == len ? WEIR_LIST_NOT_THIS_FORMAT
					  : WEIR_LIST_URL);
	case STAR:
		return 1 + WEIR_LIST_WILDCARD;
	case FOREIGN:
		return 1 + WEIR_LIST_NOT_THIS_FORMAT;
	default:
		return 1 + WEIR_LIST_NOT_A_NAME;
	}
}

/* Why weir_name_parse or weir_idn_parse said no. */
static int
reason_of_failure(const char *text, size_t len, bool is_wide)
{
	size_t label, whole = len;
	bool is_long = false;

	if (is_wide)
		return 1 + WEIR_LIST_BAD_IDN;
	if (whole > 0 && text[whole - 1] == '.')
		whole--;
	is_long = whole > 253;
	for (;;) {
		label = label_length(text, whole);
		if (label == 0)
			return 1 + WEIR_LIST_NOT_A_NAME;
		is_long = is_long || label > WEIR_LABEL_SIZE;
		if (label == whole)
			break;
		text += label + 1;
		whole -= label + 1;
	}
	return 1 + (is_long ? WEIR_LIST_TOO_LONG : WEIR_LIST_NOT_A_NAME);
}

/* Whether IDNA left octets in the name that no host has (a "full-width" star
 * or slash maps to an ASCII one). */
static bool
has_odd_octet(const struct weir_name *name)
{
	unsigned int i, j;
	const uint8_t *label;

	for (i = 0; i < name->label_count; i++) {
		label = name->wire + name->offset[i];
		for (j = 1; j <= label[0]; j++)
			if (class_of(label[j]) != HOST)
				return true;
	}
	return false;
}

/* Why a word is refused that has an octet which no name has. */
static int
reason_of_word(const char *text, size_t len)
{
	enum octet_class class;
	size_t i;

	if (weir_list_is_address(text, len))
		return 1 + WEIR_LIST_ADDRESS;
	for (i = 0; i < len; i++) {
		class = class_of((unsigned char)text[i]);
		if (class != HOST && class != DOT && class != WIDE)
			break;
	}
	return reason_of_octet(text, len, i);
}

int
weir_list_judge(const char *text, size_t len, struct weir_name *ret_name)
{
	unsigned int seen = 0;
	bool is_wide;
	size_t i;

	for (i = 0; i < len; i++)
		seen |= MASK(classes[(unsigned char)text[i]]);
	if ((seen & ~(MASK(HOST) | MASK(DOT) | MASK(WIDE))) != 0)
		return reason_of_word(text, len);
	is_wide = (seen & MASK(WIDE)) != 0;
	if (is_ipv4(text, len))
		return 1 + WEIR_LIST_ADDRESS;
	if (is_local(text, len))
		return 1 + WEIR_LIST_LOCAL_NAME;
	if ((is_wide ? weir_idn_parse(text, len, ret_name)
		     : weir_name_parse(text, len, ret_name)) != 0)
		return reason_of_failure(text, len, is_wide);
	if (is_wide && has_odd_octet(ret_name))
		return 1 + WEIR_LIST_BAD_IDN;
	if (ret_name->label_count < 2)
		return 1 + WEIR_LIST_SINGLE_LABEL;
	if (weir_name_is_top_numeric(ret_name))
		return 1 + WEIR_LIST_NOT_A_NAME;
	return 0;
}
