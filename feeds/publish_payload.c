/*
 * publish_payload.c - the files that a feed's targets name: one zstd frame each.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "feeds/publish.h"
#include "lib/file.h"

/* A full is packed once a day and fetched by all who are new; a delta is packed
 * again and again. */
#define FULL_LEVEL     9
#define DELTA_LEVEL    3
#define THREADS_FROM   (8U << 20) /* octets, from which on two threads pack */
#define FILE_NAME_SIZE (WEIR_TUF_HEX_SIZE + 8)

static int
set_up(ZSTD_CCtx *context, size_t len, int level)
{
	size_t wrong;

	wrong = ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level);
	/* Subscribers give no more memory to it. */
	if (!ZSTD_isError(wrong))
		wrong = ZSTD_CCtx_setParameter(
		    context, ZSTD_c_windowLog, WEIR_FEED_WINDOW_LOG);
	if (!ZSTD_isError(wrong))
		wrong = ZSTD_CCtx_setParameter(
		    context, ZSTD_c_contentSizeFlag, 1);
	if (!ZSTD_isError(wrong))
		wrong = ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
	/* Not every libzstd has threads. */
	if (len > THREADS_FROM)
		(void)ZSTD_CCtx_setParameter(context, ZSTD_c_nbWorkers, 2);
	return ZSTD_isError(wrong) ? WEIR_EFORMAT : 0;
}

/* *ret_packed is malloced. */
static int
pack(const char *raw, size_t len, int level, char **ret_packed, size_t *ret_len)
{
	ZSTD_CCtx *context = ZSTD_createCCtx();
	size_t size = ZSTD_compressBound(len), packed_len;
	char *packed = malloc(size);
	int ret = context == NULL || packed == NULL
		      ? WEIR_EMEMORY
		      : set_up(context, len, level);

	if (ret == 0) {
		packed_len = ZSTD_compress2(context, packed, size, raw, len);
		if (ZSTD_isError(packed_len))
			ret = WEIR_EMEMORY;
	}
	(void)ZSTD_freeCCtx(context);
	if (ret < 0) {
		free(packed);
		return ret;
	}
	*ret_packed = packed;
	*ret_len = packed_len;
	return 0;
}

/* HASH.KIND */
static void
name_file(const struct weir_feed_target *target, char *file)
{
	(void)snprintf(file, FILE_NAME_SIZE, "%s.%s", target->sha256,
	    weir_feed_kind_text(target->header.kind));
}

/* Packs it, and puts it where it is served, unless it is there already.
 * WEIR_ELIMIT: too long for its kind. */
static int
serve(struct weir_publish *publish, const char *raw, size_t raw_len,
    struct weir_feed_target *target, struct weir_problem *problem)
{
	bool is_full = target->header.kind == WEIR_FEED_FULL;
	const char *kind = weir_feed_kind_text(target->header.kind);
	char file[FILE_NAME_SIZE], *packed, *path;
	uint64_t there = 0;
	size_t len;
	int ret;

	ret = pack(
	    raw, raw_len, is_full ? FULL_LEVEL : DELTA_LEVEL, &packed, &len);
	if (ret < 0)
		return weir_problem_set(
		    problem, ret, "packing %s: %s", kind, weir_error_text(ret));
	if (len >
	    (is_full ? WEIR_FEED_FULL_SIZE : publish->limits.delta_size)) {
		free(packed);
		return weir_problem_set(problem, WEIR_ELIMIT,
		    "%s: longer than a feed may be", kind);
	}
	weir_tuf_sha256(packed, len, target->sha256);
	name_file(target, file);
	(void)snprintf(target->name, sizeof(target->name), "feed/%s", kind);
	target->length = len;
	target->raw = raw_len;
	path = weir_path_join(publish->payloads, file);
	if (path == NULL)
		ret = WEIR_EMEMORY;
	else if (weir_file_size(path, &there) < 0 || there != len)
		ret = weir_file_replace(publish->payloads, file, packed, len);
	free(path);
	free(packed);
	return ret < 0
		   ? weir_publish_fail(problem, ret, publish->payloads, file)
		   : 0;
}

static void
describe(const struct weir_publish *publish, unsigned int kind, uint64_t from,
    const struct weir_publish_file *end, struct weir_feed_target *target)
{
	memset(target, 0, sizeof(*target));
	strcpy(target->header.feed, publish->next.feed);
	strcpy(target->header.gen, publish->next.gen);
	target->header.kind = (uint8_t)kind;
	target->header.from = from;
	target->header.to = end->to;
	target->count = end->count;
	target->sum = end->sum;
	target->poll_ms = publish->next.poll_ms;
	target->at_ms = end->at_ms;
}

