/*
 * http.c - fetching by HTTP and HTTPS, with limits.
 *
 * All that a server sends comes through take_header and take_body, which count.
 * libcurl's own limit of a body (CURLOPT_MAXFILESIZE) is not used: before 8.4 it
 * looks at Content-Length only.  Breaking off inside of a callback closes the
 * connection, so that what is still to come is never read.
 */
#include "feeds/http.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#define OTHER_BODY 4096 /* of an error: read so far to keep the connection */

enum stop {
	NOT_STOPPED,
	STOP_BODY,     /* longer than max */
	STOP_HEADERS,  /* longer than WEIR_HTTP_HEADERS */
	STOP_ENCODING, /* a transfer encoding that nobody asked for */
	STOP_WRITE,    /* no room for it */
	STOP_MEMORY,
	STOP_SHOW /* the caller does not want it any more */
};

struct weir_http {
	CURL *curl;
	struct weir_http_times times;
	char reason[CURL_ERROR_SIZE];
};

/* One transfer. */
struct transfer {
	CURL *curl;
	const struct weir_http_request *request;
	struct weir_http_reply reply;
	enum stop stop;
	int error; /* errno of STOP_WRITE */
	size_t header_len;
	size_t body_size;
	bool has_headers; /* all of them: the answer is there */
};

/* --- what comes ------------------------------------------------------------ */

static size_t
break_off(struct transfer *transfer, enum stop stop)
{
	transfer->stop = stop;
	return 0;
}

/* The value of "NAME: value" without blanks around it, if the line is one; its
 * length is less than `size`. */
static bool
is_header(
    const char *line, size_t len, const char *name, char *value, size_t size)
{
	size_t name_len = strlen(name);

	if (len <= name_len || strncasecmp(line, name, name_len) != 0 ||
	    line[name_len] != ':')
		return false;
	line += name_len + 1;
	len -= name_len + 1;
	while (len > 0 && strchr(" \t\r\n", line[len - 1]) != NULL)
		len--;
	for (; len > 0 && (*line == ' ' || *line == '\t'); len--)
		line++;
	if (len >= size)
		return false;
	memcpy(value, line, len);
	value[len] = '\0';
	return true;
}

/* RFC 9110, 10.2.3: seconds or a date. */
static unsigned int
parse_retry_after(const char *value)
{
	time_t when;
	long long wait;

	if (value[0] != '\0' && value[strspn(value, "0123456789")] == '\0') {
		wait = strlen(value) > 6 ? WEIR_HTTP_RETRY_S : atoll(value);
	} else {
		when = curl_getdate(value, NULL);
		wait = when < 0 ? 0 : (long long)when - (long long)time(NULL);
	}
	if (wait < 0)
		return 0;
	return wait > WEIR_HTTP_RETRY_S ? WEIR_HTTP_RETRY_S
					: (unsigned int)wait;
}

static void
begin_answer(struct transfer *transfer)
{
	struct weir_http_reply *reply = &transfer->reply;

	reply->etag[0] = reply->last_modified[0] = '\0';
	reply->retry_after_s = 0;
	reply->status = 0;
}

static bool
take_line(struct transfer *transfer, const char *line, size_t len)
{
	struct weir_http_reply *reply = &transfer->reply;
	char value[WEIR_HTTP_TAG_SIZE];

	if (len >= 5 && strncmp(line, "HTTP/", 5) == 0)
		begin_answer(transfer); /* one after a 100 Continue, too */
	else if (is_header(line, len, "etag", value, sizeof(value)))
		memcpy(reply->etag, value, sizeof(value));
	else if (is_header(line, len, "last-modified", value, sizeof(value)))
		memcpy(reply->last_modified, value, sizeof(value));
	else if (is_header(line, len, "retry-after", value, sizeof(value)))
		reply->retry_after_s = parse_retry_after(value);
	/* libcurl would unpack it, asked for or not. */
	else if (is_header(
		     line, len, "transfer-encoding", value, sizeof(value)))
		return strcasecmp(value, "chunked") == 0;
	return true;
}

static size_t
take_header(char *line, size_t one, size_t len, void *arg)
{
	struct transfer *transfer = arg;

	(void)one;
	transfer->header_len += len;
	if (transfer->header_len > WEIR_HTTP_HEADERS)
		return break_off(transfer, STOP_HEADERS);
	if (transfer->has_headers)
		return len; /* trailers */
	if (len <= 2 && (line[0] == '\r' || line[0] == '\n')) {
		(void)curl_easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE,
		    &transfer->reply.status);
		transfer->has_headers = transfer->reply.status >= 200;
	} else if (!take_line(transfer, line, len)) {
		return break_off(transfer, STOP_ENCODING);
	}
	return len;
}

