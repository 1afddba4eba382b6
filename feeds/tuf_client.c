/*
 * tuf_client.c - a client of one TUF repository.  How it comes to new metadata:
 * tuf_refresh.c.
 */
#include "feeds/tuf_client.h"

#include <stdlib.h>
#include <string.h>

#include "feeds/tuf_trust.h"

int
weir_tuf_client_init(const char *folder, const char *root, size_t root_len,
    struct weir_problem *problem)
{
	return weir_tuf_trust_begin(folder, root, root_len, problem);
}

int
weir_tuf_client_open(const char *folder, const char *feed,
    struct weir_tuf_client **ret_client, struct weir_problem *problem)
{
	struct weir_tuf_client *client = calloc(1, sizeof(*client));
	int error;

	if (client == NULL)
		return weir_problem_set(problem, WEIR_EMEMORY, "out of memory");
	client->folder = folder;
	client->feed = feed;
	error = weir_tuf_trust_load(client, problem);
	if (error != 0) {
		weir_tuf_client_close(client);
		return error;
	}
	*ret_client = client;
	return 0;
}

void
weir_tuf_client_close(struct weir_tuf_client *client)
{
	if (client == NULL)
		return;
	weir_tuf_trust_free(client);
	free(client);
}

static struct weir_tuf_version
version_of(const struct weir_tuf_client *client, enum weir_tuf_role role)
{
	const struct weir_tuf_meta *meta = client->metas[role];
	struct weir_tuf_version version = { 0, 0 };

	if (meta != NULL) {
		version.version = meta->version;
		version.expires_unix = meta->expires_unix;
	}
	return version;
}

void
weir_tuf_client_versions(
    const struct weir_tuf_client *client, struct weir_tuf_versions *ret)
{
	ret->root = version_of(client, WEIR_TUF_ROLE_ROOT);
	ret->timestamp = version_of(client, WEIR_TUF_ROLE_TIMESTAMP);
	ret->snapshot = version_of(client, WEIR_TUF_ROLE_SNAPSHOT);
	ret->targets = version_of(client, WEIR_TUF_ROLE_TARGETS);
}

unsigned int
weir_tuf_client_target_count(const struct weir_tuf_client *client)
{
	const struct weir_tuf_meta *targets =
	    client->metas[WEIR_TUF_ROLE_TARGETS];

	return targets == NULL ? 0 : targets->target_count;
}

const struct weir_tuf_target *
weir_tuf_client_target(const struct weir_tuf_client *client, unsigned int place)
{
	return &client->metas[WEIR_TUF_ROLE_TARGETS]->targets[place];
}

const struct weir_tuf_target *
weir_tuf_client_find(const struct weir_tuf_client *client, const char *name)
{
	const struct weir_tuf_target *target;
	unsigned int i;

	for (i = 0; i < weir_tuf_client_target_count(client); i++) {
		target = weir_tuf_client_target(client, i);
		if (strcmp(target->name, name) == 0)
			return target;
	}
	return NULL;
}

/* targets/FOLDER/HASH.NAME */
static void
print_path(const struct weir_tuf_target *target, char *path, size_t size)
{
	const char *slash = strrchr(target->name, '/');
	const char *base = slash == NULL ? target->name : slash + 1;

	(void)snprintf(path, size, "targets/%.*s%s.%s",
	    (int)(base - target->name), target->name, target->sha256, base);
}

static int
check_content(const struct weir_tuf_target *target, const char *path, int fd,
    struct weir_problem *problem)
{
	struct weir_tuf_announced announced = {
		.length = (int64_t)target->length,
		.has_hashes = true,
	};
	struct weir_tuf_hashes hashes;
	uint64_t len;

	memcpy(announced.hashes.sha256, target->sha256, sizeof(target->sha256));
	memcpy(announced.hashes.sha512, target->sha512, sizeof(target->sha512));
	if (weir_tuf_hash_file(fd, &len, &hashes) < 0)
		return weir_problem_set(
		    problem, WEIR_ESYSTEM, "%s: cannot be read again", path);
	return weir_tuf_announced_compare(
	    &announced, path, len, &hashes, problem);
}

int
weir_tuf_client_fetch(const struct weir_tuf_client *client,
    const struct weir_tuf_transport *transport,
    const struct weir_tuf_target *target, int fd, struct weir_problem *problem)
{
	char path[WEIR_TUF_NAME_SIZE + WEIR_TUF_HEX_SIZE + 16];
	uint64_t len;
	int found;

	(void)client;
	print_path(target, path, sizeof(path));
	found = transport->get_file(
	    transport->arg, path, target->length, fd, &len, problem);
	if (found < 0)
		return found;
	if (found == 0)
		return weir_problem_set(problem, WEIR_EMISSING,
		    "%s: the repository does not have it", path);
	return check_content(target, path, fd, problem);
}
