/*
 * tuf_world.h - a client, its folder and the repository that it asks, for the
 * tests of the TUF client.
 */
#ifndef WEIR_TESTS_UNIT_TUF_WORLD_H
#define WEIR_TESTS_UNIT_TUF_WORLD_H

#include <check.h>

#include "tests/unit/tuf_repo.h"

#define ROOT      WEIR_TUF_ROLE_ROOT
#define TIMESTAMP WEIR_TUF_ROLE_TIMESTAMP
#define SNAPSHOT  WEIR_TUF_ROLE_SNAPSHOT
#define TARGETS   WEIR_TUF_ROLE_TARGETS

struct world {
	struct scratch scratch;
	struct repo repo;
	struct weir_tuf_client *client;
	const char *feed;
	const char *name; /* for what fails */
	int64_t now_unix, max_expired_s;
	enum weir_tuf_outcome outcome;
	struct weir_problem problem;
};

/** A repository with root 1, and an empty folder. */
static inline void
world_init(struct world *world, const char *name)
{
	memset(world, 0, sizeof(*world));
	scratch_init(&world->scratch);
	repo_init(&world->repo);
	world->name = name;
	world->feed = REPO_FEED;
	world->now_unix = REPO_NOW;
}

static inline void
world_done(struct world *world)
{
	weir_tuf_client_close(world->client);
	repo_done(&world->repo);
	scratch_done(&world->scratch);
}

/** Opens the folder anew. */
static inline int
world_open(struct world *world)
{
	weir_tuf_client_close(world->client);
	world->client = NULL;
	return weir_tuf_client_open(world->scratch.folder, world->feed,
	    &world->client, &world->problem);
}

/** Root 1 becomes what is trusted. */
static inline void
world_trust(struct world *world)
{
	const struct repo_file *root = repo_find(
	    &world->repo, "metadata/1.root.json");

	ck_assert_ptr_nonnull(root);
	ck_assert_msg(weir_tuf_client_init(world->scratch.folder, root->data,
			  root->len, &world->problem) == 0,
	    "%s: init: %s", world->name, world->problem.text);
	ck_assert_msg(world_open(world) == 0, "%s: open: %s", world->name,
	    world->problem.text);
}

/** World, root 1 and version 1 of all, and a client that trusts root 1. */
static inline void
world_begin(struct world *world, const char *name)
{
	world_init(world, name);
	repo_root(&world->repo, NULL);
	repo_publish(&world->repo);
	world_trust(world);
}

static inline int
world_refresh(struct world *world)
{
	struct weir_tuf_transport transport = repo_transport(&world->repo);

	world->repo.requests[0] = '\0';
	world->repo.request_count = 0;
	world->problem.text[0] = '\0';
	return weir_tuf_client_refresh(world->client, &transport,
	    world->now_unix, world->max_expired_s, &world->outcome,
	    &world->problem);
}

static inline void
world_print_version(char *text, size_t size, int64_t version)
{
	size_t len = strlen(text);

	if (version == 0)
		(void)snprintf(text + len, size - len, " -");
	else
		(void)snprintf(
		    text + len, size - len, " %lld", (long long)version);
}

/** "1 2 2 -": root, timestamp, snapshot, targets. */
static inline const char *
world_versions(const struct weir_tuf_client *client, char text[100])
{
	struct weir_tuf_versions versions;

	weir_tuf_client_versions(client, &versions);
	text[0] = '\0';
	world_print_version(text, 100, versions.root.version);
	world_print_version(text, 100, versions.timestamp.version);
	world_print_version(text, 100, versions.snapshot.version);
	world_print_version(text, 100, versions.targets.version);
	return text + 1;
}

/** One cycle, and what it must bring; NULL: anything.  What lies in the folder
 *  is the same as what is in memory. */
static inline void
world_expect(struct world *world, enum weir_tuf_outcome outcome,
    const char *versions, const char *requests, const char *why)
{
	struct weir_tuf_client *again;
	char text[100];
	int error = world_refresh(world);

	ck_assert_msg(world->outcome == outcome, "%s: %s in place of %s: %s",
	    world->name, weir_tuf_outcome_text(world->outcome),
	    weir_tuf_outcome_text(outcome), world->problem.text);
	ck_assert_msg((error == 0) ==
			  (outcome == WEIR_TUF_NEW || outcome == WEIR_TUF_SAME),
	    "%s: returns %d", world->name, error);
	ck_assert_msg(error == 0 || world->problem.text[0] != '\0',
	    "%s: a failure without a word", world->name);
	if (versions != NULL)
		ck_assert_msg(
		    strcmp(world_versions(world->client, text), versions) == 0,
		    "%s: trusts %s in place of %s", world->name,
		    world_versions(world->client, text), versions);
	if (requests != NULL)
		ck_assert_msg(strcmp(world->repo.requests, requests) == 0,
		    "%s: asks for %s in place of %s", world->name,
		    world->repo.requests, requests);
	if (why != NULL)
		ck_assert_msg(strstr(world->problem.text, why) != NULL,
		    "%s: says \"%s\" in place of \"%s\"", world->name,
		    world->problem.text, why);
	if (versions == NULL)
		return;
	ck_assert_msg(weir_tuf_client_open(world->scratch.folder, world->feed,
			  &again, &world->problem) == 0,
	    "%s: open again: %s", world->name, world->problem.text);
	ck_assert_msg(strcmp(world_versions(again, text), versions) == 0,
	    "%s: has stored %s in place of %s", world->name,
	    world_versions(again, text), versions);
	weir_tuf_client_close(again);
}

/** What lies in the folder under that name is what the repository served. */
static inline void
world_expect_stored(struct world *world, const char *file, const char *path)
{
	const struct repo_file *served = repo_find(&world->repo, path);
	char text[200], *data = malloc(served->len + 2);
	FILE *stream;

	(void)snprintf(
	    text, sizeof(text), "%s/%s", world->scratch.folder, file);
	stream = fopen(text, "rb");
	ck_assert_ptr_nonnull(stream);
	ck_assert_uint_eq(fread(data, 1, served->len + 2, stream), served->len);
	ck_assert_mem_eq(data, served->data, served->len);
	(void)fclose(stream);
	free(data);
}

#endif