static bool
grow(struct transfer *transfer, size_t len)
{
	size_t needed = (size_t)transfer->reply.len + len + 1;
	size_t size = transfer->body_size == 0 ? 4096 : transfer->body_size;
	char *grown;

	while (size < needed)
		size *= 2;
	if (size == transfer->body_size)
		return true;
	grown = realloc(transfer->reply.body, size);
	if (grown == NULL)
		return false;
	transfer->reply.body = grown;
	transfer->body_size = size;
	return true;
}

static bool
write_at(int fd, const char *data, size_t len, uint64_t at)
{
	ssize_t done;

	while (len > 0) {
		done = pwrite(fd, data, len, (off_t)at);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return false;
		data += done;
		at += (uint64_t)done;
		len -= (size_t)done;
	}
	return true;
}

static size_t
take_body(char *data, size_t one, size_t len, void *arg)
{
	struct transfer *transfer = arg;
	struct weir_http_reply *reply = &transfer->reply;
	bool is_kept = reply->status == 200;

	(void)one;
	if (reply->len + len > (is_kept ? transfer->request->max : OTHER_BODY))
		return break_off(transfer, STOP_BODY);
	if (is_kept && transfer->request->fd >= 0) {
		if (!write_at(transfer->request->fd, data, len, reply->len)) {
			transfer->error = errno;
			return break_off(transfer, STOP_WRITE);
		}
	} else if (is_kept) {
		if (!grow(transfer, len))
			return break_off(transfer, STOP_MEMORY);
		memcpy(reply->body + reply->len, data, len);
	}
	reply->len += len;
	return len;
}

static int
show(void *arg, curl_off_t total, curl_off_t done, curl_off_t up_total,
    curl_off_t up_done)
{
	struct transfer *transfer = arg;
	const struct weir_http_request *request = transfer->request;

	(void)up_total;
	(void)up_done;
	if (request->show(request->show_arg, (uint64_t)(done < 0 ? 0 : done),
		(uint64_t)(total < 0 ? 0 : total)) == 0)
		return 0;
	transfer->stop = STOP_SHOW;
	return 1;
}

/* --- what is asked for ------------------------------------------------------ */

static const struct weir_http_times usual_times = {
	.connect_ms = WEIR_HTTP_CONNECT_S * 1000,
	.slow_s = WEIR_HTTP_SLOW_S,
	.base_ms = WEIR_HTTP_BASE_S * 1000,
	.rate = WEIR_HTTP_RATE,
};

/* What holds for every transfer. */
static bool
set_up(CURL *curl, const char *ca_file)
{
	bool is_set = true;

#define SET(option, value) \
	(is_set = curl_easy_setopt(curl, option, value) == CURLE_OK && is_set)
	SET(CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075500
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
#else
	SET(CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_HTTP_CONTENT_DECODING, 0L);
	SET(CURLOPT_PROXY, ""); /* not that of the environment either */
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (ca_file != NULL) {
		/* In place of the system's folder too, not beside it. */
		SET(CURLOPT_CAINFO, ca_file);
		SET(CURLOPT_CAPATH, NULL);
	}
	SET(CURLOPT_USERAGENT, "weir/" WEIR_VERSION);
	SET(CURLOPT_MAXCONNECTS, 1L);
	SET(CURLOPT_TCP_KEEPALIVE, 1L);
	SET(CURLOPT_LOW_SPEED_LIMIT, (long)WEIR_HTTP_SLOW);
	SET(CURLOPT_HEADERFUNCTION, take_header);
	SET(CURLOPT_WRITEFUNCTION, take_body);
	SET(CURLOPT_XFERINFOFUNCTION, show);
#undef SET
	return is_set;
}

struct weir_http *
weir_http_new(const char *ca_file)
{
	struct weir_http *http = calloc(1, sizeof(*http));

	if (http == NULL)
		return NULL;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		free(http);
		return NULL;
	}
	http->times = usual_times;
	http->curl = curl_easy_init();
	if (http->curl == NULL || !set_up(http->curl, ca_file)) {
		weir_http_free(http);
		return NULL;
	}
	return http;
}

void
weir_http_free(struct weir_http *http)
{
	if (http == NULL)
		return;
	curl_easy_cleanup(http->curl);
	curl_global_cleanup();
	free(http);
}

