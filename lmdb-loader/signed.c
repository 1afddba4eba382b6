/*
 * signed.c - feeds that weir-sync brings: which state is in force, and what leads
 * on from it.
 */
#include "lmdb-loader/signed.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "feeds/feed_line.h"
#include "lib/file.h"

#define HOLD_FILE "rollback.hold"
#define HOLD_TEXT "signed feeds stand still until weir-load apply\n"

int
weir_signed_check(const struct weir_feed *feed,
    const struct weir_signed_span *span, struct weir_problem *problem)
{
	if (strcmp(feed->gen, span->gen) != 0)
		return weir_problem_set(problem, WEIR_EMISSING,
		    "the generation in force has %s%s of feed %s, not %s: "
		    "weir-load apply",
		    feed->gen[0] != '\0' ? "the beginning (gen) " : "no state",
		    feed->gen, feed->name, span->gen);
	if (feed->sequence != span->from && feed->sequence != span->to)
		return weir_problem_set(problem, WEIR_EMISSING,
		    "the generation in force has sequence %" PRIu64
		    " of feed %s, the delta leads from %" PRIu64 " to %" PRIu64
		    ": weir-load apply",
		    feed->sequence, feed->name, span->from, span->to);
	return 0;
}

/* The beginning of the file, up to the end of its first line. */
static int
read_header(const char *file, struct weir_feed_header *ret_header)
{
	char text[WEIR_FEED_LINE_SIZE];
	const char *end;
	ssize_t got;
	int fd, ret;

	ret = weir_file_open(file, &fd);
	if (ret < 0)
		return ret;
	do
		got = read(fd, text, sizeof(text));
	while (got < 0 && errno == EINTR);
	close(fd);
	if (got < 0)
		return WEIR_ESYSTEM;
	end = memchr(text, '\n', (size_t)got);
	return end != NULL && weir_feed_header_parse(
				  text, (size_t)(end - text), ret_header)
		   ? 0
		   : WEIR_EFORMAT;
}

int
weir_signed_check_file(const char *file, const char *feed,
    const struct weir_signed_span *span, struct weir_problem *problem)
{
	struct weir_feed_header header = { .from = 0 };
	int ret;

	if (file == NULL)
		return 0;
	ret = read_header(file, &header);
	if (ret < 0)
		return weir_problem_set(problem, ret, "%s: %s", file,
		    ret == WEIR_EFORMAT ? "does not begin with the header of a "
					  "signed feed"
		    : ret == WEIR_ESYSTEM ? strerror(errno)
					  : weir_error_text(ret));
	if (strcmp(header.feed, feed) != 0 ||
	    strcmp(header.gen, span->gen) != 0 || header.from != span->from ||
	    header.to != span->to)
		return weir_problem_set(problem, WEIR_EFORMAT,
		    "%s: has %s %" PRIu64 " to %" PRIu64
		    ", not what --gen, --from and --to say of feed %s",
		    file, header.feed, header.from, header.to, feed);
	return 0;
}

void
weir_signed_begin_day(struct weir_feed *feed, uint32_t now_unix)
{
	if (feed->day_unix != 0 &&
	    (now_unix < feed->day_unix ||
		now_unix - feed->day_unix < WEIR_SIGNED_DAY_S))
		return;
	feed->day_names = feed->names;
	feed->day_unix = now_unix;
}

/* From so many names; none: any number of them is a beginning. */
static bool
grows_too_much(uint64_t before, uint64_t added)
{
	return before > 0 && added > before / 100 * WEIR_SIGNED_GROW_PERCENT +
					 WEIR_SIGNED_GROW_NAMES;
}

static bool
shrinks_too_much(uint64_t before, uint64_t removed)
{
	return before > WEIR_SIZE_FREE &&
	       removed * 100 > before * WEIR_SIGNED_SHRINK_PERCENT;
}

bool
weir_signed_is_too_much(
    const struct weir_feed *feed, uint64_t added, uint64_t removed)
{
	uint64_t after = feed->names + added - removed;
	uint64_t day = feed->day_names;

	return grows_too_much(feed->names, added) ||
	       shrinks_too_much(feed->names, removed) ||
	       (after > day && grows_too_much(day, after - day)) ||
	       (after < day && shrinks_too_much(day, day - after));
}

bool
weir_signed_is_near(uint64_t accepted, uint64_t names)
{
	uint64_t apart = accepted > names ? accepted - names : names - accepted;

	return apart <=
	       accepted / 100 * WEIR_SIGNED_GROW_PERCENT + WEIR_SIZE_FREE;
}

bool
weir_signed_is_folder(const struct weir_feed_settings *feed)
{
	struct stat info;

	return feed->file != NULL && stat(feed->file, &info) == 0 &&
	       S_ISDIR(info.st_mode);
}

bool
weir_signed_is_rolled_back(const char *folder)
{
	char *path = weir_path_join(folder, HOLD_FILE);
	/* Without memory nobody knows; then they stand still. */
	bool is_there = path == NULL || access(path, F_OK) == 0;

	free(path);
	return is_there;
}

int
weir_signed_hold(const char *folder)
{
	return weir_file_replace(
	    folder, HOLD_FILE, HOLD_TEXT, sizeof(HOLD_TEXT) - 1);
}

void
weir_signed_release(const char *folder)
{
	char *path = weir_path_join(folder, HOLD_FILE);

	if (path != NULL && unlink(path) == 0)
		(void)!weir_folder_sync(folder);
	free(path);
}
