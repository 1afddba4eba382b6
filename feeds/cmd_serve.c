/*
 * cmd_serve.c - weir-feed serve: a small web server for trying a feed out.
 *
 * It knows two folders and the form of their files' names, so that nothing else
 * can be asked for.  In earnest any web server does, or an object store.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "feeds/publish.h"
#include "feeds/weir_feed.h"
#include "lib/log.h"

#define LISTEN      "127.0.0.1:8080"
#define CONNECTIONS 256
#define IDLE_S      60
#define METADATA    "/metadata/"
#define PAYLOADS    "/targets/feed/"
#define NAME_SIZE   128

/* Only the timestamp's file changes. */
#define CACHE_TIMESTAMP "max-age=1"
#define CACHE_HASHED    "public, max-age=31536000, immutable"
#define CACHE_NONE      "no-store"

struct serve_run {
	int metadata_fd, payloads_fd;
};

/* The file's name of such a path, and its folder; NULL: no such path. */
static const char *
find(const struct serve_run *run, const char *url, int *ret_folder)
{
	const char *name;
	size_t len;

	if (strncmp(url, METADATA, strlen(METADATA)) == 0) {
		name = url + strlen(METADATA);
		*ret_folder = run->metadata_fd;
	} else if (strncmp(url, PAYLOADS, strlen(PAYLOADS)) == 0) {
		name = url + strlen(PAYLOADS);
		*ret_folder = run->payloads_fd;
	} else
		return NULL;
	len = strlen(name);
	if (len == 0 || len >= NAME_SIZE || name[0] == '.' ||
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.") != len)
		return NULL;
	return name;
}

static enum MHD_Result
answer(struct MHD_Connection *connection, unsigned int status,
    struct MHD_Response *response, const char *type, const char *cache)
{
	enum MHD_Result ret;

	if (response == NULL)
		return MHD_NO;
	(void)MHD_add_response_header(
	    response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	(void)MHD_add_response_header(
	    response, MHD_HTTP_HEADER_CACHE_CONTROL, cache);
	ret = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return ret;
}

static enum MHD_Result
refuse(struct MHD_Connection *connection, unsigned int status)
{
	static char text[] = "no such file\n";

	return answer(connection, status,
	    MHD_create_response_from_buffer(
		strlen(text), text, MHD_RESPMEM_PERSISTENT),
	    "text/plain", CACHE_NONE);
}

static enum MHD_Result
handle(void *arg, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *upload,
    size_t *upload_size, void **state)
{
	const struct serve_run *run = arg;
	int folder, fd;
	const char *name;
	struct stat info;

	(void)version;
	(void)upload;
	(void)upload_size;
	/* Asked twice: who answers before the request is read to its end has
	 * the connection closed. */
	if (*state == NULL) {
		*state = arg;
		return MHD_YES;
	}
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 &&
	    strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED);
	name = find(run, url, &folder);
	fd = name == NULL ? -1
			  : openat(folder, name,
				O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return refuse(connection, MHD_HTTP_NOT_FOUND);
	if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
		(void)close(fd);
		return refuse(connection, MHD_HTTP_NOT_FOUND);
	}
	return answer(connection, MHD_HTTP_OK,
	    MHD_create_response_from_fd64((uint64_t)info.st_size, fd),
	    folder == run->metadata_fd ? "application/json"
				       : "application/zstd",
	    strcmp(name, "timestamp.json") == 0 ? CACHE_TIMESTAMP
						: CACHE_HASHED);
}

/* ADDRESS:PORT, [ADDRESS]:PORT. */
static bool
parse_listen(const char *text, struct sockaddr_storage *ret_address)
{
	struct sockaddr_in *four = (struct sockaddr_in *)ret_address;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)ret_address;
	const char *colon = strrchr(text, ':');
	char host[64], *stop;
	unsigned long port;
	size_t len;

	memset(ret_address, 0, sizeof(*ret_address));
	if (colon == NULL || colon[1] < '0' || colon[1] > '9')
		return false;
	port = strtoul(colon + 1, &stop, 10);
	len = (size_t)(colon - text);
	if (*stop != '\0' || port > 65535 || len >= sizeof(host))
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

/* Until a signal says that it is enough. */
static void
wait_for_end(void)
{
	sigset_t signals;
	int signal;

	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigaddset(&signals, SIGINT);
	(void)sigwait(&signals, &signal);
}

/* At the same place in both kinds of address. */
static unsigned int
port_of(const struct sockaddr_storage *address)
{
	return ntohs(((const struct sockaddr_in *)address)->sin_port);
}

static int
serve(struct serve_run *run, const struct sockaddr_storage *address,
    const char *folder, struct weir_problem *problem)
{
	const union MHD_DaemonInfo *info;
	struct MHD_Daemon *daemon;
	unsigned int flags = MHD_USE_INTERNAL_POLLING_THREAD;

	if (address->ss_family == AF_INET6)
		flags |= MHD_USE_IPv6;
	daemon = MHD_start_daemon(flags, 0, NULL, NULL, handle, run,
	    MHD_OPTION_SOCK_ADDR, address, MHD_OPTION_CONNECTION_LIMIT,
	    (unsigned int)CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT,
	    (unsigned int)IDLE_S, MHD_OPTION_END);
	if (daemon == NULL)
		return weir_problem_set(problem, WEIR_ESYSTEM,
		    "port %u: cannot listen there (--listen): %s",
		    port_of(address), strerror(errno));
	info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);
	printf("%s/public is served on port %u\n", folder,
	    info != NULL ? info->port : 0);
	(void)fflush(stdout);
	wait_for_end();
	MHD_stop_daemon(daemon);
	return 0;
}

int
weir_feed_serve(const struct weir_feed_call *call)
{
	struct serve_run run = { -1, -1 };
	struct weir_publish publish = { .lock_fd = -1 };
	struct sockaddr_storage address;
	struct weir_problem problem = { "out of memory" };
	sigset_t signals;
	int ret;

	if (!parse_listen(
		call->listen != NULL ? call->listen : LISTEN, &address))
		return weir_feed_usage(
		    call, "--listen %s: not ADDRESS:PORT", call->listen);
	/* Before there are threads that would take them. */
	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigaddset(&signals, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &signals, NULL);
	ret = weir_publish_paths(&publish, call->args[0]);
	if (ret == 0) {
		run.metadata_fd = open(
		    publish.metadata, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		run.payloads_fd = open(
		    publish.payloads, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (run.metadata_fd < 0 || run.payloads_fd < 0)
			ret = weir_problem_set(&problem, WEIR_EMISSING,
			    "%s: no feed was made there (weir-feed init)",
			    call->args[0]);
	}
	if (ret == 0)
		ret = serve(&run, &address, call->args[0], &problem);
	if (run.metadata_fd >= 0)
		(void)close(run.metadata_fd);
	if (run.payloads_fd >= 0)
		(void)close(run.payloads_fd);
	weir_publish_close(&publish);
	return ret < 0 ? weir_feed_fail(call, &problem) : WEIR_FEED_DONE;
}