/* Whether that very payload is published, and still there. */
static bool
is_there(
    const struct weir_publish *publish, const struct weir_feed_target *target)
{
	const struct weir_feed_target *old =
	    &publish->state.targets[target->header.kind];
	char file[FILE_NAME_SIZE], *path;
	uint64_t len = 0;
	bool is_served;

	if (old->name[0] == '\0' ||
	    strcmp(old->header.gen, target->header.gen) != 0 ||
	    old->header.from != target->header.from ||
	    old->header.to != target->header.to)
		return false;
	name_file(old, file);
	path = weir_path_join(publish->payloads, file);
	is_served = path != NULL && weir_file_size(path, &len) == 0 &&
		    len == old->length;
	free(path);
	return is_served;
}

/* One that is too long is left out; then it is time for a cut, with which it
 * begins later. */
static int
make_delta(struct weir_publish *publish, unsigned int kind,
    struct weir_problem *problem)
{
	struct weir_feed_target *target = &publish->next.targets[kind];
	int64_t *cuts[] = { [WEIR_FEED_HEAD] = &publish->next.minute_unix,
		[WEIR_FEED_HOUR] = &publish->next.hour_unix,
		[WEIR_FEED_DAY] = &publish->next.day_unix };
	struct weir_publish_text text = { NULL, 0, 0 };
	struct weir_publish_merge merge;
	struct weir_publish_span span;
	char header[WEIR_FEED_LINE_SIZE];
	unsigned int i;
	int ret;

	weir_publish_state_span(&publish->next, kind, &span);
	describe(publish, kind, span.from, span.end, target);
	if (span.from == span.end->to)
		return 0;
	if (is_there(publish, target)) {
		*target = publish->state.targets[kind];
		return 0;
	}
	weir_publish_merge_init(&merge);
	for (i = span.first; i <= span.last; i++)
		weir_publish_merge_add(&merge, &publish->runs[i]);
	ret = weir_publish_text_add(
	    &text, header, weir_feed_header_print(&target->header, header));
	if (ret == 0)
		ret = weir_publish_merge_text(
		    &merge, false, publish->limits.delta_raw, &text);
	if (ret == 0)
		ret = serve(publish, text.data, text.len, target, problem);
	else if (ret == WEIR_EMEMORY)
		(void)weir_problem_set(problem, ret, "out of memory");
	weir_publish_text_free(&text);
	if (ret != WEIR_ELIMIT)
		return ret;
	target->name[0] = '\0';
	*cuts[kind] = 0;
	publish->next.minute_unix = 0;
	return 0;
}

/* Whether deltas lead from the full to the end. */
static bool
is_reachable(const struct weir_publish *publish)
{
	uint64_t have = publish->next.full.to, best;
	uint64_t end = weir_publish_state_last(&publish->next)->to;
	const struct weir_feed_target *target;
	unsigned int kind;

	do {
		best = have;
		for (kind = 0; kind < WEIR_FEED_KIND_COUNT; kind++) {
			target = &publish->next.targets[kind];
			if (kind != WEIR_FEED_FULL && target->name[0] != '\0' &&
			    target->header.from <= have &&
			    target->header.to > best)
				best = target->header.to;
		}
		if (best == have)
			return have == end;
		have = best;
	} while (have < end);
	return true;
}

static int
make_full(struct weir_publish *publish, struct weir_problem *problem)
{
	const struct weir_publish_file *last = weir_publish_state_last(
	    &publish->next);
	struct weir_feed_target *target =
	    &publish->next.targets[WEIR_FEED_FULL];
	struct weir_publish_file end = *last;
	int ret = 0;

	end.number = end.len = 0;
	if ((publish->is_full_due || !is_reachable(publish)) &&
	    publish->next.full.to != last->to)
		ret = weir_publish_write_full(publish, &end, NULL, problem);
	if (ret < 0)
		return ret;
	describe(publish, WEIR_FEED_FULL, 0, &publish->next.full, target);
	if (is_there(publish, target)) {
		*target = publish->state.targets[WEIR_FEED_FULL];
		return 0;
	}
	return serve(
	    publish, publish->full.map, publish->full.map_len, target, problem);
}

int
weir_publish_payloads(
    struct weir_publish *publish, struct weir_problem *problem)
{
	unsigned int kind;
	int ret = 0;

	/* Nothing yet: targets.json is empty. */
	if (weir_publish_state_last(&publish->next)->to == 0)
		return 0;
	for (kind = WEIR_FEED_FULL + 1; kind < WEIR_FEED_KIND_COUNT && ret == 0;
	     kind++)
		ret = make_delta(publish, kind, problem);
	return ret < 0 ? ret : make_full(publish, problem);
}
