/*
 * feed_target.h - what TUF targets say of a feed's files: "custom": {"weir":
 * {...}} of each, and the feed's name in the signed part of root and targets.
 *
 *   v 1 | feed, gen | kind full, day, hour, head | from, to
 *   count, sum      of the whole set at `to`
 *   raw             octets of the payload when unpacked
 *   poll_ms         the shortest wait that the publisher allows
 *   at              when it was published, Unix milliseconds
 *
 * Payloads are one zstd frame each: targets/feed/HASH.KIND.
 */
#ifndef WEIR_FEEDS_FEED_TARGET_H
#define WEIR_FEEDS_FEED_TARGET_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "feeds/feed_line.h"
#include "feeds/tuf_client.h"

/* A full of 10 M names has 70 MB, 250 MB unpacked. */
#define WEIR_FEED_FULL_SIZE  (512ULL << 20) /* packed; in weir.yaml: max-size */
#define WEIR_FEED_FULL_RAW   (2048ULL << 20)
#define WEIR_FEED_DELTA_SIZE (32ULL << 20)
#define WEIR_FEED_DELTA_RAW  (256ULL << 20)
#define WEIR_FEED_WINDOW_LOG 23 /* of the zstd frame: 8 MB of memory */
#define WEIR_FEED_POLL_MS    1000
#define WEIR_FEED_POLL_MIN   100
#define WEIR_FEED_POLL_MAX   3600000

struct weir_feed_target {
	struct weir_feed_header header;
	char name[WEIR_TUF_NAME_SIZE]; /* "feed/head" */
	char sha256[WEIR_TUF_HEX_SIZE];
	uint64_t length; /* packed */
	uint64_t raw;
	uint64_t count;
	struct weir_feed_sum sum;
	uint32_t poll_ms;
	uint64_t at_ms;
};

/** The object for "custom". */
json_t *weir_feed_target_print(const struct weir_feed_target *target);

/** Reads a trusted target, all of it checked: limits, kind against name, feed
 *  against `feed` (NULL: any), from < to or a full.  WEIR_EFORMAT. */
int weir_feed_target_parse(const struct weir_tuf_target *tuf, const char *feed,
    struct weir_feed_target *ret_target,
    struct weir_problem *problem) WEIR_CHECKED;

/** "weir": {"v": 1, "feed": NAME}, in the signed part of root and targets. */
json_t *weir_feed_name_print(const char *feed);
/** The name, or NULL. */
const char *weir_feed_name_parse(json_t *is_signed);

#endif