void
weir_http_set_times(struct weir_http *http, const struct weir_http_times *times)
{
	if (times->connect_ms != 0)
		http->times.connect_ms = times->connect_ms;
	if (times->slow_s != 0)
		http->times.slow_s = times->slow_s;
	if (times->base_ms != 0)
		http->times.base_ms = times->base_ms;
	if (times->rate != 0)
		http->times.rate = times->rate;
}

/* A tag that a state file has may be anything; it must not become two lines. */
static bool
add_condition(struct curl_slist **list, const char *name, const char *value)
{
	char line[WEIR_HTTP_TAG_SIZE + 32];
	struct curl_slist *longer;
	const char *at;

	if (value == NULL || value[0] == '\0' ||
	    strlen(value) >= WEIR_HTTP_TAG_SIZE)
		return true;
	for (at = value; *at != '\0'; at++)
		if ((unsigned char)*at < ' ' || *at == '\x7f')
			return true;
	(void)snprintf(line, sizeof(line), "%s: %s", name, value);
	longer = curl_slist_append(*list, line);
	if (longer == NULL)
		return false;
	*list = longer;
	return true;
}

static long
total_ms(const struct weir_http_times *times, uint64_t max)
{
	uint64_t whole_s = max / times->rate;

	if (whole_s > 1000000)
		whole_s = 1000000;
	return (long)(times->base_ms + whole_s * 1000 +
		      max % times->rate * 1000 / times->rate);
}

static bool
set_request(struct weir_http *http, struct transfer *transfer,
    struct curl_slist **ret_headers)
{
	const struct weir_http_request *request = transfer->request;
	CURL *curl = http->curl;
	bool is_set = true;

	if (!add_condition(ret_headers, "If-None-Match", request->etag) ||
	    !add_condition(
		ret_headers, "If-Modified-Since", request->last_modified))
		return false;
#define SET(option, value) \
	(is_set = curl_easy_setopt(curl, option, value) == CURLE_OK && is_set)
	SET(CURLOPT_URL, request->url);
	SET(CURLOPT_HTTPHEADER, *ret_headers);
	SET(CURLOPT_HEADERDATA, transfer);
	SET(CURLOPT_WRITEDATA, transfer);
	SET(CURLOPT_XFERINFODATA, transfer);
	SET(CURLOPT_NOPROGRESS, request->show == NULL ? 1L : 0L);
	SET(CURLOPT_ERRORBUFFER, http->reason);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)http->times.connect_ms);
	SET(CURLOPT_LOW_SPEED_TIME, (long)http->times.slow_s);
	SET(CURLOPT_TIMEOUT_MS, total_ms(&http->times, request->max));
#undef SET
	return is_set;
}

/* --- how it ended ----------------------------------------------------------- */

static int
tell(const struct weir_http *http, const struct transfer *transfer,
    CURLcode code, struct weir_problem *problem)
{
	const char *url = transfer->request->url;

	switch (transfer->stop) {
	case STOP_BODY:
		return weir_problem_set(problem, WEIR_ELIMIT,
		    "%s: longer than %llu octets", url,
		    (unsigned long long)transfer->request->max);
	case STOP_HEADERS:
		return weir_problem_set(problem, WEIR_ELIMIT,
		    "%s: headers of more than %d octets", url,
		    WEIR_HTTP_HEADERS);
	case STOP_ENCODING:
		return weir_problem_set(problem, WEIR_ESYSTEM,
		    "%s: a transfer encoding other than chunked", url);
	case STOP_WRITE:
		return weir_problem_set(problem, WEIR_ESYSTEM,
		    "%s: cannot be written: %s", url,
		    strerror(transfer->error));
	case STOP_MEMORY:
		return weir_problem_set(problem, WEIR_EMEMORY, "out of memory");
	case STOP_SHOW:
		return weir_problem_set(
		    problem, WEIR_ESYSTEM, "%s: broken off", url);
	default:
		return weir_problem_set(problem, WEIR_ESYSTEM, "%s: %s", url,
		    http->reason[0] != '\0' ? http->reason
					    : curl_easy_strerror(code));
	}
}

static uint64_t
moved(CURL *curl)
{
	curl_off_t body = 0;
	long headers = 0, request = 0;

	(void)curl_easy_getinfo(curl, CURLINFO_SIZE_DOWNLOAD_T, &body);
	(void)curl_easy_getinfo(curl, CURLINFO_HEADER_SIZE, &headers);
	(void)curl_easy_getinfo(curl, CURLINFO_REQUEST_SIZE, &request);
	return (uint64_t)body + (uint64_t)headers + (uint64_t)request;
}

