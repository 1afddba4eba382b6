/*
 * web.c - libmicrohttpd, and what each answer has to have.
 */
#include "stats/web.h"

#include <errno.h>
#include <microhttpd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "lib/log.h"
#include "stats/web_guests.h"

#define IDLE_S 60U /* web_guests.h is quicker */
/* Of a connection: request line and headers have to fit. */
#define MEMORY ((size_t)32 * 1024)

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
	/* Another site's page gets no connection to keep. */
	if (answer->status >= MHD_HTTP_BAD_REQUEST)
		(void)MHD_add_response_header(
		    response, MHD_HTTP_HEADER_CONNECTION, "close");
	ret = MHD_queue_response(connection, answer->status, response);
	MHD_destroy_response(response);
	return ret;
}

/* A value that the rest may take for a text. */
static const char *
whole(const char *value, size_t len)
{
	return value && strlen(value) == len ? value : NULL;
}

static const char *
parameter(const struct weir_web_call *call, const char *key)
{
	const char *value = NULL;
	size_t len = 0;

	if (MHD_lookup_connection_value_n(call->connection,
		MHD_GET_ARGUMENT_KIND, key, strlen(key), &value,
		&len) != MHD_YES)
		return NULL;
	return whole(value, len);
}

struct hosts {
	unsigned int count;
	const char *value;
};

static enum MHD_Result
take_host(void *arg, enum MHD_ValueKind kind, const char *key, size_t key_len,
    const char *value, size_t len)
{
	struct hosts *hosts = arg;

	(void)kind;
	(void)key_len;
	if (strcasecmp(key, MHD_HTTP_HEADER_HOST) == 0) {
		hosts->count++;
		hosts->value = whole(value, len);
	}
	return MHD_YES;
}

static const char *
header(struct MHD_Connection *connection, const char *name)
{
	return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static void
answer_call(const struct weir_web *web, struct MHD_Connection *connection,
    const char *url, const char *method, struct weir_web_answer *ret_answer)
{
	struct weir_web_call call = { url,
		header(connection, MHD_HTTP_HEADER_ACCEPT), parameter,
		connection };
	struct weir_web_asked asked = { method, url, NULL,
		header(connection, "Sec-Fetch-Site"),
		header(connection, "Sec-Fetch-Mode") };
	struct hosts hosts = { 0, NULL };
	const char *why = NULL;
	unsigned int status;

	if (!call.accept)
		call.accept = "";
	(void)MHD_get_connection_values_n(
	    connection, MHD_HEADER_KIND, take_host, &hosts);
	if (hosts.count == 1)
		asked.host = hosts.value;
	status = weir_web_check(web, &asked, &why);
	if (status != 0)
		weir_web_say(ret_answer, status, why);
	else
		web->answer(web->arg, &call, ret_answer);
}

/* A server, while it runs. */
struct server {
	const struct weir_web *web;
	struct weir_web_guests guests;
};

static uint64_t
now_ms(void)
{
	return weir_clock_ns() / 1000000;
}

/* The number in web_guests.h; the pointer to it is the connection's. */
static int
guest_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
	    connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? (int)(intptr_t)info->socket_context - 1 : -1;
}

static void
set_guest(struct server *server, struct MHD_Connection *connection,
    enum weir_web_guest_state state)
{
	weir_web_guests_set(
	    &server->guests, guest_of(connection), state, now_ms());
}

static void
connection_changed(void *arg, struct MHD_Connection *connection, void **context,
    enum MHD_ConnectionNotificationCode code)
{
	const union MHD_ConnectionInfo *info;
	struct server *server = arg;

	if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
		weir_web_guests_leave(
		    &server->guests, (int)(intptr_t)*context - 1);
		*context = NULL;
		return;
	}
	info = MHD_get_connection_info(
	    connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	if (info)
		*context = (void *)(intptr_t)(weir_web_guests_enter(
						  &server->guests,
						  info->connect_fd, now_ms()) +
					      1);
}

static void
request_done(void *arg, struct MHD_Connection *connection, void **state,
    enum MHD_RequestTerminationCode code)
{
	(void)state;
	(void)code;
	set_guest(arg, connection, WEIR_WEB_WAITING);
}

static enum MHD_Result
handle(void *arg, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *upload,
    size_t *upload_size, void **state)
{
	struct server *server = arg;
	struct weir_web_answer answer;
	enum MHD_Result ret;

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
	set_guest(server, connection, WEIR_WEB_ANSWERED);
	answer_call(server->web, connection, url, method, &answer);
	ret = send_answer(connection, &answer);
	set_guest(server, connection, WEIR_WEB_TAKING);
	return ret;
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

static struct MHD_Daemon *
start(struct server *server, const struct sockaddr_storage *address)
{
	unsigned int flags = MHD_USE_INTERNAL_POLLING_THREAD |
			     MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL |
			     MHD_USE_ITC;

	if (address->ss_family == AF_INET6)
		flags |= MHD_USE_IPv6;
	errno = 0;
	return MHD_start_daemon(flags, 0, NULL, NULL, handle, server,
	    MHD_OPTION_SOCK_ADDR, address, MHD_OPTION_NOTIFY_CONNECTION,
	    connection_changed, server, MHD_OPTION_NOTIFY_COMPLETED,
	    request_done, server, MHD_OPTION_CONNECTION_LIMIT,
	    2 * WEIR_WEB_GUESTS, MHD_OPTION_CONNECTION_TIMEOUT, IDLE_S,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, MEMORY, MHD_OPTION_END);
}

int
weir_web_serve(const struct weir_web *web, struct weir_problem *problem)
{
	static const struct timespec second = { 1, 0 };
	struct server server = { .web = web };
	struct sockaddr_storage address;
	struct MHD_Daemon *daemon;
	sigset_t signals;

	if (!weir_web_listen_parse(web->listen, &address))
		return weir_problem_set(problem, WEIR_EFORMAT,
		    "--listen %s: not ADDRESS:PORT", web->listen);
	/* Before there are threads that would take them. */
	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigaddset(&signals, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &signals, NULL);
	weir_web_guests_init(&server.guests);
	daemon = start(&server, &address);
	if (!daemon) {
		weir_web_guests_done(&server.guests);
		return weir_problem_set(problem, WEIR_ESYSTEM,
		    "cannot listen at %s: %s", web->listen,
		    errno != 0 ? strerror(errno) : "refused");
	}
	say_where(web, daemon);
	while (sigtimedwait(&signals, NULL, &second) < 0)
		weir_web_guests_hurry(&server.guests, now_ms());
	MHD_stop_daemon(daemon);
	weir_web_guests_done(&server.guests);
	return WEIR_OK;
}
