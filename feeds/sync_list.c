/*
 * sync_list.c - one cycle of a plain list.
 *
 *   GET, conditional ──304──► nothing new
 *      │ 200, to a file without a name, counted
 *      ▼
 *   signature (if the settings have a key) ─► can it be unpacked ─► differs?
 *      ▼
 *   STATE/feeds/NAME/list.tmp, fsync, rename ─► hand over
 *
 * Whatever fails, the last good copy stays.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "feeds/list_source.h"
#include "feeds/minisign.h"
#include "feeds/sync_feed.h"
#include "lib/file.h"

#define PIECE_SIZE (1U << 20)
#define COPY_SIZE  65536

static enum weir_sync_outcome
tell_status(struct weir_sync_feed *feed, const char *url, long status)
{
	(void)weir_problem_set(
	    &feed->problem, WEIR_ESYSTEM, "%s: status %ld", url, status);
	return WEIR_SYNC_UNREACHABLE;
}

/* What a server says of its file is kept only if it is plain text. */
static void
keep_tag(const char *from, char *to)
{
	const char *at;

	for (at = from; *at != '\0'; at++)
		if ((unsigned char)*at < ' ' || (unsigned char)*at >= 0x7f) {
			to[0] = '\0';
			return;
		}
	strcpy(to, from);
}

/* URL.minisig; of one with a query, before that. */
static char *
signature_url(const char *url)
{
	static const char suffix[] = ".minisig";
	size_t path_len = strcspn(url, "?"), size = strlen(url) + 16;
	char *text = malloc(size);

	if (text != NULL)
		snprintf(text, size, "%.*s%s%s", (int)path_len, url, suffix,
		    url + path_len);
	return text;
}

static enum weir_sync_outcome
check_signature(struct weir_sync_feed *feed, const char *url, int fd)
{
	struct weir_http_request request = { .max = WEIR_MINISIGN_FILE_SIZE,
		.fd = -1 };
	struct weir_http_reply reply = { .body = NULL };
	struct weir_problem problem = { "" };
	enum weir_sync_outcome outcome = WEIR_SYNC_NEW;
	char *signature;
	int error;

	signature = signature_url(url);
	if (signature == NULL)
		return WEIR_SYNC_LOCAL;
	request.url = signature;
	error = weir_http_get(feed->http, &request, &reply, &feed->problem);
	feed->record.moved += reply.moved;
	if (error != 0) {
		outcome = error == WEIR_ELIMIT ? WEIR_SYNC_WRONG
					       : WEIR_SYNC_UNREACHABLE;
	} else if (reply.status == 404 || reply.status == 403) {
		(void)weir_problem_set(&feed->problem, 0,
		    "%s: there is none: the list is not signed", signature);
		outcome = WEIR_SYNC_WRONG;
	} else if (reply.status != 200) {
		outcome = tell_status(feed, signature, reply.status);
	} else if (weir_minisign_verify(feed->settings->minisign_key,
		       reply.body, (size_t)reply.len, fd, &problem) != 0) {
		(void)weir_problem_set(
		    &feed->problem, 0, "%s: %.400s", signature, problem.text);
		outcome = WEIR_SYNC_WRONG;
	}
	free(reply.body);
	free(signature);
	return outcome;
}

/* Whether it is a list as far as that can be told without a format: something,
 * packed in a way that is known, or not, and whole. */
static int
unpack(const char *path, struct weir_problem *problem)
{
	struct weir_list_source *source = malloc(sizeof(*source));
	char *text = malloc(PIECE_SIZE);
	const char *piece;
	uint64_t len = 0;
	size_t piece_len;
	int ret = WEIR_EMEMORY;

	if (source == NULL || text == NULL)
		goto out;
	ret = weir_list_source_open(source, path, problem);
	if (ret != 0)
		goto out;
	while ((ret = weir_list_source_next(source, text, PIECE_SIZE, &piece,
		    &piece_len, problem)) == 1)
		len += piece_len;
	weir_list_source_close(source);
	if (ret == 0 && len == 0)
		ret = weir_problem_set(problem, WEIR_EFORMAT, "it is empty");
out:
	free(text);
	free(source);
	return ret;
}

static bool
is_same_file(int fd, const char *path)
{
	char left[COPY_SIZE], right[COPY_SIZE];
	bool is_same = false;
	struct stat a, b;
	ssize_t got;
	off_t at = 0;
	int other;

	if (weir_file_open(path, &other) != 0)
		return false;
	if (fstat(fd, &a) != 0 || fstat(other, &b) != 0 ||
	    a.st_size != b.st_size)
		goto out;
	for (;;) {
		got = pread(fd, left, sizeof(left), at);
		if (got <= 0)
			break;
		if (pread(other, right, (size_t)got, at) != got ||
		    memcmp(left, right, (size_t)got) != 0)
			goto out;
		at += got;
	}
	is_same = got == 0;
out:
	(void)close(other);
	return is_same;
}

