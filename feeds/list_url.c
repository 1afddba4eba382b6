/*
 * list_url.c - the host of a URL, and words that were made harmless as they
 * were.
 *
 * The host is where a browser would go: it ends at the first of / ? # and \,
 * and what stands before an @ in it is a user's name.
 */
#include "feeds/list_url.h"

#include <string.h>
#include <strings.h>

/* Schemes whose authority is a host of the DNS. */
static bool
is_scheme(const char *text, size_t len)
{
	static const char *const schemes[] = { "http", "https", "ftp", "ftps",
		"sftp", "tftp", "ws", "wss", "tcp", "udp", "tls", "ssh", "smb",
		"ldap", "ldaps", "rtsp", "stratum+tcp", "stratum+ssl" };
	size_t i;

	for (i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (len == strlen(schemes[i]) &&
		    strncasecmp(text, schemes[i], len) == 0)
			return true;
	return false;
}

static bool
is_end_of_host(char octet)
{
	return octet == '/' || octet == '?' || octet == '#' || octet == '\\';
}

/* How much of HOST:PORT is the host. */
static size_t
without_port(const char *text, size_t len)
{
	const char *bracket = memchr(text, ']', len);
	size_t at = len;

	if (len > 0 && text[0] == '[' && bracket != NULL)
		return (size_t)(bracket - text) + 1;
	while (at > 0 && text[at - 1] >= '0' && text[at - 1] <= '9')
		at--;
	if (at < 2 || text[at - 1] != ':')
		return len;
	/* Two colons: an IPv6 address without its brackets. */
	return memchr(text, ':', at - 1) != NULL ? len : at - 1;
}

/* Where "://" begins, if only a word stands before it. */
static size_t
scheme_length(const char *text, size_t len)
{
	size_t at = 0;

	while (at < len && text[at] != ':' && !is_end_of_host(text[at]) &&
	       text[at] != '@')
		at++;
	if (len - at < 3 || memcmp(text + at, "://", 3) != 0)
		return len;
	return at;
}

bool
weir_list_url_parse(const char *text, size_t len, struct weir_list_url *ret_url)
{
	size_t scheme = scheme_length(text, len), at = 0, end, i;
	struct weir_list_url url = { .host_len = 0 };

	if (scheme < len) {
		url.has_scheme = true;
		at = scheme + 3;
		if (!is_scheme(text, scheme))
			return false;
	} else if (len > 2 && memcmp(text, "//", 2) == 0) {
		at = 2;
	}
	for (end = at; end < len && !is_end_of_host(text[end]); end++)
		;
	/* Without a scheme it is an address of mail: no host of a URL. */
	for (i = at; i < end && at > 0; i++)
		if (text[i] == '@')
			at = i + 1;
	url.host = text + at;
	url.host_len = without_port(text + at, end - at);
	url.has_path = end < len && text[end] != '#' &&
		       (text[end] == '?' || end + 1 < len) &&
		       !(end + 1 < len && text[end] == '/' &&
			   text[end + 1] == '#');
	*ret_url = url;
	return true;
}

/* --- defanged ------------------------------------------------------------ */

static const struct {
	const char *text, *meant;
} defanged[] = {
	{ "[.]", "." },
	{ "(.)", "." },
	{ "{.}", "." },
	{ "[dot]", "." },
	{ "(dot)", "." },
	{ "[:]", ":" },
	{ "[://]", "://" },
	{ "[/]", "/" },
	{ "[@]", "@" },
	{ "hxxp", "http" },
};

/* Which of them stands at the beginning; the count if none. */
static size_t
find_defanged(const char *text, size_t len, bool is_first)
{
	size_t i, size, count = sizeof(defanged) / sizeof(defanged[0]);

	if (len == 0 || strchr("[({hH", text[0]) == NULL)
		return count;
	for (i = 0; i < count; i++) {
		size = strlen(defanged[i].text);
		if (defanged[i].text[0] == 'h' && !is_first)
			continue;
		if (len >= size &&
		    strncasecmp(text, defanged[i].text, size) == 0)
			break;
	}
	return i;
}

bool
weir_list_url_is_defanged(const char *text, size_t len)
{
	size_t i, count = sizeof(defanged) / sizeof(defanged[0]);

	for (i = 0; i < len; i++)
		if (find_defanged(text + i, len - i, i == 0) < count)
			return true;
	return false;
}

size_t
weir_list_url_refang(const char *text, size_t len, char *out)
{
	size_t count = sizeof(defanged) / sizeof(defanged[0]);
	size_t at = 0, put = 0, found, size;

	while (at < len && put + 4 <= WEIR_LIST_URL_SIZE) {
		found = find_defanged(text + at, len - at, at == 0);
		if (found == count) {
			out[put++] = text[at++];
			continue;
		}
		size = strlen(defanged[found].meant);
		memcpy(out + put, defanged[found].meant, size);
		put += size;
		at += strlen(defanged[found].text);
	}
	return put;
}
