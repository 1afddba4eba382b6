/*
 * web_check.c - whether a request is answered at all, and where to listen.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "stats/web.h"

#define HOST_SIZE 256

static bool
is_address(char *host)
{
	unsigned char address[16];
	size_t len = strlen(host);

	if (inet_pton(AF_INET, host, address) == 1)
		return true;
	if (len < 3 || host[0] != '[' || host[len - 1] != ']')
		return false;
	host[len - 1] = '\0';
	return inet_pton(AF_INET6, host + 1, address) == 1;
}

/* An address cannot be another site's; a name could, but for our own ones. */
static bool
is_our_host(const struct weir_web *web, const char *value)
{
	char host[HOST_SIZE], own[HOST_SIZE];
	const char *colon;
	size_t len;

	if (!value)
		return false;
	colon = strrchr(value, ':');
	len = strlen(value);
	if (colon && strspn(colon + 1, "0123456789") == strlen(colon + 1))
		len = (size_t)(colon - value);
	if (len == 0 || len >= sizeof(host))
		return false;
	memcpy(host, value, len);
	host[len] = '\0';
	if (strcasecmp(host, "localhost") == 0 ||
	    (web->host && strcasecmp(host, web->host) == 0))
		return true;
	if (gethostname(own, sizeof(own)) == 0 &&
	    memchr(own, '\0', sizeof(own)) && strcasecmp(host, own) == 0)
		return true;
	return is_address(host);
}

/* A browser says so: nobody else's page has any business here, whether or not it
 * could read the answer (explain starts a program).  A link may lead here. */
static bool
is_of_another_site(const struct weir_web_asked *asked)
{
	if (!asked->fetch_site || strcmp(asked->fetch_site, "none") == 0 ||
	    strcmp(asked->fetch_site, "same-origin") == 0)
		return false;
	return !asked->fetch_mode ||
	       strcmp(asked->fetch_mode, "navigate") != 0 ||
	       strncmp(asked->path, "/api/", 5) == 0;
}

unsigned int
weir_web_check(const struct weir_web *web, const struct weir_web_asked *asked,
    const char **ret_why)
{
	if (strcmp(asked->method, "GET") != 0 &&
	    strcmp(asked->method, "HEAD") != 0) {
		*ret_why = "only GET and HEAD\n";
		return 405;
	}
	if (!is_our_host(web, asked->host)) {
		*ret_why = "that host is not this one (--host NAME)\n";
		return 403;
	}
	if (is_of_another_site(asked)) {
		*ret_why = "another site's page asks for it\n";
		return 403;
	}
	return 0;
}

bool
weir_web_listen_parse(const char *text, struct sockaddr_storage *ret_address)
{
	struct sockaddr_in *four = (struct sockaddr_in *)ret_address;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)ret_address;
	const char *colon = strrchr(text, ':');
	char host[64];
	unsigned long port;
	size_t len;

	memset(ret_address, 0, sizeof(*ret_address));
	if (!colon || colon[1] == '\0' || strlen(colon + 1) > 5 ||
	    strspn(colon + 1, "0123456789") != strlen(colon + 1))
		return false;
	port = strtoul(colon + 1, NULL, 10);
	len = (size_t)(colon - text);
	if (port > 65535 || len >= sizeof(host))
		return false;
	memcpy(host, text, len);
	host[len] = '\0';
	if (inet_pton(AF_INET, host, &four->sin_addr) == 1) {
		four->sin_family = AF_INET;
		four->sin_port = htons((uint16_t)port);
		return true;
	}
	if (len < 3 || host[0] != '[' || host[len - 1] != ']')
		return false;
	host[len - 1] = '\0';
	six->sin6_family = AF_INET6;
	six->sin6_port = htons((uint16_t)port);
	return inet_pton(AF_INET6, host + 1, &six->sin6_addr) == 1;
}