/* FOLDER/list.tmp becomes FOLDER/list. */
static int
put_in_place(struct weir_sync_feed *feed, int fd, const char *path)
{
	if (fsync(fd) != 0 || rename(path, feed->settings->file) != 0 ||
	    weir_folder_sync(feed->folder) != 0)
		return weir_problem_set(&feed->problem, WEIR_ESYSTEM, "%s: %s",
		    feed->settings->file, strerror(errno));
	return 0;
}

/* What was fetched, if it is good, becomes the list. */
static enum weir_sync_outcome
accept_list(
    struct weir_sync_feed *feed, const char *url, int fd, const char *path)
{
	struct weir_feed_taken taken = { .is_whole = true };
	enum weir_sync_outcome outcome = WEIR_SYNC_NEW;
	struct weir_problem problem = { "" };
	int error;

	if (feed->settings->minisign_key != NULL)
		outcome = check_signature(feed, url, fd);
	if (outcome != WEIR_SYNC_NEW)
		return outcome;
	if (feed->record.edition > 0 && is_same_file(fd, feed->settings->file))
		return WEIR_SYNC_SAME;
	error = unpack(path, &problem);
	if (error == WEIR_EFORMAT || error == WEIR_ELIMIT) {
		(void)weir_problem_set(
		    &feed->problem, 0, "%s: %.400s", url, problem.text);
		return WEIR_SYNC_WRONG;
	}
	if (error != 0) {
		feed->problem = problem;
		return WEIR_SYNC_LOCAL;
	}
	/* Before: a list that is in place and not counted would never be handed
	 * over; one that is counted and not in place is, once too often. */
	feed->record.edition++;
	weir_sync_feed_save(feed);
	if (put_in_place(feed, fd, path) != 0)
		return WEIR_SYNC_LOCAL;
	feed->hand(feed->hand_arg, &taken);
	return WEIR_SYNC_NEW;
}

static enum weir_sync_outcome
ask(struct weir_sync_feed *feed, const char *url, int fd,
    struct weir_http_reply *ret_reply)
{
	struct weir_sync_record *record = &feed->record;
	struct weir_http_request request = {
		.url = url, .max = feed->settings->max_size, .fd = fd
	};
	int error;

	if (record->edition > 0 && strcmp(record->url, url) == 0 &&
	    access(feed->settings->file, R_OK) == 0) {
		request.etag = record->etag;
		request.last_modified = record->last_modified;
	}
	error = weir_http_get(feed->http, &request, ret_reply, &feed->problem);
	record->moved += ret_reply->moved;
	feed->retry_after_s = ret_reply->status == 429 ||
				      ret_reply->status == 503
				  ? ret_reply->retry_after_s
				  : 0;
	if (error != 0)
		return error == WEIR_ELIMIT ? WEIR_SYNC_WRONG
					    : WEIR_SYNC_UNREACHABLE;
	if (ret_reply->status == 304 && request.etag != NULL)
		return WEIR_SYNC_SAME;
	if (ret_reply->status != 200)
		return tell_status(feed, url, ret_reply->status);
	return WEIR_SYNC_NEW;
}

/* The tags are those of what was looked at: a list that was refused is asked for
 * again. */
static void
note_good(struct weir_sync_feed *feed, const char *url,
    const struct weir_http_reply *reply)
{
	struct weir_sync_record *record = &feed->record;

	if (reply->status == 200) {
		strcpy(record->url, url);
		keep_tag(reply->etag, record->etag);
		keep_tag(reply->last_modified, record->last_modified);
	}
	record->checked_unix = record->newer_unix = (int64_t)time(NULL);
	weir_sync_feed_save(feed);
}

enum weir_sync_outcome
weir_sync_list_cycle(struct weir_sync_feed *feed, const char *url)
{
	struct weir_http_reply reply = { .body = NULL };
	char *path = weir_path_join(feed->folder, "list.tmp");
	enum weir_sync_outcome outcome = WEIR_SYNC_LOCAL;
	int fd = -1;

	if (path != NULL)
		fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0) {
		(void)weir_problem_set(
		    &feed->problem, 0, "%s: %s", feed->folder, strerror(errno));
		goto out;
	}
	outcome = ask(feed, url, fd, &reply);
	if (outcome == WEIR_SYNC_NEW)
		outcome = accept_list(feed, url, fd, path);
	if (outcome == WEIR_SYNC_NEW || outcome == WEIR_SYNC_SAME)
		note_good(feed, url, &reply);
	(void)close(fd);
	(void)unlink(path); /* in place, it has another name */
out:
	free(path);
	return outcome;
}
