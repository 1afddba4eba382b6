/*
 * http_get.c - feeds/http.c as a program, for tests: fetches URLs one after the
 * other over one connection.
 *
 *   http_get [--ca-file F] [--max N] [--file F] [--etag T] [--modified T]
 *       [--connect-ms N] [--slow-s N] [--base-ms N] [--rate N] [--stop-at N]
 *       URL...
 *
 * With --base BASE what follows are paths of a repository, fetched through its
 * transport: "found=1 len=5 status=200 retry=0 moved=312 sha256=".
 *
 * For each: "status=200 len=5 retry=0 etag= modified= moved=312", and the body
 * behind it, or "error=limit status=200 moved=312 REASON".  Exit status 0 if all
 * have brought an answer.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "feeds/http.h"

struct options {
	const char *ca_file, *file, *base;
	struct weir_http_times times;
	struct weir_http_request request;
	uint64_t stop_at;
};

static int
stop(void *arg, uint64_t done, uint64_t total)
{
	const struct options *options = arg;

	(void)total;
	return done >= options->stop_at;
}

static bool
take_option(struct options *options, const char *name, const char *value)
{
	unsigned long long number = strtoull(value, NULL, 10);

	if (strcmp(name, "--ca-file") == 0)
		options->ca_file = value;
	else if (strcmp(name, "--base") == 0)
		options->base = value;
	else if (strcmp(name, "--file") == 0)
		options->file = value;
	else if (strcmp(name, "--etag") == 0)
		options->request.etag = value;
	else if (strcmp(name, "--modified") == 0)
		options->request.last_modified = value;
	else if (strcmp(name, "--max") == 0)
		options->request.max = number;
	else if (strcmp(name, "--connect-ms") == 0)
		options->times.connect_ms = (unsigned int)number;
	else if (strcmp(name, "--slow-s") == 0)
		options->times.slow_s = (unsigned int)number;
	else if (strcmp(name, "--base-ms") == 0)
		options->times.base_ms = (unsigned int)number;
	else if (strcmp(name, "--rate") == 0)
		options->times.rate = number;
	else if (strcmp(name, "--stop-at") == 0)
		options->stop_at = number;
	else
		return false;
	return true;
}

static int
get(struct weir_http *http, const struct weir_http_request *request)
{
	struct weir_http_reply reply;
	struct weir_problem problem = { "" };
	int error = weir_http_get(http, request, &reply, &problem);

	if (error < 0) {
		printf("error=%s status=%ld moved=%llu %s\n",
		    error == WEIR_ELIMIT    ? "limit"
		    : error == WEIR_ESYSTEM ? "system"
					    : weir_error_text(error),
		    reply.status, (unsigned long long)reply.moved,
		    problem.text);
		return error;
	}
	printf("status=%ld len=%llu retry=%u etag=%s modified=%s moved=%llu\n",
	    reply.status, (unsigned long long)reply.len, reply.retry_after_s,
	    reply.etag, reply.last_modified, (unsigned long long)reply.moved);
	if (reply.body != NULL && reply.len > 0) {
		(void)fwrite(reply.body, 1, reply.len, stdout);
		printf("\n");
	}
	free(reply.body);
	return 0;
}

/* Through the transport of a repository: to memory, or to the file. */
static int
get_path(struct weir_http_repository *repository,
    const struct weir_http_request *request, const char *path)
{
	struct weir_tuf_transport transport;
	struct weir_problem problem = { "" };
	char *text = NULL;
	uint64_t file_len = 0;
	size_t len = 0;
	int found;

	weir_http_transport(repository, &transport);
	if (request->fd >= 0)
		found = transport.get_file(transport.arg, path, request->max,
		    request->fd, &file_len, &problem);
	else
		found = transport.get(transport.arg, path, (size_t)request->max,
		    &text, &len, &problem);
	printf(
	    "found=%d len=%llu status=%ld retry=%u moved=%llu sha256=%s %s\n",
	    found, (unsigned long long)(len + file_len), repository->status,
	    repository->retry_after_s, (unsigned long long)repository->moved,
	    repository->timestamp_sha256, problem.text);
	free(text);
	return found < 0 ? found : 0;
}

int
main(int argc, char **argv)
{
	struct options options = { .request = { .max = 1000, .fd = -1 } };
	struct weir_http_repository repository = { .status = 0 };
	struct weir_http *http;
	int i = 1, failed = 0;

	while (i + 1 < argc && take_option(&options, argv[i], argv[i + 1]))
		i += 2;
	if (options.file != NULL)
		options.request.fd = open(
		    options.file, O_RDWR | O_CREAT | O_TRUNC, 0644);
	if (options.stop_at > 0) {
		options.request.show = stop;
		options.request.show_arg = &options;
	}
	http = weir_http_new(options.ca_file);
	if (http == NULL)
		return 2;
	weir_http_set_times(http, &options.times);
	repository.http = http;
	repository.base = options.base;
	for (; i < argc; i++) {
		options.request.url = argv[i];
		failed |= (options.base == NULL
				  ? get(http, &options.request)
				  : get_path(&repository, &options.request,
					argv[i])) != 0;
		(void)fflush(stdout);
	}
	weir_http_free(http);
	if (options.request.fd >= 0)
		(void)close(options.request.fd);
	return failed;
}
