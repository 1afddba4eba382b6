/*
 * web.c - libmicrohttpd, and what each answer has to have.
 */
#include "stats/web.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define CONNECTIONS 64U
#define PER_ADDRESS 32U
#define IDLE_S      30U
/* Of a connection: request line and headers have to fit. */
#define MEMORY      ((size_t)32 * 1024)
#define HOST_SIZE   256

/* What a page may do: nothing but show its own files and ask for its own. */
#define POLICY                                                      \
	"default-src 'none'; script-src 'self'; style-src 'self'; " \
	"img-src 'self'; connect-src 'self'; base-uri 'none'; "     \
	"form-action 'none'; frame-ancestors 'none'"

static const char *const headers[][2] = {
	{ "Content-Security-Policy", POLICY },
	{ "X-Content-Type-Options", "nosniff" },
	{ "Referrer-Policy", "no-referrer" },
	{ "Cross-Origin-Resource-Policy", "same-origin" },
	{ "Cross-Origin-Opener-Policy", "same-origin" },
	{ "Cache-Control", "no-store" },
};

const char *
weir_web_parameter(const struct weir_web_call *call, const char *key)
{
	return MHD_lookup_connection_value(
	    call->connection, MHD_GET_ARGUMENT_KIND, key);
}

void
weir_web_say(
    struct weir_web_answer *answer, unsigned int status, const char *text)
{
	answer->status = status;
	answer->type = "text/plain; charset=utf-8";
	answer->text = text;
	answer->malloced = NULL;
	answer->len = strlen(text);
}

void
weir_web_give(struct weir_web_answer *answer, const char *type, char *malloced,
    size_t len)
{
	if (!malloced) {
		weir_web_say(
		    answer, MHD_HTTP_INTERNAL_SERVER_ERROR, "out of memory\n");
		return;
	}
	answer->status = MHD_HTTP_OK;
	answer->type = type;
	answer->text = NULL;
	answer->malloced = malloced;
	answer->len = len;
}

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

static enum MHD_Result
send_answer(
    struct MHD_Connection *connection, const struct weir_web_answer *answer)
{
	struct MHD_Response *response;
	enum MHD_Result ret;
	size_t i;

	/* libmicrohttpd asks for a void * and does not write there. */
	response = MHD_create_response_from_buffer(answer->len,
	    answer->malloced ? answer->malloced
			     : (void *)(uintptr_t)answer->text,
	    answer->malloced ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
	if (!response) {
		free(answer->malloced);
		return MHD_NO;
	}
	(void)MHD_add_response_header(
	    response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->type);
	for (i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		(void)MHD_add_response_header(
		    response, headers[i][0], headers[i][1]);
	if (answer->status == MHD_HTTP_METHOD_NOT_ALLOWED)
		(void)MHD_add_response_header(
		    response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	ret = MHD_queue_response(connection, answer->status, response);
	MHD_destroy_response(response);
	return ret;
}

static enum MHD_Result
handle(void *arg, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *upload,
    size_t *upload_size, void **state)
{
	const struct weir_web *web = arg;
	struct weir_web_call call = { url, "", connection };
	struct weir_web_answer answer;
	const char *accept;

	(void)version;
	(void)upload;
	/* Asked twice: who answers before the request is read to its end has
	 * the connection closed. */
	if (*state == NULL) {
		*state = arg;
		return MHD_YES;
	}
	if (*upload_size > 0)
		return MHD_NO; /* nobody has anything to tell us */
	accept = MHD_lookup_connection_value(
	    connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
	if (accept)
		call.accept = accept;
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 &&
	    strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		weir_web_say(&answer, MHD_HTTP_METHOD_NOT_ALLOWED,
		    "only GET and HEAD\n");
	else if (!is_our_host(web, MHD_lookup_connection_value(connection,
				       MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST)))
		weir_web_say(&answer, MHD_HTTP_FORBIDDEN,
		    "that host is not this one (--host NAME)\n");
	else
		web->answer(web->arg, &call, &answer);
	return send_answer(connection, &answer);
}

static bool
parse_listen(const char *text, struct sockaddr_storage *ret_address)
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

static void
say_where(const struct weir_web *web, struct MHD_Daemon *daemon)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(
	    daemon, MHD_DAEMON_INFO_BIND_PORT);
	const char *colon = strrchr(web->listen, ':');

	(void)printf("%s: http://%.*s:%u/\n", web->what,
	    (int)(colon - web->listen), web->listen, info ? info->port : 0U);
	(void)fflush(stdout);
}

int
weir_web_serve(const struct weir_web *web, struct weir_problem *problem)
{
	unsigned int flags = MHD_USE_INTERNAL_POLLING_THREAD |
			     MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL;
	struct sockaddr_storage address;
	struct MHD_Daemon *daemon;
	sigset_t signals;
	int signal;

	if (!parse_listen(web->listen, &address))
		return weir_problem_set(problem, WEIR_EFORMAT,
		    "--listen %s: not ADDRESS:PORT", web->listen);
	/* Before there are threads that would take them. */
	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigaddset(&signals, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &signals, NULL);
	if (address.ss_family == AF_INET6)
		flags |= MHD_USE_IPv6;
	errno = 0;
	daemon = MHD_start_daemon(flags, 0, NULL, NULL, handle,
	    (void *)(uintptr_t)web, MHD_OPTION_SOCK_ADDR, &address,
	    MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS,
	    MHD_OPTION_PER_IP_CONNECTION_LIMIT, PER_ADDRESS,
	    MHD_OPTION_CONNECTION_TIMEOUT, IDLE_S,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, MEMORY, MHD_OPTION_END);
	if (!daemon)
		return weir_problem_set(problem, WEIR_ESYSTEM,
		    "cannot listen at %s: %s", web->listen,
		    errno != 0 ? strerror(errno) : "refused");
	say_where(web, daemon);
	(void)sigwait(&signals, &signal);
	MHD_stop_daemon(daemon);
	return WEIR_OK;
}