/* 0 if there is an answer.  That of a status other than 200 is one as soon as
 * its headers are there. */
static int
judge(const struct weir_http *http, struct transfer *transfer, CURLcode code,
    struct weir_problem *problem)
{
	struct weir_http_reply *reply = &transfer->reply;

	if (code != CURLE_OK &&
	    (!transfer->has_headers || reply->status == 200 ||
		transfer->stop == STOP_SHOW))
		return tell(http, transfer, code, problem);
	if (!transfer->has_headers)
		return tell(http, transfer, CURLE_GOT_NOTHING, problem);
	if (reply->status != 200) {
		reply->len = 0;
	} else if (transfer->request->fd < 0) {
		if (!grow(transfer, 0))
			return weir_problem_set(
			    problem, WEIR_EMEMORY, "out of memory");
		reply->body[reply->len] = '\0';
	}
	return 0;
}

int
weir_http_get(struct weir_http *http, const struct weir_http_request *request,
    struct weir_http_reply *ret_reply, struct weir_problem *problem)
{
	struct transfer transfer = { .curl = http->curl, .request = request };
	struct curl_slist *headers = NULL;
	CURLcode code = CURLE_OUT_OF_MEMORY;
	int error;

	http->reason[0] = '\0';
	if (set_request(http, &transfer, &headers))
		code = curl_easy_perform(http->curl);
	transfer.reply.moved = moved(http->curl);
	error = judge(http, &transfer, code, problem);
	/* Nothing of this transfer outlives it. */
	(void)curl_easy_setopt(http->curl, CURLOPT_HTTPHEADER, NULL);
	(void)curl_easy_setopt(http->curl, CURLOPT_ERRORBUFFER, NULL);
	curl_slist_free_all(headers);
	if (error != 0) {
		free(transfer.reply.body);
		transfer.reply.body = NULL;
		transfer.reply.len = 0;
	}
	*ret_reply = transfer.reply;
	return error;
}

/* --- a repository ------------------------------------------------------------ */

/* BASE/PATH, malloced. */
static char *
url_of(const char *base, const char *path)
{
	size_t len = strlen(base), size;
	char *url;

	while (len > 0 && base[len - 1] == '/')
		len--;
	size = len + strlen(path) + 2;
	url = malloc(size);
	if (url != NULL)
		(void)snprintf(url, size, "%.*s/%s", (int)len, base, path);
	return url;
}

/* 1, 0, or an error. */
static int
fetch(struct weir_http_repository *repository, const char *path, uint64_t max,
    int fd, struct weir_http_reply *ret_reply, struct weir_problem *problem)
{
	struct weir_http_request request = { .max = max, .fd = fd };
	char *url = url_of(repository->base, path);
	int error;

	if (url == NULL)
		return weir_problem_set(problem, WEIR_EMEMORY, "out of memory");
	request.url = url;
	error = weir_http_get(repository->http, &request, ret_reply, problem);
	repository->moved += ret_reply->moved;
	repository->status = ret_reply->status;
	repository->retry_after_s = ret_reply->status == 429 ||
					    ret_reply->status == 503
					? ret_reply->retry_after_s
					: 0;
	if (error == 0 && ret_reply->status != 200)
		error = ret_reply->status == 404 || ret_reply->status == 403
			    ? 0
			    : weir_problem_set(problem, WEIR_ESYSTEM,
				  "%s: status %ld", url, ret_reply->status);
	else if (error == 0)
		error = 1;
	free(url);
	return error;
}

static int
get(void *arg, const char *path, size_t max, char **ret_data, size_t *ret_len,
    struct weir_problem *problem)
{
	struct weir_http_repository *repository = arg;
	struct weir_http_reply reply;
	int found = fetch(repository, path, max, -1, &reply, problem);

	if (found != 1)
		return found;
	if (strcmp(path, "metadata/timestamp.json") == 0)
		weir_tuf_sha256(reply.body, (size_t)reply.len,
		    repository->timestamp_sha256);
	*ret_data = reply.body;
	*ret_len = (size_t)reply.len;
	return 1;
}

static int
get_file(void *arg, const char *path, uint64_t max, int fd, uint64_t *ret_len,
    struct weir_problem *problem)
{
	struct weir_http_reply reply;
	int found = fetch(arg, path, max, fd, &reply, problem);

	if (found == 1)
		*ret_len = reply.len;
	return found;
}

void
weir_http_transport(struct weir_http_repository *repository,
    struct weir_tuf_transport *ret_transport)
{
	ret_transport->arg = repository;
	ret_transport->get = get;
	ret_transport->get_file = get_file;
}
