/*
 * feed_world.h - a signed feed that exists in memory only: what each name was at
 * each sequence number, and the payloads and targets that a publisher would make
 * of it.  The naive model that the state is held against.
 */
#ifndef WEIR_TESTS_UNIT_FEED_WORLD_H
#define WEIR_TESTS_UNIT_FEED_WORLD_H

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "feeds/feed_state.h"
#include "tests/unit/scratch.h"

#define WORLD_FEED  "malware"
#define WORLD_GEN   "0123456789abcdef"
#define WORLD_NAMES 60
#define WORLD_STEPS 600

struct world {
	unsigned int name_count;
	uint64_t last; /* sequence number */
	char names[WORLD_NAMES][64];
	/* 0: not listed; else which entry it has. */
	uint8_t was[WORLD_STEPS + 1][WORLD_NAMES];
	char *text; /* of the payload made last */
	size_t text_len;
	char packed[1U << 16]; /* of it */
	size_t packed_len;
	unsigned int file_number;
};

static inline int
world_order(const void *left, const void *right)
{
	return weir_feed_line_compare(left, strlen(left), right, strlen(right));
}

/* Names of which one is often the beginning of the next. */
static inline void
world_init(struct world *world)
{
	static const char *const ends[] = { "", "-a", ".b", "0", "_", "z.c" };
	unsigned int i;

	memset(world, 0, sizeof(*world));
	world->name_count = WORLD_NAMES;
	for (i = 0; i < WORLD_NAMES; i++)
		(void)snprintf(world->names[i], sizeof(world->names[i]),
		    "n%u%s.test%s", i / 6, ends[i % 6],
		    i % 6 == 3 ? ".example" : "");
	qsort(world->names, WORLD_NAMES, sizeof(world->names[0]), world_order);
	world->text = malloc(1U << 16);
}

static inline void
world_done(struct world *world)
{
	free(world->text);
}

/* The entry of a name that was so. */
static inline size_t
world_entry(
    const struct world *world, unsigned int name, unsigned int was, char *entry)
{
	static const char *const words[] = { "", "", " category=ads",
		" scope=subdomains confidence=7", " | scope=name" };

	return (size_t)sprintf(entry, "%s%s", world->names[name], words[was]);
}

/* The next sequence number; some names change. */
static inline void
world_step(struct world *world, unsigned int changes)
{
	uint8_t *was = world->was[world->last + 1];

	memcpy(was, world->was[world->last], WORLD_NAMES);
	while (changes-- > 0)
		was[(unsigned int)rand() % WORLD_NAMES] =
		    (uint8_t)(rand() % 2 == 0 ? 0 : 1 + rand() % 4);
	world->last++;
}

static inline bool
world_is_touched(
    const struct world *world, unsigned int name, uint64_t from, uint64_t to)
{
	for (; from < to; from++)
		if (world->was[from][name] != world->was[from + 1][name])
			return true;
	return false;
}

/* Packs world->text anew, and says so in the target. */
static inline void
world_pack(struct world *world, struct weir_feed_target *target)
{
	world->packed_len = ZSTD_compress(world->packed, sizeof(world->packed),
	    world->text, world->text_len, 3);
	scratch_need(!ZSTD_isError(world->packed_len), "ZSTD_compress");
	target->length = world->packed_len;
	target->raw = world->text_len;
	(void)snprintf(target->sha256, sizeof(target->sha256), "%064x",
	    ++world->file_number);
}

/* The payload, and its target. */
static inline void
world_publish(struct world *world, unsigned int kind, uint64_t from,
    uint64_t to, struct weir_feed_target *target)
{
	char entry[256];
	unsigned int i, was;
	size_t len;

	memset(target, 0, sizeof(*target));
	strcpy(target->header.feed, WORLD_FEED);
	strcpy(target->header.gen, WORLD_GEN);
	target->header.kind = (uint8_t)kind;
	target->header.from = from;
	target->header.to = to;
	target->poll_ms = 1000;
	target->at_ms = 1000 + to;
	world->text_len = weir_feed_header_print(&target->header, world->text);
	for (i = 0; i < WORLD_NAMES; i++) {
		was = world->was[to][i];
		len = world_entry(world, i, was, entry);
		if (was != 0) {
			target->count++;
			weir_feed_sum_add(&target->sum, entry, len);
		}
		if (kind == WEIR_FEED_FULL
			? was == 0
			: !world_is_touched(world, i, from, to))
			continue;
		world->text_len += (size_t)sprintf(
		    world->text + world->text_len, "%c%s\n",
		    was != 0 ? '+' : '-', was != 0 ? entry : world->names[i]);
	}
	world_pack(world, target);
}

/* What was packed last as a file. */
static inline int
world_file(struct world *world, struct scratch *scratch)
{
	const char *path = scratch_write(
	    scratch, "packed", world->packed, world->packed_len);

	return open(path, O_RDONLY | O_CLOEXEC);
}

static inline int
world_take(struct world *world, struct scratch *scratch,
    struct weir_feed_state *state, const struct weir_feed_target *target,
    struct weir_feed_taken *taken, struct weir_problem *problem)
{
	int fd = world_file(world, scratch), ret;

	ret = weir_feed_state_take(state, target, fd, taken, problem);
	close(fd);
	return ret;
}

/* Whether the state says of each name what it was. */
static inline bool
world_is_state(const struct world *world, const struct weir_feed_state *state,
    uint64_t sequence)
{
	char entry[256];
	const char *found = NULL;
	size_t len = 0, found_len = 0;
	unsigned int i, was;
	int ret;

	for (i = 0; i < WORLD_NAMES; i++) {
		was = world->was[sequence][i];
		len = world_entry(world, i, was, entry);
		ret = weir_feed_state_lookup(state, world->names[i],
		    strlen(world->names[i]), &found, &found_len);
		if (ret != (was != 0) ||
		    (ret == 1 &&
			(found_len != len || memcmp(found, entry, len) != 0))) {
			fprintf(stderr, "%s at %u: %d, %.*s, not %s\n",
			    world->names[i], (unsigned int)sequence, ret,
			    (int)found_len, found != NULL ? found : "",
			    was != 0 ? entry : "-");
			return false;
		}
	}
	return state->sequence == sequence;
}

#endif
