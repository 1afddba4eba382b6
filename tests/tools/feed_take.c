/*
 * feed_take.c - takes a payload into the state of a signed feed, without its
 * publisher: for tests of those who read states.
 *
 *   feed_take FOLDER FILE...      each a payload as text: header and lines
 *
 * What a publisher would have said of it (count, sum) is found out from what the
 * state says of the names.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "feeds/feed_state.h"
#include "lib/file.h"

static struct weir_problem problem;

static int
fail(const char *what)
{
	(void)fprintf(stderr, "feed_take: %s %s\n", what, problem.text);
	return 1;
}

/* Count and sum of the set that the payload makes. */
static void
expect(const struct weir_feed_state *state, const char *text, size_t len,
    struct weir_feed_target *target)
{
	const char *end = text + len, *next, *why, *was;
	bool is_full = target->header.kind == WEIR_FEED_FULL;
	struct weir_feed_line line;
	size_t was_len;

	target->count = is_full ? 0 : state->count;
	if (!is_full)
		target->sum = state->sum;
	for (; text < end; text = next + 1) {
		next = memchr(text, '\n', (size_t)(end - text));
		if (next == NULL)
			return;
		if (weir_feed_line_parse(
			text, (size_t)(next - text), &line, &why) < 0)
			continue;
		if (!is_full && weir_feed_state_lookup(state, line.name,
				    line.name_len, &was, &was_len) == 1) {
			target->count--;
			weir_feed_sum_take(&target->sum, was, was_len);
		}
		if (line.is_listed) {
			target->count++;
			weir_feed_sum_add(
			    &target->sum, line.entry, line.entry_len);
		}
	}
}

static int
take(const char *folder, const char *path)
{
	struct weir_feed_target target = { .poll_ms = 1000 };
	struct weir_feed_state *state = NULL;
	struct weir_feed_taken taken;
	char *text, *packed;
	size_t len, size;
	int fd, ret;

	if (weir_file_read(path, 1U << 30, &text, &len) < 0 ||
	    !weir_feed_header_parse(text, strcspn(text, "\n"), &target.header))
		return fail(path);
	if (weir_feed_state_open(folder, target.header.feed, &state, &problem) <
	    0)
		return fail(folder);
	expect(state, text, len, &target);
	size = ZSTD_compressBound(len);
	packed = malloc(size);
	target.raw = len;
	target.at_ms = target.header.to * 1000;
	target.length = packed != NULL
			    ? ZSTD_compress(packed, size, text, len, 1)
			    : 0;
	(void)snprintf(target.sha256, sizeof(target.sha256), "%064llx",
	    (unsigned long long)target.sum.low ^ target.sum.high ^
		target.header.from);
	fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0 ||
	    write(fd, packed, target.length) != (ssize_t)target.length)
		return fail("the packed payload");
	ret = weir_feed_state_take(state, &target, fd, &taken, &problem);
	close(fd);
	free(packed);
	free(text);
	if (ret == 0)
		printf("%llu to %llu: %llu names, %llu added, %llu removed, "
		       "%llu changed\n",
		    (unsigned long long)taken.from,
		    (unsigned long long)taken.to,
		    (unsigned long long)state->count,
		    (unsigned long long)taken.added,
		    (unsigned long long)taken.removed,
		    (unsigned long long)taken.changed);
	weir_feed_state_close(state);
	return ret < 0 ? fail(path) : 0;
}

int
main(int argc, char **argv)
{
	int i, ret = 0;

	for (i = 2; i < argc && ret == 0; i++)
		ret = take(argv[1], argv[i]);
	return argc < 3 ? fail("FOLDER FILE...") : ret;
}
