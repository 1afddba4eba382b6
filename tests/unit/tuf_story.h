/*
 * tuf_story.h - short words for tests that go over several cycles.
 */
#ifndef WEIR_TESTS_UNIT_TUF_STORY_H
#define WEIR_TESTS_UNIT_TUF_STORY_H

#include "tests/unit/tuf_world.h"

#define NEW         WEIR_TUF_NEW
#define SAME        WEIR_TUF_SAME
#define UNREACHABLE WEIR_TUF_UNREACHABLE
#define ROLLBACK    WEIR_TUF_ROLLBACK
#define EXPIRED     WEIR_TUF_EXPIRED
#define INVALID     WEIR_TUF_INVALID
#define LOCAL       WEIR_TUF_LOCAL

#define RT "2.root.json timestamp.json"

static struct world world;
static struct repo *const repo = &world.repo;

static inline void
begin(const char *name)
{
	world_begin(&world, name);
}

static inline void
expect(enum weir_tuf_outcome outcome, const char *versions,
    const char *requests, const char *why)
{
	world_expect(&world, outcome, versions, requests, why);
}

static inline void
edit(const struct repo_edit *edits, unsigned int count)
{
	repo->edits = edits;
	repo->edit_count = count;
}
#define EDIT(...)                                               \
	edit((const struct repo_edit[]){ __VA_ARGS__ },         \
	    sizeof((const struct repo_edit[]){ __VA_ARGS__ }) / \
		sizeof(struct repo_edit))

static inline void
publish_next(void)
{
	repo_bump(repo);
	repo_publish(repo);
}

#endif
